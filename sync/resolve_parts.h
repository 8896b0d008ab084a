/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the resolver share with each other. */
#ifndef NF_SVC_SYNC_RESOLVE_PARTS_H
#define NF_SVC_SYNC_RESOLVE_PARTS_H

#include "sync/resolve.h"

/**
 * struct candidate - an endpoint as one port of a service sees it
 * @backend: address, port, and in the end its sets
 * @endpoint: what the slice says
 * @local: it is on this node
 */
struct candidate {
	struct nf_svc_backend backend;
	const struct model_endpoint *endpoint;
	bool local;
};

/**
 * struct candidates - all of one port and family
 * @list: array
 * @n: its length
 */
struct candidates {
	struct candidate *list;
	size_t n;
};

/**
 * enum topology - which ready endpoints the cluster set has
 * @TOPOLOGY_NONE: all
 * @TOPOLOGY_NODE: those that hints give to this node
 * @TOPOLOGY_ZONE: those that hints give to this zone
 */
enum topology {
	TOPOLOGY_NONE,
	TOPOLOGY_NODE,
	TOPOLOGY_ZONE,
};

/**
 * topology_find - which topology holds for a port: EP-04
 * @candidates: its endpoints, each address and port once
 * @node: this node
 */
enum topology topology_find(const struct candidates *candidates,
			    const struct node_view *node);

/**
 * topology_allows - is an endpoint for this node?
 * @topology: what holds
 * @endpoint: the endpoint
 * @node: this node
 */
bool topology_allows(enum topology topology,
		     const struct model_endpoint *endpoint,
		     const struct node_view *node);

/**
 * resolve_backends - endpoints into backends: EP-01 to EP-07
 * @service: its port and family; gets the backends, sorted
 * @port: the port of the Service
 * @slices: the Service's slices
 * @n_slices: how many
 * @node: this node
 *
 * The two sets, for the traffic policies Cluster and Local:
 *
 *   cluster  the ready endpoints that the topology allows; if none is ready,
 *            those that serve while they terminate
 *   local    the ready endpoints on this node, hints or not; if there is none,
 *            those on this node that serve while they terminate
 *
 * An endpoint that is ready or serving but in no set becomes a backend in no
 * set: it drains. Others are left out.
 *
 * Return: 0 or -ENOMEM.
 */
int resolve_backends(struct nf_svc_service *service,
		     const struct model_port *port,
		     const struct model_slice *slices, size_t n_slices,
		     const struct node_view *node);

/**
 * resolve_check_endpoints - tell of endpoints at addresses that are odd: EP-10
 * @service: the Service
 * @slices: its slices
 * @n_slices: how many
 * @context: options and problems
 *
 * Return: 0 or -ENOMEM.
 */
int resolve_check_endpoints(const struct model_service *service,
			    const struct model_slice *slices, size_t n_slices,
			    const struct resolve_context *context);

/**
 * struct guard - who may ask at load-balancer addresses of a family
 * @shut: they are not served at all, for nobody could guard them
 * @ranges: sources that may, sorted, owned; none: all
 * @n: how many
 */
struct guard {
	bool shut;
	struct nf_svc_cidr *ranges;
	size_t n;
};

/**
 * struct exposed - an external address
 * @addr: the address
 * @kind: NF_SVC_KIND_LOAD_BALANCER or NF_SVC_KIND_EXTERNAL_IP
 */
struct exposed {
	struct nf_svc_addr addr;
	uint8_t kind;
};

/**
 * struct exposure - where a Service answers beside its ClusterIPs
 * @addresses: its external addresses, owned
 * @n_addresses: how many
 * @guards: by family
 */
struct exposure {
	struct exposed *addresses;
	size_t n_addresses;
	struct guard guards[MODEL_FAMILIES];
};

/**
 * exposure_find - find out where a Service may answer: FE-06 to FE-08
 * @exposure: filled; exposure_clean() it, also after failure
 * @service: the Service
 * @context: node, options and problems
 *
 * Return: 0 or -ENOMEM.
 */
int exposure_find(struct exposure *exposure,
		  const struct model_service *service,
		  const struct resolve_context *context);

/**
 * exposure_clean - release it
 * @exposure: zeroed
 */
void exposure_clean(struct exposure *exposure);

/**
 * guard_find - loadBalancerSourceRanges for one family: FE-08
 * @guard: filled; its ranges are to be freed, also after failure
 * @service: the Service
 * @family: NFPROTO_*
 * @context: node, options and problems
 *
 * Return: 0 or -ENOMEM.
 */
int guard_find(struct guard *guard, const struct model_service *service,
	       uint8_t family, const struct resolve_context *context);

/**
 * ranges_sort - sort ranges, and keep of equal ones the first
 * @ranges: the ranges
 * @n: how many; becomes less
 */
void ranges_sort(struct nf_svc_cidr *ranges, size_t *n);

/**
 * guard_check - tell of source ranges that say nothing
 * @service: the Service
 * @problems: gets them
 *
 * Return: 0 or -ENOMEM.
 */
int guard_check(const struct model_service *service, struct problems *problems);

/**
 * resolve_frontends - where a service answers, and by which rules
 * @service: its port and family; gets the frontends, sorted
 * @from: the Service
 * @port: its port
 * @cluster_ip: its ClusterIP of this family
 * @exposure: where else
 * @context: node, options and problems
 *
 * Return: 0 or -ENOMEM.
 */
int resolve_frontends(struct nf_svc_service *service,
		      const struct model_service *from,
		      const struct model_port *port,
		      const struct nf_svc_addr *cluster_ip,
		      const struct exposure *exposure,
		      const struct resolve_context *context);

/**
 * resolve_can - can the module do something?
 * @context: has the options
 * @capability: enum nf_svc_capabilities
 */
static inline bool resolve_can(const struct resolve_context *context,
			       enum nf_svc_capabilities capability)
{
	return context->options->capabilities & (uint64_t)capability;
}

#endif
