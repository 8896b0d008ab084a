// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where packets meet us: the path of a flow's first packet, from top to bottom.
 *
 * The hooks are entries of nf_nat's own lists. nf_nat calls them for the first
 * packet of a flow that nobody has bound yet, rewrites that packet and all later
 * ones by what we bound, and undoes it for replies. Untracked packets never
 * reach us.
 */
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_nat.h>

#include "packet.h"
#include "trace.h"

/*
 * Why a source may not ask this frontend, or 0. Before the question whether
 * anybody serves: others learn nothing of that.
 */
static u8 nf_svc_source_kept_out(const struct nf_svc_packet *packet)
{
	const struct nf_svc_frontend *frontend = packet->frontend;

	if (unlikely(frontend->flags & NF_SVC_FRONTEND_INTERNAL) &&
	    packet->class == NF_SVC_CLASS_OUTSIDE)
		return NF_SVC_DROP_INTERNAL;
	if (unlikely(frontend->nr_ranges) &&
	    !nf_svc_cidrs_have(frontend->ranges, frontend->nr_ranges,
			       packet->family, &packet->saddr))
		return NF_SVC_DROP_SOURCE_RANGE;
	return 0;
}

/**
 * nf_svc_decide() - what is to become of the first packet of a flow?
 * @packet: addresses, ports, @ns, @generation and @in are set; sets the rest
 *
 * The one answer, for packets and for EXPLAIN. No side effect.
 *
 * Context: softirq or process, RCU read side.
 */
void nf_svc_decide(struct nf_svc_packet *packet)
{
	nf_svc_lookup(packet);
	if (!packet->frontend)
		return;
	packet->reason = nf_svc_source_kept_out(packet);
	if (unlikely(packet->reason))
		packet->verdict = NF_SVC_VERDICT_DROP;
	else
		nf_svc_select(packet);
}

/* A new flow's packet that is ours to look at, or false. */
static bool nf_svc_packet_of(struct nf_svc_packet *packet, struct nf_conn **ct,
			     struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	enum ip_conntrack_info ctinfo;

	*ct = nf_ct_get(skb, &ctinfo);
	/* Children of other flows (RELATED, expected) go where those go. */
	if (ctinfo != IP_CT_NEW || (*ct)->master)
		return false;
	/* A flow from before our hooks: its entry can no longer be bound. */
	if (nf_ct_is_confirmed(*ct))
		return false;

	/* Pairs with rcu_assign_pointer() in nf_svc_ns_get(). */
	packet->ns = rcu_dereference(nf_svc_net(state->net)->ns);
	if (!packet->ns)
		return false;

	/* Pairs with smp_store_release() in nf_svc_commit(). */
	packet->generation = smp_load_acquire(&packet->ns->generation);
	packet->net = state->net;
	nf_svc_packet_from_flow(packet, *ct);
	return true;
}

/* Count and tell a packet that does not go on; @ret is what becomes of it. */
static unsigned int nf_svc_stop(struct nf_svc_packet *packet, unsigned int ret)
{
	nf_svc_count_drop(packet, packet->reason);
	trace_nf_svc_drop(packet);
	nf_svc_event_drop(packet);
	return ret;
}

/* PRE_ROUTING and LOCAL_OUT: softirq or process, RCU read side. */
static unsigned int nf_svc_hook_destination(void *priv, struct sk_buff *skb,
					    const struct nf_hook_state *state)
{
	struct nf_svc_packet packet;
	struct nf_conn *ct;
	unsigned int ret;

	if (!nf_svc_packet_of(&packet, &ct, skb, state))
		return NF_ACCEPT;
	packet.in = state->hook == NF_INET_LOCAL_OUT ? NULL : state->in;

	nf_svc_decide(&packet);

	switch (packet.verdict) {
	case NF_SVC_VERDICT_FORWARD:
		if (unlikely(packet.config->affinity_timeout))
			nf_svc_affinity_remember(&packet);
		ret = nf_svc_bind_destination(ct, &packet);
		if (likely(ret == NF_ACCEPT)) {
			nf_svc_flow_begin(ct, &packet);
			nf_svc_count_flow(&packet);
			nf_svc_mark(skb, &packet);
			return NF_ACCEPT;
		}
		packet.verdict = NF_SVC_VERDICT_DROP;
		packet.reason = NF_SVC_DROP_BIND;
		break;
	case NF_SVC_VERDICT_REFUSE:
		ret = nf_svc_refuse(skb, state, &packet);
		break;
	case NF_SVC_VERDICT_DROP:
		ret = NF_DROP;
		break;
	default:
		return NF_ACCEPT;
	}
	return nf_svc_stop(&packet, ret);
}

/*
 * PRE_ROUTING and LOCAL_OUT, after all others: softirq or process, RCU read side.
 *
 * nf_nat comes to the end of its list only with flows that nobody has bound. So
 * services of other programs in a service CIDR of ours go on.
 */
static unsigned int nf_svc_hook_nobody(void *priv, struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	struct nf_svc_packet packet;
	struct nf_conn *ct;

	if (!nf_svc_packet_of(&packet, &ct, skb, state))
		return NF_ACCEPT;
	packet.in = state->hook == NF_INET_LOCAL_OUT ? NULL : state->in;

	nf_svc_lookup_nobody(&packet);
	if (likely(packet.verdict != NF_SVC_VERDICT_DROP))
		return NF_ACCEPT;
	return nf_svc_stop(&packet, NF_DROP);
}

/*
 * POST_ROUTING: softirq or process, RCU read side.
 *
 * No mark says that a flow is ours: what its frontend asks for is looked up
 * again, for new flows that somebody gave another destination.
 */
static unsigned int nf_svc_hook_source(void *priv, struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	const struct nf_conntrack_tuple *reply;
	struct nf_svc_packet packet;
	struct nf_conn *ct;
	unsigned int ret;
	bool hairpin;

	if (!nf_svc_packet_of(&packet, &ct, skb, state) ||
	    !(ct->status & IPS_DST_NAT))
		return NF_ACCEPT;
	/* To this node itself: replies come back anyway, and the address that a
	 * masquerade would find on the loopback device helps nobody.
	 */
	if (state->out->flags & IFF_LOOPBACK)
		return NF_ACCEPT;
	packet.in = skb->skb_iif ?
			    dev_get_by_index_rcu(state->net, skb->skb_iif) :
			    NULL;

	reply = nf_ct_tuple(ct, IP_CT_DIR_REPLY);
	if (!nf_svc_lookup_flow(&packet, &reply->src.u3, reply->src.u.all))
		return NF_ACCEPT;

	/* A backend that asks its own service would answer itself directly. */
	hairpin = nf_inet_addr_cmp(&packet.saddr, &reply->src.u3);
	if (!hairpin && !packet.rule->masquerade)
		return NF_ACCEPT;

	ret = nf_svc_bind_source(skb, state);
	if (likely(ret == NF_ACCEPT)) {
		nf_svc_count_masqueraded(&packet);
		return NF_ACCEPT;
	}
	packet.verdict = NF_SVC_VERDICT_DROP;
	packet.reason = NF_SVC_DROP_BIND;
	return nf_svc_stop(&packet, ret);
}

/*
 * Priorities are nf_nat's own, for they order only the users of nf_nat. One
 * before the usual places: the first to bind a flow wins, and with an equal
 * priority that would be the one loaded last. In POST_ROUTING this is why a
 * CNI's own masquerade need not know of ours. What is nobody's is asked last.
 */
static const struct nf_hook_ops nf_svc_ops_ipv4[] = {
	{
		/* from pods and from outside */
		.hook = nf_svc_hook_destination,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP_PRI_NAT_DST - 1,
	},
	{
		/* from this node; nf_nat routes the packet again */
		.hook = nf_svc_hook_destination,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = NF_IP_PRI_NAT_DST - 1,
	},
	{
		/* the way out is known: masquerade needs its device */
		.hook = nf_svc_hook_source,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_POST_ROUTING,
		.priority = NF_IP_PRI_NAT_SRC - 1,
	},
	{
		.hook = nf_svc_hook_nobody,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP_PRI_LAST,
	},
	{
		.hook = nf_svc_hook_nobody,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = NF_IP_PRI_LAST,
	},
};

static const struct nf_hook_ops nf_svc_ops_ipv6[] = {
	{
		/* as for IPv4 */
		.hook = nf_svc_hook_destination,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP6_PRI_NAT_DST - 1,
	},
	{
		.hook = nf_svc_hook_destination,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = NF_IP6_PRI_NAT_DST - 1,
	},
	{
		.hook = nf_svc_hook_source,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_POST_ROUTING,
		.priority = NF_IP6_PRI_NAT_SRC - 1,
	},
	{
		.hook = nf_svc_hook_nobody,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP6_PRI_LAST,
	},
	{
		.hook = nf_svc_hook_nobody,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = NF_IP6_PRI_LAST,
	},
};

static void nf_svc_nat_unhook(struct net *net, u8 family, u32 nr)
{
	while (nr--) {
		if (family == NFPROTO_IPV4)
			nf_nat_ipv4_unregister_fn(net, &nf_svc_ops_ipv4[nr]);
		else
			nf_nat_ipv6_unregister_fn(net, &nf_svc_ops_ipv6[nr]);
	}
}

static int nf_svc_nat_hook(struct net *net, u8 family)
{
	u32 i;
	int err;

	for (i = 0; i < ARRAY_SIZE(nf_svc_ops_ipv4); i++) {
		if (family == NFPROTO_IPV4)
			err = nf_nat_ipv4_register_fn(net, &nf_svc_ops_ipv4[i]);
		else
			err = nf_nat_ipv6_register_fn(net, &nf_svc_ops_ipv6[i]);
		if (err) {
			nf_svc_nat_unhook(net, family, i);
			return err;
		}
	}
	return 0;
}

static void nf_svc_family_unhook(struct net *net, u8 family)
{
	nf_svc_heal_unhook(net, family);
	nf_svc_nat_unhook(net, family, ARRAY_SIZE(nf_svc_ops_ipv4));
	nf_ct_netns_put(net, family);
}

static int nf_svc_family_hook(struct net *net, u8 family)
{
	int err;

	err = nf_ct_netns_get(net, family);
	if (err)
		return err;
	err = nf_svc_nat_hook(net, family);
	if (err)
		goto put;
	err = nf_svc_heal_hook(net, family);
	if (err)
		goto unhook;
	return 0;

unhook:
	nf_svc_nat_unhook(net, family, ARRAY_SIZE(nf_svc_ops_ipv4));
put:
	nf_ct_netns_put(net, family);
	return err;
}

static const u8 nf_svc_families[] = { NFPROTO_IPV4, NFPROTO_IPV6 };

/* The bit that the newest settings mark packets with, or 0. */
static u32 nf_svc_mark_bit(const struct nf_svc_ns *ns)
{
	const struct nf_svc_settings *settings =
		(const struct nf_svc_settings *)rcu_dereference_protected(
			ns->settings, 1);

	return settings ? settings->mark : 0;
}

/**
 * nf_svc_hooks_register() - see packets of the families that have frontends
 * @ns: of the namespace
 * @staged: settings that are about to be the newest, or NULL
 *
 * Turns on connection tracking and NAT there.
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: 0 or a negative error; one family may be hooked then, the other not.
 */
int nf_svc_hooks_register(struct nf_svc_ns *ns,
			  const struct nf_svc_settings *staged)
{
	u32 mark = staged ? staged->mark : nf_svc_mark_bit(ns), i;
	int err;

	/* Before any packet is marked with it. */
	WRITE_ONCE(ns->mark_bits, ns->mark_bits | mark);
	for (i = 0; i < ARRAY_SIZE(nf_svc_families); i++) {
		if (!ns->family_frontends[i])
			continue;
		if (!ns->hooked[i]) {
			err = nf_svc_family_hook(ns->net, nf_svc_families[i]);
			if (err)
				return err;
			ns->hooked[i] = true;
		}
		if (mark && !ns->mark_hooked[i]) {
			err = nf_svc_mark_hook(ns->net, nf_svc_families[i]);
			if (err)
				return err;
			ns->mark_hooked[i] = true;
		}
	}
	return 0;
}

/**
 * nf_svc_hooks_unregister() - leave packets of families without frontends alone
 * @ns: of the namespace
 * @all: of families with frontends, too
 *
 * A flow that the last frontend bound in PRE_ROUTING still has to meet us in
 * POST_ROUTING, so this is for when no packet reads a generation that had one. So
 * it is with a marked packet, and settings that no longer mark any.
 *
 * Does not wait: for a grace period, packets may still be inside our functions
 * and use the tables.
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: were there any?
 */
bool nf_svc_hooks_unregister(struct nf_svc_ns *ns, bool all)
{
	u32 mark = all ? 0 : nf_svc_mark_bit(ns), i;
	bool any = false, keep;

	for (i = 0; i < ARRAY_SIZE(nf_svc_families); i++) {
		keep = ns->family_frontends[i] && !all;
		if (ns->mark_hooked[i] && !(keep && mark)) {
			nf_svc_mark_unhook(ns->net, nf_svc_families[i]);
			ns->mark_hooked[i] = false;
			any = true;
		}
		if (!ns->hooked[i] || keep)
			continue;
		nf_svc_family_unhook(ns->net, nf_svc_families[i]);
		ns->hooked[i] = false;
		any = true;
	}
	WRITE_ONCE(ns->mark_bits, mark);
	return any;
}
