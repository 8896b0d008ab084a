// SPDX-License-Identifier: GPL-2.0
/* Where node ports are answered: FE-04. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "sync/node.h"

static const uint8_t families[] = { NFPROTO_IPV4, NFPROTO_IPV6 };

static int add(struct node_ports *ports, const struct nf_svc_addr *addr,
	       size_t prefix)
{
	struct nf_svc_cidr *entry =
		nf_svc_array_add(&ports->cidrs, &ports->n, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	entry->addr = *addr;
	entry->prefix = (uint8_t)prefix;
	return 0;
}

/* Does the node answer there today? Loopback never does. */
static bool has_one_in(const struct node_view *node, uint8_t family,
		       const struct nf_svc_cidr *cidrs, size_t n)
{
	for (size_t i = 0; i < node->n_addresses; i++) {
		const struct nf_svc_addr *addr = &node->addresses[i];

		if (addr->family == family && !nf_svc_addr_unusable(addr) &&
		    (!cidrs || nf_svc_cidrs_contain(cidrs, n, addr)))
			return true;
	}
	return false;
}

static int tell_nowhere(uint8_t family, struct problems *problems)
{
	return problem_in(
		problem_add(
			problems, PROBLEM_NODE_PORT_NOWHERE, NULL,
			"give a CIDR that holds one",
			"no %s address of this node is in a CIDR given: node ports are not served there",
			model_family_name(family)),
		"nodePortAddresses");
}

static int tell_everywhere(uint8_t family, struct problems *problems)
{
	return problem_in(
		problem_add(
			problems, PROBLEM_NODE_PORT_EVERYWHERE, NULL,
			"give a CIDR of this family, too",
			"no CIDR is of %s: node ports are served at every %s address of this node",
			model_family_name(family), model_family_name(family)),
		"nodePortAddresses");
}

static int select_in(struct node_ports *ports, uint8_t family,
		     const struct nf_svc_cidr *cidrs, size_t n,
		     const struct node_view *node, struct problems *problems)
{
	size_t before = ports->n;

	ports->served[model_family_index(family)] = true;
	for (size_t i = 0; i < n; i++) {
		if (cidrs[i].addr.family == family &&
		    add(ports, &cidrs[i].addr, cidrs[i].prefix))
			return -ENOMEM;
	}
	if (ports->n == before)
		return has_one_in(node, family, NULL, 0) ?
			       tell_everywhere(family, problems) :
			       0;
	return has_one_in(node, family, cidrs, n) ?
		       0 :
		       tell_nowhere(family, problems);
}

/* All is said, too: as a CIDR, so that it is known to have been said. */
static int select_all(struct node_ports *ports, uint8_t family)
{
	const struct nf_svc_addr any = { .family = family };

	ports->served[model_family_index(family)] = true;
	return add(ports, &any, 0);
}

/* Without a primary address it is one that nobody has: no CIDR would mean all. */
static int select_primary(struct node_ports *ports, uint8_t family,
			  const struct nf_svc_addr *addr)
{
	const struct nf_svc_addr nobody = { .family = family };

	if (!addr->family || nf_svc_addr_unusable(addr))
		addr = &nobody;
	else
		ports->served[model_family_index(family)] = true;
	return add(ports, addr, nf_svc_addr_size(family) * 8);
}

int node_ports_select(struct node_ports *ports, enum node_port_choice choice,
		      const struct nf_svc_cidr *cidrs, size_t n,
		      const struct node_view *node, struct problems *problems)
{
	int ret = 0;

	memset(ports, 0, sizeof(*ports));
	for (unsigned int i = 0; i < MODEL_FAMILIES && !ret; i++) {
		if (choice == NODE_PORT_ALL)
			ret = select_all(ports, families[i]);
		else if (choice == NODE_PORT_CIDRS)
			ret = select_in(ports, families[i], cidrs, n, node,
					problems);
		else
			ret = select_primary(ports, families[i],
					     &node->primary[i]);
	}
	return ret;
}

void node_ports_clean(struct node_ports *ports)
{
	free(ports->cidrs);
	memset(ports, 0, sizeof(*ports));
}
