// SPDX-License-Identifier: GPL-2.0
/* Frontends that several Services want: FE-14. */
#include "unit.h"

/* A Service with a load-balancer address that all of them want. */
#define WANTS(name, ip, metadata)                                        \
	"apiVersion: v1\nkind: Service\nmetadata: {name: " name metadata \
	"}\nspec: {clusterIP: " ip ", ports: [{port: 80}]}\n"            \
	"status: {loadBalancer: {ingress: [{ip: 203.0.113.1}]}}\n---\n"
#define BORN(when) ", creationTimestamp: \"" when "\""
#define UID(uid) ", uid: " uid

/* Which of the Services a, b and c has it? */
static void assert_holder(const char *text, const char *name)
{
	size_t holders = 0;
	struct run run;

	run_begin(&run);
	run_resolve(&run, text);
	for (size_t i = 0; i < run.desired.n; i++) {
		const struct nf_svc_service *service = &run.desired.services[i];

		/* the ClusterIP is everybody's own */
		assert_true(service->n_frontends >= 1);
		if (service->n_frontends == 1)
			continue;
		holders++;
		if (strcmp(service->name, name))
			fail_msg("%s has it, not %s", service->name, name);
	}
	assert_int_equal(holders, 1);
	assert_problem(&run.problems, PROBLEM_FRONTEND_CLAIMED,
		       run.desired.n - 1, name);
	run_clean(&run);
}

static void FE_14_the_older_one_has_it(void **state)
{
	static const struct {
		const char *one, *other, *holder;
	} cases[] = {
		{ WANTS("a", "10.96.0.1", BORN("2026-01-02T00:00:00Z")),
		  WANTS("b", "10.96.0.2", BORN("2026-01-01T23:59:59Z")),
		  "default/b" },
		/* other zones */
		{ WANTS("a", "10.96.0.1", BORN("2026-01-02T00:00:00+02:00")),
		  WANTS("b", "10.96.0.2", BORN("2026-01-01T22:30:00Z")),
		  "default/a" },
		{ WANTS("a", "10.96.0.1", BORN("2026-01-01T22:00:00-01:00")),
		  WANTS("b", "10.96.0.2", BORN("2026-01-01T22:30:00Z")),
		  "default/b" },
		/* the same age */
		{ WANTS("a", "10.96.0.1",
			BORN("2026-01-02T00:00:00Z") UID("b3")),
		  WANTS("b", "10.96.0.2",
			BORN("2026-01-02T00:00:00Z") UID("a7")),
		  "default/b" },
		/* in a file without either */
		{ WANTS("a", "10.96.0.1", ""), WANTS("b", "10.96.0.2", ""),
		  "default/a" },
		/* one that the API server has not made yet is the youngest */
		{ WANTS("a", "10.96.0.1", ""),
		  WANTS("b", "10.96.0.2", BORN("2026-01-02T00:00:00Z")),
		  "default/b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[2048];

		snprintf(text, sizeof(text), "%s%s", cases[i].one,
			 cases[i].other);
		assert_holder(text, cases[i].holder);
		snprintf(text, sizeof(text), "%s%s", cases[i].other,
			 cases[i].one);
		assert_holder(text, cases[i].holder);
	}
}

static void FE_14_the_next_one_takes_over(void **state)
{
	static const char text[] = WANTS("a", "10.96.0.1",
					 BORN("2026-01-03T00:00:00Z"))
		WANTS("b", "10.96.0.2", BORN("2026-01-01T00:00:00Z"))
			WANTS("c", "10.96.0.3", BORN("2026-01-02T00:00:00Z"));
	static const size_t order[] = { 1, 2, 0 };
	const struct nf_svc_frontend shared = { .addr = addr("203.0.113.1"),
						.port = 80,
						.protocol = IPPROTO_TCP,
						.family = NFPROTO_IPV4 };
	struct desired parts[3] = { 0 };
	struct claims claims = { 0 };
	struct resolve_context context;
	struct run run;

	(void)state;
	assert_holder(text, "default/b");
	/* each Service for itself, as a daemon does it */
	run_begin(&run);
	run.model = read_model(text);
	context = (struct resolve_context){ &run.node, &run.options,
					    &run.problems };
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(resolve_service(&parts[i],
						 &run.model.services[i], NULL,
						 0, &context),
				 0);
		assert_int_equal(claims_add(&claims, &run.model.services[i],
					    parts[i].services, parts[i].n),
				 0);
	}
	for (size_t i = 0; i < 3; i++) {
		const struct model_service *service =
			&run.model.services[order[i]];

		assert_ptr_equal(claims_holder(&claims, &shared), service);
		claims_drop(&claims, service, parts[order[i]].services,
			    parts[order[i]].n);
	}
	assert_null(claims_holder(&claims, &shared));
	/* and it may come back */
	assert_int_equal(claims_add(&claims, &run.model.services[0],
				    parts[0].services, parts[0].n),
			 0);
	assert_ptr_equal(claims_holder(&claims, &shared),
			 &run.model.services[0]);
	claims_clean(&claims);
	for (size_t i = 0; i < 3; i++)
		desired_clean(&parts[i]);
	run_clean(&run);
}

static void FE_14_what_does_not_clash(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run_node_ports(&run, NODE_PORT_ALL, NULL, 0);
	run_resolve(
		&run,
		/* another protocol; another port */
		SERVICE("a",
			"type: NodePort, clusterIP: 10.96.0.1, ports: "
			"[{name: t, port: 80, nodePort: 30080}, "
			"{name: u, port: 80, protocol: UDP, nodePort: 30080}]")
		/* an address and a wildcard at the same port */
		SERVICE("b",
			"clusterIP: 10.96.0.2, ports: [{port: 30080}]}\n"
			"status: {loadBalancer: {ingress: [{ip: 192.0.2.10}]}")
		/* load-balancer addresses are shared port by port */
		SERVICE("c",
			"clusterIP: 10.96.0.3, ports: [{port: 443}]}\n"
			"status: {loadBalancer: {ingress: [{ip: 192.0.2.10}]}"));
	assert_problem(&run.problems, PROBLEM_FRONTEND_CLAIMED, 0, NULL);
	assert_frontends(
		run_service(&run, "default/b", NFPROTO_IPV4),
		"ClusterIP 10.96.0.2:30080, LoadBalancer 192.0.2.10:30080");
	run_clean(&run);
}

static void FE_14_two_ports_of_one_service(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run_resolve(&run,
		    SERVICE("a", "type: NodePort, clusterIP: 10.96.0.1, ports: "
				 "[{name: x, port: 80, nodePort: 30080}, "
				 "{name: y, port: 81, nodePort: 30080}]"));
	assert_frontends(run_service(&run, "default/a:x", NFPROTO_IPV4),
			 "NodePort *:30080, ClusterIP 10.96.0.1:80");
	assert_frontends(run_service(&run, "default/a:y", NFPROTO_IPV4),
			 "ClusterIP 10.96.0.1:81");
	assert_problem(&run.problems, PROBLEM_FRONTEND_CLAIMED, 1,
		       "*:30080/tcp belongs to default/a:x");
	assert_string_equal(run.problems.list[0].field, "spec.ports.nodePort");
	run_clean(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(FE_14_the_older_one_has_it),
		TEST(FE_14_the_next_one_takes_over),
		TEST(FE_14_what_does_not_clash),
		TEST(FE_14_two_ports_of_one_service),
	};

	return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
