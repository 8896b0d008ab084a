// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of flows: which entries of conntrack are ours, and whose backends they keep.
 *
 * A flow is recorded when it is bound. conntrack tells no module when an entry goes,
 * so a worker looks at every record twice a second, and takes away those whose flow
 * has ended. No packet of an established flow comes by here.
 *
 * A record holds a reference to its entry, but not from the first: whoever finds more
 * than one at an entry that is not yet confirmed takes its packet for a copy
 * (nfnetlink_queue drops it, nf_ct_drop_unconfirmed()). So a young record only knows
 * where the entry was and what it was called, and the worker looks for one of that
 * name at that place. It is there as soon as its first packet has left the node or
 * reached a socket; if that was dropped the record goes soon, and so does one whose
 * packet waits for longer than that in a queue: that flow goes on unrecorded.
 *
 * As long as a reference is held the entry's memory is not used for another, so a new
 * entry found under an old record's key tells that the old one never lived.
 *
 * References keep entries from being freed, and conntrack's namespace from ending:
 * they are given back within a turn of the worker, all of them before conntrack's own
 * exit from a namespace, which comes after ours, for we need its module.
 */
#include <linux/slab.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "flow.h"
#include "packet.h"

/* How often the records are looked at. */
#define NF_SVC_FLOW_PERIOD (HZ / 2)
/* How long an entry has to become known to conntrack. */
#define NF_SVC_FLOW_YOUNG (HZ / 2)
/* Records that are looked at in one read side. */
#define NF_SVC_FLOW_BATCH 256

static const struct rhashtable_params nf_svc_flow_params = {
	.head_offset = offsetof(struct nf_svc_flow, node),
	.key_offset = offsetof(struct nf_svc_flow, ct),
	.key_len = sizeof_field(struct nf_svc_flow, ct),
	.automatic_shrinking = true,
};

/* @flow is in no table any more. */
static void nf_svc_flow_free(struct nf_svc_flows *flows,
			     struct nf_svc_flow *flow)
{
	if (flow->state != NF_SVC_FLOW_OVER)
		atomic_dec(&flow->load->live);
	nf_svc_load_put(flows, flow->load);
	if (flow->held)
		nf_ct_put(flow->ct);
	atomic_dec(&flows->count);
	kfree_rcu(flow, rcu);
}

/*
 * Of an entry that is not confirmed: a record with the same key is of one that never
 * was, and gives way. A confirmed one may have been recorded by another processor.
 */
static int nf_svc_flow_insert(struct nf_svc_flows *flows,
			      struct nf_svc_flow *flow, bool confirmed)
{
	struct nf_svc_flow *old;

	do {
		old = rhashtable_lookup_get_insert_fast(
			&flows->records, &flow->node, nf_svc_flow_params);
		if (!old)
			return 0;
		if (IS_ERR(old))
			return PTR_ERR(old);
		if (confirmed)
			return -EEXIST;
		/* Fails if the worker takes it away: then it is gone. */
	} while (rhashtable_replace_fast(&flows->records, &old->node,
					 &flow->node, nf_svc_flow_params));
	nf_svc_flow_free(flows, old);
	return 0;
}

static struct nf_svc_flow *nf_svc_flow_new(struct nf_svc_flows *flows,
					   struct nf_conn *ct,
					   const struct nf_svc_packet *packet)
{
	struct nf_svc_flow *flow;

	flow = kmalloc(sizeof(*flow), GFP_ATOMIC | __GFP_NOWARN);
	if (!flow)
		return NULL;
	flow->load = nf_svc_load_get(flows, packet->frontend->service,
				     packet->backend);
	if (!flow->load) {
		kfree(flow);
		return NULL;
	}
	flow->ct = ct;
	flow->begun = jiffies;
	flow->tuple = *nf_ct_tuple(ct, IP_CT_DIR_ORIGINAL);
	flow->zone = *nf_ct_zone(ct);
	flow->state = NF_SVC_FLOW_OPENING;
	flow->held = false;
	return flow;
}

static bool nf_svc_flow_record(struct nf_svc_flows *flows, struct nf_conn *ct,
			       const struct nf_svc_packet *packet,
			       bool confirmed)
{
	unsigned int count = atomic_inc_return(&flows->count);
	struct nf_svc_flow *flow;

	/* Before there is one: the worker rests only while @count is 0. */
	if (unlikely(count == 1))
		queue_delayed_work(system_unbound_wq, &flows->work,
				   NF_SVC_FLOW_PERIOD);
	if (unlikely(count > nf_svc_limits.flows))
		goto uncount;
	flow = nf_svc_flow_new(flows, ct, packet);
	if (unlikely(!flow))
		goto uncount;
	if (likely(!nf_svc_flow_insert(flows, flow, confirmed)))
		return true;
	/* nobody has seen it */
	atomic_dec(&flow->load->live);
	nf_svc_load_put(flows, flow->load);
	kfree(flow);
uncount:
	atomic_dec(&flows->count);
	return false;
}

/**
 * nf_svc_flow_begin() - record a flow
 * @ct: its entry, not confirmed, that was just bound
 * @packet: its first packet
 *
 * At the limit, or without memory, it goes on unrecorded, and that is counted.
 *
 * Context: softirq or process, RCU read side.
 */
void nf_svc_flow_begin(struct nf_conn *ct, const struct nf_svc_packet *packet)
{
	if (unlikely(!nf_svc_flow_record(packet->ns->flows, ct, packet, false)))
		nf_svc_count_unrecorded(packet);
}

/**
 * nf_svc_flow_adopt() - record a flow that began before the tables, if it is not
 * @ct: its entry, confirmed, rewritten as we would have done it
 * @packet: a packet of it; has @frontend and @backend
 *
 * Context: softirq or process, RCU read side.
 */
void nf_svc_flow_adopt(struct nf_conn *ct, const struct nf_svc_packet *packet)
{
	if (!nf_svc_flow_is_ours(packet->ns, ct))
		nf_svc_flow_record(packet->ns->flows, ct, packet, true);
}

/**
 * nf_svc_flow_is_ours() - have we bound this flow?
 * @ns: tables
 * @ct: its entry; the caller's packet holds it
 *
 * Context: softirq or process, RCU read side.
 * Return: have we, and recorded it?
 */
bool nf_svc_flow_is_ours(const struct nf_svc_ns *ns, const struct nf_conn *ct)
{
	const struct nf_svc_flow *flow;

	flow = rhashtable_lookup(&ns->flows->records, &ct, nf_svc_flow_params);
	/* A young one may be of an entry that has gone without a trace. */
	return flow && nf_ct_tuple_equal(&flow->tuple,
					 nf_ct_tuple(ct, IP_CT_DIR_ORIGINAL));
}

/* Is it the backend's, or did somebody else bind an entry of this name there? */
static bool nf_svc_flow_has_load(const struct nf_svc_flow *flow,
				 const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *reply =
		nf_ct_tuple(ct, IP_CT_DIR_REPLY);

	return nf_inet_addr_cmp(&reply->src.u3, &flow->load->addr) &&
	       reply->src.u.all == flow->load->port;
}

/*
 * Look for a young record's entry, and hold it. False: it never lived.
 *
 * An entry is recorded before it is confirmed, and what is held is not used for
 * another: so if the record is in the table after its entry was found, no other will
 * take its place.
 */
static bool nf_svc_flow_grow_up(struct nf_svc_flows *flows,
				struct nf_svc_flow *flow)
{
	struct nf_conntrack_tuple_hash *hash;
	bool still, there = false;
	struct nf_conn *ct;

	hash = nf_conntrack_find_get(flows->net, &flow->zone, &flow->tuple);
	if (hash) {
		ct = nf_ct_tuplehash_to_ctrack(hash);
		there = ct == flow->ct && nf_svc_flow_has_load(flow, ct);
		still = rhashtable_lookup(&flows->records, &flow->ct,
					  nf_svc_flow_params) == flow;
		if (there && still)
			flow->held = true;
		else
			nf_ct_put(ct);
	}
	return there || time_before(jiffies, flow->begun + NF_SVC_FLOW_YOUNG);
}

static u8 nf_svc_flow_state(const struct nf_conn *ct)
{
	u8 state;

	switch (nf_ct_protonum(ct)) {
	case IPPROTO_TCP:
		/* Not locked: one byte, and looked at again soon. */
		state = READ_ONCE(ct->proto.tcp.state);
		if (state == TCP_CONNTRACK_TIME_WAIT ||
		    state == TCP_CONNTRACK_CLOSE)
			return NF_SVC_FLOW_OVER;
		break;
	case IPPROTO_SCTP:
		if (READ_ONCE(ct->proto.sctp.state) == SCTP_CONNTRACK_CLOSED)
			return NF_SVC_FLOW_OVER;
		break;
	}
	return test_bit(IPS_SEEN_REPLY_BIT, &ct->status) ? NF_SVC_FLOW_OPEN :
							   NF_SVC_FLOW_OPENING;
}

/* A connection that is over needs its backend no more, though conntrack keeps the
 * entry for two minutes; one that begins anew in the same entry needs it again.
 */
static void nf_svc_flow_set_state(struct nf_svc_flow *flow, u8 state)
{
	if (flow->state == state)
		return;
	if (state == NF_SVC_FLOW_OVER)
		atomic_dec(&flow->load->live);
	else if (flow->state == NF_SVC_FLOW_OVER)
		atomic_inc(&flow->load->live);
	/* Pairs with READ_ONCE() in the dump: any order will do. */
	WRITE_ONCE(flow->state, state);
}

/* Is there still such an entry? */
static bool nf_svc_flow_lives(struct nf_svc_flows *flows,
			      struct nf_svc_flow *flow)
{
	struct nf_conn *ct = flow->ct;

	if (!flow->held && !nf_svc_flow_grow_up(flows, flow))
		return false;
	if (!flow->held)
		return true;
	if (nf_ct_is_dying(ct))
		return false;
	/* As conntrack would, whose own collector may come a minute later. Timers
	 * of offloaded ones it sets anew.
	 */
	if (nf_ct_should_gc(ct) && !test_bit(IPS_OFFLOAD_BIT, &ct->status)) {
		nf_ct_kill(ct);
		return false;
	}
	nf_svc_flow_set_state(flow, nf_svc_flow_state(ct));
	return true;
}

/*
 * The worker. Records may be met twice, or not at all when the table is resized: next
 * time. What there is to do is bounded by the limit on records; others have the
 * processor after each batch.
 */
static void nf_svc_flows_turn(struct work_struct *work)
{
	struct nf_svc_flows *flows =
		container_of(to_delayed_work(work), struct nf_svc_flows, work);
	struct rhashtable_iter iter;
	struct nf_svc_flow *flow;
	u32 seen = 0;

	rhashtable_walk_enter(&flows->records, &iter);
	rhashtable_walk_start(&iter);
	for (;;) {
		flow = rhashtable_walk_next(&iter);
		if (IS_ERR(flow) && PTR_ERR(flow) == -EAGAIN)
			continue;
		if (IS_ERR_OR_NULL(flow))
			break;
		/* Fails if a new entry at the old place replaced it. */
		if (!nf_svc_flow_lives(flows, flow) &&
		    !rhashtable_remove_fast(&flows->records, &flow->node,
					    nf_svc_flow_params))
			nf_svc_flow_free(flows, flow);
		if (!(++seen % NF_SVC_FLOW_BATCH)) {
			rhashtable_walk_stop(&iter);
			cond_resched();
			rhashtable_walk_start(&iter);
		}
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	if (atomic_read(&flows->count))
		queue_delayed_work(system_unbound_wq, &flows->work,
				   NF_SVC_FLOW_PERIOD);
}

/**
 * nf_svc_flows_count() - how many records are there?
 * @flows: of the namespace
 *
 * Context: any.
 * Return: how many; never more than the limit.
 */
u32 nf_svc_flows_count(const struct nf_svc_flows *flows)
{
	/* One too many is counted for a moment where there is no room. */
	return min_t(u32, atomic_read(&flows->count), nf_svc_limits.flows);
}

/**
 * nf_svc_flows_new() - records of a namespace, none
 * @net: namespace
 *
 * Context: process, may sleep.
 * Return: to be freed by nf_svc_flows_free(), or NULL (no memory).
 */
struct nf_svc_flows *nf_svc_flows_new(struct net *net)
{
	struct nf_svc_flows *flows =
		kzalloc(sizeof(*flows), GFP_KERNEL_ACCOUNT);

	if (!flows)
		return NULL;
	if (rhashtable_init(&flows->records, &nf_svc_flow_params))
		goto free;
	if (rhashtable_init(&flows->loads, &nf_svc_load_params))
		goto destroy;
	flows->net = net;
	spin_lock_init(&flows->lock);
	INIT_DELAYED_WORK(&flows->work, nf_svc_flows_turn);
	return flows;

destroy:
	rhashtable_destroy(&flows->records);
free:
	kfree(flows);
	return NULL;
}

static void nf_svc_flows_free_one(void *flow, void *flows)
{
	nf_svc_flow_free(flows, flow);
}

/**
 * nf_svc_flows_free() - forget all flows of a namespace
 * @flows: no packet reaches them since a grace period; or NULL
 *
 * Context: process, may sleep.
 */
void nf_svc_flows_free(struct nf_svc_flows *flows)
{
	if (!flows)
		return;
	cancel_delayed_work_sync(&flows->work);
	rhashtable_free_and_destroy(&flows->records, nf_svc_flows_free_one,
				    flows);
	rhashtable_destroy(&flows->loads);
	kfree(flows);
}
