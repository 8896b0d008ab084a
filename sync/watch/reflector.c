// SPDX-License-Identifier: GPL-2.0
/* One kind: what is asked, and what the pieces of an answer mean for the sink. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/watch/reflector.h"

/* What is kept of an answer that refuses. */
#define SAID_MAX ((size_t)16 * 1024)

void reflector_init(struct reflector *reflector, enum source_kind kind,
		    const char *node, const struct source_sink *sink)
{
	memset(reflector, 0, sizeof(*reflector));
	reflector->kind = kind;
	reflector->node = node;
	reflector->sink = sink;
}

void reflector_clean(struct reflector *reflector)
{
	free(reflector->more);
	buffer_clean(&reflector->rest);
	buffer_clean(&reflector->said);
	page_clean(&reflector->page);
}

int reflector_ask(struct reflector *reflector, uint32_t random, char **path)
{
	buffer_empty(&reflector->rest);
	buffer_empty(&reflector->said);
	page_clean(&reflector->page);
	memset(&reflector->refusal, 0, sizeof(reflector->refusal));
	reflector->refused = false;
	reflector->heard = false;
	reflector->wrong = false;
	if (reflector->phase == REFLECTOR_STREAM && reflector->no_streams)
		reflector->phase = REFLECTOR_LIST;
	reflector->last.seen = false;
	reflector->last.same = false;
	reflector->paged = !reflector_watches(reflector);
	reflector->seconds =
		(unsigned int)backoff_jitter(REFLECTOR_WATCH_SECONDS, random);
	return reflector_path(reflector, path);
}

/* The answer is no good: what is read of it ends here. */
static int fail(struct reflector *reflector, int ret, const char *field,
		const char *message)
{
	reflector->wrong = true;
	snprintf(reflector->text, sizeof(reflector->text),
		 "the API server's answer about %s cannot be read: %s%s%s",
		 source_kind_name(reflector->kind), field, *field ? ": " : "",
		 message);
	return ret;
}

/* The sink says that there is no memory. */
static int check_sink(struct reflector *reflector, int ret)
{
	return ret ? fail(reflector, -ENOMEM, "", "out of memory") : 0;
}

/* A list begins, unless this is a page after the first. */
static int begin(struct reflector *reflector)
{
	int ret = 0;

	if (!reflector->heard && !reflector->more) {
		reflector->last.known = false;
		ret = reflector->sink->list(reflector->sink->context,
					    reflector->kind);
	}
	if (!ret)
		reflector->heard = true;
	return check_sink(reflector, ret);
}

/* Names that are too long belong to no object that the API allows. */
static void note_last(struct reflector *reflector, const struct object_id *id,
		      bool gone)
{
	struct landmark *last = &reflector->last;

	if (last->known && version_before(id->version, last->version))
		return;
	last->known = strlen(id->name) <= REFLECTOR_NAME &&
		      strlen(id->namespace) <= REFLECTOR_NAMESPACE;
	if (!last->known)
		return;
	last->gone = gone;
	strcpy(last->namespace, id->namespace);
	strcpy(last->name, id->name);
	strcpy(last->version, id->version);
}

static int finish(struct reflector *reflector, const char *version)
{
	int ret = reflector->sink->listed(reflector->sink->context,
					  reflector->kind);

	if (ret)
		return check_sink(reflector, ret);
	strcpy(reflector->version, version);
	reflector->phase = REFLECTOR_WATCH;
	reflector->synced = true;
	reflector->no_pages = false;
	reflector->refusals = 0;
	reflector->away = false;
	*reflector->text = '\0';
	return 0;
}

static int upsert(struct reflector *reflector, const struct tree *object)
{
	return check_sink(reflector,
			  reflector->sink->upsert(reflector->sink->context,
						  reflector->kind, object));
}

static int take_bookmark(struct reflector *reflector, const struct event *event)
{
	if (reflector->phase != REFLECTOR_STREAM)
		return 0;
	if (event->initial_end)
		return finish(reflector, event->id.version);
	/* An old server takes no notice of sendInitialEvents, and never ends. */
	reflector->no_streams = true;
	return fail(reflector, -EINVAL, "", "a bookmark before the list's end");
}

static int take_event(struct reflector *reflector, const struct event *event)
{
	bool stream = reflector->phase == REFLECTOR_STREAM;
	const struct source_sink *sink = reflector->sink;
	int ret = 0;

	if (event->type == EVENT_ERROR) {
		refusal_read(&reflector->refusal, event->object);
		reflector->refused = true;
		return -ECANCELED;
	}
	if (event->type == EVENT_BOOKMARK)
		ret = take_bookmark(reflector, event);
	else if (event->type == EVENT_CHANGED)
		ret = upsert(reflector, event->object);
	else
		ret = check_sink(reflector,
				 sink->remove(sink->context, reflector->kind,
					      event->id.namespace,
					      event->id.name));
	if (ret)
		return ret;
	reflector->heard = true;
	if (event->type != EVENT_BOOKMARK)
		note_last(reflector, &event->id, event->type == EVENT_DELETED);
	/* A list that is not whole is no place to go on from. */
	if (!stream && !version_before(event->id.version, reflector->version))
		strcpy(reflector->version, event->id.version);
	return 0;
}

static int take_line(void *context, const char *bytes, size_t len)
{
	struct reflector *reflector = context;
	struct tree_error error;
	struct event event;
	int ret;

	ret = event_read(&event, bytes, len, &error);
	if (ret)
		return fail(reflector, ret, error.field, error.message);
	ret = take_event(reflector, &event);
	event_clean(&event);
	return ret;
}

/* An object of a list, or the one that a check has asked for. */
static int take_object(struct reflector *reflector, const struct tree *object)
{
	struct tree_error error;
	struct object_id id;
	int ret;

	ret = object_id_read(&id, object, &error);
	if (ret)
		return fail(reflector, ret, error.field, error.message);
	if (reflector->phase == REFLECTOR_CHECK) {
		reflector->last.seen = true;
		reflector->last.same =
			!strcmp(id.version, reflector->last.version);
		return 0;
	}
	ret = upsert(reflector, object);
	if (!ret)
		note_last(reflector, &id, false);
	return ret;
}

static int take_item(void *context, const char *bytes, size_t len)
{
	struct reflector *reflector = context;
	struct tree_error error;
	struct tree_file file;
	int ret = 0;

	if (reflector->phase != REFLECTOR_CHECK)
		ret = begin(reflector);
	if (ret)
		return ret;
	ret = tree_read_json(&file, bytes, len, &error);
	if (ret)
		return fail(reflector, ret, error.field, error.message);
	ret = take_object(reflector, file.documents);
	tree_clean(&file);
	return ret;
}

/* What cuts pieces fails by itself; what takes them has said why already. */
static int check_cut(struct reflector *reflector, int ret)
{
	if (!ret || reflector->wrong || reflector->refused)
		return ret;
	return fail(reflector, ret, "",
		    ret == -EFBIG  ? "an object of more than 8 MiB" :
		    ret == -ENOMEM ? "out of memory" :
				     "not JSON, or no list");
}

/*
 * Is the server's history ours, as far as that goes? What it was when nobody
 * answered is not known: then only the object that it still has is a place to
 * go on from, for a bookmark names no more than a number.
 */
static void end_check(struct reflector *reflector, const char *version)
{
	const struct landmark *last = &reflector->last;

	if (version_before(version, reflector->version) ||
	    (last->gone ? last->seen : !last->same)) {
		reflector->phase = REFLECTOR_STREAM;
		return;
	}
	reflector->phase = REFLECTOR_WATCH;
	if (reflector->away)
		strcpy(reflector->version, last->version);
	reflector->away = false;
}

/* A page is whole: check what it says of itself, and whether more follows. */
static int end_page(struct reflector *reflector)
{
	const struct buffer *envelope = &reflector->page.envelope;
	struct tree_error error;
	struct list_end end;
	int ret;

	ret = list_end_read(&end, envelope->bytes, envelope->used, &error);
	if (ret)
		return fail(reflector, ret, error.field, error.message);
	if (reflector->phase == REFLECTOR_CHECK) {
		end_check(reflector, end.version);
		free(end.more);
		return 0;
	}
	ret = begin(reflector);
	free(reflector->more);
	reflector->more = end.more;
	if (!ret && !end.more)
		ret = finish(reflector, end.version);
	return ret;
}

static int take_page(struct reflector *reflector, const char *bytes, size_t len)
{
	bool whole = reflector->page.whole;
	int ret;

	ret = page_add(&reflector->page, bytes, len, take_item, reflector);
	ret = check_cut(reflector, ret);
	if (!ret && !whole && reflector->page.whole)
		ret = end_page(reflector);
	return ret;
}

int reflector_answer(struct reflector *reflector, long status,
		     const char *bytes, size_t len)
{
	int ret;

	if (status != 200) {
		size_t room = SAID_MAX - reflector->said.used;

		return buffer_add(&reflector->said, bytes,
				  len < room ? len : room, SAID_MAX);
	}
	if (reflector->paged)
		return take_page(reflector, bytes, len);
	if (reflector->phase == REFLECTOR_WATCH)
		*reflector->text = '\0';
	else if (begin(reflector))
		return -ENOMEM;
	ret = lines_add(&reflector->rest, bytes, len, take_line, reflector);
	return check_cut(reflector, ret);
}
