/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _NF_SVC_PACKET_H
#define _NF_SVC_PACKET_H

#include "nf_svc.h"

struct nf_conn;
struct nf_svc_affinity;

/**
 * enum nf_svc_memory - what is remembered of a packet's client
 * @NF_SVC_MEMORY_NONE: nothing that could be used, now or by others
 * @NF_SVC_MEMORY_USED: the backend that the packet has
 * @NF_SVC_MEMORY_ELSEWHERE: a backend that takes new flows, but not of this packet
 */
enum nf_svc_memory {
	NF_SVC_MEMORY_NONE,
	NF_SVC_MEMORY_USED,
	NF_SVC_MEMORY_ELSEWHERE,
};

/**
 * struct nf_svc_packet - all that is known of the first packet of a flow
 * @ns: tables of its namespace
 * @generation: commit whose tables it sees, all the way
 * @net: its namespace
 * @in: device it came in by, NULL if this node sent it
 * @saddr: source address, network byte order
 * @daddr: destination address
 * @sport: source port, network byte order, 0 if the protocol has none
 * @dport: destination port
 * @protocol: IPPROTO_*
 * @family: NFPROTO_*
 * @class: enum nf_svc_class, once nf_svc_classify() has said it
 * @verdict: enum nf_svc_verdict, the result of nf_svc_decide()
 * @reason: enum nf_svc_drop_reason for refused and dropped ones
 * @memory: enum nf_svc_memory
 * @asked: EXPLAIN only asks: nobody's turn passes
 * @affinity: what its client was given last, or NULL; good for the RCU read side
 * @frontend: the one that was asked for, or NULL
 * @config: of its service
 * @rule: of @frontend, for @class
 * @backend: the one chosen, or NULL
 */
struct nf_svc_packet {
	struct nf_svc_ns *ns;
	u64 generation;
	struct net *net;
	struct net_device *in;
	union nf_inet_addr saddr;
	union nf_inet_addr daddr;
	__be16 sport;
	__be16 dport;
	u8 protocol;
	u8 family;

	u8 class;
	u8 verdict;
	u8 reason;
	u8 memory;
	bool asked;
	struct nf_svc_affinity *affinity;
	const struct nf_svc_frontend *frontend;
	const struct nf_svc_config *config;
	const struct nf_svc_rule *rule;
	const struct nf_svc_backend *backend;
};

/* event.c */
void nf_svc_event_drop(const struct nf_svc_packet *packet);

/* hook.c */
void nf_svc_decide(struct nf_svc_packet *packet);

/* packet.c */
void nf_svc_packet_from_flow(struct nf_svc_packet *packet,
			     const struct nf_conn *ct);
void nf_svc_classify(struct nf_svc_packet *packet);
bool nf_svc_cidrs_have(const struct nf_svc_cidr *cidrs, u32 nr, u8 family,
		       const union nf_inet_addr *addr);

/* node.c */
bool nf_svc_node_has(const struct nf_svc_packet *packet);
bool nf_svc_node_port_at(const struct nf_svc_packet *packet);

/* lookup.c */
void nf_svc_lookup_nobody(struct nf_svc_packet *packet);
const struct nf_svc_frontend *
nf_svc_frontend_find(const struct nf_svc_packet *packet);
void nf_svc_lookup(struct nf_svc_packet *packet);
const struct nf_svc_backend *nf_svc_set_find(const struct nf_svc_config *config,
					     u8 set,
					     const union nf_inet_addr *addr,
					     __be16 port);
bool nf_svc_lookup_keeps(struct nf_svc_packet *packet,
			 const union nf_inet_addr *addr, __be16 port);
bool nf_svc_lookup_flow(struct nf_svc_packet *packet,
			const union nf_inet_addr *addr, __be16 port);

/* affinity.c */
bool nf_svc_affinity_find(struct nf_svc_packet *packet);
void nf_svc_affinity_remember(struct nf_svc_packet *packet);

/* select.c */
void nf_svc_select(struct nf_svc_packet *packet);

/* bind.c */
unsigned int nf_svc_bind_destination(struct nf_conn *ct,
				     const struct nf_svc_packet *packet);
unsigned int nf_svc_bind_source(struct sk_buff *skb,
				const struct nf_hook_state *state);

/* flow.c */
void nf_svc_flow_begin(struct nf_conn *ct, const struct nf_svc_packet *packet);
void nf_svc_flow_adopt(struct nf_conn *ct, const struct nf_svc_packet *packet);
bool nf_svc_flow_is_ours(const struct nf_svc_ns *ns, const struct nf_conn *ct);

/* mark.c */
void nf_svc_mark(struct sk_buff *skb, const struct nf_svc_packet *packet);

/* refuse.c */
unsigned int nf_svc_refuse(struct sk_buff *skb,
			   const struct nf_hook_state *state,
			   struct nf_svc_packet *packet);

/* stats.c */
void nf_svc_count_flow(const struct nf_svc_packet *packet);
void nf_svc_count_masqueraded(const struct nf_svc_packet *packet);
void nf_svc_count_healed(const struct nf_svc_packet *packet);
void nf_svc_count_unremembered(const struct nf_svc_packet *packet);
void nf_svc_count_unrecorded(const struct nf_svc_packet *packet);
void nf_svc_count_drop(const struct nf_svc_packet *packet, u8 reason);

#endif /* _NF_SVC_PACKET_H */
