// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scheduler "wrr": weighted round robin.
 *
 * In each round of as many flows as the weights of the set add up to, every backend
 * gets exactly its weight, spread out over the round: turn n has the point
 * n * step % total in the row of the weights. A step without a common divisor with
 * the total visits each point once a round; a step near the golden section of it
 * leaves no stretch of the row unvisited for long. So there is one counter, no
 * table, and nothing that processors have to agree upon.
 */
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "packet.h"
#include "select.h"

/* Steps that are looked at; the best of them is good. */
#define NF_SVC_WRR_TRIES 64

/**
 * struct nf_svc_wrr - how each set is gone through
 * @total: sum of its weights
 * @step: from point to point
 */
struct nf_svc_wrr {
	u32 total[NF_SVC_SETS];
	u32 step[NF_SVC_SETS];
};

/*
 * How unevenly do the multiples of step / total lie? The sum of the partial
 * quotients of its continued fraction, which bounds their discrepancy; U32_MAX if
 * they do not visit each point.
 */
static u32 nf_svc_wrr_unevenness(u32 step, u32 total)
{
	u64 sum = 0;

	while (step) {
		u32 rest = total % step;

		sum += total / step;
		total = step;
		step = rest;
	}
	return total == 1 ? min_t(u64, sum, U32_MAX - 1) : U32_MAX;
}

/**
 * nf_svc_wrr_step() - by how much to go from point to point of a round
 * @total: points of it, not 0
 *
 * Context: any.
 * Return: less than @total, or 1; no divisor in common with it.
 */
u32 nf_svc_wrr_step(u32 total)
{
	/* The golden section, as a fraction of 2^32. */
	u32 golden = ((u64)total * 2654435769U) >> 32;
	u32 best = 1, least = U32_MAX, i, step, unevenness;

	for (i = 0; i < NF_SVC_WRR_TRIES; i++) {
		step = i & 1 ? golden + (i + 1) / 2 : golden - i / 2;
		/* Before 0, which wraps around, and after the end. */
		if (!step || step >= total)
			continue;
		unevenness = nf_svc_wrr_unevenness(step, total);
		if (unevenness < least) {
			least = unevenness;
			best = step;
		}
	}
	return best;
}

static int nf_svc_wrr_prepare(struct nf_svc_config *config,
			      const struct nf_svc_service *service,
			      const struct nf_svc_config *old)
{
	struct nf_svc_wrr *wrr;
	u32 set;

	wrr = kvmalloc(sizeof(*wrr), GFP_KERNEL_ACCOUNT);
	if (!wrr)
		return -ENOMEM;
	for (set = 0; set < NF_SVC_SETS; set++) {
		wrr->total[set] = nf_svc_weight_of_set(config, set);
		wrr->step[set] = nf_svc_wrr_step(wrr->total[set]);
	}
	config->version.prepared = wrr;
	config->prepared_size = sizeof(*wrr);
	return 0;
}

static u32 nf_svc_wrr_choose(const struct nf_svc_config *config,
			     const struct nf_svc_packet *packet)
{
	const struct nf_svc_wrr *wrr = config->version.prepared;
	u8 set = packet->rule->set;
	u32 total = wrr->total[set];
	u64 turn = nf_svc_turn(packet) % total;

	return nf_svc_pick_at(config, set, turn * wrr->step[set] % total);
}

static bool nf_svc_wrr_settled(const struct nf_svc_packet *packet)
{
	return true;
}

const struct nf_svc_scheduler nf_svc_scheduler_wrr = {
	.name = "wrr",
	.prepare = nf_svc_wrr_prepare,
	.choose = nf_svc_wrr_choose,
	.settled = nf_svc_wrr_settled,
};
