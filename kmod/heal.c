// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flows that conntrack remembers better than they deserve.
 *
 * conntrack knows a flow until it ends, and a flow of UDP ends when nothing is
 * sent: a client that goes on sends to the backend it was given, gone or not, for
 * ever (kubernetes/kubernetes#139628). So does a SYN out of a port whose old entry
 * is still there. And what began before its service did goes on past it
 * (#48719).
 *
 * So what could begin a flow is held against today's tables right after conntrack
 * found its entry. Where that entry is wrong it is ended, and conntrack is asked
 * again for the same packet, which then is the first of a new flow for all that
 * follows: NAT, our own hook, the rules of others. As Open vSwitch does it
 * (net/openvswitch/conntrack.c, skb_nfct_cached()).
 *
 * A backend is gone if its service no longer has it, or if there is no such service
 * or frontend any more. One that drains, or that merely left the set that this client
 * would get today, keeps its flows.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/sctp.h>
#include <linux/tcp.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_conntrack_timeout.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "packet.h"
#include "trace.h"

/* Where the packet's layer 4 begins, and what it is; negative: nowhere. */
static int nf_svc_transport(const struct sk_buff *skb, u8 family, u8 *protocol)
{
	__be16 fragment = 0;
	int offset;

	if (family == NFPROTO_IPV4) {
		*protocol = ip_hdr(skb)->protocol;
		/* whole here, but what a socket sends with IP_NODEFRAG */
		if (ip_hdr(skb)->frag_off & htons(IP_OFFSET))
			return -EINVAL;
		return skb_network_offset(skb) + ip_hdrlen(skb);
	}
	*protocol = ipv6_hdr(skb)->nexthdr;
	offset = ipv6_skip_exthdr(
		skb, skb_network_offset(skb) + sizeof(struct ipv6hdr), protocol,
		&fragment);
	return fragment & htons(IP6_OFFSET) ? -EINVAL : offset;
}

static bool nf_svc_is_syn(const struct sk_buff *skb, int offset)
{
	const struct tcphdr *tcp;
	struct tcphdr buffer;

	tcp = skb_header_pointer(skb, offset, sizeof(buffer), &buffer);
	return tcp && tcp->syn && !tcp->ack && !tcp->rst && !tcp->fin;
}

static bool nf_svc_is_init(const struct sk_buff *skb, int offset)
{
	const struct sctp_chunkhdr *chunk;
	struct sctp_chunkhdr buffer;

	chunk = skb_header_pointer(skb, offset + sizeof(struct sctphdr),
				   sizeof(buffer), &buffer);
	return chunk && chunk->type == SCTP_CID_INIT;
}

/* Could a flow begin with this packet? Others have to keep their entry. */
static bool nf_svc_may_begin(const struct sk_buff *skb, u8 protocol, int offset)
{
	switch (protocol) {
	case IPPROTO_UDP:
		return true;
	case IPPROTO_TCP:
		return nf_svc_is_syn(skb, offset);
	case IPPROTO_SCTP:
		return nf_svc_is_init(skb, offset);
	default:
		return false;
	}
}

/* Is it on its way to what its sender asked for, not past us already (on the
 * loopback device, of a VRF)? Of all three protocols the ports come first.
 */
static bool nf_svc_is_untouched(const struct sk_buff *skb,
				const struct nf_svc_packet *packet, int offset)
{
	const __be16 *ports;
	__be16 buffer[2];

	if (packet->family == NFPROTO_IPV4 ?
		    ip_hdr(skb)->daddr != packet->daddr.ip :
		    !ipv6_addr_equal(&ipv6_hdr(skb)->daddr, &packet->daddr.in6))
		return false;
	ports = skb_header_pointer(skb, offset, sizeof(buffer), buffer);
	return ports && ports[1] == packet->dport;
}

/*
 * Is the entry of this packet one that today's tables would not make?
 *
 * Not if somebody else gave it its destination: he was asked before us then, and would
 * be again, with each packet. Nor if we did and have no record of it. (What began
 * before these tables, with another load of the module, is recorded here as long as it
 * has a backend of ours; so it is missed only if that goes before its next packet.)
 */
static bool nf_svc_is_wrong(struct nf_svc_packet *packet, struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *reply =
		nf_ct_tuple(ct, IP_CT_DIR_REPLY);
	bool keeps;

	/* Of a flow that nobody rewrote, where it goes itself: that may be a backend
	 * of its frontend, at the same address and port.
	 */
	keeps = nf_svc_lookup_keeps(packet, &reply->src.u3, reply->src.u.all);
	if (!(READ_ONCE(ct->status) & IPS_DST_NAT))
		return !keeps;
	if (likely(keeps && packet->frontend)) {
		if (unlikely(time_before(jiffies, packet->ns->adopt_until)))
			nf_svc_flow_adopt(ct, packet);
		return false;
	}
	return nf_svc_flow_is_ours(packet->ns, ct);
}

/* Answered, and where its sender sent it: of no service, and nothing is wrong with it. */
static bool nf_svc_is_others(const struct nf_conn *ct)
{
	return (READ_ONCE(ct->status) & (IPS_DST_NAT | IPS_SEEN_REPLY)) ==
	       IPS_SEEN_REPLY;
}

/*
 * An entry that could be wrong, of those that are left: that of a flow whose
 * destination was rewritten, or of one that began before its frontend did. The latter
 * were never answered; they are looked for only as long as one may be left, for what
 * is sent into silence (a tunnel's packets) would pay for it always.
 */
static bool nf_svc_could_be_wrong(const struct nf_svc_ns *ns,
				  const struct nf_conn *ct)
{
	return READ_ONCE(ct->status) & IPS_DST_NAT ||
	       unlikely(time_before(jiffies, READ_ONCE(ns->heal_until)));
}

static unsigned int nf_svc_heal_drop(struct nf_svc_packet *packet,
				     const struct nf_hook_state *state,
				     u8 reason)
{
	packet->verdict = NF_SVC_VERDICT_DROP;
	packet->reason = reason;
	nf_svc_count_drop(packet, packet->reason);
	trace_nf_svc_drop(packet);
	nf_svc_event_drop(packet);
	/* For a socket of ours the way is full for now, not forbidden (EPERM). */
	return state->hook == NF_INET_LOCAL_OUT ? NF_DROP_ERR(-ENOBUFS) :
						  NF_DROP;
}

/*
 * Is it an entry as conntrack makes it by itself? Else rules (raw's CT, nft's ct) may
 * have said how, and conntrack has put away what they said: the packet cannot be the
 * first of such an entry. It is dropped then, and the next one is.
 */
static bool nf_svc_is_plain(const struct nf_conn *ct)
{
	return nf_ct_zone(ct)->id == NF_CT_DEFAULT_ZONE_ID && !nfct_help(ct) &&
	       !nf_ct_timeout_find(ct);
}

static unsigned int nf_svc_begin_anew(struct sk_buff *skb,
				      const struct nf_hook_state *state,
				      struct nf_svc_packet *packet,
				      struct nf_conn *ct)
{
	enum ip_conntrack_info ctinfo;
	unsigned int ret;

	bool plain = nf_svc_is_plain(ct);

	/* False if another processor ends it, and also if its end could not be
	 * told to a reliable listener, though it is ended then.
	 */
	nf_ct_kill(ct);
	if (unlikely(!plain))
		return nf_svc_heal_drop(packet, state, NF_SVC_DROP_BIND);
	nf_reset_ct(skb);
	ret = nf_conntrack_in(skb, state);
	ct = nf_ct_get(skb, &ctinfo);
	if (unlikely(ret != NF_ACCEPT || !ct || nf_ct_is_dying(ct)))
		return nf_svc_heal_drop(packet, state, NF_SVC_DROP_BIND);
	/* Another processor may have been faster, and counted. */
	if (!nf_ct_is_confirmed(ct)) {
		nf_svc_count_healed(packet);
		trace_nf_svc_heal(packet);
	}
	return NF_ACCEPT;
}

/* Tables, commit and device of a packet, or false if there are no tables. */
static bool nf_svc_heal_packet(struct nf_svc_packet *packet,
			       const struct nf_hook_state *state)
{
	/* Pairs with rcu_assign_pointer() in nf_svc_ns_get(). */
	packet->ns = rcu_dereference(nf_svc_net(state->net)->ns);
	if (!packet->ns)
		return false;
	/* Pairs with smp_store_release() in nf_svc_commit(). */
	packet->generation = smp_load_acquire(&packet->ns->generation);
	packet->net = state->net;
	packet->in = state->hook == NF_INET_LOCAL_OUT ? NULL : state->in;
	return true;
}

/*
 * A packet that conntrack could make nothing of is not translated. Of a service's
 * flow it would arrive from a backend, or at a ClusterIP, that its receiver never
 * had to do with. Those of other flows are not judged, nor those of other zones:
 * which one it was is forgotten with the template that said it.
 */
static unsigned int nf_svc_invalid(const struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	const struct nf_conntrack_tuple_hash *hash;
	struct nf_conntrack_tuple tuple;
	struct nf_svc_packet packet;
	struct nf_conn *ct;
	bool ours;

	if (!nf_ct_get_tuplepr(skb, skb_network_offset(skb), state->pf,
			       state->net, &tuple) ||
	    !nf_svc_heal_packet(&packet, state))
		return NF_ACCEPT;
	hash = nf_conntrack_find_get(state->net, &nf_ct_zone_dflt, &tuple);
	if (!hash)
		return NF_ACCEPT;
	ct = nf_ct_tuplehash_to_ctrack(hash);
	nf_svc_packet_from_flow(&packet, ct);
	ours = nf_svc_flow_is_ours(packet.ns, ct);
	nf_ct_put(ct);
	if (!ours)
		return NF_ACCEPT;
	nf_svc_lookup_keeps(&packet, NULL, 0);
	if (!packet.frontend)
		return NF_ACCEPT;
	nf_svc_classify(&packet);
	return nf_svc_heal_drop(&packet, state, NF_SVC_DROP_INVALID);
}

/* Out of line: what most packets need has no frame on the stack to make. */
static noinline unsigned int nf_svc_heal(struct sk_buff *skb,
					 const struct nf_hook_state *state,
					 struct nf_conn *ct,
					 enum ip_conntrack_info ctinfo)
{
	struct nf_svc_packet packet;
	u8 protocol;
	int offset;

	if (unlikely(!ct && ctinfo != IP_CT_UNTRACKED))
		return nf_svc_invalid(skb, state);
	/* Not about the flow: ICMP errors (RELATED) have its entry, too. */
	if (!ct || (ctinfo != IP_CT_NEW && ctinfo != IP_CT_ESTABLISHED) ||
	    !nf_ct_is_confirmed(ct) || ct->master)
		return NF_ACCEPT;
	/* What this node sent to itself was seen in LOCAL_OUT. */
	if (state->in && state->in->flags & IFF_LOOPBACK)
		return NF_ACCEPT;
	if (!nf_svc_heal_packet(&packet, state) ||
	    !nf_svc_could_be_wrong(packet.ns, ct))
		return NF_ACCEPT;
	offset = nf_svc_transport(skb, state->pf, &protocol);
	if (offset < 0 || protocol != nf_ct_protonum(ct) ||
	    !nf_svc_may_begin(skb, protocol, offset))
		return NF_ACCEPT;

	nf_svc_packet_from_flow(&packet, ct);
	if (likely(!nf_svc_is_untouched(skb, &packet, offset) ||
		   !nf_svc_is_wrong(&packet, ct)))
		return NF_ACCEPT;
	return nf_svc_begin_anew(skb, state, &packet, ct);
}

/* PRE_ROUTING and LOCAL_OUT: softirq or process, RCU read side. */
static unsigned int nf_svc_hook_heal(void *priv, struct sk_buff *skb,
				     const struct nf_hook_state *state)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	/* Replies, and what is not rewritten. */
	if (likely(ct && (ctinfo >= IP_CT_IS_REPLY || nf_svc_is_others(ct))))
		return NF_ACCEPT;
	return nf_svc_heal(skb, state, ct, ctinfo);
}

/*
 * Right after conntrack, before anybody has looked at the entry: rules of others
 * (mangle, policy routing by connection mark) see the new flow alone.
 */
static const struct nf_hook_ops nf_svc_heal_ops[][2] = {
	{
		{
			.hook = nf_svc_hook_heal,
			.pf = NFPROTO_IPV4,
			.hooknum = NF_INET_PRE_ROUTING,
			.priority = NF_IP_PRI_CONNTRACK + 1,
		},
		{
			.hook = nf_svc_hook_heal,
			.pf = NFPROTO_IPV4,
			.hooknum = NF_INET_LOCAL_OUT,
			.priority = NF_IP_PRI_CONNTRACK + 1,
		},
	},
	{
		{
			.hook = nf_svc_hook_heal,
			.pf = NFPROTO_IPV6,
			.hooknum = NF_INET_PRE_ROUTING,
			.priority = NF_IP6_PRI_CONNTRACK + 1,
		},
		{
			.hook = nf_svc_hook_heal,
			.pf = NFPROTO_IPV6,
			.hooknum = NF_INET_LOCAL_OUT,
			.priority = NF_IP6_PRI_CONNTRACK + 1,
		},
	},
};

/**
 * nf_svc_heal_hook() - watch over the flows of a family
 * @net: namespace
 * @family: NFPROTO_*
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: 0 or a negative error.
 */
int nf_svc_heal_hook(struct net *net, u8 family)
{
	return nf_register_net_hooks(net,
				     nf_svc_heal_ops[family == NFPROTO_IPV6],
				     ARRAY_SIZE(nf_svc_heal_ops[0]));
}

/**
 * nf_svc_heal_unhook() - undo nf_svc_heal_hook()
 * @net: namespace
 * @family: NFPROTO_*
 *
 * Context: process, may sleep; the namespace's mutex is held. Does not wait.
 */
void nf_svc_heal_unhook(struct net *net, u8 family)
{
	nf_unregister_net_hooks(net, nf_svc_heal_ops[family == NFPROTO_IPV6],
				ARRAY_SIZE(nf_svc_heal_ops[0]));
}
