/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an API server sends, cut into pieces while it comes in: a watch into its
 * lines, a list into its items. Memory holds one piece at a time.
 *
 * Both know just so much of JSON as to find where a piece ends; whether the piece is
 * right is tree_read_json()'s to say.
 */
#ifndef NF_SVC_SYNC_WATCH_STREAM_H
#define NF_SVC_SYNC_WATCH_STREAM_H

#include <stdbool.h>

#include "sync/watch/buffer.h"

/* The longest list page without its items: kind and metadata. */
#define PAGE_ENVELOPE_MAX ((size_t)64 * 1024)

/**
 * typedef stream_piece - takes a piece
 * @context: as it was handed in
 * @bytes: the piece, for the call only; no NUL follows it
 * @len: how many bytes
 *
 * Return: 0, or what ends the reading, and is returned to who feeds it.
 */
typedef int (*stream_piece)(void *context, const char *bytes, size_t len);

/**
 * lines_add - take bytes of a watch
 * @rest: the beginning of a line whose end has not come; all zero at the start
 * @bytes: what came
 * @len: how much
 * @piece: called for each line that is whole, without its end; not for empty ones
 * @context: handed to it
 *
 * Return: 0; -EFBIG: an object is longer than WATCH_OBJECT_MAX; -ENOMEM; what
 * @piece returned. After a failure the rest of the stream is worth nothing.
 */
int lines_add(struct buffer *rest, const char *bytes, size_t len,
	      stream_piece piece, void *context);

/**
 * struct page - how far the page of a list was read; all zero is its beginning
 * @envelope: all but the items, which are cut out of their list
 * @item: the item that is being read
 * @depth: how many brackets are open
 * @in_string: within a string
 * @escaped: the next byte of the string is an escaped one
 * @in_items: within the list of the items
 * @whole: the page has ended
 * @key: the last string at the outermost level is "items"
 * @string: where it begins in the envelope
 */
struct page {
	struct buffer envelope;
	struct buffer item;
	unsigned int depth;
	bool in_string;
	bool escaped;
	bool in_items;
	bool whole;
	bool key;
	size_t string;
};

/**
 * page_add - take bytes of a page
 * @page: how far it was read
 * @bytes: what came
 * @len: how much
 * @piece: called for each item that is whole
 * @context: handed to it
 *
 * Return: 0; -EINVAL: no JSON of a list; -EFBIG: an item is longer than
 * WATCH_OBJECT_MAX, or the rest than PAGE_ENVELOPE_MAX; -ENOMEM; what @piece returned.
 */
int page_add(struct page *page, const char *bytes, size_t len,
	     stream_piece piece, void *context);

/**
 * page_clean - release a page
 * @page: zeroed
 */
void page_clean(struct page *page);

#endif
