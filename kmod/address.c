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
	u32 hash, i;

	hash = nf_svc_hash_addr(ns, frontend->family, &frontend->addr);
	address = nf_svc_address_current(ns, frontend->family, &frontend->addr,
					 hash);
	if (!address && !WARN_ON_ONCE(delta < 0))
		address = nf_svc_address_new(ns, tx, frontend->family,
					     &frontend->addr, hash);
	if (!address)
		return -ENOMEM;

	address->users_delta += delta;
	for (i = 0; i < NF_SVC_ADDRESS_FLAGS; i++)
		if (frontend->flags & BIT(i))
			address->flag_delta[i] += delta;
	if (list_empty(&address->touched))
		list_add_tail(&address->touched, &tx->addresses);
	return 0;
}

static u8 nf_svc_address_flags(const struct nf_svc_address *address)
{
	u8 flags = 0;
	u32 i;

	for (i = 0; i < NF_SVC_ADDRESS_FLAGS; i++)
		if (address->flag_users[i] + address->flag_delta[i])
			flags |= BIT(i);
	return flags;
}

/* An address with other flags is another object: packets read them unlocked. */
static int nf_svc_address_replace(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
				  struct nf_svc_address *address, u8 flags)
{
	struct nf_svc_address *new;
	u32 i;

	new = nf_svc_address_new(ns, tx, address->family, &address->addr,
				 address->entry.hash);
	if (!new)
		return -ENOMEM;
	nf_svc_stage_death(ns, tx, &address->entry);
	new->flags = flags;
	new->users_delta = address->users + address->users_delta;
	for (i = 0; i < NF_SVC_ADDRESS_FLAGS; i++)
		new->flag_delta[i] =
			address->flag_users[i] + address->flag_delta[i];
	/* Before the cursor of the caller: its walk is done with it. */
	list_add(&new->touched, &tx->addresses);
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
	struct nf_svc_address *address, *next;
	int err = 0;
	u8 flags;

	list_for_each_entry_safe(address, next, &tx->addresses, touched) {
		flags = nf_svc_address_flags(address);
		if (!(address->users + address->users_delta))
			nf_svc_stage_death(ns, tx, &address->entry);
		else if (address->entry.born == tx->next)
			address->flags = flags;
		else if (address->flags != flags)
			err = nf_svc_address_replace(ns, tx, address, flags);
		if (err)
			return err;
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
	u32 i;

	list_for_each_entry_safe(address, next, &tx->addresses, touched) {
		if (committed)
			address->users += address->users_delta;
		address->users_delta = 0;
		for (i = 0; i < NF_SVC_ADDRESS_FLAGS; i++) {
			if (committed)
				address->flag_users[i] +=
					address->flag_delta[i];
			address->flag_delta[i] = 0;
		}
		list_del_init(&address->touched);
		cond_resched();
	}
}
