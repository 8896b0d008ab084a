/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One kind of objects as the API server has it: what to ask next, what an answer
 * says, and how long to wait, as client-go's Reflector does. It speaks to nobody but
 * the sink, so that it is tested without a network.
 *
 *   stream  a watch that begins with all objects (sendInitialEvents); where the server
 *     |     has none of these: list, in pages of REFLECTOR_PAGE
 *   watch   from the version that came last; ends after 5 to 10 minutes by agreement
 *     |
 *   check   after a watch was cut: is the server's version still not before ours, and
 *           the object that was last told of still what it was? A server that was
 *           restored from a backup would otherwise keep silent until it is past ours,
 *           or go on from a version that was another one then. If it was away
 *           meanwhile, the watch goes on from that object's version, not from a
 *           bookmark: only what both histories have is passed over
 *
 * 410 Gone, wherever it comes from, leads back to the beginning, and what the sink
 * has stays until the new list is whole.
 */
#ifndef NF_SVC_SYNC_WATCH_REFLECTOR_H
#define NF_SVC_SYNC_WATCH_REFLECTOR_H

#include <stdint.h>

#include "sync/source.h"
#include "sync/watch/backoff.h"
#include "sync/watch/event.h"
#include "sync/watch/stream.h"

/* Objects in a page. */
#define REFLECTOR_PAGE 500
/* Seconds that a watch lasts; up to twice as long. */
#define REFLECTOR_WATCH_SECONDS 300
/* A watch that ends sooner (microseconds) and has said nothing has failed. */
#define REFLECTOR_SHORT UINT64_C(5000000)
/*
 * A kind that the server does not have is asked for again after a second, then twice
 * as long each time, up to (microseconds):
 */
#define REFLECTOR_MISSING UINT64_C(600000000)
/* One that was there before is missing only after so many refusals: a server that
 * starts refuses for some seconds what it allows later.
 */
#define REFLECTOR_REFUSALS 5
/* Text of what is wrong. */
#define REFLECTOR_TEXT 768

/**
 * enum reflector_phase - what is asked next, or being answered
 * @REFLECTOR_STREAM: all objects, as a watch
 * @REFLECTOR_LIST: all objects, page by page
 * @REFLECTOR_WATCH: what changes
 * @REFLECTOR_CHECK: the version of the server
 */
enum reflector_phase {
	REFLECTOR_STREAM,
	REFLECTOR_LIST,
	REFLECTOR_WATCH,
	REFLECTOR_CHECK,
};

/* Longest namespace and name (RFC 1123 label and subdomain). */
#define REFLECTOR_NAMESPACE 63
#define REFLECTOR_NAME 253

/**
 * struct landmark - the newest object that the server has told of
 * @known: there is one
 * @gone: it was deleted, with this version
 * @seen: a check has found it
 * @same: with the version that is here
 * @namespace: its namespace, "": none
 * @name: its name
 * @version: its resourceVersion
 */
struct landmark {
	bool known;
	bool gone;
	bool seen;
	bool same;
	char namespace[REFLECTOR_NAMESPACE + 1];
	char name[REFLECTOR_NAME + 1];
	char version[VERSION_MAX + 1];
};

/**
 * struct reflector - one kind
 * @kind: which
 * @node: this node's name
 * @sink: who is told
 * @phase: see above
 * @no_streams: the server has no streaming lists
 * @no_pages: a list went out of date between its pages: ask for all at once
 * @synced: the sink has had a whole list, or knows that there is none
 * @refusals: so many times in a row the server had none of this kind
 * @version: resourceVersion that came last
 * @last: the object that was told of last
 * @away: nobody answered since the watch was cut
 * @more: token of the next page, owned; NULL: the first one
 * @backoff: of failures in a row
 * @rest: of a watch: the line that is not whole
 * @page: of a list
 * @said: what a refusal says
 * @refusal: an ERROR event
 * @refused: there was one
 * @paged: the answer is a page, whatever comes next
 * @heard: this answer has told something that was right
 * @wrong: this answer was no good; its text is in @text
 * @seconds: how long the watch asked for last goes on
 * @text: what is wrong, for people; empty: it is well
 */
struct reflector {
	enum source_kind kind;
	const char *node;
	const struct source_sink *sink;
	enum reflector_phase phase;
	bool no_streams;
	bool no_pages;
	bool synced;
	unsigned int refusals;
	char version[VERSION_MAX + 1];
	struct landmark last;
	bool away;
	char *more;
	struct backoff backoff;
	struct buffer rest;
	struct page page;
	struct buffer said;
	struct refusal refusal;
	bool refused;
	bool paged;
	bool heard;
	bool wrong;
	unsigned int seconds;
	char text[REFLECTOR_TEXT];
};

/**
 * struct reflector_end - how an answer has ended
 * @status: HTTP's, 0: there was none
 * @text: what broke it off; NULL: it is whole
 * @timed_out: it was broken off because nothing came, or for too long
 * @withdrawn: it was broken off by ourselves, for no fault of the server: ask again
 * @retry_after: seconds that the server asks for, 0: it does not
 * @lived: microseconds from its request to its end
 */
struct reflector_end {
	long status;
	const char *text;
	bool timed_out;
	bool withdrawn;
	uint64_t retry_after;
	uint64_t lived;
};

/**
 * reflector_init - begin with a kind
 * @reflector: filled; reflector_clean() it
 * @kind: which
 * @node: this node's name; must stay
 * @sink: who is told; must stay
 */
void reflector_init(struct reflector *reflector, enum source_kind kind,
		    const char *node, const struct source_sink *sink);

/**
 * reflector_clean - release what it holds
 * @reflector: the kind
 */
void reflector_clean(struct reflector *reflector);

/**
 * reflector_ask - what is to be asked next
 * @reflector: the kind; gets ready for the answer
 * @random: any number
 * @path: where the path goes, to be freed: "/api/v1/services?limit=500"
 *
 * Return: 0 or -ENOMEM: try again later.
 */
int reflector_ask(struct reflector *reflector, uint32_t random, char **path);

/**
 * reflector_answer - a piece of the answer has come
 * @reflector: the kind
 * @status: HTTP's
 * @bytes: the piece; may be empty: only the status is there
 * @len: how many bytes
 *
 * Return: 0, or negative: break it off.
 */
int reflector_answer(struct reflector *reflector, long status,
		     const char *bytes, size_t len);

/**
 * reflector_end - the answer has ended, or there was none
 * @reflector: the kind; its text is new
 * @end: how it ended
 * @random: any number
 *
 * Return: microseconds to wait before reflector_ask().
 */
uint64_t reflector_end(struct reflector *reflector,
		       const struct reflector_end *end, uint32_t random);

/**
 * reflector_watches - is the answer one that stays open?
 * @reflector: the kind
 */
static inline bool reflector_watches(const struct reflector *reflector)
{
	return reflector->phase == REFLECTOR_WATCH ||
	       reflector->phase == REFLECTOR_STREAM;
}

/**
 * source_kind_name - a kind as people call it
 * @kind: the kind
 *
 * Return: "Services", a constant text.
 */
const char *source_kind_name(enum source_kind kind);

/**
 * reflector_path - the path of a request, see reflector_ask()
 * @reflector: the kind
 * @path: where it goes, to be freed
 *
 * Return: 0 or -ENOMEM.
 */
int reflector_path(const struct reflector *reflector, char **path);

#endif
