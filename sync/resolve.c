// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "sync/resolve.h"

/**
 * struct candidate - an endpoint as one port of a service sees it
 * @backend: address, port, and in the end its sets
 * @ready: as the endpoint
 * @serving: as the endpoint
 * @terminating: as the endpoint
 * @local: it is on this node
 */
struct candidate {
	struct nf_svc_backend backend;
	bool ready;
	bool serving;
	bool terminating;
	bool local;
};

/**
 * struct candidates - all of one port and family
 * @list: array
 * @n: its length
 */
struct candidates {
	struct candidate *list;
	size_t n;
};

static char *resolve_name(const struct model_service *service,
			  const struct model_port *port)
{
	char *name;

	if (asprintf(&name, "%s/%s%s%s", service->namespace, service->name,
		     *port->name ? ":" : "", port->name) < 0)
		return NULL;
	return name;
}

static int add_candidate(struct candidates *candidates,
			 const struct model_endpoint *endpoint, uint16_t port,
			 const struct node_view *node)
{
	struct candidate *candidate;

	candidate = nf_svc_array_add(&candidates->list, &candidates->n,
				     sizeof(*candidate));
	if (!candidate)
		return -ENOMEM;
	candidate->backend.addr = endpoint->addr;
	candidate->backend.port = port;
	candidate->backend.weight = 1;
	candidate->ready = endpoint->ready;
	candidate->serving = endpoint->serving;
	candidate->terminating = endpoint->terminating;
	candidate->local = endpoint->node && node->name &&
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

/*
 * By address and port. Where that is the same, the one that counts comes first:
 * a pod that is not terminating has taken the address over from one that is.
 */
static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *one = a, *other = b;
	int order = nf_svc_backend_compare(&one->backend, &other->backend);

	if (!order)
		order = (int)one->terminating - (int)other->terminating;
	if (!order)
		order = (int)other->ready - (int)one->ready;
	if (!order)
		order = (int)other->serving - (int)one->serving;
	return order ? order : (int)other->local - (int)one->local;
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
		     bool local_only)
{
	bool any_ready = false;

	for (size_t i = 0; i < candidates->n; i++) {
		const struct candidate *candidate = &candidates->list[i];

		any_ready |= candidate->ready &&
			     (candidate->local || !local_only);
	}
	for (size_t i = 0; i < candidates->n; i++) {
		struct candidate *candidate = &candidates->list[i];
		bool eligible = any_ready ? candidate->ready :
					    candidate->serving &&
						    candidate->terminating;

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

		if (!candidate->ready && !candidate->serving)
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

static int add_frontend(struct nf_svc_service *service,
			const struct model_service *from,
			const struct model_port *port,
			const struct nf_svc_addr *addr,
			const struct node_view *node)
{
	struct nf_svc_frontend *frontend;

	frontend = nf_svc_array_add(&service->frontends, &service->n_frontends,
				    sizeof(*frontend));
	if (!frontend)
		return -ENOMEM;
	frontend->addr = *addr;
	frontend->port = port->port;
	frontend->protocol = port->protocol;
	frontend->family = addr->family;
	frontend->kind = NF_SVC_KIND_CLUSTER_IP;
	frontend->flags = NF_SVC_FRONTEND_EXCLUSIVE;
	nf_svc_frontend_rules(frontend, from->internal_local,
			      nf_svc_settings_know_pods(node->settings,
							addr->family));
	return 0;
}

static int fill_service(struct nf_svc_service *service,
			const struct model_service *from,
			const struct model_port *port,
			const struct nf_svc_addr *addr,
			const struct model_slice *slices, size_t n_slices,
			const struct node_view *node)
{
	struct candidates candidates = { 0 };
	int ret = 0;

	for (size_t i = 0; i < n_slices && !ret; i++) {
		if (slices[i].family == addr->family)
			ret = add_slice(&candidates, &slices[i], port, node);
	}
	sort_and_drop_doubles(&candidates);
	fill_set(&candidates, NF_SVC_SET_CLUSTER, false);
	fill_set(&candidates, NF_SVC_SET_LOCAL, true);
	if (!ret)
		ret = add_backends(service, &candidates);
	if (!ret)
		ret = add_frontend(service, from, port, addr, node);
	free(candidates.list);
	return ret;
}

static int add_service(struct desired *desired,
		       const struct model_service *from,
		       const struct model_port *port,
		       const struct nf_svc_addr *addr,
		       const struct model_slice *slices, size_t n_slices,
		       const struct node_view *node)
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
					   n_slices, node);
	}
	free(name);
	return ret;
}

int resolve_service(struct desired *desired,
		    const struct model_service *service,
		    const struct model_slice *slices, size_t n_slices,
		    const struct node_view *node)
{
	int ret = 0;

	if (service->no_frontends || service->left_alone)
		return 0;
	for (size_t i = 0; i < service->n_ports; i++) {
		for (size_t k = 0; k < service->n_cluster_ips && !ret; k++)
			ret = add_service(desired, service, &service->ports[i],
					  &service->cluster_ips[k], slices,
					  n_slices, node);
	}
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
