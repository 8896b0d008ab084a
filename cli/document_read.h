/* SPDX-License-Identifier: GPL-2.0 */
/* A saved document, read again: what document.h writes. Pure. */
#ifndef SVCCTL_DOCUMENT_READ_H
#define SVCCTL_DOCUMENT_READ_H

#include "client/objects.h"
#include "sync/tree.h"

/**
 * struct document - what 'svcctl save' wrote
 * @owners: whose whole truth this is; names owned
 * @n_owners: how many
 * @has_settings: there are settings
 * @settings: the settings
 * @services: sorted, as are their backends and frontends
 * @n_services: how many
 */
struct document {
	char **owners;
	size_t n_owners;
	bool has_settings;
	struct nf_svc_settings settings;
	struct nf_svc_service *services;
	size_t n_services;
};

/**
 * document_read - read a document
 * @document: filled; document_clean() it, after success only
 * @file: the file; need not stay
 * @error: filled on failure: the first thing that is wrong
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int document_read(struct document *document, const struct tree_file *file,
		  struct tree_error *error);

/**
 * document_clean - release what a document owns, and zero it
 * @document: the document
 */
void document_clean(struct document *document);

/**
 * document_read_service - read one service
 * @service: filled; nf_svc_service_clean() it, also after failure
 * @node: a mapping
 * @error: filled on failure
 *
 * Return: 0, -EINVAL or -ENOMEM. So do the next ones.
 */
int document_read_service(struct nf_svc_service *service,
			  const struct tree *node, struct tree_error *error);

/**
 * document_read_keys - refuse keys that mean nothing
 * @node: a mapping
 * @keys: those allowed; the last one is NULL
 * @error: filled on failure
 */
int document_read_keys(const struct tree *node, const char *const *keys,
		       struct tree_error *error);

/**
 * document_read_cidrs - read a list of ranges
 * @node: the mapping that has it
 * @key: its key; it may be missing
 * @cidrs: array, to be freed, also after failure
 * @n: its length
 * @error: filled on failure
 */
int document_read_cidrs(const struct tree *node, const char *key,
			struct nf_svc_cidr **cidrs, size_t *n,
			struct tree_error *error);

/**
 * document_read_owner - read the name of an owner
 * @node: a string
 * @owner: NF_SVC_OWNER_MAX + 1 bytes
 * @error: filled on failure
 */
int document_read_owner(const struct tree *node, char *owner,
			struct tree_error *error);

#endif
