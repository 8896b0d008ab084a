/* SPDX-License-Identifier: GPL-2.0 */
/* Memory of a file's nodes: taken piece by piece, released all at once. */
#ifndef NF_SVC_SYNC_TREE_MEMORY_H
#define NF_SVC_SYNC_TREE_MEMORY_H

#include "sync/tree.h"

/**
 * tree_take - take memory for a node or a text
 * @file: whose it is; tree_clean() releases it
 * @size: how many bytes
 *
 * Return: memory, aligned for anything and not zeroed, or NULL.
 */
void *tree_take(struct tree_file *file, size_t size);

/**
 * tree_append - put a node at the end of what it stands in
 * @file: the file
 * @parent: a mapping or sequence, or NULL: the node is a document
 * @node: the node; its key is set already
 */
void tree_append(struct tree_file *file, struct tree *parent,
		 struct tree *node);

#endif
