// SPDX-License-Identifier: GPL-2.0
/* One kind as the API server has it, without a server: SYN-01, SYN-03. */
#include "sync/watch/reflector.h"
#include "unit.h"

#define SECOND UINT64_C(1000000)

/**
 * struct told - what the sink was told
 * @text: "list +a +b listed -a ", "missing "
 * @refuse: the call of this number, from 1, has no memory; 0: none
 * @calls: how many there were
 */
struct told {
	char text[1024];
	unsigned int refuse;
	unsigned int calls;
};

static int add(struct told *told, const char *sign, const char *what)
{
	size_t used = strlen(told->text);

	if (++told->calls == told->refuse)
		return -ENOMEM;
	snprintf(told->text + used, sizeof(told->text) - used, "%s%s ", sign,
		 what);
	return 0;
}

static int on_list(void *context, enum source_kind kind)
{
	(void)kind;
	return add(context, "", "list");
}

static int on_listed(void *context, enum source_kind kind)
{
	(void)kind;
	return add(context, "", "listed");
}

static int on_missing(void *context, enum source_kind kind)
{
	(void)kind;
	return add(context, "", "missing");
}

static int on_upsert(void *context, enum source_kind kind,
		     const struct tree *object)
{
	const struct tree *name =
		tree_get(tree_get(object, "metadata"), "name");

	(void)kind;
	assert_null(object->parent);
	return add(context, "+", name ? name->text : "?");
}

static int on_remove(void *context, enum source_kind kind,
		     const char *namespace, const char *name)
{
	(void)kind;
	assert_non_null(namespace);
	return add(context, "-", name);
}

static struct told told;
static struct source_sink sink = { .context = &told,
				   .list = on_list,
				   .listed = on_listed,
				   .missing = on_missing,
				   .upsert = on_upsert,
				   .remove = on_remove };

static struct reflector begin(enum source_kind kind)
{
	struct reflector reflector;

	memset(&told, 0, sizeof(told));
	reflector_init(&reflector, kind, "node-1", &sink);
	return reflector;
}

/* What is asked must have this part. */
static void asks(struct reflector *reflector, const char *part)
{
	char *path;

	assert_int_equal(reflector_ask(reflector, 0, &path), 0);
	if (!strstr(path, part))
		fail_msg("asks %s, not %s", path, part);
	free(path);
}

/* The server answers with a text, byte by byte; it may be broken off. */
static void hears(struct reflector *reflector, long status, const char *text)
{
	int ret = reflector_answer(reflector, status, "", 0);

	for (; *text && !ret; text++)
		ret = reflector_answer(reflector, status, text, 1);
}

static uint64_t ends(struct reflector *reflector, long status,
		     const char *broken, uint64_t lived)
{
	const struct reflector_end end = { .status = status,
					   .text = broken,
					   .lived = lived };

	return reflector_end(reflector, &end, 0);
}

static void told_is(const char *expected)
{
	assert_string_equal(told.text, expected);
	*told.text = '\0';
}

#define EVENT(type, name, version)                          \
	"{\"type\":\"" type "\",\"object\":{\"metadata\":{" \
	"\"name\":\"" name "\",\"resourceVersion\":\"" version "\"}}}\n"
#define BOOKMARK(version)                                  \
	"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":" \
	"{\"resourceVersion\":\"" version "\"}}}\n"
#define STREAM_END(version)                                     \
	"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":"      \
	"{\"resourceVersion\":\"" version "\",\"annotations\":" \
	"{\"k8s.io/initial-events-end\":\"true\"}}}}\n"
#define ERROR(code) "{\"type\":\"ERROR\",\"object\":{\"code\":" code "}}\n"
#define PAGE(version, more, items)                      \
	"{\"metadata\":{\"resourceVersion\":\"" version \
	"\",\"continue\":\"" more "\"},\"items\":[" items "]}\n"
#define ITEM_AT(name, version)                                                \
	"{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version \
	"\"}}"
#define ITEM(name) ITEM_AT(name, "5")

/* A reflector that watches from version 10 and has told of "a". */
static struct reflector watching(enum source_kind kind)
{
	struct reflector reflector = begin(kind);

	asks(&reflector, "sendInitialEvents=true");
	hears(&reflector, 200, EVENT("ADDED", "a", "5") STREAM_END("10"));
	told_is("list +a listed ");
	return reflector;
}

static void SYN_01_a_streaming_list(void **state)
{
	struct reflector reflector = watching(SOURCE_SERVICE);

	(void)state;
	assert_true(reflector.synced);
	hears(&reflector, 200,
	      EVENT("ADDED", "b", "11") EVENT("MODIFIED", "b", "12")
		      EVENT("DELETED", "a", "13") BOOKMARK("20"));
	told_is("+b +b -a ");
	assert_string_equal(reflector.version, "20");
	assert_int_equal(ends(&reflector, 200, NULL, 300 * SECOND), 0);
	asks(&reflector, "watch=1&allowWatchBookmarks=true&resourceVersion=20"
			 "&timeoutSeconds=300");
	reflector_clean(&reflector);
}

static void SYN_01_pages(void **state)
{
	struct reflector reflector = begin(SOURCE_SLICE);

	(void)state;
	asks(&reflector, "/apis/discovery.k8s.io/v1/endpointslices?watch=1");
	hears(&reflector, 422, "{\"code\":422}");
	assert_int_equal(ends(&reflector, 422, NULL, 1), 0);
	told_is("");
	asks(&reflector, "?limit=500&labelSelector=%21");
	hears(&reflector, 200, PAGE("7", "x/y=", ITEM("a") "," ITEM("b")));
	assert_int_equal(ends(&reflector, 200, NULL, 1), 0);
	told_is("list +a +b ");
	asks(&reflector, "?limit=500&continue=x%2Fy%3D&labelSelector");
	/* a page that breaks off is asked for again, not the first one */
	hears(&reflector, 200, "{\"items\":[" ITEM("c"));
	assert_true(ends(&reflector, 200, "reset", 1) > 0);
	asks(&reflector, "&continue=x%2Fy%3D");
	hears(&reflector, 200, PAGE("7", "", ITEM("c")));
	told_is("+c +c listed ");
	assert_int_equal(ends(&reflector, 200, NULL, 1), 0);
	asks(&reflector, "resourceVersion=7");
	assert_string_equal(reflector.text, "");
	reflector_clean(&reflector);
}

static void SYN_01_an_empty_list_is_one(void **state)
{
	struct reflector reflector = begin(SOURCE_NODE);

	(void)state;
	reflector.no_streams = true;
	asks(&reflector, "/api/v1/nodes?limit=500&fieldSelector=metadata.name"
			 "%3Dnode-1");
	hears(&reflector, 200, PAGE("7", "", ""));
	told_is("list listed ");
	reflector_clean(&reflector);
	reflector = begin(SOURCE_NODE);
	reflector.no_streams = true;
	asks(&reflector, "limit");
	/* what Go writes for no items */
	hears(&reflector, 200,
	      "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":null}");
	told_is("list listed ");
	reflector_clean(&reflector);
}

static void SYN_01_gone_leads_to_a_list(void **state)
{
	struct reflector reflector = watching(SOURCE_SERVICE);

	(void)state;
	hears(&reflector, 200, ERROR("410"));
	assert_true(ends(&reflector, 200, NULL, 10 * SECOND) <= 2 * SECOND);
	/* no trouble, and nothing is gone before the list is whole */
	assert_string_equal(reflector.text, "");
	told_is("");
	asks(&reflector, "sendInitialEvents=true");
	hears(&reflector, 200, EVENT("ADDED", "b", "30"));
	told_is("list +b ");
	/* as a status, too */
	ends(&reflector, 410, NULL, 1);
	asks(&reflector, "sendInitialEvents=true");
	hears(&reflector, 200, STREAM_END("31"));
	told_is("list listed ");
	reflector_clean(&reflector);
}

static void SYN_01_gone_between_pages_asks_for_all(void **state)
{
	struct reflector reflector = begin(SOURCE_SERVICE);

	(void)state;
	reflector.no_streams = true;
	asks(&reflector, "?limit=500&labelSelector");
	hears(&reflector, 200, PAGE("7", "more", ITEM("a")));
	ends(&reflector, 200, NULL, 1);
	asks(&reflector, "continue=more");
	hears(&reflector, 410, "{\"code\":410}");
	ends(&reflector, 410, NULL, 1);
	asks(&reflector, "?limit=0&");
	hears(&reflector, 200, PAGE("9", "", ITEM("b")));
	told_is("list +a list +b listed ");
	reflector_clean(&reflector);
}

static void SYN_01_the_version_never_goes_back(void **state)
{
	struct reflector reflector = watching(SOURCE_SERVICE);

	(void)state;
	hears(&reflector, 200, EVENT("MODIFIED", "a", "9") BOOKMARK("8"));
	assert_string_equal(reflector.version, "10");
	reflector_clean(&reflector);
}

static void SYN_01_an_old_server_has_no_streams(void **state)
{
	struct reflector reflector = begin(SOURCE_SERVICE);

	(void)state;
	asks(&reflector, "sendInitialEvents=true");
	hears(&reflector, 200, EVENT("ADDED", "a", "5") BOOKMARK("6"));
	ends(&reflector, 200, NULL, SECOND);
	assert_false(reflector.synced);
	asks(&reflector, "?limit=500&");
	reflector_clean(&reflector);
}

static void SYN_01_missing_is_told_once(void **state)
{
	struct reflector reflector = begin(SOURCE_SERVICE_CIDR);
	uint64_t wait, last = 0;

	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		asks(&reflector, "/apis/networking.k8s.io/v1/servicecidrs?");
		hears(&reflector, i % 2 ? 403 : 404, "{\"message\":\"no\"}");
		wait = ends(&reflector, i % 2 ? 403 : 404, NULL, 1);
		assert_true(wait >= last && wait <= REFLECTOR_MISSING);
		last = wait;
		told_is(i ? "" : "missing ");
		assert_string_equal(reflector.text, "");
	}
	assert_int_equal(last, REFLECTOR_MISSING);
	reflector_clean(&reflector);
}

static void SYN_01_what_was_there_is_not_missing_at_once(void **state)
{
	struct reflector reflector = watching(SOURCE_SERVICE_CIDR);

	(void)state;
	ends(&reflector, 200, "reset", SECOND);
	for (unsigned int i = 1; i <= REFLECTOR_REFUSALS + 2; i++) {
		asks(&reflector, "servicecidrs");
		ends(&reflector, 403, NULL, 1);
		told_is(i == REFLECTOR_REFUSALS ? "missing " : "");
	}
	/* other kinds are never missing */
	reflector_clean(&reflector);
	reflector = begin(SOURCE_SERVICE);
	asks(&reflector, "services");
	hears(&reflector, 403, "{\"code\":403,\"message\":\"not you\"}");
	ends(&reflector, 403, NULL, 1);
	assert_string_equal(reflector.text,
			    "the API server refuses Services: 403: not you");
	told_is("");
	reflector_clean(&reflector);
}

#define CHECK "/api/v1/services?fieldSelector=metadata.name%3Da&limit=1"
#define AWAY "https://x: Connection refused"

static void SYN_03_a_cut_watch_checks_the_server(void **state)
{
	struct reflector reflector = watching(SOURCE_SERVICE);

	(void)state;
	hears(&reflector, 200, "{\"type\":\"ADD");
	assert_true(ends(&reflector, 200, "reset", 9 * SECOND) > 0);
	assert_string_equal(reflector.text, "");
	/* the server was there all the time: its bookmark holds */
	asks(&reflector, CHECK);
	hears(&reflector, 200, PAGE("12", "", ITEM("a")));
	assert_int_equal(ends(&reflector, 200, NULL, 1), 0);
	asks(&reflector, "resourceVersion=10&");
	/* it was away: what it has of ours is where to go on */
	ends(&reflector, 0, AWAY, 1);
	assert_string_equal(reflector.text, AWAY);
	asks(&reflector, CHECK);
	hears(&reflector, 200, PAGE("10", "more", ITEM("a")));
	assert_int_equal(ends(&reflector, 200, NULL, 1), 0);
	assert_string_equal(reflector.text, "");
	asks(&reflector, "resourceVersion=5&");
	told_is("");
	/* a server of yesterday */
	ends(&reflector, 0, AWAY, 1);
	asks(&reflector, CHECK);
	hears(&reflector, 200, PAGE("4", "", ITEM("a")));
	assert_int_equal(ends(&reflector, 200, NULL, 1), 0);
	asks(&reflector, "sendInitialEvents");
	hears(&reflector, 200, STREAM_END("9"));
	told_is("list listed ");
	assert_string_equal(reflector.version, "9");
	reflector_clean(&reflector);
}

static void SYN_03_another_history_is_listed_anew(void **state)
{
	static const struct {
		const char *event;
		const char *answer;
		bool same;
	} cases[] = {
		{ EVENT("MODIFIED", "a", "11"), ITEM_AT("a", "11"), true },
		{ EVENT("MODIFIED", "a", "11"), ITEM_AT("a", "5"), false },
		{ EVENT("MODIFIED", "a", "11"), ITEM_AT("a", "12"), false },
		{ EVENT("MODIFIED", "a", "11"), "", false },
		{ EVENT("DELETED", "a", "11"), "", true },
		{ EVENT("DELETED", "a", "11"), ITEM_AT("a", "5"), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct reflector reflector = watching(SOURCE_SERVICE);
		char page[256];

		hears(&reflector, 200, cases[i].event);
		ends(&reflector, 200, "reset", 9 * SECOND);
		asks(&reflector, CHECK);
		snprintf(page, sizeof(page), PAGE("20", "", "%s"),
			 cases[i].answer);
		hears(&reflector, 200, page);
		ends(&reflector, 200, NULL, 1);
		asks(&reflector, cases[i].same ? "resourceVersion=11&" :
						 "sendInitialEvents");
		told_is(strstr(cases[i].event, "DEL") ? "-a " : "+a ");
		reflector_clean(&reflector);
	}
}

static void SYN_03_an_empty_list_is_asked_for_again(void **state)
{
	struct reflector reflector = begin(SOURCE_SERVICE);

	(void)state;
	asks(&reflector, "sendInitialEvents=true");
	hears(&reflector, 200, STREAM_END("10"));
	told_is("list listed ");
	ends(&reflector, 200, "reset", 9 * SECOND);
	asks(&reflector, "sendInitialEvents=true");
	reflector_clean(&reflector);
}

static void SYN_03_waits_grow_and_are_asked_for(void **state)
{
	struct reflector reflector = begin(SOURCE_SERVICE);
	struct reflector_end end = { .status = 429, .retry_after = 7 };
	uint64_t last = 0;

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		uint64_t wait;

		asks(&reflector, "");
		wait = ends(&reflector, 500, NULL, 1);
		assert_true(wait >= last && wait <= BACKOFF_LAST);
		last = wait;
	}
	assert_int_equal(last, BACKOFF_LAST);
	reflector.backoff.failures = 0;
	asks(&reflector, "");
	assert_int_equal(reflector_end(&reflector, &end, 0), 7 * SECOND);
	/* in the body, and as an event */
	asks(&reflector, "");
	hears(&reflector, 503,
	      "{\"code\":503,\"details\":{\"retryAfterSeconds\":9}}");
	assert_int_equal(ends(&reflector, 503, NULL, 1), 9 * SECOND);
	asks(&reflector, "");
	hears(&reflector, 200,
	      "{\"type\":\"ERROR\",\"object\":{\"code\":429,\"details\":"
	      "{\"retryAfterSeconds\":11}}}\n");
	assert_int_equal(ends(&reflector, 200, NULL, 1), 11 * SECOND);
	reflector_clean(&reflector);
}

/* A list that is fine and a watch that always ends at once must not spin. */
static void SYN_03_short_watches_wait_longer_each_time(void **state)
{
	struct reflector reflector = watching(SOURCE_SERVICE);
	uint64_t first, wait = 0;

	(void)state;
	first = ends(&reflector, 200, NULL, 1);
	for (unsigned int i = 0; i < 9; i++) {
		asks(&reflector, "resourceVersion=10");
		hears(&reflector, 200, "");
		wait = ends(&reflector, 200, NULL, 1);
	}
	assert_true(first >= BACKOFF_FIRST && wait == BACKOFF_LAST);
	/* one that lasts ends that */
	asks(&reflector, "resourceVersion=10");
	assert_int_equal(ends(&reflector, 200, NULL, REFLECTOR_SHORT), 0);
	assert_int_equal(reflector.backoff.failures, 0);
	reflector_clean(&reflector);
}

static void SYN_03_wrong_json_leads_to_a_list(void **state)
{
	static const char *const wrong[] = {
		"{}\n",
		"\x01\n",
		"{\"type\":\"ADDED\",\"object\":{}}\n",
		"{\"type\":\"DELETED\",\"object\":{\"metadata\":{"
		"\"resourceVersion\":\"7\"}}}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct reflector reflector = watching(SOURCE_SERVICE);

		hears(&reflector, 200, wrong[i]);
		assert_true(ends(&reflector, 200, NULL, 1) > 0);
		assert_non_null(strstr(reflector.text, "cannot be read"));
		asks(&reflector, "sendInitialEvents");
		told_is("");
		reflector_clean(&reflector);
	}
}

/* Whatever call has no memory: the kind is listed anew, and whole in the end. */
static void SYN_03_a_sink_without_memory(void **state)
{
	(void)state;
	for (unsigned int refuse = 1; refuse <= 5; refuse++) {
		struct reflector reflector = begin(SOURCE_SERVICE);

		told.refuse = refuse;
		for (unsigned int i = 0; i < 2; i++) {
			asks(&reflector,
			     i && refuse > 5 ? "resource" : "sendInitial");
			hears(&reflector, 200,
			      EVENT("ADDED", "a", "5") STREAM_END("10")
				      EVENT("ADDED", "b", "11")
					      EVENT("DELETED", "b", "12"));
			if (!i) {
				assert_true(ends(&reflector, 200, NULL, 1) > 0);
				assert_non_null(strstr(reflector.text,
						       "out of memory"));
				*told.text = '\0';
			}
		}
		told_is("list +a listed +b -b ");
		assert_string_equal(reflector.text, "");
		reflector_clean(&reflector);
	}
}

static void SYN_03_what_we_break_off_is_no_trouble(void **state)
{
	struct reflector reflector = begin(SOURCE_SERVICE);
	const struct reflector_end end = { .withdrawn = true };

	(void)state;
	asks(&reflector, "services");
	assert_int_equal(reflector_end(&reflector, &end, 0), 0);
	assert_string_equal(reflector.text, "");
	assert_int_equal(reflector.backoff.failures, 0);
	reflector_clean(&reflector);
}

static void SYN_03_backoff(void **state)
{
	struct backoff backoff = { 0 };
	uint64_t expected = BACKOFF_FIRST;

	(void)state;
	for (unsigned int i = 0; i < 40; i++) {
		struct backoff other = backoff;

		assert_int_equal(backoff_next(&other, 0, 0), expected);
		assert_in_range(backoff_next(&backoff, 0, UINT32_MAX),
				2 * expected - 1, 2 * expected);
		expected *= 2;
		if (expected > BACKOFF_LAST)
			expected = BACKOFF_LAST;
	}
	/* the server's word counts, within reason */
	assert_int_equal(backoff_next(&backoff, 1, 0), BACKOFF_LAST);
	assert_int_equal(backoff_next(&backoff, 100, 0), 100 * SECOND);
	assert_int_equal(backoff_next(&backoff, UINT64_MAX, 0),
			 BACKOFF_ASKED_MAX);
	assert_true(backoff_next(&backoff, UINT64_MAX, UINT32_MAX) <=
		    BACKOFF_ASKED_MAX / 4 * 5);
	backoff_reset(&backoff);
	assert_int_equal(backoff_next(&backoff, 0, 0), BACKOFF_FIRST);
	backoff.failures = UINT32_MAX;
	assert_int_equal(backoff_next(&backoff, 0, 0), BACKOFF_LAST);
	assert_int_equal(backoff.failures, UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(SYN_01_a_streaming_list),
		TEST(SYN_01_pages),
		TEST(SYN_01_an_empty_list_is_one),
		TEST(SYN_01_gone_leads_to_a_list),
		TEST(SYN_01_gone_between_pages_asks_for_all),
		TEST(SYN_01_the_version_never_goes_back),
		TEST(SYN_01_an_old_server_has_no_streams),
		TEST(SYN_01_missing_is_told_once),
		TEST(SYN_01_what_was_there_is_not_missing_at_once),
		TEST(SYN_03_a_cut_watch_checks_the_server),
		TEST(SYN_03_another_history_is_listed_anew),
		TEST(SYN_03_an_empty_list_is_asked_for_again),
		TEST(SYN_03_waits_grow_and_are_asked_for),
		TEST(SYN_03_short_watches_wait_longer_each_time),
		TEST(SYN_03_wrong_json_leads_to_a_list),
		TEST(SYN_03_a_sink_without_memory),
		TEST(SYN_03_what_we_break_off_is_no_trouble),
		TEST(SYN_03_backoff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
