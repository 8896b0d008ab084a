// SPDX-License-Identifier: GPL-2.0
/* Nodes: looked up, taken as what they should be, complained about. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/address.h"
#include "tree.h"

static const char *const kind_names[] = {
	[TREE_SCALAR] = "a value",
	[TREE_SEQUENCE] = "a list",
	[TREE_MAPPING] = "a mapping",
};

/* Is a plain scalar one of these words? */
static bool is_word(const struct tree *node, const char *const *words)
{
	if (node->kind != TREE_SCALAR || !node->plain)
		return false;
	for (; *words; words++) {
		if (!strcmp(node->text, *words))
			return true;
	}
	return false;
}

bool tree_is_null(const struct tree *node)
{
	static const char *const words[] = { "",     "~",    "null",
					     "Null", "NULL", NULL };

	return is_word(node, words);
}

static bool is_true(const struct tree *node)
{
	static const char *const words[] = { "true", "True", "TRUE", NULL };

	return is_word(node, words);
}

static bool is_false(const struct tree *node)
{
	static const char *const words[] = { "false", "False", "FALSE", NULL };

	return is_word(node, words);
}

/* What YAML 1.1 takes for a boolean beside true and false. */
static bool is_old_bool(const struct tree *node)
{
	static const char *const words[] = { "yes", "Yes", "YES", "no", "No",
					     "NO",  "on",  "On",  "ON", "off",
					     "Off", "OFF", NULL };

	return is_word(node, words);
}

static bool is_number(const struct tree *node)
{
	const char *text = node->text;
	size_t len;

	if (node->kind != TREE_SCALAR || !node->plain)
		return false;
	text += *text == '-' || *text == '+';
	len = strspn(text, "0123456789._eExXoOabcdefABCDEF+-");
	if (!len || text[len] || !strpbrk(text, "0123456789"))
		return false;
	/* 10.96.0.1 and 1a2b are strings, 0x1a, 1e3 and 1.5 are not */
	if (!strncmp(text, "0x", 2) || !strncmp(text, "0X", 2))
		return !text[2 + strspn(text + 2, "0123456789abcdefABCDEF")];
	len = strspn(text, "0123456789_");
	if (text[len] == '.')
		len += 1 + strspn(text + len + 1, "0123456789_");
	if (len > 0 && (text[len] == 'e' || text[len] == 'E')) {
		len++;
		len += text[len] == '+' || text[len] == '-';
		len += strspn(text + len, "0123456789");
	}
	return !text[len];
}

const struct tree *tree_get(const struct tree *mapping, const char *key)
{
	if (!mapping || mapping->kind != TREE_MAPPING)
		return NULL;
	for (const struct tree *node = mapping->first; node;
	     node = node->next) {
		if (!strcmp(node->key, key))
			return tree_is_null(node) ? NULL : node;
	}
	return NULL;
}

bool tree_has(const struct tree *mapping, const char *key)
{
	if (!mapping || mapping->kind != TREE_MAPPING)
		return false;
	for (const struct tree *node = mapping->first; node;
	     node = node->next) {
		if (!strcmp(node->key, key))
			return true;
	}
	return false;
}

/* The way from the document to a node: "spec.ports[0].port". */
static void write_field(const struct tree *node, char *text, size_t size)
{
	const struct tree *way[TREE_DEPTH_MAX + 1];
	size_t n = 0, used = 0;

	*text = '\0';
	for (; node->parent && n < sizeof(way) / sizeof(*way);
	     node = node->parent)
		way[n++] = node;
	while (n--) {
		int len;

		if (way[n]->key)
			len = snprintf(text + used, size - used, "%s%s",
				       used ? "." : "", way[n]->key);
		else
			len = snprintf(text + used, size - used, "[%zu]",
				       way[n]->index);
		if (len < 0 || (size_t)len >= size - used)
			return;
		used += (size_t)len;
	}
}

int tree_fail(const struct tree *node, struct tree_error *error,
	      const char *format, ...)
{
	va_list args;

	error->line = node->line;
	error->column = node->column;
	write_field(node, error->field, sizeof(error->field));
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	return -EINVAL;
}

int tree_no_memory(struct tree_error *error)
{
	memset(error, 0, sizeof(*error));
	strcpy(error->message, "out of memory");
	return -ENOMEM;
}

int tree_string(const struct tree *node, const char **text,
		struct tree_error *error)
{
	if (node->kind != TREE_SCALAR)
		return tree_fail(node, error, "%s where a string is expected",
				 kind_names[node->kind]);
	if (tree_is_null(node))
		return tree_fail(node, error,
				 "nothing where a string is expected");
	if (is_number(node) || is_true(node) || is_false(node) ||
	    is_old_bool(node))
		return tree_fail(node, error, "%s is no string; write \"%s\"",
				 node->text, node->text);
	*text = node->text;
	return 0;
}

int tree_number(const struct tree *node, uint32_t min, uint32_t max,
		uint32_t *number, struct tree_error *error)
{
	if (node->kind != TREE_SCALAR)
		return tree_fail(node, error, "%s where a number is expected",
				 kind_names[node->kind]);
	if (!node->plain)
		return tree_fail(
			node, error,
			"\"%s\" is a string; write a number, without quotes",
			node->text);
	if (nf_svc_number_parse(node->text, min, max, number))
		return tree_fail(node, error, "%s is no number from %u to %u",
				 node->text, min, max);
	return 0;
}

int tree_bool(const struct tree *node, bool *value, struct tree_error *error)
{
	*value = is_true(node);
	if (!*value && !is_false(node))
		return tree_fail(node, error, "neither true nor false");
	return 0;
}

int tree_may(const struct tree *parent, const char *key, enum tree_kind kind,
	     const struct tree **node, struct tree_error *error)
{
	*node = tree_get(parent, key);
	if (*node && (*node)->kind != kind)
		return tree_fail(*node, error, "%s where %s is expected",
				 kind_names[(*node)->kind], kind_names[kind]);
	return 0;
}

int tree_need(const struct tree *parent, const char *key, enum tree_kind kind,
	      const struct tree **node, struct tree_error *error)
{
	int ret = tree_may(parent, key, kind, node, error);

	if (!ret && !*node) {
		ret = tree_fail(parent, error, "%s is missing", key);
		if (*error->field && strlen(error->field) + strlen(key) + 2 <
					     sizeof(error->field))
			strcat(error->field, ".");
		if (strlen(error->field) + strlen(key) + 1 <
		    sizeof(error->field))
			strcat(error->field, key);
		strcpy(error->message, "it is missing");
	}
	return ret;
}
