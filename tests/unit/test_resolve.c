// SPDX-License-Identifier: GPL-2.0
/* Which endpoints a node's kernel gets, and in which set. */
#include "unit.h"

#define CLUSTER NF_SVC_SET_CLUSTER
#define LOCAL NF_SVC_SET_LOCAL

#define WEB SERVICE("web", "clusterIP: 10.96.0.1, ports: [{port: 80}]")
#define TERMINATING(address, node) STATE(address, node, "false", "true", "true")
#define GONE(address, node) STATE(address, node, "false", "false", "true")

/* What the first Service of a manifest comes to on node "here". */
static struct desired resolve(const char *text, const char *pod_cidr)
{
	struct nf_svc_settings settings = { 0 };
	struct node_view node = { .name = "here", .settings = &settings };
	struct desired desired = { 0 };
	const struct model_slice *slices;
	struct nf_svc_cidr pods;
	struct model model;
	size_t n;

	if (pod_cidr) {
		pods = cidr(pod_cidr);
		settings.pod_cidrs = &pods;
		settings.n_pod_cidrs = 1;
	}
	model = read_model(text);
	slices = model_find_slices(&model, &model.services[0], &n);
	assert_int_equal(resolve_service(&desired, &model.services[0], slices,
					 n, &node),
			 0);
	desired_sort(&desired);
	model_clean(&model);
	return desired;
}

/* Backends as "10.0.0.1:80=CL 10.0.0.2:80=", in their order. */
static void assert_backends(const char *text, const char *expected)
{
	struct desired desired = resolve(text, NULL);
	char got[512] = "", place[NF_SVC_PLACE_TEXT];

	assert_int_equal(desired.n, 1);
	for (size_t i = 0; i < desired.services[0].n_backends; i++) {
		const struct nf_svc_backend *backend =
			&desired.services[0].backends[i];

		assert_int_equal(backend->weight, 1);
		sprintf(got + strlen(got), "%s%s=%s%s", i ? " " : "",
			nf_svc_addr_port_format(&backend->addr, backend->port,
						place),
			backend->sets & CLUSTER ? "C" : "",
			backend->sets & LOCAL ? "L" : "");
	}
	assert_string_equal(got, expected);
	desired_clean(&desired);
}

static void EP_01_ready_ones_are_the_cluster_set(void **state)
{
	(void)state;
	assert_backends(WEB SLICE("a", "web", "{port: 8080}",
				  READY_ON("10.0.0.2", "n2") ", " READY_ON(
					  "10.0.0.1", "n1")),
			"10.0.0.1:8080=C 10.0.0.2:8080=C");
}

static void EP_01_terminating_ones_only_if_none_is_ready(void **state)
{
	(void)state;
	/* one is ready: the terminating one drains */
	assert_backends(WEB SLICE("a", "web", "{port: 80}",
				  READY_ON("10.0.0.1", "n1") ", " TERMINATING(
					  "10.0.0.2", "n2")),
			"10.0.0.1:80=C 10.0.0.2:80=");
	/* none is ready: all that serve while they terminate */
	assert_backends(
		WEB SLICE("a", "web", "{port: 80}",
			  TERMINATING("10.0.0.1", "n1") ", " TERMINATING(
				  "10.0.0.2",
				  "n2") ", " GONE("10.0.0.3",
						  "n3") ", " STATE("10.0.0.4",
								   "n4",
								   "false",
								   "true",
								   "false")),
		"10.0.0.1:80=C 10.0.0.2:80=C 10.0.0.4:80=");
}

static void EP_02_ready_ones_here_are_the_local_set(void **state)
{
	(void)state;
	assert_backends(
		WEB SLICE("a", "web", "{port: 80}",
			  READY_ON("10.0.0.1", "here") ", " READY_ON(
				  "10.0.0.2", "there") ", " READY("10.0.0.3")),
		"10.0.0.1:80=CL 10.0.0.2:80=C 10.0.0.3:80=C");
}

static void EP_02_the_sets_fall_back_apart(void **state)
{
	(void)state;
	/* ready elsewhere, terminating here: each set has its own fall-back */
	assert_backends(WEB SLICE("a", "web", "{port: 80}",
				  TERMINATING("10.0.0.1", "here") ", " READY_ON(
					  "10.0.0.2", "there")),
			"10.0.0.1:80=L 10.0.0.2:80=C");
	assert_backends(
		WEB SLICE("a", "web", "{port: 80}",
			  TERMINATING("10.0.0.1", "here") ", " TERMINATING(
				  "10.0.0.2", "there")),
		"10.0.0.1:80=CL 10.0.0.2:80=C");
	assert_backends(WEB SLICE("a", "web", "{port: 80}",
				  READY_ON("10.0.0.1", "here") ", " TERMINATING(
					  "10.0.0.2", "here")),
			"10.0.0.1:80=CL 10.0.0.2:80=");
}

static void EP_03_nobody_usable(void **state)
{
	(void)state;
	assert_backends(WEB, "");
	assert_backends(WEB SLICE("a", "web", "{port: 80}",
				  GONE("10.0.0.1", "here") ", " STATE(
					  "10.0.0.2", "here", "false", "false",
					  "false")),
			"");
	/* usable elsewhere: the local set is empty, the cluster set is not */
	assert_backends(WEB SLICE("a", "web", "{port: 80}",
				  READY_ON("10.0.0.1", "there")),
			"10.0.0.1:80=C");
}

static void EP_03_what_an_empty_set_means(void **state)
{
	struct desired desired;

	(void)state;
	desired = resolve(WEB, NULL);
	for (unsigned int i = 0; i < NF_SVC_CLASSES; i++) {
		const struct nf_svc_rule *rule =
			&desired.services[0].frontends[0].rules[i];

		assert_int_equal(rule->set, CLUSTER);
		assert_int_equal(rule->empty, NF_SVC_EMPTY_REFUSE);
	}
	desired_clean(&desired);
	desired = resolve(
		SERVICE("web",
			"clusterIP: 10.96.0.1, "
			"internalTrafficPolicy: Local, ports: [{port: 80}]"),
		NULL);
	for (unsigned int i = 0; i < NF_SVC_CLASSES; i++) {
		const struct nf_svc_rule *rule =
			&desired.services[0].frontends[0].rules[i];

		assert_int_equal(rule->set, LOCAL);
		assert_int_equal(rule->empty, NF_SVC_EMPTY_DROP);
	}
	desired_clean(&desired);
}

static void EP_09_masquerade_if_it_is_known_what_a_pod_is(void **state)
{
	struct nf_svc_rule *rules;
	struct desired desired;

	(void)state;
	desired = resolve(WEB, NULL);
	rules = desired.services[0].frontends[0].rules;
	assert_false(rules[NF_SVC_CLASS_POD].masquerade);
	assert_false(rules[NF_SVC_CLASS_NODE].masquerade);
	assert_false(rules[NF_SVC_CLASS_OUTSIDE].masquerade);
	desired_clean(&desired);
	desired = resolve(WEB, "10.244.0.0/16");
	rules = desired.services[0].frontends[0].rules;
	assert_false(rules[NF_SVC_CLASS_POD].masquerade);
	assert_true(rules[NF_SVC_CLASS_NODE].masquerade);
	assert_true(rules[NF_SVC_CLASS_OUTSIDE].masquerade);
	desired_clean(&desired);
	/* of the other family nothing is known */
	desired = resolve(WEB, "fd00:244::/64");
	rules = desired.services[0].frontends[0].rules;
	assert_false(rules[NF_SVC_CLASS_OUTSIDE].masquerade);
	desired_clean(&desired);
}

static void EP_05_the_one_not_terminating_wins_in_both_orders(void **state)
{
	static const char one[] = WEB SLICE("a", "web", "{port: 80}",
					    TERMINATING("10.0.0.1", "here"))
		SLICE("b", "web", "{port: 80}", READY_ON("10.0.0.1", "there"));
	static const char other[] = WEB SLICE("a", "web", "{port: 80}",
					      READY_ON("10.0.0.1", "there"))
		SLICE("b", "web", "{port: 80}",
		      TERMINATING("10.0.0.1", "here"));
	static const char within[] = WEB SLICE(
		"a", "web", "{port: 80}",
		TERMINATING("10.0.0.1", "here") ", " READY_ON(
			"10.0.0.1", "there") ", " TERMINATING("10.0.0.1",
							      "here"));

	(void)state;
	assert_backends(one, "10.0.0.1:80=C");
	assert_backends(other, "10.0.0.1:80=C");
	assert_backends(within, "10.0.0.1:80=C");
}

static void EP_05_one_moves_between_slices(void **state)
{
	(void)state;
	assert_backends(WEB SLICE("a", "web", "{port: 80}",
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
	assert_backends(SLICE("a", "web", "{port: 80}", READY("10.0.0.1"))
				WEB SLICE("b", "web", "{port: 80}",
					  READY("10.0.0.2")),
			"10.0.0.1:80=C 10.0.0.2:80=C");
}

static void EP_05_ports_match_by_name_and_protocol(void **state)
{
	struct desired desired = resolve(
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
				      READY("10.0.0.2")),
		NULL);

	(void)state;
	assert_int_equal(desired.n, 3);
	assert_string_equal(desired.services[0].name, "default/web:dns");
	assert_int_equal(desired.services[0].protocol, IPPROTO_UDP);
	assert_int_equal(desired.services[0].n_backends, 2);
	/* FE-02: a target port may differ between slices */
	assert_backend(&desired.services[0], "10.0.0.1:5353", CLUSTER);
	assert_backend(&desired.services[0], "10.0.0.2:5355", CLUSTER);
	assert_string_equal(desired.services[1].name, "default/web:dns-tcp");
	assert_backend(&desired.services[1], "10.0.0.1:5354", CLUSTER);
	assert_string_equal(desired.services[2].name, "default/web:web");
	assert_int_equal(desired.services[2].n_backends, 0);
	desired_clean(&desired);
}

static void FE_01_one_service_a_family(void **state)
{
	struct desired desired = resolve(
		SERVICE("web",
			"clusterIPs: [\"fd00:96::1\", 10.96.0.1], ports: "
			"[{port: 80}]")
			SLICE("a", "web", "{port: 8080}",
			      READY("10.0.0.1")) "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
						 "metadata: {name: b, labels: {kubernetes.io/service-name: web}}\n"
						 "addressType: IPv6\nports: [{port: 8080}]\n"
						 "endpoints: [{addresses: [\"fd00::1\"]}]\n",
		NULL);

	(void)state;
	assert_int_equal(desired.n, 2);
	assert_int_equal(desired.services[0].family, NFPROTO_IPV4);
	assert_backend(&desired.services[0], "10.0.0.1:8080", CLUSTER);
	assert_int_equal(desired.services[0].n_backends, 1);
	assert_int_equal(desired.services[1].family, NFPROTO_IPV6);
	assert_backend(&desired.services[1], "[fd00::1]:8080", CLUSTER);
	assert_int_equal(desired.services[1].n_frontends, 1);
	assert_int_equal(desired.services[1].frontends[0].flags,
			 NF_SVC_FRONTEND_EXCLUSIVE);
	desired_clean(&desired);
	/* without a ClusterIP of a family there is nothing of that family */
	desired = resolve(WEB
			  "apiVersion: discovery.k8s.io/v1\n"
			  "kind: EndpointSlice\nmetadata: {name: b, labels: "
			  "{kubernetes.io/service-name: web}}\n"
			  "addressType: IPv6\nports: [{port: 8080}]\n"
			  "endpoints: [{addresses: [\"fd00::1\"]}]\n",
			  NULL);
	assert_int_equal(desired.n, 1);
	assert_int_equal(desired.services[0].n_backends, 0);
	desired_clean(&desired);
}

static void FE_09_no_frontends_nothing_in_the_kernel(void **state)
{
	struct desired desired = resolve(
		SERVICE("web", "clusterIP: None, ports: [{port: 80}]")
			SLICE("a", "web", "{port: 80}", READY("10.0.0.1")),
		NULL);

	(void)state;
	assert_int_equal(desired.n, 0);
	desired_clean(&desired);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(EP_01_ready_ones_are_the_cluster_set),
		TEST(EP_01_terminating_ones_only_if_none_is_ready),
		TEST(EP_02_ready_ones_here_are_the_local_set),
		TEST(EP_02_the_sets_fall_back_apart),
		TEST(EP_03_nobody_usable),
		TEST(EP_03_what_an_empty_set_means),
		TEST(EP_09_masquerade_if_it_is_known_what_a_pod_is),
		TEST(EP_05_the_one_not_terminating_wins_in_both_orders),
		TEST(EP_05_one_moves_between_slices),
		TEST(EP_05_slices_before_their_service),
		TEST(EP_05_ports_match_by_name_and_protocol),
		TEST(FE_01_one_service_a_family),
		TEST(FE_09_no_frontends_nothing_in_the_kernel),
	};

	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
