// SPDX-License-Identifier: GPL-2.0
/* A page of a list cut into its items and its envelope. */
#include <errno.h>
#include <string.h>

#include "sync/watch/stream.h"

/* Levels of brackets: the list itself, its items' list, an item. */
#define LIST_DEPTH 1
#define ITEMS_DEPTH 2

static bool in_item(const struct page *page)
{
	return page->in_items && page->depth > ITEMS_DEPTH;
}

/* Bytes go to the item that is being read, or to the envelope. */
static int keep(struct page *page, const char *bytes, size_t len)
{
	if (in_item(page))
		return buffer_add(&page->item, bytes, len, WATCH_OBJECT_MAX);
	if (page->in_items)
		return 0;
	return buffer_add(&page->envelope, bytes, len, PAGE_ENVELOPE_MAX);
}

/* How many bytes of a string there are; its end is one of them. */
static size_t string_length(struct page *page, const char *bytes, size_t len)
{
	size_t n = 0;

	while (n < len && page->in_string) {
		char c = bytes[n++];

		if (page->escaped)
			page->escaped = false;
		else if (c == '\\')
			page->escaped = true;
		else if (c == '"')
			page->in_string = false;
	}
	return n;
}

/* A string of the outermost level has ended: is it the key of the items? */
static void note_key(struct page *page)
{
	static const char items[] = "\"items\"";
	size_t len = sizeof(items) - 1;

	page->key = page->envelope.used - page->string == len &&
		    !memcmp(page->envelope.bytes + page->string, items, len);
}

static int add_string(struct page *page, const char *bytes, size_t len,
		      size_t *n)
{
	int ret;

	*n = string_length(page, bytes, len);
	ret = keep(page, bytes, *n);
	if (!ret && !page->in_string && page->depth == LIST_DEPTH)
		note_key(page);
	return ret;
}

static int begin_string(struct page *page, const char *byte)
{
	if (!page->depth || (page->in_items && page->depth == ITEMS_DEPTH))
		return -EINVAL;
	page->in_string = true;
	if (!page->in_items)
		page->string = page->envelope.used;
	return keep(page, byte, 1);
}

static int open_bracket(struct page *page, const char *byte)
{
	int ret;

	if (!page->depth && *byte != '{')
		return -EINVAL;
	if (page->in_items && page->depth == ITEMS_DEPTH && *byte != '{')
		return -EINVAL;
	if (page->in_items) {
		page->depth++;
		return keep(page, byte, 1);
	}
	ret = keep(page, byte, 1);
	page->in_items = page->key && *byte == '[' && page->depth == LIST_DEPTH;
	page->key = false;
	page->depth++;
	return ret;
}

static int close_bracket(struct page *page, const char *byte,
			 stream_piece piece, void *context)
{
	int ret = 0;

	if (!page->depth)
		return -EINVAL;
	if (in_item(page)) {
		ret = keep(page, byte, 1);
		if (!ret && --page->depth == ITEMS_DEPTH) {
			ret = piece(context, page->item.bytes, page->item.used);
			buffer_empty(&page->item);
		}
		return ret;
	}
	if (page->in_items && *byte != ']')
		return -EINVAL;
	page->in_items = false;
	page->whole = !--page->depth;
	return keep(page, byte, 1);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What stands between strings and brackets. */
static int add_other(struct page *page, const char *bytes, size_t len,
		     size_t *n)
{
	for (*n = 0; *n < len && !strchr("\"{}[]", bytes[*n]); ++*n) {
		bool space = is_space(bytes[*n]);

		if (!space && !page->depth)
			return -EINVAL;
		if (page->in_items && page->depth == ITEMS_DEPTH && !space &&
		    bytes[*n] != ',')
			return -EINVAL;
		if (!space && bytes[*n] != ':')
			page->key = false;
	}
	/* strchr() finds NUL, too */
	if (!*n)
		return -EINVAL;
	return keep(page, bytes, *n);
}

int page_add(struct page *page, const char *bytes, size_t len,
	     stream_piece piece, void *context)
{
	while (len) {
		size_t n = 1;
		int ret;

		if (page->in_string)
			ret = add_string(page, bytes, len, &n);
		else if (page->whole && !is_space(*bytes))
			ret = -EINVAL;
		else if (*bytes == '"')
			ret = begin_string(page, bytes);
		else if (*bytes == '{' || *bytes == '[')
			ret = open_bracket(page, bytes);
		else if (*bytes == '}' || *bytes == ']')
			ret = close_bracket(page, bytes, piece, context);
		else
			ret = add_other(page, bytes, len, &n);
		if (ret)
			return ret;
		bytes += n;
		len -= n;
	}
	return 0;
}

void page_clean(struct page *page)
{
	buffer_clean(&page->envelope);
	buffer_clean(&page->item);
	memset(page, 0, sizeof(*page));
}
