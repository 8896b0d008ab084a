// SPDX-License-Identifier: GPL-2.0
/* svcctl apply */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "file.h"
#include "model/allocate.h"
#include "model/reconcile.h"
#include "parse.h"
#include "print.h"
#include "transaction.h"

#define HOSTNAME_MAX 255

/**
 * struct application - one run of 'apply'
 * @path: the file
 * @file: what it holds; the model is read from it anew for each try
 * @model: Services and slices
 * @node: name of this node
 * @service_cidrs: where new ClusterIPs come from
 * @n_service_cidrs: how many
 * @has_pod_cidrs: --pod-cidr was given
 * @pod_cidrs: from there
 * @n_pod_cidrs: how many
 * @settings: those that shall hold; its lists belong to others
 * @set_settings: they are not those that hold
 * @plan: what is to be done
 */
struct application {
	const char *path;
	struct tree_file file;
	struct model model;
	char node[HOSTNAME_MAX + 1];
	struct nf_svc_cidr *service_cidrs;
	size_t n_service_cidrs;
	bool has_pod_cidrs;
	struct nf_svc_cidr *pod_cidrs;
	size_t n_pod_cidrs;
	struct nf_svc_settings settings;
	bool set_settings;
	struct plan plan;
};

static enum exit_status find_node(struct svcctl *ctl, struct application *apply)
{
	if (ctl->node) {
		if (!*ctl->node || strlen(ctl->node) > HOSTNAME_MAX)
			return complain(WRONG_USAGE,
					"--node %s: not a node's name",
					ctl->node);
		strcpy(apply->node, ctl->node);
		return DONE;
	}
	if (gethostname(apply->node, sizeof(apply->node) - 1))
		return complain(REFUSED, "no hostname: %s; say --node NAME",
				strerror(errno));
	for (char *c = apply->node; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return DONE;
}

static enum exit_status read_options(struct svcctl *ctl,
				     struct application *apply)
{
	enum exit_status status = find_node(ctl, apply);

	if (!status && ctl->service_cidrs)
		status = parse_cidrs(ctl->service_cidrs, "--service-cidr",
				     &apply->service_cidrs,
				     &apply->n_service_cidrs);
	if (!status && ctl->pod_cidrs) {
		apply->has_pod_cidrs = true;
		status = parse_cidrs(ctl->pod_cidrs, "--pod-cidr",
				     &apply->pod_cidrs, &apply->n_pod_cidrs);
	}
	return status;
}

static void print_notes(const struct application *apply)
{
	const struct model *model = &apply->model;

	for (size_t i = 0; i < model->n_notes; i++)
		warn("%s:%zu:%zu: %s", file_name(apply->path),
		     model->notes[i].place.line, model->notes[i].place.column,
		     model->notes[i].text);
	for (size_t i = 0; i < model->n_slices; i++) {
		const struct model_slice *slice = &model->slices[i];

		if (slice->service &&
		    !model_find_service(model, slice->namespace,
					slice->service))
			warn("%s:%zu:%zu: endpointslice %s/%s is ignored: its Service %s is not in the "
			     "file",
			     file_name(apply->path), slice->place.line,
			     slice->place.column, slice->namespace, slice->name,
			     slice->service);
	}
}

static enum exit_status read_model(struct application *apply)
{
	struct tree_error error;

	if (model_decode(&apply->model, &apply->file, &error))
		return complain_file(apply->path, &error);
	return DONE;
}

/* Settings as they shall be: the kernel's, with the pod CIDRs given. */
static void mix_settings(struct application *apply,
			 const struct nf_svc_settings *have)
{
	apply->settings = *have;
	if (apply->has_pod_cidrs) {
		apply->settings.pod_cidrs = apply->pod_cidrs;
		apply->settings.n_pod_cidrs = apply->n_pod_cidrs;
	}
	apply->set_settings = diff_settings(have, &apply->settings);
}

static enum exit_status prepare(struct svcctl *ctl,
				const struct nf_svc_snapshot *snapshot,
				void *arg, bool *nothing)
{
	struct application *apply = arg;
	struct node_view node = { .name = apply->node,
				  .settings = &apply->settings };
	struct tree_error error;
	enum exit_status status;

	/* of an earlier try, before others changed the tables */
	reconcile_clean(&apply->plan);
	model_clean(&apply->model);
	status = read_model(apply);
	if (status)
		return status;
	mix_settings(apply, &snapshot->settings);
	if (allocate_cluster_ips(&apply->model, snapshot, apply->service_cidrs,
				 apply->n_service_cidrs, &error) ||
	    reconcile(&apply->plan, &apply->model, snapshot, ctl->owner,
		      ctl->prune, &node, &error))
		return complain_file(apply->path, &error);
	*nothing = ctl->dry_run ||
		   (!apply->plan.changes.n && !apply->set_settings);
	return DONE;
}

static enum exit_status plan(struct svcctl *ctl,
			     const struct nf_svc_snapshot *snapshot, void *arg)
{
	struct application *apply = arg;
	struct nf_svc_error error;
	int ret = 0;

	(void)snapshot;
	if (apply->set_settings)
		ret = nf_svc_tx_settings_set(ctl->client, &apply->settings,
					     &error);
	if (!ret)
		ret = changes_send(ctl->client, &apply->plan.changes, &error);
	return transaction_check(ret, &error);
}

static const char *const outcome_words[] = {
	[OUTCOME_UNCHANGED] = "unchanged",
	[OUTCOME_CREATED] = "created",
	[OUTCOME_CONFIGURED] = "configured",
};

static int compare_places(const void *a, const void *b, void *arg)
{
	const struct model *model = arg;
	const struct model_place *one =
		&model->services[*(const size_t *)a].place;
	const struct model_place *other =
		&model->services[*(const size_t *)b].place;

	if (one->line != other->line)
		return one->line < other->line ? -1 : 1;
	return (one->column > other->column) - (one->column < other->column);
}

/* Positions of the Services in the file, so that they are told in its order. */
static size_t *file_order(struct model *model)
{
	size_t *order = calloc(model->n_services, sizeof(*order));

	for (size_t i = 0; order && i < model->n_services; i++)
		order[i] = i;
	if (order)
		qsort_r(order, model->n_services, sizeof(*order),
			compare_places, model);
	return order;
}

static cJSON *document_outcome(const struct svcctl *ctl, const char *namespace,
			       const char *name, const char *result)
{
	cJSON *value = cJSON_CreateObject();

	if (value && cJSON_AddStringToObject(value, "namespace", namespace) &&
	    cJSON_AddStringToObject(value, "name", name) &&
	    cJSON_AddStringToObject(value, "result", result) &&
	    cJSON_AddBoolToObject(value, "dryRun", ctl->dry_run))
		return value;
	cJSON_Delete(value);
	return NULL;
}

/* False: no memory. */
static bool print_outcome(const struct svcctl *ctl,
			  struct array_printer *printer, const char *namespace,
			  const char *name, const char *result)
{
	bool named = strcmp(namespace, "default");

	if (ctl->output == OUTPUT_JSON)
		return array_add(printer, document_outcome(ctl, namespace, name,
							   result));
	printf("service/%s%s%s", named ? namespace : "", named ? "/" : "",
	       name);
	if (ctl->output == OUTPUT_NAME)
		putchar('\n');
	else
		printf(" %s%s\n", result, ctl->dry_run ? " (dry run)" : "");
	return true;
}

static bool print_pruned(const struct svcctl *ctl,
			 struct array_printer *printer, char *name)
{
	char *slash = strchr(name, '/');
	bool ok;

	/* not made from a manifest, but by hand: no namespace */
	if (!slash)
		return print_outcome(ctl, printer, "", name, "deleted");
	*slash = '\0';
	ok = print_outcome(ctl, printer, name, slash + 1, "deleted");
	*slash = '/';
	return ok;
}

static enum exit_status print_outcomes(const struct svcctl *ctl,
				       struct application *apply)
{
	struct model *model = &apply->model;
	size_t *order = file_order(model);
	struct array_printer printer;
	bool json = ctl->output == OUTPUT_JSON, ok = order;

	if (json)
		array_begin(&printer);
	for (size_t i = 0; i < model->n_services && ok; i++) {
		const struct model_service *service =
			&model->services[order[i]];
		enum outcome outcome = apply->plan.outcomes[order[i]];

		if (outcome != OUTCOME_LEFT_ALONE)
			ok = print_outcome(ctl, &printer, service->namespace,
					   service->name,
					   outcome_words[outcome]);
	}
	for (size_t i = 0; i < apply->plan.n_pruned && ok; i++)
		ok = print_pruned(ctl, &printer, apply->plan.pruned[i]);
	if (json) {
		array_end(&printer);
		putchar('\n');
	}
	free(order);
	return ok ? DONE : complain_memory();
}

static enum exit_status apply_file(struct svcctl *ctl,
				   struct application *apply)
{
	enum exit_status status;

	/* all that can be wrong with the file is told before the kernel is asked */
	status = read_model(apply);
	if (status)
		return status;
	print_notes(apply);
	if (!apply->model.n_services)
		return complain(
			WRONG_USAGE,
			"%s: holds no Service; a v1 Service and its "
			"discovery.k8s.io/v1 EndpointSlices are expected",
			file_name(apply->path));
	status = transaction_run(ctl, READ_ALL, prepare, plan, apply);
	if (!status && (!ctl->quiet || ctl->output == OUTPUT_JSON))
		status = print_outcomes(ctl, apply);
	return status;
}

static enum exit_status run_apply(struct svcctl *ctl, struct words *words)
{
	struct application apply = { .path = ctl->file };
	enum exit_status status;

	status = words_end(words);
	if (!status && !ctl->file)
		status = complain(
			WRONG_USAGE,
			"apply: which file?; -f FILE, or -f - for the standard "
			"input");
	if (!status)
		status = read_options(ctl, &apply);
	if (!status)
		status = file_read_tree(apply.path, &apply.file);
	if (!status)
		status = apply_file(ctl, &apply);
	reconcile_clean(&apply.plan);
	model_clean(&apply.model);
	tree_clean(&apply.file);
	free(apply.service_cidrs);
	free(apply.pod_cidrs);
	return status;
}

const struct command svcctl_apply = {
	.verb = "apply",
	.synopsis = "-f FILE|-",
	.summary = "carry the Services of Kubernetes manifests",
	.help = "Reads Services (v1) and EndpointSlices (discovery.k8s.io/v1), YAML or JSON, several\n"
		"documents and Lists too, and makes the kernel carry them. For the Services that the\n"
		"file names it is the whole truth: their slices in it are all there are. Other\n"
		"services are not touched. It is one transaction, and has taken effect when svcctl\n"
		"ends.\n"
		"\n"
		"A Service without a clusterIP gets one from --service-cidr, the same one each time.\n"
		"An endpoint is local if its nodeName is the name of this node. Clients that are not\n"
		"pods are masqueraded if it is known what a pod is: from --pod-cidr, or from the\n"
		"settings there are.\n"
		"\n"
		"For each Service a line says what was done:\n"
		"  service/web created|configured|unchanged|deleted\n"
		"  service/shop/web …     in namespace shop\n"
		"\n"
		"With --prune the file is the whole truth of its owner (--owner): what else that one\n"
		"has is deleted.\n"
		"\n"
		"Anchors, aliases, tags and merge keys of YAML are not read.\n",
	.options = OPTION_FILE | OPTION_NODE | OPTION_SERVICE_CIDR |
		   OPTION_POD_CIDR | OPTION_DRY_RUN | OPTION_PRUNE,
	.run = run_apply,
};
