// SPDX-License-Identifier: GPL-2.0-only
/* Which addresses are the node's own? Asked anew each time: they come and go. */
#include <linux/inetdevice.h>
#include <linux/netfilter_ipv6.h>
#include <net/ip6_fib.h>
#include <net/l3mdev.h>
#include <net/route.h>

#include "packet.h"

static bool nf_svc_node_has_ipv6(const struct nf_svc_packet *packet)
{
	struct flowi6 fl6 = {
		.daddr = packet->daddr.in6,
	};
	struct dst_entry *dst = NULL;
	bool has;

	/* of a VRF: in its table, as inet_addr_type_dev_table() has it */
	if (packet->in)
		fl6.flowi6_oif = l3mdev_master_ifindex_rcu(packet->in);
	/* Routes, not a device's addresses: a prefix may be local, too. */
	if (nf_ip6_route(packet->net, &dst, flowi6_to_flowi(&fl6), false))
		return false;
	has = dst->error == 0 &&
	      container_of(dst, struct rt6_info, dst)->rt6i_flags & RTF_LOCAL;
	dst_release(dst);
	return has;
}

/**
 * nf_svc_node_has() - does the node hold the address that a packet asks?
 * @packet: @daddr, @family, @net and @in count
 *
 * As kube-proxy's "fib daddr type local" does, and in a VRF for what comes in by
 * it. What the node itself sends is looked up outside of all VRFs.
 *
 * Context: softirq or process, RCU read side.
 * Return: does it?
 */
bool nf_svc_node_has(const struct nf_svc_packet *packet)
{
	if (packet->family == NFPROTO_IPV4)
		return inet_addr_type_dev_table(packet->net, packet->in,
						packet->daddr.ip) == RTN_LOCAL;
	return nf_svc_node_has_ipv6(packet);
}

/**
 * nf_svc_node_port_at() - do NodePorts answer at the address a packet asks?
 * @packet: @daddr, @family, @net, @in, @ns and @generation count
 *
 * At all addresses of the node or, where the settings have a list for the
 * family, at those in it. Never on loopback: a reply from there would be a
 * martian, and the way around (route_localnet) is CVE-2020-8558. Nor at IPv6's
 * link-local ones: other hosts have the same, and what asks them is not
 * forwarded.
 *
 * Context: softirq or process, RCU read side.
 * Return: do they?
 */
bool nf_svc_node_port_at(const struct nf_svc_packet *packet)
{
	const struct nf_svc_settings *settings;
	bool listed = false;
	u32 i;

	if (packet->family == NFPROTO_IPV4 ?
		    ipv4_is_loopback(packet->daddr.ip) :
		    ipv6_addr_type(&packet->daddr.in6) &
			    (IPV6_ADDR_LOOPBACK | IPV6_ADDR_LINKLOCAL))
		return false;

	settings = nf_svc_settings_at(packet->ns, packet->generation);
	if (settings) {
		const struct nf_svc_cidr *cidrs =
			nf_svc_settings_cidrs(settings, NF_SVC_CIDRS_NODE);
		u32 nr = nf_svc_settings_nr(settings, NF_SVC_CIDRS_NODE);

		for (i = 0; i < nr && !listed; i++)
			listed = cidrs[i].family == packet->family;
		if (listed && !nf_svc_cidrs_have(cidrs, nr, packet->family,
						 &packet->daddr))
			return false;
	}
	return nf_svc_node_has(packet);
}
