/* SPDX-License-Identifier: GPL-2.0 */
/* What has to change in the kernel for it to have what is desired. */
#ifndef NF_SVC_SYNC_DIFF_H
#define NF_SVC_SYNC_DIFF_H

#include "client/client.h"

/**
 * enum change_kind - kinds of changes, in the order in which they are sent
 * @CHANGE_SERVICE_DEL: delete @key and all that belongs to it
 * @CHANGE_FRONTEND_DEL: delete @frontend
 * @CHANGE_BACKENDS_DEL: delete @backends of @key
 * @CHANGE_SERVICE_CREATE: make @service, without what belongs to it
 * @CHANGE_SERVICE_SET: change @service, likewise
 * @CHANGE_BACKENDS_SET: make or change @backends of @key
 * @CHANGE_FRONTEND_SET: make or change @frontend of @key
 *
 * What goes, goes first: a frontend may leave one service for another.
 */
enum change_kind {
	CHANGE_SERVICE_DEL,
	CHANGE_FRONTEND_DEL,
	CHANGE_BACKENDS_DEL,
	CHANGE_SERVICE_CREATE,
	CHANGE_SERVICE_SET,
	CHANGE_BACKENDS_SET,
	CHANGE_FRONTEND_SET,
};

/**
 * struct change - one change
 * @kind: what is done
 * @key: of the service; its name is not owned
 * @service: for CHANGE_SERVICE_CREATE and _SET, not owned
 * @frontend: for CHANGE_FRONTEND_DEL and _SET, not owned
 * @backends: for CHANGE_BACKENDS_DEL and _SET, owned, sorted
 * @n_backends: how many
 * @last_step: number of its last message in the transaction, by changes_send()
 */
struct change {
	enum change_kind kind;
	struct nf_svc_key key;
	const struct nf_svc_service *service;
	const struct nf_svc_frontend *frontend;
	struct nf_svc_backend *backends;
	size_t n_backends;
	uint32_t last_step;
};

/**
 * struct changes - changes, in any order
 * @list: array
 * @n: its length
 */
struct changes {
	struct change *list;
	size_t n;
};

/**
 * diff_services - compare what is there with what is desired
 * @changes: what has to change is added; changes_clean() it, also after failure
 * @have: services that are there, sorted, as are their backends and frontends
 * @n_have: how many
 * @want: services desired, sorted likewise
 * @n_want: how many
 *
 * Services that are in @have and not in @want are deleted. The changes point
 * into both arrays.
 *
 * Return: 0 or -ENOMEM.
 */
int diff_services(struct changes *changes,
		  const struct nf_svc_service *const *have, size_t n_have,
		  const struct nf_svc_service *want, size_t n_want);

/**
 * diff_settings - do settings differ?
 * @have: those that are there
 * @want: those desired
 */
bool diff_settings(const struct nf_svc_settings *have,
		   const struct nf_svc_settings *want);

/**
 * changes_sort - into the order in which they are sent
 * @changes: sorted
 */
void changes_sort(struct changes *changes);

/**
 * changes_send - queue changes in a transaction
 * @client: has a transaction open
 * @changes: sorted by this
 * @error: on failure
 *
 * Return: 0 or a negative errno.
 */
int changes_send(struct nf_svc_client *client, struct changes *changes,
		 struct nf_svc_error *error);

/**
 * changes_clean - release changes
 * @changes: zeroed
 */
void changes_clean(struct changes *changes);

#endif
