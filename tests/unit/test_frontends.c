// SPDX-License-Identifier: GPL-2.0
/* Where a Service answers, and by which rules. */
#include "client/words.h"
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
	assert_frontends(web(&run), "NodePort *:30080, ClusterIP 10.96.0.1:80, "
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
				 "NodePort *:30053, "
				 "ClusterIP 10.96.0.10:53");
	assert_int_equal(run.problems.n, 0);
	run_clean(&run);
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

static void assert_internal(const struct nf_svc_service *service,
			    const char *kinds)
{
	char text[256] = "";

	for (size_t i = 0; i < service->n_frontends; i++) {
		const struct nf_svc_frontend *frontend = &service->frontends[i];

		assert_int_equal(frontend->n_ranges, 0);
		if (frontend->flags & NF_SVC_FRONTEND_INTERNAL)
			strcat(strcat(text, " "),
			       nf_svc_word_text(nf_svc_kinds, frontend->kind));
	}
	assert_string_equal(text, kinds);
}

static void FE_15_internal_only(void **state)
{
	struct nf_svc_cidr pods[] = { cidr("10.244.0.0/16"),
				      cidr("fd00:244::/64") };
	char device[1][NF_SVC_DEVICE_MAX + 1] = { "cni0" };
	static const struct {
		const char *what;
		bool off;
		bool can_not;
		unsigned int n_cidrs;
		unsigned int n_devices;
		const char *v4;
		const char *v6;
		unsigned int problems;
	} cases[] = {
		{ "by CIDR", false, false, 2, 0, " ClusterIP", " ClusterIP",
		  0 },
		{ "by device", false, false, 0, 1, " ClusterIP", " ClusterIP",
		  0 },
		{ "not asked for", true, false, 2, 0, "", "", 0 },
		{ "one family known", false, false, 1, 0, " ClusterIP", "", 1 },
		{ "nothing known", false, false, 0, 0, "", "", 2 },
		{ "an old module", false, true, 2, 0, "", "", 2 },
	};
	struct run run;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("%s\n", cases[i].what);
		run_begin(&run);
		run.options.internal_only = !cases[i].off;
		if (cases[i].can_not)
			run.options.capabilities &=
				~(uint64_t)NF_SVC_CAP_INTERNAL;
		run.settings.pod_cidrs = pods;
		run.settings.n_pod_cidrs = cases[i].n_cidrs;
		run.settings.pod_devices = device;
		run.settings.n_pod_devices = cases[i].n_devices;
		/* the node's own addresses are not what counts */
		memset(run.node.primary, 0, sizeof(run.node.primary));
		run_resolve(
			&run,
			SERVICE("web", DUAL_SPEC) SERVICE(
				"two",
				"clusterIP: 10.96.0.2, ports: [{port: 80}]"));
		assert_internal(web(&run), cases[i].v4);
		assert_internal(run_service(&run, "default/web", NFPROTO_IPV6),
				cases[i].v6);
		assert_int_equal(run.problems.n, cases[i].problems);
		for (unsigned int k = 0; k < cases[i].problems; k++)
			assert_int_equal(run.problems.list[k].kind,
					 PROBLEM_OPEN_TO_OUTSIDE);
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
	/* the one that guards wins; packets find an address before a node port */
	assert_frontends(
		web(&run),
		"NodePort *:80, ClusterIP 10.96.0.1:80, "
		"ExternalIP 192.0.2.10:80, LoadBalancer 203.0.113.1:80");
	assert_ranges(web(&run), NF_SVC_KIND_LOAD_BALANCER, "10.0.0.0/8");
	assert_problem(&run.problems, PROBLEM_FRONTEND_CLAIMED, 0, NULL);
	run_clean(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(FE_01_one_service_a_family),
		TEST(FE_01_without_a_cluster_ip_of_a_family_nothing_of_it),
		TEST(FE_02_FE_03_ports_and_protocols),
		TEST(FE_09_FE_10_nothing_in_the_kernel),
		TEST(EP_08_EP_09_rules),
		TEST(EP_09_pods_known_in_one_family_or_by_device),
		TEST(EP_08_the_external_policy_of_a_cluster_ip),
		TEST(FE_15_internal_only),
		TEST(one_place_of_two_kinds),
	};

	return cmocka_run_group_tests_name("frontends", tests, NULL, NULL);
}
