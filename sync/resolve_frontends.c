// SPDX-License-Identifier: GPL-2.0
/* Where a service answers, and what its frontends do: EP-08, EP-09. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "sync/resolve_parts.h"

/**
 * struct making - frontends in the making
 * @service: gets them
 * @from: the Service
 * @port: its port
 * @exposure: its external addresses
 * @context: node, options and problems
 */
struct making {
	struct nf_svc_service *service;
	const struct model_service *from;
	const struct model_port *port;
	const struct exposure *exposure;
	const struct resolve_context *context;
};

/* Of one place with two meanings the one that guards more counts. */
static int rank(uint8_t kind)
{
	static const int ranks[] = {
		[NF_SVC_KIND_CLUSTER_IP] = 0,
		[NF_SVC_KIND_LOAD_BALANCER] = 1,
		[NF_SVC_KIND_EXTERNAL_IP] = 2,
		[NF_SVC_KIND_NODE_PORT] = 3,
	};

	return ranks[kind];
}

static int compare(const void *a, const void *b)
{
	const struct nf_svc_frontend *one = a, *other = b;
	int order = nf_svc_frontend_compare(one, other);

	return order ? order : rank(one->kind) - rank(other->kind);
}

static void sort_and_drop_doubles(struct nf_svc_service *service)
{
	struct nf_svc_frontend *list = service->frontends;
	size_t kept = 0;

	if (service->n_frontends < 2)
		return;
	qsort(list, service->n_frontends, sizeof(*list), compare);
	for (size_t i = 1; i < service->n_frontends; i++) {
		if (nf_svc_frontend_compare(&list[kept], &list[i]))
			list[++kept] = list[i];
		else
			free(list[i].ranges);
	}
	service->n_frontends = kept + 1;
}

/* The table of EP-09. Traffic from inside alone heeds masquerade_all. */
static void make_rules(struct nf_svc_frontend *frontend,
		       const struct making *making)
{
	const struct resolve_context *context = making->context;
	bool internal = frontend->kind == NF_SVC_KIND_CLUSTER_IP;

	nf_svc_frontend_rules(frontend,
			      internal ? making->from->internal_local :
					 making->from->external_local,
			      nf_svc_settings_know_pods(context->node->settings,
							frontend->family));
	for (unsigned int class = 0; class < NF_SVC_CLASSES; class ++)
		frontend->rules[class].masquerade |=
			internal && context->options->masquerade_all;
}

static struct nf_svc_frontend *add(const struct making *making, uint8_t kind,
				   const struct nf_svc_addr *addr,
				   uint16_t port)
{
	struct nf_svc_service *service = making->service;
	struct nf_svc_frontend *frontend;

	frontend = nf_svc_array_add(&service->frontends, &service->n_frontends,
				    sizeof(*frontend));
	if (!frontend)
		return NULL;
	if (addr)
		frontend->addr = *addr;
	frontend->port = port;
	frontend->protocol = service->protocol;
	frontend->family = service->family;
	frontend->kind = kind;
	if (kind == NF_SVC_KIND_CLUSTER_IP)
		frontend->flags = NF_SVC_FRONTEND_EXCLUSIVE;
	make_rules(frontend, making);
	return frontend;
}

static int add_range(struct nf_svc_frontend *frontend,
		     const struct nf_svc_cidr *range)
{
	struct nf_svc_cidr *entry;

	entry = nf_svc_array_add(&frontend->ranges, &frontend->n_ranges,
				 sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	*entry = *range;
	return 0;
}

/* FE-15: only pods and this node may ask, where it can be said who they are. */
static bool is_internal(const struct making *making)
{
	const struct resolve_context *context = making->context;

	return context->options->internal_only &&
	       resolve_can(context, NF_SVC_CAP_INTERNAL) &&
	       nf_svc_settings_know_pods(context->node->settings,
					 making->service->family);
}

/* Is a port reserved at an address, or (NULL) at any address of this node? */
static bool is_reserved(const struct reserved_port *reserved,
			const struct nf_svc_addr *addr,
			const struct node_view *node)
{
	if (!addr)
		return !reserved->addr.family ||
		       node_has_address(node, &reserved->addr);
	return reserved->addr.family ?
		       !nf_svc_addr_compare(&reserved->addr, addr) :
		       node_has_address(node, addr);
}

/* A port of the node that somebody needs: told, and refused unless trusted. */
static int check_reserved(const struct making *making,
			  const struct nf_svc_addr *addr, uint16_t port,
			  bool *served)
{
	static const struct nf_svc_addr any;
	const struct resolve_context *context = making->context;
	const struct resolve_options *options = context->options;
	char place[NF_SVC_PLACE_TEXT];

	*served = true;
	for (size_t i = 0; i < options->n_reserved; i++) {
		const struct reserved_port *reserved = &options->reserved[i];

		if (port != reserved->port ||
		    making->port->protocol != IPPROTO_TCP ||
		    !is_reserved(reserved, addr, context->node))
			continue;
		*served = options->trusting;
		nf_svc_addr_port_format(addr ? addr : &any, port, place);
		return problem_in(problem_add(context->problems,
					      *served ?
						      PROBLEM_ADDRESS_TRUSTED :
						      PROBLEM_ADDRESS_REFUSED,
					      making->from,
					      addr ? "give another address" :
						     "give another nodePort",
					      "%s is %s: %s is there", place,
					      *served ? "served all the same" :
							"not served",
					      reserved->what),
				  addr ? "spec.ports" : "spec.ports.nodePort");
	}
	return 0;
}

/* With a guard that the module has not, an address is served by no kind. */
static bool is_shut(const struct making *making, const struct nf_svc_addr *addr)
{
	const struct exposure *exposure = making->exposure;

	if (!exposure->guards[model_family_index(addr->family)].shut)
		return false;
	for (size_t i = 0; i < exposure->n_addresses; i++) {
		const struct exposed *exposed = &exposure->addresses[i];

		if (exposed->kind == NF_SVC_KIND_LOAD_BALANCER &&
		    !nf_svc_addr_compare(&exposed->addr, addr))
			return true;
	}
	return false;
}

static int add_exposed(const struct making *making,
		       const struct exposed *exposed)
{
	const struct guard *guard =
		&making->exposure
			 ->guards[model_family_index(exposed->addr.family)];
	struct nf_svc_frontend *frontend;
	bool served;
	int ret;

	if (is_shut(making, &exposed->addr))
		return 0;
	ret = check_reserved(making, &exposed->addr, making->port->port,
			     &served);
	if (ret || !served)
		return ret;
	frontend =
		add(making, exposed->kind, &exposed->addr, making->port->port);
	if (!frontend)
		return -ENOMEM;
	for (size_t i = 0;
	     i < guard->n && !ret && exposed->kind == NF_SVC_KIND_LOAD_BALANCER;
	     i++)
		ret = add_range(frontend, &guard->ranges[i]);
	return ret;
}

static int tell_node_port(const struct making *making, enum problem_kind kind,
			  const char *remedy, const char *what)
{
	return problem_in(problem_add(making->context->problems, kind,
				      making->from, remedy, what,
				      making->from->namespace,
				      making->from->name),
			  "spec.ports.nodePort");
}

static int add_node_port(const struct making *making)
{
	const struct node_ports *ports = making->context->options->node_ports;
	uint8_t family = making->service->family;
	bool served;
	int ret;

	if (!ports->served[model_family_index(family)])
		return tell_node_port(
			making, PROBLEM_NODE_PORT_NOWHERE,
			"say at which addresses node ports are answered",
			family == NFPROTO_IPV4 ?
				"nodePort of %s/%s is not served over IPv4: no such address of this node is known" :
				"nodePort of %s/%s is not served over IPv6: no such address of this node is known");
	if (!resolve_can(making->context, NF_SVC_CAP_NODE_PORT))
		return tell_node_port(
			making, PROBLEM_NOT_CARRIED,
			"use a module that has the capability node-port",
			"not carried yet: nodePort of %s/%s");
	ret = check_reserved(making, NULL, making->port->node_port, &served);
	if (ret || !served)
		return ret;
	return add(making, NF_SVC_KIND_NODE_PORT, NULL,
		   making->port->node_port) ?
		       0 :
		       -ENOMEM;
}

int resolve_frontends(struct nf_svc_service *service,
		      const struct model_service *from,
		      const struct model_port *port,
		      const struct nf_svc_addr *cluster_ip,
		      const struct exposure *exposure,
		      const struct resolve_context *context)
{
	struct making making = { service, from, port, exposure, context };
	struct nf_svc_frontend *frontend;
	int ret = 0;

	frontend = add(&making, NF_SVC_KIND_CLUSTER_IP, cluster_ip, port->port);
	if (!frontend)
		return -ENOMEM;
	if (is_internal(&making))
		frontend->flags |= NF_SVC_FRONTEND_INTERNAL;
	for (size_t i = 0; i < exposure->n_addresses && !ret; i++) {
		if (exposure->addresses[i].addr.family == service->family)
			ret = add_exposed(&making, &exposure->addresses[i]);
	}
	if (!ret && port->node_port)
		ret = add_node_port(&making);
	sort_and_drop_doubles(service);
	return ret;
}
