// SPDX-License-Identifier: GPL-2.0
/* Where node ports are answered: FE-04. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "sync/node.h"

static const uint8_t families[] = { NFPROTO_IPV4, NFPROTO_IPV6 };

static int add(struct node_ports *ports, const struct nf_svc_addr *addr)
{
	struct nf_svc_addr *entry =
		nf_svc_array_add(&ports->list, &ports->n, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	*entry = *addr;
	return 0;
}

/* Is there an address that could answer at all? Loopback never does. */
static bool has_family(const struct node_view *node, uint8_t family)
{
	for (size_t i = 0; i < node->n_addresses; i++) {
		if (node->addresses[i].family == family &&
		    !nf_svc_addr_unusable(&node->addresses[i]))
			return true;
	}
	return false;
}

static int select_in(struct node_ports *ports, uint8_t family,
		     const struct nf_svc_cidr *cidrs, size_t n_cidrs,
		     const struct node_view *node, struct problems *problems)
{
	size_t before = ports->n;

	for (size_t i = 0; i < node->n_addresses; i++) {
		const struct nf_svc_addr *addr = &node->addresses[i];

		if (addr->family == family && !nf_svc_addr_unusable(addr) &&
		    nf_svc_cidrs_contain(cidrs, n_cidrs, addr) &&
		    add(ports, addr))
			return -ENOMEM;
	}
	if (ports->n > before)
		return 0;
	return problem_in(
		problem_add(
			problems, PROBLEM_NODE_PORT_NOWHERE, NULL,
			"give a CIDR that holds one",
			"no %s address of this node is in a CIDR given: node ports are not served there",
			model_family_name(family)),
		"nodePortAddresses");
}

static int select_family(struct node_ports *ports, uint8_t family,
			 const struct nf_svc_cidr *cidrs, size_t n_cidrs,
			 const struct node_view *node,
			 struct problems *problems)
{
	unsigned int index = model_family_index(family);
	bool any = false;

	for (size_t i = 0; i < n_cidrs; i++) {
		if (cidrs[i].addr.family != family)
			continue;
		any = true;
		if (!cidrs[i].prefix)
			ports->every[index] = true;
	}
	if (any)
		return ports->every[index] ? 0 :
					     select_in(ports, family, cidrs,
						       n_cidrs, node, problems);
	ports->every[index] = true;
	if (!has_family(node, family))
		return 0;
	return problem_in(
		problem_add(
			problems, PROBLEM_NODE_PORT_EVERYWHERE, NULL,
			"give a CIDR of this family, too",
			"no CIDR is of %s: node ports are served at every %s address of this node",
			model_family_name(family), model_family_name(family)),
		"nodePortAddresses");
}

static int compare(const void *a, const void *b)
{
	return nf_svc_addr_compare(a, b);
}

/* An address may be held twice, by two devices. */
static void sort_and_drop_doubles(struct node_ports *ports)
{
	size_t kept = 0;

	if (ports->n < 2)
		return;
	qsort(ports->list, ports->n, sizeof(*ports->list), compare);
	for (size_t i = 1; i < ports->n; i++) {
		if (nf_svc_addr_compare(&ports->list[kept], &ports->list[i]))
			ports->list[++kept] = ports->list[i];
	}
	ports->n = kept + 1;
}

int node_ports_select(struct node_ports *ports, enum node_port_choice choice,
		      const struct nf_svc_cidr *cidrs, size_t n_cidrs,
		      const struct node_view *node, struct problems *problems)
{
	int ret = 0;

	memset(ports, 0, sizeof(*ports));
	for (unsigned int i = 0; i < MODEL_FAMILIES && !ret; i++) {
		const struct nf_svc_addr *primary = &node->primary[i];

		if (choice == NODE_PORT_ALL)
			ports->every[i] = true;
		else if (choice == NODE_PORT_CIDRS)
			ret = select_family(ports, families[i], cidrs, n_cidrs,
					    node, problems);
		else if (primary->family && !nf_svc_addr_unusable(primary))
			ret = add(ports, primary);
	}
	sort_and_drop_doubles(ports);
	return ret;
}

void node_ports_clean(struct node_ports *ports)
{
	free(ports->list);
	memset(ports, 0, sizeof(*ports));
}
