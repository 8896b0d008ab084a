// SPDX-License-Identifier: GPL-2.0
/* Which endpoints a node's kernel gets, and in which set. */
#include "unit.h"

static void EP_01_ready_ones_are_the_cluster_set(void **state)
{
	(void)state;
	assert_resolves(WEB_SERVICE SLICE(
				"a", "web", "{port: 8080}",
				READY_ON("10.0.0.2",
					 "n2") ", " READY_ON("10.0.0.1", "n1")),
			"10.0.0.1:8080=C 10.0.0.2:8080=C");
}

static void EP_01_terminating_ones_only_if_none_is_ready(void **state)
{
	(void)state;
	/* one is ready: the terminating one drains */
	assert_resolves(
		WEB_SERVICE SLICE("a", "web", "{port: 80}",
				  READY_ON("10.0.0.1", "n1") ", " TERMINATING(
					  "10.0.0.2", "n2")),
		"10.0.0.1:80=C 10.0.0.2:80=");
	/* none is ready: all that serve while they terminate */
	assert_resolves(
		WEB_SERVICE SLICE(
			"a", "web", "{port: 80}",
			TERMINATING("10.0.0.1", "n1") ", " TERMINATING(
				"10.0.0.2",
				"n2") ", " GONE("10.0.0.3",
						"n3") ", " STATE("10.0.0.4",
								 "n4", "false",
								 "true",
								 "false")),
		"10.0.0.1:80=C 10.0.0.2:80=C 10.0.0.4:80=");
}

static void EP_02_ready_ones_here_are_the_local_set(void **state)
{
	(void)state;
	assert_resolves(
		WEB_SERVICE SLICE("a", "web", "{port: 80}",
				  READY_ON("10.0.0.1", "here") ", " READY_ON(
					  "10.0.0.2",
					  "there") ", " READY("10.0.0.3")),
		"10.0.0.1:80=CL 10.0.0.2:80=C 10.0.0.3:80=C");
}

static void EP_02_the_sets_fall_back_apart(void **state)
{
	(void)state;
	/* ready elsewhere, terminating here: each set has its own fall-back */
	assert_resolves(
		WEB_SERVICE SLICE("a", "web", "{port: 80}",
				  TERMINATING("10.0.0.1", "here") ", " READY_ON(
					  "10.0.0.2", "there")),
		"10.0.0.1:80=L 10.0.0.2:80=C");
	assert_resolves(WEB_SERVICE SLICE(
				"a", "web", "{port: 80}",
				TERMINATING("10.0.0.1",
					    "here") ", " TERMINATING("10.0.0.2",
								     "there")),
			"10.0.0.1:80=CL 10.0.0.2:80=C");
	assert_resolves(
		WEB_SERVICE SLICE("a", "web", "{port: 80}",
				  READY_ON("10.0.0.1", "here") ", " TERMINATING(
					  "10.0.0.2", "here")),
		"10.0.0.1:80=CL 10.0.0.2:80=");
}

static void EP_03_nobody_usable(void **state)
{
	(void)state;
	assert_resolves(WEB_SERVICE, "");
	assert_resolves(WEB_SERVICE SLICE("a", "web", "{port: 80}",
					  GONE("10.0.0.1", "here") ", " STATE(
						  "10.0.0.2", "here", "false",
						  "false", "false")),
			"");
	/* usable elsewhere: the local set is empty, the cluster set is not */
	assert_resolves(WEB_SERVICE SLICE("a", "web", "{port: 80}",
					  READY_ON("10.0.0.1", "there")),
			"10.0.0.1:80=C");
}

static void EP_04_hints(void **state)
{
	static const struct {
		const char *endpoints, *expected;
	} cases[] = {
		/* every one has a zone, one has this one */
		{ HINTED("10.0.0.1", "n1",
			 ZONE("a")) ", " HINTED("10.0.0.2", "n2", ZONE("b")),
		  "10.0.0.1:80=C 10.0.0.2:80=" },
		/* one has none */
		{ HINTED("10.0.0.1", "n1", ZONE("a")) ", " READY_ON("10.0.0.2",
								    "n2"),
		  "10.0.0.1:80=C 10.0.0.2:80=C" },
		/* nobody is for this zone */
		{ HINTED("10.0.0.1", "n1",
			 ZONE("b")) ", " HINTED("10.0.0.2", "n2", ZONE("c")),
		  "10.0.0.1:80=C 10.0.0.2:80=C" },
		/* for several zones */
		{ HINTED("10.0.0.1", "n1",
			 "forZones: [{name: b}, {name: a}]") ", " HINTED("10.0.0.2",
									 "n2",
									 ZONE("b")),
		  "10.0.0.1:80=C 10.0.0.2:80=" },
		/* this node comes before this zone */
		{ HINTED("10.0.0.1", "n1", ZONE("a") ", " NODE("n1")) ", " HINTED(
			  "10.0.0.2", "here", ZONE("b") ", " NODE("here")),
		  "10.0.0.1:80= 10.0.0.2:80=CL" },
		/* nobody is for this node: then the zone */
		{ HINTED("10.0.0.1", "n1",
			 ZONE("a") ", " NODE(
				 "n1")) ", " HINTED("10.0.0.2", "n2",
						    ZONE("b") ", " NODE("n2")),
		  "10.0.0.1:80=C 10.0.0.2:80=" },
		/* one has no node: then the zone */
		{ HINTED("10.0.0.1", "here",
			 ZONE("b") ", " NODE("here")) ", " HINTED("10.0.0.2",
								  "n2",
								  ZONE("a")),
		  "10.0.0.1:80=L 10.0.0.2:80=C" },
		/* hints of those that are not ready do not count, nor do theirs */
		{ HINTED("10.0.0.1", "n1", ZONE("a")) ", " TERMINATING(
			  "10.0.0.2", "n2") ", " HINTED("10.0.0.3", "n3",
							ZONE("b")),
		  "10.0.0.1:80=C 10.0.0.2:80= 10.0.0.3:80=" },
		/* the local set has nothing to do with hints */
		{ HINTED("10.0.0.1", "here",
			 ZONE("b")) ", " HINTED("10.0.0.2", "n2", ZONE("a")),
		  "10.0.0.1:80=L 10.0.0.2:80=C" },
		/* none is ready: topology is ignored */
		{ "{addresses: [10.0.0.1], conditions: {ready: false, serving: true, "
		  "terminating: true}, hints: {" ZONE(
			  "a") "}}, "
			       "{addresses: [10.0.0.2], conditions: {ready: false, serving: true, "
			       "terminating: true}, hints: {" ZONE("b") "}}",
		  "10.0.0.1:80=C 10.0.0.2:80=C" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[2048];

		snprintf(text, sizeof(text),
			 WEB_SERVICE SLICE("a", "web", "{port: 80}", "%s"),
			 cases[i].endpoints);
		assert_resolves(text, cases[i].expected);
	}
}

static void EP_04_each_port_for_itself(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run_resolve(
		&run,
		SERVICE("web",
			"clusterIP: 10.96.0.1, ports: [{name: a, port: 80}, "
			"{name: b, port: 81}]")
			SLICE("s1", "web",
			      "{name: a, port: 80}, {name: b, port: 81}",
			      HINTED("10.0.0.1", "n1", ZONE("a")) ", " HINTED(
				      "10.0.0.2", "n2", ZONE("b")))
				SLICE("s2", "web", "{name: b, port: 81}",
				      READY("10.0.0.3")));
	assert_backends(run_service(&run, "default/web:a", NFPROTO_IPV4),
			"10.0.0.1:80=C 10.0.0.2:80=");
	assert_backends(run_service(&run, "default/web:b", NFPROTO_IPV4),
			"10.0.0.1:81=C 10.0.0.2:81=C 10.0.0.3:81=C");
	run_clean(&run);
}

static void EP_04_a_node_without_name_or_zone(void **state)
{
	static const char text[] = WEB_SERVICE SLICE(
		"a", "web", "{port: 80}",
		"{addresses: [10.0.0.1], nodeName: \"\", hints: {forZones: [{name: \"\"}], "
		"forNodes: [{name: \"\"}]}}, " HINTED(
			"10.0.0.2", "n2", ZONE("a") ", " NODE("x")));
	static const char *const nothing[] = { NULL, "" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct run run;

		run_begin(&run);
		run.node.name = nothing[i];
		run.node.zone = nothing[i];
		run_resolve(&run, text);
		assert_backends(&run.desired.services[0],
				"10.0.0.1:80=C 10.0.0.2:80=C");
		run_clean(&run);
	}
}

/* As the EndpointSlice controller publishes it: ready whatever the pod is. */
static void EP_06_published_though_not_ready(void **state)
{
	(void)state;
	assert_resolves(
		WEB_SERVICE SLICE(
			"a", "web", "{port: 80}",
			STATE("10.0.0.1", "here", "true", "false",
			      "false") ", " STATE("10.0.0.2", "x", "true",
						  "false",
						  "true") ", " STATE("10.0.0.3",
								     "x",
								     "true",
								     "true",
								     "true")),
		"10.0.0.1:80=CL 10.0.0.2:80=C 10.0.0.3:80=C");
}

static void EP_07_host_network(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run_resolve(&run, WEB_SERVICE SLICE(
				  "a", "web", "{port: 80}",
				  READY_ON("192.0.2.10", "here") ", " READY_ON(
					  "192.0.2.11", "there")));
	assert_backends(&run.desired.services[0],
			"192.0.2.10:80=CL 192.0.2.11:80=C");
	assert_int_equal(run.problems.n, 0);
	run_clean(&run);
}

static void EP_10_addresses_that_cannot_be_backends(void **state)
{
	static const struct {
		const char *address, *why;
	} cases[] = {
		{ "127.0.0.1", "loopback" },
		{ "169.254.169.254", "link-local" },
		{ "224.0.0.1", "multicast" },
		{ "0.0.0.0", "unspecified" },
		{ "255.255.255.255", "broadcast" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct run run;
		char text[1024];

		/* two ports, one warning */
		snprintf(
			text, sizeof(text),
			SERVICE("web",
				"clusterIP: 10.96.0.1, ports: [{name: a, port: 80}, {name: b, port: 81}]")
				SLICE("s", "web",
				      "{name: a, port: 80}, {name: b, port: 81}",
				      READY("10.0.0.1") ", " READY("%s")),
			cases[i].address);
		run_begin(&run);
		run_resolve(&run, text);
		assert_backends(&run.desired.services[0], "10.0.0.1:80=C");
		assert_problem(&run.problems, PROBLEM_BACKEND_REFUSED, 1,
			       cases[i].why);
		assert_string_equal(run.problems.list[0].service,
				    "default/web");
		assert_string_equal(run.problems.list[0].field, "endpoints[1]");
		assert_true(run.problems.list[0].place.line > 1);
		run_clean(&run);
	}
}

static void EP_10_a_service_as_a_backend(void **state)
{
	struct address_set cluster_ips = { 0 };
	struct nf_svc_addr other = addr("10.96.0.2");
	struct run run;

	(void)state;
	assert_int_equal(address_set_add(&cluster_ips, &other), 0);
	assert_int_equal(address_set_add(&cluster_ips, &other), -EEXIST);
	run_begin(&run);
	run.options.cluster_ips = &cluster_ips;
	/* a ClusterIP is warned of, a load-balancer address is not */
	run_resolve(&run, WEB_SERVICE SLICE("a", "web", "{port: 80}",
					    READY("10.96.0.2") ", " READY(
						    "203.0.113.1")));
	assert_backends(&run.desired.services[0],
			"10.96.0.2:80=C 203.0.113.1:80=C");
	assert_int_equal(run.problems.n, 1);
	assert_problem(&run.problems, PROBLEM_BACKEND_IS_CLUSTER_IP, 1,
		       "10.96.0.2");
	run_clean(&run);
	address_set_clean(&cluster_ips);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(EP_01_ready_ones_are_the_cluster_set),
		TEST(EP_01_terminating_ones_only_if_none_is_ready),
		TEST(EP_02_ready_ones_here_are_the_local_set),
		TEST(EP_02_the_sets_fall_back_apart),
		TEST(EP_03_nobody_usable),
		TEST(EP_04_hints),
		TEST(EP_04_each_port_for_itself),
		TEST(EP_04_a_node_without_name_or_zone),
		TEST(EP_06_published_though_not_ready),
		TEST(EP_07_host_network),
		TEST(EP_10_addresses_that_cannot_be_backends),
		TEST(EP_10_a_service_as_a_backend),
	};

	return cmocka_run_group_tests_name("backends", tests, NULL, NULL);
}
