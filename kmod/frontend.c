// SPDX-License-Identifier: GPL-2.0-only
/* Staging of frontends. */
#include <linux/netlink.h>
#include <linux/slab.h>

#include "transaction.h"

static u32 nf_svc_frontend_hash(const struct nf_svc_ns *ns,
				const struct nf_svc_frontend *frontend)
{
	return nf_svc_hash_frontend(nf_svc_hash_addr(ns, frontend->family,
						     &frontend->addr),
				    frontend->protocol, frontend->port);
}

/**
 * nf_svc_frontend_current() - the frontend of a key as the writer has it
 * @ns: tables
 * @key: @addr, @port, @protocol and @family count
 *
 * Context: the namespace's mutex is held.
 * Return: the frontend, visible or staged, or NULL.
 */
struct nf_svc_frontend *
nf_svc_frontend_current(const struct nf_svc_ns *ns,
			const struct nf_svc_frontend *key)
{
	struct nf_svc_buckets *buckets = nf_svc_table_locked(&ns->frontends);
	u32 hash = nf_svc_frontend_hash(ns, key);
	struct nf_svc_frontend *frontend;
	struct nf_svc_entry *entry;

	nf_svc_table_for_each_locked(buckets, hash, entry) {
		frontend = container_of(entry, struct nf_svc_frontend, entry);
		if (nf_svc_current(entry) && frontend->port == key->port &&
		    frontend->protocol == key->protocol &&
		    frontend->family == key->family &&
		    nf_inet_addr_cmp(&frontend->addr, &key->addr))
			return frontend;
	}
	return NULL;
}

static bool nf_svc_frontend_same(const struct nf_svc_frontend *a,
				 const struct nf_svc_frontend *b)
{
	return a->kind == b->kind && a->flags == b->flags &&
	       !memcmp(a->rule, b->rule, sizeof(a->rule)) &&
	       a->nr_ranges == b->nr_ranges &&
	       !memcmp(a->ranges, b->ranges,
		       flex_array_size(a, ranges, a->nr_ranges));
}

/**
 * nf_svc_frontend_end() - let a frontend go with the transaction
 * @ns: tables
 * @tx: transaction
 * @frontend: a current one
 *
 * Context: process; the namespace's mutex is held.
 * Return: 0, or -ENOMEM, and nothing has changed.
 */
int nf_svc_frontend_end(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
			struct nf_svc_frontend *frontend)
{
	struct nf_svc_change *change = nf_svc_change_of(tx, frontend->service);
	int err;

	if (!change)
		return -ENOMEM;
	err = nf_svc_address_use(ns, tx, frontend, -1);
	if (err)
		return err;
	ns->nr_frontends--;
	ns->family_frontends[nf_svc_family_index(frontend->family)]--;
	if (frontend->entry.born == tx->next) {
		change->counts.frontends_added--;
		list_del_init(&frontend->sibling);
	} else {
		change->counts.frontends_deleted++;
	}
	nf_svc_stage_death(ns, tx, &frontend->entry);
	return 0;
}

/**
 * nf_svc_frontend_set() - create or change a frontend
 * @ns: tables
 * @tx: transaction
 * @service: whose it shall be; touched by @tx
 * @wanted: as it shall be; only what is not a link or a list counts
 * @flags: NF_SVC_FLAG_EXCL counts
 * @extack: for the reason of a refusal
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: 0 or a negative error, and nothing has changed.
 */
int nf_svc_frontend_set(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
			struct nf_svc_service *service,
			const struct nf_svc_frontend *wanted, u32 flags,
			struct netlink_ext_ack *extack)
{
	struct nf_svc_frontend *old, *new;
	int err;

	old = nf_svc_frontend_current(ns, wanted);
	if (old && strcmp(old->service->owner, tx->owner)) {
		NL_SET_ERR_MSG(extack, "the frontend belongs to another owner");
		return -EPERM;
	}
	if (old && flags & NF_SVC_FLAG_EXCL) {
		NL_SET_ERR_MSG(extack, "the frontend exists already");
		return -EEXIST;
	}
	if (old && old->service == service &&
	    nf_svc_frontend_same(old, wanted)) {
		old->kept = tx->id;
		return 0;
	}
	if (!old && ns->nr_frontends >= nf_svc_limits.frontends) {
		NL_SET_ERR_MSG(extack,
			       "too many frontends: see LIMIT_FRONTENDS");
		return -ENOSPC;
	}

	if (old && !nf_svc_change_of(tx, old->service))
		return -ENOMEM;
	new = kmemdup(wanted, struct_size(wanted, ranges, wanted->nr_ranges),
		      GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	new->entry.kind = NF_SVC_ENTRY_FRONTEND;
	new->entry.hash = nf_svc_frontend_hash(ns, new);
	new->service = service;
	new->kept = tx->id;
	err = nf_svc_address_use(ns, tx, new, 1);
	if (err) {
		kfree(new);
		return err;
	}
	/* Cannot fail: the lines above have made its address and its change. */
	if (old)
		nf_svc_frontend_end(ns, tx, old);

	ns->nr_frontends++;
	ns->family_frontends[nf_svc_family_index(new->family)]++;
	service->change->counts.frontends_added++;
	list_add_tail(&new->sibling, &service->frontends);
	nf_svc_stage_born(ns, tx, &new->entry);
	return 0;
}

/**
 * nf_svc_frontend_del() - delete a frontend
 * @ns: tables
 * @tx: transaction
 * @key: @addr, @port, @protocol and @family count
 * @extack: for the reason of a refusal
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: 0 or a negative error, and nothing has changed.
 */
int nf_svc_frontend_del(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
			const struct nf_svc_frontend *key,
			struct netlink_ext_ack *extack)
{
	struct nf_svc_frontend *frontend = nf_svc_frontend_current(ns, key);

	if (!frontend) {
		NL_SET_ERR_MSG(extack, "no such frontend");
		return -ENOENT;
	}
	if (strcmp(frontend->service->owner, tx->owner)) {
		NL_SET_ERR_MSG(extack, "the frontend belongs to another owner");
		return -EPERM;
	}
	return nf_svc_frontend_end(ns, tx, frontend);
}
