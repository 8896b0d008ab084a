// SPDX-License-Identifier: GPL-2.0
/* v1 Node: as much of it as says what this node is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "sync/decode.h"

#define ZONE_LABEL "topology.kubernetes.io/zone"

static int decode_zone(struct model_node *machine, const struct tree *metadata,
		       struct tree_error *error)
{
	const struct tree *labels, *zone;
	const char *text;
	int ret;

	ret = tree_may(metadata, "labels", TREE_MAPPING, &labels, error);
	zone = ret ? NULL : tree_get(labels, ZONE_LABEL);
	if (!zone)
		return ret;
	ret = tree_string(zone, &text, error);
	if (ret)
		return ret;
	machine->zone = strdup(text);
	return machine->zone ? 0 : tree_no_memory(error);
}

static int add_cidr(struct model_node *machine, const struct tree *node,
		    struct tree_error *error)
{
	struct nf_svc_cidr cidr, *entry;
	const char *text, *why;
	int ret;

	ret = tree_string(node, &text, error);
	if (ret || !*text)
		return ret;
	ret = nf_svc_cidr_parse(text, &cidr, &why);
	if (ret && ret != -EDOM)
		return tree_fail(node, error, "'%.48s': %s", text, why);
	entry = nf_svc_array_add(&machine->pod_cidrs, &machine->n_pod_cidrs,
				 sizeof(*entry));
	if (!entry)
		return tree_no_memory(error);
	*entry = cidr;
	return 0;
}

/* podCIDR is the first one of podCIDRs; an old server says only that. */
static int decode_spec(struct model_node *machine, const struct tree *node,
		       struct tree_error *error)
{
	const struct tree *spec, *list = NULL, *one;
	int ret;

	ret = tree_may(node, "spec", TREE_MAPPING, &spec, error);
	if (!ret)
		ret = tree_may(spec, "podCIDRs", TREE_SEQUENCE, &list, error);
	for (const struct tree *item = list ? list->first : NULL; item && !ret;
	     item = item->next)
		ret = add_cidr(machine, item, error);
	one = tree_get(spec, "podCIDR");
	if (!ret && one && !machine->n_pod_cidrs)
		ret = add_cidr(machine, one, error);
	return ret;
}

static int add_address(struct model_node *machine, const struct tree *node,
		       const char *wanted, struct tree_error *error)
{
	const struct tree *type, *address;
	const char *text, *why;
	struct nf_svc_addr addr, *entry;
	int ret;

	ret = tree_need(node, "type", TREE_SCALAR, &type, error);
	if (!ret)
		ret = tree_need(node, "address", TREE_SCALAR, &address, error);
	if (ret || strcmp(type->text, wanted))
		return ret;
	ret = tree_string(address, &text, error);
	if (ret)
		return ret;
	if (nf_svc_addr_parse(text, &addr, &why))
		return tree_fail(address, error, "'%.48s': %s", text, why);
	entry = nf_svc_array_add(&machine->addresses, &machine->n_addresses,
				 sizeof(*entry));
	if (!entry)
		return tree_no_memory(error);
	*entry = addr;
	return 0;
}

static int decode_status(struct model_node *machine, const struct tree *node,
			 struct tree_error *error)
{
	static const char *const types[] = { "InternalIP", "ExternalIP" };
	const struct tree *status, *list = NULL;
	int ret;

	ret = tree_may(node, "status", TREE_MAPPING, &status, error);
	if (!ret)
		ret = tree_may(status, "addresses", TREE_SEQUENCE, &list,
			       error);
	for (unsigned int i = 0; i < 2 && list; i++) {
		for (const struct tree *item = list->first; item && !ret;
		     item = item->next)
			ret = add_address(machine, item, types[i], error);
	}
	return ret;
}

int model_decode_node(struct model_node *machine, const struct tree *node,
		      struct tree_error *error)
{
	char *namespace;
	int ret;

	memset(machine, 0, sizeof(*machine));
	machine->place = model_place(node);
	ret = model_decode_names(node, &namespace, &machine->name, true, error);
	if (ret)
		return ret;
	free(namespace);
	ret = decode_zone(machine, tree_get(node, "metadata"), error);
	if (!ret)
		ret = decode_spec(machine, node, error);
	if (!ret)
		ret = decode_status(machine, node, error);
	if (ret)
		model_node_clean(machine);
	return ret;
}
