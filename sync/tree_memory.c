// SPDX-License-Identifier: GPL-2.0
/* Memory of a file's nodes, and how they hang together. */
#include <stdlib.h>
#include <string.h>

#include "tree_memory.h"

#define BLOCK_BYTES (64 * 1024)

/**
 * struct tree_block - memory of many nodes and texts
 * @next: block before this one
 * @used: bytes used
 * @size: bytes there are
 * @bytes: the memory
 */
struct tree_block {
	struct tree_block *next;
	size_t used;
	size_t size;
	_Alignas(max_align_t) unsigned char bytes[];
};

void *tree_take(struct tree_file *file, size_t size)
{
	struct tree_block *block = file->blocks;
	size_t align = _Alignof(max_align_t);
	void *memory;

	size = (size + align - 1) / align * align;
	if (!block || block->size - block->used < size) {
		size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;

		block = malloc(sizeof(*block) + room);
		if (!block)
			return NULL;
		block->next = file->blocks;
		block->used = 0;
		block->size = room;
		file->blocks = block;
	}
	memory = block->bytes + block->used;
	block->used += size;
	return memory;
}

void tree_append(struct tree_file *file, struct tree *parent, struct tree *node)
{
	struct tree **first = parent ? &parent->first : &file->documents;
	struct tree **last = parent ? &parent->last : &file->last;

	if (parent && parent->kind == TREE_SEQUENCE)
		node->index = parent->n;
	node->parent = parent;
	if (*last)
		(*last)->next = node;
	else
		*first = node;
	*last = node;
	if (parent)
		parent->n++;
	else
		file->n++;
}

void tree_clean(struct tree_file *file)
{
	while (file->blocks) {
		struct tree_block *block = file->blocks;

		file->blocks = block->next;
		free(block);
	}
	memset(file, 0, sizeof(*file));
}
