// SPDX-License-Identifier: GPL-2.0-only
/* Which backend takes a new flow, or why none does. */
#include <linux/string.h>

#include "packet.h"
#include "select.h"
#include "trace.h"

static const struct nf_svc_scheduler *const nf_svc_schedulers[] = {
	&nf_svc_scheduler_random,    &nf_svc_scheduler_rr,
	&nf_svc_scheduler_wrr,	     &nf_svc_scheduler_mh,
	&nf_svc_scheduler_mh_source, &nf_svc_scheduler_lc,
};

/**
 * nf_svc_scheduler_find() - a scheduler by its name
 * @name: name
 *
 * Return: the scheduler or NULL.
 */
const struct nf_svc_scheduler *nf_svc_scheduler_find(const char *name)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(nf_svc_schedulers); i++)
		if (!strcmp(nf_svc_schedulers[i]->name, name))
			return nf_svc_schedulers[i];
	return NULL;
}

/**
 * nf_svc_scheduler_name() - the schedulers that there are, one after the other
 * @index: 0 is the first
 *
 * Return: its name, or NULL if there are no more.
 */
const char *nf_svc_scheduler_name(u32 index)
{
	return index < ARRAY_SIZE(nf_svc_schedulers) ?
		       nf_svc_schedulers[index]->name :
		       NULL;
}

/**
 * nf_svc_turn() - the number of a flow among those that its set was dealt
 * @packet: has @frontend and @rule
 *
 * Takes it, unless the packet is only asked about. Racing processors get
 * different numbers, in any order: nothing depends on one of them going on.
 *
 * Context: softirq or process, RCU read side.
 * Return: the number.
 */
u64 nf_svc_turn(const struct nf_svc_packet *packet)
{
	atomic64_t *turn = &packet->frontend->service->turns[packet->rule->set];

	return packet->asked ? atomic64_read(turn) : atomic64_fetch_inc(turn);
}

/**
 * nf_svc_weight_of_set() - sum of the weights of a set
 * @config: configuration
 * @set: index of the set
 *
 * Context: any.
 * Return: the sum.
 */
u32 nf_svc_weight_of_set(const struct nf_svc_config *config, u8 set)
{
	u32 start = nf_svc_set_start(config, set);
	u32 end = nf_svc_set_end(config, set);

	return config->sums ? config->sums[end] - config->sums[start] :
			      end - start;
}

/**
 * nf_svc_pick_at() - the backend at a point of the weights of a set, in a row
 * @config: configuration
 * @set: index of the set; it takes new flows
 * @point: less than nf_svc_weight_of_set()
 *
 * Context: any.
 * Return: index into config->backends.
 */
u32 nf_svc_pick_at(const struct nf_svc_config *config, u8 set, u32 point)
{
	u32 start = nf_svc_set_start(config, set);
	u32 end = nf_svc_set_end(config, set);
	const u32 *sums = config->sums;

	if (!sums)
		return start + point;

	/* The one backend with sums[i] <= point < sums[i + 1]. */
	point += sums[start];
	while (end - start > 1) {
		u32 middle = start + (end - start) / 2;

		if (sums[middle] <= point)
			start = middle;
		else
			end = middle;
	}
	return start;
}

/**
 * nf_svc_select() - choose a backend
 * @packet: has @frontend, @config and @rule; sets @verdict, and @backend or
 *	@reason
 *
 * Context: softirq or process, RCU read side.
 */
void nf_svc_select(struct nf_svc_packet *packet)
{
	const struct nf_svc_config *config = packet->config;
	const struct nf_svc_rule *rule = packet->rule;

	if (likely(config->takers[rule->set])) {
		packet->verdict = NF_SVC_VERDICT_FORWARD;
		if (likely(!config->affinity_timeout) ||
		    !nf_svc_affinity_find(packet))
			packet->backend =
				&config->backends[config->scheduler->choose(
					config, packet)];
	} else if (!config->takers[!rule->set]) {
		packet->verdict = NF_SVC_VERDICT_REFUSE;
		packet->reason = NF_SVC_DROP_NO_BACKEND;
	} else {
		packet->verdict = rule->empty == NF_SVC_EMPTY_DROP ?
					  NF_SVC_VERDICT_DROP :
					  NF_SVC_VERDICT_REFUSE;
		packet->reason = NF_SVC_DROP_SET_EMPTY;
	}
	trace_nf_svc_select(packet);
}
