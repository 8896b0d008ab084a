// SPDX-License-Identifier: GPL-2.0
/* YAML and JSON as trees that know where everything stands. */
#include "unit.h"

static struct tree_error refused(const char *text, size_t len)
{
	struct tree_error error;
	struct tree_file file;

	if (!tree_read(&file, text, len, &error)) {
		tree_clean(&file);
		fail_msg("%s was taken", text);
	}
	return error;
}

static void assert_refused(const char *text, size_t line, size_t column,
			   const char *why)
{
	struct tree_error error = refused(text, strlen(text));

	assert_int_equal(error.line, line);
	assert_int_equal(error.column, column);
	if (!strstr(error.message, why))
		fail_msg("'%s' does not say '%s'", error.message, why);
}

static void yaml_and_json_are_the_same(void **state)
{
	static const char *const texts[] = {
		"a:\n  - 1\n  - b: two\n",
		"{\"a\": [1, {\"b\": \"two\"}]}",
		"{\n\t\"a\": [\n\t\t1,\n\t\t{\"b\": \"two\"}\n\t]\n}\n",
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct tree_file file = read_text(texts[i]);
		const struct tree *list = tree_get(file.documents, "a");
		struct tree_error error;
		const char *text;
		uint32_t number;

		assert_int_equal(file.n, 1);
		assert_int_equal(list->kind, TREE_SEQUENCE);
		assert_int_equal(list->n, 2);
		assert_int_equal(
			tree_number(list->first, 0, 9, &number, &error), 0);
		assert_int_equal(number, 1);
		assert_int_equal(tree_string(tree_get(list->last, "b"), &text,
					     &error),
				 0);
		assert_string_equal(text, "two");
		tree_clean(&file);
	}
}

static void places(void **state)
{
	struct tree_file file = read_text("a: 1\nb:\n  - x\n  - {c: 7}\n");
	const struct tree *item = tree_get(file.documents, "b")->last;
	const struct tree *node = tree_get(item, "c");
	struct tree_error error;

	(void)state;
	assert_int_equal(node->line, 4);
	assert_int_equal(node->column, 9);
	tree_fail(node, &error, "wrong %d", 7);
	assert_string_equal(error.field, "b[1].c");
	assert_string_equal(error.message, "wrong 7");
	assert_int_equal(error.line, 4);
	tree_clean(&file);
}

static void documents(void **state)
{
	struct tree_file file = read_text(
		"# nothing\n---\n---\na: 1\n---\nnull\n---\nb: 2\n...\n");

	(void)state;
	assert_int_equal(file.n, 2);
	assert_non_null(tree_get(file.documents, "a"));
	assert_non_null(tree_get(file.documents->next, "b"));
	tree_clean(&file);
	file = read_text("");
	assert_int_equal(file.n, 0);
	tree_clean(&file);
}

static void scalars(void **state)
{
	static const char *const strings[] = { "10.96.0.1", "1a2b",   "\"80\"",
					       "fd00::1",   "'true'", "a b",
					       "1.2.3",	    "-" };
	static const char *const others[] = { "80",   "-1",    "1.5",  "true",
					      "no",   "False", "0x1f", "1e3",
					      "null", "~",     "" };
	struct tree_error error;
	const char *text;

	(void)state;
	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++) {
		char line[64];
		struct tree_file file;

		snprintf(line, sizeof(line), "[%s, x]", strings[i]);
		if (!strcmp(strings[i], "-"))
			strcpy(line, "['-', x]");
		file = read_text(line);
		if (tree_string(file.documents->first, &text, &error))
			fail_msg("%s: %s", strings[i], error.message);
		tree_clean(&file);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct tree_file file;
		char line[64];

		snprintf(line, sizeof(line), "a: %s", others[i]);
		file = read_text(line);
		if (!tree_string(file.documents->first, &text, &error))
			fail_msg("'%s' was taken for a string", others[i]);
		tree_clean(&file);
	}
}

static void absent_and_null(void **state)
{
	struct tree_file file = read_text("{a: null, b: \"\", c: }");

	(void)state;
	assert_null(tree_get(file.documents, "a"));
	assert_true(tree_has(file.documents, "a"));
	assert_non_null(tree_get(file.documents, "b"));
	assert_null(tree_get(file.documents, "c"));
	assert_false(tree_has(file.documents, "d"));
	assert_null(tree_get(NULL, "a"));
	tree_clean(&file);
}

static void CTL_03_what_is_not_json_is_refused(void **state)
{
	(void)state;
	assert_refused("a: &x 1\n", 1, 4, "anchors");
	assert_refused("a: 1\nb: *x\n", 2, 4, "aliases");
	assert_refused("a: !!str 1\n", 1, 4, "tags");
	assert_refused("a: !x {}\n", 1, 4, "tags");
	assert_refused("%TAG ! tag:x,2000:\n---\na: 1\n", 1, 1, "tags");
	assert_refused("a: &x {b: 1}\n", 1, 4, "anchors");
	assert_refused("a:\n  <<: {b: 1}\n", 2, 3, "merge");
	assert_refused("a: 1\nb: 2\na: 3\n", 3, 1, "second time");
	assert_refused("? [a]\n: 1\n", 1, 3, "key");
}

static void CTL_03_broken_files_say_where(void **state)
{
	struct tree_error error;

	(void)state;
	error = refused("a: 1\n\tb: 2\n", 11);
	assert_int_equal(error.line, 2);
	error = refused("{\"a\": [1, 2}", 12);
	assert_int_equal(error.line, 1);
	error = refused("{\"a\": 1,\n\"b\": 2", 15);
	/* libyaml sees the end of the file on a line of its own */
	assert_int_equal(error.line, 3);
	error = refused("a: \"b\\0c\"\n", 10);
	assert_non_null(strstr(error.message, "NUL"));
	error = refused("a: \xff\xfe\n", 6);
	assert_true(*error.message);
}

static void CTL_03_tabs_are_named(void **state)
{
	(void)state;
	assert_refused("a:\n\tb: 2\n", 2, 1, "indent with spaces");
	assert_refused("a: \xc3\xa4\xe2\x82\xac\nb:\n  c: 1\n\td: 2\n", 4, 1,
		       "indent with spaces");
	/* the same of libyaml's words, and no tab */
	assert_refused("a: \xc3\xa4\t\nb: @\n", 2, 4, "cannot start any token");
}

static void depth_is_limited(void **state)
{
	char text[2 * (TREE_DEPTH_MAX + 1) + 1];
	struct tree_error error;
	struct tree_file file;

	(void)state;
	memset(text, '[', TREE_DEPTH_MAX);
	memset(text + TREE_DEPTH_MAX, ']', TREE_DEPTH_MAX);
	assert_int_equal(tree_read(&file, text, 2 * TREE_DEPTH_MAX, &error), 0);
	tree_clean(&file);
	memset(text, '[', TREE_DEPTH_MAX + 1);
	memset(text + TREE_DEPTH_MAX + 1, ']', TREE_DEPTH_MAX + 1);
	error = refused(text, 2 * (TREE_DEPTH_MAX + 1));
	assert_non_null(strstr(error.message, "deep"));
}

static void keys_are_limited(void **state)
{
	char *text = malloc((TREE_KEYS_MAX + 1) * 16);
	struct tree_error error;
	size_t len = 0;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i <= TREE_KEYS_MAX; i++)
		len += (size_t)sprintf(text + len, "k%d: 1\n", i);
	error = refused(text, len);
	assert_int_equal(error.line, TREE_KEYS_MAX + 1);
	free(text);
}

static void size_is_limited(void **state)
{
	struct tree_error error;
	struct tree_file file;

	(void)state;
	/* refused before it is looked at */
	assert_int_equal(tree_read(&file, "", (size_t)TREE_BYTES_MAX + 1,
				   &error),
			 -EINVAL);
	assert_non_null(strstr(error.message, "64 MiB"));
}

static void missing_fields_are_named(void **state)
{
	struct tree_file file = read_text("spec: {ports: [{name: a}]}");
	const struct tree *port =
		tree_get(tree_get(file.documents, "spec"), "ports")->first;
	const struct tree *node;
	struct tree_error error;

	(void)state;
	assert_int_equal(tree_need(port, "port", TREE_SCALAR, &node, &error),
			 -EINVAL);
	assert_string_equal(error.field, "spec.ports[0].port");
	assert_string_equal(error.message, "it is missing");
	tree_clean(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(yaml_and_json_are_the_same),
		TEST(places),
		TEST(documents),
		TEST(scalars),
		TEST(absent_and_null),
		TEST(CTL_03_what_is_not_json_is_refused),
		TEST(CTL_03_broken_files_say_where),
		TEST(CTL_03_tabs_are_named),
		TEST(depth_is_limited),
		TEST(keys_are_limited),
		TEST(size_is_limited),
		TEST(missing_fields_are_named),
	};

	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
