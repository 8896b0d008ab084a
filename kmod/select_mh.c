// SPDX-License-Identifier: GPL-2.0-only
/*
 * Schedulers "mh" and "mh-source": Maglev hashing (Eisenbud et al., NSDI 2016) of a
 * flow's addresses, ports and protocol, or of the client's address alone.
 *
 * Each backend has a row of entries of the table that it would like to have, best
 * first, by its address and port alone. In turns by weight each takes the next of
 * its row that is free, until all are taken. Without one of the backends the others
 * take mostly what they had, and share what it leaves.
 *
 * Two things are done otherwise than in the paper. The row of a backend is a hash,
 * not a progression: where two progressions have much the same step they run after
 * each other, and in small tables one backend less could move a tenth of the
 * others' entries. And weights are virtual time, so that a backend's turns do not
 * depend on who else is there.
 *
 * No random number is in it: all nodes, and this one after a reboot, send a flow to
 * the same backend as long as they see the same backends. So whoever knows the
 * backends can compute what a flow will get.
 */
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/siphash.h>
#include <linux/slab.h>

#include "packet.h"
#include "select.h"

/* Sizes of tables: primes. A larger one is had for more backends than 1/100 of it,
 * which moves most flows; a smaller one never again while the service keeps its
 * scheduler and more than one backend.
 */
static const u32 nf_svc_mh_sizes[] = { 16381, 131071, 1048573 };

#define NF_SVC_MH_ENTRIES_EACH 100

/**
 * struct nf_svc_mh - the tables of a configuration
 * @key: of the hash of packets; by the service's name and protocol
 * @size: entries of each set; 0: takes no new flows
 * @entries: indexes of backends: the cluster set's, then the local set's
 */
struct nf_svc_mh {
	siphash_key_t key;
	u32 size[NF_SVC_SETS];
	u16 entries[];
};

static_assert(NF_SVC_BACKENDS_MAX - 1 <= U16_MAX);

/**
 * struct nf_svc_mh_row - a backend that fills a table
 * @time: virtual time of its next turn
 * @period: from turn to turn
 * @seed: of its row
 * @place: how far it is in its row
 * @index: index of the backend
 */
struct nf_svc_mh_row {
	u64 time;
	u64 period;
	u64 seed;
	u32 place;
	u16 index;
};

/* The same everywhere. */
static const siphash_key_t nf_svc_mh_backend_key = {
	{ 0x6e665f7376630001ULL, 0x6d61676c65760001ULL }
};

static u64 nf_svc_mh_mix(u64 x)
{
	/* The finish of splitmix64. */
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static u64 nf_svc_mh_seed(const struct nf_svc_backend *backend)
{
	u64 words[3];

	memcpy(words, &backend->addr, sizeof(backend->addr));
	words[2] = ntohs(backend->port);
	return siphash_3u64(words[0], words[1], words[2],
			    &nf_svc_mh_backend_key);
}

static void nf_svc_mh_row_init(struct nf_svc_mh_row *row,
			       const struct nf_svc_backend *backend, u32 index)
{
	row->seed = nf_svc_mh_seed(backend);
	row->place = 0;
	row->index = index;
	row->period = div_u64(1ULL << 40, backend->weight);
	/* Somewhere in its first period, so that nobody is always the first. */
	row->time = mul_u64_u32_shr(row->period, (u32)nf_svc_mh_mix(~row->seed),
				    32);
}

/* The next entry that a backend would like to have; it may come again. */
static u32 nf_svc_mh_wanted(struct nf_svc_mh_row *row, u32 size)
{
	u64 x = row->seed + row->place++ * 0x9e3779b97f4a7c15ULL;

	return reciprocal_scale(nf_svc_mh_mix(x), size);
}

/* Let a row that is later than those below it sink in the heap. */
static void nf_svc_mh_sink(struct nf_svc_mh_row *rows, u32 nr, u32 i)
{
	u32 child;

	while ((child = 2 * i + 1) < nr) {
		if (child + 1 < nr && rows[child + 1].time < rows[child].time)
			child++;
		if (rows[i].time <= rows[child].time)
			return;
		swap(rows[i], rows[child]);
		i = child;
	}
}

/* Every number may be an index of a backend, so that bits say what is taken. */
static void nf_svc_mh_fill(u16 *entries, unsigned long *taken, u32 size,
			   struct nf_svc_mh_row *rows, u32 nr)
{
	u32 i, entry;

	for (i = nr / 2; i--;)
		nf_svc_mh_sink(rows, nr, i);
	for (i = 0; i < size; i++) {
		do {
			entry = nf_svc_mh_wanted(rows, size);
		} while (__test_and_set_bit(entry, taken));
		entries[entry] = rows->index;
		rows->time += rows->period;
		nf_svc_mh_sink(rows, nr, 0);
		if (!(i % 1024))
			cond_resched();
	}
}

static int nf_svc_mh_build(const struct nf_svc_config *config, u8 set,
			   u16 *entries, u32 size)
{
	u32 end = nf_svc_set_end(config, set), nr = 0, i;
	struct nf_svc_mh_row *rows;
	unsigned long *taken;

	if (!size)
		return 0;
	rows = kvmalloc_array(config->takers[set], sizeof(*rows), GFP_KERNEL);
	taken = kvcalloc(BITS_TO_LONGS(size), sizeof(*taken), GFP_KERNEL);
	if (!rows || !taken) {
		kvfree(rows);
		kvfree(taken);
		return -ENOMEM;
	}
	for (i = nf_svc_set_start(config, set); i < end; i++)
		if (config->backends[i].weight)
			nf_svc_mh_row_init(&rows[nr++], &config->backends[i],
					   i);
	nf_svc_mh_fill(entries, taken, size, rows, nr);
	kvfree(rows);
	kvfree(taken);
	return 0;
}

static bool nf_svc_mh_is(const struct nf_svc_config *config)
{
	return config->scheduler == &nf_svc_scheduler_mh ||
	       config->scheduler == &nf_svc_scheduler_mh_source;
}

static u32 nf_svc_mh_size(u32 takers, const struct nf_svc_config *old, u8 set)
{
	const struct nf_svc_mh *had;
	u32 i;

	if (takers < 2)
		return takers;
	for (i = 0; i < ARRAY_SIZE(nf_svc_mh_sizes) - 1; i++)
		if (takers <= nf_svc_mh_sizes[i] / NF_SVC_MH_ENTRIES_EACH)
			break;
	if (!old || !nf_svc_mh_is(old))
		return nf_svc_mh_sizes[i];
	had = old->version.prepared;
	return max(nf_svc_mh_sizes[i], had->size[set]);
}

static int nf_svc_mh_prepare(struct nf_svc_config *config,
			     const struct nf_svc_service *service,
			     const struct nf_svc_config *old)
{
	u32 sizes[NF_SVC_SETS], set;
	struct nf_svc_mh *mh;
	size_t size;
	int err = 0;

	for (set = 0; set < NF_SVC_SETS; set++)
		sizes[set] = nf_svc_mh_size(config->takers[set], old, set);
	size = struct_size(mh, entries, sizes[0] + sizes[1]);
	mh = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!mh)
		return -ENOMEM;
	mh->key.key[0] = siphash(service->name, strlen(service->name),
				 &nf_svc_mh_backend_key);
	mh->key.key[1] = nf_svc_mh_mix(mh->key.key[0] + service->protocol);
	memcpy(mh->size, sizes, sizeof(sizes));
	for (set = 0; set < NF_SVC_SETS && !err; set++)
		err = nf_svc_mh_build(config, set,
				      mh->entries + (set ? sizes[0] : 0),
				      sizes[set]);
	if (err) {
		kvfree(mh);
		return err;
	}
	config->version.prepared = mh;
	config->prepared_size = size;
	return 0;
}

static u32 nf_svc_mh_entry(const struct nf_svc_mh *mh, u8 set, u32 hash)
{
	return mh->entries[(set ? mh->size[0] : 0) +
			   reciprocal_scale(hash, mh->size[set])];
}

static u32 nf_svc_mh_choose(const struct nf_svc_config *config,
			    const struct nf_svc_packet *packet)
{
	const struct nf_svc_mh *mh = config->version.prepared;
	struct {
		union nf_inet_addr saddr;
		union nf_inet_addr daddr;
		__be16 sport;
		__be16 dport;
		__be32 protocol;
	} __aligned(SIPHASH_ALIGNMENT) flow = {
		.saddr = packet->saddr,
		.daddr = packet->daddr,
		.sport = packet->sport,
		.dport = packet->dport,
		.protocol = htonl(packet->protocol),
	};

	return nf_svc_mh_entry(mh, packet->rule->set,
			       siphash(&flow, sizeof(flow), &mh->key));
}

static u32 nf_svc_mh_source_choose(const struct nf_svc_config *config,
				   const struct nf_svc_packet *packet)
{
	const struct nf_svc_mh *mh = config->version.prepared;
	u64 words[2];

	memcpy(words, &packet->saddr, sizeof(packet->saddr));
	return nf_svc_mh_entry(mh, packet->rule->set,
			       siphash_2u64(words[0], words[1], &mh->key));
}

static bool nf_svc_mh_settled(const struct nf_svc_packet *packet)
{
	return true;
}

const struct nf_svc_scheduler nf_svc_scheduler_mh = {
	.name = "mh",
	.prepare = nf_svc_mh_prepare,
	.choose = nf_svc_mh_choose,
	.settled = nf_svc_mh_settled,
	.by_port = true,
};

const struct nf_svc_scheduler nf_svc_scheduler_mh_source = {
	.name = "mh-source",
	.prepare = nf_svc_mh_prepare,
	.choose = nf_svc_mh_source_choose,
	.settled = nf_svc_mh_settled,
};
