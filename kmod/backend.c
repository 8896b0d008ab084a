// SPDX-License-Identifier: GPL-2.0-only
/* Staging of backends, and the configuration that they become. */
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "transaction.h"

static int nf_svc_backend_cmp(const void *a, const void *b)
{
	const struct nf_svc_backend *other = b;

	return nf_svc_backend_order(a, &other->addr, other->port);
}

static const struct nf_svc_config *
nf_svc_config_locked(const struct nf_svc_service *service)
{
	return (const struct nf_svc_config *)rcu_dereference_protected(
		service->config, 1);
}

static int nf_svc_backends_reserve(struct nf_svc_change *change, u32 nr)
{
	struct nf_svc_backend *more;
	u32 room;

	if (nr <= change->room)
		return 0;
	room = max(nr, change->room * 2);
	more = kvmalloc_array(room, sizeof(*more), GFP_KERNEL_ACCOUNT);
	if (!more)
		return -ENOMEM;
	if (change->nr_backends)
		memcpy(more, change->backends,
		       change->nr_backends * sizeof(*more));
	kvfree(change->backends);
	change->backends = more;
	change->room = room;
	return 0;
}

/* Start from what the service has, unless it starts anew. */
static int nf_svc_backends_begin(struct nf_svc_change *change)
{
	const struct nf_svc_config *config;
	int err;

	if (change->has_backends)
		return 0;
	config = nf_svc_config_locked(change->service);
	if (config && config->nr && !change->is_replaced) {
		err = nf_svc_backends_reserve(change, config->nr);
		if (err)
			return err;
		memcpy(change->backends, config->backends,
		       config->nr * sizeof(*config->backends));
		change->nr_backends = config->nr;
		sort(change->backends, change->nr_backends,
		     sizeof(*change->backends), nf_svc_backend_cmp, NULL);
	}
	change->has_backends = true;
	return 0;
}

/* Place of a backend, or the place where it would be. */
static u32 nf_svc_backends_search(const struct nf_svc_change *change,
				  const union nf_inet_addr *addr, __be16 port,
				  bool *found)
{
	u32 start = 0, end = change->nr_backends;

	*found = false;
	while (start < end) {
		u32 middle = start + (end - start) / 2;
		int order = nf_svc_backend_order(&change->backends[middle],
						 addr, port);

		if (!order) {
			*found = true;
			return middle;
		}
		if (order < 0)
			start = middle + 1;
		else
			end = middle;
	}
	return start;
}

/**
 * nf_svc_backend_set() - create or change a backend
 * @change: of its service
 * @backend: as it shall be
 * @flags: NF_SVC_FLAG_EXCL counts
 * @extack: for the reason of a refusal
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: 0 or a negative error, and nothing has changed.
 */
int nf_svc_backend_set(struct nf_svc_change *change,
		       const struct nf_svc_backend *backend, u32 flags,
		       struct netlink_ext_ack *extack)
{
	bool found;
	u32 place;
	int err;

	err = nf_svc_backends_begin(change);
	if (err)
		return err;
	place = nf_svc_backends_search(change, &backend->addr, backend->port,
				       &found);
	if (found) {
		if (flags & NF_SVC_FLAG_EXCL) {
			NL_SET_ERR_MSG(extack, "the backend exists already");
			return -EEXIST;
		}
		change->backends[place] = *backend;
		return 0;
	}

	if (change->nr_backends >= nf_svc_limits.backends) {
		NL_SET_ERR_MSG(extack, "too many backends: see LIMIT_BACKENDS");
		return -ENOSPC;
	}
	err = nf_svc_backends_reserve(change, change->nr_backends + 1);
	if (err)
		return err;
	memmove(&change->backends[place + 1], &change->backends[place],
		(change->nr_backends - place) * sizeof(*backend));
	change->backends[place] = *backend;
	change->nr_backends++;
	return 0;
}

/**
 * nf_svc_backend_del() - delete a backend
 * @change: of its service
 * @addr: its address, network byte order
 * @port: its port, network byte order
 * @extack: for the reason of a refusal
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: 0 or a negative error, and nothing has changed.
 */
int nf_svc_backend_del(struct nf_svc_change *change,
		       const union nf_inet_addr *addr, __be16 port,
		       struct netlink_ext_ack *extack)
{
	bool found;
	u32 place;
	int err;

	err = nf_svc_backends_begin(change);
	if (err)
		return err;
	place = nf_svc_backends_search(change, addr, port, &found);
	if (!found) {
		NL_SET_ERR_MSG(extack, "no such backend");
		return -ENOENT;
	}
	change->nr_backends--;
	memmove(&change->backends[place], &change->backends[place + 1],
		(change->nr_backends - place) * sizeof(*change->backends));
	return 0;
}

/* Group of a backend by its sets: nf_svc_config.group. */
static const u8 nf_svc_sets_of_group[] = {
	NF_SVC_SET_LOCAL,
	NF_SVC_SET_LOCAL | NF_SVC_SET_CLUSTER,
	NF_SVC_SET_CLUSTER,
	0,
};

static void nf_svc_config_fill(struct nf_svc_config *config,
			       const struct nf_svc_backend *backends, u32 nr,
			       u32 *sums)
{
	bool weighted = false;
	u32 group, i, set;
	u32 sum = 0;

	for (group = 0; group < ARRAY_SIZE(nf_svc_sets_of_group); group++) {
		for (i = 0; i < nr; i++) {
			if (backends[i].sets != nf_svc_sets_of_group[group])
				continue;
			config->backends[config->nr] = backends[i];
			sums[config->nr++] = sum;
			sum += backends[i].weight;
			weighted |= backends[i].weight != 1;
			if (!backends[i].weight)
				continue;
			for (set = 0; set < NF_SVC_SETS; set++)
				if (backends[i].sets & BIT(set))
					config->takers[set]++;
		}
		config->group[group] = config->nr;
	}
	sums[nr] = sum;
	config->sums = weighted ? sums : NULL;
}

static bool nf_svc_config_same(const struct nf_svc_config *a,
			       const struct nf_svc_config *b)
{
	return a && a->scheduler == b->scheduler &&
	       a->refuse_with == b->refuse_with &&
	       a->affinity_timeout == b->affinity_timeout && a->nr == b->nr &&
	       !memcmp(a->backends, b->backends,
		       b->nr * sizeof(*b->backends)) &&
	       !memcmp(a->group, b->group, sizeof(b->group));
}

/* What is to come of the backends that there are? */
static void nf_svc_backends_count(struct nf_svc_change *change,
				  const struct nf_svc_config *old)
{
	struct nf_svc_counts *counts = &change->counts;
	const struct nf_svc_backend *backend, *now;
	u32 kept = 0, i, place;
	bool found;

	for (i = 0; old && i < old->nr; i++) {
		backend = &old->backends[i];
		place = nf_svc_backends_search(change, &backend->addr,
					       backend->port, &found);
		if (!found)
			continue;
		kept++;
		now = &change->backends[place];
		counts->backends_changed += now->weight != backend->weight ||
					    now->sets != backend->sets;
	}
	counts->backends_added = change->nr_backends - kept;
	counts->backends_deleted = old ? old->nr - kept : 0;
}

static size_t nf_svc_config_room(u32 nr)
{
	return sizeof(struct nf_svc_config) +
	       nr * sizeof(struct nf_svc_backend) + (nr + 1) * sizeof(u32);
}

/**
 * nf_svc_config_size() - memory that a configuration takes
 * @config: the configuration
 *
 * Return: bytes.
 */
size_t nf_svc_config_size(const struct nf_svc_config *config)
{
	return nf_svc_config_room(config->nr) + config->prepared_size;
}

/**
 * nf_svc_config_build() - make the configuration that a change asks for
 * @change: sets @config, to NULL if it would be as the present one, and @counts
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: 0 or -ENOMEM.
 */
int nf_svc_config_build(struct nf_svc_change *change)
{
	const struct nf_svc_config *old = nf_svc_config_locked(change->service);
	struct nf_svc_config *config;
	int err;

	if (change->kind == NF_SVC_CHANGE_DELETED)
		return 0;
	/* A service may be large: not for the sake of one frontend. */
	if (old && !change->has_backends && !change->is_replaced &&
	    old->scheduler == change->scheduler &&
	    old->refuse_with == change->refuse_with &&
	    old->affinity_timeout == change->affinity_timeout)
		return 0;
	err = nf_svc_backends_begin(change);
	if (err)
		return err;

	config = kvzalloc(nf_svc_config_room(change->nr_backends),
			  GFP_KERNEL_ACCOUNT);
	if (!config)
		return -ENOMEM;
	config->scheduler = change->scheduler;
	config->refuse_with = change->refuse_with;
	config->affinity_timeout = change->affinity_timeout;
	nf_svc_config_fill(config, change->backends, change->nr_backends,
			   (u32 *)&config->backends[change->nr_backends]);
	if (nf_svc_config_same(old, config)) {
		kvfree(config);
		config = NULL;
	} else {
		nf_svc_backends_count(change, old);
	}
	/* From here on it goes with the change. */
	change->config = config;
	if (config && config->scheduler->prepare) {
		err = config->scheduler->prepare(config, change->service, old);
		if (err)
			return err;
	}
	if (config && config->affinity_timeout)
		return nf_svc_affinity_prepare(change->service);
	return 0;
}
