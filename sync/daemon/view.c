// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "route.h"
#include "view.h"

static bool read_address(const struct sockaddr *from, struct nf_svc_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (from && from->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, from, sizeof(in));
		addr->family = NFPROTO_IPV4;
		memcpy(addr->bytes, &in.sin_addr, sizeof(in.sin_addr));
	} else if (from && from->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, from, sizeof(in6));
		addr->family = NFPROTO_IPV6;
		memcpy(addr->bytes, &in6.sin6_addr, sizeof(in6.sin6_addr));
	}
	return addr->family;
}

static int compare_addresses(const void *a, const void *b)
{
	return nf_svc_addr_compare(a, b);
}

/* Link-local ones come and go with every pod, and nothing answers there. */
static bool counts(const struct nf_svc_addr *addr)
{
	const char *why = nf_svc_addr_unusable(addr);

	return !why || strcmp(why, "link-local");
}

static int list_addresses(struct view *view)
{
	struct ifaddrs *list;
	int ret = 0;

	if (getifaddrs(&list))
		return -errno;
	for (const struct ifaddrs *one = list; one && !ret;
	     one = one->ifa_next) {
		struct nf_svc_addr addr, *place;

		if (!read_address(one->ifa_addr, &addr) || !counts(&addr))
			continue;
		place = nf_svc_array_add(&view->addresses, &view->n_addresses,
					 sizeof(*place));
		if (place)
			*place = addr;
		else
			ret = -ENOMEM;
	}
	freeifaddrs(list);
	if (view->n_addresses > 1)
		qsort(view->addresses, view->n_addresses,
		      sizeof(*view->addresses), compare_addresses);
	return ret;
}

static int add_device(struct view *view, const char *name)
{
	char(*place)[NF_SVC_DEVICE_MAX + 1] = nf_svc_array_add(
		&view->devices, &view->n_devices, sizeof(*place));

	if (!place)
		return -ENOMEM;
	strncpy(*place, name, NF_SVC_DEVICE_MAX);
	return 0;
}

/* The kernel knows whole names only. */
static int list_devices(struct view *view, const char *prefix)
{
	struct if_nameindex *list = if_nameindex();
	int ret = 0;

	if (!list)
		return -errno;
	for (const struct if_nameindex *one = list; one->if_index && !ret;
	     one++) {
		if (!strncmp(one->if_name, prefix, strlen(prefix)))
			ret = add_device(view, one->if_name);
	}
	if_freenameindex(list);
	if (view->n_devices > 1)
		qsort(view->devices, view->n_devices, sizeof(*view->devices),
		      (int (*)(const void *, const void *))strcmp);
	return ret;
}

static int add_ranges(struct view *view, const struct nf_svc_cidr *list,
		      size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct nf_svc_cidr *place = nf_svc_array_add(
			&view->services, &view->n_services, sizeof(*place));

		if (!place)
			return -ENOMEM;
		*place = list[i];
	}
	return 0;
}

static int copy_list(void *copy, size_t *n, const void *list, size_t n_list,
		     size_t size)
{
	void *all;

	if (!n_list)
		return 0;
	all = malloc(n_list * size);
	if (!all)
		return -ENOMEM;
	memcpy(all, list, n_list * size);
	memcpy(copy, &all, sizeof(all));
	*n = n_list;
	return 0;
}

/* What nobody says stays; the kernel's settings may be read anew meanwhile. */
static int copy_settings(struct nf_svc_settings *copy,
			 const struct nf_svc_settings *from)
{
	memcpy(copy->owner, from->owner, sizeof(copy->owner));
	copy->masquerade_mark = from->masquerade_mark;
	if (copy_list(&copy->pod_cidrs, &copy->n_pod_cidrs, from->pod_cidrs,
		      from->n_pod_cidrs, sizeof(*from->pod_cidrs)) ||
	    copy_list(&copy->pod_devices, &copy->n_pod_devices,
		      from->pod_devices, from->n_pod_devices,
		      sizeof(*from->pod_devices)) ||
	    copy_list(&copy->service_cidrs, &copy->n_service_cidrs,
		      from->service_cidrs, from->n_service_cidrs,
		      sizeof(*from->service_cidrs)) ||
	    copy_list(&copy->node_port_cidrs, &copy->n_node_port_cidrs,
		      from->node_port_cidrs, from->n_node_port_cidrs,
		      sizeof(*from->node_port_cidrs)))
		return -ENOMEM;
	return 0;
}

static void reserve(struct view *view, const struct config_place *place,
		    const char *what)
{
	if (place->on)
		view->reserved[view->n_reserved++] =
			(struct reserved_port){ place->addr, place->port,
						what };
}

static bool is_mode(const struct config *config, const char *mode)
{
	return config->detect_local_mode &&
	       !strcmp(config->detect_local_mode, mode);
}

/* The address that kube-proxy would take where the Node has none. */
static void bind_primary(struct view *view, const struct config *config)
{
	struct nf_svc_addr addr;
	const char *why, *odd;

	if (!config->bind_address ||
	    nf_svc_addr_parse(config->bind_address, &addr, &why))
		return;
	odd = nf_svc_addr_unusable(&addr);
	if (!odd || strcmp(odd, "unspecified"))
		view->node.primary[model_family_index(addr.family)] = addr;
}

static int find_node(struct view *view, const struct config *config,
		     const struct store *store, struct problems *problems,
		     const struct model_node **machine)
{
	struct model model = {
		.nodes = (struct model_node *)(uintptr_t)&store->node,
		.n_nodes = store->node.name ? 1 : 0,
	};

	view->node.name = config->node_name;
	view->node.addresses = view->addresses;
	view->node.n_addresses = view->n_addresses;
	for (unsigned int i = 0; i < MODEL_FAMILIES; i++)
		route_source(i ? NFPROTO_IPV6 : NFPROTO_IPV4,
			     &view->node.primary[i]);
	bind_primary(view, config);
	if (node_find(&view->node, &model, problems, machine))
		return -ENOMEM;
	/* the Node may be replaced while this view still holds */
	if (view->node.zone) {
		view->zone = strdup(view->node.zone);
		view->node.zone = view->zone;
		if (!view->zone)
			return -ENOMEM;
	}
	return node_ports_select(&view->node_ports, config->node_port_choice,
				 config->node_ports.list, config->node_ports.n,
				 &view->node, problems);
}

static int make_settings(struct view *view, const struct config *config,
			 const struct store *store,
			 const struct model_node *machine,
			 const struct nf_svc_info *info,
			 const struct nf_svc_settings *have,
			 struct problems *problems)
{
	const struct cidr_list pods = { config->pods.list, config->pods.n };
	struct cidr_list services, node_ports;
	int ret = 0;

	if (add_ranges(view, config->services.list, config->services.n) ||
	    add_ranges(view, store->cidrs, store->n_cidrs))
		return -ENOMEM;
	if (is_mode(config, "BridgeInterface"))
		ret = add_device(view, config->pod_bridge);
	else if (is_mode(config, "InterfaceNamePrefix"))
		ret = list_devices(view, config->pod_prefix);
	if (ret)
		return ret;
	services.list = view->services;
	services.n = view->n_services;
	node_ports.list = view->node_ports.cidrs;
	node_ports.n = view->node_ports.n;
	ret = resolve_settings(
		&view->settings, have, pods.n ? &pods : NULL,
		services.n || store->has_cidrs ? &services : NULL, &node_ports,
		is_mode(config, "NodeCIDR") ? machine : NULL,
		info->capabilities, problems);
	if (config->pod_bridge || config->pod_prefix) {
		view->settings.pod_devices = view->devices;
		view->settings.n_pod_devices = view->n_devices;
	}
	return ret;
}

int view_make(struct view *view, const struct config *config,
	      const struct store *store, const struct nf_svc_info *info,
	      const struct nf_svc_settings *have, struct problems *problems)
{
	const struct model_node *machine;
	int ret;

	memset(view, 0, sizeof(*view));
	reserve(view, &config->metrics, "our own metrics");
	reserve(view, &config->healthz, "our own health check");
	view->reserved[view->n_reserved++] =
		(struct reserved_port){ .port = 10250, .what = "the kubelet" };
	ret = copy_settings(&view->had, have);
	if (!ret)
		ret = list_addresses(view);
	if (!ret)
		ret = find_node(view, config, store, problems, &machine);
	if (!ret)
		ret = make_settings(view, config, store, machine, info,
				    &view->had, problems);
	view->node.settings = &view->settings;
	view->options = (struct resolve_options){
		.capabilities = info->capabilities,
		.schedulers = &info->schedulers,
		.limit_ranges = info->limit_cidrs,
		.masquerade_all = config->masquerade_all ||
				  config->masquerade_all_nft,
		.internal_only = config->internal_only,
		.node_ports = &view->node_ports,
		.external_cidrs = config->externals.list,
		.n_external_cidrs = config->externals.n,
		.service_cidrs = view->services,
		.n_service_cidrs = view->n_services,
		.reserved = view->reserved,
		.n_reserved = view->n_reserved,
		.cluster_ips = &store->mirrors.cluster_ips,
	};
	return ret;
}

static bool same_addresses(const struct view *a, const struct view *b)
{
	if (a->n_addresses != b->n_addresses)
		return false;
	for (size_t i = 0; i < a->n_addresses; i++) {
		if (nf_svc_addr_compare(&a->addresses[i], &b->addresses[i]))
			return false;
	}
	return true;
}

bool view_same(const struct view *a, const struct view *b)
{
	for (unsigned int i = 0; i < MODEL_FAMILIES; i++) {
		if (nf_svc_addr_compare(&a->node.primary[i],
					&b->node.primary[i]) ||
		    a->node_ports.served[i] != b->node_ports.served[i])
			return false;
	}
	return a->options.capabilities == b->options.capabilities &&
	       !strcmp(a->zone ? a->zone : "", b->zone ? b->zone : "") &&
	       same_addresses(a, b) &&
	       !diff_settings(&a->settings, &b->settings);
}

void view_clean(struct view *view)
{
	free(view->addresses);
	free(view->services);
	free(view->devices);
	free(view->zone);
	nf_svc_settings_clean(&view->had);
	node_ports_clean(&view->node_ports);
	memset(view, 0, sizeof(*view));
}
