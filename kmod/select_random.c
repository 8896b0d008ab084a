// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scheduler "random": by weight, at random.
 *
 * UDP flows choose by a keyed hash of their tuple instead: two packets that race
 * from one socket (A and AAAA queries, say) then agree on a backend, and
 * conntrack merges their two entries instead of dropping one
 * (nf_ct_resolve_clash()).
 */
#include <linux/jhash.h>
#include <linux/kernel.h>
#include <linux/random.h>

#include "packet.h"
#include "select.h"

/**
 * nf_svc_pick_by_weight() - choose from a set by weight
 * @config: configuration
 * @set: index of the set; it takes new flows
 * @random: 32 bits, evenly spread
 *
 * Context: any.
 * Return: index into config->backends.
 */
u32 nf_svc_pick_by_weight(const struct nf_svc_config *config, u8 set,
			  u32 random)
{
	return nf_svc_pick_at(
		config, set,
		reciprocal_scale(random, nf_svc_weight_of_set(config, set)));
}

static u32 nf_svc_random_hash(const struct nf_svc_packet *packet)
{
	u32 seed = packet->frontend->service->seed;

	seed = jhash2(packet->saddr.all, ARRAY_SIZE(packet->saddr.all), seed);
	seed = jhash2(packet->daddr.all, ARRAY_SIZE(packet->daddr.all), seed);
	return jhash_2words((__force u32)packet->sport << 16 |
				    (__force u32)packet->dport,
			    packet->protocol, seed);
}

static bool nf_svc_random_settled(const struct nf_svc_packet *packet)
{
	return packet->protocol == IPPROTO_UDP;
}

static u32 nf_svc_random_choose(const struct nf_svc_config *config,
				const struct nf_svc_packet *packet)
{
	u32 random = nf_svc_random_settled(packet) ?
			     nf_svc_random_hash(packet) :
			     get_random_u32();

	return nf_svc_pick_by_weight(config, packet->rule->set, random);
}

const struct nf_svc_scheduler nf_svc_scheduler_random = {
	.name = "random",
	.choose = nf_svc_random_choose,
	.settled = nf_svc_random_settled,
	.by_port = true,
};
