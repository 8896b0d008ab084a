// SPDX-License-Identifier: GPL-2.0-only
/* DP-01: the scheduler "random" chooses from the right set and by weight. */
#include <kunit/test.h>

#include "select.h"
#include "suites.h"

#define NR 6

/* Local only, both, both, cluster only, cluster only, draining. */
static struct nf_svc_config *select_config(struct kunit *test,
					   const u16 *weights)
{
	struct nf_svc_config *config;
	u32 sum = 0, i;

	config = kunit_kzalloc(test,
			       struct_size(config, backends, NR) +
				       (NR + 1) * sizeof(u32),
			       GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, config);
	config->nr = NR;
	config->group[0] = 1;
	config->group[1] = 3;
	config->group[2] = 5;
	config->group[3] = 6;
	if (!weights)
		return config;
	config->sums = (u32 *)&config->backends[NR];
	for (i = 0; i < NR; i++) {
		config->sums[i] = sum;
		sum += weights[i];
	}
	config->sums[NR] = sum;
	return config;
}

/* Walk all of the 32 bits in even steps and count who is chosen. */
static void select_count(const struct nf_svc_config *config, u8 set, u32 *count)
{
	u64 random;

	memset(count, 0, NR * sizeof(*count));
	for (random = 0; random <= U32_MAX; random += 1 << 20)
		count[nf_svc_pick_by_weight(config, set, random)]++;
}

static void select_even(struct kunit *test)
{
	const struct nf_svc_config *config = select_config(test, NULL);
	u32 count[NR], i;

	select_count(config, 0, count);
	KUNIT_EXPECT_EQ(test, count[0] + count[5], 0U);
	for (i = 1; i < 5; i++)
		KUNIT_EXPECT_EQ(test, count[i], 1024U);

	select_count(config, 1, count);
	KUNIT_EXPECT_EQ(test, count[3] + count[4] + count[5], 0U);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_GE(test, count[i], 1365U);
		KUNIT_EXPECT_LE(test, count[i], 1366U);
	}
}

static void select_weighted(struct kunit *test)
{
	static const u16 weights[NR] = { 7, 0, 1, 2, 5, 9 };
	const struct nf_svc_config *config = select_config(test, weights);
	u32 count[NR];

	/* Cluster: 0 : 1 : 2 : 5 of 4,096. */
	select_count(config, 0, count);
	KUNIT_EXPECT_EQ(test, count[0], 0U);
	KUNIT_EXPECT_EQ(test, count[1], 0U);
	KUNIT_EXPECT_EQ(test, count[2], 512U);
	KUNIT_EXPECT_EQ(test, count[3], 1024U);
	KUNIT_EXPECT_EQ(test, count[4], 2560U);
	KUNIT_EXPECT_EQ(test, count[5], 0U);

	/* Local: 7 : 0 : 1. */
	select_count(config, 1, count);
	KUNIT_EXPECT_EQ(test, count[0], 3584U);
	KUNIT_EXPECT_EQ(test, count[1], 0U);
	KUNIT_EXPECT_EQ(test, count[2], 512U);
	KUNIT_EXPECT_EQ(test, count[3] + count[4] + count[5], 0U);
}

static void select_edges(struct kunit *test)
{
	static const u16 first[NR] = { 0, 65535, 0, 0, 0, 65535 };
	static const u16 last[NR] = { 65535, 0, 0, 0, 1, 65535 };
	const struct nf_svc_config *config;

	config = select_config(test, first);
	KUNIT_EXPECT_EQ(test, nf_svc_pick_by_weight(config, 0, 0), 1U);
	KUNIT_EXPECT_EQ(test, nf_svc_pick_by_weight(config, 0, U32_MAX), 1U);
	config = select_config(test, last);
	KUNIT_EXPECT_EQ(test, nf_svc_pick_by_weight(config, 0, 0), 4U);
	KUNIT_EXPECT_EQ(test, nf_svc_pick_by_weight(config, 0, U32_MAX), 4U);
	KUNIT_EXPECT_EQ(test, nf_svc_pick_by_weight(config, 1, 0), 0U);
	KUNIT_EXPECT_EQ(test, nf_svc_pick_by_weight(config, 1, U32_MAX), 0U);
}

static void select_by_name(struct kunit *test)
{
	const struct nf_svc_scheduler *random = nf_svc_scheduler_find("random");

	KUNIT_ASSERT_PTR_EQ(test, random, &nf_svc_scheduler_random);
	KUNIT_EXPECT_STREQ(test, random->name, "random");
	KUNIT_EXPECT_NULL(test, nf_svc_scheduler_find("rando"));
	KUNIT_EXPECT_NULL(test, nf_svc_scheduler_find(""));
}

static struct kunit_case select_cases[] = { KUNIT_CASE(select_even),
					    KUNIT_CASE(select_weighted),
					    KUNIT_CASE(select_edges),
					    KUNIT_CASE(select_by_name),
					    {} };

struct kunit_suite nf_svc_select_suite = {
	.name = "nf_svc_select_DP-01",
	.test_cases = select_cases,
};
