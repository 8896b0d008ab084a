// SPDX-License-Identifier: GPL-2.0
/* The end of a list, refusals, and versions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sync/watch/event.h"

/* A token holds a key of etcd and some words; the server says no more than this. */
#define MORE_MAX ((size_t)8 * 1024)

static int read_more(struct list_end *end, const struct tree *metadata,
		     struct tree_error *error)
{
	const struct tree *node = tree_get(metadata, "continue");

	if (!node || (node->kind == TREE_SCALAR && !*node->text))
		return 0;
	if (node->kind != TREE_SCALAR || strlen(node->text) > MORE_MAX)
		return tree_fail(node, error,
				 "a token of at most 8 KiB is expected");
	end->more = strdup(node->text);
	return end->more ? 0 : tree_no_memory(error);
}

int version_read(const struct tree *metadata, const char **version,
		 struct tree_error *error)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	const struct tree *node;
	int ret;

	ret = tree_need(metadata, "resourceVersion", TREE_SCALAR, &node, error);
	if (ret)
		return ret;
	if (!*node->text || strlen(node->text) > VERSION_MAX ||
	    node->text[strspn(node->text, allowed)])
		return tree_fail(node, error,
				 "'%.80s' is no resourceVersion; a number is "
				 "expected",
				 node->text);
	*version = node->text;
	return 0;
}

static int read_end(struct list_end *end, const struct tree *root,
		    struct tree_error *error)
{
	const struct tree *metadata;
	const char *version;
	int ret;

	ret = tree_need(root, "metadata", TREE_MAPPING, &metadata, error);
	if (!ret)
		ret = version_read(metadata, &version, error);
	if (ret)
		return ret;
	strcpy(end->version, version);
	return read_more(end, metadata, error);
}

int list_end_read(struct list_end *end, const char *bytes, size_t len,
		  struct tree_error *error)
{
	struct tree_file file;
	int ret;

	memset(end, 0, sizeof(*end));
	ret = tree_read_json(&file, bytes, len, error);
	if (ret)
		return ret;
	ret = read_end(end, file.documents, error);
	tree_clean(&file);
	return ret;
}

/* What others wrote goes to a log: one line, printable. */
static void copy_message(struct refusal *refusal, const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < sizeof(refusal->message) - 1; i++) {
		unsigned char c = (unsigned char)text[i];

		refusal->message[n++] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
	}
	while (n && refusal->message[n - 1] == ' ')
		n--;
	refusal->message[n] = '\0';
}

static uint32_t read_number(const struct tree *parent, const char *key)
{
	const struct tree *node = tree_get(parent, key);
	struct tree_error ignored;
	uint32_t number;

	if (!node || tree_number(node, 0, UINT32_MAX, &number, &ignored))
		return 0;
	return number;
}

static const char *read_text(const struct tree *parent, const char *key)
{
	const struct tree *node = tree_get(parent, key);

	return node && node->kind == TREE_SCALAR ? node->text : "";
}

void refusal_read(struct refusal *refusal, const struct tree *status)
{
	const char *reason = read_text(status, "reason");
	const char *message = read_text(status, "message");

	memset(refusal, 0, sizeof(*refusal));
	refusal->code = read_number(status, "code");
	refusal->seconds =
		read_number(tree_get(status, "details"), "retryAfterSeconds");
	refusal->expired = refusal->code == 410 || !strcmp(reason, "Expired") ||
			   !strcmp(reason, "Gone");
	copy_message(refusal, message, strlen(message));
}

void refusal_read_body(struct refusal *refusal, const char *bytes, size_t len)
{
	struct tree_error ignored;
	struct tree_file file;

	memset(refusal, 0, sizeof(*refusal));
	if (!tree_read_json(&file, bytes, len, &ignored)) {
		refusal_read(refusal, file.documents);
		tree_clean(&file);
	} else {
		copy_message(refusal, bytes, len);
	}
}

static bool is_number(const char *text)
{
	return *text && !text[strspn(text, "0123456789")] &&
	       (*text != '0' || !text[1]);
}

bool version_before(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b);

	if (!is_number(a) || !is_number(b))
		return false;
	return a_len != b_len ? a_len < b_len : strcmp(a, b) < 0;
}
