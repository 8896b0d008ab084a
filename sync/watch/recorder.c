// SPDX-License-Identifier: GPL-2.0
/* Which Events are written, and when. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sync/watch/recorder.h"

#define SECOND UINT64_C(1000000)
/* A request takes so many seconds at most. */
#define CALL_SECONDS 15

static uint64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* What is due first. */
static struct series *find_due(struct recorder *recorder)
{
	struct series *first = NULL;

	for (size_t i = 0; i < recorder->n; i++) {
		struct series *series = &recorder->series[i];

		if (series->due && (!first || series->due < first->due))
			first = series;
	}
	return first;
}

static void schedule(struct recorder *recorder)
{
	const struct series *series = find_due(recorder);
	uint64_t when,
		token = recorder->filled + RECORDER_EACH_SECONDS * SECOND;

	if (!series || recorder->call.http) {
		sd_event_source_set_enabled(recorder->timer, SD_EVENT_OFF);
		return;
	}
	when = series->due;
	if (!recorder->tokens && token > when)
		when = token;
	sd_event_source_set_time(recorder->timer, when);
	sd_event_source_set_enabled(recorder->timer, SD_EVENT_ONESHOT);
}

static void fill_tokens(struct recorder *recorder, uint64_t now)
{
	uint64_t n =
		(now - recorder->filled) / (RECORDER_EACH_SECONDS * SECOND);

	recorder->filled += n * RECORDER_EACH_SECONDS * SECOND;
	n += recorder->tokens;
	recorder->tokens = n < RECORDER_BURST ? (unsigned int)n :
						RECORDER_BURST;
}

static void fail(struct recorder *recorder, struct series *series,
		 uint64_t wait)
{
	if (++series->tries < RECORDER_TRIES) {
		series->due = http_now() + wait;
		return;
	}
	recorder->lost++;
	series->due = 0;
	series->tries = 0;
}

static int on_answer(void *context, long status, const char *bytes, size_t len)
{
	(void)context;
	(void)status;
	(void)bytes;
	(void)len;
	return 0;
}

/* The server may be away (0), busy, or against it: then a try more is of no use. */
static bool may_pass(long status)
{
	return status < 200 || status == 401 || status == 408 ||
	       status == 429 || status >= 500;
}

static void on_end(void *context, const struct http_end *end)
{
	struct recorder *recorder = context;
	struct series *series = recorder->current;
	uint64_t wait = RECORDER_EACH_SECONDS * SECOND;

	if (end->retry_after * SECOND > wait)
		wait = end->retry_after * SECOND;
	if ((end->status >= 200 && end->status < 300) ||
	    (end->status == 409 && !series->written)) {
		/* 409: an answer was lost, the Event was not */
		series->written = recorder->sent;
		series->tries = 0;
		series->due =
			series->count == series->written ?
				0 :
				http_now() + RECORDER_SERIES_SECONDS * SECOND;
	} else if (end->status == 404 && series->written) {
		/* it has expired at the server */
		series->written = 0;
		fail(recorder, series, wait);
	} else {
		if (!may_pass(end->status))
			series->tries = RECORDER_TRIES;
		fail(recorder, series, wait);
	}
	schedule(recorder);
}

static int send_series(struct recorder *recorder, struct series *series)
{
	const struct http_limits limits = { .seconds = CALL_SECONDS };
	bool patch = series->written != 0;
	struct http_body body = {
		.method = patch ? "PATCH" : "POST",
		.type = patch ? "application/merge-patch+json" :
				"application/json",
	};
	char *text, *path;
	int ret;

	text = patch ? recorder_again(series) :
		       recorder_new(series, recorder->node);
	if (!text)
		return -ENOMEM;
	if (asprintf(&path, "/apis/events.k8s.io/v1/namespaces/%s/events%s%s",
		     *series->namespace ? series->namespace : "default",
		     patch ? "/" : "", patch ? series->event : "") < 0) {
		free(text);
		return -ENOMEM;
	}
	body.text = text;
	recorder->current = series;
	recorder->sent = series->count;
	ret = http_send(recorder->http, &recorder->call, path, &body, &limits);
	free(path);
	free(text);
	return ret;
}

static int on_timer(sd_event_source *source, uint64_t at, void *context)
{
	struct recorder *recorder = context;
	struct series *series = find_due(recorder);
	uint64_t now = http_now();

	(void)source;
	(void)at;
	fill_tokens(recorder, now);
	if (series && series->due <= now && recorder->tokens &&
	    !recorder->call.http) {
		recorder->tokens--;
		if (send_series(recorder, series))
			fail(recorder, series, RECORDER_EACH_SECONDS * SECOND);
	}
	schedule(recorder);
	return 0;
}

static void copy(char *to, size_t size, const char *from)
{
	size_t len = strnlen(from ?: "", size - 1);

	/* not in the middle of a letter of UTF-8 */
	if (from && from[len])
		while (len && ((unsigned char)from[len] & 0xc0) == 0x80)
			len--;
	memcpy(to, from ?: "", len);
	to[len] = '\0';
}

static struct series *find(struct recorder *recorder,
			   const struct record *record)
{
	const char *namespace = record->namespace ?: "";
	const char *name = record->name ?: "";

	for (size_t i = 0; i < recorder->n; i++) {
		struct series *series = &recorder->series[i];

		if (!strcmp(series->namespace, namespace) &&
		    !strcmp(series->name, name) &&
		    !strcmp(series->reason, record->reason))
			return series;
	}
	return NULL;
}

/* A new one, or in the place of that which was silent longest and is written. */
static struct series *find_room(struct recorder *recorder)
{
	struct series *oldest = NULL;

	if (recorder->n < RECORDER_MAX)
		return &recorder->series[recorder->n++];
	for (size_t i = 0; i < recorder->n; i++) {
		struct series *series = &recorder->series[i];

		if (!series->due &&
		    (!recorder->call.http || series != recorder->current) &&
		    (!oldest || series->heard < oldest->heard))
			oldest = series;
	}
	return oldest;
}

static void begin(struct recorder *recorder, struct series *series,
		  const struct record *record)
{
	memset(series, 0, sizeof(*series));
	copy(series->namespace, sizeof(series->namespace), record->namespace);
	copy(series->name, sizeof(series->name), record->name);
	copy(series->uid, sizeof(series->uid), record->uid);
	copy(series->reason, sizeof(series->reason), record->reason);
	copy(series->action, sizeof(series->action), record->action);
	copy(series->note, sizeof(series->note), record->note);
	series->warning = record->warning;
	series->first = clock_now();
	/* as client-go: the object's name and the time */
	snprintf(series->event, sizeof(series->event), "%.200s.%016" PRIx64,
		 *series->namespace ? series->name : recorder->node,
		 series->first * 1000 + recorder->number++ % 1000);
	series->due = http_now();
}

void recorder_note(struct recorder *recorder, const struct record *record)
{
	struct series *series = find(recorder, record);
	uint64_t now = http_now();
	bool busy = series && recorder->call.http &&
		    series == recorder->current;

	if (series && !busy && !series->due &&
	    now - series->heard > RECORDER_END_SECONDS * SECOND) {
		begin(recorder, series, record);
	} else if (!series) {
		series = find_room(recorder);
		if (!series) {
			recorder->lost++;
			return;
		}
		begin(recorder, series, record);
	}
	series->count++;
	series->heard = now;
	series->last = clock_now();
	if (!series->due && !busy)
		series->due = now + RECORDER_SERIES_SECONDS * SECOND;
	schedule(recorder);
}

int recorder_start(struct recorder *recorder, sd_event *loop, struct http *http,
		   const char *node)
{
	int ret;

	recorder->http = http;
	recorder->node = node;
	recorder->tokens = RECORDER_BURST;
	recorder->filled = http_now();
	recorder->call.context = recorder;
	recorder->call.answer = on_answer;
	recorder->call.end = on_end;
	ret = sd_event_add_time(loop, &recorder->timer, CLOCK_MONOTONIC, 0, 0,
				on_timer, recorder);
	if (ret >= 0)
		ret = sd_event_source_set_enabled(recorder->timer,
						  SD_EVENT_OFF);
	return ret < 0 ? ret : 0;
}

void recorder_stop(struct recorder *recorder)
{
	recorder->timer = sd_event_source_disable_unref(recorder->timer);
}
