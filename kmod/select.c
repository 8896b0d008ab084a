// SPDX-License-Identifier: GPL-2.0-only
/* Which backend takes a new flow, or why none does. */
#include <linux/string.h>

#include "packet.h"
#include "select.h"
#include "trace.h"

static const struct nf_svc_scheduler *const nf_svc_schedulers[] = {
	&nf_svc_scheduler_random,
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
				&config->backends[config->scheduler->select(
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
