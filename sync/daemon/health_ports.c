// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "health_ports.h"

static bool is_here(const struct model_endpoint *endpoint, const char *node)
{
	return endpoint->ready && endpoint->node &&
	       !strcmp(endpoint->node, node);
}

/* Addresses of ready endpoints on this node: each counts once. */
static size_t count_local(const struct mirror *mirror, const char *node)
{
	struct address_set seen = { 0 };
	size_t n;

	for (size_t i = 0; i < mirror->n_slices; i++) {
		const struct model_slice *slice = &mirror->slices[i];

		for (size_t k = 0; k < slice->n_endpoints; k++) {
			if (is_here(&slice->endpoints[k], node))
				address_set_add(&seen,
						&slice->endpoints[k].addr);
		}
	}
	n = seen.n;
	address_set_clean(&seen);
	return n;
}

static void answer(void *context, const char *path, struct http_answer *told)
{
	const struct health_port *port = context;
	const struct store *store = port->owner->store;
	const struct mirror *mirror =
		mirrors_find(&store->mirrors, port->namespace, port->name);
	bool well = health_is_well(port->owner->health);
	size_t n = mirror && mirror->present ?
			   count_local(mirror, store->node_name) :
			   0;

	(void)path;
	told->status = n && well ? 200 : 503;
	told->type = "application/json";
	told->weight = (long)n;
	if (asprintf(
		    &told->body,
		    "{\n\t\"service\": {\n\t\t\"namespace\": \"%s\",\n\t\t\"name\": \"%s\"\n\t},\n"
		    "\t\"localEndpoints\": %zu,\n\t\"serviceProxyHealthy\": %s\n}",
		    port->namespace, port->name, n,
		    well ? "true" : "false") < 0)
		told->body = NULL;
}

static void drop(struct health_ports *ports, size_t i)
{
	struct health_port *port = ports->list[i];

	for (size_t k = 0; k < port->n_servers; k++)
		http_close(port->servers[k]);
	free(port->servers);
	free(port->namespace);
	free(port->name);
	free(port);
	ports->list[i] = ports->list[--ports->n];
}

static struct health_port *find(const struct health_ports *ports,
				const struct mirror *mirror)
{
	for (size_t i = 0; i < ports->n; i++) {
		struct health_port *port = ports->list[i];

		if (port->port == mirror->service.health_port &&
		    !strcmp(port->namespace, mirror->namespace) &&
		    !strcmp(port->name, mirror->name))
			return port;
	}
	return NULL;
}

static int listen_at(struct health_port *port, const struct nf_svc_addr *addr)
{
	struct http_server *http, **place;
	int ret = http_open(&http, port->owner->event, addr, port->port, answer,
			    port);

	if (ret)
		return ret;
	place = nf_svc_array_add(&port->servers, &port->n_servers,
				 sizeof(*place));
	if (!place) {
		http_close(http);
		return -ENOMEM;
	}
	*place = http;
	return 0;
}

/* At the addresses of node ports; without any restriction everywhere. */
static int listen_all(struct health_port *port, const struct view *view,
		      bool everywhere)
{
	static const struct nf_svc_addr any;
	int ret = 0;

	if (everywhere)
		return listen_at(port, &any);
	for (size_t i = 0; i < view->n_addresses && !ret; i++) {
		const struct nf_svc_addr *addr = &view->addresses[i];

		if (nf_svc_cidrs_contain(view->node_ports.cidrs,
					 view->node_ports.n, addr))
			ret = listen_at(port, addr);
	}
	return ret;
}

static struct health_port *make(struct health_ports *ports,
				const struct mirror *mirror)
{
	struct health_port *port = calloc(1, sizeof(*port)), **place;

	if (!port)
		return NULL;
	port->owner = ports;
	port->port = mirror->service.health_port;
	port->namespace = strdup(mirror->namespace);
	port->name = strdup(mirror->name);
	place = port->namespace && port->name ?
			nf_svc_array_add(&ports->list, &ports->n,
					 sizeof(*place)) :
			NULL;
	if (place) {
		*place = port;
		return port;
	}
	free(port->namespace);
	free(port->name);
	free(port);
	return NULL;
}

static void open_port(struct health_ports *ports, struct mirror *mirror,
		      struct report *report)
{
	const struct view *view = ports->settle->view;
	struct health_port *port = make(ports, mirror);
	int ret = -ENOMEM;

	if (port) {
		port->wanted = true;
		ret = listen_all(port, view, !view->node_ports.n);
	}
	if (!ret)
		return;
	report_one(report, mirror, REPORT_HEALTH_PORT,
		   "no listening at health check port %u: %s",
		   mirror->service.health_port, strerror(-ret));
	if (port && !port->n_servers)
		drop(ports, ports->n - 1);
}

void health_ports_update(struct health_ports *ports, struct report *report)
{
	struct mirrors *mirrors = &ports->store->mirrors;

	if (!ports->store->health_changed && ports->view == ports->settle->view)
		return;
	ports->store->health_changed = false;
	ports->view = ports->settle->view;
	for (size_t i = 0; i < ports->n; i++)
		ports->list[i]->wanted = false;
	for (struct mirror *mirror = ports->settle->view ? mirrors->first :
							   NULL;
	     mirror; mirror = mirror->next) {
		struct health_port *port;

		if (!mirror->present || !mirror->service.health_port ||
		    mirror->service.left_alone)
			continue;
		port = find(ports, mirror);
		if (port)
			port->wanted = true;
		else
			open_port(ports, mirror, report);
	}
	for (size_t i = 0; i < ports->n;) {
		if (ports->list[i]->wanted)
			i++;
		else
			drop(ports, i);
	}
}

void health_ports_clean(struct health_ports *ports)
{
	while (ports->n)
		drop(ports, 0);
	free(ports->list);
	memset(ports, 0, sizeof(*ports));
}
