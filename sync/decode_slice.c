// SPDX-License-Identifier: GPL-2.0
/* discovery.k8s.io/v1 EndpointSlice */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "sync/decode.h"

#define SERVICE_NAME_LABEL "kubernetes.io/service-name"
#define HEADLESS_LABEL "service.kubernetes.io/headless"

static int decode_family(struct model_slice *slice, const struct tree *node,
			 struct tree_error *error)
{
	const struct tree *type;
	const char *text;
	int ret;

	ret = tree_need(node, "addressType", TREE_SCALAR, &type, error);
	if (!ret)
		ret = tree_string(type, &text, error);
	if (ret)
		return ret;
	if (!strcmp(text, "IPv4"))
		slice->family = NFPROTO_IPV4;
	else if (!strcmp(text, "IPv6"))
		slice->family = NFPROTO_IPV6;
	else if (strcmp(text, "FQDN"))
		return tree_fail(type, error,
				 "'%.32s' is no type of address; IPv4 or IPv6",
				 text);
	return 0;
}

/*
 * The API server sets a name that is absent to "". One that is null, or a port
 * that is absent, null or 0, matches no port of a Service.
 */
static int decode_port(struct model_slice *slice, const struct tree *node,
		       struct tree_error *error)
{
	const struct tree *number = tree_get(node, "port"),
			  *name = tree_get(node, "name");
	struct model_port *port;
	const char *text = "";
	uint32_t value = 0;
	uint8_t protocol;
	int ret = 0;

	if (node->kind != TREE_MAPPING)
		return tree_fail(node, error,
				 "not a port; for example port: 8080");
	if (number)
		ret = tree_number(number, 0, 65535, &value, error);
	if (!ret && name)
		ret = tree_string(name, &text, error);
	if (!ret && *text)
		ret = model_check_label(name, text, error);
	if (!ret)
		ret = model_decode_protocol(node, &protocol, error);
	if (ret || !value || (!name && tree_has(node, "name")))
		return ret;
	port = nf_svc_array_add(&slice->ports, &slice->n_ports, sizeof(*port));
	if (!port)
		return tree_no_memory(error);
	port->port = (uint16_t)value;
	port->protocol = protocol;
	port->name = strdup(text);
	return port->name ? 0 : tree_no_memory(error);
}

static int decode_condition(const struct tree *conditions, const char *key,
			    bool missing, bool *value, struct tree_error *error)
{
	const struct tree *node = tree_get(conditions, key);

	*value = missing;
	return node ? tree_bool(node, value, error) : 0;
}

static int decode_conditions(struct model_endpoint *endpoint,
			     const struct tree *node, struct tree_error *error)
{
	const struct tree *conditions;
	int ret;

	ret = tree_may(node, "conditions", TREE_MAPPING, &conditions, error);
	if (!ret)
		ret = decode_condition(conditions, "ready", true,
				       &endpoint->ready, error);
	if (!ret)
		ret = decode_condition(conditions, "serving", endpoint->ready,
				       &endpoint->serving, error);
	if (!ret)
		ret = decode_condition(conditions, "terminating", false,
				       &endpoint->terminating, error);
	return ret;
}

static int decode_address(const struct model_slice *slice,
			  struct model_endpoint *endpoint,
			  const struct tree *node, struct tree_error *error)
{
	const char *text, *why;
	int ret;

	ret = tree_string(node, &text, error);
	if (ret)
		return ret;
	if (nf_svc_addr_parse(text, &endpoint->addr, &why))
		return tree_fail(node, error, "'%.48s': %s", text, why);
	if (endpoint->addr.family != slice->family)
		return tree_fail(node, error,
				 "%s is not of the slice's addressType", text);
	endpoint->place = model_place(node);
	return 0;
}

static int decode_names(struct model_names *names, const struct tree *hints,
			const char *key, struct tree_error *error)
{
	const struct tree *list, *name;
	const char *text;
	char **entry;
	int ret;

	ret = tree_may(hints, key, TREE_SEQUENCE, &list, error);
	for (const struct tree *item = list ? list->first : NULL; item && !ret;
	     item = item->next) {
		ret = tree_need(item, "name", TREE_SCALAR, &name, error);
		if (!ret)
			ret = tree_string(name, &text, error);
		if (ret)
			break;
		entry = nf_svc_array_add(&names->list, &names->n,
					 sizeof(*entry));
		if (!entry)
			return tree_no_memory(error);
		*entry = strdup(text);
		if (!*entry)
			return tree_no_memory(error);
	}
	return ret;
}

static int decode_hints(struct model_endpoint *endpoint,
			const struct tree *node, struct tree_error *error)
{
	const struct tree *hints;
	int ret;

	ret = tree_may(node, "hints", TREE_MAPPING, &hints, error);
	if (!ret)
		ret = decode_names(&endpoint->for_nodes, hints, "forNodes",
				   error);
	if (!ret)
		ret = decode_names(&endpoint->for_zones, hints, "forZones",
				   error);
	return ret;
}

static int decode_endpoint(struct model_slice *slice, const struct tree *node,
			   struct tree_error *error)
{
	const struct tree *addresses, *name = tree_get(node, "nodeName");
	struct model_endpoint *endpoint;
	const char *text;
	int ret;

	if (node->kind != TREE_MAPPING)
		return tree_fail(node, error,
				 "not an endpoint; for example addresses: "
				 "[\"10.244.1.5\"]");
	ret = tree_need(node, "addresses", TREE_SEQUENCE, &addresses, error);
	if (!ret && !addresses->first)
		ret = tree_fail(addresses, error,
				"empty; an endpoint needs an address");
	if (ret)
		return ret;
	endpoint = nf_svc_array_add(&slice->endpoints, &slice->n_endpoints,
				    sizeof(*endpoint));
	if (!endpoint)
		return tree_no_memory(error);
	ret = decode_address(slice, endpoint, addresses->first, error);
	if (!ret)
		ret = decode_conditions(endpoint, node, error);
	if (!ret)
		ret = decode_hints(endpoint, node, error);
	if (!ret && name) {
		ret = tree_string(name, &text, error);
		if (ret)
			return ret;
		endpoint->node = strdup(text);
		if (!endpoint->node)
			ret = tree_no_memory(error);
	}
	return ret;
}

static int
decode_each(struct model_slice *slice, const struct tree *node, const char *key,
	    int (*decode)(struct model_slice *slice, const struct tree *node,
			  struct tree_error *error),
	    struct tree_error *error)
{
	const struct tree *list;
	int ret;

	ret = tree_may(node, key, TREE_SEQUENCE, &list, error);
	for (const struct tree *item = list ? list->first : NULL; item && !ret;
	     item = item->next)
		ret = decode(slice, item, error);
	return ret;
}

static int decode_service_name(struct model *model, struct model_slice *slice,
			       const struct tree *node,
			       struct tree_error *error)
{
	const struct tree *labels =
		tree_get(tree_get(node, "metadata"), "labels");
	const struct tree *label = tree_get(labels, SERVICE_NAME_LABEL);
	const char *text;
	int ret;

	slice->headless = tree_has(labels, HEADLESS_LABEL);
	if (!label || (label->kind == TREE_SCALAR && !*label->text)) {
		ret = model_note(
			model, node,
			"endpointslice %s/%s is ignored: it has no label %s",
			slice->namespace, slice->name, SERVICE_NAME_LABEL);
		return ret ? tree_no_memory(error) : 0;
	}
	ret = tree_string(label, &text, error);
	if (ret)
		return ret;
	slice->service = strdup(text);
	return slice->service ? 0 : tree_no_memory(error);
}

int model_decode_slice(struct model *model, struct model_slice *slice,
		       const struct tree *node, struct tree_error *error)
{
	int ret;

	memset(slice, 0, sizeof(*slice));
	slice->place = model_place(node);
	ret = model_decode_names(node, &slice->namespace, &slice->name, false,
				 error);
	if (ret)
		return ret;
	ret = decode_service_name(model, slice, node, error);
	if (!ret)
		ret = decode_family(slice, node, error);
	if (!ret)
		ret = decode_each(slice, node, "ports", decode_port, error);
	if (!ret && slice->family)
		ret = decode_each(slice, node, "endpoints", decode_endpoint,
				  error);
	if (ret)
		model_slice_clean(slice);
	return ret;
}
