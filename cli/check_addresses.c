// SPDX-License-Identifier: GPL-2.0
/* svcctl check: who else has addresses of the service CIDRs, and the way to them. */
#include "check.h" /* before linux/…, which then leave netinet/in.h alone */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUTE_TEXT 256

static bool knows_cidrs(struct checkup *checkup)
{
	if (!checkup->n_service_cidrs)
		check_unchecked(
			checkup,
			"no service CIDR is known: give --service-cidr");
	return checkup->n_service_cidrs;
}

void check_service_cidr_pods(struct checkup *checkup)
{
	char service[NF_SVC_CIDR_TEXT], pod[NF_SVC_CIDR_TEXT];

	if (!knows_cidrs(checkup))
		return;
	if (!checkup->n_pod_cidrs)
		check_unchecked(checkup,
				"no pod CIDR is known: give --pod-cidr");
	for (size_t i = 0; i < checkup->n_service_cidrs; i++) {
		const struct nf_svc_cidr *cidr = &checkup->service_cidrs[i];

		for (size_t k = 0; k < checkup->n_pod_cidrs; k++)
			if (cidrs_overlap(cidr, &checkup->pod_cidrs[k]))
				check_found(
					checkup,
					"service CIDR %s overlaps pod CIDR %s",
					nf_svc_cidr_format(cidr, service),
					nf_svc_cidr_format(
						&checkup->pod_cidrs[k], pod));
	}
}

static const char *link_name(struct checkup *checkup, int index, char *name)
{
	return rtnl_link_i2name(checkup->links, index, name, IFNAMSIZ) ? name :
									 "?";
}

static void look_at_address(struct checkup *checkup, struct rtnl_addr *addr,
			    const struct nf_svc_cidr *cidr)
{
	char service[NF_SVC_CIDR_TEXT], own[NF_SVC_ADDR_TEXT];
	char name[IFNAMSIZ];
	struct nf_svc_cidr local;
	const char *device;

	if (!network_cidr(rtnl_addr_get_local(addr), &local) ||
	    !nf_svc_cidr_contains(cidr, &local.addr))
		return;
	device = link_name(checkup, rtnl_addr_get_ifindex(addr), name);
	/* kube-proxy's of mode ipvs: that is a check of its own */
	if (!strcmp(device, "kube-ipvs0"))
		return;
	check_found(checkup, "device %s has address %s of service CIDR %s",
		    device, nf_svc_addr_format(&local.addr, own),
		    nf_svc_cidr_format(cidr, service));
}

void check_service_cidr_node(struct checkup *checkup)
{
	if (!knows_cidrs(checkup) || !network_read(checkup))
		return;
	for (struct nl_object *at = nl_cache_get_first(checkup->addresses); at;
	     at = nl_cache_get_next(at))
		for (size_t i = 0; i < checkup->n_service_cidrs; i++)
			look_at_address(checkup, (struct rtnl_addr *)at,
					&checkup->service_cidrs[i]);
}

static void describe(struct checkup *checkup, struct rtnl_route *route,
		     const struct nf_svc_cidr *to, char text[static ROUTE_TEXT])
{
	struct rtnl_nexthop *hop = rtnl_route_nexthop_n(route, 0);
	struct nl_addr *via = hop ? rtnl_route_nh_get_gateway(hop) : NULL;
	char cidr[NF_SVC_CIDR_TEXT], gateway[64], name[IFNAMSIZ];
	int length;

	length = snprintf(text, ROUTE_TEXT, "%s", nf_svc_cidr_format(to, cidr));
	if (via)
		length += snprintf(text + length, (size_t)(ROUTE_TEXT - length),
				   " via %s",
				   nl_addr2str(via, gateway, sizeof(gateway)));
	if (hop)
		length += snprintf(
			text + length, (size_t)(ROUTE_TEXT - length), " dev %s",
			link_name(checkup, rtnl_route_nh_get_ifindex(hop),
				  name));
	if (rtnl_route_get_table(route) != RT_TABLE_MAIN)
		snprintf(text + length, (size_t)(ROUTE_TEXT - length),
			 " table %u", rtnl_route_get_table(route));
}

static void look_at_route(struct checkup *checkup, struct rtnl_route *route,
			  const struct nf_svc_cidr *cidr)
{
	char service[NF_SVC_CIDR_TEXT], text[ROUTE_TEXT], name[IFNAMSIZ];
	struct rtnl_nexthop *hop = rtnl_route_nexthop_n(route, 0);
	struct nf_svc_cidr to;

	/* What is somewhere else. Routes that lead nowhere keep services' addresses
	 * from leaking, those of the node are a check of their own, and the two halves
	 * of everything (/1) are a default route, as VPNs set it.
	 */
	if (rtnl_route_get_type(route) != RTN_UNICAST ||
	    rtnl_route_get_table(route) == RT_TABLE_LOCAL ||
	    !network_cidr(rtnl_route_get_dst(route), &to) || to.prefix <= 1 ||
	    !cidrs_overlap(cidr, &to))
		return;
	/* somebody's way to say where this node's own packets to services go */
	if (to.prefix == cidr->prefix && hop && !rtnl_route_nh_get_gateway(hop))
		return;
	if (hop &&
	    !strcmp(link_name(checkup, rtnl_route_nh_get_ifindex(hop), name),
		    "kube-ipvs0"))
		return;
	describe(checkup, route, &to, text);
	check_found(checkup, "service CIDR %s overlaps route %s",
		    nf_svc_cidr_format(cidr, service), text);
}

void check_service_cidr_route(struct checkup *checkup)
{
	if (!knows_cidrs(checkup) || !network_read(checkup))
		return;
	for (struct nl_object *at = nl_cache_get_first(checkup->routes); at;
	     at = nl_cache_get_next(at))
		for (size_t i = 0; i < checkup->n_service_cidrs; i++)
			look_at_route(checkup, (struct rtnl_route *)at,
				      &checkup->service_cidrs[i]);
}

/* 0, or why this node cannot send there. */
static int way_to(const struct nf_svc_addr *addr)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(9) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(9) };
	bool ipv4 = addr->family == NFPROTO_IPV4;
	int fd, error = 0;

	fd = socket(ipv4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	memcpy(&in.sin_addr, addr->bytes, sizeof(in.sin_addr));
	memcpy(&in6.sin6_addr, addr->bytes, sizeof(in6.sin6_addr));
	/* Asks the routes; nothing is sent. */
	if (connect(fd, ipv4 ? (void *)&in : (void *)&in6,
		    ipv4 ? sizeof(in) : sizeof(in6)))
		error = errno;
	close(fd);
	return error;
}

/* What a socket of the node is sent to is routed before it is translated. */
void check_service_unreachable(struct checkup *checkup)
{
	char text[NF_SVC_CIDR_TEXT];

	if (!knows_cidrs(checkup))
		return;
	for (size_t i = 0; i < checkup->n_service_cidrs; i++) {
		struct nf_svc_cidr cidr = checkup->service_cidrs[i];
		size_t last = nf_svc_addr_size(cidr.addr.family) - 1;
		int error;

		/* its first address is a broadcast address of old */
		if (cidr.prefix <= last * 8 + 7)
			cidr.addr.bytes[last] |= 1;
		error = way_to(&cidr.addr);
		if (error)
			check_found(
				checkup,
				"this node itself has no route to service CIDR %s: %s",
				nf_svc_cidr_format(&checkup->service_cidrs[i],
						   text),
				strerror(error));
	}
}
