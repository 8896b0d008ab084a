// SPDX-License-Identifier: GPL-2.0
/* svcsyncd's store, its ledger, and when it settles: SYN-05, SYN-06, SYN-08. */
#include "unit.h"

#include <unistd.h>

#include "log.h"
#include "pace.h"
#include "store.h"

/**
 * struct world - a store and its sink
 * @store: the store
 * @report: told by it
 * @sink: of it
 * @changes: how often it said that something changed
 */
static struct world {
	struct store store;
	struct report report;
	struct source_sink sink;
	unsigned int changes;
} world;

static void count_change(void *context)
{
	(void)context;
	world.changes++;
}

static int begin(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	log_level(LOG_EMERG);
	world.store.report = &world.report;
	world.store.node_name = "here";
	world.store.changed = count_change;
	world.sink = store_sink(&world.store);
	return 0;
}

static int end(void **state)
{
	(void)state;
	store_clean(&world.store);
	return 0;
}

static void upsert(enum source_kind kind, const char *text)
{
	struct tree_file file = read_text(text);

	for (const struct tree *node = file.documents; node; node = node->next)
		assert_int_equal(
			world.sink.upsert(world.sink.context, kind, node), 0);
	tree_clean(&file);
}

static void list(enum source_kind kind, const char *text)
{
	assert_int_equal(world.sink.list(world.sink.context, kind), 0);
	if (*text)
		upsert(kind, text);
	assert_int_equal(world.sink.listed(world.sink.context, kind), 0);
}

static struct mirror *find(const char *name)
{
	return mirrors_find(&world.store.mirrors, "default", name);
}

/* What waits, and then nothing. */
static size_t take_queue(void)
{
	size_t n = world.store.mirrors.n_queued;

	mirrors_unqueue(&world.store.mirrors);
	return n;
}

static void a_list_takes_away_what_it_does_not_name_SYN_06(void **state)
{
	(void)state;
	list(SOURCE_SERVICE,
	     SERVICE("a", "clusterIP: 10.96.0.1, ports: [{port: 80}]")
		     SERVICE("b", "clusterIP: 10.96.0.2, ports: [{port: 80}]"));
	assert_true(world.store.synced[SOURCE_SERVICE]);
	assert_false(world.store.synced[SOURCE_SLICE]);
	assert_int_equal(take_queue(), 2);
	list(SOURCE_SERVICE,
	     SERVICE("b", "clusterIP: 10.96.0.2, ports: [{port: 80}]"));
	assert_false(find("a")->present);
	assert_true(find("b")->present);
	assert_true(find("a")->queued);
	/* one that was begun and not ended takes away nothing */
	assert_int_equal(world.sink.list(world.sink.context, SOURCE_SERVICE),
			 0);
	assert_true(find("b")->present);
}

static void slices_come_before_and_move_between_services_SYN_06(void **state)
{
	(void)state;
	upsert(SOURCE_SLICE,
	       SLICE("s", "a", "{port: 1, name: x}", READY("10.0.0.1")));
	assert_int_equal(find("a")->n_slices, 1);
	assert_false(find("a")->present);
	take_queue();
	upsert(SOURCE_SLICE,
	       SLICE("s", "b", "{port: 1, name: x}", READY("10.0.0.2")));
	assert_int_equal(find("a")->n_slices, 0);
	assert_int_equal(find("b")->n_slices, 1);
	assert_int_equal(take_queue(), 2);
	list(SOURCE_SLICE,
	     SLICE("t", "b", "{port: 1, name: x}", READY("10.0.0.3")));
	assert_int_equal(find("b")->n_slices, 1);
	assert_string_equal(find("b")->slices[0].name, "t");
	world.sink.remove(world.sink.context, SOURCE_SLICE, "default", "t");
	assert_int_equal(find("b")->n_slices, 0);
	/* nobody knows anything of them any more: nor does the store */
	take_queue();
	mirrors_forget(&world.store.mirrors, find("a"));
	mirrors_forget(&world.store.mirrors, find("b"));
	assert_int_equal(world.store.mirrors.n, 0);
}

static void what_cannot_be_read_leaves_the_last_that_could_SYN_08(void **state)
{
	(void)state;
	upsert(SOURCE_SERVICE,
	       SERVICE("a", "clusterIP: 10.96.0.1, ports: [{port: 80}]"));
	upsert(SOURCE_SERVICE,
	       SERVICE("a", "clusterIP: 10.96.0.1, ports: [{port: 99999}]"));
	assert_true(find("a")->present && find("a")->unreadable);
	assert_int_equal(find("a")->service.ports[0].port, 80);
	/* told once */
	upsert(SOURCE_SERVICE,
	       SERVICE("a", "clusterIP: 10.96.0.1, ports: [{port: 99999}]"));
	assert_int_equal(world.report.counts[REPORT_UNREADABLE], 1);
	/* one that never could be read is there, and nothing is known of it */
	upsert(SOURCE_SERVICE, SERVICE("b", "clusterIP: 10.96.0.1, ports: 3"));
	assert_true(find("b")->unreadable);
	assert_false(find("b")->present);
	assert_int_equal(world.report.counts[REPORT_UNREADABLE], 2);
	upsert(SOURCE_SERVICE,
	       SERVICE("a", "clusterIP: 10.96.0.1, ports: [{port: 81}]"));
	assert_false(find("a")->unreadable);
	upsert(SOURCE_SLICE,
	       "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {}\n");
	assert_int_equal(world.report.counts[REPORT_UNREADABLE], 3);
}

static void a_frontend_goes_to_the_next_who_wants_it_FE_14(void **state)
{
	struct nf_svc_frontend frontend = { .addr = addr("10.96.0.1"),
					    .port = 80,
					    .protocol = IPPROTO_TCP,
					    .family = NFPROTO_IPV4 };
	struct nf_svc_service service = { .frontends = &frontend,
					  .n_frontends = 1 };
	char name[] = "default/x";

	(void)state;
	service.name = name;
	upsert(SOURCE_SERVICE,
	       SERVICE("b", "clusterIP: 10.96.0.1, ports: [{port: 80}]"));
	upsert(SOURCE_SERVICE,
	       SERVICE("a", "clusterIP: 10.96.0.1, ports: [{port: 80}]"));
	take_queue();
	assert_int_equal(mirrors_claim(&world.store.mirrors, find("b"),
				       &service, 1, 1),
			 0);
	assert_int_equal(take_queue(), 0);
	find("a")->service.created = 5;
	assert_int_equal(mirrors_claim(&world.store.mirrors, find("a"),
				       &service, 1, 1),
			 0);
	/* the older one takes it: the other one is settled again */
	assert_true(find("b")->queued);
	assert_int_equal(take_queue(), 1);
	mirrors_unclaim(&world.store.mirrors, find("a"), 1);
	assert_true(find("b")->queued);
}

static void a_node_that_says_the_same_changes_nothing_EP_11(void **state)
{
	static const char node[] =
		"apiVersion: v1\nkind: Node\nmetadata: {name: here, labels: {topology.kubernetes.io/zone: a}}\n"
		"status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}\n";

	(void)state;
	upsert(SOURCE_NODE, node);
	assert_true(world.store.node_changed);
	world.store.node_changed = false;
	upsert(SOURCE_NODE, node);
	assert_false(world.store.node_changed);
	upsert(SOURCE_NODE,
	       "apiVersion: v1\nkind: Node\nmetadata: {name: other}\n");
	assert_string_equal(world.store.node.name, "here");
	upsert(SOURCE_NODE,
	       "apiVersion: v1\nkind: Node\nmetadata: {name: here}\n"
	       "spec: {taints: [{key: ToBeDeletedByClusterAutoscaler}]}\n");
	assert_true(world.store.node_leaving && world.store.node_changed);
	world.sink.remove(world.sink.context, SOURCE_NODE, "", "here");
	assert_null(world.store.node.name);
}

static void service_cidrs_are_joined_FE_13(void **state)
{
	(void)state;
	list(SOURCE_SERVICE_CIDR,
	     "kind: ServiceCIDR\nmetadata: {name: a}\nspec: {cidrs: [10.96.0.0/16, fd00::/112]}\n"
	     "---\nkind: ServiceCIDR\nmetadata: {name: b}\nspec: {cidrs: [10.97.0.0/16]}\n");
	assert_int_equal(world.store.n_cidrs, 3);
	upsert(SOURCE_SERVICE_CIDR,
	       "kind: ServiceCIDR\nmetadata: {name: a}\nspec: {cidrs: [x]}\n");
	assert_int_equal(world.store.n_cidrs, 3);
	assert_int_equal(world.report.counts[REPORT_UNREADABLE], 1);
	list(SOURCE_SERVICE_CIDR,
	     "kind: ServiceCIDR\nmetadata: {name: b}\nspec: {cidrs: [10.97.0.0/16]}\n");
	assert_int_equal(world.store.n_cidrs, 1);
}

/* The Service of a name in the store, after the ledger gave it what it lacks. */
static int assign(struct ledger *ledger, const char *text,
		  struct model_service *service)
{
	struct model model = read_model(text);
	struct tree_error error;
	int ret;

	*service = model.services[0];
	memset(&model.services[0], 0, sizeof(*model.services));
	model_clean(&model);
	ret = ledger_note(ledger, service, &error);
	return ret ? ret : ledger_assign(ledger, service, &error);
}

static void nothing_is_given_twice_SYN_06(void **state)
{
	const struct nf_svc_cidr range = cidr("10.96.0.0/29");
	struct model_service services[8];
	struct address_set seen = { 0 };
	struct tree_error error;
	struct ledger ledger;
	char text[256];
	int last = 0;
	size_t n = 0;

	(void)state;
	assert_int_equal(
		ledger_open(&ledger, NULL, &range, 1, 30000, 30004, &error), 0);
	for (; n < 8 && !last; n++) {
		snprintf(text, sizeof(text),
			 SERVICE("s%zu",
				 "type: ClusterIP, ports: [{port: 80}]"),
			 n);
		last = assign(&ledger, text, &services[n]);
		if (!last)
			assert_int_equal(
				address_set_add(&seen,
						&services[n].cluster_ips[0]),
				0);
	}
	/* a /29 has six */
	assert_int_equal(n, 7);
	assert_int_equal(last, -EINVAL);
	ledger_release(&ledger, "default", "s3");
	assert_true(ledger.released);
	model_service_clean(&services[6]);
	assert_int_equal(assign(&ledger, text, &services[6]), 0);
	assert_int_equal(nf_svc_addr_compare(&services[6].cluster_ips[0],
					     &services[3].cluster_ips[0]),
			 0);
	for (size_t i = 0; i < n; i++)
		model_service_clean(&services[i]);
	address_set_clean(&seen);
	ledger_close(&ledger);
}

#define BOTH "ipFamilyPolicy: RequireDualStack, "
#define NODE_PORTS                                                      \
	"type: NodePort, ports: [{name: a, port: 80}, {name: b, port: " \
	"80, protocol: UDP}]"

static void a_file_keeps_it_over_restarts_SYN_06(void **state)
{
	const struct nf_svc_cidr ranges[] = { cidr("10.96.0.0/16"),
					      cidr("fd00::/112") };
	char path[] = "/tmp/svcsyncd-ledger-XXXXXX";
	struct model_service first, second, other;
	struct tree_error error;
	struct ledger ledger;
	FILE *out;

	(void)state;
	close(mkstemp(path));
	unlink(path);
	assert_int_equal(
		ledger_open(&ledger, path, ranges, 2, 30000, 32767, &error), 0);
	assert_int_equal(
		assign(&ledger, SERVICE("web", BOTH NODE_PORTS), &first), 0);
	assert_int_equal(first.n_cluster_ips, 2);
	assert_int_not_equal(first.ports[0].node_port,
			     first.ports[1].node_port);
	assert_int_equal(ledger_save(&ledger), 0);
	assert_false(ledger.changed);
	ledger_close(&ledger);

	assert_int_equal(
		ledger_open(&ledger, path, ranges, 2, 30000, 32767, &error), 0);
	assert_int_equal(
		assign(&ledger, SERVICE("web", BOTH NODE_PORTS), &second), 0);
	assert_false(ledger.changed);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(nf_svc_addr_compare(&first.cluster_ips[i],
						     &second.cluster_ips[i]),
				 0);
		assert_int_equal(first.ports[i].node_port,
				 second.ports[i].node_port);
	}
	model_service_clean(&second);
	/* what a Service says itself may be taken already */
	{
		char text[256], at[NF_SVC_ADDR_TEXT];

		snprintf(text, sizeof(text),
			 SERVICE("thief",
				 "clusterIP: \"%s\", ports: [{port: 80}]"),
			 nf_svc_addr_format(&first.cluster_ips[0], at));
		assert_int_equal(assign(&ledger, text, &other), -EINVAL);
		model_service_clean(&other);
	}
	model_service_clean(&first);
	ledger_close(&ledger);

	out = fopen(path, "w");
	assert_non_null(out);
	fputs("{\"format\": \"nf_svc-ledger/1\",\n \"services\": [{\"name\": \"x\"}]}",
	      out);
	fclose(out);
	assert_int_equal(ledger_open(&ledger, path, ranges, 2, 30000, 32767,
				     &error),
			 -EINVAL);
	assert_int_equal(error.line, 2);
	ledger_close(&ledger);
	unlink(path);
}

static void quiet_is_at_once_and_a_storm_is_gathered_SYN_05(void **state)
{
	struct pace pace = { 0 };
	uint64_t now = 1000000;

	(void)state;
	assert_int_equal(pace_due(&pace, now), now);
	pace_done(&pace, now, now + 1000, 0);
	/* bounded: from the end of the last run, however many changes come */
	for (uint64_t later = 0; later < PACE_WINDOW; later += 1000)
		assert_int_equal(pace_due(&pace, now + 1000 + later),
				 now + 1000 + PACE_WINDOW);
	assert_int_equal(pace_due(&pace, now + 5000000), now + 5000000);
	/* half of the time is for hearing */
	pace_done(&pace, now, now + 300000, 0);
	assert_int_equal(pace_due(&pace, now + 300000), now + 600000);
	/* failures back off, and not for ever */
	pace_done(&pace, now, now, -1);
	assert_int_equal(pace_due(&pace, now), now + PACE_RETRY);
	pace_done(&pace, now, now, -1);
	assert_int_equal(pace_due(&pace, now), now + 2 * PACE_RETRY);
	for (unsigned int i = 0; i < 100; i++)
		pace_done(&pace, now, now, -1);
	assert_int_equal(pace_due(&pace, now), now + PACE_RETRY_MAX);
	pace_done(&pace, now, now, 0);
	assert_int_equal(pace_due(&pace, now), now + PACE_WINDOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_list_takes_away_what_it_does_not_name_SYN_06, begin,
			end),
		cmocka_unit_test_setup_teardown(
			slices_come_before_and_move_between_services_SYN_06,
			begin, end),
		cmocka_unit_test_setup_teardown(
			what_cannot_be_read_leaves_the_last_that_could_SYN_08,
			begin, end),
		cmocka_unit_test_setup_teardown(
			a_frontend_goes_to_the_next_who_wants_it_FE_14, begin,
			end),
		cmocka_unit_test_setup_teardown(
			a_node_that_says_the_same_changes_nothing_EP_11, begin,
			end),
		cmocka_unit_test_setup_teardown(service_cidrs_are_joined_FE_13,
						begin, end),
		TEST(nothing_is_given_twice_SYN_06),
		TEST(a_file_keeps_it_over_restarts_SYN_06),
		TEST(quiet_is_at_once_and_a_storm_is_gathered_SYN_05),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
