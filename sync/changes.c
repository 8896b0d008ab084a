// SPDX-License-Identifier: GPL-2.0
/* Changes into the messages of a transaction. */
#include <stdlib.h>

#include "sync/diff.h"

static int compare_changes(const void *a, const void *b)
{
	const struct change *one = a, *other = b;
	int order = (int)one->kind - (int)other->kind;

	if (!order)
		order = nf_svc_key_compare(&one->key, &other->key);
	if (!order && one->frontend && other->frontend)
		order = nf_svc_frontend_compare(one->frontend, other->frontend);
	return order;
}

static int send_one(struct nf_svc_client *client, const struct change *change,
		    struct nf_svc_error *error)
{
	switch (change->kind) {
	case CHANGE_SERVICE_DEL:
		return nf_svc_tx_service_del(client, &change->key, error);
	case CHANGE_FRONTEND_DEL:
		return nf_svc_tx_frontend_del(client, change->frontend, error);
	case CHANGE_BACKENDS_DEL:
		return nf_svc_tx_backends_del(client, &change->key,
					      change->backends,
					      change->n_backends, error);
	case CHANGE_SERVICE_CREATE:
		return nf_svc_tx_service_set(client, change->service,
					     NF_SVC_GIVEN_ALL,
					     NF_SVC_FLAG_CREATE, error);
	case CHANGE_SERVICE_SET:
		return nf_svc_tx_service_set(client, change->service,
					     NF_SVC_GIVEN_ALL, 0, error);
	case CHANGE_BACKENDS_SET:
		return nf_svc_tx_backends_set(client, &change->key,
					      change->backends,
					      change->n_backends, 0, error);
	case CHANGE_FRONTEND_SET:
	default:
		return nf_svc_tx_frontend_set(client, change->key.name,
					      change->frontend, 0, error);
	}
}

void changes_sort(struct changes *changes)
{
	if (changes->n > 1)
		qsort(changes->list, changes->n, sizeof(*changes->list),
		      compare_changes);
}

int changes_send(struct nf_svc_client *client, struct changes *changes,
		 struct nf_svc_error *error)
{
	int ret = 0;

	changes_sort(changes);
	/* what never was sent stands behind all that was refused */
	for (size_t i = 0; i < changes->n; i++)
		changes->list[i].last_step = UINT32_MAX;
	for (size_t i = 0; i < changes->n && !ret; i++) {
		ret = send_one(client, &changes->list[i], error);
		changes->list[i].last_step = nf_svc_tx_steps(client);
	}
	return ret;
}
