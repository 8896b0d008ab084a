// SPDX-License-Identifier: GPL-2.0-only
/*
 * Refuse a flow at once.
 *
 * Others get a RST (TCP) or an ICMP port unreachable; the node's own clients
 * get ECONNREFUSED from the system call itself: an ICMP error would meet a
 * socket that its owner holds in connect(), and be put off until the SYN is
 * sent again a second later.
 *
 * Answers are limited, for they can be asked for with a forged source: by
 * source address and by service, so that one of either cannot keep the kernel's
 * own limit on ICMP (net.ipv4.icmp_msgs_per_sec 1000, icmp_msgs_burst 50) spent
 * for all: one source that asks many services may take those 50 at once, then 50
 * of each 1000. A TCP RST costs a quarter (source) or an eighth (service) of an
 * ICMP error.
 *
 *	of one source:	200 RST or 50 ICMP a second, as many at once
 *	of one service:	1000 RST or 125 ICMP a second, 200 or 25 at once;
 *			all that no frontend claims is one service here
 */
#include <net/dst_metadata.h>
#include <net/netfilter/ipv4/nf_reject.h>
#include <net/netfilter/ipv6/nf_reject.h>

#include "limit.h"
#include "packet.h"

struct nf_svc_refusal_limit {
	u64 window; /* ns of answers that may be sent at once */
	u64 reset; /* ns that a RST costs */
	u64 unreach; /* ns that an ICMP error costs */
};

static const struct nf_svc_refusal_limit nf_svc_limit_source = {
	.window = NSEC_PER_SEC,
	.reset = 5 * NSEC_PER_MSEC,
	.unreach = 20 * NSEC_PER_MSEC,
};

static const struct nf_svc_refusal_limit nf_svc_limit_service = {
	.window = 200 * NSEC_PER_MSEC,
	.reset = 1 * NSEC_PER_MSEC,
	.unreach = 8 * NSEC_PER_MSEC,
};

static u64 nf_svc_refusal_cost(const struct nf_svc_refusal_limit *limit,
			       bool reset)
{
	return reset ? limit->reset : limit->unreach;
}

static bool nf_svc_refusal_allowed(const struct nf_svc_packet *packet,
				   bool reset)
{
	u32 slot =
		nf_svc_hash_addr(packet->ns, packet->family, &packet->saddr) %
		NF_SVC_REFUSE_SLOTS;

	atomic64_t *service = packet->frontend ?
				      &packet->frontend->service->refused :
				      &packet->ns->refused_unclaimed;
	u64 cost_service = nf_svc_refusal_cost(&nf_svc_limit_service, reset);
	u64 cost_source = nf_svc_refusal_cost(&nf_svc_limit_source, reset);

	/* No answer that the other limit forbids is charged. A flood at one
	 * service leaves its victims' sources as they were, and a flooding
	 * source the service.
	 */
	return nf_svc_limit_left(service, nf_svc_limit_service.window,
				 cost_service) &&
	       nf_svc_limit_take(&packet->ns->refused[slot],
				 nf_svc_limit_source.window, cost_source) &&
	       nf_svc_limit_take(service, nf_svc_limit_service.window,
				 cost_service);
}

/**
 * nf_svc_refuse() - refuse a packet
 * @skb: the packet; stays the caller's
 * @state: PRE_ROUTING or LOCAL_OUT, where nothing is confirmed yet: dropping
 *	the packet forgets the flow
 * @packet: what is known of it; its verdict becomes to drop if there is no answer
 *
 * Context: softirq or process, RCU read side.
 * Return: verdict for the caller to return.
 */
unsigned int nf_svc_refuse(struct sk_buff *skb,
			   const struct nf_hook_state *state,
			   struct nf_svc_packet *packet)
{
	bool reset = packet->protocol == IPPROTO_TCP &&
		     (!packet->config ||
		      packet->config->refuse_with == NF_SVC_REFUSE_RESET);

	if (state->hook == NF_INET_LOCAL_OUT)
		return NF_DROP_ERR(-ECONNREFUSED);

	if (!nf_svc_refusal_allowed(packet, reset)) {
		/* Counted beside the reason for which it is refused. */
		nf_svc_count_drop(packet, NF_SVC_DROP_REFUSAL_LIMIT);
		packet->verdict = NF_SVC_VERDICT_DROP;
		return NF_DROP;
	}

	/* A packet out of a tunnel in metadata mode (VXLAN of Open vSwitch, say)
	 * has a dst that is no route. What answers looks for a route only if
	 * there is no dst at all (6.1's nf_send_reset()).
	 */
	if (!skb_valid_dst(skb))
		skb_dst_drop(skb);

	if (state->pf == NFPROTO_IPV4) {
		if (reset)
			nf_send_reset(state->net, state->sk, skb, state->hook);
		else
			nf_send_unreach(skb, ICMP_PORT_UNREACH, state->hook);
	} else {
		if (reset)
			nf_send_reset6(state->net, state->sk, skb, state->hook);
		else
			nf_send_unreach6(state->net, skb, ICMPV6_PORT_UNREACH,
					 state->hook);
	}
	return NF_DROP;
}
