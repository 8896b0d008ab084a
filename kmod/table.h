/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _NF_SVC_TABLE_H
#define _NF_SVC_TABLE_H

#include <linux/list.h>
#include <linux/rculist.h>
#include <linux/types.h>

/*
 * A hash table whose objects carry the commits between which they are visible.
 *
 * While it stages a transaction, the writer links what is new and marks what
 * goes, with the number of the commit to be as @born and as @died: packets do
 * not have that number yet. The commit publishes it with one store
 * (nf_svc_commit()). A packet reads the number once and sees
 * exactly the objects with born <= number < died: all of a transaction or
 * nothing of it, whatever its size, and without a step that could fail.
 */
#define NF_SVC_NEVER U64_MAX

enum nf_svc_entry_kind {
	NF_SVC_ENTRY_SERVICE,
	NF_SVC_ENTRY_FRONTEND,
	NF_SVC_ENTRY_ADDRESS,
};

/**
 * struct nf_svc_entry - what makes an object a member of a table
 * @node: link in the bucket, one for each of two bucket arrays, so that a
 *	resized array can be filled while packets walk the old one
 * @born: number of the first commit that shows it
 * @died: number of the first commit that does not show it any more
 * @list: writer only: in the transaction's list of what is born or dying,
 *	then in the list of what is retired
 * @hash: hash of its key
 * @kind: enum nf_svc_entry_kind
 */
struct nf_svc_entry {
	struct hlist_node node[2];
	u64 born;
	u64 died;
	struct list_head list;
	u32 hash;
	u8 kind;
};

/**
 * struct nf_svc_buckets - a bucket array
 * @rcu: for freeing
 * @mask: number of buckets - 1
 * @side: which of nf_svc_entry.node links its entries
 * @heads: the buckets
 */
struct nf_svc_buckets {
	struct rcu_head rcu;
	u32 mask;
	u8 side;
	struct hlist_head heads[];
};

/**
 * struct nf_svc_table - a hash table
 * @buckets: current bucket array
 * @count: entries linked, visible or not; writer only
 * @moves: times that @buckets was replaced; a dump's place is lost by one
 * @resized: RCU cookie of the last resize: the other side's nodes are free to
 *	use only after it has elapsed; writer only
 */
struct nf_svc_table {
	struct nf_svc_buckets __rcu *buckets;
	u32 count;
	u32 moves;
	unsigned long resized;
};

/**
 * nf_svc_table_for_each() - walk the entries of one hash, from a packet
 * @buckets: bucket array, from rcu_dereference()
 * @key_hash: hash of the key looked for
 * @entry: &struct nf_svc_entry cursor
 *
 * Context: RCU read side. Entries of other hashes, and some that are not
 * visible, come along: compare.
 */
#define nf_svc_table_for_each(buckets, key_hash, entry)                 \
	hlist_for_each_entry_rcu(                                       \
		entry, &(buckets)->heads[(key_hash) & (buckets)->mask], \
		node[(buckets)->side])

/**
 * nf_svc_table_for_each_locked() - walk the entries of one hash, from the writer
 * @buckets: bucket array
 * @key_hash: hash of the key looked for
 * @entry: &struct nf_svc_entry cursor
 *
 * Context: the namespace's mutex is held.
 */
#define nf_svc_table_for_each_locked(buckets, key_hash, entry)                \
	hlist_for_each_entry(entry,                                           \
			     &(buckets)->heads[(key_hash) & (buckets)->mask], \
			     node[(buckets)->side])

/**
 * nf_svc_visible() - is an entry part of the tables as of a commit?
 * @entry: the entry
 * @generation: number of the commit
 *
 * Context: RCU read side, or the writer.
 * Return: is it?
 *
 * @born and @died are set (WRITE_ONCE) before the generation that makes them
 * count is published with a release store; the packet's acquire load of the
 * generation pairs with it.
 */
static inline bool nf_svc_visible(const struct nf_svc_entry *entry,
				  u64 generation)
{
	return READ_ONCE(entry->born) <= generation &&
	       READ_ONCE(entry->died) > generation;
}

/**
 * nf_svc_current() - is an entry part of the tables as the writer leaves them?
 * @entry: the entry
 *
 * Context: the namespace's mutex is held.
 * Return: true for what is visible or staged and is not about to die.
 */
static inline bool nf_svc_current(const struct nf_svc_entry *entry)
{
	return entry->died == NF_SVC_NEVER;
}

int nf_svc_table_init(struct nf_svc_table *table);
void nf_svc_table_clean(struct nf_svc_table *table);
void nf_svc_table_insert(struct nf_svc_table *table,
			 struct nf_svc_entry *entry);
void nf_svc_table_unlink(struct nf_svc_table *table,
			 struct nf_svc_entry *entry);
struct nf_svc_buckets *nf_svc_table_locked(const struct nf_svc_table *table);

#endif /* _NF_SVC_TABLE_H */
