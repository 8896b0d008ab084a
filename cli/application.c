// SPDX-License-Identifier: GPL-2.0
/* Manifests against the kernel. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "application.h"
#include "sync/allocate.h"
#include "parse.h"

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

enum exit_status application_prepare(struct svcctl *ctl,
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

enum exit_status application_send(struct svcctl *ctl,
				  const struct nf_svc_snapshot *snapshot,
				  void *arg)
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

enum exit_status application_read_tree(struct svcctl *ctl,
				       struct application *apply)
{
	enum exit_status status = read_options(ctl, apply);

	/* all that can be wrong with the file is told before the kernel is asked */
	if (!status)
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
	return DONE;
}

enum exit_status application_read(struct svcctl *ctl, struct application *apply)
{
	enum exit_status status = file_read_tree(apply->path, &apply->file);

	return status ? status : application_read_tree(ctl, apply);
}

void application_clean(struct application *apply)
{
	reconcile_clean(&apply->plan);
	model_clean(&apply->model);
	tree_clean(&apply->file);
	free(apply->service_cidrs);
	free(apply->pod_cidrs);
}
