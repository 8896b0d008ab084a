/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM nf_svc

#if !defined(_NF_SVC_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _NF_SVC_TRACE_H

#include <linux/tracepoint.h>

#include "packet.h"

/* Addresses are printed as IPv6 (%pISpc would need a sockaddr): an IPv4 one is
 * in the first four bytes.
 */
DECLARE_EVENT_CLASS(nf_svc_packet,
	TP_PROTO(const struct nf_svc_packet *packet),
	TP_ARGS(packet),
	TP_STRUCT__entry(
		__field(u64, generation)
		__field(u8, family)
		__field(u8, protocol)
		__field(u8, class)
		__field(u8, verdict)
		__field(u8, reason)
		__field(u16, sport)
		__field(u16, dport)
		__field(u16, bport)
		__array(u8, saddr, 16)
		__array(u8, daddr, 16)
		__array(u8, baddr, 16)
		__string(service, packet->frontend ?
				  packet->frontend->service->name : "-")
	),
	TP_fast_assign(
		__entry->generation = packet->generation;
		__entry->family = packet->family;
		__entry->protocol = packet->protocol;
		__entry->class = packet->class;
		__entry->verdict = packet->verdict;
		__entry->reason = packet->reason;
		__entry->sport = ntohs(packet->sport);
		__entry->dport = ntohs(packet->dport);
		memcpy(__entry->saddr, &packet->saddr, 16);
		memcpy(__entry->daddr, &packet->daddr, 16);
		if (packet->backend) {
			__entry->bport = ntohs(packet->backend->port);
			memcpy(__entry->baddr, &packet->backend->addr, 16);
		} else {
			__entry->bport = 0;
			memset(__entry->baddr, 0, 16);
		}
		nf_svc_assign_str(service, packet->frontend ?
				  packet->frontend->service->name : "-");
	),
	TP_printk("family=%u protocol=%u saddr=%pI6c sport=%u daddr=%pI6c dport=%u service=%s class=%u verdict=%u reason=%u backend=%pI6c bport=%u generation=%llu",
		  __entry->family, __entry->protocol, __entry->saddr,
		  __entry->sport, __entry->daddr, __entry->dport,
		  __get_str(service), __entry->class, __entry->verdict,
		  __entry->reason, __entry->baddr, __entry->bport,
		  __entry->generation)
);

/* A frontend was found, an address whose port or protocol nobody claims, or one
 * in a service CIDR that nobody has.
 */
DEFINE_EVENT(nf_svc_packet, nf_svc_lookup,
	TP_PROTO(const struct nf_svc_packet *packet),
	TP_ARGS(packet)
);

/* A flow's entry was ended, for what the packet asks for would not get it today. */
DEFINE_EVENT(nf_svc_packet, nf_svc_heal,
	TP_PROTO(const struct nf_svc_packet *packet),
	TP_ARGS(packet)
);

/* A backend was chosen, or none could be. */
DEFINE_EVENT(nf_svc_packet, nf_svc_select,
	TP_PROTO(const struct nf_svc_packet *packet),
	TP_ARGS(packet)
);

/* A packet was refused or dropped. */
DEFINE_EVENT(nf_svc_packet, nf_svc_drop,
	TP_PROTO(const struct nf_svc_packet *packet),
	TP_ARGS(packet)
);

#endif /* _NF_SVC_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
