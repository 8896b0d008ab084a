// SPDX-License-Identifier: GPL-2.0
/* svcctl check: addresses that are left in each service CIDR. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* The static band is a sixteenth, but no less and no more than this (KEP-3070). */
#define BAND_PART 16
#define BAND_LEAST 16
#define BAND_MOST 256

/* What is said is said when less than a tenth is left. */
#define ROOM_PART 10

struct band band_of(const struct nf_svc_cidr *cidr)
{
	unsigned int bits = cidr->addr.family == NFPROTO_IPV4 ? 32 : 128;
	unsigned int host = bits - cidr->prefix;
	struct band band;
	uint64_t all;

	/* as many as fit, if not all do */
	all = host >= 64 ? UINT64_MAX : 1ULL << host;
	band.size = all - (bits == 32 ? 2 : 1);
	if (all < (bits == 32 ? 2 : 1))
		band.size = 0;
	band.reserved = all / BAND_PART;
	if (band.reserved < BAND_LEAST)
		band.reserved = BAND_LEAST;
	if (band.reserved > BAND_MOST)
		band.reserved = BAND_MOST;
	/* a CIDR that small has none */
	if (all <= BAND_LEAST)
		band.reserved = 0;
	return band;
}

uint64_t band_place(const struct nf_svc_cidr *cidr,
		    const struct nf_svc_addr *addr)
{
	size_t size = nf_svc_addr_size(addr->family);
	uint64_t place = 0;

	for (size_t i = 0; i < size; i++) {
		uint8_t offset = addr->bytes[i] ^ cidr->addr.bytes[i];

		if (place >> 56)
			return UINT64_MAX;
		place = place << 8 | offset;
	}
	/* the first address of the CIDR is given to nobody: wraps to the end */
	return place - 1;
}

static int compare(const void *a, const void *b)
{
	return nf_svc_addr_compare(a, b);
}

/* The addresses of all ClusterIPs, sorted, each once; NULL: no memory, or none. */
static struct nf_svc_addr *cluster_ips(const struct nf_svc_snapshot *snapshot,
				       size_t *n)
{
	struct nf_svc_addr *addresses;
	size_t all = 0, kept = 0;

	*n = 0;
	for (size_t i = 0; i < snapshot->n_services; i++)
		all += snapshot->services[i].n_frontends;
	addresses = calloc(all + 1, sizeof(*addresses));
	if (!addresses)
		return NULL;
	all = 0;
	for (size_t i = 0; i < snapshot->n_services; i++) {
		const struct nf_svc_service *service = &snapshot->services[i];

		for (size_t k = 0; k < service->n_frontends; k++)
			if (service->frontends[k].addr.family)
				addresses[all++] = service->frontends[k].addr;
	}
	qsort(addresses, all, sizeof(*addresses), compare);
	for (size_t i = 0; i < all; i++)
		if (!i || compare(&addresses[i], &addresses[i - 1]))
			addresses[kept++] = addresses[i];
	*n = kept;
	return addresses;
}

static void look_at(struct checkup *checkup, const struct nf_svc_cidr *cidr,
		    const struct nf_svc_addr *addresses, size_t n)
{
	struct band band = band_of(cidr);
	uint64_t dynamic = band.size - band.reserved;
	uint64_t low = 0, high = 0, place;
	char text[NF_SVC_CIDR_TEXT];

	for (size_t i = 0; i < n; i++) {
		if (!nf_svc_cidr_contains(cidr, &addresses[i]))
			continue;
		place = band_place(cidr, &addresses[i]);
		if (place < band.reserved)
			low++;
		else if (place < band.size)
			high++;
	}
	nf_svc_cidr_format(cidr, text);
	if (dynamic - high < (dynamic + ROOM_PART - 1) / ROOM_PART)
		check_found(
			checkup,
			"%s: %llu of %llu addresses that are not in the static band are left",
			text, (unsigned long long)(dynamic - high),
			(unsigned long long)dynamic);
	if (band.reserved &&
	    band.reserved - low < (band.reserved + ROOM_PART - 1) / ROOM_PART)
		check_found(
			checkup,
			"%s: %llu of %llu addresses are left in the static band, which is for Services that ask for a certain one",
			text, (unsigned long long)(band.reserved - low),
			(unsigned long long)band.reserved);
}

void check_service_cidr_full(struct checkup *checkup)
{
	struct nf_svc_addr *addresses;
	size_t n;

	if (!checkup->has_module) {
		check_unchecked(checkup, "the module does not answer");
		return;
	}
	if (!checkup->n_service_cidrs) {
		check_unchecked(
			checkup,
			"no service CIDR is known: give --service-cidr");
		return;
	}
	addresses = cluster_ips(&checkup->snapshot, &n);
	if (!addresses) {
		checkup->no_memory = true;
		return;
	}
	for (size_t i = 0; i < checkup->n_service_cidrs; i++)
		look_at(checkup, &checkup->service_cidrs[i], addresses, n);
	free(addresses);
}
