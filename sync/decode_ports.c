// SPDX-License-Identifier: GPL-2.0
/* The ports of a Service. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "sync/decode.h"

static int check_port_twice(const struct model_service *service,
			    const struct tree *node,
			    const struct model_port *port,
			    struct tree_error *error)
{
	for (size_t i = 0; i < service->n_ports; i++) {
		const struct model_port *other = &service->ports[i];

		if (other == port)
			continue;
		if (other->protocol == port->protocol &&
		    other->port == port->port)
			return tree_fail(
				node, error,
				"port %u stands here for the second time with "
				"the same protocol",
				(unsigned int)port->port);
		if (!strcmp(other->name, port->name))
			return tree_fail(
				node, error,
				*port->name ?
					"the name %s stands here for the second time" :
					"with several ports, each needs a name%s",
				port->name);
	}
	return 0;
}

static int decode_port(struct model_service *service, const struct tree *node,
		       struct tree_error *error)
{
	const struct tree *number, *name = tree_get(node, "name"), *target;
	const struct tree *node_port = tree_get(node, "nodePort");
	struct model_port *port;
	const char *text = "";
	uint32_t value, node_value = 0;
	int ret;

	if (node->kind != TREE_MAPPING)
		return tree_fail(node, error,
				 "not a port; for example port: 80");
	ret = tree_need(node, "port", TREE_SCALAR, &number, error);
	if (!ret)
		ret = tree_number(number, 1, 65535, &value, error);
	if (!ret && name)
		ret = tree_string(name, &text, error);
	if (!ret && *text)
		ret = model_check_label(name, text, error);
	/* the slices hold the number of targetPort; here it is only checked */
	target = tree_get(node, "targetPort");
	if (!ret && target && target->kind != TREE_SCALAR)
		ret = tree_fail(
			target, error,
			"not a port; a number from 1 to 65535 or a name");
	if (!ret && target && target->plain &&
	    !target->text[strspn(target->text, "0123456789")]) {
		uint32_t ignored;

		ret = tree_number(target, 1, 65535, &ignored, error);
	}
	if (!ret && node_port)
		ret = tree_number(node_port, 0, 65535, &node_value, error);
	if (ret)
		return ret;
	port = nf_svc_array_add(&service->ports, &service->n_ports,
				sizeof(*port));
	if (!port)
		return tree_no_memory(error);
	port->port = (uint16_t)value;
	port->node_port = (uint16_t)node_value;
	port->name = strdup(text);
	if (!port->name)
		return tree_no_memory(error);
	ret = model_decode_protocol(node, &port->protocol, error);
	return ret ? ret : check_port_twice(service, node, port, error);
}

int model_decode_ports(struct model_service *service, const struct tree *spec,
		       struct tree_error *error)
{
	const struct tree *list;
	int ret;

	if (service->no_frontends)
		ret = tree_may(spec, "ports", TREE_SEQUENCE, &list, error);
	else
		ret = tree_need(spec, "ports", TREE_SEQUENCE, &list, error);
	if (ret || !list)
		return ret;
	for (const struct tree *item = list->first; item && !ret;
	     item = item->next)
		ret = decode_port(service, item, error);
	if (!ret && !service->n_ports && !service->no_frontends)
		ret = tree_fail(list, error, "empty; a Service needs a port");
	return ret;
}
