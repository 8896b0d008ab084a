// SPDX-License-Identifier: GPL-2.0-only
/* Staging of services. */
#include <linux/jhash.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "transaction.h"

/**
 * nf_svc_service_hash() - hash of a service's key
 * @ns: tables; holds the key of the hash
 * @key: key
 *
 * Return: hash.
 */
u32 nf_svc_service_hash(const struct nf_svc_ns *ns,
			const struct nf_svc_key *key)
{
	u32 hash = siphash(key->name, strlen(key->name), &ns->key);

	return jhash_2words(hash, key->protocol << 8 | key->family, 0);
}

/**
 * nf_svc_service_is() - is it the service of a key?
 * @service: the service
 * @key: key
 *
 * Return: is it?
 */
bool nf_svc_service_is(const struct nf_svc_service *service,
		       const struct nf_svc_key *key)
{
	return service->protocol == key->protocol &&
	       service->family == key->family &&
	       !strcmp(service->name, key->name);
}

/**
 * nf_svc_service_find() - the service of a key as the writer has it
 * @ns: tables
 * @key: key
 *
 * Context: the namespace's mutex is held.
 * Return: the service, visible or staged, or NULL.
 */
struct nf_svc_service *nf_svc_service_find(const struct nf_svc_ns *ns,
					   const struct nf_svc_key *key)
{
	struct nf_svc_buckets *buckets = nf_svc_table_locked(&ns->services);
	u32 hash = nf_svc_service_hash(ns, key);
	struct nf_svc_service *service;
	struct nf_svc_entry *entry;

	nf_svc_table_for_each_locked(buckets, hash, entry) {
		service = container_of(entry, struct nf_svc_service, entry);
		if (nf_svc_current(entry) && nf_svc_service_is(service, key))
			return service;
	}
	return NULL;
}

static struct nf_svc_service *nf_svc_service_new(struct nf_svc_ns *ns,
						 struct nf_svc_tx *tx,
						 const struct nf_svc_key *key)
{
	size_t name_size = strlen(key->name) + 1;
	size_t owner_size = strlen(tx->owner) + 1;
	struct nf_svc_service *service;
	u32 set;

	service = kzalloc(struct_size(service, name, name_size + owner_size),
			  GFP_KERNEL_ACCOUNT);
	if (!service)
		return NULL;
	memcpy(service->name, key->name, name_size);
	memcpy(service->name + name_size, tx->owner, owner_size);
	service->owner = service->name + name_size;
	service->protocol = key->protocol;
	service->family = key->family;
	service->seed = get_random_u32();
	for (set = 0; set < NF_SVC_SETS; set++)
		atomic64_set(&service->turns[set], get_random_u32());
	INIT_LIST_HEAD(&service->frontends);
	service->entry.kind = NF_SVC_ENTRY_SERVICE;
	service->entry.hash = nf_svc_service_hash(ns, key);

	if (!nf_svc_change_of(tx, service)) {
		kfree(service);
		return NULL;
	}
	ns->nr_services++;
	nf_svc_stage_born(ns, tx, &service->entry);
	return service;
}

static int nf_svc_service_owned(const struct nf_svc_service *service,
				const struct nf_svc_tx *tx,
				struct netlink_ext_ack *extack)
{
	if (!strcmp(service->owner, tx->owner))
		return 0;
	NL_SET_ERR_MSG(extack, "the service belongs to another owner");
	return -EPERM;
}

/**
 * nf_svc_service_touch() - a service whose backends or frontends shall change
 * @ns: tables
 * @tx: transaction
 * @key: its key
 * @extack: for the reason of a refusal
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: the service, with @change, or an error pointer.
 */
struct nf_svc_service *nf_svc_service_touch(struct nf_svc_ns *ns,
					    struct nf_svc_tx *tx,
					    const struct nf_svc_key *key,
					    struct netlink_ext_ack *extack)
{
	struct nf_svc_service *service = nf_svc_service_find(ns, key);
	struct nf_svc_change *change;
	int err;

	if (!service) {
		NL_SET_ERR_MSG(extack, "no such service");
		return ERR_PTR(-ENOENT);
	}
	err = nf_svc_service_owned(service, tx, extack);
	if (err)
		return ERR_PTR(err);
	if (tx->replace && !(service->change && service->change->is_set)) {
		NL_SET_ERR_MSG(
			extack,
			"this transaction replaces all that its owner has: set the service first");
		return ERR_PTR(-ENOENT);
	}
	change = nf_svc_change_of(tx, service);
	if (!change)
		return ERR_PTR(-ENOMEM);
	change->is_touched = true;
	return service;
}

/**
 * nf_svc_service_set() - create or change a service
 * @ns: tables
 * @tx: transaction
 * @key: its key
 * @flags: NF_SVC_FLAG_CREATE, NF_SVC_FLAG_EXCL and NF_SVC_FLAG_REPLACE count
 * @scheduler: as it shall have, or NULL to keep it
 * @refuse_with: as it shall have, or NULL to keep it
 * @affinity_timeout: as it shall have, or NULL to keep it
 * @extack: for the reason of a refusal
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: 0 or a negative error, and nothing has changed.
 */
int nf_svc_service_set(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
		       const struct nf_svc_key *key, u32 flags,
		       const struct nf_svc_scheduler *scheduler,
		       const u8 *refuse_with, const u32 *affinity_timeout,
		       struct netlink_ext_ack *extack)
{
	struct nf_svc_service *service = nf_svc_service_find(ns, key);
	bool replace = tx->replace || flags & NF_SVC_FLAG_REPLACE;
	struct nf_svc_change *change;
	int err;

	if (service) {
		err = nf_svc_service_owned(service, tx, extack);
		if (err)
			return err;
		if (flags & NF_SVC_FLAG_EXCL) {
			NL_SET_ERR_MSG(extack, "the service exists already");
			return -EEXIST;
		}
		if (flags & NF_SVC_FLAG_REPLACE && service->change &&
		    service->change->is_touched) {
			NL_SET_ERR_MSG(
				extack,
				"NF_SVC_FLAG_REPLACE comes too late: this transaction has changed the service already");
			return -EINVAL;
		}
	} else {
		if (!(flags & NF_SVC_FLAG_CREATE)) {
			NL_SET_ERR_MSG(
				extack,
				"no such service (NF_SVC_FLAG_CREATE makes one)");
			return -ENOENT;
		}
		if (ns->nr_services >= nf_svc_limits.services) {
			NL_SET_ERR_MSG(extack,
				       "too many services: see LIMIT_SERVICES");
			return -ENOSPC;
		}
		service = nf_svc_service_new(ns, tx, key);
		if (!service)
			return -ENOMEM;
	}

	change = nf_svc_change_of(tx, service);
	if (!change)
		return -ENOMEM;
	if (!change->is_set)
		change->is_replaced = replace;
	change->is_set = true;
	change->is_touched = true;
	if (scheduler)
		change->scheduler = scheduler;
	if (refuse_with)
		change->refuse_with = *refuse_with;
	if (affinity_timeout)
		change->affinity_timeout = *affinity_timeout;
	return 0;
}

/*
 * Let a service and its frontends go. Only the first step can fail, for want of
 * memory: frontends have their addresses, and the change that counts them.
 */
static int nf_svc_service_end(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
			      struct nf_svc_service *service)
{
	struct nf_svc_change *change = nf_svc_change_of(tx, service);
	const struct nf_svc_config *config;
	struct nf_svc_frontend *frontend, *next;
	int err;

	if (!change)
		return -ENOMEM;
	list_for_each_entry_safe(frontend, next, &service->frontends, sibling) {
		if (!nf_svc_current(&frontend->entry))
			continue;
		err = nf_svc_frontend_end(ns, tx, frontend);
		if (err)
			return err;
		cond_resched();
	}
	if (change->kind == NF_SVC_CHANGE_ADDED) {
		nf_svc_change_free(change);
	} else {
		config =
			(const struct nf_svc_config *)rcu_dereference_protected(
				service->config, 1);
		change->kind = NF_SVC_CHANGE_DELETED;
		change->counts.backends_deleted = config->nr;
	}
	ns->nr_services--;
	nf_svc_stage_death(ns, tx, &service->entry);
	return 0;
}

/**
 * nf_svc_service_del() - delete a service, its backends and its frontends
 * @ns: tables
 * @tx: transaction
 * @key: its key
 * @extack: for the reason of a refusal
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: 0 or a negative error, and nothing has changed.
 */
int nf_svc_service_del(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
		       const struct nf_svc_key *key,
		       struct netlink_ext_ack *extack)
{
	struct nf_svc_service *service = nf_svc_service_find(ns, key);
	int err;

	if (!service) {
		NL_SET_ERR_MSG(extack, "no such service");
		return -ENOENT;
	}
	err = nf_svc_service_owned(service, tx, extack);
	if (err)
		return err;
	return nf_svc_service_end(ns, tx, service);
}

static int nf_svc_frontends_prune(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
				  struct nf_svc_service *service)
{
	struct nf_svc_frontend *frontend, *next;
	int err;

	list_for_each_entry_safe(frontend, next, &service->frontends, sibling) {
		if (!nf_svc_current(&frontend->entry) ||
		    frontend->kept == tx->id)
			continue;
		err = nf_svc_frontend_end(ns, tx, frontend);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/**
 * nf_svc_services_prune() - let go what a transaction that replaces did not set
 * @ns: tables
 * @tx: transaction
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: 0 or a negative error; the transaction is to be aborted then.
 */
int nf_svc_services_prune(struct nf_svc_ns *ns, struct nf_svc_tx *tx)
{
	struct nf_svc_change *change;
	struct nf_svc_buckets *buckets;
	struct nf_svc_service *service;
	struct nf_svc_entry *entry;
	u32 i;
	int err;

	list_for_each_entry(change, &tx->changes, list) {
		if (!change->is_replaced)
			continue;
		err = nf_svc_frontends_prune(ns, tx, change->service);
		if (err)
			return err;
	}
	if (!tx->replace)
		return 0;

	/* What was committed before is not unlinked here: the walk is safe. */
	buckets = nf_svc_table_locked(&ns->services);
	for (i = 0; i <= buckets->mask; i++) {
		hlist_for_each_entry(entry, &buckets->heads[i],
				     node[buckets->side]) {
			service = container_of(entry, struct nf_svc_service,
					       entry);
			if (!nf_svc_current(entry) ||
			    (service->change && service->change->is_set) ||
			    strcmp(service->owner, tx->owner))
				continue;
			err = nf_svc_service_end(ns, tx, service);
			if (err)
				return err;
		}
		cond_resched();
	}
	return 0;
}
