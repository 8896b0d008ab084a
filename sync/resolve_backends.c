// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "sync/resolve_parts.h"

static int add_candidate(struct candidates *candidates,
			 const struct model_endpoint *endpoint, uint16_t port,
			 const struct node_view *node)
{
	struct candidate *candidate;

	/* told by resolve_check_endpoints(); the kernel would refuse it, too */
	if (nf_svc_addr_unusable(&endpoint->addr))
		return 0;
	candidate = nf_svc_array_add(&candidates->list, &candidates->n,
				     sizeof(*candidate));
	if (!candidate)
		return -ENOMEM;
	candidate->backend.addr = endpoint->addr;
	candidate->backend.port = port;
	candidate->backend.weight = 1;
	candidate->endpoint = endpoint;
	candidate->local = endpoint->node && node->name && *node->name &&
			   !strcmp(endpoint->node, node->name);
	return 0;
}

static int add_slice(struct candidates *candidates,
		     const struct model_slice *slice,
		     const struct model_port *port,
		     const struct node_view *node)
{
	int ret = 0;

	for (size_t i = 0; i < slice->n_ports; i++) {
		const struct model_port *its = &slice->ports[i];

		if (its->protocol != port->protocol ||
		    strcmp(its->name, port->name))
			continue;
		for (size_t k = 0; k < slice->n_endpoints && !ret; k++)
			ret = add_candidate(candidates, &slice->endpoints[k],
					    its->port, node);
	}
	return ret;
}

static int compare_names(const struct model_names *a,
			 const struct model_names *b)
{
	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	for (size_t i = 0; i < a->n; i++) {
		int order = strcmp(a->list[i], b->list[i]);

		if (order)
			return order;
	}
	return 0;
}

/*
 * By address and port. Where that is the same, the one that counts comes first:
 * a pod that is not terminating has taken the address over from one that is. The
 * rest only makes the answer the same in whatever order the slices came.
 */
static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *one = a, *other = b;
	const struct model_endpoint *its = one->endpoint,
				    *theirs = other->endpoint;
	int order = nf_svc_backend_compare(&one->backend, &other->backend);

	if (!order)
		order = (int)its->terminating - (int)theirs->terminating;
	if (!order)
		order = (int)theirs->ready - (int)its->ready;
	if (!order)
		order = (int)theirs->serving - (int)its->serving;
	if (!order)
		order = (int)other->local - (int)one->local;
	if (!order)
		order = compare_names(&its->for_nodes, &theirs->for_nodes);
	return order ? order :
		       compare_names(&its->for_zones, &theirs->for_zones);
}

static void sort_and_drop_doubles(struct candidates *candidates)
{
	size_t kept = 0;

	if (candidates->n < 2)
		return;
	qsort(candidates->list, candidates->n, sizeof(*candidates->list),
	      compare_candidates);
	for (size_t i = 1; i < candidates->n; i++) {
		if (nf_svc_backend_compare(&candidates->list[kept].backend,
					   &candidates->list[i].backend))
			candidates->list[++kept] = candidates->list[i];
	}
	candidates->n = kept + 1;
}

/* Fill one set: ready ones, or those that still serve while they terminate. */
static void fill_set(struct candidates *candidates, uint8_t set,
		     const struct node_view *node)
{
	bool local_only = set == NF_SVC_SET_LOCAL, any_ready = false;
	enum topology topology = local_only ? TOPOLOGY_NONE :
					      topology_find(candidates, node);

	for (size_t i = 0; i < candidates->n; i++) {
		const struct candidate *candidate = &candidates->list[i];

		any_ready |= candidate->endpoint->ready &&
			     (candidate->local || !local_only);
	}
	for (size_t i = 0; i < candidates->n; i++) {
		struct candidate *candidate = &candidates->list[i];
		const struct model_endpoint *endpoint = candidate->endpoint;
		bool eligible =
			any_ready ? endpoint->ready &&
					    topology_allows(topology, endpoint,
							    node) :
				    endpoint->serving && endpoint->terminating;

		if (eligible && (candidate->local || !local_only))
			candidate->backend.sets |= set;
	}
}

static int add_backends(struct nf_svc_service *service,
			const struct candidates *candidates)
{
	for (size_t i = 0; i < candidates->n; i++) {
		const struct candidate *candidate = &candidates->list[i];
		struct nf_svc_backend *backend;

		if (!candidate->endpoint->ready &&
		    !candidate->endpoint->serving)
			continue;
		backend = nf_svc_array_add(&service->backends,
					   &service->n_backends,
					   sizeof(*backend));
		if (!backend)
			return -ENOMEM;
		*backend = candidate->backend;
	}
	return 0;
}

static bool counts(const struct model_slice *slice)
{
	return slice->family && !slice->headless;
}

int resolve_backends(struct nf_svc_service *service,
		     const struct model_port *port,
		     const struct model_slice *slices, size_t n_slices,
		     const struct node_view *node)
{
	struct candidates candidates = { 0 };
	int ret = 0;

	for (size_t i = 0; i < n_slices && !ret; i++) {
		if (counts(&slices[i]) && slices[i].family == service->family)
			ret = add_slice(&candidates, &slices[i], port, node);
	}
	if (!ret) {
		sort_and_drop_doubles(&candidates);
		fill_set(&candidates, NF_SVC_SET_CLUSTER, node);
		fill_set(&candidates, NF_SVC_SET_LOCAL, node);
		ret = add_backends(service, &candidates);
	}
	free(candidates.list);
	return ret;
}

static int check_endpoint(const struct model_service *service,
			  const struct model_slice *slice, size_t index,
			  const struct resolve_context *context)
{
	const struct model_endpoint *endpoint = &slice->endpoints[index];
	const char *why = nf_svc_addr_unusable(&endpoint->addr);
	char text[NF_SVC_ADDR_TEXT];
	struct problem *problem;

	if (!why &&
	    !address_set_has(context->options->cluster_ips, &endpoint->addr))
		return 0;
	nf_svc_addr_format(&endpoint->addr, text);
	if (why)
		problem = problem_add(
			context->problems, PROBLEM_BACKEND_REFUSED, service,
			"give the address of a pod or of a server",
			"endpointslice %.64s: %s is %s and no backend: it is left out",
			slice->name, text, why);
	else
		problem = problem_add(
			context->problems, PROBLEM_BACKEND_IS_CLUSTER_IP,
			service, "give the endpoints of that Service",
			"endpointslice %.64s: %s is the ClusterIP of a Service, which may lead in circles",
			slice->name, text);
	return problem_at(problem, "endpoints", index, &endpoint->place);
}

int resolve_check_endpoints(const struct model_service *service,
			    const struct model_slice *slices, size_t n_slices,
			    const struct resolve_context *context)
{
	int ret = 0;

	for (size_t i = 0; i < n_slices; i++) {
		if (!counts(&slices[i]))
			continue;
		for (size_t k = 0; k < slices[i].n_endpoints && !ret; k++)
			ret = check_endpoint(service, &slices[i], k, context);
	}
	return ret;
}
