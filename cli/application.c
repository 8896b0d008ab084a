// SPDX-License-Identifier: GPL-2.0
/* Manifests against the kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "application.h"
#include "sync/allocate.h"
#include "parse.h"

static enum exit_status read_options(struct svcctl *ctl,
				     struct application *apply)
{
	enum exit_status status = application_read_node(ctl, apply);

	if (!status && ctl->service_cidrs)
		status = parse_service_cidrs(ctl->service_cidrs,
					     "--service-cidr",
					     &apply->service_cidrs,
					     &apply->n_service_cidrs);
	if (!status && ctl->external_ip_cidrs)
		status = parse_cidrs(ctl->external_ip_cidrs,
				     "--external-ip-cidrs",
				     &apply->external_ip_cidrs,
				     &apply->n_external_ip_cidrs);
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
		const struct model_service *service =
			slice->service ?
				model_find_service(model, slice->namespace,
						   slice->service) :
				NULL;

		if (slice->service && !service)
			warn("%s:%zu:%zu: endpointslice %s/%s is ignored: its Service %s is not in the "
			     "file",
			     file_name(apply->path), slice->place.line,
			     slice->place.column, slice->namespace, slice->name,
			     slice->service);
		else if (service && slice->headless && !service->no_frontends)
			warn("%s:%zu:%zu: endpointslice %s/%s is ignored: it has the label of headless "
			     "Services",
			     file_name(apply->path), slice->place.line,
			     slice->place.column, slice->namespace,
			     slice->name);
	}
}

static enum exit_status read_model(struct application *apply)
{
	struct tree_error error;

	if (model_decode(&apply->model, &apply->file, &error))
		return complain_file(apply->path, &error);
	return DONE;
}

/* Ports that the kubelet and a proxy have at the addresses of a node. */
static const struct reserved_port reserved[] = {
	{ .port = 10250, .what = "the kubelet" },
	{ .port = 10249, .what = "a proxy's metrics" },
	{ .port = 10256, .what = "a proxy's health check" },
};

static bool has_node_ports(const struct model *model)
{
	for (size_t i = 0; i < model->n_services; i++) {
		const struct model_service *service = &model->services[i];

		for (size_t port = 0; port < service->n_ports; port++) {
			if (service->ports[port].node_port)
				return true;
		}
	}
	return false;
}

static int make_settings(struct application *apply,
			 const struct nf_svc_snapshot *snapshot,
			 const struct nf_svc_info *info, struct node_view *node,
			 struct problems *problems)
{
	const struct cidr_list pods = { apply->pod_cidrs, apply->n_pod_cidrs };
	const struct cidr_list services = { apply->service_cidrs,
					    apply->n_service_cidrs };
	const struct model_node *machine;
	struct cidr_list node_ports;
	bool has_ports = apply->node_ports_said ||
			 has_node_ports(&apply->model);

	if (node_find(node, &apply->model, problems, &machine) ||
	    (has_ports &&
	     node_ports_select(&apply->node_ports, apply->node_port_choice,
			       apply->node_port_cidrs, apply->n_node_port_cidrs,
			       node, problems)))
		return -ENOMEM;
	node_ports.list = apply->node_ports.cidrs;
	node_ports.n = apply->node_ports.n;
	return resolve_settings(&apply->settings, &snapshot->settings,
				apply->has_pod_cidrs ? &pods : NULL,
				services.n ? &services : NULL,
				has_ports ? &node_ports : NULL, machine,
				info->capabilities, problems);
}

/* From the node to the plan; -EINVAL with @error filled, or -ENOMEM. */
static int make_plan(struct svcctl *ctl, struct application *apply,
		     const struct nf_svc_snapshot *snapshot,
		     const struct nf_svc_info *info, struct node_view *node,
		     struct problems *problems, struct tree_error *error)
{
	const struct resolve_options options = {
		.capabilities = info->capabilities,
		.schedulers = &info->schedulers,
		.limit_ranges = info->limit_cidrs,
		.node_ports = &apply->node_ports,
		.masquerade_all = ctl->masquerade_all,
		.internal_only = ctl->internal_cluster_ips,
		.trusting = true,
		.external_cidrs = apply->external_ip_cidrs,
		.n_external_cidrs = apply->n_external_ip_cidrs,
		.service_cidrs = apply->service_cidrs,
		.n_service_cidrs = apply->n_service_cidrs,
		.reserved = reserved,
		.n_reserved = sizeof(reserved) / sizeof(*reserved),
	};
	int ret;

	if (make_settings(apply, snapshot, info, node, problems))
		return tree_no_memory(error);
	apply->set_settings =
		diff_settings(&snapshot->settings, &apply->settings);
	ret = allocate_cluster_ips(&apply->model, snapshot,
				   apply->service_cidrs, apply->n_service_cidrs,
				   error);
	return ret ? ret :
		     reconcile(&apply->plan, &apply->model, snapshot,
			       ctl->owner, ctl->prune, node, &options, error);
}

/* What was planned in an earlier try, before others changed the tables. */
static void forget_plan(struct application *apply)
{
	reconcile_clean(&apply->plan);
	model_clean(&apply->model);
	node_ports_clean(&apply->node_ports);
	free(apply->addresses);
	apply->addresses = NULL;
	apply->n_addresses = 0;
}

/* What was to be closed is not left open with a warning. */
static enum exit_status refuse_open(const struct problems *problems)
{
	for (size_t i = 0; i < problems->n; i++) {
		const struct problem *problem = &problems->list[i];

		if (problem->kind == PROBLEM_OPEN_TO_OUTSIDE)
			return complain(WRONG_USAGE,
					"--internal-cluster-ips: %s; %s",
					problem->what, problem->remedy);
	}
	return DONE;
}

enum exit_status application_prepare(struct svcctl *ctl,
				     const struct nf_svc_snapshot *snapshot,
				     void *arg, bool *nothing)
{
	struct application *apply = arg;
	struct node_view node = { .settings = &apply->settings };
	struct problems problems = { 0 };
	struct nf_svc_error refusal;
	struct nf_svc_info info;
	struct tree_error error;
	enum exit_status status;

	forget_plan(apply);
	status = read_model(apply);
	if (!status)
		status = transaction_check(nf_svc_info_get(ctl->client, &info,
							   &refusal),
					   &refusal);
	if (!status)
		status = application_find_node(ctl, apply, &node);
	if (!status &&
	    make_plan(ctl, apply, snapshot, &info, &node, &problems, &error))
		status = complain_file(apply->path, &error);
	if (!status)
		status = refuse_open(&apply->plan.problems);
	if (!status)
		application_tell(apply, &problems);
	problems_clean(&problems);
	*nothing = ctl->dry_run ||
		   (!apply->plan.changes.n && !apply->set_settings);
	return status;
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
	forget_plan(apply);
	tree_clean(&apply->file);
	free(apply->node_port_cidrs);
	free(apply->service_cidrs);
	free(apply->pod_cidrs);
	free(apply->external_ip_cidrs);
}
