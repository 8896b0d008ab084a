// SPDX-License-Identifier: GPL-2.0
/* Hints of endpoints: PreferSameNode, PreferSameZone. */
#include <string.h>

#include "sync/resolve_parts.h"

static bool has(const struct model_names *names, const char *name)
{
	for (size_t i = 0; i < names->n && name && *name; i++) {
		if (!strcmp(names->list[i], name))
			return true;
	}
	return false;
}

/* One ready endpoint without a hint turns its kind of hints off. */
enum topology topology_find(const struct candidates *candidates,
			    const struct node_view *node)
{
	bool all_nodes = true, all_zones = true;
	bool this_node = false, this_zone = false;

	for (size_t i = 0; i < candidates->n; i++) {
		const struct model_endpoint *endpoint =
			candidates->list[i].endpoint;

		if (!endpoint->ready)
			continue;
		all_nodes &= endpoint->for_nodes.n > 0;
		all_zones &= endpoint->for_zones.n > 0;
		this_node |= has(&endpoint->for_nodes, node->name);
		this_zone |= has(&endpoint->for_zones, node->zone);
	}
	if (all_nodes && this_node)
		return TOPOLOGY_NODE;
	return all_zones && this_zone ? TOPOLOGY_ZONE : TOPOLOGY_NONE;
}

bool topology_allows(enum topology topology,
		     const struct model_endpoint *endpoint,
		     const struct node_view *node)
{
	switch (topology) {
	case TOPOLOGY_NODE:
		return has(&endpoint->for_nodes, node->name);
	case TOPOLOGY_ZONE:
		return has(&endpoint->for_zones, node->zone);
	case TOPOLOGY_NONE:
	default:
		return true;
	}
}
