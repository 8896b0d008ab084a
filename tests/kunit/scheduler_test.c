// SPDX-License-Identifier: GPL-2.0-only
/* DP-01: the schedulers that prepare something: rr, wrr, mh. */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "packet.h"
#include "select.h"
#include "suites.h"

#define NR_MAX 64

/**
 * struct bench - a service, and packets to it
 * @config: its configuration
 * @packet: the next one
 * @frontend: that it asks
 * @rule: for its class
 * @count: how often each backend was chosen
 */
struct bench {
	struct nf_svc_config *config;
	struct nf_svc_packet packet;
	struct nf_svc_frontend *frontend;
	struct nf_svc_rule rule;
	u32 count[NR_MAX];
};

static struct bench *bench_new(struct kunit *test)
{
	struct bench *bench = kunit_kzalloc(test, sizeof(*bench), GFP_KERNEL);
	struct nf_svc_service *service =
		kunit_kzalloc(test, sizeof(*service) + 8, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bench);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, service);
	bench->frontend =
		kunit_kzalloc(test, sizeof(*bench->frontend), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bench->frontend);
	strscpy(service->name, "a/b", 8);
	service->protocol = IPPROTO_TCP;
	bench->frontend->service = service;
	bench->packet.frontend = bench->frontend;
	bench->packet.rule = &bench->rule;
	bench->packet.protocol = IPPROTO_TCP;
	return bench;
}

/* Backends @first, @first + 1...; the local set is the first @local of them. */
static void bench_set(struct kunit *test, struct bench *bench,
		      const struct nf_svc_scheduler *scheduler, u32 first,
		      const u16 *weights, u32 nr, u32 local, u32 without)
{
	struct nf_svc_config *config, *old = bench->config;
	u32 i, at = 0;

	config = kvzalloc(struct_size(config, backends, nr) +
				  (nr + 1) * sizeof(u32),
			  GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, config);
	config->scheduler = scheduler;
	config->sums = (u32 *)&config->backends[nr];
	for (i = 0; i < nr; i++) {
		if (i == without)
			continue;
		config->backends[at].addr.ip = htonl(0x0a000001 + first + i);
		config->backends[at].port = htons(8080);
		config->backends[at].weight = weights ? weights[i] : 1;
		config->takers[0] += !!config->backends[at].weight;
		config->takers[1] += i < local && config->backends[at].weight;
		config->sums[at + 1] =
			config->sums[at] + config->backends[at].weight;
		config->group[1] += i < local;
		at++;
	}
	config->nr = at;
	config->group[2] = at;
	config->group[3] = at;
	KUNIT_ASSERT_EQ(
		test, scheduler->prepare(config, bench->frontend->service, old),
		0);
	KUNIT_EXPECT_GT(test, config->prepared_size, (size_t)0);
	if (old) {
		kvfree(old->version.prepared);
		kvfree(old);
	}
	bench->config = config;
	memset(bench->count, 0, sizeof(bench->count));
}

static void bench_end(struct bench *bench)
{
	kvfree(bench->config->version.prepared);
	kvfree(bench->config);
	bench->config = NULL;
}

static u32 bench_next(struct bench *bench)
{
	u32 chosen =
		bench->config->scheduler->choose(bench->config, &bench->packet);

	bench->count[chosen]++;
	return chosen;
}

static void rr_takes_turns(struct kunit *test)
{
	static const u16 weights[] = { 1, 0, 65535, 7, 0 };
	struct bench *bench = bench_new(test);
	u32 i, first, asked;

	bench_set(test, bench, &nf_svc_scheduler_rr, 0, weights, 5, 2, -1);
	first = bench_next(bench);
	for (i = 1; i < 300; i++) {
		bench->packet.asked = true;
		asked = bench_next(bench);
		KUNIT_EXPECT_EQ(test, asked, bench_next(bench));
		bench->count[asked] -= 2;
		bench->packet.asked = false;
		KUNIT_EXPECT_EQ(test, asked, bench_next(bench));
	}
	KUNIT_EXPECT_EQ(test, bench->count[0], 100U);
	KUNIT_EXPECT_EQ(test, bench->count[1] + bench->count[4], 0U);
	KUNIT_EXPECT_EQ(test, bench->count[2], 100U);
	KUNIT_EXPECT_EQ(test, bench->count[3], 100U);
	KUNIT_EXPECT_EQ(test, bench_next(bench), first);

	bench->rule.set = 1;
	KUNIT_EXPECT_EQ(test, bench_next(bench), 0U);
	KUNIT_EXPECT_EQ(test, bench_next(bench), 0U);

	/* The number of turns goes around: nothing but the next turn. */
	atomic64_set(&bench->frontend->service->turns[0], S64_MAX);
	bench->rule.set = 0;
	bench_next(bench);
	bench_next(bench);
	bench_end(bench);
}

/* Each round exact; never more than @off from the fair share inside of one. */
static void wrr_round(struct kunit *test, const u16 *weights, u32 nr, u32 off)
{
	struct bench *bench = bench_new(test);
	u32 total = 0, chosen, n, i;
	s64 error;

	for (i = 0; i < nr; i++)
		total += weights[i];
	bench_set(test, bench, &nf_svc_scheduler_wrr, 0, weights, nr, 0, -1);
	for (n = 1; n <= total; n++) {
		chosen = bench_next(bench);
		error = (s64)bench->count[chosen] * total -
			(s64)n * weights[chosen];
		KUNIT_EXPECT_LE(test, abs(error), (s64)off * total);
	}
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ(test, bench->count[i], (u32)weights[i]);
	bench_end(bench);
}

static void wrr_is_smooth(struct kunit *test)
{
	static const u16 even[] = { 1, 1, 1 }, one[] = { 5 };
	static const u16 some[] = { 5, 1, 1 }, zero[] = { 0, 3, 0, 4, 0 };
	static const u16 large[] = { 65535, 1, 300, 0, 20000 };
	static const u16 alike[] = { 100, 100, 100, 100, 100, 100, 100 };

	wrr_round(test, even, 3, 1);
	wrr_round(test, one, 1, 1);
	wrr_round(test, some, 3, 2);
	wrr_round(test, zero, 5, 2);
	wrr_round(test, large, 5, 4);
	wrr_round(test, alike, 7, 3);
}

static void wrr_steps_visit_all(struct kunit *test)
{
	static const u32 totals[] = {
		1,	 2,	    3,		 4,	 6,	30,
		210,	 2310,	    30030,	 510510, 65535, 65536,
		9699690, 223092870, 4294836225U, U32_MAX
	};
	u32 i, a, b;

	for (i = 0; i < ARRAY_SIZE(totals); i++) {
		a = nf_svc_wrr_step(totals[i]);
		for (b = totals[i]; a;) {
			b %= a;
			swap(a, b);
		}
		KUNIT_EXPECT_EQ(test, b, 1U);
	}
}

#define FLOWS 20000

static void mh_flow(struct bench *bench, u32 i)
{
	bench->packet.saddr.ip = htonl(0x0a010000 + i / 7);
	bench->packet.sport = htons(1024 + i % 60000);
}

/* One of @nr goes: how many of the others' flows move, of 10,000? */
static u32 mh_moved(struct kunit *test,
		    const struct nf_svc_scheduler *scheduler, u32 first, u32 nr,
		    u32 gone)
{
	struct bench *bench = bench_new(test);
	u32 i, now, others = 0, moved = 0;
	u8 *before = kunit_kzalloc(test, FLOWS, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, before);
	bench_set(test, bench, scheduler, first, NULL, nr, 0, -1);
	for (i = 0; i < FLOWS; i++) {
		mh_flow(bench, i);
		before[i] = bench_next(bench);
	}
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_GT(test, bench->count[i], FLOWS / nr * 7 / 10);
		KUNIT_EXPECT_LT(test, bench->count[i], FLOWS / nr * 13 / 10);
	}
	bench_set(test, bench, scheduler, first, NULL, nr, 0, gone);
	for (i = 0; i < FLOWS; i++) {
		mh_flow(bench, i);
		now = bench_next(bench);
		now += now >= gone;
		if (before[i] == gone)
			continue;
		others++;
		moved += now != before[i];
	}
	bench_end(bench);
	return moved * 10000 / others;
}

static void mh_moves_few(struct kunit *test)
{
	static const u32 numbers[] = { 2, 3, 5, 10, 40 };
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		for (j = 0; j < 4; j++)
			KUNIT_EXPECT_LE(test,
					mh_moved(test, &nf_svc_scheduler_mh,
						 1000 * j, numbers[i],
						 j % numbers[i]),
					200U);
	KUNIT_EXPECT_LE(test,
			mh_moved(test, &nf_svc_scheduler_mh_source, 0, 10, 4),
			200U);
}

static void mh_obeys_weights(struct kunit *test)
{
	static const u16 weights[] = { 0, 10, 20, 0, 70 };
	static const u16 edges[] = { 65535, 1 };
	struct bench *bench = bench_new(test);
	u32 i;

	bench_set(test, bench, &nf_svc_scheduler_mh, 0, weights, 5, 3, -1);
	for (i = 0; i < FLOWS; i++) {
		mh_flow(bench, i);
		bench_next(bench);
	}
	KUNIT_EXPECT_EQ(test, bench->count[0] + bench->count[3], 0U);
	for (i = 1; i < 5; i++) {
		KUNIT_EXPECT_GE(test, bench->count[i],
				weights[i] * (FLOWS / 100) * 9 / 10);
		KUNIT_EXPECT_LE(test, bench->count[i],
				weights[i] * (FLOWS / 100) * 11 / 10);
	}
	memset(bench->count, 0, sizeof(bench->count));
	bench->rule.set = 1;
	for (i = 0; i < FLOWS; i++) {
		mh_flow(bench, i);
		bench_next(bench);
	}
	KUNIT_EXPECT_EQ(test, bench->count[0] + bench->count[3], 0U);
	KUNIT_EXPECT_EQ(test, bench->count[4], 0U);
	KUNIT_EXPECT_GE(test, bench->count[1], FLOWS / 3 * 9 / 10);
	KUNIT_EXPECT_LE(test, bench->count[1], FLOWS / 3 * 11 / 10);

	/* No set at all, then one backend, then extremes. */
	bench->rule.set = 0;
	bench_set(test, bench, &nf_svc_scheduler_mh, 0, weights, 1, 0, -1);
	bench_set(test, bench, &nf_svc_scheduler_mh, 0, weights, 2, 0, -1);
	KUNIT_EXPECT_EQ(test, bench_next(bench), 1U);
	bench_set(test, bench, &nf_svc_scheduler_mh, 0, edges, 2, 0, -1);
	for (i = 0; i < FLOWS; i++) {
		mh_flow(bench, i);
		bench_next(bench);
	}
	KUNIT_EXPECT_LT(test, bench->count[1], 20U);
	bench_end(bench);
}

/* A table grows with its service, and does not shrink with it. */
static void mh_keeps_its_size(struct kunit *test)
{
	struct bench *bench = bench_new(test);
	size_t small, large;

	bench_set(test, bench, &nf_svc_scheduler_mh, 0, NULL, 3, 0, -1);
	small = bench->config->prepared_size;
	bench_set(test, bench, &nf_svc_scheduler_mh, 0, NULL, 164, 0, -1);
	large = bench->config->prepared_size;
	KUNIT_EXPECT_GT(test, large, 6 * small);
	bench_set(test, bench, &nf_svc_scheduler_mh_source, 0, NULL, 3, 0, -1);
	KUNIT_EXPECT_EQ(test, bench->config->prepared_size, large);
	bench_set(test, bench, &nf_svc_scheduler_rr, 0, NULL, 3, 0, -1);
	bench_set(test, bench, &nf_svc_scheduler_mh, 0, NULL, 3, 0, -1);
	KUNIT_EXPECT_EQ(test, bench->config->prepared_size, small);
	bench_end(bench);
}

static struct kunit_case scheduler_cases[] = { KUNIT_CASE(rr_takes_turns),
					       KUNIT_CASE(wrr_is_smooth),
					       KUNIT_CASE(wrr_steps_visit_all),
					       KUNIT_CASE(mh_moves_few),
					       KUNIT_CASE(mh_obeys_weights),
					       KUNIT_CASE(mh_keeps_its_size),
					       {} };

struct kunit_suite nf_svc_scheduler_suite = {
	.name = "nf_svc_scheduler_DP-01",
	.test_cases = scheduler_cases,
};
