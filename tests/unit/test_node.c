// SPDX-License-Identifier: GPL-2.0
/* What is known of this node: EP-11. */
#include "unit.h"

static const char nodes[] =
	"apiVersion: v1\nkind: NodeList\nitems:\n"
	"- {metadata: {name: other}}\n"
	"- metadata: {name: ip-10-0-0-1.ec2.internal, labels: "
	"{topology.kubernetes.io/zone: eu-1a}}\n"
	"  spec: {podCIDR: 10.244.3.0/24, podCIDRs: [10.244.3.0/24, \"fd00:244:3::/64\"]}\n"
	"  status:\n"
	"    addresses:\n"
	"    - {type: Hostname, address: whatever}\n"
	"    - {type: ExternalIP, address: 203.0.113.5}\n"
	"    - {type: ExternalIP, address: \"2001:db8:5::1\"}\n"
	"    - {type: InternalIP, address: 192.0.2.5}\n"
	"    - {type: InternalIP, address: 192.0.2.6}\n"
	"- {metadata: {name: old}, spec: {podCIDR: 10.244.4.0/24}}\n";

static void EP_11_names(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{ "node-1", "node-1" },
		{ "Node-1.Example.ORG", "node-1.example.org" },
		{ " node-1\n", "node-1" },
		{ "", NULL },
		{ " \t", NULL },
	};
	char name[NODE_NAME_MAX + 1], longest[NODE_NAME_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int ret = node_name_read(cases[i].text, name);

		assert_int_equal(ret, cases[i].name ? 0 : -EINVAL);
		if (!ret)
			assert_string_equal(name, cases[i].name);
	}
	memset(longest, 'A', sizeof(longest));
	longest[NODE_NAME_MAX + 1] = '\0';
	assert_int_equal(node_name_read(longest, name), -EINVAL);
	longest[NODE_NAME_MAX] = '\0';
	assert_int_equal(node_name_read(longest, name), 0);
	assert_int_equal(name[NODE_NAME_MAX - 1], 'a');
}

static void assert_addr(const struct nf_svc_addr *got, const char *expected)
{
	char text[NF_SVC_ADDR_TEXT];

	assert_string_equal(nf_svc_addr_format(got, text), expected);
}

static void EP_11_a_node_of_the_file(void **state)
{
	struct model model = read_model(nodes);
	const struct model_node *machine;
	struct problems problems = { 0 };
	struct node_view node = { .name = "ip-10-0-0-1.ec2.internal",
				  .primary = { addr("198.51.100.1"),
					       addr("fd00::1") } };

	(void)state;
	assert_int_equal(model.n_notes, 0);
	assert_int_equal(node_find(&node, &model, &problems, &machine), 0);
	assert_string_equal(node.zone, "eu-1a");
	/* InternalIPs come first, whatever their order */
	assert_addr(&node.primary[0], "192.0.2.5");
	assert_addr(&node.primary[1], "2001:db8:5::1");
	assert_true(node_has_address(&node, &node.primary[1]));
	assert_int_equal(machine->n_pod_cidrs, 2);
	assert_int_equal(problems.n, 0);

	/* what is given counts more */
	node.zone = "b";
	assert_int_equal(node_find(&node, &model, &problems, &machine), 0);
	assert_string_equal(node.zone, "b");

	/* a Node that says nothing of addresses and zone */
	node = (struct node_view){ .name = "old",
				   .primary = { addr("198.51.100.1") } };
	assert_int_equal(node_find(&node, &model, &problems, &machine), 0);
	assert_addr(&node.primary[0], "198.51.100.1");
	assert_null(node.zone);
	assert_int_equal(machine->n_pod_cidrs, 1);
	assert_int_equal(problems.n, 0);

	/* a name that no Node has */
	node.name = "nobody";
	assert_int_equal(node_find(&node, &model, &problems, &machine), 0);
	assert_null(machine);
	assert_problem(&problems, PROBLEM_NODE_UNKNOWN, 1, "nobody");
	problems_clean(&problems);
	model_clean(&model);

	/* without Nodes there is nothing to tell */
	model = read_model(SERVICE("a", "clusterIP: None"));
	assert_int_equal(node_find(&node, &model, &problems, &machine), 0);
	assert_int_equal(problems.n, 0);
	model_clean(&model);
}

static void EP_11_what_a_pod_is(void **state)
{
	struct nf_svc_cidr kernels = cidr("10.0.0.0/8"),
			   given = cidr("10.1.0.0/16"),
			   services = cidr("10.96.0.0/12");
	const struct nf_svc_settings have = { .pod_cidrs = &kernels,
					      .n_pod_cidrs = 1 };
	const struct cidr_list pods = { &given, 1 }, none = { NULL, 0 },
			       cluster = { &services, 1 };
	struct model model = read_model(nodes);
	const struct model_node *other = model_find_node(&model, "other"),
				*machine = model_find_node(&model, "old");
	struct problems problems = { 0 };
	const struct {
		const struct cidr_list *pods;
		const struct model_node *machine;
		const struct nf_svc_cidr *expected;
	} cases[] = {
		{ &pods, machine, &given },
		{ NULL, machine, machine->pod_cidrs },
		{ NULL, other, &kernels },
		{ NULL, NULL, &kernels },
		{ &none, machine, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct nf_svc_settings settings;

		assert_int_equal(
			resolve_settings(&settings, &have, cases[i].pods, NULL,
					 NULL, cases[i].machine, 0, &problems),
			0);
		assert_ptr_equal(settings.pod_cidrs, cases[i].expected);
		assert_int_equal(settings.n_pod_cidrs,
				 cases[i].expected != NULL);
		assert_int_equal(settings.n_service_cidrs, 0);
	}
	assert_int_equal(problems.n, 0);
	for (unsigned int i = 0; i < 2; i++) {
		struct nf_svc_settings settings;

		assert_int_equal(
			resolve_settings(&settings, &have, NULL, &cluster, NULL,
					 NULL, i ? NF_SVC_CAP_SERVICE_CIDRS : 0,
					 &problems),
			0);
		assert_int_equal(settings.n_service_cidrs, i);
		assert_problem(&problems, PROBLEM_NOT_CARRIED, 1,
			       "service CIDRs");
	}
	problems_clean(&problems);
	model_clean(&model);
}

static void CTL_03_nodes_that_are_wrong(void **state)
{
	static const struct {
		const char *text, *field, *why;
	} cases[] = {
		{ "spec: {podCIDRs: [10.244.0.0/40]}", "spec.podCIDRs[0]",
		  "prefix" },
		{ "status: {addresses: [{type: InternalIP, address: 10.0.0.300}]}",
		  "status.addresses[0].address", "not an IP address" },
		{ "status: {addresses: [{address: 10.0.0.3}]}",
		  "status.addresses[0].type", "missing" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct tree_error error;
		char text[256];

		snprintf(
			text, sizeof(text),
			"apiVersion: v1\nkind: Node\nmetadata: {name: x}\n%s\n",
			cases[i].text);
		error = fail_model(text);
		assert_string_equal(error.field, cases[i].field);
		if (!strstr(error.message, cases[i].why))
			fail_msg("'%s' does not say '%s'", error.message,
				 cases[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(EP_11_names),
		TEST(EP_11_a_node_of_the_file),
		TEST(EP_11_what_a_pod_is),
		TEST(CTL_03_nodes_that_are_wrong),
	};

	return cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
