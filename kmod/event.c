// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notifications: what a commit changed, claims, packets that were dropped.
 *
 * A listener that cannot be told is told that: netlink does so where its buffer
 * is full, we where there is no memory for the message.
 */
#include "genl.h"
#include "limit.h"
#include "packet.h"

/*
 * Messages of one group under way: several in a buffer, for each buffer costs
 * its listeners more than what is in it.
 */
struct nf_svc_events {
	struct net *net;
	u32 group;
	struct sk_buff *skb;
	bool lost;
};

static void nf_svc_events_send(struct nf_svc_events *events)
{
	if (!events->skb)
		return;
	genlmsg_multicast_netns(&nf_svc_genl_family, events->net, events->skb,
				0, events->group, GFP_KERNEL);
	events->skb = NULL;
}

/* One more message; what does not fit goes into the next buffer. */
static void nf_svc_events_add(struct nf_svc_events *events, u8 cmd,
			      int (*put)(struct sk_buff *skb, const void *what,
					 u64 generation),
			      const void *what, u64 generation)
{
	void *head;
	int tries;

	/* Listeners that have missed one read the tables anyway. */
	for (tries = 0; tries < 2 && !events->lost; tries++) {
		if (!events->skb)
			events->skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
		if (!events->skb)
			break;
		head = genlmsg_put(events->skb, 0, 0, &nf_svc_genl_family, 0,
				   cmd);
		if (head && !put(events->skb, what, generation)) {
			genlmsg_end(events->skb, head);
			return;
		}
		if (head)
			genlmsg_cancel(events->skb, head);
		nf_svc_events_send(events);
	}
	events->lost = true;
}

static void nf_svc_events_end(struct nf_svc_events *events)
{
	nf_svc_events_send(events);
	if (events->lost)
		genl_set_err(&nf_svc_genl_family, events->net, 0, events->group,
			     -ENOBUFS);
}

static int nf_svc_event_put_change(struct sk_buff *skb, const void *what,
				   u64 generation)
{
	const struct nf_svc_change *change = what;
	const struct nf_svc_service *service = change->service;

	if (nla_put_u64_64bit(skb, NF_SVC_A_GENERATION, generation,
			      NF_SVC_A_PAD) ||
	    nla_put_string(skb, NF_SVC_A_OWNER, service->owner) ||
	    nf_svc_put_service_key(skb, service) ||
	    nla_put_u32(skb, NF_SVC_A_CHANGE, change->kind))
		return -EMSGSIZE;
	return nf_svc_put_counts(skb, &change->counts);
}

static int nf_svc_event_put_record(struct sk_buff *skb, const void *what,
				   u64 generation)
{
	return nf_svc_put_record(skb, what);
}

static int nf_svc_event_put_claim(struct sk_buff *skb, const void *what,
				  u64 generation)
{
	return nf_svc_put_claim(skb, what);
}

/**
 * nf_svc_event_commit() - tell what a commit changed
 * @net: namespace
 * @tx: the transaction, applied, its changes still there
 * @record: what is remembered of it
 *
 * Context: process, may sleep; the namespace's mutex is held, which keeps the
 * messages of commits in order.
 */
void nf_svc_event_commit(struct net *net, const struct nf_svc_tx *tx,
			 const struct nf_svc_record *record)
{
	struct nf_svc_events events = {
		.net = net,
		.group = NF_SVC_GENL_EVENTS,
	};
	const struct nf_svc_change *change;

	if (!genl_has_listeners(&nf_svc_genl_family, net, events.group))
		return;
	if (!record->not_listed) {
		list_for_each_entry(change, &tx->changes, list) {
			if (nf_svc_change_is_none(change))
				continue;
			nf_svc_events_add(&events, NF_SVC_CMD_CHANGED,
					  nf_svc_event_put_change, change,
					  record->generation);
			cond_resched();
		}
	}
	nf_svc_events_add(&events, NF_SVC_CMD_COMMITTED,
			  nf_svc_event_put_record, record, record->generation);
	nf_svc_events_end(&events);
}

/**
 * nf_svc_event_claim() - tell that an owner was claimed, or is free again
 * @net: namespace
 * @cmd: NF_SVC_CMD_CLAIM or NF_SVC_CMD_RELEASE
 * @claim: the claim
 *
 * Context: process, may sleep; the claims' mutex is held.
 */
void nf_svc_event_claim(struct net *net, u8 cmd,
			const struct nf_svc_claim *claim)
{
	struct nf_svc_events events = {
		.net = net,
		.group = NF_SVC_GENL_EVENTS,
	};

	if (!genl_has_listeners(&nf_svc_genl_family, net, events.group))
		return;
	nf_svc_events_add(&events, cmd, nf_svc_event_put_claim, claim, 0);
	nf_svc_events_end(&events);
}

static int nf_svc_event_put_drop(struct sk_buff *skb,
				 const struct nf_svc_packet *packet, u32 lost)
{
	const struct nf_svc_service *service =
		packet->frontend ? packet->frontend->service : NULL;
	unsigned int len = nf_svc_addr_len(packet->family);

	if (nla_put_u32(skb, NF_SVC_A_DROP_REASON, packet->reason) ||
	    nla_put_u32(skb, NF_SVC_A_VERDICT, packet->verdict) ||
	    nla_put_u32(skb, NF_SVC_A_CLASS, packet->class) ||
	    nla_put_u32(skb, NF_SVC_A_FAMILY, packet->family) ||
	    nla_put_u32(skb, NF_SVC_A_PROTOCOL, packet->protocol) ||
	    nla_put(skb, NF_SVC_A_SOURCE, len, &packet->saddr) ||
	    nla_put_u32(skb, NF_SVC_A_SOURCE_PORT, ntohs(packet->sport)) ||
	    nla_put(skb, NF_SVC_A_ADDRESS, len, &packet->daddr) ||
	    nla_put_u32(skb, NF_SVC_A_PORT, ntohs(packet->dport)))
		return -EMSGSIZE;
	if (packet->in &&
	    nla_put_string(skb, NF_SVC_A_DEVICE, packet->in->name))
		return -EMSGSIZE;
	if (service && (nla_put_string(skb, NF_SVC_A_NAME, service->name) ||
			nla_put_string(skb, NF_SVC_A_OWNER, service->owner)))
		return -EMSGSIZE;
	return lost ? nla_put_u32(skb, NF_SVC_A_LOST, lost) : 0;
}

static bool nf_svc_event_send_drop(const struct nf_svc_packet *packet, u32 lost)
{
	struct sk_buff *skb;
	void *head;

	/* Fits: two addresses and three strings of known length. */
	skb = genlmsg_new(NF_SVC_NAME_MAX + NF_SVC_OWNER_MAX + 256, GFP_ATOMIC);
	if (!skb)
		return false;
	head = genlmsg_put(skb, 0, 0, &nf_svc_genl_family, 0,
			   NF_SVC_CMD_DROPPED);
	if (!head || nf_svc_event_put_drop(skb, packet, lost)) {
		nlmsg_free(skb);
		return false;
	}
	genlmsg_end(skb, head);
	genlmsg_multicast_netns(&nf_svc_genl_family, packet->ns->net, skb, 0,
				NF_SVC_GENL_DROPS, GFP_ATOMIC);
	return true;
}

/**
 * nf_svc_event_drop() - tell that a packet was refused or dropped
 * @packet: the packet
 *
 * As many a second as NF_SVC_DROPS_RATE says: who floods us is not to make us
 * flood our listeners.
 *
 * Context: softirq or process, RCU read side.
 */
void nf_svc_event_drop(const struct nf_svc_packet *packet)
{
	struct nf_svc_ns *ns = packet->ns;
	u32 lost;

	if (!genl_has_listeners(&nf_svc_genl_family, ns->net,
				NF_SVC_GENL_DROPS))
		return;
	if (!nf_svc_limit_take(&ns->told, NSEC_PER_SEC,
			       NSEC_PER_SEC / NF_SVC_DROPS_RATE)) {
		atomic_inc(&ns->lost);
		return;
	}
	lost = atomic_xchg(&ns->lost, 0);
	if (!nf_svc_event_send_drop(packet, lost))
		atomic_add(lost + 1, &ns->lost);
}
