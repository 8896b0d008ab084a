// SPDX-License-Identifier: GPL-2.0
/* libyaml's events into a tree. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "tree_memory.h"

/**
 * struct reader - how far a file was read
 * @file: what is filled
 * @bytes: what is read
 * @len: bytes of it
 * @parser: where events come from
 * @open: what the next node stands in, NULL: it is a document
 * @key: key of the next node, NULL: in a mapping, the next scalar is one
 * @depth: how deep @open is
 * @error: filled on failure
 */
struct reader {
	struct tree_file *file;
	const char *bytes;
	size_t len;
	yaml_parser_t *parser;
	struct tree *open;
	const char *key;
	unsigned int depth;
	struct tree_error *error;
};

static int fail_at(struct reader *reader, const yaml_mark_t *mark,
		   const char *message)
{
	memset(reader->error, 0, sizeof(*reader->error));
	reader->error->line = mark->line + 1;
	reader->error->column = mark->column + 1;
	snprintf(reader->error->message, sizeof(reader->error->message), "%s",
		 message);
	return -EINVAL;
}

static struct tree *new_node(struct reader *reader, enum tree_kind kind,
			     const yaml_mark_t *mark)
{
	struct tree *node = tree_take(reader->file, sizeof(*node));

	if (!node)
		return NULL;
	memset(node, 0, sizeof(*node));
	node->kind = kind;
	node->line = mark->line + 1;
	node->column = mark->column + 1;
	return node;
}

/* Put a node where it belongs; a mapping needs its key before. */
static int place(struct reader *reader, struct tree *node,
		 const yaml_mark_t *mark)
{
	struct tree *parent = reader->open;

	if (!parent && node->kind == TREE_SCALAR && tree_is_null(node))
		return 0;
	if (parent && parent->kind == TREE_MAPPING) {
		if (!reader->key)
			return fail_at(reader, mark,
				       "the key of a mapping must be a string");
		node->key = reader->key;
		reader->key = NULL;
	}
	tree_append(reader->file, parent, node);
	return 0;
}

static int open_node(struct reader *reader, enum tree_kind kind,
		     const yaml_mark_t *mark)
{
	struct tree *node;
	int ret;

	if (reader->depth == TREE_DEPTH_MAX)
		return fail_at(reader, mark,
			       "nested too deeply; at most 32 levels are read");
	node = new_node(reader, kind, mark);
	if (!node)
		return tree_no_memory(reader->error);
	ret = place(reader, node, mark);
	if (ret)
		return ret;
	reader->open = node;
	reader->depth++;
	return 0;
}

static void close_node(struct reader *reader)
{
	reader->open = reader->open->parent;
	reader->depth--;
}

static int take_key(struct reader *reader, const char *text, bool plain,
		    const yaml_mark_t *mark)
{
	char message[128];

	if (plain && !strcmp(text, "<<"))
		return fail_at(reader, mark,
			       "merge keys are not read; write it out");
	if (reader->open->n == TREE_KEYS_MAX)
		return fail_at(
			reader, mark,
			"a mapping with too many keys; at most 4096 are read");
	if (tree_has(reader->open, text)) {
		snprintf(message, sizeof(message),
			 "the key %.64s stands here for the second time", text);
		return fail_at(reader, mark, message);
	}
	reader->key = text;
	return 0;
}

static int read_scalar(struct reader *reader, const yaml_event_t *event)
{
	const yaml_mark_t *mark = &event->start_mark;
	size_t len = event->data.scalar.length;
	bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	struct tree *node;
	char *text;

	if (memchr(event->data.scalar.value, '\0', len))
		return fail_at(reader, mark,
			       "a string must not hold a NUL character");
	text = tree_take(reader->file, len + 1);
	if (!text)
		return tree_no_memory(reader->error);
	memcpy(text, event->data.scalar.value, len);
	text[len] = '\0';
	if (reader->open && reader->open->kind == TREE_MAPPING && !reader->key)
		return take_key(reader, text, plain, mark);
	node = new_node(reader, TREE_SCALAR, mark);
	if (!node)
		return tree_no_memory(reader->error);
	node->plain = plain;
	node->text = text;
	return place(reader, node, mark);
}

static int refuse_extras(struct reader *reader, const yaml_event_t *event,
			 const void *anchor, const void *tag)
{
	if (anchor)
		return fail_at(reader, &event->start_mark,
			       "anchors (&) are not read; write it out");
	if (tag)
		return fail_at(reader, &event->start_mark,
			       "tags (!) are not read; leave it out");
	return 0;
}

static int read_event(struct reader *reader, const yaml_event_t *event)
{
	int ret;

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (event->data.document_start.tag_directives.start !=
		    event->data.document_start.tag_directives.end)
			return fail_at(reader, &event->start_mark,
				       "tags (%TAG) are not read");
		return 0;
	case YAML_ALIAS_EVENT:
		return fail_at(reader, &event->start_mark,
			       "aliases (*) are not read; write it out");
	case YAML_SCALAR_EVENT:
		ret = refuse_extras(reader, event, event->data.scalar.anchor,
				    event->data.scalar.tag);
		return ret ? ret : read_scalar(reader, event);
	case YAML_SEQUENCE_START_EVENT:
		ret = refuse_extras(reader, event,
				    event->data.sequence_start.anchor,
				    event->data.sequence_start.tag);
		return ret ? ret :
			     open_node(reader, TREE_SEQUENCE,
				       &event->start_mark);
	case YAML_MAPPING_START_EVENT:
		ret = refuse_extras(reader, event,
				    event->data.mapping_start.anchor,
				    event->data.mapping_start.tag);
		return ret ? ret :
			     open_node(reader, TREE_MAPPING,
				       &event->start_mark);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_node(reader);
		return 0;
	default:
		return 0;
	}
}

/* Is the character at a mark, which counts those of UTF-8, a tab? */
static bool is_tab(const struct reader *reader, const yaml_mark_t *mark)
{
	size_t characters = 0;

	for (size_t i = 0; i < reader->len; i++) {
		/* what goes on with a character is none */
		if (((unsigned char)reader->bytes[i] & 0xc0) == 0x80)
			continue;
		if (characters++ == mark->index)
			return reader->bytes[i] == '\t';
	}
	return false;
}

static int parser_failed(struct reader *reader)
{
	const yaml_parser_t *parser = reader->parser;
	char message[192];

	if (parser->error == YAML_MEMORY_ERROR)
		return tree_no_memory(reader->error);
	if (parser->error == YAML_SCANNER_ERROR &&
	    is_tab(reader, &parser->problem_mark))
		return fail_at(
			reader, &parser->problem_mark,
			"a tab where YAML allows none; indent with spaces");
	snprintf(message, sizeof(message), "%s%s%s",
		 parser->problem ? parser->problem : "not YAML or JSON",
		 parser->context ? ", " : "",
		 parser->context ? parser->context : "");
	return fail_at(reader, &parser->problem_mark, message);
}

static int read_events(struct reader *reader)
{
	bool done = false;
	int ret = 0;

	while (!ret && !done) {
		yaml_event_t event;

		if (!yaml_parser_parse(reader->parser, &event))
			return parser_failed(reader);
		ret = read_event(reader, &event);
		done = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	return ret;
}

int tree_read(struct tree_file *file, const void *bytes, size_t len,
	      struct tree_error *error)
{
	struct reader reader = {
		.file = file,
		.bytes = bytes,
		.len = len,
		.error = error,
	};
	yaml_parser_t parser;
	int ret;

	memset(file, 0, sizeof(*file));
	memset(error, 0, sizeof(*error));
	if (len > TREE_BYTES_MAX) {
		strcpy(error->message,
		       "longer than 64 MiB, which is the most that is read");
		return -EINVAL;
	}
	if (!yaml_parser_initialize(&parser))
		return tree_no_memory(error);
	yaml_parser_set_input_string(&parser, bytes, len);
	reader.parser = &parser;
	ret = read_events(&reader);
	yaml_parser_delete(&parser);
	if (ret)
		tree_clean(file);
	return ret;
}
