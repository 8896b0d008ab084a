// SPDX-License-Identifier: GPL-2.0-only
/*
 * Session affinity: a client's new flows go where its last one went.
 *
 * A service that asks for it has a table of clients, by address alone, so that all
 * of its frontends agree. It is memory of what was chosen, not configuration: it
 * belongs to no commit, and outlives changes of the service. An entry whose backend
 * takes no new flows any more is chosen anew; one whose backend this packet may not
 * have (a Local frontend, elsewhere) is left as it is and not used.
 *
 * Packets read under RCU, and write what they chose before the flow is bound, so
 * that two first packets of one client agree. What is too old is not used, and
 * freed by a worker.
 */
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "packet.h"
#include "transaction.h"

/* How often what is too old is looked for. */
#define NF_SVC_AFFINITY_PERIOD (30 * HZ)

/**
 * struct nf_svc_affinity - what a client was given
 * @node: link in the service's table
 * @rcu: for freeing
 * @client: key, network byte order; IPv4 in the first four bytes, rest 0
 * @backend: address of the backend
 * @port: its port, network byte order
 * @renewed: jiffies of the last flow that used it
 */
struct nf_svc_affinity {
	struct rhash_head node;
	struct rcu_head rcu;
	union nf_inet_addr client;
	union nf_inet_addr backend;
	__be16 port;
	unsigned long renewed;
};

/**
 * struct nf_svc_affinities - the clients of a service
 * @table: &struct nf_svc_affinity by client
 * @list: link in nf_svc_affinity_list
 * @service: whose it is; outlives it
 */
struct nf_svc_affinities {
	struct rhashtable table;
	struct list_head list;
	const struct nf_svc_service *service;
};

static const struct rhashtable_params nf_svc_affinity_params = {
	.head_offset = offsetof(struct nf_svc_affinity, node),
	.key_offset = offsetof(struct nf_svc_affinity, client),
	.key_len = sizeof_field(struct nf_svc_affinity, client),
	.automatic_shrinking = true,
};

static void nf_svc_affinity_work(struct work_struct *work);

static DEFINE_MUTEX(nf_svc_affinity_mutex); /* the list */
static LIST_HEAD(nf_svc_affinity_list);
static DECLARE_DELAYED_WORK(nf_svc_affinity_gc, nf_svc_affinity_work);
static atomic_t nf_svc_affinity_count = ATOMIC_INIT(0);

static bool nf_svc_affinity_is_old(const struct nf_svc_affinity *entry,
				   u32 timeout)
{
	return time_after(jiffies, READ_ONCE(entry->renewed) +
					   (unsigned long)timeout * HZ);
}

/**
 * nf_svc_affinity_find() - the backend that a packet's client is remembered with
 * @packet: has @frontend, @config and @rule; sets @affinity and @memory, and
 *	@backend if it is to be that one
 *
 * No side effect.
 *
 * Context: softirq or process, RCU read side.
 * Return: is it to be that one?
 */
bool nf_svc_affinity_find(struct nf_svc_packet *packet)
{
	const struct nf_svc_config *config = packet->config;
	struct nf_svc_affinities *affinities;
	const struct nf_svc_backend *backend;
	struct nf_svc_affinity *entry;
	u8 set = packet->rule->set;

	/* Pairs with rcu_assign_pointer() in nf_svc_affinity_prepare(). */
	affinities = rcu_dereference(packet->frontend->service->affinities);
	if (!affinities)
		return false;
	entry = rhashtable_lookup(&affinities->table, &packet->saddr,
				  nf_svc_affinity_params);
	packet->affinity = entry;
	if (!entry || nf_svc_affinity_is_old(entry, config->affinity_timeout))
		return false;
	backend = nf_svc_set_find(config, set, &entry->backend, entry->port);
	if (backend && backend->weight) {
		packet->backend = backend;
		packet->memory = NF_SVC_MEMORY_USED;
		return true;
	}
	backend = nf_svc_set_find(config, !set, &entry->backend, entry->port);
	if (backend && backend->weight)
		packet->memory = NF_SVC_MEMORY_ELSEWHERE;
	return false;
}

static struct nf_svc_affinity *
nf_svc_affinity_new(const struct nf_svc_packet *packet)
{
	struct nf_svc_affinity *entry;

	entry = kmalloc(sizeof(*entry), GFP_ATOMIC | __GFP_NOWARN);
	if (!entry)
		return NULL;
	entry->client = packet->saddr;
	entry->backend = packet->backend->addr;
	entry->port = packet->backend->port;
	entry->renewed = jiffies;
	return entry;
}

/* Somebody of this client was faster: have what he has, if that is allowed. */
static void nf_svc_affinity_follow(struct nf_svc_packet *packet,
				   const struct nf_svc_affinity *entry)
{
	const struct nf_svc_backend *backend;

	backend = nf_svc_set_find(packet->config, packet->rule->set,
				  &entry->backend, entry->port);
	if (backend && backend->weight)
		packet->backend = backend;
}

static bool nf_svc_affinity_add(struct nf_svc_packet *packet,
				struct nf_svc_affinities *affinities)
{
	struct nf_svc_affinity *entry, *old;

	if (atomic_read(&affinities->table.nelems) >=
		    NF_SVC_AFFINITIES_SERVICE_MAX ||
	    atomic_read(&nf_svc_affinity_count) >= NF_SVC_AFFINITIES_MAX)
		return false;
	entry = nf_svc_affinity_new(packet);
	if (!entry)
		return false;
	old = rhashtable_lookup_get_insert_fast(
		&affinities->table, &entry->node, nf_svc_affinity_params);
	if (!old) {
		atomic_inc(&nf_svc_affinity_count);
		return true;
	}
	kfree(entry);
	if (IS_ERR(old))
		return false;
	nf_svc_affinity_follow(packet, old);
	return true;
}

static bool nf_svc_affinity_replace(struct nf_svc_packet *packet,
				    struct nf_svc_affinities *affinities)
{
	struct nf_svc_affinity *entry = nf_svc_affinity_new(packet);

	if (!entry)
		return false;
	if (!rhashtable_replace_fast(&affinities->table,
				     &packet->affinity->node, &entry->node,
				     nf_svc_affinity_params)) {
		kfree_rcu(packet->affinity, rcu);
		return true;
	}
	/* Another processor has replaced or freed it. */
	kfree(entry);
	return nf_svc_affinity_add(packet, affinities);
}

/**
 * nf_svc_affinity_remember() - remember what a new flow's client is given
 * @packet: a flow that is about to be bound; its @backend may become another
 *
 * Context: softirq or process, RCU read side.
 */
void nf_svc_affinity_remember(struct nf_svc_packet *packet)
{
	struct nf_svc_affinities *affinities;
	bool done;

	affinities = rcu_dereference(packet->frontend->service->affinities);
	if (!affinities || packet->memory == NF_SVC_MEMORY_ELSEWHERE)
		return;
	if (packet->memory == NF_SVC_MEMORY_USED) {
		/* Once a second is often enough for a line that all may read. */
		if (time_after(jiffies,
			       READ_ONCE(packet->affinity->renewed) + HZ))
			WRITE_ONCE(packet->affinity->renewed, jiffies);
		return;
	}
	done = packet->affinity ? nf_svc_affinity_replace(packet, affinities) :
				  nf_svc_affinity_add(packet, affinities);
	if (unlikely(!done))
		nf_svc_count_unremembered(packet);
}

/**
 * nf_svc_affinity_prepare() - make the table of a service that asks for one
 * @service: the service
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: 0 or -ENOMEM.
 */
int nf_svc_affinity_prepare(struct nf_svc_service *service)
{
	struct nf_svc_affinities *affinities;
	int err;

	if (rcu_dereference_protected(service->affinities, 1))
		return 0;
	affinities = kzalloc(sizeof(*affinities), GFP_KERNEL_ACCOUNT);
	if (!affinities)
		return -ENOMEM;
	err = rhashtable_init(&affinities->table, &nf_svc_affinity_params);
	if (err) {
		kfree(affinities);
		return err;
	}
	affinities->service = service;
	/* Pairs with rcu_dereference() in nf_svc_affinity_find(). */
	rcu_assign_pointer(service->affinities, affinities);
	mutex_lock(&nf_svc_affinity_mutex);
	list_add_tail(&affinities->list, &nf_svc_affinity_list);
	mutex_unlock(&nf_svc_affinity_mutex);
	queue_delayed_work(system_unbound_wq, &nf_svc_affinity_gc,
			   NF_SVC_AFFINITY_PERIOD);
	return 0;
}

static void nf_svc_affinity_free(void *entry, void *unused)
{
	atomic_dec(&nf_svc_affinity_count);
	kfree(entry);
}

/**
 * nf_svc_affinity_end() - free the table of a service
 * @service: nobody knows it any more
 *
 * Context: process, may sleep.
 */
void nf_svc_affinity_end(struct nf_svc_service *service)
{
	struct nf_svc_affinities *affinities =
		rcu_dereference_protected(service->affinities, 1);

	if (!affinities)
		return;
	mutex_lock(&nf_svc_affinity_mutex);
	list_del(&affinities->list);
	mutex_unlock(&nf_svc_affinity_mutex);
	rhashtable_free_and_destroy(&affinities->table, nf_svc_affinity_free,
				    NULL);
	kfree(affinities);
}

/* Entries may be met twice, or not at all when the table is resized: next time. */
static void nf_svc_affinity_clean(struct nf_svc_affinities *affinities)
{
	const struct nf_svc_config *config;
	struct nf_svc_affinity *entry;
	struct rhashtable_iter iter;

	rhashtable_walk_enter(&affinities->table, &iter);
	rhashtable_walk_start(&iter);
	for (;;) {
		entry = rhashtable_walk_next(&iter);
		if (IS_ERR(entry) && PTR_ERR(entry) == -EAGAIN)
			continue;
		if (IS_ERR_OR_NULL(entry))
			break;
		config = (const struct nf_svc_config *)rcu_dereference(
			affinities->service->config);
		if (config &&
		    !nf_svc_affinity_is_old(entry, config->affinity_timeout))
			continue;
		if (!rhashtable_remove_fast(&affinities->table, &entry->node,
					    nf_svc_affinity_params)) {
			atomic_dec(&nf_svc_affinity_count);
			kfree_rcu(entry, rcu);
		}
		if (need_resched()) {
			rhashtable_walk_stop(&iter);
			cond_resched();
			rhashtable_walk_start(&iter);
		}
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
}

static void nf_svc_affinity_work(struct work_struct *work)
{
	struct nf_svc_affinities *affinities;

	mutex_lock(&nf_svc_affinity_mutex);
	list_for_each_entry(affinities, &nf_svc_affinity_list, list) {
		nf_svc_affinity_clean(affinities);
		cond_resched();
	}
	if (!list_empty(&nf_svc_affinity_list))
		queue_delayed_work(system_unbound_wq, &nf_svc_affinity_gc,
				   NF_SVC_AFFINITY_PERIOD);
	mutex_unlock(&nf_svc_affinity_mutex);
}

/**
 * nf_svc_affinity_stop() - the module goes: no service is left
 *
 * Context: process, may sleep.
 */
void nf_svc_affinity_stop(void)
{
	cancel_delayed_work_sync(&nf_svc_affinity_gc);
}
