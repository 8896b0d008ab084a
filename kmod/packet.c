// SPDX-License-Identifier: GPL-2.0-only
/* What a packet says of itself: its flow's tuple and its source class. */
#include <linux/netdevice.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>

#include "packet.h"

/**
 * nf_svc_packet_from_flow() - fill in addresses and ports from a flow
 * @packet: @ns, @net, @in and @generation are set by the caller, the rest is
 *	cleared or set here
 * @ct: flow; its original direction counts
 *
 * Context: softirq or process.
 */
void nf_svc_packet_from_flow(struct nf_svc_packet *packet,
			     const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *tuple =
		nf_ct_tuple(ct, IP_CT_DIR_ORIGINAL);

	packet->saddr = tuple->src.u3;
	packet->daddr = tuple->dst.u3;
	packet->protocol = tuple->dst.protonum;
	packet->family = tuple->src.l3num;

	/* Of ICMP the tuple holds id, type and code in place of ports. */
	switch (packet->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		packet->sport = tuple->src.u.all;
		packet->dport = tuple->dst.u.all;
		break;
	default:
		packet->sport = 0;
		packet->dport = 0;
	}

	packet->class = NF_SVC_CLASS_OUTSIDE;
	packet->verdict = NF_SVC_VERDICT_PASS;
	packet->reason = NF_SVC_DROP_UNSPEC;
	packet->memory = NF_SVC_MEMORY_NONE;
	packet->affinity = NULL;
	packet->frontend = NULL;
	packet->config = NULL;
	packet->rule = NULL;
	packet->backend = NULL;
}

static bool nf_svc_cidr_has(const struct nf_svc_cidr *cidr, u8 family,
			    const union nf_inet_addr *addr)
{
	if (cidr->family != family)
		return false;
	if (family == NFPROTO_IPV6)
		return ipv6_prefix_equal(&addr->in6, &cidr->addr.in6,
					 cidr->prefix);
	return !cidr->prefix || !((ntohl(addr->ip) ^ ntohl(cidr->addr.ip)) >>
				  (32 - cidr->prefix));
}

/**
 * nf_svc_cidrs_have() - is an address in one of some blocks?
 * @cidrs: blocks, of any family
 * @nr: how many
 * @family: NFPROTO_* of @addr
 * @addr: network byte order
 *
 * Context: any.
 * Return: is it?
 */
bool nf_svc_cidrs_have(const struct nf_svc_cidr *cidrs, u32 nr, u8 family,
		       const union nf_inet_addr *addr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (nf_svc_cidr_has(&cidrs[i], family, addr))
			return true;
	return false;
}

static bool nf_svc_device_matches(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);

	if (len && pattern[len - 1] == '*')
		return !strncmp(name, pattern, len - 1);
	return !strcmp(name, pattern);
}

static bool nf_svc_is_pod(const struct nf_svc_packet *packet)
{
	const struct nf_svc_settings *settings;
	const struct net_device *master;
	u32 i;

	settings = nf_svc_settings_at(packet->ns, packet->generation);
	if (!settings)
		return false;

	if (nf_svc_cidrs_have(settings->cidrs, settings->end[NF_SVC_CIDRS_POD],
			      packet->family, &packet->saddr))
		return true;

	if (!packet->in || !settings->nr_devices)
		return false;
	/* POST_ROUTING knows a bridge's port, PRE_ROUTING the bridge itself. */
	master = netdev_master_upper_dev_get_rcu(packet->in);
	for (i = 0; i < settings->nr_devices; i++)
		if (nf_svc_device_matches(settings->devices[i],
					  packet->in->name) ||
		    (master &&
		     nf_svc_device_matches(settings->devices[i], master->name)))
			return true;
	return false;
}

/**
 * nf_svc_classify() - say which source class a packet is of
 * @packet: sets @class
 *
 * A pod is asked for first, as kube-proxy does: a node's packet that has an
 * address of a pod CIDR (of the pods' bridge, say) counts as a pod's.
 *
 * Context: softirq or process, RCU read side.
 */
void nf_svc_classify(struct nf_svc_packet *packet)
{
	if (nf_svc_is_pod(packet))
		packet->class = NF_SVC_CLASS_POD;
	else if (!packet->in)
		packet->class = NF_SVC_CLASS_NODE;
	else
		packet->class = NF_SVC_CLASS_OUTSIDE;
}
