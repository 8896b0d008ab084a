/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _NF_SVC_FLOW_H
#define _NF_SVC_FLOW_H

#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/netfilter/nf_conntrack_tuple.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "nf_svc.h"

/**
 * struct nf_svc_load - how many flows a backend of a service has
 * @node: link in nf_svc_flows.loads
 * @rcu: for freeing
 * @records: records that point here; 0: it is being taken out of the table
 * @live: flows among these that are not over
 * @service: key, nf_svc_service.entry.hash
 * @addr: key, address of the backend, network byte order
 * @port: key, its port, network byte order
 * @protocol: key of the service, IPPROTO_*
 * @family: key of the service, NFPROTO_*
 * @name: key of the service
 *
 * Made with the backend's first flow, gone with its last. It points at nothing of
 * the configuration: it outlives backend and service, and both find it again if
 * they come back.
 */
struct nf_svc_load {
	struct rhash_head node;
	struct rcu_head rcu;
	refcount_t records;
	atomic_t live;
	u32 service;
	union nf_inet_addr addr;
	__be16 port;
	u8 protocol;
	u8 family;
	char name[];
};

/**
 * struct nf_svc_flow - the record of a flow: an entry of conntrack that we bound
 * @node: link in nf_svc_flows.records
 * @rcu: for freeing
 * @ct: key; the entry. Without a reference as long as it is not @held: only to be
 *	compared then
 * @load: of its backend; a reference is held
 * @begun: jiffies when it was bound
 * @tuple: of the original direction
 * @zone: of the entry
 * @state: enum nf_svc_flow_state; only the worker writes it
 * @held: a reference to @ct is held; only the worker writes it
 */
struct nf_svc_flow {
	struct rhash_head node;
	struct rcu_head rcu;
	struct nf_conn *ct;
	struct nf_svc_load *load;
	unsigned long begun;
	struct nf_conntrack_tuple tuple;
	struct nf_conntrack_zone zone;
	u8 state;
	bool held;
};

/**
 * struct nf_svc_flows - the flows of a namespace
 * @records: &struct nf_svc_flow by their entry
 * @loads: &struct nf_svc_load by service and backend
 * @count: records, and those that are being made
 * @work: looks at all of them, see nf_svc_flows_turn()
 * @net: the namespace
 * @lock: loads come and go under it; packets that find one take none
 */
struct nf_svc_flows {
	struct rhashtable records;
	struct rhashtable loads;
	atomic_t count;
	struct delayed_work work;
	struct net *net;
	spinlock_t lock; /* membership in @loads; BH disabled */
};

/* flow.c */
u32 nf_svc_flows_count(const struct nf_svc_flows *flows);
struct nf_svc_flows *nf_svc_flows_new(struct net *net);
void nf_svc_flows_free(struct nf_svc_flows *flows);

/* load.c */
extern const struct rhashtable_params nf_svc_load_params;

struct nf_svc_load *nf_svc_load_get(struct nf_svc_flows *flows,
				    const struct nf_svc_service *service,
				    const struct nf_svc_backend *backend);
void nf_svc_load_put(struct nf_svc_flows *flows, struct nf_svc_load *load);

#endif /* _NF_SVC_FLOW_H */
