// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters: per CPU, per service and for the namespace.
 *
 * A service's are allocated with its first flow: 50,000 idle services on a
 * node with 128 CPUs would else hold 700 MB.
 */
#include <linux/percpu.h>

#include "packet.h"

static struct nf_svc_stats __percpu *
nf_svc_stats_of(const struct nf_svc_packet *packet)
{
	struct nf_svc_service *service = packet->frontend->service;
	struct nf_svc_stats __percpu *stats = READ_ONCE(service->stats);
	struct nf_svc_stats __percpu *old;

	if (likely(stats))
		return stats;

	stats = alloc_percpu_gfp(struct nf_svc_stats,
				 GFP_ATOMIC | __GFP_NOWARN);
	if (!stats)
		return NULL;
	/* Another CPU may have had the first flow, too. Full barrier: the
	 * zeroed counters are seen before the pointer.
	 */
	old = cmpxchg(&service->stats, NULL, stats);
	if (!old)
		return stats;
	free_percpu(stats);
	return old;
}

/**
 * nf_svc_count_flow() - count a new flow that got a backend
 * @packet: its first packet
 *
 * Context: softirq or process, RCU read side, bottom halves disabled or not.
 */
void nf_svc_count_flow(const struct nf_svc_packet *packet)
{
	struct nf_svc_stats __percpu *stats = nf_svc_stats_of(packet);

	this_cpu_inc(packet->ns->totals->flows);
	if (likely(stats))
		this_cpu_inc(stats->flows);
	else
		atomic64_inc(&packet->ns->uncounted);
}

/**
 * nf_svc_count_masqueraded() - count a new flow whose source was rewritten
 * @packet: its first packet
 *
 * Context: as nf_svc_count_flow().
 */
void nf_svc_count_masqueraded(const struct nf_svc_packet *packet)
{
	struct nf_svc_stats __percpu *stats = nf_svc_stats_of(packet);

	this_cpu_inc(packet->ns->totals->masqueraded);
	if (likely(stats))
		this_cpu_inc(stats->masqueraded);
}

/**
 * nf_svc_count_healed() - count a flow that begins in the place of a wrong one
 * @packet: its first packet
 *
 * Context: as nf_svc_count_flow().
 */
void nf_svc_count_healed(const struct nf_svc_packet *packet)
{
	struct nf_svc_stats __percpu *stats;

	this_cpu_inc(packet->ns->totals->healed);
	/* what it asked for may be gone as a whole */
	if (!packet->frontend)
		return;
	stats = nf_svc_stats_of(packet);
	if (likely(stats))
		this_cpu_inc(stats->healed);
}

/**
 * nf_svc_count_unremembered() - count a flow whose client is not remembered
 * @packet: its first packet
 *
 * Context: as nf_svc_count_flow().
 */
void nf_svc_count_unremembered(const struct nf_svc_packet *packet)
{
	struct nf_svc_stats __percpu *stats = nf_svc_stats_of(packet);

	this_cpu_inc(packet->ns->totals->unremembered);
	if (likely(stats))
		this_cpu_inc(stats->unremembered);
}

/**
 * nf_svc_count_unrecorded() - count a flow that is not recorded
 * @packet: its first packet
 *
 * Context: as nf_svc_count_flow().
 */
void nf_svc_count_unrecorded(const struct nf_svc_packet *packet)
{
	struct nf_svc_stats __percpu *stats = nf_svc_stats_of(packet);

	this_cpu_inc(packet->ns->totals->unrecorded);
	if (likely(stats))
		this_cpu_inc(stats->unrecorded);
}

/**
 * nf_svc_count_drop() - count a packet that reached no backend
 * @packet: the packet
 * @reason: enum nf_svc_drop_reason
 *
 * Context: as nf_svc_count_flow().
 */
void nf_svc_count_drop(const struct nf_svc_packet *packet, u8 reason)
{
	struct nf_svc_stats __percpu *stats;

	this_cpu_inc(packet->ns->totals->drops[reason]);
	if (!packet->frontend)
		return;
	stats = nf_svc_stats_of(packet);
	if (likely(stats))
		this_cpu_inc(stats->drops[reason]);
	else
		atomic64_inc(&packet->ns->uncounted);
}

/**
 * nf_svc_stats_read() - add up the counters of all CPUs
 * @sum: result
 * @stats: counters, or NULL for none yet
 *
 * Context: any.
 */
void nf_svc_stats_read(struct nf_svc_stats *sum,
		       const struct nf_svc_stats __percpu *stats)
{
	const struct nf_svc_stats *one;
	int cpu, i;

	memset(sum, 0, sizeof(*sum));
	if (!stats)
		return;
	for_each_possible_cpu(cpu) {
		one = per_cpu_ptr(stats, cpu);
		sum->flows += READ_ONCE(one->flows);
		sum->masqueraded += READ_ONCE(one->masqueraded);
		sum->healed += READ_ONCE(one->healed);
		sum->unremembered += READ_ONCE(one->unremembered);
		sum->unrecorded += READ_ONCE(one->unrecorded);
		for (i = 0; i < __NF_SVC_DROP_MAX; i++)
			sum->drops[i] += READ_ONCE(one->drops[i]);
	}
}
