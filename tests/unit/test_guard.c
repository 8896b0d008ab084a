// SPDX-License-Identifier: GPL-2.0
/* loadBalancerSourceRanges: FE-08. */
#include "unit.h"

#define LB NF_SVC_KIND_LOAD_BALANCER
#define CLOSED4 "0.0.0.0/32"
#define CLOSED6 "::/128"

/* Ranges, and what they come to for a dual-stack Service. */
struct guard_case {
	const char *ranges[3];
	const char *four, *six;
	size_t invalid, close, open;
};

static const struct guard_case cases[] = {
	{ { NULL }, "", "", 0, 0, 0 },
	{ { "10.0.0.0/8", "fd01::/16" }, "10.0.0.0/8", "fd01::/16", 0, 0, 0 },
	{ { "192.168.0.0/16", "10.0.0.0/8", "fd01::/16" },
	  "10.0.0.0/8 192.168.0.0/16",
	  "fd01::/16",
	  0,
	  0,
	  0 },
	/* white space */
	{ { " 10.0.0.0/8 ", "\\tfd01::/16\\n" },
	  "10.0.0.0/8",
	  "fd01::/16",
	  0,
	  0,
	  0 },
	/* bits past the prefix, as the API server reads it */
	{ { "10.1.2.3/8", "fd01::1/16" }, "10.0.0.0/8", "fd01::/16", 0, 0, 0 },
	/* the same twice */
	{ { "10.0.0.0/8", "10.1.0.0/8", "fd01::/16" },
	  "10.0.0.0/8",
	  "fd01::/16",
	  0,
	  0,
	  0 },
	/* /0: no restriction of that family */
	{ { "10.0.0.0/8", "0.0.0.0/0", "fd01::/16" }, "", "fd01::/16", 0, 0, 0 },
	{ { "10.0.0.0/8", "::/0" }, "10.0.0.0/8", "", 0, 0, 0 },
	/* ranges of one family leave the other open */
	{ { "10.0.0.0/8" }, "10.0.0.0/8", "", 0, 0, 1 },
	{ { "fd01::/16" }, "", "fd01::/16", 0, 0, 1 },
	{ { "0.0.0.0/0" }, "", "", 0, 0, 1 },
	/* invalid ones are told, the rest holds */
	{ { "10.0.0.0/33", "10.0.0.0/8", "fd01::/16" },
	  "10.0.0.0/8",
	  "fd01::/16",
	  1,
	  0,
	  0 },
	{ { "10.0.0.0", "10.0.0.0/8", "fd01::/16" },
	  "10.0.0.0/8",
	  "fd01::/16",
	  1,
	  0,
	  0 },
	/* none is valid: closed, for both families */
	{ { "10.0.0.0/33" }, CLOSED4, CLOSED6, 1, 2, 0 },
	{ { "office", "" }, CLOSED4, CLOSED6, 2, 2, 0 },
	/* those of one family are invalid: that one is closed */
	{ { "10.0.0.0/33", "fd01::/16" }, CLOSED4, "fd01::/16", 1, 1, 0 },
	{ { "010.0.0.0/8", "fd01::/16" }, CLOSED4, "fd01::/16", 1, 1, 0 },
	{ { "fd00::/129", "10.0.0.0/8" }, "10.0.0.0/8", CLOSED6, 1, 1, 0 },
	{ { "office", "10.0.0.0/8" }, "10.0.0.0/8", CLOSED6, 1, 1, 0 },
	/* one of the other family was invalid: nothing was meant for this one */
	{ { "10.0.0.0/33", "10.0.0.0/8" }, "10.0.0.0/8", "", 1, 0, 1 },
	/* the node may ask: so may the addresses, which it may hold itself */
	{ { "192.0.2.0/24", "fd00:2::/64" },
	  "192.0.2.0/24 203.0.113.1/32 203.0.113.2/32",
	  "fd00:2::/64 fd00:3::1/128",
	  0,
	  0,
	  0 },
};

static void check(const struct guard_case *one, bool turned)
{
	char text[1024];
	struct run run;
	int len;

	len = snprintf(
		text, sizeof(text),
		"apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
		"spec: {clusterIPs: [10.96.0.1, \"fd00:96::1\"], externalIPs: "
		"[198.51.100.1], ports: [{port: 80, nodePort: 30080}], "
		"loadBalancerSourceRanges: [");
	for (unsigned int i = 0; i < 3; i++) {
		const char *range = one->ranges[turned ? 2 - i : i];

		if (range)
			len += snprintf(text + len, sizeof(text) - (size_t)len,
					"\"%s\", ", range);
	}
	snprintf(text + len, sizeof(text) - (size_t)len,
		 "]}\nstatus: {loadBalancer: {ingress: [{ip: 203.0.113.1}, "
		 "{ip: 203.0.113.2}, {ip: \"fd00:3::1\"}]}}\n");
	run_begin(&run);
	run.options.trusting = true;
	run_resolve(&run, text);
	assert_int_equal(run.desired.n, 2);
	assert_ranges(&run.desired.services[0], LB, one->four);
	assert_ranges(&run.desired.services[1], LB, one->six);
	/* never ClusterIP, NodePort or external IP */
	for (size_t i = 0; i < 2; i++) {
		const struct nf_svc_service *service = &run.desired.services[i];

		for (size_t k = 0; k < service->n_frontends; k++)
			assert_true(service->frontends[k].kind == LB ||
				    !service->frontends[k].n_ranges);
	}
	assert_problem(&run.problems, PROBLEM_RANGE_INVALID, one->invalid,
		       NULL);
	assert_problem(&run.problems, PROBLEM_RANGES_CLOSE, one->close, NULL);
	assert_problem(&run.problems, PROBLEM_RANGES_LEAVE_OPEN, one->open,
		       NULL);
	run_clean(&run);
}

static void FE_08_source_ranges_in_both_orders(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		check(&cases[i], false);
		check(&cases[i], true);
	}
}

static void FE_08_each_address_has_them(void **state)
{
	const struct nf_svc_service *service;
	struct run run;

	(void)state;
	run_begin(&run);
	run_resolve(
		&run,
		SERVICE("web",
			"clusterIP: 10.96.0.1, loadBalancerSourceRanges: [10.0.0.0/8], "
			"ports: [{name: a, port: 80}, {name: b, port: 81}]}\n"
			"status: {loadBalancer: {ingress: [{ip: 203.0.113.1}, "
			"{ip: 203.0.113.2}]}"));
	assert_int_equal(run.desired.n, 2);
	for (size_t i = 0; i < 2; i++) {
		service = &run.desired.services[i];
		assert_int_equal(service->n_frontends, 3);
		assert_int_equal(service->frontends[1].n_ranges, 1);
		assert_int_equal(service->frontends[2].n_ranges, 1);
	}
	run_clean(&run);
}

static void FE_08_what_is_told_says_where(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run_resolve(
		&run,
		"apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"
		"spec:\n  clusterIP: 10.96.0.1\n  ports: [{port: 80}]\n"
		"  loadBalancerSourceRanges:\n  - 10.0.0.0/8\n  - ' x '\n");
	assert_int_equal(run.problems.n, 1);
	assert_problem(&run.problems, PROBLEM_RANGE_INVALID, 1, "'x'");
	assert_string_equal(run.problems.list[0].field,
			    "spec.loadBalancerSourceRanges[1]");
	assert_string_equal(run.problems.list[0].service, "shop/web");
	assert_int_equal(run.problems.list[0].place.line, 9);
	run_clean(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(FE_08_source_ranges_in_both_orders),
		TEST(FE_08_each_address_has_them),
		TEST(FE_08_what_is_told_says_where),
	};

	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
