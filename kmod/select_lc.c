// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scheduler "lc": the backend with the fewest flows for its weight, on this node.
 *
 * A flow counts from when it is bound until it is over (load.c). Each new flow looks
 * at every backend of its set, but at no more than NF_SVC_LC_LOOKS: of a larger set
 * at as many in a row, the next ones each time. So one with few flows is found a
 * little later there, and a packet's time has a bound.
 *
 * Processors that choose at the same time may choose the same: no lock makes them
 * wait for each other's flow, and the next flows make up for it.
 */
#include "packet.h"
#include "select.h"

#define NF_SVC_LC_LOOKS 64U

/* Would @a have fewer flows for its weight than @b, if it had one more? */
static bool nf_svc_lc_less(u64 a_flows, u16 a_weight, u64 b_flows, u16 b_weight)
{
	return (a_flows + 1) * b_weight < (b_flows + 1) * a_weight;
}

static u32 nf_svc_lc_choose(const struct nf_svc_config *config,
			    const struct nf_svc_packet *packet)
{
	const struct nf_svc_service *service = packet->frontend->service;
	u8 set = packet->rule->set;
	u32 nr = config->takers[set], looks, i, index, best = 0;
	const struct nf_svc_backend *backend;
	u32 flows, least = 0;
	u64 first;

	looks = min(nr, NF_SVC_LC_LOOKS);
	/* Not always the same first: it has the flow if all are alike. */
	first = nf_svc_turn(packet) * (looks < nr ? looks : 1);
	for (i = 0; i < looks; i++) {
		index = nf_svc_taker(config, set, (first + i) % nr);
		backend = &config->backends[index];
		flows = nf_svc_backend_flows(packet->ns, service, backend);
		if (!i || nf_svc_lc_less(flows, backend->weight, least,
					 config->backends[best].weight)) {
			best = index;
			least = flows;
		}
	}
	return best;
}

static bool nf_svc_lc_settled(const struct nf_svc_packet *packet)
{
	return true;
}

const struct nf_svc_scheduler nf_svc_scheduler_lc = {
	.name = "lc",
	.prepare = nf_svc_takers_prepare,
	.choose = nf_svc_lc_choose,
	.settled = nf_svc_lc_settled,
};
