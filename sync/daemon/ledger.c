// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "ledger.h"

#define PORTS 65536

static int compare(const void *a, const void *b)
{
	const struct ledger_line *one = a, *other = b;
	int order = strcmp(one->namespace, other->namespace);

	return order ? order : strcmp(one->name, other->name);
}

static void clean_line(struct ledger_line *line)
{
	free(line->namespace);
	free(line->name);
	for (size_t i = 0; i < line->n_ports; i++)
		free(line->ports[i].name);
	free(line->ports);
	free(line);
}

struct ledger_line *ledger_line(struct ledger *ledger, const char *namespace,
				const char *name, bool make)
{
	struct ledger_line key = { .namespace = (char *)(uintptr_t) namespace,
				   .name = (char *)(uintptr_t)name };
	struct ledger_line **found = tfind(&key, &ledger->root, compare), *line;

	if (found || !make)
		return found ? *found : NULL;
	line = calloc(1, sizeof(*line));
	if (!line)
		return NULL;
	line->namespace = strdup(namespace);
	line->name = strdup(name);
	if (!line->namespace || !line->name ||
	    !tsearch(line, &ledger->root, compare)) {
		clean_line(line);
		return NULL;
	}
	return line;
}

int ledger_add_ip(struct ledger *ledger, struct ledger_line *line,
		  const struct nf_svc_addr *addr)
{
	if (line->n_ips == MODEL_FAMILIES)
		return -ENOSPC;
	if (address_set_hold(&ledger->taken, addr))
		return -ENOMEM;
	line->ips[line->n_ips++] = *addr;
	ledger->changed = true;
	return 0;
}

int ledger_add_port(struct ledger *ledger, struct ledger_line *line,
		    const struct ledger_port *port)
{
	struct ledger_port *place;
	char *name = strdup(port->name);

	place = name ? nf_svc_array_add(&line->ports, &line->n_ports,
					sizeof(*place)) :
		       NULL;
	if (!place) {
		free(name);
		return -ENOMEM;
	}
	*place = *port;
	place->name = name;
	ledger->ports[port->node_port]++;
	ledger->changed = true;
	return 0;
}

static void drop_ip(struct ledger *ledger, struct ledger_line *line, size_t i)
{
	address_set_drop(&ledger->taken, &line->ips[i]);
	line->ips[i] = line->ips[--line->n_ips];
	ledger->changed = true;
	ledger->released = true;
}

static void drop_port(struct ledger *ledger, struct ledger_line *line, size_t i)
{
	ledger->ports[line->ports[i].node_port]--;
	free(line->ports[i].name);
	line->ports[i] = line->ports[--line->n_ports];
	ledger->changed = true;
	ledger->released = true;
}

static void drop_line(struct ledger *ledger, struct ledger_line *line)
{
	while (line->n_ips)
		drop_ip(ledger, line, 0);
	while (line->n_ports)
		drop_port(ledger, line, 0);
	tdelete(line, &ledger->root, compare);
	clean_line(line);
	ledger->changed = true;
}

static bool line_has(const struct ledger_line *line,
		     const struct nf_svc_addr *addr)
{
	for (size_t i = 0; i < line->n_ips; i++) {
		if (!nf_svc_addr_compare(&line->ips[i], addr))
			return true;
	}
	return false;
}

/**
 * struct search - a line that has something
 * @addr: this address, or
 * @node_port: this node port
 * @unseen: or was not asked for
 * @but: not this one
 * @found: a line, or NULL
 */
struct search {
	const struct nf_svc_addr *addr;
	uint16_t node_port;
	bool unseen;
	const struct ledger_line *but;
	struct ledger_line *found;
};

static void look(const void *node, VISIT visit, void *context)
{
	struct ledger_line *line = *(struct ledger_line *const *)node;
	struct search *search = context;
	bool has = search->unseen && !line->seen;

	if ((visit != postorder && visit != leaf) || line == search->but)
		return;
	has |= search->addr && line_has(line, search->addr);
	for (size_t i = 0; i < line->n_ports && search->node_port; i++)
		has |= line->ports[i].node_port == search->node_port;
	if (has)
		search->found = line;
}

static struct ledger_line *find(const struct ledger *ledger,
				struct search search)
{
	twalk_r(ledger->root, look, &search);
	return search.found;
}

/* Lines of Services that were not seen since the file was read: make room. */
static bool drop_unseen(struct ledger *ledger)
{
	struct ledger_line *line;
	bool dropped = false;

	while ((line = find(ledger, (struct search){ .unseen = true }))) {
		drop_line(ledger, line);
		dropped = true;
	}
	return dropped;
}

static bool gets_addresses(const struct model_service *service)
{
	return !service->no_frontends && !service->left_alone;
}

static bool service_has(const struct model_service *service,
			const struct nf_svc_addr *addr)
{
	for (size_t i = 0; i < service->n_cluster_ips; i++) {
		if (!nf_svc_addr_compare(&service->cluster_ips[i], addr))
			return true;
	}
	return false;
}

static const struct model_port *port_of(const struct model_service *service,
					const struct ledger_port *own)
{
	for (size_t i = 0; i < service->n_ports; i++) {
		const struct model_port *port = &service->ports[i];

		if (port->protocol == own->protocol && port->port == own->port)
			return port;
	}
	return NULL;
}

/* What the Service says otherwise now is not its own any more. */
static void drop_outdated(struct ledger *ledger, struct ledger_line *line,
			  const struct model_service *service)
{
	for (size_t i = 0; i < line->n_ips;) {
		bool other = model_has_family(service, line->ips[i].family) &&
			     !service_has(service, &line->ips[i]);

		if (other || !gets_addresses(service))
			drop_ip(ledger, line, i);
		else
			i++;
	}
	for (size_t i = 0; i < line->n_ports;) {
		const struct model_port *port =
			port_of(service, &line->ports[i]);
		bool other = port && port->node_port &&
			     port->node_port != line->ports[i].node_port;

		if (!port || other || !service->wants_node_ports)
			drop_port(ledger, line, i);
		else
			i++;
	}
}

static int fail(const struct model_service *service, const char *field,
		struct tree_error *error)
{
	memset(error, 0, sizeof(*error));
	error->line = service->address_place.line;
	error->column = service->address_place.column;
	snprintf(error->field, sizeof(error->field), "%s", field);
	return -EINVAL;
}

/* An address that the Service says itself: is it another one's? */
static int note_ip(struct ledger *ledger, struct ledger_line *line,
		   const struct model_service *service,
		   const struct nf_svc_addr *addr, struct tree_error *error)
{
	char text[NF_SVC_ADDR_TEXT];
	struct ledger_line *other;

	if (line_has(line, addr))
		return 0;
	if (!address_set_has(&ledger->taken, addr))
		return ledger_add_ip(ledger, line, addr) ?
			       tree_no_memory(error) :
			       0;
	other = find(ledger, (struct search){ .addr = addr, .but = line });
	if (other && !other->seen) {
		drop_line(ledger, other);
		return note_ip(ledger, line, service, addr, error);
	}
	fail(service, "spec.clusterIP", error);
	snprintf(error->message, sizeof(error->message),
		 "%s belongs to %.64s/%.64s; write another address, or none",
		 nf_svc_addr_format(addr, text), other ? other->namespace : "?",
		 other ? other->name : "?");
	return -EINVAL;
}

static const struct ledger_port *own_port(const struct ledger_line *line,
					  const struct model_port *port)
{
	for (size_t i = 0; i < line->n_ports; i++) {
		if (line->ports[i].protocol == port->protocol &&
		    line->ports[i].port == port->port)
			return &line->ports[i];
	}
	return NULL;
}

static int note_port(struct ledger *ledger, struct ledger_line *line,
		     const struct model_service *service,
		     const struct model_port *port, struct tree_error *error)
{
	const struct ledger_port own = { port->name, port->protocol, port->port,
					 port->node_port };
	struct ledger_line *other;

	if (own_port(line, port))
		return 0;
	other = ledger->ports[port->node_port] ?
			find(ledger,
			     (struct search){ .node_port = port->node_port,
					      .but = line }) :
			NULL;
	if (other && !other->seen) {
		drop_line(ledger, other);
		return note_port(ledger, line, service, port, error);
	}
	if (!other)
		return ledger_add_port(ledger, line, &own) ?
			       tree_no_memory(error) :
			       0;
	fail(service, "spec.ports.nodePort", error);
	snprintf(error->message, sizeof(error->message),
		 "%u belongs to %.64s/%.64s; write another port, or none",
		 port->node_port, other->namespace, other->name);
	return -EINVAL;
}

int ledger_note(struct ledger *ledger, const struct model_service *service,
		struct tree_error *error)
{
	struct ledger_line *line =
		ledger_line(ledger, service->namespace, service->name, true);
	int ret = 0;

	if (!line)
		return tree_no_memory(error);
	line->seen = true;
	drop_outdated(ledger, line, service);
	for (size_t i = 0; i < service->n_cluster_ips && !ret; i++) {
		if (gets_addresses(service))
			ret = note_ip(ledger, line, service,
				      &service->cluster_ips[i], error);
	}
	for (size_t i = 0; i < service->n_ports && !ret; i++) {
		if (service->wants_node_ports && service->ports[i].node_port)
			ret = note_port(ledger, line, service,
					&service->ports[i], error);
	}
	return ret;
}

/* What it had before: kept where the Service leaves it out. */
static void keep_ips(const struct ledger_line *line,
		     struct model_service *service)
{
	for (size_t i = 0; i < line->n_ips; i++) {
		bool named = !service->n_families;

		for (size_t k = 0; k < service->n_families; k++)
			named |= service->families[k] == line->ips[i].family;
		if (named && service->n_cluster_ips < MODEL_FAMILIES &&
		    !model_has_family(service, line->ips[i].family) &&
		    (!service->n_cluster_ips ||
		     service->dual_stack != MODEL_SINGLE))
			service->cluster_ips[service->n_cluster_ips++] =
				line->ips[i];
	}
}

static int assign_ips(struct ledger *ledger, struct ledger_line *line,
		      struct model_service *service, struct tree_error *error)
{
	size_t had;
	int ret;

	keep_ips(line, service);
	had = service->n_cluster_ips;
	ret = allocate_missing(service, ledger->ranges, ledger->n_ranges,
			       &ledger->taken, error);
	if (ret == -EINVAL && drop_unseen(ledger))
		ret = allocate_missing(service, ledger->ranges,
				       ledger->n_ranges, &ledger->taken, error);
	for (size_t i = had; i < service->n_cluster_ips; i++) {
		/* it is taken already, and held once more by its line */
		if (ledger_add_ip(ledger, line, &service->cluster_ips[i]) &&
		    !ret)
			ret = tree_no_memory(error);
		address_set_drop(&ledger->taken, &service->cluster_ips[i]);
	}
	return ret;
}

/* The node port that the name leads to, or the next one that is free; 0: none. */
static uint16_t pick_port(const struct ledger *ledger,
			  const struct model_service *service,
			  const struct model_port *port)
{
	uint32_t room = (uint32_t)(ledger->last_port - ledger->first_port) + 1;
	uint32_t start = (uint32_t)((allocate_hash(service) + port->port * 31U +
				     port->protocol) %
				    room);

	for (uint32_t i = 0; i < room; i++) {
		uint16_t number =
			(uint16_t)(ledger->first_port + (start + i) % room);

		if (!ledger->ports[number])
			return number;
	}
	return 0;
}

static int assign_port(struct ledger *ledger, struct ledger_line *line,
		       struct model_service *service, struct model_port *port,
		       struct tree_error *error)
{
	const struct ledger_port *had = own_port(line, port);
	struct ledger_port own = { port->name, port->protocol, port->port, 0 };

	if (had) {
		port->node_port = had->node_port;
		return 0;
	}
	own.node_port = pick_port(ledger, service, port);
	if (!own.node_port && drop_unseen(ledger))
		own.node_port = pick_port(ledger, service, port);
	if (!own.node_port) {
		fail(service, "spec.ports.nodePort", error);
		snprintf(
			error->message, sizeof(error->message),
			"no node port is left from %u to %u; give a larger --service-node-port-range",
			ledger->first_port, ledger->last_port);
		return -EINVAL;
	}
	if (ledger_add_port(ledger, line, &own))
		return tree_no_memory(error);
	port->node_port = own.node_port;
	return 0;
}

int ledger_assign(struct ledger *ledger, struct model_service *service,
		  struct tree_error *error)
{
	struct ledger_line *line =
		ledger_line(ledger, service->namespace, service->name, true);
	int ret = 0;

	if (!line)
		return tree_no_memory(error);
	if (gets_addresses(service))
		ret = assign_ips(ledger, line, service, error);
	for (size_t i = 0; i < service->n_ports && !ret; i++) {
		if (service->wants_node_ports && gets_addresses(service) &&
		    !service->ports[i].node_port)
			ret = assign_port(ledger, line, service,
					  &service->ports[i], error);
	}
	return ret;
}

void ledger_release(struct ledger *ledger, const char *namespace,
		    const char *name)
{
	struct ledger_line *line = ledger_line(ledger, namespace, name, false);

	if (line)
		drop_line(ledger, line);
}

int ledger_open(struct ledger *ledger, const char *path,
		const struct nf_svc_cidr *ranges, size_t n_ranges,
		uint16_t first_port, uint16_t last_port,
		struct tree_error *error)
{
	int ret;

	memset(ledger, 0, sizeof(*ledger));
	ledger->ranges = ranges;
	ledger->n_ranges = n_ranges;
	ledger->first_port = first_port;
	ledger->last_port = last_port;
	ledger->ports = calloc(PORTS, sizeof(*ledger->ports));
	if (!ledger->ports)
		return tree_no_memory(error);
	if (!path)
		return 0;
	ledger->path = strdup(path);
	if (!ledger->path)
		return tree_no_memory(error);
	ret = ledger_load(ledger, error);
	ledger->changed = false;
	ledger->released = false;
	return ret == -ENOENT ? 0 : ret;
}

static void free_node(void *node)
{
	clean_line(node);
}

void ledger_close(struct ledger *ledger)
{
	tdestroy(ledger->root, free_node);
	address_set_clean(&ledger->taken);
	free(ledger->ports);
	free(ledger->path);
	memset(ledger, 0, sizeof(*ledger));
}
