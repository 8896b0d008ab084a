// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bit in the mark of packets whose flow will be masqueraded, where the settings
 * ask for one.
 *
 * kube-proxy needs such a bit (0x4000) to know again in POST_ROUTING what it meant
 * in PRE_ROUTING. We do not; it is for what others have built on it: routing rules
 * and filters in between. Off by default, and then no hook of this file is there.
 */
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>

#include "packet.h"

/**
 * nf_svc_mark() - mark a flow's first packet if the flow will be masqueraded
 * @skb: the packet
 * @packet: has @rule and @backend
 *
 * Where its route leads is not known here: one to a backend on this node itself is
 * marked, too, as with kube-proxy.
 *
 * Context: softirq or process, RCU read side.
 */
void nf_svc_mark(struct sk_buff *skb, const struct nf_svc_packet *packet)
{
	const struct nf_svc_settings *settings;

	if (!packet->rule->masquerade &&
	    !nf_inet_addr_cmp(&packet->saddr, &packet->backend->addr))
		return;
	settings = nf_svc_settings_at(packet->ns, packet->generation);
	if (settings && unlikely(settings->mark))
		skb->mark |= settings->mark;
}

/*
 * POST_ROUTING and LOCAL_IN: softirq or process, RCU read side.
 *
 * Of all bits that packets may have now: one may have been marked before the last
 * commit. Not only of first packets: a rule of others may have saved the mark with
 * the connection and restored it in a later one.
 */
static unsigned int nf_svc_hook_unmark(void *priv, struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	const struct nf_svc_ns *ns;
	u32 bits;

	if (likely(!skb->mark))
		return NF_ACCEPT;
	/* Pairs with rcu_assign_pointer() in nf_svc_ns_get(). */
	ns = rcu_dereference(nf_svc_net(state->net)->ns);
	if (!ns)
		return NF_ACCEPT;
	bits = READ_ONCE(ns->mark_bits);
	if (skb->mark & bits)
		skb->mark &= ~bits;
	return NF_ACCEPT;
}

/*
 * After all rules of others, which are to see the mark; before what stands at the
 * two last places (conntrack's confirmation), for at an equal one the order would
 * be that of loading.
 */
static const struct nf_hook_ops nf_svc_mark_ops[][2] = {
	{
		{
			/* leaves the node, by whatever way */
			.hook = nf_svc_hook_unmark,
			.pf = NFPROTO_IPV4,
			.hooknum = NF_INET_POST_ROUTING,
			.priority = NF_IP_PRI_LAST - 2,
		},
		{
			/* reaches a socket, which may ask for its mark */
			.hook = nf_svc_hook_unmark,
			.pf = NFPROTO_IPV4,
			.hooknum = NF_INET_LOCAL_IN,
			.priority = NF_IP_PRI_LAST - 2,
		},
	},
	{
		{
			/* as for IPv4 */
			.hook = nf_svc_hook_unmark,
			.pf = NFPROTO_IPV6,
			.hooknum = NF_INET_POST_ROUTING,
			.priority = NF_IP6_PRI_LAST - 2,
		},
		{
			.hook = nf_svc_hook_unmark,
			.pf = NFPROTO_IPV6,
			.hooknum = NF_INET_LOCAL_IN,
			.priority = NF_IP6_PRI_LAST - 2,
		},
	},
};

/**
 * nf_svc_mark_hook() - clear the bit where packets leave
 * @net: namespace
 * @family: NFPROTO_*
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: 0 or a negative error.
 */
int nf_svc_mark_hook(struct net *net, u8 family)
{
	return nf_register_net_hooks(net,
				     nf_svc_mark_ops[family == NFPROTO_IPV6],
				     ARRAY_SIZE(nf_svc_mark_ops[0]));
}

/**
 * nf_svc_mark_unhook() - undo nf_svc_mark_hook()
 * @net: namespace
 * @family: NFPROTO_*
 *
 * When a grace period has passed since the commit that ended the marking. Does not
 * wait. Packets that others have queued for a program (NFQUEUE) are dropped by it,
 * as when any hook goes; a sender that was preempted between LOCAL_OUT and
 * POST_ROUTING for longer than that lets its one packet go marked.
 *
 * Context: process, may sleep; the namespace's mutex is held.
 */
void nf_svc_mark_unhook(struct net *net, u8 family)
{
	nf_unregister_net_hooks(net, nf_svc_mark_ops[family == NFPROTO_IPV6],
				ARRAY_SIZE(nf_svc_mark_ops[0]));
}
