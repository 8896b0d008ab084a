// SPDX-License-Identifier: GPL-2.0
/* What has to change, for the kernel to have what a manifest says. */
#include "client/array.h"
#include "unit.h"

#define WEB(ip) \
	SERVICE("web", "clusterIP: " ip ", ports: [{name: http, port: 80}]")
#define PODS(...) SLICE("web", "web", "{name: http, port: 8080}", __VA_ARGS__)

static const struct nf_svc_settings no_settings;
static const struct node_view node = { .name = "here",
				       .settings = &no_settings };
static const struct node_ports no_node_ports;
static const struct resolve_options options = { .node_ports = &no_node_ports };

static struct plan plan_for(const struct model *model,
			    const struct nf_svc_snapshot *snapshot)
{
	struct tree_error error;
	struct plan plan;

	if (reconcile(&plan, model, snapshot, "admin", false, &node, &options,
		      &error))
		fail_msg("%s: %s", error.field, error.message);
	return plan;
}

/* A kernel that has exactly what a manifest says, all of one owner. */
static struct nf_svc_snapshot kernel_with(const char *text, const char *owner)
{
	struct nf_svc_snapshot snapshot = { 0 }, nothing = { 0 };
	struct model model = read_model(text);
	struct plan plan = plan_for(&model, &nothing);

	snapshot.services = plan.desired.services;
	snapshot.n_services = plan.desired.n;
	for (size_t i = 0; i < snapshot.n_services; i++)
		strcpy(snapshot.services[i].owner, owner);
	plan.desired.services = NULL;
	plan.desired.n = 0;
	reconcile_clean(&plan);
	model_clean(&model);
	return snapshot;
}

static const struct change *find(const struct plan *plan, enum change_kind kind,
				 size_t expected)
{
	const struct change *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < plan->changes.n; i++) {
		if (plan->changes.list[i].kind != kind)
			continue;
		found = &plan->changes.list[i];
		n++;
	}
	assert_int_equal(n, expected);
	return found;
}

/* One step: the kernel has what @before says and shall have what @after says. */
static void step(const char *before, const char *after, struct model *model,
		 struct nf_svc_snapshot *snapshot, struct plan *plan)
{
	*snapshot = kernel_with(before, "admin");
	*model = read_model(after);
	*plan = plan_for(model, snapshot);
}

static void clean(struct model *model, struct nf_svc_snapshot *snapshot,
		  struct plan *plan)
{
	reconcile_clean(plan);
	model_clean(model);
	nf_svc_snapshot_clean(snapshot);
}

static void CTL_01_created(void **state)
{
	struct nf_svc_snapshot nothing = { 0 };
	struct model model = read_model(WEB("10.96.0.1") PODS(
		READY("10.0.0.2") ", " READY("10.0.0.1")));
	struct plan plan = plan_for(&model, &nothing);
	const struct change *change;

	(void)state;
	assert_int_equal(plan.outcomes[0], OUTCOME_CREATED);
	assert_int_equal(plan.changes.n, 3);
	change = find(&plan, CHANGE_SERVICE_CREATE, 1);
	assert_string_equal(change->key.name, "default/web:http");
	change = find(&plan, CHANGE_BACKENDS_SET, 1);
	assert_int_equal(change->n_backends, 2);
	/* sorted, as the kernel likes them */
	assert_int_equal(change->backends[0].addr.bytes[3], 1);
	change = find(&plan, CHANGE_FRONTEND_SET, 1);
	assert_int_equal(change->frontend->port, 80);
	reconcile_clean(&plan);
	model_clean(&model);
}

static void CTL_01_unchanged_sends_nothing(void **state)
{
	static const char text[] = WEB("10.96.0.1") PODS(READY("10.0.0.1"));
	struct nf_svc_snapshot snapshot;
	struct model model;
	struct plan plan;

	(void)state;
	step(text, text, &model, &snapshot, &plan);
	assert_int_equal(plan.changes.n, 0);
	assert_int_equal(plan.outcomes[0], OUTCOME_UNCHANGED);
	clean(&model, &snapshot, &plan);
}

static void only_what_differs_is_sent(void **state)
{
	const struct change *change;
	struct nf_svc_snapshot snapshot;
	struct model model;
	struct plan plan;

	(void)state;
	/* .1 goes, .2 begins to drain, .3 stays, .4 comes */
	step(WEB("10.96.0.1") PODS(READY("10.0.0.1") ", " READY(
		     "10.0.0.2") ", " READY("10.0.0.3")),
	     WEB("10.96.0.1") PODS(
		     STATE("10.0.0.2", "x", "false", "true", "true") ", " READY(
			     "10.0.0.3") ", " READY("10.0.0.4")),
	     &model, &snapshot, &plan);
	assert_int_equal(plan.outcomes[0], OUTCOME_CONFIGURED);
	assert_int_equal(plan.changes.n, 2);
	change = find(&plan, CHANGE_BACKENDS_DEL, 1);
	assert_int_equal(change->n_backends, 1);
	assert_int_equal(change->backends[0].addr.bytes[3], 1);
	change = find(&plan, CHANGE_BACKENDS_SET, 1);
	assert_int_equal(change->n_backends, 2);
	assert_int_equal(change->backends[0].addr.bytes[3], 2);
	assert_int_equal(change->backends[0].sets, 0);
	assert_int_equal(change->backends[1].addr.bytes[3], 4);
	clean(&model, &snapshot, &plan);
}

static void another_cluster_ip(void **state)
{
	const struct change *change;
	struct nf_svc_snapshot snapshot;
	struct model model;
	struct plan plan;

	(void)state;
	step(WEB("10.96.0.1"), WEB("10.96.0.2"), &model, &snapshot, &plan);
	assert_int_equal(plan.changes.n, 2);
	change = find(&plan, CHANGE_FRONTEND_DEL, 1);
	assert_int_equal(change->frontend->addr.bytes[3], 1);
	change = find(&plan, CHANGE_FRONTEND_SET, 1);
	assert_int_equal(change->frontend->addr.bytes[3], 2);
	clean(&model, &snapshot, &plan);
}

static void FE_09_becoming_headless_takes_everything(void **state)
{
	struct nf_svc_snapshot snapshot;
	struct model model;
	struct plan plan;

	(void)state;
	step(WEB("10.96.0.1") PODS(READY("10.0.0.1")),
	     SERVICE("web", "clusterIP: None"), &model, &snapshot, &plan);
	assert_int_equal(plan.changes.n, 1);
	find(&plan, CHANGE_SERVICE_DEL, 1);
	assert_int_equal(plan.outcomes[0], OUTCOME_CONFIGURED);
	clean(&model, &snapshot, &plan);
}

static void FE_03_a_protocol_goes_the_other_stays(void **state)
{
	const struct change *change;
	struct nf_svc_snapshot snapshot;
	struct model model;
	struct plan plan;

	(void)state;
	step(SERVICE("dns", "clusterIP: 10.96.0.10, ports: [{name: dns, port: "
			    "53, protocol: UDP}, {name: tcp, port: 53}]"),
	     SERVICE("dns", "clusterIP: 10.96.0.10, ports: [{name: dns, port: "
			    "53, protocol: UDP}]"),
	     &model, &snapshot, &plan);
	assert_int_equal(plan.changes.n, 1);
	change = find(&plan, CHANGE_SERVICE_DEL, 1);
	assert_string_equal(change->key.name, "default/dns:tcp");
	clean(&model, &snapshot, &plan);
}

static void services_that_are_not_named_are_left_alone(void **state)
{
	struct nf_svc_snapshot snapshot = kernel_with(
		SERVICE("web2", "clusterIP: 10.96.0.2, ports: [{port: 80}]")
			SERVICE("we",
				"clusterIP: 10.96.0.3, ports: [{port: 80}]"),
		"admin");
	struct model model = read_model(WEB("10.96.0.1"));
	struct plan plan = plan_for(&model, &snapshot);

	(void)state;
	find(&plan, CHANGE_SERVICE_DEL, 0);
	assert_int_equal(plan.outcomes[0], OUTCOME_CREATED);
	clean(&model, &snapshot, &plan);
}

static void TX_10_other_owners_are_left_alone(void **state)
{
	struct nf_svc_snapshot snapshot =
		kernel_with(WEB("10.96.0.1"), "svcsyncd");
	struct model model = read_model(SERVICE("web", "clusterIP: None"));
	struct plan plan = plan_for(&model, &snapshot);

	(void)state;
	assert_int_equal(plan.changes.n, 0);
	clean(&model, &snapshot, &plan);
}

/* The label comes and goes: the service goes and comes. */
static void FE_10_left_alone_by_its_label(void **state)
{
	static const char labelled[] =
		"apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: "
		"{service.kubernetes.io/service-proxy-name: x}}\n"
		"spec: {clusterIP: 10.96.0.1, ports: [{name: http, port: 80}]}\n";
	struct nf_svc_snapshot snapshot;
	struct model model;
	struct plan plan;

	(void)state;
	step(WEB("10.96.0.1"), labelled, &model, &snapshot, &plan);
	assert_int_equal(plan.changes.n, 1);
	find(&plan, CHANGE_SERVICE_DEL, 1);
	assert_int_equal(plan.outcomes[0], OUTCOME_CONFIGURED);
	clean(&model, &snapshot, &plan);
	step(labelled, labelled, &model, &snapshot, &plan);
	assert_int_equal(plan.changes.n, 0);
	assert_int_equal(plan.outcomes[0], OUTCOME_LEFT_ALONE);
	clean(&model, &snapshot, &plan);
	step(labelled, WEB("10.96.0.1"), &model, &snapshot, &plan);
	assert_int_equal(plan.outcomes[0], OUTCOME_CREATED);
	clean(&model, &snapshot, &plan);
	/* of another owner it is nobody's business */
	snapshot = kernel_with(WEB("10.96.0.1"), "svcsyncd");
	model = read_model(labelled);
	plan = plan_for(&model, &snapshot);
	assert_int_equal(plan.changes.n, 0);
	clean(&model, &snapshot, &plan);
}

static void FE_14_an_external_address_of_another_service(void **state)
{
#define BALANCED(name, ip)                                        \
	SERVICE(name, "clusterIP: " ip ", ports: [{port: 80}]}\n" \
		      "status: {loadBalancer: {ingress: [{ip: "   \
		      "203.0.113.1}]}")
	struct nf_svc_snapshot snapshot =
		kernel_with(BALANCED("old", "10.96.0.1"), "admin");
	struct model model = read_model(BALANCED("new", "10.96.0.2"));
	struct tree_error error;
	struct plan plan;

	(void)state;
	assert_int_equal(reconcile(&plan, &model, &snapshot, "admin", false,
				   &node, &options, &error),
			 -EINVAL);
	assert_string_equal(error.field, "status.loadBalancer.ingress");
	assert_non_null(strstr(error.message, "203.0.113.1:80/tcp"));
	model_clean(&model);
	nf_svc_snapshot_clean(&snapshot);
#undef BALANCED
}

/* Whoever has it, the file or the kernel, and in either order. */
static void EP_10_a_cluster_ip_as_a_backend(void **state)
{
	static const char *const files[] = {
		WEB("10.96.0.1") PODS(READY("10.96.0.9")),
		WEB("10.96.0.1") PODS(READY("10.96.0.7")) SERVICE(
			"a", "clusterIP: 10.96.0.7, ports: [{port: 80}]"),
		WEB("10.96.0.1") PODS(READY("10.96.0.7")) SERVICE(
			"z", "clusterIP: 10.96.0.7, ports: [{port: 80}]"),
	};
	struct nf_svc_snapshot snapshot = kernel_with(
		SERVICE("other", "clusterIP: 10.96.0.9, ports: [{port: 80}]"),
		"svcsyncd");

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct model model = read_model(files[i]);
		struct plan plan = plan_for(&model, &snapshot);

		assert_problem(&plan.problems, PROBLEM_BACKEND_IS_CLUSTER_IP, 1,
			       NULL);
		find(&plan, CHANGE_BACKENDS_SET, 1);
		reconcile_clean(&plan);
		model_clean(&model);
	}
	nf_svc_snapshot_clean(&snapshot);
}

static void FE_14_a_frontend_of_another_service_is_refused(void **state)
{
	struct nf_svc_snapshot snapshot = kernel_with(
		SERVICE("old", "clusterIP: 10.96.0.1, ports: [{port: 80}]"),
		"admin");
	struct model model = read_model(WEB("10.96.0.1"));
	struct tree_error error;
	struct plan plan;

	(void)state;
	assert_int_equal(reconcile(&plan, &model, &snapshot, "admin", false,
				   &node, &options, &error),
			 -EINVAL);
	assert_string_equal(error.field, "spec.clusterIP");
	assert_non_null(strstr(error.message, "10.96.0.1:80/tcp"));
	assert_non_null(strstr(error.message, "default/old"));
	assert_int_equal(error.line, 4);
	model_clean(&model);
	/* but it may go from one Service of the file to another */
	model = read_model(
		SERVICE("old", "clusterIP: 10.96.0.2, ports: [{port: 80}]")
			WEB("10.96.0.1"));
	plan = plan_for(&model, &snapshot);
	find(&plan, CHANGE_FRONTEND_DEL, 1);
	find(&plan, CHANGE_FRONTEND_SET, 2);
	clean(&model, &snapshot, &plan);
}

static void CTL_01_prune_deletes_what_is_not_named(void **state)
{
	struct nf_svc_snapshot snapshot = kernel_with(
		SERVICE("old",
			"clusterIP: 10.96.0.1, ports: [{name: a, port: 80}, {name: b, port: 81}]")
			WEB("10.96.0.2"),
		"admin");
	struct model model = read_model(WEB("10.96.0.1"));
	struct tree_error error;
	struct plan plan;

	(void)state;
	/* the address of what goes is free at once */
	assert_int_equal(reconcile(&plan, &model, &snapshot, "admin", true,
				   &node, &options, &error),
			 0);
	find(&plan, CHANGE_SERVICE_DEL, 2);
	assert_int_equal(plan.n_pruned, 1);
	assert_string_equal(plan.pruned[0], "default/old");
	assert_int_equal(plan.outcomes[0], OUTCOME_CONFIGURED);
	reconcile_clean(&plan);
	/* nothing of another owner */
	assert_int_equal(reconcile(&plan, &model, &snapshot, "other", true,
				   &node, &options, &error),
			 -EINVAL);
	model_clean(&model);
	model = read_model(WEB("10.96.0.3"));
	assert_int_equal(reconcile(&plan, &model, &snapshot, "other", true,
				   &node, &options, &error),
			 0);
	find(&plan, CHANGE_SERVICE_DEL, 0);
	assert_int_equal(plan.n_pruned, 0);
	clean(&model, &snapshot, &plan);
}

static void settings_compared(void **state)
{
	struct nf_svc_cidr one = cidr("10.0.0.0/8"), other = cidr("10.0.0.0/9");
	char device[1][NF_SVC_DEVICE_MAX + 1] = { "cali*" };
	struct nf_svc_settings a = { .pod_cidrs = &one, .n_pod_cidrs = 1 };
	struct nf_svc_settings b = { .pod_cidrs = &other, .n_pod_cidrs = 1 };

	(void)state;
	assert_false(diff_settings(&a, &a));
	assert_true(diff_settings(&a, &b));
	b = a;
	b.pod_devices = device;
	b.n_pod_devices = 1;
	assert_true(diff_settings(&a, &b));
	b = a;
	b.masquerade_mark = 0x4000;
	assert_true(diff_settings(&a, &b));
	b = a;
	b.pod_devices = device;
	b.n_pod_devices = 1;
	assert_true(nf_svc_settings_know_pods(&a, NFPROTO_IPV4));
	assert_false(nf_svc_settings_know_pods(&a, NFPROTO_IPV6));
	assert_true(nf_svc_settings_know_pods(&b, NFPROTO_IPV6));
}

static void EP_09_rules_of_external_frontends(void **state)
{
	struct nf_svc_frontend frontend = { .kind = NF_SVC_KIND_NODE_PORT };
	const struct nf_svc_rule *rules = frontend.rules;

	(void)state;
	nf_svc_frontend_rules(&frontend, false, false);
	for (unsigned int i = 0; i < NF_SVC_CLASSES; i++) {
		assert_int_equal(rules[i].set, NF_SVC_SET_CLUSTER);
		assert_true(rules[i].masquerade);
	}
	nf_svc_frontend_rules(&frontend, true, true);
	assert_int_equal(rules[NF_SVC_CLASS_POD].set, NF_SVC_SET_CLUSTER);
	assert_false(rules[NF_SVC_CLASS_POD].masquerade);
	assert_int_equal(rules[NF_SVC_CLASS_NODE].set, NF_SVC_SET_CLUSTER);
	assert_true(rules[NF_SVC_CLASS_NODE].masquerade);
	assert_int_equal(rules[NF_SVC_CLASS_OUTSIDE].set, NF_SVC_SET_LOCAL);
	assert_false(rules[NF_SVC_CLASS_OUTSIDE].masquerade);
	assert_int_equal(rules[NF_SVC_CLASS_OUTSIDE].empty, NF_SVC_EMPTY_DROP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(CTL_01_created),
		TEST(CTL_01_unchanged_sends_nothing),
		TEST(only_what_differs_is_sent),
		TEST(another_cluster_ip),
		TEST(FE_09_becoming_headless_takes_everything),
		TEST(FE_03_a_protocol_goes_the_other_stays),
		TEST(services_that_are_not_named_are_left_alone),
		TEST(TX_10_other_owners_are_left_alone),
		TEST(FE_10_left_alone_by_its_label),
		TEST(FE_14_a_frontend_of_another_service_is_refused),
		TEST(FE_14_an_external_address_of_another_service),
		TEST(EP_10_a_cluster_ip_as_a_backend),
		TEST(CTL_01_prune_deletes_what_is_not_named),
		TEST(settings_compared),
		TEST(EP_09_rules_of_external_frontends),
	};

	return cmocka_run_group_tests_name("reconcile", tests, NULL, NULL);
}
