// SPDX-License-Identifier: GPL-2.0
/* cJSON's values into a tree. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tree_memory.h"

/* Whole numbers up to here are exact in a double. */
#define EXACT_MAX 9007199254740992.0

static int fail(struct tree_error *error, const char *message)
{
	memset(error, 0, sizeof(*error));
	snprintf(error->message, sizeof(error->message), "%s", message);
	return -EINVAL;
}

static const char *copy(struct tree_file *file, const char *text)
{
	size_t size = strlen(text) + 1;
	char *memory = tree_take(file, size);

	return memory ? memcpy(memory, text, size) : NULL;
}

/* A scalar as tree_read() would have it: all but strings are plain. */
static const char *scalar_text(struct tree_file *file, const cJSON *value)
{
	char number[40];

	if (cJSON_IsString(value))
		return copy(file, value->valuestring);
	if (cJSON_IsTrue(value))
		return "true";
	if (cJSON_IsFalse(value))
		return "false";
	if (!cJSON_IsNumber(value))
		return "null";
	if (value->valuedouble >= -EXACT_MAX &&
	    value->valuedouble <= EXACT_MAX &&
	    (double)(int64_t)value->valuedouble == value->valuedouble)
		snprintf(number, sizeof(number), "%" PRId64,
			 (int64_t)value->valuedouble);
	else
		snprintf(number, sizeof(number), "%.17g", value->valuedouble);
	return copy(file, number);
}

static struct tree *new_node(struct tree_file *file, struct tree *parent,
			     const cJSON *value)
{
	struct tree *node = tree_take(file, sizeof(*node));

	if (!node)
		return NULL;
	memset(node, 0, sizeof(*node));
	if (value->string) {
		node->key = copy(file, value->string);
		if (!node->key)
			return NULL;
	}
	if (cJSON_IsObject(value) || cJSON_IsArray(value)) {
		node->kind = cJSON_IsArray(value) ? TREE_SEQUENCE :
						    TREE_MAPPING;
	} else {
		node->kind = TREE_SCALAR;
		node->plain = !cJSON_IsString(value);
		node->text = scalar_text(file, value);
		if (!node->text)
			return NULL;
	}
	tree_append(file, parent, node);
	return node;
}

/* Not by recursion: the tree itself tells the way back. */
static int convert(struct tree_file *file, const cJSON *root,
		   struct tree_error *error)
{
	const cJSON *way[TREE_DEPTH_MAX], *value = root;
	struct tree *parent = NULL;
	unsigned int depth = 0;

	for (;;) {
		struct tree *node = NULL;

		if (!value->string || strcmp(value->string, "managedFields")) {
			node = new_node(file, parent, value);
			if (!node)
				return tree_no_memory(error);
		}
		if (node && node->kind != TREE_SCALAR && value->child) {
			if (depth == TREE_DEPTH_MAX)
				return fail(error,
					    "nested too deeply; at most 32 "
					    "levels are read");
			way[depth++] = value;
			parent = node;
			value = value->child;
			continue;
		}
		while (depth && !value->next) {
			value = way[--depth];
			parent = parent->parent;
		}
		if (!depth)
			return 0;
		value = value->next;
	}
}

/* cJSON ends a string there, and says nothing. "\\u0000" is no such place. */
static bool has_nul(const char *bytes, size_t len)
{
	const char *at = bytes;

	if (memchr(bytes, '\0', len))
		return true;
	while ((at = memmem(at, len - (size_t)(at - bytes), "\\u0000", 6))) {
		size_t slashes = 1;

		while (at - slashes >= bytes && at[-(ptrdiff_t)slashes] == '\\')
			slashes++;
		if (slashes % 2)
			return true;
		at++;
	}
	return false;
}

/* The value that all of these bytes are. */
static cJSON *parse(const char *bytes, size_t len, struct tree_error *error,
		    int *ret)
{
	const char *end = NULL;
	cJSON *root;

	errno = 0;
	root = cJSON_ParseWithLengthOpts(bytes, len, &end, false);
	if (!root) {
		*ret = errno == ENOMEM ? tree_no_memory(error) :
					 fail(error, "not JSON");
		return NULL;
	}
	while (end < bytes + len && strchr(" \t\r\n", *end))
		end++;
	if (end == bytes + len)
		return root;
	cJSON_Delete(root);
	*ret = fail(error, "something follows the end of the JSON value");
	return NULL;
}

int tree_read_json(struct tree_file *file, const void *bytes, size_t len,
		   struct tree_error *error)
{
	cJSON *root;
	int ret = 0;

	memset(file, 0, sizeof(*file));
	memset(error, 0, sizeof(*error));
	if (len > TREE_BYTES_MAX)
		return fail(
			error,
			"longer than 64 MiB, which is the most that is read");
	if (has_nul(bytes, len))
		return fail(error, "a string must not hold a NUL character");
	root = parse(bytes, len, error, &ret);
	if (!root)
		return ret;
	ret = convert(file, root, error);
	cJSON_Delete(root);
	if (ret)
		tree_clean(file);
	return ret;
}
