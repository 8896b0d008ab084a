/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A YAML or JSON file as a tree whose every node knows where it stands, so that
 * an error can say FILE:LINE:COLUMN and the field.
 *
 * Only what JSON can say too is read: anchors, aliases, tags and merge keys are
 * refused, and depth, size and the number of keys are limited.
 */
#ifndef NF_SVC_SYNC_TREE_H
#define NF_SVC_SYNC_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_DEPTH_MAX 32
#define TREE_BYTES_MAX (64U * 1024 * 1024)
#define TREE_KEYS_MAX 4096

/**
 * enum tree_kind - what a node is
 */
enum tree_kind {
	TREE_SCALAR,
	TREE_SEQUENCE,
	TREE_MAPPING,
};

/**
 * struct tree - a node; it lives as long as its file
 * @kind: what it is
 * @plain: a scalar without quotes
 * @text: of a scalar
 * @key: under which it stands in a mapping, or NULL
 * @index: where it stands in a sequence, from 0
 * @line: from 1
 * @column: from 1
 * @parent: what it stands in, or NULL
 * @first: first child
 * @last: last child
 * @next: next sibling
 * @n: number of children
 */
struct tree {
	enum tree_kind kind;
	bool plain;
	const char *text;
	const char *key;
	size_t index;
	size_t line;
	size_t column;
	struct tree *parent;
	struct tree *first;
	struct tree *last;
	struct tree *next;
	size_t n;
};

/**
 * struct tree_error - what is wrong in a file, and where
 * @line: from 1, 0: the file as a whole, or no memory
 * @column: from 1
 * @field: "spec.ports[0].port", may be empty
 * @message: what is wrong, and what would be right
 */
struct tree_error {
	size_t line;
	size_t column;
	char field[256];
	char message[256];
};

struct tree_block;

/**
 * struct tree_file - a file that was read
 * @documents: its documents, without those that are empty; siblings
 * @last: the last of them
 * @n: how many
 * @blocks: memory of all nodes
 */
struct tree_file {
	struct tree *documents;
	struct tree *last;
	size_t n;
	struct tree_block *blocks;
};

/**
 * tree_read - read a file
 * @file: filled; tree_clean() it, after success only
 * @bytes: what the file holds; need not stay
 * @len: how many bytes
 * @error: filled on failure
 *
 * Return: 0, -EINVAL, or -ENOMEM.
 */
int tree_read(struct tree_file *file, const void *bytes, size_t len,
	      struct tree_error *error);

/**
 * tree_read_json - read one JSON value, ten times as fast as tree_read()
 * @file: filled with one document; tree_clean() it, after success only
 * @bytes: the value, with white space around it at most; need not stay
 * @len: how many bytes
 * @error: filled on failure
 *
 * For what an API server writes: nodes do not know where they stand (line and
 * column are 0), a key that stands twice is not noticed (the first one counts), and
 * metadata.managedFields, which nobody here reads, is left out.
 *
 * Return: 0, -EINVAL, or -ENOMEM.
 */
int tree_read_json(struct tree_file *file, const void *bytes, size_t len,
		   struct tree_error *error);

/**
 * tree_clean - release a file
 * @file: the file
 */
void tree_clean(struct tree_file *file);

/**
 * tree_get - a value of a mapping
 * @mapping: NULL and other kinds have none
 * @key: its key
 *
 * Return: the node, or NULL: absent or null.
 */
const struct tree *tree_get(const struct tree *mapping, const char *key);

/**
 * tree_has - does a mapping have a key, if only with null?
 * @mapping: NULL and other kinds have none
 * @key: the key
 */
bool tree_has(const struct tree *mapping, const char *key);

/**
 * tree_is_null - is a node null?
 * @node: the node
 */
bool tree_is_null(const struct tree *node);

/**
 * tree_fail - tell what is wrong with a node
 * @node: the node
 * @error: filled
 * @format: printf format of the message
 *
 * Return: -EINVAL.
 */
int tree_fail(const struct tree *node, struct tree_error *error,
	      const char *format, ...) __attribute__((format(printf, 3, 4)));

/**
 * tree_no_memory - tell that there is no memory
 * @error: filled
 *
 * Return: -ENOMEM.
 */
int tree_no_memory(struct tree_error *error);

/**
 * tree_string - a node must be a string
 * @node: the node
 * @text: where it goes; lives as long as the file
 * @error: filled on failure
 *
 * Numbers and booleans without quotes are no strings.
 *
 * Return: 0 or -EINVAL. So do the next functions.
 */
int tree_string(const struct tree *node, const char **text,
		struct tree_error *error);

/**
 * tree_number - a node must be a whole number
 * @node: the node
 * @min: smallest allowed
 * @max: largest allowed
 * @number: where it goes
 * @error: filled on failure
 */
int tree_number(const struct tree *node, uint32_t min, uint32_t max,
		uint32_t *number, struct tree_error *error);

/**
 * tree_bool - a node must be true or false
 * @node: the node
 * @value: where it goes
 * @error: filled on failure
 */
int tree_bool(const struct tree *node, bool *value, struct tree_error *error);

/**
 * tree_need - a node must be there and of a kind
 * @parent: where it is looked for
 * @key: its key
 * @kind: what it must be
 * @node: where it goes
 * @error: filled on failure
 */
int tree_need(const struct tree *parent, const char *key, enum tree_kind kind,
	      const struct tree **node, struct tree_error *error);

/**
 * tree_may - a node that is there must be of a kind
 * @parent: where it is looked for
 * @key: its key
 * @kind: what it must be
 * @node: where it goes; NULL: absent or null
 * @error: filled on failure
 */
int tree_may(const struct tree *parent, const char *key, enum tree_kind kind,
	     const struct tree **node, struct tree_error *error);

#endif
