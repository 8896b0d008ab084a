// SPDX-License-Identifier: GPL-2.0
/* svcctl check: what /proc/sys/net has, of the network namespace that is entered. */
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <netlink/route/link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* conntrack is nearly full beyond this many of a hundred entries. */
#define CONNTRACK_FULL 90

/* A number of /proc/sys/net; or -errno. */
static long read_number(const char *name)
{
	char path[512], line[64], *end;
	long number;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	number = -EINVAL;
	if (fgets(line, sizeof(line), file)) {
		number = strtol(line, &end, 10);
		if (end == line || number < 0)
			number = -EINVAL;
	}
	fclose(file);
	return number;
}

static void cannot_read(struct checkup *checkup, const char *name, long error)
{
	check_unchecked(checkup, "/proc/sys/net/%s: %s", name,
			strerror((int)-error));
}

static void look_at_forwarding(struct checkup *checkup, const char *name,
			       const char *what)
{
	long number = read_number(name);

	if (number < 0)
		cannot_read(checkup, name, number);
	else if (!number)
		check_found(
			checkup,
			"net/%s is 0: %s packets of pods and of others are not passed on",
			name, what);
}

void check_forwarding(struct checkup *checkup)
{
	if (checkup_has_family(checkup, NFPROTO_IPV4))
		look_at_forwarding(checkup, "ipv4/ip_forward", "IPv4");
	if (checkup_has_family(checkup, NFPROTO_IPV6))
		look_at_forwarding(checkup, "ipv6/conf/all/forwarding", "IPv6");
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Does something for each name below /proc/sys/net/ipv4/conf. */
static void for_each_device(struct checkup *checkup,
			    void (*look)(struct checkup *, const char *name))
{
	struct dirent **entries;
	int n;

	n = scandir("/proc/sys/net/ipv4/conf", &entries, visible, alphasort);
	if (n < 0) {
		cannot_read(checkup, "ipv4/conf", -errno);
		return;
	}
	for (int i = 0; i < n; i++) {
		look(checkup, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

static long read_of_device(const char *device, const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "ipv4/conf/%s/%s", device, name);
	return read_number(path);
}

static bool is_up(const struct checkup *checkup, const char *device)
{
	struct rtnl_link *link = rtnl_link_get_by_name(checkup->links, device);
	bool up = link && rtnl_link_get_flags(link) & IFF_UP;

	rtnl_link_put(link);
	return up;
}

/* The larger of all's and the device's counts. */
static void look_at_rp_filter(struct checkup *checkup, const char *device)
{
	long all = read_of_device("all", "rp_filter");
	long own = read_of_device(device, "rp_filter");

	if (!strcmp(device, "all") || !strcmp(device, "default") ||
	    !strcmp(device, "lo") || is_pod_device(checkup, device) ||
	    !is_up(checkup, device))
		return;
	if (all < 0 || own < 0) {
		/* one that has just gone is nobody's affair */
		if (own != -ENOENT)
			cannot_read(checkup, "ipv4/conf/all/rp_filter",
				    all < 0 ? all : own);
	} else if ((all > own ? all : own) == 1) {
		check_found(
			checkup,
			"device %s filters strictly (net/ipv4/conf/%s/rp_filter is 1): what comes in by it is dropped if the way back is another",
			device, own == 1 ? device : "all");
	}
}

void check_rp_filter(struct checkup *checkup)
{
	if (network_read(checkup))
		for_each_device(checkup, look_at_rp_filter);
}

static void look_at_route_localnet(struct checkup *checkup, const char *device)
{
	if (read_of_device(device, "route_localnet") == 1)
		check_found(
			checkup,
			"net/ipv4/conf/%s/route_localnet is 1: neighbours may reach what listens at 127.0.0.1 (CVE-2020-8558)",
			device);
}

void check_route_localnet(struct checkup *checkup)
{
	for_each_device(checkup, look_at_route_localnet);
}

/* The name of a bridge that has ports, or NULL. */
static const char *bridge_with_ports(struct checkup *checkup)
{
	for (struct nl_object *at = nl_cache_get_first(checkup->links); at;
	     at = nl_cache_get_next(at)) {
		int index = rtnl_link_get_master((struct rtnl_link *)at);
		struct rtnl_link *master =
			index ? rtnl_link_get(checkup->links, index) : NULL;
		const char *type = master ? rtnl_link_get_type(master) : NULL;
		bool bridge = type && !strcmp(type, "bridge");
		const char *name = bridge ? rtnl_link_get_name(master) : NULL;

		/* the cache holds it */
		rtnl_link_put(master);
		if (name)
			return name;
	}
	return NULL;
}

static void look_at_bridge(struct checkup *checkup, const char *bridge,
			   const char *name, const char *what)
{
	long number = read_number(name);

	if (number == -ENOENT)
		check_found(
			checkup,
			"bridge %s has ports, and br_netfilter is not loaded: between two of them replies over %s do not come from the service",
			bridge, what);
	else if (number < 0)
		cannot_read(checkup, name, number);
	else if (!number)
		check_found(
			checkup,
			"bridge %s has ports, and net/%s is 0: between two of them replies over %s do not come from the service",
			bridge, name, what);
}

void check_bridge_nf_call(struct checkup *checkup)
{
	const char *bridge;

	if (!network_read(checkup))
		return;
	bridge = bridge_with_ports(checkup);
	if (!bridge)
		return;
	if (checkup_has_family(checkup, NFPROTO_IPV4))
		look_at_bridge(checkup, bridge,
			       "bridge/bridge-nf-call-iptables", "IPv4");
	if (checkup_has_family(checkup, NFPROTO_IPV6))
		look_at_bridge(checkup, bridge,
			       "bridge/bridge-nf-call-ip6tables", "IPv6");
}

void check_conntrack_full(struct checkup *checkup)
{
	long count = read_number("netfilter/nf_conntrack_count");
	long most = read_number("netfilter/nf_conntrack_max");

	/* conntrack comes with the first frontend */
	if (count == -ENOENT)
		return;
	if (count < 0 || most < 0)
		cannot_read(checkup,
			    count < 0 ? "netfilter/nf_conntrack_count" :
					"netfilter/nf_conntrack_max",
			    count < 0 ? count : most);
	else if (most && count >= most / 100 * CONNTRACK_FULL +
					  most % 100 * CONNTRACK_FULL / 100)
		check_found(
			checkup,
			"conntrack has %ld of at most %ld entries: when it is full, packets of new flows are dropped",
			count, most);
}
