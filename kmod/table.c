// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hash tables: bucket arrays that the one writer fills and replaces.
 *
 * rhashtable is not used: its insert may fail and its resize worker is a second
 * writer, while a commit must not fail and a dump must not move underneath.
 * Two nodes an entry, as in net/openvswitch/flow_table.c, let the writer build
 * the next array while packets walk the present one.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "table.h"

#define NF_SVC_BUCKETS_MIN 16U
#define NF_SVC_BUCKETS_MAX (1U << 21)

static struct nf_svc_buckets *nf_svc_buckets_alloc(u32 size, u8 side)
{
	struct nf_svc_buckets *buckets;

	buckets = kvzalloc(struct_size(buckets, heads, size),
			   GFP_KERNEL_ACCOUNT | __GFP_NOWARN |
				   __GFP_RETRY_MAYFAIL);
	if (!buckets)
		return NULL;
	buckets->mask = size - 1;
	buckets->side = side;
	return buckets;
}

/**
 * nf_svc_table_locked() - the bucket array, for the writer
 * @table: the table
 *
 * Context: the mutex of the table's namespace is held (or nobody else knows
 * the table yet, or any more).
 * Return: the current bucket array.
 */
struct nf_svc_buckets *nf_svc_table_locked(const struct nf_svc_table *table)
{
	return rcu_dereference_protected(table->buckets, 1);
}

/**
 * nf_svc_table_init() - make an empty table
 * @table: the table
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int nf_svc_table_init(struct nf_svc_table *table)
{
	struct nf_svc_buckets *buckets;

	buckets = nf_svc_buckets_alloc(NF_SVC_BUCKETS_MIN, 0);
	if (!buckets)
		return -ENOMEM;
	table->count = 0;
	table->moves = 0;
	/* No packet has walked it: the first move need not wait. */
	table->resized = get_completed_synchronize_rcu();
	RCU_INIT_POINTER(table->buckets, buckets);
	return 0;
}

/**
 * nf_svc_table_clean() - free the bucket array of a table
 * @table: the table; its entries are somebody else's
 *
 * Context: no packet can reach the table any more.
 */
void nf_svc_table_clean(struct nf_svc_table *table)
{
	kvfree(nf_svc_table_locked(table));
	RCU_INIT_POINTER(table->buckets, NULL);
}

/*
 * Move to an array that fits, if there is memory for it and if the last move is
 * a grace period ago (packets of before may still walk the other side's nodes).
 * Otherwise chains stay as they are: slower, never wrong.
 */
static void nf_svc_table_resize(struct nf_svc_table *table)
{
	struct nf_svc_buckets *old = nf_svc_table_locked(table), *new;
	u32 size = old->mask + 1, want, i;
	struct nf_svc_entry *entry;

	want = clamp_t(u32, roundup_pow_of_two(table->count + 1),
		       NF_SVC_BUCKETS_MIN, NF_SVC_BUCKETS_MAX);
	if (want > size)
		want = min(want * 2, NF_SVC_BUCKETS_MAX);
	else if (want * 8 > size)
		return;
	if (want == size || !poll_state_synchronize_rcu(table->resized))
		return;

	new = nf_svc_buckets_alloc(want, !old->side);
	if (!new)
		return;
	for (i = 0; i < size; i++) {
		hlist_for_each_entry(entry, &old->heads[i], node[old->side])
			hlist_add_head_rcu(
				&entry->node[new->side],
				&new->heads[entry->hash & new->mask]);
		cond_resched();
	}

	/* Pairs with rcu_dereference() in lookup.c. */
	rcu_assign_pointer(table->buckets, new);
	/* Starts one, too: an idle machine has no grace period of its own. */
	table->resized = start_poll_synchronize_rcu();
	table->moves++;
	kvfree_rcu(old, rcu);
}

/**
 * nf_svc_table_insert() - link an entry
 * @table: the table
 * @entry: the entry, with its hash set; seen from its @born on
 *
 * Context: process, may sleep; the namespace's mutex is held. Cannot fail: a
 * table that cannot grow has longer chains.
 */
void nf_svc_table_insert(struct nf_svc_table *table, struct nf_svc_entry *entry)
{
	struct nf_svc_buckets *buckets;

	table->count++;
	nf_svc_table_resize(table);
	buckets = nf_svc_table_locked(table);
	hlist_add_head_rcu(&entry->node[buckets->side],
			   &buckets->heads[entry->hash & buckets->mask]);
}

/**
 * nf_svc_table_unlink() - take an entry out
 * @table: the table
 * @entry: the entry; packets may still hold it for a grace period
 *
 * Context: process, may sleep; the namespace's mutex is held.
 */
void nf_svc_table_unlink(struct nf_svc_table *table, struct nf_svc_entry *entry)
{
	struct nf_svc_buckets *buckets = nf_svc_table_locked(table);

	hlist_del_rcu(&entry->node[buckets->side]);
	table->count--;
	nf_svc_table_resize(table);
}
