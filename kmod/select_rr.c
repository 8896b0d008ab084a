// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scheduler "rr": round robin, each backend of the set once, then again.
 *
 * Weights are not looked at, but for 0, which takes no new flow here, too.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "packet.h"
#include "select.h"

/**
 * struct nf_svc_rr - who takes part
 * @start: where in @takers each set begins; it has config->takers of them
 * @takers: indexes of backends whose weight is not 0; of the local set alone, of
 *	both, of the cluster set alone, so that each set is one range
 */
struct nf_svc_rr {
	u32 start[NF_SVC_SETS];
	u32 takers[];
};

static int nf_svc_rr_prepare(struct nf_svc_config *config,
			     const struct nf_svc_service *service,
			     const struct nf_svc_config *old)
{
	u32 end = config->group[2], nr = 0, i;
	struct nf_svc_rr *rr;
	size_t size;

	size = struct_size(rr, takers, end);
	rr = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!rr)
		return -ENOMEM;
	for (i = 0; i < end; i++)
		if (config->backends[i].weight)
			rr->takers[nr++] = i;
	rr->start[0] = nr - config->takers[0];
	rr->start[1] = 0;
	config->version.prepared = rr;
	config->prepared_size = size;
	return 0;
}

static u32 nf_svc_rr_choose(const struct nf_svc_config *config,
			    const struct nf_svc_packet *packet)
{
	const struct nf_svc_rr *rr = config->version.prepared;
	u8 set = packet->rule->set;

	return rr->takers[rr->start[set] +
			  nf_svc_turn(packet) % config->takers[set]];
}

static bool nf_svc_rr_settled(const struct nf_svc_packet *packet)
{
	return true;
}

const struct nf_svc_scheduler nf_svc_scheduler_rr = {
	.name = "rr",
	.prepare = nf_svc_rr_prepare,
	.choose = nf_svc_rr_choose,
	.settled = nf_svc_rr_settled,
};
