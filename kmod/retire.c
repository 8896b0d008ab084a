// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a commit replaced goes in two steps, a grace period before each.
 *
 * First it is out of sight but in the tables: packets that read the generation
 * before the commit still look for it. Then it is out of the tables: packets
 * that walked past it may still stand on it. Then it is freed. No commit waits
 * for that; one worker a namespace goes through the batches in the order of
 * their commits. The hooks of a family that has lost its last frontend, and those of
 * a mark that is no longer set, go after the first step.
 *
 * Who may still hold an object when it is freed? Packets: none, by the two grace
 * periods. The transaction: none, it has become the batch. Dumps: they keep
 * places, not pointers. Flows and their records: they hold no object of these.
 */
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/percpu.h>
#include <linux/slab.h>

#include "transaction.h"

static struct workqueue_struct *nf_svc_retire_queue;

/**
 * nf_svc_version_free() - free what is replaced whole
 * @version: nobody knows it any more; or NULL
 *
 * Context: process, may sleep.
 */
void nf_svc_version_free(struct nf_svc_version *version)
{
	if (!version)
		return;
	kvfree(version->prepared);
	kvfree(version);
}

/**
 * nf_svc_entry_free() - free an object of a table
 * @entry: nobody knows it any more
 *
 * Of a service, its last configuration goes too: older ones are in batches of
 * their own.
 *
 * Context: process, may sleep.
 */
void nf_svc_entry_free(struct nf_svc_entry *entry)
{
	struct nf_svc_service *service;

	if (entry->kind == NF_SVC_ENTRY_SERVICE) {
		service = container_of(entry, struct nf_svc_service, entry);
		nf_svc_affinity_end(service);
		nf_svc_version_free(
			rcu_dereference_protected(service->config, 1));
		free_percpu(service->stats);
	}
	kfree(entry);
}

static void nf_svc_entries_free(struct list_head *entries)
{
	struct nf_svc_entry *entry, *next;

	list_for_each_entry_safe(entry, next, entries, list) {
		nf_svc_entry_free(entry);
		cond_resched();
	}
}

static void nf_svc_batch_free(struct nf_svc_tx *tx)
{
	struct nf_svc_version *version = tx->replaced, *next;

	nf_svc_entries_free(&tx->dying);
	nf_svc_entries_free(&tx->dropped);
	for (; version; version = next) {
		next = version->next;
		nf_svc_version_free(version);
		cond_resched();
	}
	kfree(tx);
}

static void nf_svc_batch_unlink(struct nf_svc_ns *ns, struct nf_svc_tx *tx)
{
	struct nf_svc_version *version;
	struct nf_svc_entry *entry;

	list_for_each_entry(entry, &tx->dying, list) {
		nf_svc_entry_unlink(ns, entry);
		cond_resched();
	}
	for (version = tx->replaced; version; version = version->next)
		RCU_INIT_POINTER(version->newer->prev, NULL);
}

static void nf_svc_retire_work(struct work_struct *work)
{
	struct nf_svc_net *nn =
		container_of(to_rcu_work(work), struct nf_svc_net, retire);
	struct nf_svc_tx *tx, *next;
	struct nf_svc_ns *ns;
	LIST_HEAD(free);

	mutex_lock(&nn->mutex);
	ns = nf_svc_ns_locked(nn);
	if (!ns || nn->ending)
		goto out;
	list_for_each_entry_safe(tx, next, &ns->freeing, batch) {
		if (!poll_state_synchronize_rcu(tx->cookie))
			break;
		list_move_tail(&tx->batch, &free);
		WRITE_ONCE(nn->pending, nn->pending - tx->bytes);
	}
	list_for_each_entry_safe(tx, next, &ns->retiring, batch) {
		if (!poll_state_synchronize_rcu(tx->cookie))
			break;
		nf_svc_batch_unlink(ns, tx);
		tx->cookie = get_state_synchronize_rcu();
		list_move_tail(&tx->batch, &ns->freeing);
	}
	/* Not under an open transaction, whose staged frontends are counted: its
	 * end comes by here. The cookie, and not this work's own grace period,
	 * says when nobody is inside the hooks any more: the work may have been
	 * queued before they went.
	 */
	if (!nn->tx && list_empty(&ns->retiring) &&
	    nf_svc_hooks_unregister(ns, false))
		ns->unhooked = get_state_synchronize_rcu();
	if (!list_empty(&ns->freeing) || !list_empty(&ns->retiring) ||
	    !poll_state_synchronize_rcu(ns->unhooked))
		queue_rcu_work(nf_svc_retire_queue, &nn->retire);
	else
		nf_svc_ns_put_if_empty(nn);
out:
	mutex_unlock(&nn->mutex);
	/* Nobody knows these any more, so nobody has to wait for it. */
	list_for_each_entry_safe(tx, next, &free, batch)
		nf_svc_batch_free(tx);
	wake_up_all(&nn->retired);
}

/**
 * nf_svc_retire_init() - make a namespace ready to retire objects
 * @nn: of the namespace
 */
void nf_svc_retire_init(struct nf_svc_net *nn)
{
	INIT_RCU_WORK(&nn->retire, nf_svc_retire_work);
	init_waitqueue_head(&nn->retired);
}

static bool nf_svc_retire_has_room(const struct nf_svc_net *nn)
{
	return READ_ONCE(nn->pending) >> 20 < nf_svc_limits.retiring;
}

/**
 * nf_svc_retire_wait() - wait until not too much memory waits to be freed
 * @nn: of the namespace
 * @extack: for the reason of a refusal
 *
 * A commit waits for no grace period, so a writer without pause could fill the
 * memory faster than it is freed: its next transaction begins when there is room.
 * Not for long here, for generic netlink holds a lock: the writer asks again.
 *
 * Context: process, may sleep for 100 ms; no mutex is held.
 * Return: 0, -EINTR if the process is killed, or -EAGAIN.
 */
int nf_svc_retire_wait(struct nf_svc_net *nn, struct netlink_ext_ack *extack)
{
	long left;

	if (likely(nf_svc_retire_has_room(nn)))
		return 0;
	left = wait_event_killable_timeout(nn->retired,
					   nf_svc_retire_has_room(nn), HZ / 10);
	if (left > 0)
		return 0;
	NL_SET_ERR_MSG(extack,
		       "what commits replaced is not freed yet: try again");
	return left ? -EINTR : -EAGAIN;
}

/**
 * nf_svc_retire() - see to what an ended transaction left
 * @nn: of the namespace
 * @tx: the transaction, taken over
 * @committed: else it was aborted, and its entries are unlinked already
 *
 * Context: process; the namespace's mutex is held.
 */
void nf_svc_retire(struct nf_svc_net *nn, struct nf_svc_tx *tx, bool committed)
{
	struct nf_svc_ns *ns = nf_svc_ns_locked(nn);

	WRITE_ONCE(nn->pending, nn->pending + tx->bytes);
	tx->cookie = get_state_synchronize_rcu();
	list_add_tail(&tx->batch, committed ? &ns->retiring : &ns->freeing);
	queue_rcu_work(nf_svc_retire_queue, &nn->retire);
}

static void nf_svc_table_free_all(struct nf_svc_table *table)
{
	struct nf_svc_buckets *buckets = nf_svc_table_locked(table);
	struct nf_svc_entry *entry;
	struct hlist_node *next;
	u32 i;

	for (i = 0; i <= buckets->mask; i++)
		hlist_for_each_entry_safe(entry, next, &buckets->heads[i],
					  node[buckets->side]) {
			nf_svc_entry_free(entry);
			cond_resched();
		}
}

/**
 * nf_svc_retire_all() - free all objects of tables that no packet reaches
 * @ns: tables; a grace period has passed since the last packet could
 *
 * Context: process, may sleep; the namespace is ending.
 */
void nf_svc_retire_all(struct nf_svc_ns *ns)
{
	struct nf_svc_tx *tx, *next;

	list_for_each_entry_safe(tx, next, &ns->retiring, batch) {
		nf_svc_batch_unlink(ns, tx);
		nf_svc_batch_free(tx);
	}
	list_for_each_entry_safe(tx, next, &ns->freeing, batch)
		nf_svc_batch_free(tx);
	INIT_LIST_HEAD(&ns->retiring);
	INIT_LIST_HEAD(&ns->freeing);

	nf_svc_table_free_all(&ns->frontends);
	nf_svc_table_free_all(&ns->addresses);
	nf_svc_table_free_all(&ns->services);
}

/**
 * nf_svc_retire_start() - make what frees
 *
 * A queue of our own, so that unloading can wait for it.
 * Return: 0 or -ENOMEM.
 */
int nf_svc_retire_start(void)
{
	nf_svc_retire_queue = alloc_workqueue("nf_svc_retire", WQ_UNBOUND, 0);
	return nf_svc_retire_queue ? 0 : -ENOMEM;
}

/**
 * nf_svc_retire_stop() - the module goes: nothing is left to free
 *
 * Context: process, may sleep; all namespaces have been left.
 */
void nf_svc_retire_stop(void)
{
	destroy_workqueue(nf_svc_retire_queue);
}
