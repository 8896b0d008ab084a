// SPDX-License-Identifier: GPL-2.0-only
/* Give a new flow its backend, and where need be a source of this node. */
#include <linux/netdevice.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_conntrack_zones.h>
#include <net/netfilter/nf_nat.h>
#include <net/netfilter/nf_nat_masquerade.h>

#include "packet.h"

/*
 * What nf_nat_setup_info() would do for a destination, less the search for a
 * free port, whose answer it throws away when the port is given. As IPVS does
 * it (ip_vs_update_conntrack()). Flows with a helper need sequence adjustment,
 * those of another zone a look at it: they go the long way.
 */
static bool nf_svc_bind_by_hand(struct nf_conn *ct,
				const struct nf_svc_backend *backend)
{
	struct nf_conntrack_tuple reply;

	if (nf_ct_zone(ct)->id != NF_CT_DEFAULT_ZONE_ID || nfct_help(ct))
		return false;

	reply = *nf_ct_tuple(ct, IP_CT_DIR_REPLY);
	reply.src.u3 = backend->addr;
	reply.src.u.all = backend->port;
	if (nf_ct_tuple_equal(&reply, nf_ct_tuple(ct, IP_CT_DIR_REPLY)))
		return false;

	/* Not atomic: an unconfirmed entry belongs to its packet alone. */
	nf_conntrack_alter_reply(ct, &reply);
	ct->status |= IPS_DST_NAT | IPS_DST_NAT_DONE;
	return true;
}

/*
 * What conntrack thinks is out of a window goes on untranslated: the client gets it
 * from an address it never asked, and ends the connection with a RST to that
 * (kubernetes/kubernetes#74839). It is for the two ends to judge. Not locked: an
 * unconfirmed entry belongs to its packet alone.
 *
 * The price: a FIN that only claims to be of the connection shortens its time-out to
 * two minutes (a RST does not unless its number fits, tcp_packet() sees to that). The
 * flags do not outlive a SYN by which conntrack finds that it knew the connection
 * wrong; what it takes for INVALID then is dropped, see heal.c.
 */
static void nf_svc_be_liberal(struct nf_conn *ct)
{
	ct->proto.tcp.seen[0].flags |= IP_CT_TCP_FLAG_BE_LIBERAL;
	ct->proto.tcp.seen[1].flags |= IP_CT_TCP_FLAG_BE_LIBERAL;
}

/**
 * nf_svc_bind_destination() - bind a flow to the backend chosen
 * @ct: flow, not confirmed, without a destination binding
 * @packet: has @backend
 *
 * From the NAT callback in PRE_ROUTING or LOCAL_OUT; nf_nat rewrites the packet
 * when the callback returns.
 *
 * Context: softirq or process, RCU read side.
 * Return: NF_ACCEPT or NF_DROP.
 */
unsigned int nf_svc_bind_destination(struct nf_conn *ct,
				     const struct nf_svc_packet *packet)
{
	const struct nf_svc_backend *backend = packet->backend;
	struct nf_nat_range2 range = {
		.flags = NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED,
		.min_addr = backend->addr,
		.max_addr = backend->addr,
		.min_proto.all = backend->port,
		.max_proto.all = backend->port,
	};

	if (nf_ct_protonum(ct) == IPPROTO_TCP)
		nf_svc_be_liberal(ct);
	if (nf_svc_bind_by_hand(ct, backend))
		return NF_ACCEPT;
	return nf_nat_setup_info(ct, &range, NF_NAT_MANIP_DST);
}

/**
 * nf_svc_bind_source() - masquerade a flow
 * @skb: its first packet
 * @state: POST_ROUTING
 *
 * A port is searched at random (as kube-proxy's --random-fully): two nodes'
 * flows to one backend, or two racing ones, seldom meet.
 *
 * Context: softirq or process, RCU read side.
 * Return: NF_ACCEPT or NF_DROP.
 */
unsigned int nf_svc_bind_source(struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	struct nf_nat_range2 range = {
		.flags = NF_NAT_RANGE_PROTO_RANDOM_FULLY,
	};

	if (state->pf == NFPROTO_IPV4)
		return nf_nat_masquerade_ipv4(skb, state->hook, &range,
					      state->out);
	return nf_nat_masquerade_ipv6(skb, &range, state->out);
}

/**
 * nf_svc_masquerade_start() - follow addresses that go
 *
 * A masqueraded flow whose address is lost is ended, as with the kernel's own
 * masquerade.
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_masquerade_start(void)
{
	return nf_nat_masquerade_inet_register_notifiers();
}

/**
 * nf_svc_masquerade_stop() - undo nf_svc_masquerade_start()
 *
 * Context: process, may sleep.
 */
void nf_svc_masquerade_stop(void)
{
	nf_nat_masquerade_inet_unregister_notifiers();
}
