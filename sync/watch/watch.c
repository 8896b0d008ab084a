// SPDX-License-Identifier: GPL-2.0
/* Four kinds followed, each with a request under way or a timer. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "sync/watch/follow.h"

/* A watch ends by itself; the server gets so many seconds to do it. */
#define WATCH_GRACE_SECONDS 30

static uint32_t random_number(void)
{
	uint32_t number = 0;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
		number = (uint32_t)http_now();
	return number;
}

static void schedule(struct follower *follower, uint64_t delay)
{
	sd_event_source_set_time(follower->timer, http_now() + delay);
	sd_event_source_set_enabled(follower->timer, SD_EVENT_ONESHOT);
}

static int on_answer(void *context, long status, const char *bytes, size_t len)
{
	struct follower *follower = context;
	struct reflector *reflector = &follower->reflector;
	bool listing = reflector->phase != REFLECTOR_WATCH;
	int ret;

	ret = reflector_answer(reflector, status, bytes, len);
	if (listing && !ret && reflector->phase == REFLECTOR_WATCH)
		follower->watch->counts.lists++;
	watch_tell(follower->watch);
	return ret;
}

static void count_answer(struct watch *watch, long status)
{
	watch->counts
		.answers[status >= 100 && status < 600 ? status / 100 : 0]++;
}

static void on_end(void *context, const struct http_end *end)
{
	struct follower *follower = context;
	struct watch *watch = follower->watch;
	struct reflector_end how = { .status = end->status,
				     .text = end->text,
				     .timed_out = end->timed_out,
				     .withdrawn = end->withdrawn,
				     .retry_after = end->retry_after,
				     .lived = end->lived };

	count_answer(watch, end->status);
	schedule(follower,
		 reflector_end(&follower->reflector, &how, random_number()));
	/* A token that is no good any more may have a successor. */
	if (end->status == 401)
		watch_refresh(watch, true);
	watch_tell(watch);
}

static int on_timer(sd_event_source *source, uint64_t now, void *context)
{
	struct follower *follower = context;
	struct watch *watch = follower->watch;
	struct reflector *reflector = &follower->reflector;
	uint32_t random = random_number();
	struct http_limits limits;
	char *path;
	int ret;

	(void)source;
	(void)now;
	watch_refresh(watch, false);
	ret = reflector_ask(reflector, random, &path);
	if (!ret) {
		bool watches = reflector_watches(reflector);

		limits.seconds = watches ? (long)reflector->seconds +
						   WATCH_GRACE_SECONDS :
					   WATCH_PAGE_SECONDS;
		limits.silence = watches ? 0 : WATCH_SILENCE_SECONDS;
		ret = http_get(watch->http, &follower->call, path, &limits);
		free(path);
	}
	if (ret)
		schedule(follower, backoff_jitter(BACKOFF_FIRST, random));
	else
		watch->counts.requests++;
	return 0;
}

void watch_refresh(struct watch *watch, bool force)
{
	enum credentials_change change;

	change =
		credentials_refresh(&watch->credentials, force, watch->problem);
	watch->ping.looked = http_now();
	/* The old ones may be withdrawn soon: nothing goes on with them. */
	if (change == CREDENTIALS_CONNECTION)
		http_reset(watch->http, NULL);
}

/*
 * What the sink knows of is told for as long as any kind has it, so that kinds in
 * different trouble do not take turns. Else the credentials come first.
 */
static const char *find_trouble(const struct watch *watch)
{
	const char *first = watch->problem;

	if (*watch->told && !strcmp(watch->problem, watch->told))
		return watch->told;
	for (int kind = 0; kind < SOURCE_KINDS; kind++) {
		const char *text = watch->followers[kind].reflector.text;

		if (*watch->told && !strcmp(text, watch->told))
			return watch->told;
		if (!*first)
			first = text;
	}
	return first;
}

static int on_well(sd_event_source *source, uint64_t now, void *context)
{
	struct watch *watch = context;

	(void)source;
	(void)now;
	if (*watch->told && !*find_trouble(watch)) {
		*watch->told = '\0';
		watch->sink.trouble(watch->sink.context, NULL);
	}
	return 0;
}

void watch_tell(struct watch *watch)
{
	const char *text = find_trouble(watch);
	int enabled = SD_EVENT_OFF;

	if (*text) {
		sd_event_source_set_enabled(watch->well, SD_EVENT_OFF);
		if (strcmp(text, watch->told)) {
			snprintf(watch->told, sizeof(watch->told), "%s", text);
			watch->sink.trouble(watch->sink.context, watch->told);
		}
		return;
	}
	sd_event_source_get_enabled(watch->well, &enabled);
	if (!*watch->told || enabled != SD_EVENT_OFF)
		return;
	sd_event_source_set_time(watch->well, http_now() + WATCH_WELL);
	sd_event_source_set_enabled(watch->well, SD_EVENT_ONESHOT);
}

static int start_followers(struct watch *watch)
{
	int ret = 0;

	for (int kind = 0; kind < SOURCE_KINDS && ret >= 0; kind++) {
		struct follower *follower = &watch->followers[kind];

		follower->watch = watch;
		follower->call.context = follower;
		follower->call.answer = on_answer;
		follower->call.end = on_end;
		reflector_init(&follower->reflector, (enum source_kind)kind,
			       watch->node, &watch->sink);
		ret = sd_event_add_time(watch->loop, &follower->timer,
					CLOCK_MONOTONIC, 0, 1, on_timer,
					follower);
	}
	return ret;
}

static int start(struct watch *watch, const struct watch_options *options)
{
	int ret;

	watch->node = strdup(options->node);
	if (!watch->node)
		return -ENOMEM;
	ret = http_new(&watch->http, watch->loop, &watch->credentials,
		       options->agent);
	if (ret >= 0)
		ret = sd_event_add_time(watch->loop, &watch->well,
					CLOCK_MONOTONIC, 0, 0, on_well, watch);
	if (ret >= 0)
		ret = sd_event_source_set_enabled(watch->well, SD_EVENT_OFF);
	if (ret >= 0)
		ret = ping_start(watch, options->ping_seconds);
	if (ret >= 0)
		ret = recorder_start(&watch->recorder, watch->loop, watch->http,
				     watch->node);
	return ret < 0 ? ret : start_followers(watch);
}

int watch_start(struct watch **watch, sd_event *loop,
		const struct watch_options *options,
		const struct source_sink *sink, char *error)
{
	struct watch *new = calloc(1, sizeof(*new));
	int ret = -ENOMEM;

	*error = '\0';
	if (new) {
		new->loop = sd_event_ref(loop);
		new->sink = *sink;
		ret = credentials_open(&new->credentials, &options->from,
				       error);
		if (!ret)
			ret = start(new, options);
	}
	if (ret >= 0) {
		*watch = new;
		return 0;
	}
	watch_stop(new);
	if (!*error)
		snprintf(error, CLUSTER_ERROR, "%s", strerror(-ret));
	return ret;
}

void watch_stop(struct watch *watch)
{
	if (!watch)
		return;
	ping_stop(watch);
	http_free(watch->http);
	recorder_stop(&watch->recorder);
	for (int kind = 0; kind < SOURCE_KINDS; kind++) {
		sd_event_source_disable_unref(watch->followers[kind].timer);
		reflector_clean(&watch->followers[kind].reflector);
	}
	sd_event_source_disable_unref(watch->well);
	credentials_close(&watch->credentials);
	sd_event_unref(watch->loop);
	free(watch->node);
	free(watch);
}

uint64_t watch_heard(const struct watch *watch)
{
	return http_heard(watch->http);
}

void watch_counts(const struct watch *watch, struct watch_counts *counts)
{
	*counts = watch->counts;
}

void watch_record(struct watch *watch, const struct record *record)
{
	recorder_note(&watch->recorder, record);
}
