// SPDX-License-Identifier: GPL-2.0
/* svcctl check: devices, addresses and routes, as the kernel has them now. */
#include <fnmatch.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <string.h>

#include "check.h"

static int read_all(struct checkup *checkup, struct nl_sock *sock)
{
	int ret = nl_connect(sock, NETLINK_ROUTE);

	if (!ret)
		ret = rtnl_link_alloc_cache(sock, AF_UNSPEC, &checkup->links);
	if (!ret)
		ret = rtnl_addr_alloc_cache(sock, &checkup->addresses);
	if (!ret)
		ret = rtnl_route_alloc_cache(sock, AF_UNSPEC, 0,
					     &checkup->routes);
	return ret;
}

bool network_read(struct checkup *checkup)
{
	struct nl_sock *sock;
	int ret;

	if (checkup->routes)
		return true;
	sock = nl_socket_alloc();
	if (!sock) {
		checkup->no_memory = true;
		return false;
	}
	ret = read_all(checkup, sock);
	nl_socket_free(sock);
	if (!ret)
		return true;
	network_free(checkup);
	check_unchecked(checkup, "devices, addresses and routes: %s",
			nl_geterror(ret));
	return false;
}

void network_free(struct checkup *checkup)
{
	nl_cache_free(checkup->links);
	nl_cache_free(checkup->addresses);
	nl_cache_free(checkup->routes);
	checkup->links = NULL;
	checkup->addresses = NULL;
	checkup->routes = NULL;
}

bool network_cidr(const void *addr, struct nf_svc_cidr *cidr)
{
	const struct nl_addr *from = addr;
	int family = from ? nl_addr_get_family(from) : AF_UNSPEC;
	size_t size;

	memset(cidr, 0, sizeof(*cidr));
	if (family != AF_INET && family != AF_INET6)
		return false;
	cidr->addr.family = family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6;
	cidr->prefix = (uint8_t)nl_addr_get_prefixlen(from);
	size = nl_addr_get_len(from);
	if (size > sizeof(cidr->addr.bytes))
		return false;
	/* of a default route there are none */
	if (size)
		memcpy(cidr->addr.bytes, nl_addr_get_binary_addr(from), size);
	return true;
}

bool cidrs_overlap(const struct nf_svc_cidr *a, const struct nf_svc_cidr *b)
{
	return nf_svc_cidr_contains(a, &b->addr) ||
	       nf_svc_cidr_contains(b, &a->addr);
}

bool is_pod_range(const struct checkup *checkup, const struct nf_svc_cidr *cidr)
{
	for (size_t i = 0; i < checkup->n_pod_cidrs; i++)
		if (cidr->prefix <= checkup->pod_cidrs[i].prefix &&
		    cidrs_overlap(cidr, &checkup->pod_cidrs[i]))
			return true;
	return false;
}

bool is_pod_device(const struct checkup *checkup, const char *name)
{
	const struct nf_svc_settings *settings = &checkup->snapshot.settings;

	/* both are a name, or the beginning of one and a "*" */
	for (size_t i = 0; i < settings->n_pod_devices; i++)
		if (!fnmatch(settings->pod_devices[i], name, 0))
			return true;
	return false;
}
