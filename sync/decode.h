/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of decoding, one file each; model_decode() puts them together. */
#ifndef NF_SVC_SYNC_DECODE_H
#define NF_SVC_SYNC_DECODE_H

#include "sync/model.h"

/**
 * model_decode_service - read one Service
 * @model: gets the notes
 * @service: filled; model_service_clean() it, after success only
 * @node: the object
 * @error: filled on failure
 *
 * Return: 0, -EINVAL or -ENOMEM. So do the next ones.
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
 * model_decode_node - read one Node
 * @machine: filled; model_node_clean() it, after success only
 * @node: the object
 * @error: filled on failure
 */
int model_decode_node(struct model_node *machine, const struct tree *node,
		      struct tree_error *error);

/**
 * model_decode_cluster_ips - read clusterIP, clusterIPs and the families
 * @service: filled; cleaned by the caller, also after failure
 * @spec: the Service's spec
 * @error: filled on failure
 */
int model_decode_cluster_ips(struct model_service *service,
			     const struct tree *spec, struct tree_error *error);

/**
 * model_decode_ports - read ports
 * @service: filled, likewise
 * @spec: the Service's spec
 * @error: filled on failure
 */
int model_decode_ports(struct model_service *service, const struct tree *spec,
		       struct tree_error *error);

/**
 * model_decode_external - read external and ingress addresses, and who may ask
 * @service: filled, likewise
 * @spec: the Service's spec
 * @status: its status, or NULL
 * @error: filled on failure
 */
int model_decode_external(struct model_service *service,
			  const struct tree *spec, const struct tree *status,
			  struct tree_error *error);

/**
 * model_decode_time - read creationTimestamp
 * @metadata: of an object
 * @seconds: where it goes, since 1970; INT64_MAX: not said
 * @error: filled on failure
 *
 * Return: 0 or -EINVAL.
 */
int model_decode_time(const struct tree *metadata, int64_t *seconds,
		      struct tree_error *error);

/**
 * model_decode_word - read one of several words
 * @parent: the mapping that has it
 * @key: its key
 * @words: the words, NULL at their end; the first one holds if none is there
 * @index: where its place among them goes
 * @error: filled on failure
 *
 * Return: 0 or -EINVAL.
 */
int model_decode_word(const struct tree *parent, const char *key,
		      const char *const *words, size_t *index,
		      struct tree_error *error);

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
 * model_place - where a node stands
 * @node: the node
 */
static inline struct model_place model_place(const struct tree *node)
{
	return (struct model_place){ .line = node->line,
				     .column = node->column };
}

#endif
