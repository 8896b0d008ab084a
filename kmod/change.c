// SPDX-License-Identifier: GPL-2.0-only
/* What an open transaction does to a service, and how much that is. */
#include <linux/mm.h>
#include <linux/slab.h>

#include "transaction.h"

/**
 * nf_svc_change_of() - what a transaction does to a service
 * @tx: transaction
 * @service: the service
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: the change, made if there was none, or NULL (no memory).
 */
struct nf_svc_change *nf_svc_change_of(struct nf_svc_tx *tx,
				       struct nf_svc_service *service)
{
	const struct nf_svc_config *config;
	struct nf_svc_change *change;

	if (service->change)
		return service->change;
	change = kzalloc(sizeof(*change), GFP_KERNEL_ACCOUNT);
	if (!change)
		return NULL;
	config = (const struct nf_svc_config *)rcu_dereference_protected(
		service->config, 1);
	if (config) {
		change->kind = NF_SVC_CHANGE_CHANGED;
		change->scheduler = config->scheduler;
		change->refuse_with = config->refuse_with;
		change->affinity_timeout = config->affinity_timeout;
	} else {
		change->kind = NF_SVC_CHANGE_ADDED;
		change->scheduler = nf_svc_scheduler_find("random");
		change->refuse_with = NF_SVC_REFUSE_RESET;
	}
	change->service = service;
	service->change = change;
	list_add_tail(&change->list, &tx->changes);
	return change;
}

/**
 * nf_svc_change_free() - forget what a transaction does to a service
 * @change: the change; a configuration that it still has goes with it
 *
 * Context: process; the namespace's mutex is held.
 */
void nf_svc_change_free(struct nf_svc_change *change)
{
	change->service->change = NULL;
	list_del(&change->list);
	kvfree(change->backends);
	if (change->config)
		nf_svc_version_free(&change->config->version);
	kfree(change);
}

/**
 * nf_svc_change_is_none() - does a change leave its service as it was?
 * @change: the change, its configuration built
 *
 * Context: the namespace's mutex is held.
 * Return: does it?
 */
bool nf_svc_change_is_none(const struct nf_svc_change *change)
{
	return change->kind == NF_SVC_CHANGE_CHANGED && !change->config &&
	       !change->counts.frontends_added &&
	       !change->counts.frontends_deleted;
}

/**
 * nf_svc_change_add() - add what a change does to what its commit does
 * @sum: of the commit
 * @change: the change, its configuration built
 *
 * Context: the namespace's mutex is held.
 */
void nf_svc_change_add(struct nf_svc_counts *sum,
		       const struct nf_svc_change *change)
{
	const struct nf_svc_counts *counts = &change->counts;

	if (nf_svc_change_is_none(change))
		return;
	sum->services_added += change->kind == NF_SVC_CHANGE_ADDED;
	sum->services_changed += change->kind == NF_SVC_CHANGE_CHANGED;
	sum->services_deleted += change->kind == NF_SVC_CHANGE_DELETED;
	sum->frontends_added += counts->frontends_added;
	sum->frontends_deleted += counts->frontends_deleted;
	sum->backends_added += counts->backends_added;
	sum->backends_changed += counts->backends_changed;
	sum->backends_deleted += counts->backends_deleted;
}
