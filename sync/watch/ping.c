// SPDX-License-Identifier: GPL-2.0
/*
 * Is the server still there? A connection whose other end is gone looks like one on
 * which nothing happens; TCP tells in half a minute, unless something between acks for
 * a server that is dead. libcurl's own HTTP/2 ping (curl_easy_upkeep) is not to be had
 * with its multi interface and waits for no answer, so what is sent is a request, GET
 * /version, on the same connection: any answer will do.
 */
#include <errno.h>

#include "sync/watch/follow.h"

static void begin_ping(struct watch *watch)
{
	const struct http_limits limits = {
		.seconds = (long)watch->ping.patience,
	};

	if (!http_get(watch->http, &watch->ping.call, "/version", &limits))
		watch->counts.pings++;
}

/* Only a server that has answered can fall silent. */
static bool answers(const struct watch *watch)
{
	for (int kind = 0; kind < SOURCE_KINDS; kind++) {
		const struct http_call *call = &watch->followers[kind].call;

		if (call->http && call->heard != call->began)
			return true;
	}
	return false;
}

/*
 * How long a watch may be silent: one that was answered as long as bookmarks take, with
 * HTTP/1.1, where a ping tells nothing of it; what waits for an answer, or for its list,
 * no longer than a ping.
 */
static uint64_t patience(const struct watch *watch,
			 const struct follower *follower)
{
	if (follower->reflector.phase == REFLECTOR_WATCH &&
	    follower->call.heard != follower->call.began)
		return WATCH_STALE_SECONDS * UINT64_C(1000000);
	return watch->ping.silence;
}

static void end_stale(struct watch *watch, uint64_t now)
{
	for (int kind = 0; kind < SOURCE_KINDS; kind++) {
		struct follower *follower = &watch->followers[kind];
		struct http_call *call = &follower->call;

		if (call->http && reflector_watches(&follower->reflector) &&
		    now - call->heard > patience(watch, follower))
			http_abort(call, "the API server does not answer");
	}
}

static int on_tick(sd_event_source *source, uint64_t at, void *context)
{
	struct watch *watch = context;
	struct ping *ping = &watch->ping;
	uint64_t now = http_now();

	(void)at;
	if (now - ping->looked > WATCH_FILES_SECONDS * UINT64_C(1000000)) {
		watch_refresh(watch, false);
		watch_tell(watch);
	}
	if (now - http_heard(watch->http) >= ping->silence &&
	    !ping->call.http && answers(watch))
		begin_ping(watch);
	end_stale(watch, now);
	sd_event_source_set_time(source, now + ping->silence / 3);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

static int on_answer(void *context, long status, const char *bytes, size_t len)
{
	(void)context;
	(void)status;
	(void)bytes;
	(void)len;
	return 0;
}

static void on_end(void *context, const struct http_end *end)
{
	struct watch *watch = context;

	/* Not what a reset has ended. */
	if (!end->status &&
	    end->lived >= watch->ping.patience * UINT64_C(1000000))
		http_reset(watch->http, "the API server does not answer");
}

int ping_start(struct watch *watch, unsigned int seconds)
{
	struct ping *ping = &watch->ping;

	ping->silence =
		UINT64_C(1000000) * (seconds ? seconds : WATCH_PING_SECONDS);
	ping->patience = seconds ? seconds : WATCH_PONG_SECONDS;
	ping->looked = http_now();
	ping->call.context = watch;
	ping->call.answer = on_answer;
	ping->call.end = on_end;
	return sd_event_add_time(watch->loop, &ping->tick, CLOCK_MONOTONIC,
				 http_now() + ping->silence / 3, 0, on_tick,
				 watch);
}

void ping_stop(struct watch *watch)
{
	sd_event_source_disable_unref(watch->ping.tick);
}
