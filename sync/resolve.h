/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From what Kubernetes says to what the kernel of one node shall have.
 *
 *   resolve.c          a Service into services, one a port and family
 *   resolve_backends   which endpoints become backends, in which sets
 *   topology           hints: which of the ready ones are for this node
 *   resolve_frontends  where it answers, and by which rules
 *   exposure           external addresses that may be taken
 *   guard              who may ask at load-balancer addresses
 *   claims             who keeps a frontend that several want
 *   resolve_all        all Services of a model
 *   resolve_settings   what a pod is on this node
 *
 * One Service depends on its own slices, on the node and on the options; on other
 * Services only through claims.
 */
#ifndef NF_SVC_SYNC_RESOLVE_H
#define NF_SVC_SYNC_RESOLVE_H

#include "sync/address_set.h"
#include "sync/node.h"

/**
 * struct reserved_port - a port that a Service should not take from the node
 * @addr: at this address; family 0: at every address of the node
 * @port: the port, TCP
 * @what: who listens there, a constant text
 */
struct reserved_port {
	struct nf_svc_addr addr;
	uint16_t port;
	const char *what;
};

/**
 * struct resolve_options - how Services are resolved; what it points to is not owned
 * @capabilities: enum nf_svc_capabilities of the module
 * @schedulers: that the module has; NULL: random alone
 * @limit_ranges: most source ranges of a frontend
 * @masquerade_all: what asks a ClusterIP is always masqueraded
 * @internal_only: ClusterIPs are for pods and nodes, not for others
 * @node_ports: where node ports are answered
 * @trusting: doubtful external addresses are told and served, not refused
 * @external_cidrs: where externalIPs may be
 * @n_external_cidrs: how many
 * @service_cidrs: where ClusterIPs are, beside those of the settings
 * @n_service_cidrs: how many
 * @reserved: ports of the node that are taken
 * @n_reserved: how many
 * @cluster_ips: addresses that are ClusterIPs; NULL: not known
 */
struct resolve_options {
	uint64_t capabilities;
	const struct nf_svc_schedulers *schedulers;
	uint32_t limit_ranges;
	bool masquerade_all;
	bool internal_only;
	const struct node_ports *node_ports;
	bool trusting;
	const struct nf_svc_cidr *external_cidrs;
	size_t n_external_cidrs;
	const struct nf_svc_cidr *service_cidrs;
	size_t n_service_cidrs;
	const struct reserved_port *reserved;
	size_t n_reserved;
	const struct address_set *cluster_ips;
};

/**
 * struct resolve_context - what all Services of a run share
 * @node: this node
 * @options: how
 * @problems: gets what is wrong
 */
struct resolve_context {
	const struct node_view *node;
	const struct resolve_options *options;
	struct problems *problems;
};

/**
 * struct desired - services that the kernel shall have
 * @services: sorted, as their backends and frontends are
 * @n: how many
 */
struct desired {
	struct nf_svc_service *services;
	size_t n;
};

/**
 * struct cidr_list - ranges; not owned
 * @list: array
 * @n: its length
 */
struct cidr_list {
	const struct nf_svc_cidr *list;
	size_t n;
};

/**
 * resolve_settings - the settings that shall hold
 * @settings: filled; its lists belong to what they are taken from
 * @have: those that hold; what nobody says stays
 * @pods: what a pod is, from whoever runs this; NULL: not said, then the podCIDRs
 *	of @machine count
 * @services: where ClusterIPs are, likewise; NULL: not said
 * @node_ports: where node ports answer, likewise; NULL: not said
 * @machine: this node's Node, or NULL
 * @capabilities: of the module
 * @problems: told what it cannot do
 *
 * Return: 0 or -ENOMEM.
 */
int resolve_settings(struct nf_svc_settings *settings,
		     const struct nf_svc_settings *have,
		     const struct cidr_list *pods,
		     const struct cidr_list *services,
		     const struct cidr_list *node_ports,
		     const struct model_node *machine, uint64_t capabilities,
		     struct problems *problems);

/**
 * resolve_service - what becomes of one Service
 * @desired: what it comes to is added, unsorted; desired_clean() it, also after
 *	failure
 * @service: the Service, with its ClusterIPs
 * @slices: its slices, in any order
 * @n_slices: how many
 * @context: node, options and problems
 *
 * A service of the kernel comes of each port and each family that there is a
 * ClusterIP of, with backends and frontends sorted.
 *
 * Return: 0 or -ENOMEM.
 */
int resolve_service(struct desired *desired,
		    const struct model_service *service,
		    const struct model_slice *slices, size_t n_slices,
		    const struct resolve_context *context);

/**
 * resolve_all - what becomes of all Services of a model
 * @desired: filled; those of one Service stand together, sorted;
 *	desired_clean() it, also after failure
 * @ends: for each Service, where its part of @desired ends
 * @model: sorted
 * @context: node, options and problems
 *
 * No frontend is there twice.
 *
 * Return: 0 or -ENOMEM.
 */
int resolve_all(struct desired *desired, size_t *ends,
		const struct model *model,
		const struct resolve_context *context);

/**
 * desired_sort - sort the services
 * @desired: the services
 */
void desired_sort(struct desired *desired);

/**
 * desired_clean - release the services
 * @desired: zeroed
 */
void desired_clean(struct desired *desired);

#endif
