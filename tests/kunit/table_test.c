// SPDX-License-Identifier: GPL-2.0-only
/* TX-02: what a table shows as of each commit; growing and shrinking lose nothing. */
#include <kunit/test.h>
#include <linux/jhash.h>
#include <linux/rcupdate.h>

#include "table.h"
#include "suites.h"

#define NR 3000

static u32 table_seen(const struct nf_svc_table *table, u32 hash,
		      u64 generation)
{
	const struct nf_svc_buckets *buckets;
	const struct nf_svc_entry *entry;
	u32 seen = 0;

	rcu_read_lock();
	buckets = rcu_dereference(table->buckets);
	nf_svc_table_for_each(buckets, hash, entry)
		if (entry->hash == hash && nf_svc_visible(entry, generation))
			seen++;
	rcu_read_unlock();
	return seen;
}

static void table_lifetime(struct kunit *test)
{
	struct nf_svc_entry old = { .hash = 7,
				    .born = 1,
				    .died = NF_SVC_NEVER };
	struct nf_svc_entry new = { .hash = 7,
				    .born = NF_SVC_NEVER,
				    .died = NF_SVC_NEVER };
	struct nf_svc_table table;

	KUNIT_ASSERT_EQ(test, nf_svc_table_init(&table), 0);
	nf_svc_table_insert(&table, &old);
	nf_svc_table_insert(&table, &new);
	KUNIT_EXPECT_EQ(test, table_seen(&table, 7, 0), 0U);
	KUNIT_EXPECT_EQ(test, table_seen(&table, 7, 1), 1U);

	/* Commit 2 puts the new one in the old one's place. */
	old.died = 2;
	new.born = 2;
	KUNIT_EXPECT_TRUE(test, nf_svc_visible(&old, 1));
	KUNIT_EXPECT_FALSE(test, nf_svc_visible(&new, 1));
	KUNIT_EXPECT_FALSE(test, nf_svc_visible(&old, 2));
	KUNIT_EXPECT_TRUE(test, nf_svc_visible(&new, 2));
	KUNIT_EXPECT_EQ(test, table_seen(&table, 7, 1), 1U);
	KUNIT_EXPECT_EQ(test, table_seen(&table, 7, 2), 1U);
	KUNIT_EXPECT_FALSE(test, nf_svc_current(&old));
	KUNIT_EXPECT_TRUE(test, nf_svc_current(&new));

	nf_svc_table_unlink(&table, &old);
	KUNIT_EXPECT_EQ(test, table_seen(&table, 7, 1), 0U);
	KUNIT_EXPECT_EQ(test, table_seen(&table, 7, 2), 1U);
	nf_svc_table_unlink(&table, &new);
	KUNIT_EXPECT_EQ(test, table.count, 0U);
	synchronize_rcu();
	nf_svc_table_clean(&table);
}

static void table_resize(struct kunit *test)
{
	struct nf_svc_entry *entries;
	struct nf_svc_table table;
	u32 i, mask, missing = 0;

	entries = kunit_kcalloc(test, NR, sizeof(*entries), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, entries);
	KUNIT_ASSERT_EQ(test, nf_svc_table_init(&table), 0);
	mask = nf_svc_table_locked(&table)->mask;

	for (i = 0; i < NR; i++) {
		entries[i].hash = jhash_1word(i, 0);
		entries[i].born = 1;
		entries[i].died = NF_SVC_NEVER;
		nf_svc_table_insert(&table, &entries[i]);
		/* A table moves once in a grace period at the most. */
		if (i % 500 == 0)
			synchronize_rcu();
	}
	KUNIT_EXPECT_EQ(test, table.count, (u32)NR);
	KUNIT_EXPECT_GT(test, nf_svc_table_locked(&table)->mask, mask);
	KUNIT_EXPECT_GE(test, table.moves, 2U);
	for (i = 0; i < NR; i++)
		missing += table_seen(&table, entries[i].hash, 1) == 0;
	KUNIT_EXPECT_EQ(test, missing, 0U);

	mask = nf_svc_table_locked(&table)->mask;
	for (i = 0; i < NR - 1; i++) {
		nf_svc_table_unlink(&table, &entries[i]);
		if (i % 500 == 0)
			synchronize_rcu();
	}
	KUNIT_EXPECT_LT(test, nf_svc_table_locked(&table)->mask, mask);
	KUNIT_EXPECT_EQ(test, table_seen(&table, entries[NR - 1].hash, 1), 1U);
	nf_svc_table_unlink(&table, &entries[NR - 1]);
	synchronize_rcu();
	nf_svc_table_clean(&table);
}

static struct kunit_case table_cases[] = { KUNIT_CASE(table_lifetime),
					   KUNIT_CASE(table_resize),
					   {} };

struct kunit_suite nf_svc_table_suite = {
	.name = "nf_svc_table_TX-02",
	.test_cases = table_cases,
};
