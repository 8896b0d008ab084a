/* SPDX-License-Identifier: GPL-2.0 */
/* What the pieces of a stream say: events of a watch, the end of a list, refusals. */
#ifndef NF_SVC_SYNC_WATCH_EVENT_H
#define NF_SVC_SYNC_WATCH_EVENT_H

#include "sync/tree.h"

/* The longest resourceVersion that is kept; servers write 64-bit numbers. */
#define VERSION_MAX 63

/**
 * enum event_type - what has happened
 * @EVENT_CHANGED: an object is new or other than before
 * @EVENT_DELETED: it is gone
 * @EVENT_BOOKMARK: all up to here was told
 * @EVENT_ERROR: the watch ends
 */
enum event_type {
	EVENT_CHANGED,
	EVENT_DELETED,
	EVENT_BOOKMARK,
	EVENT_ERROR,
};

/**
 * struct object_id - what tells a state of an object from all others of its kind
 * @namespace: "": none
 * @name: its name
 * @version: its resourceVersion
 *
 * Texts of the tree that it was read from.
 */
struct object_id {
	const char *namespace;
	const char *name;
	const char *version;
};

/**
 * object_id_read - read the metadata of an object
 * @id: filled
 * @object: the object
 * @error: filled on failure
 *
 * Return: 0 or -EINVAL.
 */
int object_id_read(struct object_id *id, const struct tree *object,
		   struct tree_error *error);

/**
 * struct event - an event of a watch
 * @file: memory of all that follows
 * @type: what has happened
 * @object: what it happened to; its root, as errors tell the field
 * @id: of the object; EVENT_BOOKMARK has no name, EVENT_ERROR nothing: NULL
 * @initial_end: the bookmark that ends a streaming list
 */
struct event {
	struct tree_file file;
	enum event_type type;
	const struct tree *object;
	struct object_id id;
	bool initial_end;
};

/**
 * event_read - read an event
 * @event: filled; event_clean() it, after success only
 * @bytes: one line of a watch
 * @len: how many bytes
 * @error: filled on failure
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int event_read(struct event *event, const char *bytes, size_t len,
	       struct tree_error *error);

/**
 * event_clean - release an event
 * @event: the event
 */
void event_clean(struct event *event);

/**
 * struct list_end - what a page says beside its items
 * @version: resourceVersion of the list
 * @more: the token that the next page is asked for with, owned; NULL: this is the last
 */
struct list_end {
	char version[VERSION_MAX + 1];
	char *more;
};

/**
 * list_end_read - read a page without its items
 * @end: filled; free @more, after success only
 * @bytes: the envelope, see struct page
 * @len: how many bytes
 * @error: filled on failure
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int list_end_read(struct list_end *end, const char *bytes, size_t len,
		  struct tree_error *error);

/**
 * struct refusal - a Status, as servers refuse with
 * @code: HTTP's, 0: not said
 * @seconds: to wait before the next try, 0: not said
 * @expired: the version is too old: list anew
 * @message: for people, without control characters; may be empty
 */
struct refusal {
	uint32_t code;
	uint32_t seconds;
	bool expired;
	char message[256];
};

/**
 * refusal_read - read a Status
 * @refusal: filled, as far as there is something
 * @status: the object
 */
void refusal_read(struct refusal *refusal, const struct tree *status);

/**
 * refusal_read_body - read the body of an answer that refuses
 * @refusal: filled; what is no Status stands in @message by itself
 * @bytes: the body, or its beginning
 * @len: how many bytes
 */
void refusal_read_body(struct refusal *refusal, const char *bytes, size_t len);

/**
 * version_read - read metadata.resourceVersion
 * @metadata: of an object or a list
 * @version: where it goes; lives as long as the tree
 * @error: filled on failure
 *
 * Return: 0, or -EINVAL: it is not there, too long, or has other characters than
 * letters, digits and "._-", so that it can stand in an URL.
 */
int version_read(const struct tree *metadata, const char **version,
		 struct tree_error *error);

/**
 * version_before - is a resourceVersion older than another?
 * @a: one
 * @b: other
 *
 * Return: true if both are numbers, as the API promises, and @a is the smaller one.
 */
bool version_before(const char *a, const char *b);

#endif
