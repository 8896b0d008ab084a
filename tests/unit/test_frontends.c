// SPDX-License-Identifier: GPL-2.0
/* Where a Service answers, and by which rules. */
#include "unit.h"

#define WEB_SPEC "clusterIP: 10.96.0.1, ports: [{port: 80, nodePort: 30080}]"
#define DUAL_SPEC                                           \
	"clusterIPs: [10.96.0.1, \"fd00:96::1\"], ports: [" \
	"{port: 80, nodePort: 30080}]"
#define INGRESS(ingress) "}\nstatus: {loadBalancer: {ingress: [" ingress "]}"

static const struct nf_svc_service *web(const struct run *run)
{
	return run_service(run, "default/web", NFPROTO_IPV4);
}

static void FE_01_one_service_a_family(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run_resolve(
		&run,
		SERVICE("web",
			"clusterIPs: [\"fd00:96::1\", 10.96.0.1], ports: "
			"[{port: 80}]")
			SLICE("a", "web", "{port: 8080}",
			      READY("10.0.0.1")) "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
						 "metadata: {name: b, labels: {kubernetes.io/service-name: web}}\n"
						 "addressType: IPv6\nports: [{port: 8080}]\n"
						 "endpoints: [{addresses: [\"fd00::1\"]}]\n");
	assert_int_equal(run.desired.n, 2);
	assert_backends(web(&run), "10.0.0.1:8080=C");
	assert_frontends(web(&run), "ClusterIP 10.96.0.1:80");
	assert_backends(run_service(&run, "default/web", NFPROTO_IPV6),
			"[fd00::1]:8080=C");
	assert_frontends(run_service(&run, "default/web", NFPROTO_IPV6),
			 "ClusterIP [fd00:96::1]:80");
	run_clean(&run);
}

static void FE_01_without_a_cluster_ip_of_a_family_nothing_of_it(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run_resolve(
		&run,
		SERVICE("web",
			"type: LoadBalancer, externalIPs: [\"fd00:9::1\", 192.0.2.99], " WEB_SPEC
				INGRESS("{ip: 203.0.113.1}, {ip: \"fd00:3::1\"}")));
	assert_int_equal(run.desired.n, 1);
	/* nobody allowed the external IP: see FE-07 */
	assert_frontends(web(&run),
			 "ClusterIP 10.96.0.1:80, NodePort 192.0.2.10:30080, "
			 "LoadBalancer 203.0.113.1:80");
	assert_problem(&run.problems, PROBLEM_ADDRESS_REFUSED, 1, "192.0.2.99");
	run_clean(&run);
}

static void FE_02_FE_03_ports_and_protocols(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run_resolve(
		&run,
		SERVICE("dns",
			"type: NodePort, clusterIP: 10.96.0.10, ports: ["
			"{name: dns, port: 53, protocol: UDP, nodePort: 30053}, "
			"{name: tcp, port: 53, nodePort: 30053}, "
			"{name: sctp, port: 53, protocol: SCTP, nodePort: 30053}]"));
	assert_int_equal(run.desired.n, 3);
	for (size_t i = 0; i < 3; i++)
		assert_frontends(&run.desired.services[i],
				 "ClusterIP 10.96.0.10:53, "
				 "NodePort 192.0.2.10:30053");
	assert_int_equal(run.problems.n, 0);
	run_clean(&run);
}

static void FE_04_node_ports(void **state)
{
	static const struct {
		enum node_port_choice choice;
		const char *cidrs[2];
		const char *four, *six;
	} cases[] = {
		{ NODE_PORT_PRIMARY,
		  { NULL },
		  "192.0.2.10:30080",
		  "[fd00:2::10]:30080" },
		{ NODE_PORT_ALL, { NULL }, "*:30080", "*:30080" },
		{ NODE_PORT_CIDRS,
		  { "198.51.100.0/24", "fd00:5::/32" },
		  "198.51.100.7:30080",
		  "[fd00:5::7]:30080" },
		/* no CIDR of a family: all of it */
		{ NODE_PORT_CIDRS,
		  { "198.51.100.0/24" },
		  "198.51.100.7:30080",
		  "*:30080" },
		{ NODE_PORT_CIDRS,
		  { "0.0.0.0/0", "fd00:5::/32" },
		  "*:30080",
		  "[fd00:5::7]:30080" },
		/* several addresses, of two devices; never loopback */
		{ NODE_PORT_CIDRS,
		  { "0.0.0.0/1", "128.0.0.0/1" },
		  "192.0.2.10:30080, NodePort 198.51.100.7:30080",
		  "*:30080" },
	};
	const struct nf_svc_addr addresses[] = {
		addr("127.0.0.1"),    addr("192.0.2.10"), addr("198.51.100.7"),
		addr("198.51.100.7"), addr("::1"),	  addr("fe80::1"),
		addr("fd00:2::10"),   addr("fd00:5::7"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char expected[128];
		struct nf_svc_cidr cidrs[2];
		struct run run;
		size_t n = 0;

		for (; n < 2 && cases[i].cidrs[n]; n++)
			cidrs[n] = cidr(cases[i].cidrs[n]);
		run_begin(&run);
		run.node.addresses = addresses;
		run.node.n_addresses = 8;
		run_node_ports(&run, cases[i].choice, cidrs, n);
		run_resolve(&run, SERVICE("web", "type: NodePort, " DUAL_SPEC));
		/* the wildcard has no address and comes first */
		snprintf(expected, sizeof(expected),
			 *cases[i].four == '*' ?
				 "NodePort %s, ClusterIP 10.96.0.1:80" :
				 "ClusterIP 10.96.0.1:80, NodePort %s",
			 cases[i].four);
		assert_frontends(web(&run), expected);
		snprintf(expected, sizeof(expected),
			 "NodePort %s, ClusterIP [fd00:96::1]:80",
			 cases[i].six);
		assert_frontends(run_service(&run, "default/web", NFPROTO_IPV6),
				 expected);
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

static void FE_09_FE_10_nothing_in_the_kernel(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run_resolve(
		&run,
		SERVICE("headless",
			"clusterIP: None, externalIPs: [192.0.2.1], ports: [{port: 80}]")
			SERVICE("name",
				"type: ExternalName, externalName: example.org, "
				"externalIPs: [192.0.2.1], ports: [{port: 80}]")
				SLICE("a", "headless", "{port: 80}",
				      READY("10.0.0.1")) "apiVersion: v1\nkind: Service\nmetadata: {name: theirs, labels: "
							 "{service.kubernetes.io/service-proxy-name: x}}\n"
							 "spec: {clusterIP: 10.96.0.5, ports: [{port: 80}]}\n");
	assert_int_equal(run.desired.n, 0);
	assert_int_equal(run.problems.n, 0);
	run_clean(&run);
	/* the label headless does nothing on a Service with a ClusterIP */
	run_begin(&run);
	run_resolve(
		&run,
		"apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: "
		"{service.kubernetes.io/headless: \"\"}}\n"
		"spec: {clusterIP: 10.96.0.1, ports: [{port: 80}]}\n");
	assert_frontends(web(&run), "ClusterIP 10.96.0.1:80");
	run_clean(&run);
}

/* The table: for pods, this node and others. */
static void EP_08_EP_09_rules(void **state)
{
	static const struct {
		const char *internal, *external;
		bool know_pods, masquerade_all;
		const char *cluster_ip, *others;
	} cases[] = {
		{ "Cluster", "Cluster", true, false, "C CM CM", "CM CM CM" },
		{ "Local", "Cluster", true, false, "L! LM! LM!", "CM CM CM" },
		{ "Cluster", "Local", true, false, "C CM CM", "C CM L!" },
		{ "Local", "Local", true, false, "L! LM! LM!", "C CM L!" },
		{ "Cluster", "Cluster", false, false, "C C C", "CM CM CM" },
		{ "Local", "Local", false, false, "L! L! L!", "C CM L!" },
		{ "Cluster", "Cluster", true, true, "CM CM CM", "CM CM CM" },
		{ "Local", "Cluster", false, true, "LM! LM! LM!", "CM CM CM" },
		/* masquerade_all is about ClusterIPs: Local keeps the source */
		{ "Cluster", "Local", true, true, "CM CM CM", "C CM L!" },
	};
	static const uint8_t others[] = { NF_SVC_KIND_NODE_PORT,
					  NF_SVC_KIND_LOAD_BALANCER,
					  NF_SVC_KIND_EXTERNAL_IP };
	struct nf_svc_cidr pods[] = { cidr("10.244.0.0/16"),
				      cidr("fd00:244::/64") };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct run run;
		char text[1024];

		run_begin(&run);
		run.options.trusting = true;
		run.options.masquerade_all = cases[i].masquerade_all;
		run.settings.pod_cidrs = pods;
		run.settings.n_pod_cidrs = cases[i].know_pods ? 2 : 0;
		snprintf(
			text, sizeof(text),
			SERVICE("web",
				"type: LoadBalancer, internalTrafficPolicy: %s, "
				"externalTrafficPolicy: %s, "
				"externalIPs: [198.51.100.1, \"fd00:9::1\"], " DUAL_SPEC INGRESS(
					"{ip: 203.0.113.1}, {ip: \"fd00:3::1\"}")),
			cases[i].internal, cases[i].external);
		run_resolve(&run, text);
		assert_int_equal(run.desired.n, 2);
		for (size_t k = 0; k < 2; k++) {
			const struct nf_svc_service *service =
				&run.desired.services[k];

			assert_rules(service, NF_SVC_KIND_CLUSTER_IP,
				     cases[i].cluster_ip);
			for (size_t j = 0; j < 3; j++)
				assert_rules(service, others[j],
					     cases[i].others);
		}
		run_clean(&run);
	}
}

static void EP_09_pods_known_in_one_family_or_by_device(void **state)
{
	char device[1][NF_SVC_DEVICE_MAX + 1] = { "cni0" };
	struct nf_svc_cidr pods = cidr("fd00:244::/64");
	struct run run;

	(void)state;
	run_begin(&run);
	run.settings.pod_cidrs = &pods;
	run.settings.n_pod_cidrs = 1;
	run_resolve(&run, SERVICE("web", DUAL_SPEC));
	assert_rules(web(&run), NF_SVC_KIND_CLUSTER_IP, "C C C");
	assert_rules(run_service(&run, "default/web", NFPROTO_IPV6),
		     NF_SVC_KIND_CLUSTER_IP, "C CM CM");
	run_clean(&run);
	run_begin(&run);
	run.settings.pod_devices = device;
	run.settings.n_pod_devices = 1;
	run_resolve(&run, SERVICE("web", DUAL_SPEC));
	assert_rules(web(&run), NF_SVC_KIND_CLUSTER_IP, "C CM CM");
	run_clean(&run);
}

/* externalTrafficPolicy counts where something can be asked from outside. */
static void EP_08_the_external_policy_of_a_cluster_ip(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run.options.trusting = true;
	run_resolve(
		&run,
		SERVICE("bare", "externalTrafficPolicy: Local, " WEB_SPEC) SERVICE(
			"web",
			"externalTrafficPolicy: Local, externalIPs: "
			"[198.51.100.1], clusterIP: 10.96.0.2, ports: [{port: 80}]"));
	assert_rules(run_service(&run, "default/bare", NFPROTO_IPV4),
		     NF_SVC_KIND_NODE_PORT, "CM CM CM");
	assert_rules(web(&run), NF_SVC_KIND_EXTERNAL_IP, "C CM L!");
	run_clean(&run);
}

static void FE_15_internal_only(void **state)
{
	struct nf_svc_cidr pods[] = { cidr("10.244.0.0/16"),
				      cidr("fd00:244::/64") };
	const struct nf_svc_addr addresses[] = { addr("192.0.2.10"),
						 addr("198.51.100.7"),
						 addr("fd00:2::10") };
	char device[1][NF_SVC_DEVICE_MAX + 1] = { "cni0" };
	struct run run;

	(void)state;
	run_begin(&run);
	run.options.internal_only = true;
	run.settings.pod_cidrs = pods;
	run.settings.n_pod_cidrs = 2;
	run.node.addresses = addresses;
	run.node.n_addresses = 3;
	run_resolve(&run, SERVICE("web", DUAL_SPEC));
	assert_ranges(web(&run), NF_SVC_KIND_CLUSTER_IP,
		      "10.244.0.0/16 192.0.2.10/32 198.51.100.7/32");
	assert_ranges(run_service(&run, "default/web", NFPROTO_IPV6),
		      NF_SVC_KIND_CLUSTER_IP, "fd00:2::10/128 fd00:244::/64");
	assert_ranges(web(&run), NF_SVC_KIND_NODE_PORT, "");
	assert_int_equal(run.problems.n, 0);
	run_clean(&run);
	/* it is told, once, where that cannot be had */
	for (unsigned int i = 0; i < 2; i++) {
		run_begin(&run);
		run.options.internal_only = true;
		run.settings.pod_cidrs = pods;
		run.settings.n_pod_cidrs = 2;
		if (i)
			run.options.capabilities = 0;
		run.settings.pod_devices = device;
		run.settings.n_pod_devices = 1;
		run_resolve(
			&run,
			SERVICE("web",
				"clusterIP: 10.96.0.1, ports: [{port: 80}]")
				SERVICE("two",
					"clusterIP: 10.96.0.2, ports: [{port: 80}]"));
		assert_ranges(web(&run), NF_SVC_KIND_CLUSTER_IP, "");
		assert_int_equal(run.problems.n, 1);
		assert_problem(&run.problems, PROBLEM_OPEN_TO_OUTSIDE, 1, NULL);
		run_clean(&run);
	}
}

/* One place that a Service has twice. */
static void one_place_of_two_kinds(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run.options.trusting = true;
	run_resolve(
		&run,
		SERVICE("web",
			"type: LoadBalancer, clusterIP: 10.96.0.1, externalIPs: "
			"[203.0.113.1, 192.0.2.10, 192.0.2.10], loadBalancerSourceRanges: [10.0.0.0/8], "
			"ports: [{port: 80, nodePort: 80}]" INGRESS(
				"{ip: 203.0.113.1}, {ip: 203.0.113.1}")));
	/* the one that guards wins; an address wins over a node port */
	assert_frontends(web(&run),
			 "ClusterIP 10.96.0.1:80, ExternalIP 192.0.2.10:80, "
			 "LoadBalancer 203.0.113.1:80");
	assert_ranges(web(&run), NF_SVC_KIND_LOAD_BALANCER, "10.0.0.0/8");
	assert_problem(&run.problems, PROBLEM_FRONTEND_CLAIMED, 0, NULL);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(FE_01_one_service_a_family),
		TEST(FE_01_without_a_cluster_ip_of_a_family_nothing_of_it),
		TEST(FE_02_FE_03_ports_and_protocols),
		TEST(FE_04_node_ports),
		TEST(FE_04_what_is_told),
		TEST(FE_06_ingress),
		TEST(FE_07_external_addresses),
		TEST(FE_09_FE_10_nothing_in_the_kernel),
		TEST(EP_08_EP_09_rules),
		TEST(EP_09_pods_known_in_one_family_or_by_device),
		TEST(EP_08_the_external_policy_of_a_cluster_ip),
		TEST(FE_15_internal_only),
		TEST(one_place_of_two_kinds),
		TEST(what_a_module_cannot_do_is_told),
	};

	return cmocka_run_group_tests_name("frontends", tests, NULL, NULL);
}
