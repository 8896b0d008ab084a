// SPDX-License-Identifier: GPL-2.0
/*
 * 50,000 Services with 5 endpoints each, all wanting one node port and the same
 * addresses beside their own: what is quadratic anywhere does not come to an end.
 */
#include "client/array.h"
#include "unit.h"

#define SERVICES 50000
#define ENDPOINTS 5

static char *copy(const char *text)
{
	char *made = strdup(text);

	assert_non_null(made);
	return made;
}

static void add_service(struct model *model, uint32_t number)
{
	struct model_service *service = nf_svc_array_add(
		&model->services, &model->n_services, sizeof(*service));
	struct model_port *port;
	char name[32];

	assert_non_null(service);
	snprintf(name, sizeof(name), "s%u", number);
	service->namespace = copy("many");
	service->name = copy(name);
	service->uid = copy("");
	service->created = INT64_MAX;
	port = nf_svc_array_add(&service->ports, &service->n_ports,
				sizeof(*port));
	assert_non_null(port);
	port->name = copy("");
	port->protocol = IPPROTO_TCP;
	port->port = 80;
	port->node_port = number % 2 ? 30080 : (uint16_t)(1 + number);
}

static void add_slice(struct model *model, uint32_t number)
{
	struct model_slice *slice = nf_svc_array_add(
		&model->slices, &model->n_slices, sizeof(*slice));
	struct model_port *port;
	char name[32];

	assert_non_null(slice);
	snprintf(name, sizeof(name), "s%u", number);
	slice->namespace = copy("many");
	slice->service = copy(name);
	slice->name = copy(name);
	slice->family = NFPROTO_IPV4;
	port = nf_svc_array_add(&slice->ports, &slice->n_ports, sizeof(*port));
	assert_non_null(port);
	port->name = copy("");
	port->protocol = IPPROTO_TCP;
	port->port = 8080;
	for (uint32_t i = 0; i < ENDPOINTS; i++) {
		struct model_endpoint *endpoint =
			nf_svc_array_add(&slice->endpoints, &slice->n_endpoints,
					 sizeof(*endpoint));
		uint32_t bits = number * ENDPOINTS + i;

		assert_non_null(endpoint);
		endpoint->addr.family = NFPROTO_IPV4;
		endpoint->addr.bytes[0] = 11;
		for (unsigned int k = 0; k < 3; k++)
			endpoint->addr.bytes[3 - k] = (uint8_t)(bits >> 8 * k);
		endpoint->ready = true;
		endpoint->serving = true;
	}
}

static void many_services(void **state)
{
	const struct nf_svc_settings settings = { 0 };
	const struct node_view node = { .name = "here",
					.primary = { addr("192.0.2.10") },
					.settings = &settings };
	struct nf_svc_cidr range = cidr("10.0.0.0/8");
	struct nf_svc_snapshot nothing = { 0 }, snapshot = { 0 };
	struct problems problems = { 0 };
	struct model model = { 0 };
	struct node_ports ports;
	const struct resolve_options options = {
		.capabilities = ALL_CAPABILITIES,
		.limit_ranges = 64,
		.node_ports = &ports,
	};
	struct plan plan, again;
	struct tree_error error;
	size_t frontends = 0;

	(void)state;
	assert_int_equal(node_ports_select(&ports, NODE_PORT_PRIMARY, NULL, 0,
					   &node, &problems),
			 0);
	for (uint32_t i = 0; i < SERVICES; i++) {
		add_service(&model, i);
		add_slice(&model, SERVICES - 1 - i);
	}
	model_sort(&model);
	assert_int_equal(
		allocate_cluster_ips(&model, &nothing, &range, 1, &error), 0);
	assert_int_equal(reconcile(&plan, &model, &nothing, "admin", false,
				   &node, &options, &error),
			 0);
	assert_int_equal(plan.desired.n, SERVICES);
	assert_problem(&plan.problems, PROBLEM_FRONTEND_CLAIMED,
		       SERVICES / 2 - 1, "*:30080/tcp");
	for (size_t i = 0; i < SERVICES; i++) {
		assert_int_equal(plan.desired.services[i].n_backends,
				 ENDPOINTS);
		frontends += plan.desired.services[i].n_frontends;
	}
	assert_int_equal(frontends, SERVICES + SERVICES / 2 + 1);

	/* the same again changes nothing */
	snapshot.services = plan.desired.services;
	snapshot.n_services = plan.desired.n;
	for (size_t i = 0; i < SERVICES; i++)
		strcpy(snapshot.services[i].owner, "admin");
	assert_int_equal(reconcile(&again, &model, &snapshot, "admin", true,
				   &node, &options, &error),
			 0);
	assert_int_equal(again.changes.n, 0);
	reconcile_clean(&again);
	reconcile_clean(&plan);
	node_ports_clean(&ports);
	problems_clean(&problems);
	model_clean(&model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(many_services),
	};

	return cmocka_run_group_tests_name("many", tests, NULL, NULL);
}
