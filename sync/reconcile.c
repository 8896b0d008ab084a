// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "client/words.h"
#include "sync/allocate.h"
#include "sync/claims.h"
#include "sync/reconcile.h"

/**
 * struct held - a service of the kernel that a Service of the model comes to
 * @index: of the Service in the model
 * @order: of the service in the snapshot
 * @service: the service
 */
struct held {
	size_t index;
	size_t order;
	const struct nf_svc_service *service;
};

/**
 * struct claim - a frontend of the kernel whose service the model does not have
 * @frontend: the frontend
 * @service: its service
 */
struct claim {
	const struct nf_svc_frontend *frontend;
	const struct nf_svc_service *service;
};

/**
 * struct work - all that is known on the way to a plan
 * @model: the model
 * @snapshot: the kernel's tables
 * @owner: whose services are changed
 * @prune: what the model does not have goes
 * @held: sorted by Service
 * @n_held: how many
 * @claims: sorted by frontend
 * @n_claims: how many
 * @ends: for each Service, where its part of the services desired ends
 */
struct work {
	const struct model *model;
	const struct nf_svc_snapshot *snapshot;
	const char *owner;
	bool prune;
	struct held *held;
	size_t n_held;
	struct claim *claims;
	size_t n_claims;
	size_t *ends;
};

static int compare_held(const void *a, const void *b)
{
	const struct held *one = a, *other = b;

	if (one->index != other->index)
		return one->index < other->index ? -1 : 1;
	return one->order < other->order ? -1 : 1;
}

static int compare_claims(const void *a, const void *b)
{
	const struct claim *one = a, *other = b;

	return nf_svc_frontend_compare(one->frontend, other->frontend);
}

static int add_claims(struct work *work, const struct nf_svc_service *service)
{
	for (size_t i = 0; i < service->n_frontends; i++) {
		struct claim *claim = nf_svc_array_add(
			&work->claims, &work->n_claims, sizeof(*claim));

		if (!claim)
			return -ENOMEM;
		claim->frontend = &service->frontends[i];
		claim->service = service;
	}
	return 0;
}

static int add_pruned(struct plan *plan, const struct nf_svc_service *service)
{
	size_t len = strcspn(service->name, ":");
	struct change *change;
	char **name;

	change = nf_svc_array_add(&plan->changes.list, &plan->changes.n,
				  sizeof(*change));
	if (!change)
		return -ENOMEM;
	change->kind = CHANGE_SERVICE_DEL;
	change->key = nf_svc_service_key(service);
	/* its ports and families stand together */
	if (plan->n_pruned &&
	    !strncmp(plan->pruned[plan->n_pruned - 1], service->name, len) &&
	    !plan->pruned[plan->n_pruned - 1][len])
		return 0;
	name = nf_svc_array_add(&plan->pruned, &plan->n_pruned, sizeof(*name));
	if (!name)
		return -ENOMEM;
	*name = strndup(service->name, len);
	return *name ? 0 : -ENOMEM;
}

/* What the kernel has: ours to change, ours to delete, or others' claims. */
static int sort_out(struct work *work, struct plan *plan)
{
	for (size_t i = 0; i < work->snapshot->n_services; i++) {
		const struct nf_svc_service *service =
			&work->snapshot->services[i];
		const struct model_service *from =
			service_owner_in(work->model, service->name);
		struct held *held;

		if (work->prune && !from &&
		    !strcmp(service->owner, work->owner)) {
			if (add_pruned(plan, service))
				return -ENOMEM;
			continue;
		}
		if (!from || strcmp(service->owner, work->owner)) {
			if (add_claims(work, service))
				return -ENOMEM;
			continue;
		}
		held = nf_svc_array_add(&work->held, &work->n_held,
					sizeof(*held));
		if (!held)
			return -ENOMEM;
		held->index = (size_t)(from - work->model->services);
		held->order = i;
		held->service = service;
	}
	if (work->n_held > 1)
		qsort(work->held, work->n_held, sizeof(*work->held),
		      compare_held);
	if (work->n_claims > 1)
		qsort(work->claims, work->n_claims, sizeof(*work->claims),
		      compare_claims);
	return 0;
}

/* ClusterIPs of the model, and of services that it does not name. */
static int find_cluster_ips(const struct work *work, struct address_set *set)
{
	int ret = 0;

	for (size_t i = 0; i < work->model->n_services; i++) {
		const struct model_service *service = &work->model->services[i];

		for (size_t k = 0; k < service->n_cluster_ips && ret != -ENOMEM;
		     k++)
			ret = address_set_add(set, &service->cluster_ips[k]);
	}
	for (size_t i = 0; i < work->n_claims && ret != -ENOMEM; i++) {
		if (work->claims[i].frontend->kind == NF_SVC_KIND_CLUSTER_IP)
			ret = address_set_add(set,
					      &work->claims[i].frontend->addr);
	}
	return ret == -ENOMEM ? ret : 0;
}

static int resolve_model(struct work *work, struct plan *plan,
			 const struct node_view *node,
			 const struct resolve_options *options)
{
	struct address_set cluster_ips = { 0 };
	struct resolve_options all = *options;
	const struct resolve_context context = { node, &all, &plan->problems };
	int ret;

	all.cluster_ips = &cluster_ips;
	ret = find_cluster_ips(work, &cluster_ips);
	if (!ret)
		ret = resolve_all(&plan->desired, work->ends, work->model,
				  &context);
	address_set_clean(&cluster_ips);
	return ret;
}

/* A frontend that is wanted, and belongs to a service which stays as it is. */
static int check_claims(const struct work *work,
			const struct nf_svc_service *want,
			const struct model_service *from,
			struct tree_error *error)
{
	for (size_t i = 0; i < want->n_frontends && work->n_claims; i++) {
		struct claim key = { .frontend = &want->frontends[i] }, *claim;
		char place[NF_SVC_PLACE_TEXT];

		claim = bsearch(&key, work->claims, work->n_claims,
				sizeof(*claim), compare_claims);
		/* the same service of another owner: the kernel says that better */
		if (!claim || !strcmp(claim->service->name, want->name))
			continue;
		memset(error, 0, sizeof(*error));
		error->line = from->address_place.line;
		error->column = from->address_place.column;
		snprintf(error->field, sizeof(error->field), "%s",
			 claims_field(key.frontend->kind));
		nf_svc_addr_port_format(&key.frontend->addr, key.frontend->port,
					place);
		snprintf(
			error->message, sizeof(error->message),
			"%s/%s belongs to %.128s already; choose another address",
			place,
			nf_svc_word_text(nf_svc_protocols,
					 key.frontend->protocol),
			claim->service->name);
		return -EINVAL;
	}
	return 0;
}

static int reconcile_one(struct work *work, struct plan *plan, size_t index,
			 size_t *first_held, struct tree_error *error)
{
	const struct model_service *from = &work->model->services[index];
	size_t start = index ? work->ends[index - 1] : 0,
	       n = work->ends[index] - start;
	size_t before = plan->changes.n, n_held = 0;
	const struct nf_svc_service **have;
	int ret = 0;

	while (*first_held + n_held < work->n_held &&
	       work->held[*first_held + n_held].index == index)
		n_held++;
	have = calloc(n_held ? n_held : 1, sizeof(*have));
	if (!have)
		return tree_no_memory(error);
	for (size_t i = 0; i < n_held; i++)
		have[i] = work->held[*first_held + i].service;
	*first_held += n_held;
	for (size_t i = 0; i < n && !ret; i++)
		ret = check_claims(work, &plan->desired.services[start + i],
				   from, error);
	if (!ret && diff_services(&plan->changes, have, n_held,
				  plan->desired.services + start, n))
		ret = tree_no_memory(error);
	free(have);
	/* what it had before it got its label goes */
	if (from->left_alone && plan->changes.n == before)
		plan->outcomes[index] = OUTCOME_LEFT_ALONE;
	else if (from->no_frontends && plan->changes.n == before)
		plan->outcomes[index] = OUTCOME_NOT_SERVED;
	else if (plan->changes.n == before)
		plan->outcomes[index] = OUTCOME_UNCHANGED;
	else
		plan->outcomes[index] = n_held ? OUTCOME_CONFIGURED :
						 OUTCOME_CREATED;
	return ret;
}

int reconcile(struct plan *plan, const struct model *model,
	      const struct nf_svc_snapshot *snapshot, const char *owner,
	      bool prune, const struct node_view *node,
	      const struct resolve_options *options, struct tree_error *error)
{
	struct work work = { .model = model,
			     .snapshot = snapshot,
			     .owner = owner,
			     .prune = prune };
	size_t n = model->n_services ? model->n_services : 1, first_held = 0;
	int ret = 0;

	memset(plan, 0, sizeof(*plan));
	plan->outcomes = calloc(n, sizeof(*plan->outcomes));
	work.ends = calloc(n, sizeof(*work.ends));
	if (!plan->outcomes || !work.ends || sort_out(&work, plan) ||
	    resolve_model(&work, plan, node, options))
		ret = tree_no_memory(error);
	for (size_t i = 0; i < model->n_services && !ret; i++)
		ret = reconcile_one(&work, plan, i, &first_held, error);
	free(work.held);
	free(work.claims);
	free(work.ends);
	if (ret)
		reconcile_clean(plan);
	return ret;
}

void reconcile_clean(struct plan *plan)
{
	changes_clean(&plan->changes);
	desired_clean(&plan->desired);
	problems_clean(&plan->problems);
	free(plan->outcomes);
	for (size_t i = 0; i < plan->n_pruned; i++)
		free(plan->pruned[i]);
	free(plan->pruned);
	memset(plan, 0, sizeof(*plan));
}
