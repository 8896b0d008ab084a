/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All of a model against all of the kernel: for the Services that the model
 * names it is the whole truth, all others are left as they are, or deleted if
 * the model is the whole truth of its owner.
 */
#ifndef NF_SVC_SYNC_RECONCILE_H
#define NF_SVC_SYNC_RECONCILE_H

#include "sync/diff.h"
#include "sync/resolve.h"

/**
 * enum outcome - what becomes of a Service
 * @OUTCOME_LEFT_ALONE: nothing, it is not for us
 * @OUTCOME_NOT_SERVED: nothing, it is headless or an ExternalName
 * @OUTCOME_UNCHANGED: nothing, all is as it should be
 * @OUTCOME_CREATED: the kernel had nothing of it
 * @OUTCOME_CONFIGURED: the kernel had something else
 */
enum outcome {
	OUTCOME_LEFT_ALONE,
	OUTCOME_NOT_SERVED,
	OUTCOME_UNCHANGED,
	OUTCOME_CREATED,
	OUTCOME_CONFIGURED,
};

/**
 * struct plan - what is to be done; reconcile_clean() it
 * @changes: for all Services
 * @desired: what the changes point to
 * @outcomes: one for each Service of the model, in its order; owned
 * @pruned: names, NAMESPACE/NAME, of Services that go; owned
 * @n_pruned: how many
 * @problems: what was found on the way
 */
struct plan {
	struct changes changes;
	struct desired desired;
	enum outcome *outcomes;
	char **pruned;
	size_t n_pruned;
	struct problems problems;
};

/**
 * reconcile - find out what has to change
 * @plan: filled; reconcile_clean() it, after success only
 * @model: sorted, its Services with their ClusterIPs
 * @snapshot: what the kernel has; stays as long as the plan
 * @owner: only services of this owner are changed or deleted
 * @prune: services of this owner that the model does not name go
 * @node: this node
 * @options: how Services are resolved; which ClusterIPs there are is added
 * @error: filled on failure: a frontend that belongs to another service already
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int reconcile(struct plan *plan, const struct model *model,
	      const struct nf_svc_snapshot *snapshot, const char *owner,
	      bool prune, const struct node_view *node,
	      const struct resolve_options *options, struct tree_error *error);

/**
 * reconcile_clean - release a plan
 * @plan: zeroed
 */
void reconcile_clean(struct plan *plan);

#endif
