// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that runs out, at each allocation in turn: the answer is -ENOMEM and
 * nothing leaks (the address sanitizer sees to that).
 */
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
	"web", "type: NodePort, internalTrafficPolicy: Local, ports: "
	       "[{name: http, port: 80}, {name: dns, port: 53, protocol: UDP}]")
	SERVICE("api",
		"clusterIP: 10.96.0.9, externalIPs: [192.0.2.1], ports: "
		"[{port: 443}]") SLICE("a", "web",
				       "{name: http, port: 8080}, {name: dns, port: 53, "
				       "protocol: UDP}",
				       READY_ON("10.0.0.1", "here") ", " STATE(
					       "10.0.0.2", "there", "false",
					       "true", "true"))
		SLICE("b", "api", "{port: 8443}",
		      READY("10.0.0.3")) "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n";

/* From the text to the plan, as 'apply' goes. */
static int plan(void)
{
	struct nf_svc_cidr range = { .addr = { .family = NFPROTO_IPV4,
					       .bytes = { 10, 96 } },
				     .prefix = 16 };
	struct nf_svc_settings settings = { 0 };
	struct node_view node = { "here", &settings };
	struct nf_svc_snapshot nothing = { 0 };
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
	ret = allocate_cluster_ips(&model, &nothing, &range, 1, &error);
	if (!ret)
		ret = reconcile(&what, &model, &nothing, "admin", true, &node,
				&error);
	if (!ret)
		reconcile_clean(&what);
	model_clean(&model);
	return ret;
}

static const char saved[] =
	"{format: nf_svc/1, owners: [admin], settings: {owner: admin, podCIDRs:"
	" [10.0.0.0/8], podDevices: [eth0], serviceCIDRs: []}, services: ["
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(from_manifest_to_plan),
		TEST(documents_there_and_back),
	};

	cJSON_InitHooks(&hooks);
	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
