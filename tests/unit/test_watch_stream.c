// SPDX-License-Identifier: GPL-2.0
/* What an API server sends, cut into pieces wherever the network cuts it: SYN-03, SYN-07. */
#include "sync/watch/event.h"
#include "sync/watch/stream.h"
#include "unit.h"

/**
 * struct pieces - what came out
 * @text: the pieces, each followed by "|"
 * @n: how many
 * @longest: bytes of the longest one
 * @stop: the piece of this number, from 1, is refused; 0: none
 */
struct pieces {
	char text[4096];
	size_t n;
	size_t longest;
	size_t stop;
};

static int take(void *context, const char *bytes, size_t len)
{
	struct pieces *pieces = context;
	size_t used = strlen(pieces->text);

	if (++pieces->n == pieces->stop)
		return -ECANCELED;
	if (len > pieces->longest)
		pieces->longest = len;
	if (len < sizeof(pieces->text) - used - 2)
		sprintf(pieces->text + used, "%.*s|", (int)len, bytes);
	return 0;
}

static int feed_lines(struct pieces *pieces, const char *text, size_t cut,
		      size_t step)
{
	struct buffer rest = { 0 };
	size_t len = strlen(text);
	int ret = 0;

	for (size_t at = 0; at < len && !ret;) {
		size_t n = at < cut ? cut - at : step ? step : len - at;

		n = n < len - at ? n : len - at;
		ret = lines_add(&rest, text + at, n, take, pieces);
		at += n;
	}
	buffer_clean(&rest);
	return ret;
}

static void SYN_03_lines_cut_at_every_byte(void **state)
{
	static const char text[] =
		"{\"a\":1}\n{\"b\":\"\\n\"}\r\n\n{\"c\":3}\n{\"cut";
	static const char expected[] = "{\"a\":1}|{\"b\":\"\\n\"}|{\"c\":3}|";

	(void)state;
	for (size_t cut = 0; cut <= strlen(text); cut++) {
		for (size_t step = 0; step < 4; step++) {
			struct pieces pieces = { 0 };

			assert_int_equal(feed_lines(&pieces, text, cut, step),
					 0);
			assert_string_equal(pieces.text, expected);
		}
	}
}

static void SYN_03_what_takes_lines_can_stop(void **state)
{
	struct pieces pieces = { .stop = 2 };

	(void)state;
	assert_int_equal(feed_lines(&pieces, "a\nb\nc\n", 0, 0), -ECANCELED);
	assert_string_equal(pieces.text, "a|");
}

static void SYN_07_a_line_has_a_limit_and_its_memory_goes(void **state)
{
	size_t size = WATCH_OBJECT_MAX;
	char *long_line = malloc(size + 2);
	struct pieces pieces = { 0 };
	struct buffer rest = { 0 };

	(void)state;
	memset(long_line, 'x', size);
	long_line[size] = '\n';
	/* as a whole, and byte by byte at its end */
	assert_int_equal(lines_add(&rest, long_line, size + 1, take, &pieces),
			 0);
	assert_int_equal(pieces.longest, size);
	assert_int_equal(lines_add(&rest, long_line, size, take, &pieces), 0);
	assert_int_equal(lines_add(&rest, "\n", 1, take, &pieces), 0);
	assert_int_equal(pieces.n, 2);
	assert_true(rest.room <= 128 * 1024);
	/* one byte more, both ways */
	assert_int_equal(lines_add(&rest, long_line, size, take, &pieces), 0);
	assert_int_equal(lines_add(&rest, "x", 1, take, &pieces), -EFBIG);
	buffer_clean(&rest);
	long_line[size] = 'x';
	long_line[size + 1] = '\n';
	assert_int_equal(lines_add(&rest, long_line, size + 2, take, &pieces),
			 -EFBIG);
	assert_int_equal(pieces.n, 2);
	buffer_clean(&rest);
	free(long_line);
}

static const char page_text[] =
	" {\"kind\":\"ServiceList\",\"items\\\"\":\"items\",\"x\":[{\"items\":[]}],"
	"\"metadata\":{\"resourceVersion\":\"17\",\"items\":[1]},"
	"\"items\":[{\"a\":\"]}\\\"\"} , {\"b\":[{},{\"c\":[]}]},{}],"
	"\"tail\":true}\n";
static const char page_items[] =
	"{\"a\":\"]}\\\"\"}|{\"b\":[{},{\"c\":[]}]}|{}|";

static int feed_page(struct page *page, struct pieces *pieces, const char *text,
		     size_t cut)
{
	size_t len = strlen(text);
	int ret = page_add(page, text, cut, take, pieces);

	for (size_t at = cut; at < len && !ret; at += 3)
		ret = page_add(page, text + at, len - at < 3 ? len - at : 3,
			       take, pieces);
	return ret;
}

static void SYN_03_a_page_cut_at_every_byte(void **state)
{
	struct tree_error error;
	struct list_end end;

	(void)state;
	for (size_t cut = 0; cut <= strlen(page_text); cut++) {
		struct pieces pieces = { 0 };
		struct page page = { 0 };

		assert_int_equal(feed_page(&page, &pieces, page_text, cut), 0);
		assert_true(page.whole);
		assert_string_equal(pieces.text, page_items);
		assert_int_equal(list_end_read(&end, page.envelope.bytes,
					       page.envelope.used, &error),
				 0);
		assert_string_equal(end.version, "17");
		assert_null(end.more);
		page_clean(&page);
	}
}

static void SYN_03_a_page_that_breaks_off_is_not_whole(void **state)
{
	(void)state;
	for (size_t len = 0; len < strlen(page_text) - 2; len++) {
		struct pieces pieces = { 0 };
		struct page page = { 0 };

		assert_int_equal(page_add(&page, page_text, len, take, &pieces),
				 0);
		assert_false(page.whole);
		page_clean(&page);
	}
}

static void SYN_03_what_is_no_page_is_refused(void **state)
{
	static const char *const wrong[] = {
		"[]",
		"x",
		"\"items\"",
		"]",
		"{\"items\":[1]}",
		"{\"items\":[\"a\"]}",
		"{\"items\":[[]]}",
		"{\"items\":[{}}",
		"{} {}",
		"{}x",
		"{}\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct pieces pieces = { 0 };
		struct page page = { 0 };

		if (feed_page(&page, &pieces, wrong[i], 0) != -EINVAL)
			fail_msg("%s is taken", wrong[i]);
		page_clean(&page);
	}
}

static void SYN_03_a_nul_is_refused(void **state)
{
	struct pieces pieces = { 0 };
	struct page page = { 0 };

	(void)state;
	assert_int_equal(page_add(&page, "{ \0}", 4, take, &pieces), -EINVAL);
	page_clean(&page);
}

static void SYN_07_a_page_has_limits(void **state)
{
	char some[1024];
	struct pieces pieces = { 0 };
	struct page page = { 0 };
	size_t used = 10;

	(void)state;
	memset(some, ' ', sizeof(some));
	assert_int_equal(page_add(&page, "{\"items\":[", 10, take, &pieces), 0);
	/* between items there may be any number of spaces */
	for (size_t n = 0; n < 2 * PAGE_ENVELOPE_MAX; n += sizeof(some))
		assert_int_equal(
			page_add(&page, some, sizeof(some), take, &pieces), 0);
	assert_int_equal(page_add(&page, "{", 1, take, &pieces), 0);
	for (used = 1; used + sizeof(some) <= WATCH_OBJECT_MAX;
	     used += sizeof(some))
		assert_int_equal(
			page_add(&page, some, sizeof(some), take, &pieces), 0);
	assert_int_equal(page_add(&page, some, sizeof(some), take, &pieces),
			 -EFBIG);
	page_clean(&page);
	assert_int_equal(page_add(&page, "{", 1, take, &pieces), 0);
	for (used = 1; used + sizeof(some) <= PAGE_ENVELOPE_MAX;
	     used += sizeof(some))
		assert_int_equal(
			page_add(&page, some, sizeof(some), take, &pieces), 0);
	assert_int_equal(page_add(&page, some, sizeof(some), take, &pieces),
			 -EFBIG);
	page_clean(&page);
}

static void SYN_03_events(void **state)
{
	static const struct {
		const char *text;
		int ret;
		enum event_type type;
		const char *name;
		const char *version;
	} cases[] = {
		{ "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\","
		  "\"namespace\":\"n\",\"resourceVersion\":\"7\"}}}",
		  0, EVENT_CHANGED, "a", "7" },
		{ "{\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":"
		  "\"8\"}},\"type\":\"DELETED\"}",
		  0, EVENT_DELETED, "a", "8" },
		{ "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{"
		  "\"resourceVersion\":\"9\",\"annotations\":{"
		  "\"k8s.io/initial-events-end\":\"true\"}}}}",
		  0, EVENT_BOOKMARK, NULL, "9" },
		{ "{\"type\":\"ERROR\",\"object\":{\"code\":410}}", 0,
		  EVENT_ERROR, NULL, NULL },
		{ "", -EINVAL, 0, NULL, NULL },
		{ "[]", -EINVAL, 0, NULL, NULL },
		{ "null", -EINVAL, 0, NULL, NULL },
		{ "{\"type\":\"ADDED\"}", -EINVAL, 0, NULL, NULL },
		{ "{\"type\":1,\"object\":{}}", -EINVAL, 0, NULL, NULL },
		{ "{\"type\":\"ADDED\",\"object\":[]}", -EINVAL, 0, NULL,
		  NULL },
		{ "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\"}}}",
		  -EINVAL, 0, NULL, NULL },
		{ "{\"type\":\"ADDED\",\"object\":{\"metadata\":{"
		  "\"resourceVersion\":\"7\"}}}",
		  -EINVAL, 0, NULL, NULL },
		{ "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{"
		  "\"resourceVersion\":\"7&watch=0\"}}}",
		  -EINVAL, 0, NULL, NULL },
		{ "{\"type\":\"ERROR\",\"object\":{}} x", -EINVAL, 0, NULL,
		  NULL },
		{ "{\"type\":\"ERROR\",\"object\":{\"a\":\"\\u0000\"}}",
		  -EINVAL, 0, NULL, NULL },
		{ "{\"type\":\"ERROR\",\"object\":{\"a\":\"\\\\u0000\"}}", 0,
		  EVENT_ERROR, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct tree_error error;
		struct event event;
		int ret = event_read(&event, cases[i].text,
				     strlen(cases[i].text), &error);

		if (ret != cases[i].ret)
			fail_msg("%s: %d", cases[i].text, ret);
		if (ret)
			continue;
		assert_int_equal(event.type, cases[i].type);
		assert_null(event.object->parent);
		if (cases[i].name)
			assert_string_equal(event.id.name, cases[i].name);
		if (cases[i].version)
			assert_string_equal(event.id.version, cases[i].version);
		assert_int_equal(event.initial_end,
				 event.type == EVENT_BOOKMARK);
		event_clean(&event);
	}
}

/* Two trees must say the same. */
static void assert_same(const struct tree *a, const struct tree *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->n, b->n);
	assert_int_equal(a->index, b->index);
	if (a->key)
		assert_string_equal(a->key, b->key);
	if (a->kind == TREE_SCALAR) {
		assert_string_equal(a->text, b->text);
		assert_int_equal(a->plain, b->plain);
	}
	a = a->first;
	b = b->first;
	for (; a && b; a = a->next, b = b->next)
		assert_same(a, b);
	assert_true(!a && !b);
}

static void SYN_03_json_is_read_as_yaml_reads_it(void **state)
{
	static const char text[] =
		"{\"a\": [1, -5, 1.5, 65536, true, false, null, \"\", \"1\", {}, []],"
		" \"b\": {\"c\": {\"d\": [[[{\"e\": \"\\u00e4\\n\\\"\"}]]]}}, \"f\": 9007199254740991}";
	struct tree_file json, yaml;
	struct tree_error error;

	(void)state;
	assert_int_equal(tree_read_json(&json, text, strlen(text), &error), 0);
	assert_int_equal(tree_read(&yaml, text, strlen(text), &error), 0);
	assert_same(json.documents, yaml.documents);
	tree_clean(&json);
	tree_clean(&yaml);
}

static void SYN_03_json_has_limits(void **state)
{
	char deep[2 * 33 + 1] = "";
	struct tree_error error;
	struct tree_file file;

	(void)state;
	memset(deep, '[', 33);
	memset(deep + 33, ']', 33);
	/* an empty list does not count: nothing stands in it */
	assert_int_equal(tree_read_json(&file, deep, 66, &error), 0);
	tree_clean(&file);
	deep[33] = '1';
	assert_int_equal(tree_read_json(&file, deep, 66, &error), -EINVAL);
	memset(deep + 33, ']', 33);
	assert_int_equal(tree_read_json(&file, deep, 65, &error), -EINVAL);
	assert_string_equal(error.message, "not JSON");
}

static void SYN_01_versions(void **state)
{
	(void)state;
	assert_true(version_before("9", "10"));
	assert_true(version_before("10", "11"));
	assert_true(
		version_before("18446744073709551615", "18446744073709551616"));
	assert_false(version_before("10", "9"));
	assert_false(version_before("10", "10"));
	assert_false(version_before("", "10"));
	assert_false(version_before("a", "10"));
	assert_false(version_before("010", "11"));
}

static void SYN_03_refusals(void **state)
{
	static const char text[] =
		"{\"kind\":\"Status\",\"reason\":\"Expired\",\"code\":410,"
		"\"message\":\"too\\nold\\u001b[1m \",\"details\":{\"retryAfterSeconds\":3}}";
	struct refusal refusal;

	(void)state;
	refusal_read_body(&refusal, text, strlen(text));
	assert_int_equal(refusal.code, 410);
	assert_int_equal(refusal.seconds, 3);
	assert_true(refusal.expired);
	assert_string_equal(refusal.message, "too old [1m");
	refusal_read_body(&refusal, "<h1>\r\n", 6);
	assert_string_equal(refusal.message, "<h1>");
	assert_int_equal(refusal.code, 0);
	refusal_read_body(&refusal, "", 0);
	assert_string_equal(refusal.message, "");
	refusal_read_body(&refusal, "[{\"code\": 1}]", 13);
	assert_int_equal(refusal.code, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(SYN_03_lines_cut_at_every_byte),
		TEST(SYN_03_what_takes_lines_can_stop),
		TEST(SYN_07_a_line_has_a_limit_and_its_memory_goes),
		TEST(SYN_03_a_page_cut_at_every_byte),
		TEST(SYN_03_a_page_that_breaks_off_is_not_whole),
		TEST(SYN_03_what_is_no_page_is_refused),
		TEST(SYN_03_a_nul_is_refused),
		TEST(SYN_07_a_page_has_limits),
		TEST(SYN_03_events),
		TEST(SYN_03_json_is_read_as_yaml_reads_it),
		TEST(SYN_03_json_has_limits),
		TEST(SYN_01_versions),
		TEST(SYN_03_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
