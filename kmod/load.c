// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many flows each backend has: an object for each that has any.
 *
 * By key, not by pointer: configurations are replaced whole with every change, and a
 * backend that is deleted and added again still has its old flows.
 */
#include <linux/jhash.h>
#include <linux/slab.h>

#include "flow.h"

/* What a load is looked for by. */
struct nf_svc_load_key {
	const struct nf_svc_service *service;
	const struct nf_svc_backend *backend;
};

/* @service is a keyed hash, so that is secret enough. */
static u32 nf_svc_load_hash(u32 service, const union nf_inet_addr *addr,
			    __be16 port, u32 seed)
{
	return jhash2(addr->all, ARRAY_SIZE(addr->all),
		      service ^ (__force u16)port ^ seed);
}

static u32 nf_svc_load_key_hashfn(const void *data, u32 len, u32 seed)
{
	const struct nf_svc_load_key *key = data;

	return nf_svc_load_hash(key->service->entry.hash, &key->backend->addr,
				key->backend->port, seed);
}

static u32 nf_svc_load_obj_hashfn(const void *data, u32 len, u32 seed)
{
	const struct nf_svc_load *load = data;

	return nf_svc_load_hash(load->service, &load->addr, load->port, seed);
}

static int nf_svc_load_cmpfn(struct rhashtable_compare_arg *arg,
			     const void *obj)
{
	const struct nf_svc_load_key *key = arg->key;
	const struct nf_svc_service *service = key->service;
	const struct nf_svc_load *load = obj;

	return load->service != service->entry.hash ||
	       load->port != key->backend->port ||
	       load->protocol != service->protocol ||
	       load->family != service->family ||
	       !nf_inet_addr_cmp(&load->addr, &key->backend->addr) ||
	       strcmp(load->name, service->name);
}

const struct rhashtable_params nf_svc_load_params = {
	.head_offset = offsetof(struct nf_svc_load, node),
	.hashfn = nf_svc_load_key_hashfn,
	.obj_hashfn = nf_svc_load_obj_hashfn,
	.obj_cmpfn = nf_svc_load_cmpfn,
	.automatic_shrinking = true,
};

static struct nf_svc_load *nf_svc_load_new(const struct nf_svc_load_key *key)
{
	size_t size = strlen(key->service->name) + 1;
	struct nf_svc_load *load;

	load = kmalloc(struct_size(load, name, size),
		       GFP_ATOMIC | __GFP_NOWARN);
	if (!load)
		return NULL;
	refcount_set(&load->records, 1);
	atomic_set(&load->live, 1);
	load->service = key->service->entry.hash;
	load->addr = key->backend->addr;
	load->port = key->backend->port;
	load->protocol = key->service->protocol;
	load->family = key->service->family;
	memcpy(load->name, key->service->name, size);
	return load;
}

/* The backend had no flow a moment ago. */
static struct nf_svc_load *nf_svc_load_make(struct nf_svc_flows *flows,
					    const struct nf_svc_load_key *key)
{
	struct nf_svc_load *load;

	spin_lock_bh(&flows->lock);
	load = rhashtable_lookup(&flows->loads, key, nf_svc_load_params);
	if (load) {
		/* Made meanwhile. Its last reference is put under the lock. */
		refcount_inc(&load->records);
		atomic_inc(&load->live);
		goto out;
	}
	load = nf_svc_load_new(key);
	if (load && rhashtable_insert_fast(&flows->loads, &load->node,
					   nf_svc_load_params)) {
		kfree(load);
		load = NULL;
	}
out:
	spin_unlock_bh(&flows->lock);
	return load;
}

/**
 * nf_svc_load_get() - count one more flow of a backend
 * @flows: of the namespace
 * @service: the service
 * @backend: the backend
 *
 * Context: softirq or process, RCU read side.
 * Return: a reference, with the flow counted in @live, or NULL: no memory.
 */
struct nf_svc_load *nf_svc_load_get(struct nf_svc_flows *flows,
				    const struct nf_svc_service *service,
				    const struct nf_svc_backend *backend)
{
	const struct nf_svc_load_key key = { service, backend };
	struct nf_svc_load *load;

	load = rhashtable_lookup(&flows->loads, &key, nf_svc_load_params);
	if (unlikely(!load || !refcount_inc_not_zero(&load->records)))
		return nf_svc_load_make(flows, &key);
	atomic_inc(&load->live);
	return load;
}

/**
 * nf_svc_load_put() - give a reference back; @live is the caller's affair
 * @flows: of the namespace
 * @load: the reference
 *
 * Context: softirq or process.
 */
void nf_svc_load_put(struct nf_svc_flows *flows, struct nf_svc_load *load)
{
	bool last;

	if (likely(refcount_dec_not_one(&load->records)))
		return;
	/* The last one only under the lock: see nf_svc_load_make(). */
	spin_lock_bh(&flows->lock);
	last = refcount_dec_and_test(&load->records);
	if (last)
		rhashtable_remove_fast(&flows->loads, &load->node,
				       nf_svc_load_params);
	spin_unlock_bh(&flows->lock);
	if (last)
		kfree_rcu(load, rcu);
}

/**
 * nf_svc_backend_flows() - how many flows has a backend?
 * @ns: tables
 * @service: the service
 * @backend: one of its backends
 *
 * Flows that are not over, of this backend's address and port, whichever
 * configuration gave it to them. One that has ended is counted for up to a second.
 *
 * Context: any, RCU read side.
 * Return: how many.
 */
u32 nf_svc_backend_flows(const struct nf_svc_ns *ns,
			 const struct nf_svc_service *service,
			 const struct nf_svc_backend *backend)
{
	const struct nf_svc_load_key key = { service, backend };
	const struct nf_svc_load *load;

	load = rhashtable_lookup(&ns->flows->loads, &key, nf_svc_load_params);
	return load ? atomic_read(&load->live) : 0;
}
