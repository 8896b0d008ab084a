/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What Kubernetes says, as plain structs: Services and EndpointSlices.
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
 * struct model_place - where something stands in its file
 * @line: from 1
 * @column: from 1
 */
struct model_place {
	size_t line;
	size_t column;
};

/**
 * struct model_port - a port of a Service
 * @name: owned; empty: it has none
 * @protocol: IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP
 * @port: port
 */
struct model_port {
	char *name;
	uint8_t protocol;
	uint16_t port;
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
 * @ports: owned
 * @n_ports: how many
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
	struct model_port *ports;
	size_t n_ports;
};

/**
 * struct model_endpoint - an endpoint of a slice
 * @addr: its first address, which is the one that counts
 * @ready: conditions.ready, as the API reads what is not said
 * @serving: conditions.serving
 * @terminating: conditions.terminating
 * @node: nodeName, owned; NULL: not said
 */
struct model_endpoint {
	struct nf_svc_addr addr;
	bool ready;
	bool serving;
	bool terminating;
	char *node;
};

/**
 * struct model_slice - an EndpointSlice
 * @namespace: owned
 * @name: owned; may be empty
 * @service: name of its Service, owned; NULL: of none
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
	struct model_place place;
	uint8_t family;
	struct model_port *ports;
	size_t n_ports;
	struct model_endpoint *endpoints;
	size_t n_endpoints;
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
 * struct model - Services, their slices, and what was odd about them
 * @services: sorted by namespace and name, after model_sort()
 * @n_services: how many
 * @slices: sorted by namespace, Service, and name, after model_sort()
 * @n_slices: how many
 * @notes: in the order they were found
 * @n_notes: how many
 */
struct model {
	struct model_service *services;
	size_t n_services;
	struct model_slice *slices;
	size_t n_slices;
	struct model_note *notes;
	size_t n_notes;
};

/**
 * model_decode - read Services and EndpointSlices out of a file
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
 * model_decode_service - read one Service
 * @model: gets the notes
 * @service: filled; model_service_clean() it, after success only
 * @node: the object
 * @error: filled on failure
 *
 * Return: 0, -EINVAL or -ENOMEM. So does the next one.
 */
int model_decode_service(struct model *model, struct model_service *service,
			 const struct tree *node, struct tree_error *error);

/**
 * model_decode_slice - read one EndpointSlice
 * @model: gets the notes
 * @slice: filled; model_slice_clean() it, after success only
 * @node: the object
 * @error: filled on failure
 */
int model_decode_slice(struct model *model, struct model_slice *slice,
		       const struct tree *node, struct tree_error *error);

/**
 * model_decode_names - read namespace and name of an object
 * @node: the object
 * @namespace: where it goes, "default" if it is not said; to be freed
 * @name: where it goes; to be freed
 * @named: it must have a name
 * @error: filled on failure, when nothing is to be freed
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int model_decode_names(const struct tree *node, char **namespace, char **name,
		       bool named, struct tree_error *error);

/**
 * model_decode_protocol - read TCP, UDP or SCTP
 * @node: the object that has it
 * @protocol: where it goes; TCP if it is not said
 * @error: filled on failure
 *
 * Return: 0 or -EINVAL.
 */
int model_decode_protocol(const struct tree *node, uint8_t *protocol,
			  struct tree_error *error);

/**
 * model_check_label - check a name as Kubernetes does
 * @node: where it stands
 * @text: the name
 * @error: filled on failure
 *
 * Return: 0 or -EINVAL: no DNS label.
 */
int model_check_label(const struct tree *node, const char *text,
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
 * model_clean - release what a model owns, and zero it
 * @model: the model
 */
void model_clean(struct model *model);

#endif
