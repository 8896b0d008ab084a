// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that runs out, at each allocation in turn: the answer is -ENOMEM and
 * nothing leaks (the address sanitizer sees to that).
 */
#include "client/wire.h"
#include "document.h"
#include "document_read.h"
#include "unit.h"

/* Allocations that still succeed; negative: all do. */
static long left = -1;
static bool failed;

static bool out_of_memory(void)
{
	if (left < 0)
		return false;
	if (left--)
		return false;
	left = 0;
	failed = true;
	return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
char *__wrap_strndup(const char *text, size_t len);
void *__real_tsearch(const void *key, void **root,
		     int (*compare)(const void *a, const void *b));
void *__wrap_tsearch(const void *key, void **root,
		     int (*compare)(const void *a, const void *b));
int __wrap_vasprintf(char **text, const char *format, va_list args);
int __wrap_asprintf(char **text, const char *format, ...);

void *__wrap_malloc(size_t size)
{
	return out_of_memory() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return out_of_memory() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	return out_of_memory() ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text)
{
	return out_of_memory() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t len)
{
	return out_of_memory() ? NULL : __real_strndup(text, len);
}

/* It allocates inside of the C library, and only for what is new. */
void *__wrap_tsearch(const void *key, void **root,
		     int (*compare)(const void *a, const void *b))
{
	return out_of_memory() ? NULL : __real_tsearch(key, root, compare);
}

int __wrap_vasprintf(char **text, const char *format, va_list args)
{
	va_list again;
	int n;

	if (out_of_memory())
		return -1;
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	*text = __real_malloc((size_t)n + 1);
	return vsnprintf(*text, (size_t)n + 1, format, args);
}

int __wrap_asprintf(char **text, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = __wrap_vasprintf(text, format, args);
	va_end(args);
	return n;
}

/* cJSON allocates inside its library, so it is given our malloc(). */
static cJSON_Hooks hooks = { __wrap_malloc, free };

static const char manifest[] = SERVICE(
	"web",
	"type: NodePort, internalTrafficPolicy: Local, sessionAffinity: ClientIP, "
	"loadBalancerSourceRanges: [192.0.2.0/24, wrong, 10.0.0.0/8], "
	"ports: [{name: http, port: 80, nodePort: 30080}, "
	"{name: dns, port: 53, protocol: UDP}]}\n"
	"status: {loadBalancer: {ingress: [{ip: 203.0.113.1}, {ip: 127.0.0.1}]}")
	SERVICE("other", "type: NodePort, ports: [{port: 81, nodePort: 30080}]") SERVICE(
		"api",
		"clusterIP: 10.96.0.9, externalIPs: [192.0.2.1], ports: "
		"[{port: 443}]") SLICE("a", "web",
				       "{name: http, port: 8080}, {name: dns, port: 53, "
				       "protocol: UDP}",
				       READY_ON("10.0.0.1", "here") ", " STATE(
					       "10.0.0.2", "there", "false",
					       "true", "true"))
		SLICE("b", "api", "{port: 8443}",
		      "{addresses: [10.0.0.3], hints: {forZones: [{name: a}], forNodes: [{name: here}]}}, " READY(
			      "127.0.0.1") ", " READY("10.96.0.9")) "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n"
								    "---\napiVersion: v1\nkind: Node\n"
								    "metadata: {name: there, labels: "
								    "{topology.kubernetes.io/zone: b}}\n"
								    "spec: {podCIDRs: [10.0.0.0/24]}\n"
								    "status: {addresses: [{type: InternalIP, address: 192.0.2.11}]}\n";

/* From the text to the plan, as 'apply' goes. */
static int plan(void)
{
	struct nf_svc_cidr range = { .addr = { .family = NFPROTO_IPV4,
					       .bytes = { 10, 96 } },
				     .prefix = 16 };
	const struct nf_svc_addr addresses[] = { addr("192.0.2.10"),
						 addr("192.0.2.11") };
	const struct nf_svc_cidr home = cidr("192.0.2.0/24");
	const struct nf_svc_settings have = { 0 };
	struct nf_svc_settings settings;
	struct node_ports ports = { 0 };
	struct node_view node = { .name = "here",
				  .zone = "a",
				  .primary = { addr("192.0.2.10") },
				  .addresses = addresses,
				  .n_addresses = 2,
				  .settings = &settings };
	struct resolve_options options = { .capabilities = ALL_CAPABILITIES,
					   .limit_ranges = 64,
					   .internal_only = true,
					   .node_ports = &ports };
	const struct cidr_list ranges = { &range, 1 };
	struct nf_svc_snapshot nothing = { 0 };
	const struct model_node *machine;
	struct problems problems = { 0 };
	struct tree_error error;
	struct tree_file file;
	struct model model;
	struct plan what;
	int ret;

	ret = tree_read(&file, manifest, sizeof(manifest) - 1, &error);
	if (ret)
		return ret;
	ret = model_decode(&model, &file, &error);
	tree_clean(&file);
	if (ret)
		return ret;
	ret = node_find(&node, &model, &problems, &machine);
	if (!ret)
		ret = resolve_settings(&settings, &have, NULL, &ranges, NULL,
				       &model.nodes[0], 0, &problems);
	/* pods are known, so ClusterIPs can be kept from all others */
	if (!ret)
		ret = node_ports_select(&ports, NODE_PORT_CIDRS, &home, 1,
					&node, &problems);
	if (!ret)
		ret = allocate_cluster_ips(&model, &nothing, &range, 1, &error);
	if (!ret)
		ret = reconcile(&what, &model, &nothing, "admin", true, &node,
				&options, &error);
	if (!ret)
		reconcile_clean(&what);
	node_ports_clean(&ports);
	problems_clean(&problems);
	model_clean(&model);
	return ret;
}

static const char saved[] =
	"{format: nf_svc/1, owners: [admin], settings: {owner: admin, podCIDRs:"
	" [10.0.0.0/8], podDevices: [eth0], serviceCIDRs: [], nodePortCIDRs: [192.0.2.0/24]}, services: ["
	"{name: a/b, protocol: tcp, family: ipv4, owner: admin, scheduler: "
	"random, refuseWith: reset, affinityTimeout: 0, frontends: [{address: "
	"10.96.0.1, port: 80, type: ClusterIP, exclusive: true, rules: {pod: "
	"{set: cluster, masquerade: false, empty: refuse}, node: {set: cluster,"
	" masquerade: false, empty: refuse}, outside: {set: local, masquerade: "
	"false, empty: drop}}, sourceRanges: [10.0.0.0/8]}], backends: "
	"[{address: 10.0.0.1, port: 80, weight: 1, sets: [cluster]}]}]}";

/* Read a document and write it again. */
static int document(void)
{
	struct document what;
	struct tree_error error;
	struct tree_file file;
	cJSON *value;
	int ret;

	ret = tree_read(&file, saved, sizeof(saved) - 1, &error);
	if (ret)
		return ret;
	ret = document_read(&what, &file, &error);
	tree_clean(&file);
	if (ret)
		return ret;
	value = document_service(&what.services[0], true);
	if (value) {
		cJSON_Delete(value);
		value = document_settings(&what.settings);
	}
	cJSON_Delete(value);
	document_clean(&what);
	return value ? 0 : -ENOMEM;
}

static int first_half(struct nf_svc_client *client, struct nf_svc_error *error)
{
	struct nf_svc_service service = { .name = (char *)(uintptr_t) "b/b",
					  .protocol = IPPROTO_TCP,
					  .family = NFPROTO_IPV4 };
	struct nf_svc_cidr range = cidr("10.0.0.0/8");
	struct nf_svc_key key = nf_svc_service_key(&service);
	struct nf_svc_frontend frontend = { .addr = addr("10.96.0.1"),
					    .port = 80,
					    .protocol = IPPROTO_TCP,
					    .family = NFPROTO_IPV4,
					    .ranges = &range,
					    .n_ranges = 1 };
	struct nf_svc_backend backends[] = {
		{ .addr = addr("10.0.0.2"), .port = 80, .weight = 1 },
		{ .addr = addr("10.0.0.1"), .port = 80, .weight = 1 },
	};
	struct nf_svc_settings settings = { .pod_cidrs = &range,
					    .n_pod_cidrs = 1 };
	int ret;

	ret = nf_svc_tx_service_set(client, &service, 0, NF_SVC_FLAG_CREATE,
				    error);
	if (!ret)
		ret = nf_svc_tx_backends_set(client, &key, backends, 2, 0,
					     error);
	if (!ret)
		ret = nf_svc_tx_frontend_set(client, "b/b", &frontend,
					     NF_SVC_FLAG_EXCL, error);
	service.name = (char *)(uintptr_t) "a/a";
	if (!ret)
		ret = nf_svc_tx_service_set(client, &service, 0,
					    NF_SVC_FLAG_CREATE, error);
	if (!ret)
		ret = nf_svc_tx_settings_set(client, &settings, error);
	return ret;
}

static void check_first_half(const struct nf_svc_snapshot *snapshot)
{
	const struct nf_svc_service *b = &snapshot->services[1];

	assert_int_equal(snapshot->n_services, 2);
	assert_string_equal(snapshot->services[0].name, "a/a");
	assert_string_equal(b->owner, "admin");
	assert_int_equal(b->n_backends, 2);
	assert_int_equal(b->backends[0].addr.bytes[3], 1);
	assert_int_equal(b->n_frontends, 1);
	assert_int_equal(b->frontends[0].n_ranges, 1);
	assert_string_equal(snapshot->settings.owner, "admin");
	assert_int_equal(snapshot->settings.n_pod_cidrs, 1);
}

/* A frontend moves, its old service and a backend go. */
static int second_half(struct nf_svc_client *client,
		       const struct nf_svc_snapshot *snapshot,
		       struct nf_svc_error *error)
{
	struct nf_svc_key key = nf_svc_service_key(&snapshot->services[1]);
	struct nf_svc_service change = { .name = (char *)(uintptr_t) "a/a",
					 .protocol = IPPROTO_TCP,
					 .family = NFPROTO_IPV4,
					 .refuse_with = NF_SVC_REFUSE_UNREACH };
	int ret;

	ret = nf_svc_tx_backends_del(client, &key,
				     snapshot->services[1].backends, 1, error);
	if (!ret)
		ret = nf_svc_tx_frontend_set(client, "a/a",
					     snapshot->services[1].frontends, 0,
					     error);
	if (!ret)
		ret = nf_svc_tx_service_set(client, &change,
					    NF_SVC_GIVEN_REFUSE_WITH, 0, error);
	if (!ret)
		ret = nf_svc_tx_service_del(client, &key, error);
	return ret;
}

/* What is queued, done to a snapshot: as 'batch' goes. */
static int replayed(void)
{
	static uint8_t out[NF_SVC_CHUNK];
	struct nf_svc_client client = { .family = 30, .out = out };
	struct nf_svc_snapshot snapshot = { 0 };
	struct nf_svc_error error;
	int ret;

	nf_svc_tx_keep(&client);
	ret = first_half(&client, &error);
	if (!ret)
		ret = nf_svc_tx_replay(&client, &snapshot, "admin", &error);
	if (!ret) {
		check_first_half(&snapshot);
		ret = second_half(&client, &snapshot, &error);
	}
	if (!ret)
		ret = nf_svc_tx_replay(&client, &snapshot, "admin", &error);
	if (!ret) {
		assert_int_equal(snapshot.n_services, 1);
		assert_int_equal(snapshot.services[0].n_frontends, 1);
		assert_int_equal(snapshot.services[0].refuse_with,
				 NF_SVC_REFUSE_UNREACH);
		assert_int_equal(nf_svc_tx_steps(&client), 9);
	}
	nf_svc_kept_end(&client);
	nf_svc_snapshot_clean(&snapshot);
	return ret;
}

/* Fail the first allocation, then the second, and so on until none fails. */
static void at_each_allocation(int (*work)(void), long at_least)
{
	long n;

	for (n = 0;; n++) {
		int ret;

		left = n;
		failed = false;
		ret = work();
		left = -1;
		if (!failed) {
			assert_int_equal(ret, 0);
			break;
		}
		if (ret != -ENOMEM)
			fail_msg("%d at allocation %ld", ret, n);
	}
	assert_true(n >= at_least);
}

static void from_manifest_to_plan(void **state)
{
	(void)state;
	at_each_allocation(plan, 50);
}

static void documents_there_and_back(void **state)
{
	(void)state;
	at_each_allocation(document, 50);
}

static void CTL_01_a_batch_is_planned_on_what_it_did(void **state)
{
	(void)state;
	at_each_allocation(replayed, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(from_manifest_to_plan),
		TEST(documents_there_and_back),
		TEST(CTL_01_a_batch_is_planned_on_what_it_did),
	};

	cJSON_InitHooks(&hooks);
	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
