// SPDX-License-Identifier: GPL-2.0
/* EndpointSlices as they come, in both orders: EP-05. */
#include "unit.h"

#define RAW_SLICE(labels, type, rest)                                   \
	"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"        \
	"metadata: {name: s, labels: {" labels "}}\naddressType: " type \
	"\n" rest "\n---\n"
#define OF_WEB "kubernetes.io/service-name: web"
#define ONE_POD "endpoints: [{addresses: [10.0.0.1, 10.0.0.9]}]"

static void EP_05_the_one_not_terminating_wins_in_both_orders(void **state)
{
	static const char one[] = WEB_SERVICE SLICE(
		"a", "web", "{port: 80}", TERMINATING("10.0.0.1", "here"))
		SLICE("b", "web", "{port: 80}", READY_ON("10.0.0.1", "there"));
	static const char other[] = WEB_SERVICE SLICE(
		"a", "web", "{port: 80}", READY_ON("10.0.0.1", "there"))
		SLICE("b", "web", "{port: 80}",
		      TERMINATING("10.0.0.1", "here"));
	static const char within[] = WEB_SERVICE SLICE(
		"a", "web", "{port: 80}",
		TERMINATING("10.0.0.1", "here") ", " READY_ON(
			"10.0.0.1", "there") ", " TERMINATING("10.0.0.1",
							      "here"));

	(void)state;
	assert_resolves(one, "10.0.0.1:80=C");
	assert_resolves(other, "10.0.0.1:80=C");
	assert_resolves(within, "10.0.0.1:80=C");
}

static void EP_05_one_moves_between_slices(void **state)
{
	(void)state;
	assert_resolves(WEB_SERVICE SLICE("a", "web", "{port: 80}",
					  READY_ON("10.0.0.1", "here"))
				SLICE("b", "web", "{port: 80}",
				      READY_ON("10.0.0.1",
					       "here") ", " READY_ON("10.0.0.2",
								     "here")),
			"10.0.0.1:80=CL 10.0.0.2:80=CL");
}

static void EP_05_slices_before_their_service(void **state)
{
	(void)state;
	assert_resolves(SLICE("a", "web", "{port: 80}", READY("10.0.0.1"))
				WEB_SERVICE SLICE("b", "web", "{port: 80}",
						  READY("10.0.0.2")),
			"10.0.0.1:80=C 10.0.0.2:80=C");
}

static void EP_05_ports_match_by_name_and_protocol(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run_resolve(
		&run,
		SERVICE("web",
			"clusterIP: 10.96.0.1, ports: [{name: dns, port: "
			"53, protocol: UDP}, {name: dns-tcp, port: 53}, "
			"{name: web, port: 80}]")
			SLICE("a", "web",
			      "{name: dns, port: 5353, protocol: UDP}, "
			      "{name: dns-tcp, port: 5354}, {name: other, port: 1}, "
			      "{name: web, port: 8080, protocol: UDP}",
			      READY("10.0.0.1"))
				SLICE("b", "web",
				      "{name: dns, port: 5355, protocol: UDP}",
				      READY("10.0.0.2")));
	assert_int_equal(run.desired.n, 3);
	assert_int_equal(
		run_service(&run, "default/web:dns", NFPROTO_IPV4)->protocol,
		IPPROTO_UDP);
	/* FE-02: a target port may differ between slices */
	assert_backends(run_service(&run, "default/web:dns", NFPROTO_IPV4),
			"10.0.0.1:5353=C 10.0.0.2:5355=C");
	assert_backends(run_service(&run, "default/web:dns-tcp", NFPROTO_IPV4),
			"10.0.0.1:5354=C");
	assert_backends(run_service(&run, "default/web:web", NFPROTO_IPV4), "");
	run_clean(&run);
}

/* What one slice says of an address, and what another says of the same. */
static void EP_05_doubles_in_both_orders(void **state)
{
	static const struct {
		const char *one, *other, *expected;
	} cases[] = {
		{ TERMINATING("10.0.0.1", "here"), READY_ON("10.0.0.1", "x"),
		  "10.0.0.1:80=C" },
		{ GONE("10.0.0.1", "here"), READY_ON("10.0.0.1", "here"),
		  "10.0.0.1:80=CL" },
		/* not terminating wins even if it is not ready */
		{ TERMINATING("10.0.0.1", "here"),
		  STATE("10.0.0.1", "x", "false", "false", "false"), "" },
		{ STATE("10.0.0.1", "x", "true", "true", "true"),
		  STATE("10.0.0.1", "x", "false", "true", "false"),
		  "10.0.0.1:80=" },
		/* it moves from one to the other */
		{ READY_ON("10.0.0.1", "here"), READY_ON("10.0.0.1", "here"),
		  "10.0.0.1:80=CL" },
		{ STATE("10.0.0.1", "here", "false", "false", "false"),
		  READY_ON("10.0.0.1", "here"), "10.0.0.1:80=CL" },
		/* one of them does not say where it is */
		{ READY("10.0.0.1"), READY_ON("10.0.0.1", "here"),
		  "10.0.0.1:80=CL" },
		/* one of them has hints: the same answer in both orders */
		{ HINTED("10.0.0.1", "x",
			 ZONE("b")) ", " HINTED("10.0.0.2", "x", ZONE("a")),
		  READY_ON("10.0.0.1", "x"), "10.0.0.1:80= 10.0.0.2:80=C" },
		{ HINTED("10.0.0.1", "x",
			 ZONE("b")) ", " HINTED("10.0.0.2", "x", ZONE("a")),
		  HINTED("10.0.0.1", "x", ZONE("a")),
		  "10.0.0.1:80=C 10.0.0.2:80=C" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (unsigned int turned = 0; turned < 2; turned++) {
			char text[2048];

			snprintf(text, sizeof(text),
				 WEB_SERVICE SLICE("a", "web", "{port: 80}",
						   "%s")
					 SLICE("b", "web", "{port: 80}", "%s"),
				 turned ? cases[i].other : cases[i].one,
				 turned ? cases[i].one : cases[i].other);
			assert_resolves(text, cases[i].expected);
			/* and in one slice */
			snprintf(text, sizeof(text),
				 WEB_SERVICE SLICE("a", "web", "{port: 80}",
						   "%s, %s"),
				 turned ? cases[i].other : cases[i].one,
				 turned ? cases[i].one : cases[i].other);
			assert_resolves(text, cases[i].expected);
		}
	}
}

/* Odd slices beside one that is not, before it and after it. */
static void EP_05_odd_slices_in_both_orders(void **state)
{
	static const struct {
		const char *slice;
		bool counts;
	} cases[] = {
		/* only the first address counts */
		{ RAW_SLICE(OF_WEB, "IPv4", "ports: [{port: 80}]\n" ONE_POD),
		  true },
		/* whoever made it */
		{ RAW_SLICE(OF_WEB
			    ", endpointslice.kubernetes.io/managed-by: me",
			    "IPv4", "ports: [{port: 80}]\n" ONE_POD),
		  true },
		{ RAW_SLICE(OF_WEB
			    ", service.kubernetes.io/service-proxy-name: x",
			    "IPv4", "ports: [{port: 80}]\n" ONE_POD),
		  true },
		{ RAW_SLICE(OF_WEB ", service.kubernetes.io/headless: \"\"",
			    "IPv4", "ports: [{port: 80}]\n" ONE_POD),
		  false },
		{ RAW_SLICE("", "IPv4", "ports: [{port: 80}]\n" ONE_POD),
		  false },
		{ RAW_SLICE("kubernetes.io/service-name: \"\"", "IPv4",
			    "ports: [{port: 80}]\n" ONE_POD),
		  false },
		{ RAW_SLICE(OF_WEB, "FQDN",
			    "ports: [{port: 80}]\nendpoints: [{addresses: "
			    "[example.org]}]"),
		  false },
		{ RAW_SLICE(OF_WEB, "IPv6",
			    "ports: [{port: 80}]\nendpoints: [{addresses: "
			    "[\"fd00::1\"]}]"),
		  false },
		{ RAW_SLICE(OF_WEB, "IPv4", "ports: null\n" ONE_POD), false },
		{ RAW_SLICE(OF_WEB, "IPv4", ONE_POD), false },
		{ RAW_SLICE(OF_WEB, "IPv4",
			    "ports: [{name: null, port: 80}]\n" ONE_POD),
		  false },
		{ RAW_SLICE(OF_WEB, "IPv4",
			    "ports: [{name: x, port: 80}]\n" ONE_POD),
		  false },
		{ RAW_SLICE(OF_WEB, "IPv4", "ports: [{port: null}]\n" ONE_POD),
		  false },
		{ RAW_SLICE(OF_WEB, "IPv4", "ports: [{port: 0}]\n" ONE_POD),
		  false },
		{ RAW_SLICE(OF_WEB, "IPv4",
			    "ports: [{port: 80, protocol: UDP}]\n" ONE_POD),
		  false },
		{ RAW_SLICE(OF_WEB, "IPv4",
			    "ports: [{port: 80}]\nendpoints: null"),
		  false },
	};
	static const char usual[] =
		SLICE("usual", "web", "{port: 80}", READY("10.0.0.2"));

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (unsigned int turned = 0; turned < 2; turned++) {
			char text[2048];

			snprintf(text, sizeof(text), "%s" WEB_SERVICE "%s",
				 turned ? usual : cases[i].slice,
				 turned ? cases[i].slice : usual);
			assert_resolves(text,
					cases[i].counts ?
						"10.0.0.1:80=C 10.0.0.2:80=C" :
						"10.0.0.2:80=C");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(EP_05_the_one_not_terminating_wins_in_both_orders),
		TEST(EP_05_one_moves_between_slices),
		TEST(EP_05_slices_before_their_service),
		TEST(EP_05_ports_match_by_name_and_protocol),
		TEST(EP_05_doubles_in_both_orders),
		TEST(EP_05_odd_slices_in_both_orders),
	};

	return cmocka_run_group_tests_name("slices", tests, NULL, NULL);
}
