// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "sync/node.h"

int node_name_read(const char *text, char *name)
{
	size_t len;

	text += strspn(text, " \t\n");
	len = strlen(text);
	while (len && strchr(" \t\n", text[len - 1]))
		len--;
	if (!len || len > NODE_NAME_MAX)
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		name[i] = (char)tolower((unsigned char)text[i]);
	name[len] = '\0';
	return 0;
}

int node_find(struct node_view *node, const struct model *model,
	      struct problems *problems, const struct model_node **found)
{
	const struct model_node *machine = model_find_node(model, node->name);

	*found = machine;
	if (!machine) {
		struct problem *problem;

		if (!model->n_nodes)
			return 0;
		problem = problem_add(
			problems, PROBLEM_NODE_UNKNOWN, NULL,
			"give the name of one of them",
			"none of the Nodes is called %.64s: no endpoint is taken for local",
			node->name);
		return problem_in(problem, "metadata.name");
	}
	if (!node->zone)
		node->zone = machine->zone;
	if (!machine->n_addresses)
		return 0;
	memset(node->primary, 0, sizeof(node->primary));
	for (size_t i = 0; i < machine->n_addresses; i++) {
		const struct nf_svc_addr *addr = &machine->addresses[i];
		unsigned int family = model_family_index(addr->family);

		if (!node->primary[family].family)
			node->primary[family] = *addr;
	}
	return 0;
}

bool node_has_address(const struct node_view *node,
		      const struct nf_svc_addr *addr)
{
	for (unsigned int i = 0; i < MODEL_FAMILIES; i++) {
		if (!nf_svc_addr_compare(&node->primary[i], addr))
			return true;
	}
	for (size_t i = 0; i < node->n_addresses; i++) {
		if (!nf_svc_addr_compare(&node->addresses[i], addr))
			return true;
	}
	return false;
}
