// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that runs out in the watch, at each allocation in turn: it says so, nothing
 * leaks (the address sanitizer sees to that), and the next try does it.
 */
#include <cjson/cJSON.h>

#include "sync/watch/cluster.h"
#include "sync/watch/reflector.h"
#include "unit.h"

/* Allocations that still succeed; negative: all do. */
static long left = -1;
static bool failed;

static bool out_of_memory(void)
{
	if (left < 0 || left--)
		return false;
	left = -1;
	failed = true;
	errno = ENOMEM;
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

int __wrap_asprintf(char **text, const char *format, ...)
{
	va_list args;
	int n;

	if (out_of_memory())
		return -1;
	va_start(args, format);
	n = vasprintf(text, format, args);
	va_end(args);
	return n;
}

/* cJSON allocates inside its library, so it is given our malloc(). */
static cJSON_Hooks hooks = { __wrap_malloc, free };

static const char kubeconfig[] =
	"current-context: c\n"
	"contexts: [{name: c, context: {cluster: k, user: u}}]\n"
	"clusters: [{name: k, cluster: {server: \"https://a\", proxy-url: \"http://b\", "
	"tls-server-name: c, certificate-authority: ca}}]\n"
	"users: [{name: u, user: {token: t, tokenFile: f, client-certificate-data: "
	"LS0tLS1CRUdJTiBYLS0tLS0K, client-key: k}}]\n";

static void SYN_02_a_kubeconfig_without_memory(void **state)
{
	char error[CLUSTER_ERROR];
	struct cluster cluster;
	long n = 0;
	int ret;

	(void)state;
	do {
		failed = false;
		left = n++;
		ret = kubeconfig_read(&cluster, "/a/b", kubeconfig,
				      strlen(kubeconfig), NULL, error);
		left = -1;
		assert_int_equal(ret, failed ? -ENOMEM : 0);
		if (failed)
			assert_non_null(strstr(error, "out of memory"));
	} while (failed);
	assert_true(n > 8);
	cluster_clean(&cluster);
}

static unsigned int upserts;

static int on_kind(void *context, enum source_kind kind)
{
	(void)context;
	(void)kind;
	return 0;
}

static int on_list(void *context, enum source_kind kind)
{
	upserts = 0;
	return on_kind(context, kind);
}

static int on_upsert(void *context, enum source_kind kind,
		     const struct tree *object)
{
	(void)object;
	upserts++;
	return on_kind(context, kind);
}

#define OBJECT(name) \
	"{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"5\"}}"

/* A list and a watch, however often it takes; how many answers were needed. */
static unsigned int follow(struct reflector *reflector, bool pages)
{
	static const char stream[] = "{\"type\":\"ADDED\",\"object\":" OBJECT(
		"a") "}\n"
		     "{\"type\":\"ADDED\",\"object\":" OBJECT(
			     "b") "}\n"
				  "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"7\","
				  "\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\n";
	static const char first[] =
		"{\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"x\"},\"items\":[" OBJECT(
			"a") "]}";
	static const char second[] =
		"{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[" OBJECT(
			"b") "]}";
	struct reflector_end end = { .status = 200, .lived = 1 };
	unsigned int answers = 0;

	reflector->no_streams = pages;
	while (!reflector->synced && answers < 9) {
		const char *text = !pages	   ? stream :
				   reflector->more ? second :
						     first;
		size_t len = strlen(text);
		char *path;

		answers++;
		if (reflector_ask(reflector, 0, &path))
			continue;
		free(path);
		/* in two pieces, so that something is kept */
		if (!reflector_answer(reflector, 200, text, len / 3))
			reflector_answer(reflector, 200, text + len / 3,
					 len - len / 3);
		reflector_end(reflector, &end, 0);
	}
	return answers;
}

static void test_lists(bool pages, unsigned int answers)
{
	const struct source_sink sink = { .list = on_list,
					  .listed = on_kind,
					  .missing = on_kind,
					  .upsert = on_upsert };
	long n = 0;

	cJSON_InitHooks(&hooks);
	do {
		struct reflector reflector;
		unsigned int needed;

		reflector_init(&reflector, SOURCE_SERVICE, "node", &sink);
		failed = false;
		left = n++;
		needed = follow(&reflector, pages);
		left = -1;
		assert_true(reflector.synced);
		assert_int_equal(upserts, 2);
		if (!failed)
			assert_int_equal(needed, answers);
		reflector_clean(&reflector);
	} while (failed);
	cJSON_InitHooks(NULL);
	assert_true(n > 30);
}

static void SYN_03_a_stream_without_memory(void **state)
{
	(void)state;
	test_lists(false, 1);
}

static void SYN_03_pages_without_memory(void **state)
{
	(void)state;
	test_lists(true, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(SYN_02_a_kubeconfig_without_memory),
		TEST(SYN_03_a_stream_without_memory),
		TEST(SYN_03_pages_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
