// SPDX-License-Identifier: GPL-2.0
/* The parts of svcctl check that ask nobody: CTL-05. */
#include "check.h"
#include "command.h"
#include "unit.h"

extern const struct command svcctl_check;

static struct nf_svc_cidr cidr_of(const char *text)
{
	struct nf_svc_cidr cidr;
	const char *why;

	assert_int_equal(nf_svc_cidr_parse(text, &cidr, &why), 0);
	return cidr;
}

static struct nf_svc_addr addr_of(const char *text)
{
	struct nf_svc_addr addr;
	const char *why;

	assert_int_equal(nf_svc_addr_parse(text, &addr, &why), 0);
	return addr;
}

/* The examples of KEP-3070, and the ends. */
static void CTL_05_static_band(void **state)
{
	static const struct {
		const char *cidr;
		uint64_t size;
		uint64_t reserved;
	} cases[] = {
		{ "10.96.0.0/24", 254, 16 },
		{ "10.96.0.0/20", 4094, 256 },
		{ "10.96.0.0/16", 65534, 256 },
		{ "10.96.0.0/12", 1048574, 256 },
		{ "10.96.0.0/23", 510, 32 },
		{ "10.96.0.0/27", 30, 16 },
		{ "10.96.0.0/28", 14, 0 },
		{ "10.96.0.0/30", 2, 0 },
		{ "10.96.0.0/31", 0, 0 },
		{ "10.96.0.0/32", 0, 0 },
		{ "fd00::/128", 0, 0 },
		{ "fd00::/120", 255, 16 },
		{ "fd00::/112", 65535, 256 },
		{ "fd00::/65", (1ULL << 63) - 1, 256 },
		{ "fd00::/64", UINT64_MAX - 1, 256 },
		{ "fd00::/8", UINT64_MAX - 1, 256 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct nf_svc_cidr cidr = cidr_of(cases[i].cidr);
		struct band band = band_of(&cidr);

		if (band.size != cases[i].size ||
		    band.reserved != cases[i].reserved)
			fail_msg("%s: %llu, %llu", cases[i].cidr,
				 (unsigned long long)band.size,
				 (unsigned long long)band.reserved);
	}
}

static void CTL_05_place_in_a_range(void **state)
{
	static const struct {
		const char *cidr;
		const char *addr;
		uint64_t place;
	} cases[] = {
		{ "10.96.0.0/24", "10.96.0.1", 0 },
		{ "10.96.0.0/24", "10.96.0.16", 15 },
		{ "10.96.0.0/24", "10.96.0.254", 253 },
		{ "10.96.0.0/24", "10.96.0.255", 254 },
		{ "10.96.0.0/24", "10.96.0.0", UINT64_MAX },
		{ "10.96.0.0/12", "10.111.255.255", (1 << 20) - 2 },
		{ "fd00::/64", "fd00::1", 0 },
		{ "fd00::/64", "fd00::ffff:ffff:ffff:ffff", UINT64_MAX - 1 },
		{ "fd00::/56", "fd00:0:0:1::", UINT64_MAX },
		{ "fd00::/56", "fd00:0:0:12::5", UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct nf_svc_cidr cidr = cidr_of(cases[i].cidr);
		struct nf_svc_addr addr = addr_of(cases[i].addr);
		uint64_t place = band_place(&cidr, &addr);

		if (place != cases[i].place)
			fail_msg("%s in %s: %llu", cases[i].addr, cases[i].cidr,
				 (unsigned long long)place);
	}
}

static void CTL_05_ranges_overlap(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		bool overlap;
	} cases[] = {
		{ "10.96.0.0/12", "10.96.0.0/12", true },
		{ "10.96.0.0/12", "10.111.0.0/16", true },
		{ "10.96.0.0/12", "10.0.0.0/8", true },
		{ "10.96.0.0/12", "10.112.0.0/16", false },
		{ "10.96.0.0/12", "0.0.0.0/0", true },
		{ "10.96.0.0/12", "::/0", false },
		{ "fd00::/64", "fd00::1", true },
		{ "fd00::/64", "fd00:0:0:1::/64", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct nf_svc_cidr a = cidr_of(cases[i].a);
		struct nf_svc_cidr b = cidr_of(cases[i].b);

		if (cidrs_overlap(&a, &b) != cases[i].overlap ||
		    cidrs_overlap(&b, &a) != cases[i].overlap)
			fail_msg("%s and %s", cases[i].a, cases[i].b);
	}
}

static void CTL_05_dns_labels(void **state)
{
	static const char *const good[] = {
		"a",
		"0",
		"web-1",
		"a--b",
		"a23456789012345678901234567890123456789012345678901234567890123",
	};
	static const char *const bad[] = {
		"",
		"-a",
		"a-",
		"A",
		"a.b",
		"a_b",
		"\xc3\xa9",
		"a ",
		"a234567890123456789012345678901234567890123456789012345678901234",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (!is_dns_label(good[i], strlen(good[i])))
			fail_msg("'%s'", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (is_dns_label(bad[i], strlen(bad[i])))
			fail_msg("'%s'", bad[i]);
	/* only so much of it counts */
	assert_true(is_dns_label("web/A", 3));
	assert_false(is_dns_label("web-/A", 4));
}

/* Each id is there once, and says all that there is to say. */
static void CTL_05_table_of_checks(void **state)
{
	(void)state;
	for (const struct check *check = svcctl_checks; check->id; check++) {
		assert_true(*check->looks_for && *check->remedy);
		assert_non_null(check->make);
		assert_non_null(strstr(svcctl_check.help, check->id));
		for (const struct check *other = svcctl_checks; other != check;
		     other++)
			assert_string_not_equal(check->id, other->id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(CTL_05_static_band),
		cmocka_unit_test(CTL_05_place_in_a_range),
		cmocka_unit_test(CTL_05_ranges_overlap),
		cmocka_unit_test(CTL_05_dns_labels),
		cmocka_unit_test(CTL_05_table_of_checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
