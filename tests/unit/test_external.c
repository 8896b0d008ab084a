// SPDX-License-Identifier: GPL-2.0
/* Node ports and external addresses: which of them are served. */
#include "unit.h"

#define DUAL_SPEC                                           \
	"clusterIPs: [10.96.0.1, \"fd00:96::1\"], ports: [" \
	"{port: 80, nodePort: 30080}]"
#define INGRESS(ingress) "}\nstatus: {loadBalancer: {ingress: [" ingress "]}"

static const struct nf_svc_service *web(const struct run *run)
{
	return run_service(run, "default/web", NFPROTO_IPV4);
}

static void assert_cidrs(const struct node_ports *ports, const char *expected)
{
	char text[256] = "", one[NF_SVC_CIDR_TEXT];

	for (size_t i = 0; i < ports->n; i++) {
		strcat(text, i ? ", " : "");
		strcat(text, nf_svc_cidr_format(&ports->cidrs[i], one));
	}
	assert_string_equal(text, expected);
}

static void FE_04_node_ports(void **state)
{
	static const struct {
		enum node_port_choice choice;
		const char *cidrs[2];
		const char *expected;
	} cases[] = {
		{ NODE_PORT_PRIMARY, { NULL }, "192.0.2.10/32, fd00:2::10/128" },
		{ NODE_PORT_ALL, { NULL }, "0.0.0.0/0, ::/0" },
		{ NODE_PORT_CIDRS,
		  { "fd00:5::/32", "198.51.100.0/24" },
		  "198.51.100.0/24, fd00:5::/32" },
		/* no CIDR of a family: all of it */
		{ NODE_PORT_CIDRS, { "198.51.100.0/24" }, "198.51.100.0/24" },
		{ NODE_PORT_CIDRS,
		  { "0.0.0.0/1", "128.0.0.0/1" },
		  "0.0.0.0/1, 128.0.0.0/1" },
	};
	const struct nf_svc_addr addresses[] = {
		addr("127.0.0.1"),    addr("192.0.2.10"), addr("198.51.100.7"),
		addr("198.51.100.7"), addr("::1"),	  addr("fe80::1"),
		addr("fd00:2::10"),   addr("fd00:5::7"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct nf_svc_cidr cidrs[2];
		struct run run;
		size_t n = 0;

		for (; n < 2 && cases[i].cidrs[n]; n++)
			cidrs[n] = cidr(cases[i].cidrs[n]);
		run_begin(&run);
		run.node.addresses = addresses;
		run.node.n_addresses = 8;
		run_node_ports(&run, cases[i].choice, cidrs, n);
		assert_cidrs(&run.ports, cases[i].expected);
		run_resolve(&run, SERVICE("web", "type: NodePort, " DUAL_SPEC));
		/* a node port has no address and comes first */
		assert_frontends(web(&run),
				 "NodePort *:30080, ClusterIP 10.96.0.1:80");
		assert_frontends(run_service(&run, "default/web", NFPROTO_IPV6),
				 "NodePort *:30080, ClusterIP [fd00:96::1]:80");
		run_clean(&run);
	}
}

static void FE_04_what_is_told(void **state)
{
	const struct nf_svc_addr addresses[] = { addr("192.0.2.10"),
						 addr("fd00:2::10") };
	struct nf_svc_cidr elsewhere = cidr("10.0.0.0/8");
	struct run run;

	(void)state;
	run_begin(&run);
	run.node.addresses = addresses;
	run.node.n_addresses = 2;
	run_node_ports(&run, NODE_PORT_CIDRS, &elsewhere, 1);
	assert_problem(&run.problems, PROBLEM_NODE_PORT_NOWHERE, 1, "IPv4");
	assert_problem(&run.problems, PROBLEM_NODE_PORT_EVERYWHERE, 1, "IPv6");
	/* without addresses of a family there is nothing to tell */
	problems_clean(&run.problems);
	run.node.n_addresses = 1;
	run_node_ports(&run, NODE_PORT_CIDRS, &elsewhere, 1);
	assert_problem(&run.problems, PROBLEM_NODE_PORT_EVERYWHERE, 0, NULL);
	run_clean(&run);

	/* no primary address of a family */
	run_begin(&run);
	memset(&run.node.primary[1], 0, sizeof(run.node.primary[1]));
	run_node_ports(&run, NODE_PORT_PRIMARY, NULL, 0);
	/* no CIDR of a family would be all of its addresses */
	assert_cidrs(&run.ports, "192.0.2.10/32, ::/128");
	run_resolve(&run, SERVICE("web", "type: NodePort, " DUAL_SPEC));
	assert_frontends(run_service(&run, "default/web", NFPROTO_IPV6),
			 "ClusterIP [fd00:96::1]:80");
	assert_int_equal(run.problems.n, 1);
	assert_problem(&run.problems, PROBLEM_NODE_PORT_NOWHERE, 1, "IPv6");
	run_clean(&run);

	/* no number */
	run_begin(&run);
	run_resolve(
		&run,
		SERVICE("web", "type: NodePort, clusterIP: 10.96.0.1, "
			       "ports: [{name: a, port: 80}, "
			       "{name: b, port: 81}]")
			SERVICE("other",
				"type: LoadBalancer, allocateLoadBalancerNodePorts: "
				"false, clusterIP: 10.96.0.2, "
				"ports: [{port: 80}]"));
	assert_int_equal(run.problems.n, 1);
	assert_problem(&run.problems, PROBLEM_NODE_PORT_MISSING, 1, NULL);
	assert_string_equal(run.problems.list[0].field, "spec.ports[0]");
	assert_string_equal(run.problems.list[0].service, "default/web");
	run_clean(&run);
}

static void FE_06_ingress(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run_resolve(
		&run,
		SERVICE("web",
			"type: LoadBalancer, allocateLoadBalancerNodePorts: false, "
			"clusterIPs: [10.96.0.1, \"fd00:96::1\"], ports: [{port: 80}]" INGRESS(
				"{ip: 203.0.113.1}, {ip: 203.0.113.2, ipMode: VIP}, "
				"{ip: 203.0.113.3, ipMode: Proxy}, {hostname: example.org}, "
				"{ip: \"\"}, {ip: null}, {ip: \"fd00:3::1\"}, "
				/* an address of the node: kube-vip */
				"{ip: 192.0.2.10}")));
	assert_frontends(
		web(&run),
		"ClusterIP 10.96.0.1:80, LoadBalancer 192.0.2.10:80, "
		"LoadBalancer 203.0.113.1:80, LoadBalancer 203.0.113.2:80");
	assert_frontends(
		run_service(&run, "default/web", NFPROTO_IPV6),
		"LoadBalancer [fd00:3::1]:80, ClusterIP [fd00:96::1]:80");
	assert_int_equal(run.problems.n, 0);
	run_clean(&run);
}

/* An external address, how it is looked at, and what becomes of it. */
static void FE_07_external_addresses(void **state)
{
	static const struct {
		const char *address;
		bool ingress, trusting, served;
		const char *why;
	} cases[] = {
		{ "192.0.2.99", false, false, false, "CVE-2020-8554" },
		{ "192.0.2.99", false, true, true, "CVE-2020-8554" },
		{ "198.51.100.1", false, false, true, NULL },
		{ "198.51.100.1", false, true, true, NULL },
		{ "192.0.2.99", true, false, true, NULL },
		/* what the kernel refuses is never served */
		{ "127.0.0.1", false, true, false, "loopback" },
		{ "127.0.0.1", true, true, false, "loopback" },
		{ "169.254.169.254", false, true, false, "link-local" },
		{ "224.0.0.1", true, true, false, "multicast" },
		{ "0.0.0.0", false, true, false, "unspecified" },
		/* of services and pods */
		{ "10.96.0.99", true, false, false, "ClusterIP" },
		{ "10.96.0.99", true, true, true, "ClusterIP" },
		{ "10.97.0.99", true, false, false, "ClusterIP" },
		{ "10.244.0.1", true, false, false, "pod" },
		{ "10.244.0.1", false, true, true, "pod" },
		/* where the kubelet listens */
		{ "192.0.2.10", true, false, false, "the kubelet" },
		{ "192.0.2.10", true, true, true, "the kubelet" },
		{ "192.0.2.200", true, false, false, "the API server" },
	};
	struct nf_svc_cidr external = cidr("198.51.100.0/24"),
			   services = cidr("10.96.0.0/16"),
			   more = cidr("10.97.0.0/16"),
			   pods = cidr("10.244.0.0/16");
	const struct reserved_port reserved[] = {
		{ .port = 10250, .what = "the kubelet" },
		{ .addr = addr("192.0.2.200"),
		  .port = 10250,
		  .what = "the API server" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[512], expected[128];
		struct run run;

		run_begin(&run);
		run.settings.pod_cidrs = &pods;
		run.settings.n_pod_cidrs = 1;
		run.settings.service_cidrs = &more;
		run.settings.n_service_cidrs = 1;
		run.options.trusting = cases[i].trusting;
		run.options.external_cidrs = &external;
		run.options.n_external_cidrs = 1;
		run.options.service_cidrs = &services;
		run.options.n_service_cidrs = 1;
		run.options.reserved = reserved;
		run.options.n_reserved = 2;
		snprintf(
			text, sizeof(text),
			cases[i].ingress ?
				SERVICE("web",
					"clusterIP: 10.0.0.1, ports: [{port: 10250}]" INGRESS(
						"{ip: %s}")) :
				SERVICE("web",
					"clusterIP: 10.0.0.1, externalIPs: [%s], "
					"ports: [{port: 10250}]"),
			cases[i].address);
		run_resolve(&run, text);
		snprintf(expected, sizeof(expected),
			 cases[i].served ?
				 "ClusterIP 10.0.0.1:10250, %s %s:10250" :
				 "ClusterIP 10.0.0.1:10250",
			 cases[i].ingress ? "LoadBalancer" : "ExternalIP",
			 cases[i].address);
		assert_frontends(web(&run), expected);
		assert_int_equal(run.problems.n, cases[i].why != NULL);
		if (cases[i].why)
			assert_problem(&run.problems,
				       cases[i].served ?
					       PROBLEM_ADDRESS_TRUSTED :
					       PROBLEM_ADDRESS_REFUSED,
				       1, cases[i].why);
		run_clean(&run);
	}
}

static void FE_07_node_ports_that_the_node_needs(void **state)
{
	const struct reserved_port reserved[] = {
		{ .port = 30050, .what = "the kubelet" },
		{ .addr = addr("198.51.100.77"),
		  .port = 30051,
		  .what = "somebody elsewhere" },
	};
	static const struct {
		const char *ports;
		bool trusting;
		const char *frontends;
		unsigned int problems;
	} cases[] = {
		{ "{port: 80, nodePort: 30050}", false, "ClusterIP 10.0.0.1:80",
		  1 },
		{ "{port: 80, nodePort: 30050}", true,
		  "NodePort *:30050, ClusterIP 10.0.0.1:80", 1 },
		{ "{port: 80, nodePort: 30051}", false,
		  "NodePort *:30051, ClusterIP 10.0.0.1:80", 0 },
		{ "{port: 80, nodePort: 30050, protocol: UDP}", false,
		  "NodePort *:30050, ClusterIP 10.0.0.1:80", 0 },
		{ "{port: 30050, nodePort: 30080}", false,
		  "NodePort *:30080, ClusterIP 10.0.0.1:30050", 0 },
	};
	char text[256];
	struct run run;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		run_begin(&run);
		run.options.trusting = cases[i].trusting;
		run.options.reserved = reserved;
		run.options.n_reserved = 2;
		snprintf(
			text, sizeof(text),
			SERVICE("web",
				"type: NodePort, clusterIP: 10.0.0.1, ports: [%s]"),
			cases[i].ports);
		run_resolve(&run, text);
		assert_int_equal(run.ends[0], 1);
		assert_frontends(&run.desired.services[0], cases[i].frontends);
		assert_int_equal(run.problems.n, cases[i].problems);
		if (cases[i].problems)
			assert_problem(&run.problems,
				       cases[i].trusting ?
					       PROBLEM_ADDRESS_TRUSTED :
					       PROBLEM_ADDRESS_REFUSED,
				       1, "the kubelet");
		run_clean(&run);
	}
}

static void FE_08_more_ranges_than_the_module_takes(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run.options.limit_ranges = 2;
	run_resolve(
		&run,
		SERVICE("few",
			"type: LoadBalancer, clusterIP: 10.96.0.2, loadBalancerSourceRanges: "
			"[10.0.0.0/8, 192.168.0.0/16], ports: [{port: 80}]" INGRESS(
				"{ip: 203.0.113.2}"))
			SERVICE("web",
				"type: LoadBalancer, clusterIP: 10.96.0.1, loadBalancerSourceRanges: "
				"[10.0.0.0/8, 192.168.0.0/16, 172.16.0.0/12], ports: [{port: 80}]" INGRESS(
					"{ip: 203.0.113.1}")));
	assert_frontends(web(&run), "ClusterIP 10.96.0.1:80");
	assert_frontends(run_service(&run, "default/few", NFPROTO_IPV4),
			 "ClusterIP 10.96.0.2:80, LoadBalancer 203.0.113.2:80");
	assert_problem(&run.problems, PROBLEM_RANGES_CLOSE, 1,
		       "3 source ranges, and the module takes 2");
	run_clean(&run);
}

/* A module of today: what it cannot do is left out and told, the rest is served. */
static void what_a_module_cannot_do_is_told(void **state)
{
	static const char text[] = SERVICE(
		"x",
		"type: LoadBalancer, clusterIP: 10.96.0.1, externalIPs: [198.51.100.1], "
		"loadBalancerSourceRanges: [10.0.0.0/8], sessionAffinity: ClientIP, "
		"ports: [{name: a, port: 80, nodePort: 30080}]" INGRESS(
			"{ip: 203.0.113.1}"));
	const struct nf_svc_service *service;
	struct run run;

	(void)state;
	run_begin(&run);
	run.options.capabilities = NF_SVC_CAP_IPV6;
	run.options.trusting = true;
	run_node_ports(&run, NODE_PORT_ALL, NULL, 0);
	run_resolve(&run, text);
	service = run_service(&run, "default/x:a", NFPROTO_IPV4);
	assert_frontends(service,
			 "ClusterIP 10.96.0.1:80, ExternalIP 198.51.100.1:80");
	assert_int_equal(service->affinity_timeout, 0);
	assert_problem(&run.problems, PROBLEM_NOT_CARRIED, 3, NULL);
	for (size_t i = 0; i < run.problems.n; i++)
		assert_true(run.problems.list[i].kind != PROBLEM_NOT_CARRIED ||
			    strstr(run.problems.list[i].what,
				   "not carried yet: ") ==
				    run.problems.list[i].what);
	run_clean(&run);
	/* an address that nobody can guard is served as no other kind either */
	run_begin(&run);
	run.options.capabilities = 0;
	run.options.trusting = true;
	run_resolve(
		&run,
		SERVICE("web",
			"type: LoadBalancer, clusterIP: 10.96.0.1, externalIPs: "
			"[203.0.113.1], loadBalancerSourceRanges: [10.0.0.0/8], "
			"ports: [{port: 80, nodePort: 30080}]" INGRESS(
				"{ip: 203.0.113.1}, {ip: 192.0.2.10}")));
	assert_frontends(web(&run), "ClusterIP 10.96.0.1:80");
	run_clean(&run);
	/* with all of it */
	run_begin(&run);
	run.options.trusting = true;
	run_node_ports(&run, NODE_PORT_ALL, NULL, 0);
	run_resolve(&run, text);
	service = run_service(&run, "default/x:a", NFPROTO_IPV4);
	assert_frontends(
		service,
		"NodePort *:30080, ClusterIP 10.96.0.1:80, "
		"ExternalIP 198.51.100.1:80, LoadBalancer 203.0.113.1:80");
	assert_int_equal(service->affinity_timeout, 10800);
	assert_problem(&run.problems, PROBLEM_NOT_CARRIED, 0, NULL);
	run_clean(&run);
}

#define SCHEDULED(name)                                                      \
	"apiVersion: v1\nkind: Service\nmetadata: {name: web, annotations: " \
	"{nf-svc.io/scheduler: " name "}}\n"                                 \
	"spec: {clusterIP: 10.96.0.1, ports: [{port: 80}]}\n---\n"

static void DP_01_scheduler_of_an_annotation(void **state)
{
	const struct problem *problem = NULL;
	struct run run;

	(void)state;
	run_begin(&run);
	run_resolve(&run, SCHEDULED("mh-source"));
	assert_string_equal(web(&run)->scheduler, "mh-source");
	assert_int_equal(run.problems.n, 0);
	run_clean(&run);
	run_begin(&run);
	run_resolve(&run, SCHEDULED("fastest"));
	assert_string_equal(web(&run)->scheduler, "random");
	assert_problem(&run.problems, PROBLEM_SCHEDULER_UNKNOWN, 1,
		       "no scheduler 'fastest': random is used");
	problem = &run.problems.list[0];
	assert_string_equal(problem->field,
			    "metadata.annotations.nf-svc.io/scheduler");
	assert_string_equal(problem->service, "default/web");
	run_clean(&run);
	/* a module that has random alone */
	run_begin(&run);
	run.options.schedulers = NULL;
	run_resolve(&run, SCHEDULED("rr"));
	assert_string_equal(web(&run)->scheduler, "random");
	assert_problem(&run.problems, PROBLEM_SCHEDULER_UNKNOWN, 1, NULL);
	run_clean(&run);
	run_begin(&run);
	run_resolve(&run, SCHEDULED("null"));
	assert_string_equal(web(&run)->scheduler, "random");
	assert_int_equal(run.problems.n, 0);
	run_clean(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(FE_04_node_ports),
		TEST(FE_04_what_is_told),
		TEST(FE_06_ingress),
		TEST(FE_07_external_addresses),
		TEST(FE_07_node_ports_that_the_node_needs),
		TEST(FE_08_more_ranges_than_the_module_takes),
		TEST(what_a_module_cannot_do_is_told),
		TEST(DP_01_scheduler_of_an_annotation),
	};

	return cmocka_run_group_tests_name("external", tests, NULL, NULL);
}
