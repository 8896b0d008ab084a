/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What Kubernetes says, as plain structs: Services, EndpointSlices and Nodes.
 *
 *   manifest -> decode -> model -> resolve (for this node) -> services
 *   services, snapshot of the kernel -> diff -> changes -> transaction
 *
 * Each arrow is a pure function: it asks nobody and prints nothing. The last one
 * alone, changes.c, hands on to the client library.
 */
#ifndef NF_SVC_SYNC_MODEL_H
#define NF_SVC_SYNC_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/objects.h"
#include "sync/tree.h"

/* A Service has at most one ClusterIP of each family. */
#define MODEL_FAMILIES 2

/**
 * model_family_index - place of a family in arrays of both
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 */
static inline unsigned int model_family_index(uint8_t family)
{
	return family == NFPROTO_IPV6;
}

/**
 * model_family_name - a family as Kubernetes writes it
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 */
static inline const char *model_family_name(uint8_t family)
{
	return family == NFPROTO_IPV4 ? "IPv4" : "IPv6";
}

/**
 * struct model_place - where something stands in its file
 * @line: from 1
 * @column: from 1
 */
struct model_place {
	size_t line;
	size_t column;
};

/**
 * struct model_port - a port of a Service or a slice
 * @name: owned; empty: it has none
 * @protocol: IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP
 * @port: port
 * @node_port: nodePort, 0: not said
 */
struct model_port {
	char *name;
	uint8_t protocol;
	uint16_t port;
	uint16_t node_port;
};

/**
 * struct model_address - an address out of a list
 * @addr: the address
 * @index: where it stands in the list, from 0
 * @place: where it stands in the file
 */
struct model_address {
	struct nf_svc_addr addr;
	size_t index;
	struct model_place place;
};

/**
 * struct model_range - an entry of loadBalancerSourceRanges
 * @text: as it was written, without the white space around it; owned
 * @cidr: what it says
 * @why: why it says nothing, a constant text; NULL: it is valid
 * @place: where it stands
 */
struct model_range {
	char *text;
	struct nf_svc_cidr cidr;
	const char *why;
	struct model_place place;
};

/**
 * enum model_dual_stack - spec.ipFamilyPolicy
 * @MODEL_SINGLE: one family
 * @MODEL_PREFER: both, where both can be had
 * @MODEL_REQUIRE: both
 */
enum model_dual_stack {
	MODEL_SINGLE,
	MODEL_PREFER,
	MODEL_REQUIRE,
};

/**
 * struct model_service - a Service
 * @namespace: owned
 * @name: owned
 * @place: where it stands
 * @address_place: where its addresses stand, or would
 * @no_frontends: headless or ExternalName
 * @left_alone: carries the label service-proxy-name
 * @cluster_ips: its ClusterIPs, of different families
 * @n_cluster_ips: how many
 * @families: spec.ipFamilies
 * @n_families: how many, 0: not said
 * @dual_stack: how many families it wants
 * @internal_local: internalTrafficPolicy is Local
 * @external_local: externalTrafficPolicy is Local, and counts
 * @wants_node_ports: its type is one whose ports have a nodePort
 * @health_port: healthCheckNodePort, where that counts; 0: there is none
 * @affinity_timeout: of sessionAffinity ClientIP, seconds; 0: None
 * @scheduler: of the annotation nf-svc.io/scheduler, owned; NULL: not said
 * @ports: owned
 * @n_ports: how many
 * @external_ips: externalIPs, owned
 * @n_external_ips: how many
 * @ingress: addresses of status.loadBalancer that are no proxy's, owned
 * @n_ingress: how many
 * @ranges: loadBalancerSourceRanges, owned
 * @n_ranges: how many
 * @created: creationTimestamp, seconds since 1970; INT64_MAX: not said
 * @uid: uid, owned; empty: not said
 */
struct model_service {
	char *namespace;
	char *name;
	struct model_place place;
	struct model_place address_place;
	bool no_frontends;
	bool left_alone;
	struct nf_svc_addr cluster_ips[MODEL_FAMILIES];
	size_t n_cluster_ips;
	uint8_t families[MODEL_FAMILIES];
	size_t n_families;
	enum model_dual_stack dual_stack;
	bool internal_local;
	bool external_local;
	bool wants_node_ports;
	uint16_t health_port;
	uint32_t affinity_timeout;
	char *scheduler;
	struct model_port *ports;
	size_t n_ports;
	struct model_address *external_ips;
	size_t n_external_ips;
	struct model_address *ingress;
	size_t n_ingress;
	struct model_range *ranges;
	size_t n_ranges;
	int64_t created;
	char *uid;
};

/**
 * struct model_names - names of nodes or zones
 * @list: owned, as is each of them
 * @n: how many
 */
struct model_names {
	char **list;
	size_t n;
};

/**
 * struct model_endpoint - an endpoint of a slice
 * @addr: its first address, which is the one that counts
 * @place: where that stands
 * @ready: conditions.ready, as the API reads what is not said
 * @serving: conditions.serving
 * @terminating: conditions.terminating
 * @node: nodeName, owned; NULL: not said
 * @for_nodes: nodes that hints give it to; none: there is no such hint
 * @for_zones: zones, likewise
 */
struct model_endpoint {
	struct nf_svc_addr addr;
	struct model_place place;
	bool ready;
	bool serving;
	bool terminating;
	char *node;
	struct model_names for_nodes;
	struct model_names for_zones;
};

/**
 * struct model_slice - an EndpointSlice
 * @namespace: owned
 * @name: owned; may be empty
 * @service: name of its Service, owned; NULL: of none
 * @headless: carries the label headless: its endpoints count for nothing
 * @place: where it stands
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6, 0: FQDN, which is ignored
 * @ports: owned; without those that have no name or number
 * @n_ports: how many
 * @endpoints: owned
 * @n_endpoints: how many
 */
struct model_slice {
	char *namespace;
	char *name;
	char *service;
	bool headless;
	struct model_place place;
	uint8_t family;
	struct model_port *ports;
	size_t n_ports;
	struct model_endpoint *endpoints;
	size_t n_endpoints;
};

/**
 * struct model_node - a Node
 * @name: owned
 * @place: where it stands
 * @zone: its label topology.kubernetes.io/zone, owned; NULL: it has none
 * @addresses: of status: first all InternalIPs, then all ExternalIPs; owned
 * @n_addresses: how many
 * @pod_cidrs: podCIDRs, owned
 * @n_pod_cidrs: how many
 */
struct model_node {
	char *name;
	struct model_place place;
	char *zone;
	struct nf_svc_addr *addresses;
	size_t n_addresses;
	struct nf_svc_cidr *pod_cidrs;
	size_t n_pod_cidrs;
};

/**
 * struct model_note - something odd that is no error
 * @place: where
 * @text: what, owned
 */
struct model_note {
	struct model_place place;
	char *text;
};

/**
 * struct model - Services, their slices, Nodes, and what was odd about them
 * @services: sorted by namespace and name, after model_sort()
 * @n_services: how many
 * @slices: sorted by namespace, Service, and name, after model_sort()
 * @n_slices: how many
 * @nodes: in the order of the file
 * @n_nodes: how many
 * @notes: in the order they were found
 * @n_notes: how many
 */
struct model {
	struct model_service *services;
	size_t n_services;
	struct model_slice *slices;
	size_t n_slices;
	struct model_node *nodes;
	size_t n_nodes;
	struct model_note *notes;
	size_t n_notes;
};

/**
 * model_decode - read Services, EndpointSlices and Nodes out of a file
 * @model: filled, sorted; model_clean() it, after success only
 * @file: the file; need not stay
 * @error: filled on failure: the first thing that is wrong
 *
 * Objects of other kinds become notes.
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int model_decode(struct model *model, const struct tree_file *file,
		 struct tree_error *error);

/**
 * model_note - keep a note
 * @model: gets it
 * @node: what it is about
 * @format: printf format
 *
 * Return: 0 or -ENOMEM.
 */
int model_note(struct model *model, const struct tree *node, const char *format,
	       ...) __attribute__((format(printf, 3, 4)));

/**
 * model_sort - into the order that finding needs
 * @model: the model
 */
void model_sort(struct model *model);

/**
 * model_find_service - a Service by its name
 * @model: sorted
 * @namespace: its namespace
 * @name: its name
 *
 * Return: the Service, which stays the model's, or NULL.
 */
const struct model_service *model_find_service(const struct model *model,
					       const char *namespace,
					       const char *name);

/**
 * model_has_family - has a Service a ClusterIP of a family?
 * @service: the Service; without one there is nothing of that family
 * @family: NFPROTO_*
 */
bool model_has_family(const struct model_service *service, uint8_t family);

/**
 * model_find_node - a Node by its name
 * @model: the model
 * @name: its name
 *
 * Return: the Node, which stays the model's, or NULL.
 */
const struct model_node *model_find_node(const struct model *model,
					 const char *name);

/**
 * model_find_slices - the slices of a Service
 * @model: sorted
 * @service: the Service
 * @n: how many
 *
 * Return: the first of them; the others follow.
 */
const struct model_slice *model_find_slices(const struct model *model,
					    const struct model_service *service,
					    size_t *n);

/**
 * model_service_clean - release what a Service owns, and zero it
 * @service: the Service
 */
void model_service_clean(struct model_service *service);

/**
 * model_slice_clean - release what a slice owns, and zero it
 * @slice: the slice
 */
void model_slice_clean(struct model_slice *slice);

/**
 * model_node_clean - release what a Node owns, and zero it
 * @node: the Node
 */
void model_node_clean(struct model_node *node);

/**
 * model_names_clean - release names, and zero them
 * @names: the names
 */
void model_names_clean(struct model_names *names);

/**
 * model_clean - release what a model owns, and zero it
 * @model: the model
 */
void model_clean(struct model *model);

#endif
