// SPDX-License-Identifier: GPL-2.0-only
/* The last commits of a namespace: a ring, a slot for each generation. */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "transaction.h"

/**
 * nf_svc_history_prepare() - make room for a namespace's history
 * @nn: of the namespace
 *
 * With the first transaction, so that a commit needs no memory for it.
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: 0 or -ENOMEM.
 */
int nf_svc_history_prepare(struct nf_svc_net *nn)
{
	if (!nn->history)
		nn->history = kvcalloc(NF_SVC_HISTORY_MAX, sizeof(*nn->history),
				       GFP_KERNEL_ACCOUNT);
	return nn->history ? 0 : -ENOMEM;
}

static struct nf_svc_record *nf_svc_history_slot(const struct nf_svc_net *nn,
						 u64 generation)
{
	return &nn->history[generation % NF_SVC_HISTORY_MAX];
}

/**
 * nf_svc_history_add() - remember a commit
 * @nn: of the namespace
 * @tx: its transaction, applied, its changes still there
 *
 * Context: process; the namespace's mutex is held. Cannot fail.
 * Return: the record.
 */
struct nf_svc_record *nf_svc_history_add(struct nf_svc_net *nn,
					 const struct nf_svc_tx *tx)
{
	struct nf_svc_record *record = nf_svc_history_slot(nn, tx->next);

	memset(record, 0, sizeof(*record));
	record->generation = tx->next;
	record->time = ktime_get_real_ns();
	record->pid = tx->pid;
	record->replaced = tx->replace;
	record->settings_changed = tx->settings_changed;
	record->counts = tx->counts;
	record->not_listed = tx->counts.services_added +
				     tx->counts.services_changed +
				     tx->counts.services_deleted >
			     NF_SVC_EVENTS_MAX;
	strscpy(record->comm, tx->comm, sizeof(record->comm));
	strscpy(record->owner, tx->owner, sizeof(record->owner));
	return record;
}

/**
 * nf_svc_history_at() - the record of a commit
 * @nn: of the namespace
 * @generation: its number
 *
 * Context: the namespace's mutex is held.
 * Return: the record, or NULL if it is forgotten or has not been.
 */
const struct nf_svc_record *nf_svc_history_at(const struct nf_svc_net *nn,
					      u64 generation)
{
	const struct nf_svc_record *record;

	if (!nn->history || !generation)
		return NULL;
	record = nf_svc_history_slot(nn, generation);
	return record->generation == generation ? record : NULL;
}
