// SPDX-License-Identifier: GPL-2.0
/* ClusterIPs for Services that have none. */
#include "unit.h"

#define BARE(name) SERVICE(name, "ports: [{port: 80}]")
#define AT(name, ip) SERVICE(name, "clusterIP: " ip ", ports: [{port: 80}]")

/* The kernel has a service of this name with this ClusterIP. */
static void add_held(struct nf_svc_snapshot *snapshot, const char *name,
		     const char *address)
{
	struct nf_svc_service *services, *service;

	services = realloc(snapshot->services,
			   (snapshot->n_services + 1) * sizeof(*services));
	assert_non_null(services);
	snapshot->services = services;
	service = &services[snapshot->n_services++];
	assert_int_equal(nf_svc_service_init(service, name, IPPROTO_TCP,
					     addr(address).family),
			 0);
	strcpy(service->owner, "admin");
	service->frontends = calloc(1, sizeof(*service->frontends));
	assert_non_null(service->frontends);
	service->frontends[0].addr = addr(address);
	service->frontends[0].port = 80;
	service->frontends[0].protocol = IPPROTO_TCP;
	service->frontends[0].family = addr(address).family;
	service->n_frontends = 1;
}

/* The address of a Service after allocation, "" if it got none. */
static const char *address_of(const struct model *model, const char *name,
			      uint8_t family)
{
	static char text[NF_SVC_ADDR_TEXT];
	const struct model_service *service =
		model_find_service(model, "default", name);

	assert_non_null(service);
	*text = '\0';
	for (size_t i = 0; i < service->n_cluster_ips; i++) {
		if (service->cluster_ips[i].family == family)
			nf_svc_addr_format(&service->cluster_ips[i], text);
	}
	return text;
}

static void assert_allocated(struct model *model,
			     const struct nf_svc_snapshot *snapshot,
			     const char *range)
{
	struct nf_svc_cidr from = cidr(range);
	struct tree_error error;

	if (allocate_cluster_ips(model, snapshot, &from, 1, &error))
		fail_msg("%s", error.message);
}

static void the_same_each_time_in_any_order(void **state)
{
	struct nf_svc_snapshot nothing = { 0 };
	char a[NF_SVC_ADDR_TEXT], b[NF_SVC_ADDR_TEXT];
	struct nf_svc_cidr range = cidr("10.96.0.0/24");
	struct nf_svc_addr got;
	struct model model;

	(void)state;
	model = read_model(BARE("a") BARE("b"));
	assert_allocated(&model, &nothing, "10.96.0.0/24");
	strcpy(a, address_of(&model, "a", NFPROTO_IPV4));
	strcpy(b, address_of(&model, "b", NFPROTO_IPV4));
	assert_string_not_equal(a, b);
	got = addr(a);
	assert_true(nf_svc_cidr_contains(&range, &got));
	model_clean(&model);
	model = read_model(BARE("b") BARE("a"));
	assert_allocated(&model, &nothing, "10.96.0.0/24");
	assert_string_equal(address_of(&model, "a", NFPROTO_IPV4), a);
	assert_string_equal(address_of(&model, "b", NFPROTO_IPV4), b);
	model_clean(&model);
	model = read_model(BARE("b"));
	assert_allocated(&model, &nothing, "10.96.0.0/24");
	assert_string_equal(address_of(&model, "b", NFPROTO_IPV4), b);
	model_clean(&model);
}

static void it_is_this_address(void **state)
{
	struct nf_svc_snapshot nothing = { 0 };
	struct model model = read_model(BARE("web"));

	(void)state;
	/* pinned: another one would move every cluster's addresses */
	assert_allocated(&model, &nothing, "10.96.0.0/12");
	assert_string_equal(address_of(&model, "web", NFPROTO_IPV4),
			    "10.99.87.214");
	model_clean(&model);
}

static void what_the_kernel_has_is_kept(void **state)
{
	struct nf_svc_snapshot snapshot = { 0 };
	struct tree_error error;
	struct model model;

	(void)state;
	add_held(&snapshot, "default/a:http", "10.96.0.77");
	model = read_model(BARE("a"));
	assert_allocated(&model, &snapshot, "10.96.0.0/24");
	assert_string_equal(address_of(&model, "a", NFPROTO_IPV4),
			    "10.96.0.77");
	model_clean(&model);
	/* without a range and from another one too */
	model = read_model(BARE("a"));
	assert_int_equal(
		allocate_cluster_ips(&model, &snapshot, NULL, 0, &error), 0);
	assert_string_equal(address_of(&model, "a", NFPROTO_IPV4),
			    "10.96.0.77");
	model_clean(&model);
	model = read_model(BARE("a"));
	assert_allocated(&model, &snapshot, "10.99.0.0/24");
	assert_string_equal(address_of(&model, "a", NFPROTO_IPV4),
			    "10.96.0.77");
	model_clean(&model);
	/* but not by one whose name only begins so */
	model = read_model(BARE("a-b"));
	assert_int_equal(allocate_cluster_ips(&model, &snapshot, NULL, 0,
					      &error),
			 -EINVAL);
	assert_non_null(strstr(error.message, "--service-cidr"));
	model_clean(&model);
	nf_svc_snapshot_clean(&snapshot);
}

static void what_the_file_says_comes_first(void **state)
{
	struct nf_svc_snapshot snapshot = { 0 };
	struct model model;

	(void)state;
	add_held(&snapshot, "default/a", "10.96.0.77");
	model = read_model(BARE("a") AT("b", "10.96.0.77"));
	assert_allocated(&model, &snapshot, "10.96.0.0/24");
	assert_string_equal(address_of(&model, "b", NFPROTO_IPV4),
			    "10.96.0.77");
	assert_string_not_equal(address_of(&model, "a", NFPROTO_IPV4),
				"10.96.0.77");
	model_clean(&model);
	nf_svc_snapshot_clean(&snapshot);
}

static void others_addresses_are_not_given(void **state)
{
	struct nf_svc_snapshot snapshot = { 0 };
	char before[NF_SVC_ADDR_TEXT];
	struct model model = read_model(BARE("a"));

	(void)state;
	assert_allocated(&model, &snapshot, "10.96.0.0/24");
	strcpy(before, address_of(&model, "a", NFPROTO_IPV4));
	model_clean(&model);
	add_held(&snapshot, "other/x", before);
	model = read_model(BARE("a"));
	assert_allocated(&model, &snapshot, "10.96.0.0/24");
	assert_string_not_equal(address_of(&model, "a", NFPROTO_IPV4), before);
	model_clean(&model);
	nf_svc_snapshot_clean(&snapshot);
}

static void a_range_is_used_up_to_its_end(void **state)
{
	/* 10.96.0.0/29: .1 to .6 */
	struct nf_svc_snapshot nothing = { 0 };
	struct nf_svc_cidr range = cidr("10.96.0.0/29");
	struct tree_error error;
	struct model model;
	bool seen[8] = { 0 };

	(void)state;
	model = read_model(BARE("a") BARE("b") BARE("c") BARE("d") BARE("e")
				   BARE("f"));
	assert_allocated(&model, &nothing, "10.96.0.0/29");
	for (size_t i = 0; i < 6; i++) {
		uint8_t last = model.services[i].cluster_ips[0].bytes[3];

		assert_in_range(last, 1, 6);
		assert_false(seen[last]);
		seen[last] = true;
	}
	model_clean(&model);
	model = read_model(BARE("a") BARE("b") BARE("c") BARE("d") BARE("e")
				   BARE("f") BARE("g"));
	assert_int_equal(allocate_cluster_ips(&model, &nothing, &range, 1,
					      &error),
			 -EINVAL);
	assert_non_null(strstr(error.message, "no address is left"));
	assert_true(error.line > 0);
	model_clean(&model);
}

static void twice_in_one_file_is_an_error(void **state)
{
	struct nf_svc_snapshot nothing = { 0 };
	struct tree_error error;
	struct model model =
		read_model(AT("a", "10.96.0.1") AT("b", "10.96.0.1"));

	(void)state;
	assert_int_equal(allocate_cluster_ips(&model, &nothing, NULL, 0,
					      &error),
			 -EINVAL);
	assert_string_equal(error.field, "spec.clusterIP");
	assert_int_equal(error.line, 9);
	model_clean(&model);
}

static void families(void **state)
{
	struct nf_svc_cidr ranges[2] = { cidr("10.96.0.0/24"),
					 cidr("fd00:96::/108") };
	struct nf_svc_snapshot nothing = { 0 };
	struct tree_error error;
	struct model model = read_model(
		BARE("one") SERVICE("both",
				    "ipFamilyPolicy: RequireDualStack, ports: "
				    "[{port: 80}]")
			SERVICE("six",
				"ipFamilies: [IPv6], ports: [{port: 80}]")
				SERVICE("more",
					"clusterIP: 10.96.0.9, ipFamilyPolicy: "
					"PreferDualStack, ports: [{port: 80}]"));

	(void)state;
	assert_int_equal(
		allocate_cluster_ips(&model, &nothing, ranges, 2, &error), 0);
	assert_true(*address_of(&model, "one", NFPROTO_IPV4));
	assert_false(*address_of(&model, "one", NFPROTO_IPV6));
	assert_true(*address_of(&model, "both", NFPROTO_IPV4));
	assert_true(*address_of(&model, "both", NFPROTO_IPV6));
	assert_false(*address_of(&model, "six", NFPROTO_IPV4));
	assert_true(*address_of(&model, "six", NFPROTO_IPV6));
	assert_string_equal(address_of(&model, "more", NFPROTO_IPV4),
			    "10.96.0.9");
	assert_true(*address_of(&model, "more", NFPROTO_IPV6));
	model_clean(&model);
	/* what must be dual and cannot is an error, what may be is not */
	model = read_model(SERVICE("both", "ipFamilyPolicy: RequireDualStack, "
					   "ports: [{port: 80}]"));
	assert_int_equal(allocate_cluster_ips(&model, &nothing, ranges, 1,
					      &error),
			 -EINVAL);
	assert_non_null(strstr(error.message, "IPv6"));
	model_clean(&model);
	model = read_model(SERVICE("both", "ipFamilyPolicy: PreferDualStack, "
					   "ports: [{port: 80}]"));
	assert_int_equal(
		allocate_cluster_ips(&model, &nothing, ranges, 1, &error), 0);
	assert_false(*address_of(&model, "both", NFPROTO_IPV6));
	model_clean(&model);
}

static void those_without_frontends_get_none(void **state)
{
	struct nf_svc_snapshot nothing = { 0 };
	struct model model = read_model(SERVICE("a", "clusterIP: None"));

	(void)state;
	assert_allocated(&model, &nothing, "10.96.0.0/24");
	assert_int_equal(model.services[0].n_cluster_ips, 0);
	model_clean(&model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_same_each_time_in_any_order),
		TEST(it_is_this_address),
		TEST(what_the_kernel_has_is_kept),
		TEST(what_the_file_says_comes_first),
		TEST(others_addresses_are_not_given),
		TEST(a_range_is_used_up_to_its_end),
		TEST(twice_in_one_file_is_an_error),
		TEST(families),
		TEST(those_without_frontends_get_none),
	};

	return cmocka_run_group_tests_name("allocate", tests, NULL, NULL);
}
