// SPDX-License-Identifier: GPL-2.0
/* Manifests into a model. */
#include "unit.h"

static void assert_fails(const char *text, size_t line, const char *field,
			 const char *why)
{
	struct tree_error error = fail_model(text);

	if (line && error.line != line)
		fail_msg("line %zu, not %zu: %s", error.line, line,
			 error.message);
	assert_string_equal(error.field, field);
	if (!strstr(error.message, why))
		fail_msg("'%s' does not say '%s'", error.message, why);
	assert_true(error.column > 0);
}

/* Is there exactly one note with this text? */
static void assert_note(const struct model *model, const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < model->n_notes; i++)
		n += strstr(model->notes[i].text, text) != NULL;
	if (n != 1)
		fail_msg("%zu notes say '%s'", n, text);
}

static const char service_json[] =
	"{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":"
	"\"web\",\"namespace\":\"shop\",\"labels\":{\"app\":\"web\"}},\"spec\":"
	"{\"type\":\"ClusterIP\",\"clusterIP\":\"10.96.0.7\",\"clusterIPs\":["
	"\"10.96.0.7\",\"fd00:96::7\"],\"ipFamilies\":[\"IPv4\",\"IPv6\"],"
	"\"ipFamilyPolicy\":\"PreferDualStack\",\"internalTrafficPolicy\":"
	"\"Local\",\"selector\":{\"app\":\"web\"},\"sessionAffinity\":\"None\","
	"\"ports\":[{\"name\":\"http\",\"port\":80,\"protocol\":\"TCP\","
	"\"targetPort\":\"http\"},{\"name\":\"dns\",\"port\":53,\"protocol\":"
	"\"UDP\",\"targetPort\":5353}]},\"status\":{\"loadBalancer\":{}}}";

static const char service_yaml[] = "apiVersion: v1\n"
				   "kind: Service\n"
				   "metadata:\n"
				   "  name: web\n"
				   "  namespace: shop\n"
				   "spec:\n"
				   "  clusterIP: 10.96.0.7\n"
				   "  clusterIPs:\n"
				   "  - 10.96.0.7\n"
				   "  - fd00:96::7\n"
				   "  ipFamilies: [IPv4, IPv6]\n"
				   "  ipFamilyPolicy: PreferDualStack\n"
				   "  internalTrafficPolicy: Local\n"
				   "  ports:\n"
				   "  - name: http\n"
				   "    port: 80\n"
				   "    targetPort: http\n"
				   "  - name: dns\n"
				   "    port: 53\n"
				   "    protocol: UDP\n"
				   "    targetPort: 5353\n";

static void services_in_yaml_and_json(void **state)
{
	static const char *const texts[] = { service_json, service_yaml };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct model model = read_model(texts[i]);
		const struct model_service *service =
			model_find_service(&model, "shop", "web");
		struct nf_svc_addr four = addr("10.96.0.7"),
				   six = addr("fd00:96::7");

		assert_int_equal(model.n_services, 1);
		assert_non_null(service);
		assert_int_equal(service->n_cluster_ips, 2);
		assert_false(
			nf_svc_addr_compare(&service->cluster_ips[0], &four));
		assert_false(
			nf_svc_addr_compare(&service->cluster_ips[1], &six));
		assert_int_equal(service->dual_stack, MODEL_PREFER);
		assert_true(service->internal_local);
		assert_false(service->no_frontends);
		assert_int_equal(service->n_ports, 2);
		assert_string_equal(service->ports[1].name, "dns");
		assert_int_equal(service->ports[1].protocol, IPPROTO_UDP);
		assert_int_equal(service->ports[1].port, 53);
		assert_int_equal(model.n_notes, 0);
		model_clean(&model);
	}
}

static void lists_and_documents(void **state)
{
	static const char list[] =
		"apiVersion: v1\nkind: List\nitems:\n"
		"- {apiVersion: v1, kind: Service, metadata: {name: a}, spec: "
		"{clusterIP: 10.96.0.1, ports: [{port: 80}]}}\n"
		"- apiVersion: v1\n  kind: List\n  items:\n"
		"  - {apiVersion: v1, kind: Service, metadata: {name: b}, spec: "
		"{clusterIP: 10.96.0.2, ports: [{port: 80}]}}\n"
		"---\n"
		"apiVersion: v1\nkind: ServiceList\nitems:\n"
		"- {metadata: {name: c}, spec: {clusterIP: 10.96.0.3, ports: "
		"[{port: 80}]}}\n"
		"---\n"
		"apiVersion: discovery.k8s.io/v1\nkind: EndpointSliceList\n"
		"items:\n"
		"- {metadata: {name: x, labels: {kubernetes.io/service-name: "
		"c}}, addressType: IPv4}\n";
	struct model model = read_model(list);

	(void)state;
	assert_int_equal(model.n_services, 3);
	assert_non_null(model_find_service(&model, "default", "a"));
	assert_non_null(model_find_service(&model, "default", "b"));
	assert_non_null(model_find_service(&model, "default", "c"));
	assert_int_equal(model.n_slices, 1);
	assert_int_equal(model.n_notes, 0);
	model_clean(&model);
}

static void FE_09_headless_and_external_names_have_no_frontend(void **state)
{
	struct model model = read_model(
		SERVICE("a", "clusterIP: None, ports: [{port: 80}]") SERVICE(
			"b", "type: ExternalName, externalName: example.org")
			SERVICE("c", "clusterIPs: [None]") SERVICE(
				"d",
				"clusterIP: 10.96.0.4, ports: [{port: 80}]"));

	(void)state;
	assert_true(model_find_service(&model, "default", "a")->no_frontends);
	assert_true(model_find_service(&model, "default", "b")->no_frontends);
	assert_true(model_find_service(&model, "default", "c")->no_frontends);
	assert_false(model_find_service(&model, "default", "d")->no_frontends);
	model_clean(&model);
}

static void FE_10_the_proxy_name_label(void **state)
{
	struct model model = read_model(
		"apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n"
		"  labels: {service.kubernetes.io/service-proxy-name: other}\n"
		"spec: {type: LoadBalancer, ports: [{port: 80}]}\n");

	(void)state;
	assert_true(model.services[0].left_alone);
	assert_int_equal(model.n_notes, 1);
	assert_note(&model, "left alone");
	model_clean(&model);
}

static void other_kinds_are_noted(void **state)
{
	struct model model = read_model(
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n"
		"---\n"
		"apiVersion: serving.knative.dev/v1\nkind: Service\n"
		"metadata: {name: x}\n"
		"---\n"
		"apiVersion: discovery.k8s.io/v1beta1\nkind: EndpointSlice\n"
		"metadata: {name: x}\n");

	(void)state;
	assert_int_equal(model.n_services, 0);
	assert_int_equal(model.n_slices, 0);
	assert_int_equal(model.n_notes, 3);
	assert_note(&model, "kind Deployment (apps/v1) is ignored");
	assert_note(&model, "kind Service (serving.knative.dev/v1)");
	assert_note(&model, "discovery.k8s.io/v1beta1");
	assert_int_equal(model.notes[0].place.line, 1);
	assert_int_equal(model.notes[1].place.line, 5);
	model_clean(&model);
}

static void EP_05_conditions_as_the_api_reads_them(void **state)
{
	static const struct {
		const char *text;
		bool ready, serving, terminating;
	} cases[] = {
		{ "", true, true, false },
		{ ", conditions: {}", true, true, false },
		{ ", conditions: null", true, true, false },
		{ ", conditions: {ready: null}", true, true, false },
		{ ", conditions: {ready: false}", false, false, false },
		{ ", conditions: {ready: false, serving: true}", false, true,
		  false },
		{ ", conditions: {ready: false, serving: true, terminating: "
		  "true}",
		  false, true, true },
		{ ", conditions: {ready: true, serving: false, terminating: "
		  "true}",
		  true, false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct model_endpoint *endpoint;
		struct model model;
		char text[512];

		snprintf(text, sizeof(text),
			 SLICE("s", "web", "{port: 80}",
			       "{addresses: [10.0.0.1, 10.0.0.2]%s}"),
			 cases[i].text);
		model = read_model(text);
		assert_int_equal(model.slices[0].n_endpoints, 1);
		endpoint = &model.slices[0].endpoints[0];
		assert_int_equal(endpoint->ready, cases[i].ready);
		assert_int_equal(endpoint->serving, cases[i].serving);
		assert_int_equal(endpoint->terminating, cases[i].terminating);
		assert_null(endpoint->node);
		model_clean(&model);
	}
}

static void EP_05_ports_without_name_or_number_count_for_nothing(void **state)
{
	struct model model = read_model(SLICE(
		"s", "web",
		"{name: null, port: 80}, {name: a, port: 0}, {name: b, port: "
		"null}, {name: c}, {port: 81}, {name: d, port: 82}",
		""));

	(void)state;
	assert_int_equal(model.slices[0].n_ports, 2);
	/* the API server sets a name that is absent to "" */
	assert_string_equal(model.slices[0].ports[0].name, "");
	assert_int_equal(model.slices[0].ports[0].port, 81);
	assert_string_equal(model.slices[0].ports[1].name, "d");
	model_clean(&model);

	model = read_model(
		"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
		"metadata: {name: s, labels: {kubernetes.io/service-name: x}}\n"
		"addressType: IPv4\nports: null\nendpoints: null\n");
	assert_int_equal(model.slices[0].n_ports, 0);
	model_clean(&model);
}

static void EP_05_slices_of_names_or_of_nobody(void **state)
{
	struct model model = read_model(
		"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
		"metadata: {name: s, labels: {kubernetes.io/service-name: x}}\n"
		"addressType: FQDN\n"
		"endpoints: [{addresses: [www.example.org]}]\n"
		"---\n"
		"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
		"metadata: {name: t}\naddressType: IPv4\n");

	(void)state;
	assert_int_equal(model.n_slices, 2);
	assert_int_equal(model.n_notes, 1);
	assert_note(&model, "no label kubernetes.io/service-name");
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(model.slices[i].n_endpoints, 0);
	model_clean(&model);
}

static void slices_are_found_by_their_service(void **state)
{
	struct model model = read_model(
		SLICE("z", "web", "", "") SLICE("b", "web-2", "", "") SERVICE(
			"web", "clusterIP: 10.96.0.1, ports: [{port: 80}]")
			SLICE("a", "web", "", "") SLICE("c", "we", "", ""));
	const struct model_slice *slices;
	size_t n;

	(void)state;
	slices = model_find_slices(&model, &model.services[0], &n);
	assert_int_equal(n, 2);
	assert_string_equal(slices[0].name, "a");
	assert_string_equal(slices[1].name, "z");
	model_clean(&model);
}

static void CTL_03_wrong_values_say_field_and_remedy(void **state)
{
	(void)state;
#define SPEC(spec) SERVICE("x", spec)
	assert_fails(SPEC("clusterIP: 10.96.0.1, ports: [{port: 99999}]"), 4,
		     "spec.ports[0].port", "1 to 65535");
	assert_fails(SPEC("clusterIP: 10.96.0.1, ports: [{port: \"80\"}]"), 4,
		     "spec.ports[0].port", "without quotes");
	assert_fails(
		SPEC("clusterIP: 10.96.0.1, ports: [{name: 80, port: 80}]"), 4,
		"spec.ports[0].name", "write \"80\"");
	assert_fails(SPEC("clusterIP: 10.96.0.1, ports: [{name: X, port: 80}]"),
		     4, "spec.ports[0].name", "a-z");
	assert_fails(SPEC("clusterIP: 10.96.0.1, ports: [{port: 80, protocol: "
			  "tcp}]"),
		     4, "spec.ports[0].protocol", "TCP, UDP or SCTP");
	assert_fails(SPEC("clusterIP: 10.96.0.1, ports: [{port: 80, "
			  "targetPort: 70000}]"),
		     4, "spec.ports[0].targetPort", "1 to 65535");
	assert_fails(SPEC("clusterIP: 10.96.0.1, ports: [{name: a}]"), 4,
		     "spec.ports[0].port", "missing");
	assert_fails(SPEC("clusterIP: 10.96.0.1, ports: []"), 4, "spec.ports",
		     "needs a port");
	assert_fails(SPEC("clusterIP: 10.96.0.1"), 4, "spec.ports", "missing");
	assert_fails(SPEC("clusterIP: 10.96.0.1, ports: [{port: 80}, {port: "
			  "81}]"),
		     4, "spec.ports[1]", "needs a name");
	assert_fails(SPEC("clusterIP: 10.96.0.1, ports: [{name: a, port: 80}, "
			  "{name: a, port: 81}]"),
		     4, "spec.ports[1]", "second time");
	assert_fails(SPEC("clusterIP: 10.96.0.1, ports: [{name: a, port: 80}, "
			  "{name: b, port: 80}]"),
		     4, "spec.ports[1]", "same protocol");
	assert_fails(SPEC("clusterIP: nonsense, ports: [{port: 80}]"), 4,
		     "spec.clusterIP", "not an IP address");
	assert_fails(SPEC("clusterIP: 127.0.0.1, ports: [{port: 80}]"), 4,
		     "spec.clusterIP", "loopback");
	assert_fails(SPEC("type: Balancer, ports: [{port: 80}]"), 4,
		     "spec.type", "ClusterIP, NodePort");
	assert_fails(SPEC("clusterIP: 10.96.0.1, internalTrafficPolicy: local, "
			  "ports: [{port: 80}]"),
		     4, "spec.internalTrafficPolicy", "Cluster or Local");
	assert_fails(SPEC("clusterIP: 10.96.0.1, ipFamilies: [ipv4], ports: "
			  "[{port: 80}]"),
		     4, "spec.ipFamilies[0]", "IPv4 or IPv6");
	assert_fails(SPEC("clusterIP: 10.96.0.1, ipFamilies: [IPv6], ports: "
			  "[{port: 80}]"),
		     4, "spec.ipFamilies", "missing");
	assert_fails(SPEC("clusterIP: 10.96.0.1, clusterIPs: [10.96.0.2], "
			  "ports: [{port: 80}]"),
		     4, "spec.clusterIPs[0]", "one family");
	assert_fails(SPEC("clusterIPs: [10.96.0.1, 10.96.0.2], ports: [{port: "
			  "80}]"),
		     4, "spec.clusterIPs[1]", "one family");
	assert_fails(SPEC("ports: 80"), 4, "spec.ports", "a list");
	assert_fails(SPEC("clusterIP: 10.96.0.1, externalTrafficPolicy: x, "
			  "ports: [{port: 80}]"),
		     4, "spec.externalTrafficPolicy", "Cluster or Local");
	assert_fails(SPEC("clusterIP: 10.96.0.1, sessionAffinity: Cookie, "
			  "ports: [{port: 80}]"),
		     4, "spec.sessionAffinity", "None or ClientIP");
	assert_fails(
		SPEC("clusterIP: 10.96.0.1, sessionAffinity: ClientIP, "
		     "sessionAffinityConfig: {clientIP: {timeoutSeconds: 86401}}, "
		     "ports: [{port: 80}]"),
		4, "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
		"86400");
	assert_fails(SPEC("clusterIP: 10.96.0.1, ports: [{port: 80, nodePort: "
			  "65536}]"),
		     4, "spec.ports[0].nodePort", "65535");
	assert_fails(SPEC("clusterIP: 10.96.0.1, externalIPs: [192.0.2.1, x], "
			  "ports: [{port: 80}]"),
		     4, "spec.externalIPs[1]", "not an IP address");
	assert_fails(SPEC("clusterIP: 10.96.0.1, ports: [{port: 80}]}\n"
			  "status: {loadBalancer: {ingress: [{ip: 192.0.2.1, "
			  "ipMode: vip}]}"),
		     5, "status.loadBalancer.ingress[0].ipMode",
		     "VIP or Proxy");
#undef SPEC
}

static void FE_11_leading_zeros_in_manifests(void **state)
{
	(void)state;
	assert_fails(SERVICE("x", "clusterIP: 10.096.0.1, ports: [{port: 80}]"),
		     4, "spec.clusterIP", "leading zeros");
	assert_fails(SLICE("x", "y", "{port: 80}", READY("010.244.0.1")), 6,
		     "endpoints[0].addresses[0]", "leading zeros");
	assert_fails(SERVICE("x", "clusterIP: 10.96.0.1, externalIPs: "
				  "[192.000.2.1], ports: [{port: 80}]"),
		     4, "spec.externalIPs[0]", "leading zeros");
	assert_fails(SERVICE("x", "clusterIP: 10.96.0.1, ports: [{port: 80}]}\n"
				  "status: {loadBalancer: {ingress: [{ip: "
				  "\"::ffff:192.0.2.1\"}]}"),
		     5, "status.loadBalancer.ingress[0].ip", "written as IPv6");
}

static void EP_05_endpoints_that_cannot_be_read(void **state)
{
	(void)state;
	assert_fails(SLICE("x", "y", "{port: 80}", READY("\"fd00::1\"")), 6,
		     "endpoints[0].addresses[0]", "addressType");
	assert_fails(SLICE("x", "y", "{port: 80}", "{addresses: []}"), 6,
		     "endpoints[0].addresses", "needs an address");
	assert_fails(SLICE("x", "y", "{port: 80}",
			   "{addresses: [10.0.0.1], conditions: {ready: yes}}"),
		     6, "endpoints[0].conditions.ready", "true nor false");
}

static void affinity_and_age(void **state)
{
	static const struct {
		const char *spec;
		uint32_t timeout;
	} cases[] = {
		{ "", 0 },
		{ ", sessionAffinity: None", 0 },
		{ ", sessionAffinity: ClientIP", 10800 },
		{ ", sessionAffinity: ClientIP, sessionAffinityConfig: null",
		  10800 },
		{ ", sessionAffinity: ClientIP, sessionAffinityConfig: "
		  "{clientIP: {timeoutSeconds: 86400}}",
		  86400 },
		{ ", sessionAffinity: None, sessionAffinityConfig: "
		  "{clientIP: {timeoutSeconds: 5}}",
		  0 },
	};
	struct model model;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[512];

		snprintf(text, sizeof(text),
			 SERVICE("x", "clusterIP: None, ports: [{port: 80}]%s"),
			 cases[i].spec);
		model = read_model(text);
		assert_int_equal(model.services[0].affinity_timeout,
				 cases[i].timeout);
		assert_true(model.services[0].created == INT64_MAX);
		model_clean(&model);
	}
	model = read_model(
		"apiVersion: v1\nkind: Service\nmetadata: {name: x, uid: u, "
		"creationTimestamp: 2026-01-02T03:04:05Z}\n"
		"spec: {clusterIP: None}\n");
	assert_true(model.services[0].created == 1767323045);
	assert_string_equal(model.services[0].uid, "u");
	model_clean(&model);
	assert_fails("apiVersion: v1\nkind: Service\nmetadata: {name: x, "
		     "creationTimestamp: yesterday}\nspec: {clusterIP: None}\n",
		     3, "metadata.creationTimestamp", "2026-01-02T03:04:05Z");
}

static void CTL_03_objects_that_are_none(void **state)
{
	(void)state;
	assert_fails("- a\n- b\n", 1, "", "not an object");
	assert_fails("kind: Service\n", 1, "", "apiVersion is missing");
	assert_fails("apiVersion: v1\nkind: Service\n", 1, "metadata",
		     "missing");
	assert_fails("apiVersion: v1\nkind: Service\nmetadata: {}\n", 3,
		     "metadata.name", "missing");
	assert_fails("apiVersion: v1\nkind: Service\nmetadata: {name: Web_1}\n",
		     3, "metadata.name", "Web_1");
	assert_fails("apiVersion: v1\nkind: Service\nmetadata: {name: a, "
		     "namespace: B}\n",
		     3, "metadata.namespace", "'B'");
	assert_fails("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n", 1,
		     "spec", "missing");
	assert_fails(SERVICE("a", "clusterIP: None")
			     SERVICE("a", "clusterIP: None"),
		     6, "", "second time");
	assert_fails(SLICE("a", "x", "", "") SLICE("a", "y", "", ""), 8, "",
		     "second time");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(services_in_yaml_and_json),
		TEST(lists_and_documents),
		TEST(FE_09_headless_and_external_names_have_no_frontend),
		TEST(FE_10_the_proxy_name_label),
		TEST(other_kinds_are_noted),
		TEST(EP_05_conditions_as_the_api_reads_them),
		TEST(EP_05_ports_without_name_or_number_count_for_nothing),
		TEST(EP_05_slices_of_names_or_of_nobody),
		TEST(slices_are_found_by_their_service),
		TEST(CTL_03_wrong_values_say_field_and_remedy),
		TEST(FE_11_leading_zeros_in_manifests),
		TEST(EP_05_endpoints_that_cannot_be_read),
		TEST(affinity_and_age),
		TEST(CTL_03_objects_that_are_none),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
