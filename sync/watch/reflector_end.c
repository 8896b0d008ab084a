// SPDX-License-Identifier: GPL-2.0
/* One kind: an answer has ended; what it means, and what comes next. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/watch/reflector.h"

/* Streaming lists that break off before pages are tried instead. */
#define STREAMS_MAX 3

/* All objects are to be told anew. What the sink has stays until they are. */
static void start_over(struct reflector *reflector)
{
	free(reflector->more);
	reflector->more = NULL;
	reflector->phase = REFLECTOR_STREAM;
}

/* Who answers next may be another server, or one of yesterday. */
static void check_first(struct reflector *reflector)
{
	if (reflector->phase == REFLECTOR_WATCH)
		reflector->phase = reflector->last.known ? REFLECTOR_CHECK :
							   REFLECTOR_STREAM;
}

static void tell(struct reflector *reflector, const char *what)
{
	snprintf(reflector->text, sizeof(reflector->text), "%s", what);
}

/* "the API server refuses EndpointSlices: 403: endpointslices is forbidden …" */
static void tell_refusal(struct reflector *reflector, long code,
			 const struct refusal *refusal)
{
	snprintf(reflector->text, sizeof(reflector->text),
		 "the API server refuses %s: %ld%s%s",
		 source_kind_name(reflector->kind), code,
		 *refusal->message ? ": " : "", refusal->message);
}

/* The version is too old, or a list's token: no trouble, but begin anew. */
static uint64_t end_expired(struct reflector *reflector, uint32_t random)
{
	if (reflector->phase == REFLECTOR_LIST && reflector->more)
		reflector->no_pages = true;
	start_over(reflector);
	return backoff_next(&reflector->backoff, 0, random);
}

/* A server without this kind, or who hides it: nothing to be followed (SYN-01). */
static uint64_t end_missing(struct reflector *reflector, uint32_t random)
{
	const struct source_sink *sink = reflector->sink;
	uint64_t wait = UINT64_C(1000000);

	start_over(reflector);
	for (unsigned int i = 0;
	     i < reflector->refusals && wait < REFLECTOR_MISSING; i++)
		wait *= 2;
	if (wait > REFLECTOR_MISSING)
		wait = REFLECTOR_MISSING;
	reflector->refusals++;
	*reflector->text = '\0';
	/* Only the news is told. */
	if (reflector->refusals ==
	    (*reflector->version ? REFLECTOR_REFUSALS : 1)) {
		if (sink->missing(sink->context, reflector->kind)) {
			reflector->refusals--;
			tell(reflector, "out of memory");
		} else {
			*reflector->version = '\0';
			reflector->synced = true;
		}
	}
	return backoff_jitter(wait, random);
}

static bool may_be_missing(const struct reflector *reflector, long code)
{
	return reflector->kind == SOURCE_SERVICE_CIDR &&
	       (code == 403 || code == 404);
}

/* Does a server refuse a streaming list because it has none? */
static bool no_streams(const struct reflector *reflector, long code)
{
	return reflector->phase == REFLECTOR_STREAM &&
	       (code == 400 || code == 422 || code == 501);
}

static uint64_t end_refused(struct reflector *reflector, long code,
			    const struct refusal *refusal, uint64_t asked,
			    uint32_t random)
{
	if (may_be_missing(reflector, code))
		return end_missing(reflector, random);
	if (refusal->expired || code == 410)
		return end_expired(reflector, random);
	if (no_streams(reflector, code)) {
		reflector->no_streams = true;
		return 0;
	}
	/* A page, or a version, that it will never like. */
	if (code == 400 || code == 422)
		start_over(reflector);
	check_first(reflector);
	tell_refusal(reflector, code, refusal);
	return backoff_next(&reflector->backoff, asked, random);
}

static uint64_t end_status(struct reflector *reflector,
			   const struct reflector_end *end, uint32_t random)
{
	struct refusal refusal;
	uint64_t asked = end->retry_after;

	refusal_read_body(&refusal, reflector->said.bytes ?: "",
			  reflector->said.used);
	if (!asked)
		asked = refusal.seconds;
	return end_refused(reflector, end->status, &refusal, asked, random);
}

/* A watch has ended that had begun well. */
static uint64_t end_watch(struct reflector *reflector,
			  const struct reflector_end *end, uint32_t random)
{
	bool cut = end->text != NULL;

	if (reflector->heard)
		backoff_reset(&reflector->backoff);
	if (cut)
		check_first(reflector);
	if (!cut && end->lived >= REFLECTOR_SHORT)
		return 0;
	return backoff_next(&reflector->backoff, 0, random);
}

static uint64_t end_wrong(struct reflector *reflector, uint32_t random)
{
	/* What was skipped is not known, so all of it is asked for again. */
	start_over(reflector);
	return backoff_next(&reflector->backoff, 0, random);
}

static uint64_t end_cut(struct reflector *reflector,
			const struct reflector_end *end, uint32_t random)
{
	char what[REFLECTOR_TEXT];

	if (reflector->phase == REFLECTOR_STREAM && end->status == 200 &&
	    (end->timed_out || reflector->backoff.failures >= STREAMS_MAX))
		reflector->no_streams = true;
	check_first(reflector);
	reflector->away |= !end->status;
	if (end->status == 200)
		snprintf(what, sizeof(what),
			 "the API server's answer about %s broke off: %s",
			 source_kind_name(reflector->kind),
			 end->text ? end->text : "its end is missing");
	else
		snprintf(what, sizeof(what), "%s",
			 end->text ? end->text : "no answer");
	tell(reflector, what);
	return backoff_next(&reflector->backoff, 0, random);
}

/* Is the answer one of a list, all of it right? */
static bool page_done(const struct reflector *reflector,
		      const struct reflector_end *end)
{
	return end->status == 200 && reflector->paged && reflector->page.whole;
}

uint64_t reflector_end(struct reflector *reflector,
		       const struct reflector_end *end, uint32_t random)
{
	if (end->status == 200 && reflector_watches(reflector) &&
	    end->lived >= REFLECTOR_SHORT)
		backoff_reset(&reflector->backoff);
	if (end->withdrawn)
		return 0;
	if (reflector->refused)
		return end_refused(reflector, reflector->refusal.code,
				   &reflector->refusal,
				   reflector->refusal.seconds, random);
	if (reflector->wrong)
		return end_wrong(reflector, random);
	if (page_done(reflector, end)) {
		if (reflector->phase == REFLECTOR_WATCH)
			*reflector->text = '\0';
		return 0;
	}
	if (end->status && end->status != 200)
		return end_status(reflector, end, random);
	if (end->status == 200 && reflector->phase == REFLECTOR_WATCH)
		return end_watch(reflector, end, random);
	return end_cut(reflector, end, random);
}
