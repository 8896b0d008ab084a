/* SPDX-License-Identifier: GPL-2.0 */
/* This node as Services are resolved for it, and the settings that it comes to. */
#ifndef NF_SVC_DAEMON_VIEW_H
#define NF_SVC_DAEMON_VIEW_H

#include "config.h"
#include "store.h"
#include "sync/diff.h"

/**
 * struct view - this node
 * @addresses: that it has, owned; without link-local ones
 * @n_addresses: how many
 * @services: where ClusterIPs are, owned
 * @n_services: how many
 * @devices: pods' devices, owned
 * @n_devices: how many
 * @node_ports: where node ports answer
 * @had: settings that held when it was made
 * @settings: that shall hold; its lists belong to @had and others
 * @reserved: ports that are taken
 * @n_reserved: how many
 * @zone: a copy, owned
 * @node: the view; points into the others
 * @options: how Services are resolved; likewise
 */
struct view {
	struct nf_svc_addr *addresses;
	size_t n_addresses;
	struct nf_svc_cidr *services;
	size_t n_services;
	char (*devices)[NF_SVC_DEVICE_MAX + 1];
	size_t n_devices;
	struct node_ports node_ports;
	struct nf_svc_settings had;
	struct nf_svc_settings settings;
	struct reserved_port reserved[4];
	size_t n_reserved;
	char *zone;
	struct node_view node;
	struct resolve_options options;
};

/**
 * view_make - look at this node
 * @view: filled; view_clean() it, also after failure. It must not be moved
 * @config: the set-up, which must stay
 * @store: has the Node and the ServiceCIDRs, and the ClusterIPs for @options
 * @info: of the module, which must stay
 * @have: settings that hold; copied
 * @problems: told what is odd
 *
 * Return: 0, -ENOMEM, or why the machine cannot be asked.
 */
int view_make(struct view *view, const struct config *config,
	      const struct store *store, const struct nf_svc_info *info,
	      const struct nf_svc_settings *have, struct problems *problems);

/**
 * view_same - would Services be resolved to the same?
 * @a: one
 * @b: other
 */
bool view_same(const struct view *a, const struct view *b);

/**
 * view_clean - release what a view owns, and zero it
 * @view: the view
 */
void view_clean(struct view *view);

#endif
