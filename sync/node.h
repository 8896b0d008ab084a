/* SPDX-License-Identifier: GPL-2.0 */
/* What is particular to the node that Services are resolved for. */
#ifndef NF_SVC_SYNC_NODE_H
#define NF_SVC_SYNC_NODE_H

#include "sync/problem.h"

#define NODE_NAME_MAX 253

/**
 * struct node_view - this node; what it points to is not owned
 * @name: its name, as endpoints say it; empty: no endpoint is on it
 * @zone: its zone; NULL or empty: not known
 * @primary: its first address of each family; family 0: none
 * @addresses: all addresses that it has
 * @n_addresses: how many
 * @settings: what a pod is here
 */
struct node_view {
	const char *name;
	const char *zone;
	struct nf_svc_addr primary[MODEL_FAMILIES];
	const struct nf_svc_addr *addresses;
	size_t n_addresses;
	const struct nf_svc_settings *settings;
};

/**
 * node_name_read - a name as Kubernetes has it: trimmed and lower-cased
 * @text: a hostname, or what overrides it
 * @name: NODE_NAME_MAX + 1 bytes
 *
 * Return: 0 or -EINVAL: empty or too long.
 */
int node_name_read(const char *text, char *name);

/**
 * node_find - fill in what the Nodes of a model say about this one
 * @node: has its name; a zone that it has already stays. If the Node has any
 *	address, its first InternalIP of each family, else ExternalIP, is primary
 * @model: not changed; must stay as long as @node
 * @problems: told if there are Nodes, but none of this name
 * @found: set to the Node, or to NULL
 *
 * Return: 0 or -ENOMEM.
 */
int node_find(struct node_view *node, const struct model *model,
	      struct problems *problems, const struct model_node **found);

/**
 * node_has_address - is an address this node's?
 * @node: the node
 * @addr: the address
 */
bool node_has_address(const struct node_view *node,
		      const struct nf_svc_addr *addr);

/**
 * enum node_port_choice - which addresses of the node answer at node ports
 * @NODE_PORT_PRIMARY: its primary ones
 * @NODE_PORT_ALL: all, also those that come later
 * @NODE_PORT_CIDRS: those in certain ranges
 */
enum node_port_choice {
	NODE_PORT_PRIMARY,
	NODE_PORT_ALL,
	NODE_PORT_CIDRS,
};

/**
 * struct node_ports - where node ports are answered
 * @served: by family: is there such a place at all? Then a node port is one frontend
 *	without address
 * @cidrs: for the settings: where these answer, owned; none of a family: at all
 *	addresses of the node. As addresses come and go nothing has to be told anew
 * @n: how many
 */
struct node_ports {
	bool served[MODEL_FAMILIES];
	struct nf_svc_cidr *cidrs;
	size_t n;
};

/**
 * node_ports_select - find out where node ports are answered
 * @ports: filled; node_ports_clean() it, also after failure
 * @choice: what is wanted
 * @cidrs: with NODE_PORT_CIDRS; if none is of a family, all addresses of it
 * @n: how many
 * @node: has the addresses
 * @problems: told about a family without a CIDR or without an address in one
 *
 * Return: 0 or -ENOMEM.
 */
int node_ports_select(struct node_ports *ports, enum node_port_choice choice,
		      const struct nf_svc_cidr *cidrs, size_t n,
		      const struct node_view *node, struct problems *problems);

/**
 * node_ports_clean - release it
 * @ports: zeroed
 */
void node_ports_clean(struct node_ports *ports);

#endif
