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
 * struct nf_svc_takers - backends that take new flows
 * @start: where in @index each set begins; it has config->takers of them
 * @index: indexes of backends whose weight is not 0; of the local set alone, of
 *	both, of the cluster set alone, so that each set is one range
 */
struct nf_svc_takers {
	u32 start[NF_SVC_SETS];
	u32 index[];
};

/**
 * nf_svc_takers_prepare() - list the backends that take new flows
 * @config: configuration; gets the list
 * @service: not used
 * @old: not used
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int nf_svc_takers_prepare(struct nf_svc_config *config,
			  const struct nf_svc_service *service,
			  const struct nf_svc_config *old)
{
	u32 end = config->group[2], nr = 0, i;
	struct nf_svc_takers *takers;
	size_t size;

	size = struct_size(takers, index, end);
	takers = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!takers)
		return -ENOMEM;
	for (i = 0; i < end; i++)
		if (config->backends[i].weight)
			takers->index[nr++] = i;
	takers->start[0] = nr - config->takers[0];
	takers->start[1] = 0;
	config->version.prepared = takers;
	config->prepared_size = size;
	return 0;
}

/**
 * nf_svc_taker() - one of the backends that take new flows
 * @config: configuration, with the list of nf_svc_takers_prepare()
 * @set: index of the set
 * @n: which, less than config->takers
 *
 * Context: any.
 * Return: index into config->backends.
 */
u32 nf_svc_taker(const struct nf_svc_config *config, u8 set, u32 n)
{
	const struct nf_svc_takers *takers = config->version.prepared;

	return takers->index[takers->start[set] + n];
}

static u32 nf_svc_rr_choose(const struct nf_svc_config *config,
			    const struct nf_svc_packet *packet)
{
	u8 set = packet->rule->set;

	return nf_svc_taker(config, set,
			    nf_svc_turn(packet) % config->takers[set]);
}

static bool nf_svc_rr_settled(const struct nf_svc_packet *packet)
{
	return true;
}

const struct nf_svc_scheduler nf_svc_scheduler_rr = {
	.name = "rr",
	.prepare = nf_svc_takers_prepare,
	.choose = nf_svc_rr_choose,
	.settled = nf_svc_rr_settled,
};
