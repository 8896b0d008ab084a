// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses that have frontends: the first step of a lookup.
 *
 * They follow the frontends. A transaction counts what it adds and takes away;
 * only when it is committed is each address that it touched looked at once.
 */
#include <linux/slab.h>

#include "transaction.h"

static struct nf_svc_address *
nf_svc_address_current(const struct nf_svc_ns *ns, u8 family,
		       const union nf_inet_addr *addr, u32 hash)
{
	struct nf_svc_buckets *buckets = nf_svc_table_locked(&ns->addresses);
	struct nf_svc_address *address;
	struct nf_svc_entry *entry;

	nf_svc_table_for_each_locked(buckets, hash, entry) {
		address = container_of(entry, struct nf_svc_address, entry);
		if (nf_svc_current(entry) && address->family == family &&
		    nf_inet_addr_cmp(&address->addr, addr))
			return address;
	}
	return NULL;
}

static struct nf_svc_address *
nf_svc_address_new(struct nf_svc_ns *ns, struct nf_svc_tx *tx, u8 family,
		   const union nf_inet_addr *addr, u32 hash)
{
	struct nf_svc_address *address;

	address = kzalloc(sizeof(*address), GFP_KERNEL_ACCOUNT);
	if (!address)
		return NULL;
	address->entry.kind = NF_SVC_ENTRY_ADDRESS;
	address->entry.hash = hash;
	address->addr = *addr;
	address->family = family;
	INIT_LIST_HEAD(&address->touched);
	nf_svc_stage_born(ns, tx, &address->entry);
	return address;
}

/**
 * nf_svc_address_use() - a frontend comes to an address, or goes
 * @ns: tables
 * @tx: transaction
 * @frontend: the frontend
 * @delta: 1 or -1
 *
 * Context: process; the namespace's mutex is held.
 * Return: 0, or -ENOMEM (only with @delta 1).
 */
int nf_svc_address_use(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
		       const struct nf_svc_frontend *frontend, int delta)
{
	struct nf_svc_address *address;
	u32 hash;

	hash = nf_svc_hash_addr(ns, frontend->family, &frontend->addr);
	address = nf_svc_address_current(ns, frontend->family, &frontend->addr,
					 hash);
	if (!address && !WARN_ON_ONCE(delta < 0))
		address = nf_svc_address_new(ns, tx, frontend->family,
					     &frontend->addr, hash);
	if (!address)
		return -ENOMEM;

	address->users_delta += delta;
	if (frontend->flags & NF_SVC_FRONTEND_EXCLUSIVE)
		address->exclusive_delta += delta;
	if (list_empty(&address->touched))
		list_add_tail(&address->touched, &tx->addresses);
	return 0;
}

/**
 * nf_svc_addresses_prepare() - make the addresses as the frontends need them
 * @ns: tables
 * @tx: transaction
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: 0 or -ENOMEM; the transaction is to be aborted then.
 */
int nf_svc_addresses_prepare(struct nf_svc_ns *ns, struct nf_svc_tx *tx)
{
	struct nf_svc_address *address, *next, *new;
	bool is_new, exclusive;
	u32 users;

	list_for_each_entry_safe(address, next, &tx->addresses, touched) {
		users = address->users + address->users_delta;
		exclusive = address->exclusive_users + address->exclusive_delta;
		is_new = address->entry.born == tx->next;

		if (!users) {
			nf_svc_stage_death(ns, tx, &address->entry);
		} else if (is_new) {
			address->exclusive = exclusive;
		} else if (address->exclusive != exclusive) {
			new = nf_svc_address_new(ns, tx, address->family,
						 &address->addr,
						 address->entry.hash);
			if (!new)
				return -ENOMEM;
			nf_svc_stage_death(ns, tx, &address->entry);
			new->exclusive = exclusive;
			new->users_delta = users;
			new->exclusive_delta = address->exclusive_users +
					       address->exclusive_delta;
			/* Before the cursor: this walk is done with it. */
			list_add(&new->touched, &tx->addresses);
		}
		cond_resched();
	}
	return 0;
}

/**
 * nf_svc_addresses_finish() - the transaction is over
 * @tx: transaction
 * @committed: else it was aborted
 *
 * Context: the namespace's mutex is held.
 */
void nf_svc_addresses_finish(struct nf_svc_tx *tx, bool committed)
{
	struct nf_svc_address *address, *next;

	list_for_each_entry_safe(address, next, &tx->addresses, touched) {
		if (committed) {
			address->users += address->users_delta;
			address->exclusive_users += address->exclusive_delta;
		}
		address->users_delta = 0;
		address->exclusive_delta = 0;
		list_del_init(&address->touched);
		cond_resched();
	}
}
