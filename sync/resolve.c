// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "sync/resolve_parts.h"

static char *resolve_name(const struct model_service *service,
			  const struct model_port *port)
{
	char *name;

	if (asprintf(&name, "%s/%s%s%s", service->namespace, service->name,
		     *port->name ? ":" : "", port->name) < 0)
		return NULL;
	return name;
}

static bool has_scheduler(const struct model_service *service,
			  const struct resolve_context *context)
{
	return nf_svc_schedulers_have(context->options->schedulers,
				      service->scheduler);
}

static int fill_service(struct nf_svc_service *service,
			const struct model_service *from,
			const struct model_port *port,
			const struct nf_svc_addr *addr,
			const struct model_slice *slices, size_t n_slices,
			const struct exposure *exposure,
			const struct resolve_context *context)
{
	int ret;

	if (resolve_can(context, NF_SVC_CAP_AFFINITY))
		service->affinity_timeout = from->affinity_timeout;
	if (from->scheduler && has_scheduler(from, context))
		strcpy(service->scheduler, from->scheduler);
	ret = resolve_backends(service, port, slices, n_slices, context->node);
	return ret ? ret :
		     resolve_frontends(service, from, port, addr, exposure,
				       context);
}

static int add_service(struct desired *desired,
		       const struct model_service *from,
		       const struct model_port *port,
		       const struct nf_svc_addr *addr,
		       const struct model_slice *slices, size_t n_slices,
		       const struct exposure *exposure,
		       const struct resolve_context *context)
{
	struct nf_svc_service *service;
	char *name = resolve_name(from, port);
	int ret = -ENOMEM;

	service = name ? nf_svc_array_add(&desired->services, &desired->n,
					  sizeof(*service)) :
			 NULL;
	if (service) {
		ret = nf_svc_service_init(service, name, port->protocol,
					  addr->family);
		if (!ret)
			ret = fill_service(service, from, port, addr, slices,
					   n_slices, exposure, context);
	}
	free(name);
	return ret;
}

static int check_scheduler(const struct model_service *service,
			   const struct resolve_context *context)
{
	if (!service->scheduler || has_scheduler(service, context))
		return 0;
	return problem_in(
		problem_add(
			context->problems, PROBLEM_SCHEDULER_UNKNOWN, service,
			"write one of those that 'svcctl version' shows, or none",
			"the module has no scheduler '%.64s': random is used",
			service->scheduler),
		"metadata.annotations.nf-svc.io/scheduler");
}

/* What is not there, or not there yet; once for a Service, not for each port. */
static int check_service(const struct model_service *service,
			 const struct resolve_context *context)
{
	int ret = 0;

	for (size_t i = 0; i < service->n_ports && service->wants_node_ports;
	     i++) {
		if (service->ports[i].node_port)
			continue;
		ret = problem_at(
			problem_add(
				context->problems, PROBLEM_NODE_PORT_MISSING,
				service,
				"write nodePort, a number from 30000 to 32767",
				"no nodePort is given, and nobody allocates one"),
			"spec.ports", i, &service->place);
		break;
	}
	if (!ret)
		ret = check_scheduler(service, context);
	if (ret || !service->affinity_timeout ||
	    resolve_can(context, NF_SVC_CAP_AFFINITY))
		return ret;
	return problem_in(
		problem_add(
			context->problems, PROBLEM_NOT_CARRIED, service,
			"use a module that has the capability affinity",
			"not carried yet: sessionAffinity of %s/%s; its clients are spread",
			service->namespace, service->name),
		"spec.sessionAffinity");
}

int resolve_service(struct desired *desired,
		    const struct model_service *service,
		    const struct model_slice *slices, size_t n_slices,
		    const struct resolve_context *context)
{
	struct exposure exposure;
	int ret;

	if (service->no_frontends || service->left_alone)
		return 0;
	ret = exposure_find(&exposure, service, context);
	if (!ret)
		ret = check_service(service, context);
	if (!ret)
		ret = resolve_check_endpoints(service, slices, n_slices,
					      context);
	for (size_t i = 0; i < service->n_ports; i++) {
		for (size_t k = 0; k < service->n_cluster_ips && !ret; k++)
			ret = add_service(desired, service, &service->ports[i],
					  &service->cluster_ips[k], slices,
					  n_slices, &exposure, context);
	}
	exposure_clean(&exposure);
	return ret;
}

static int compare_services(const void *a, const void *b)
{
	struct nf_svc_key one = nf_svc_service_key(a),
			  other = nf_svc_service_key(b);

	return nf_svc_key_compare(&one, &other);
}

void desired_sort(struct desired *desired)
{
	if (desired->n > 1)
		qsort(desired->services, desired->n, sizeof(*desired->services),
		      compare_services);
}

void desired_clean(struct desired *desired)
{
	for (size_t i = 0; i < desired->n; i++)
		nf_svc_service_clean(&desired->services[i]);
	free(desired->services);
	memset(desired, 0, sizeof(*desired));
}
