/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The source "api": Services, EndpointSlices, this Node and ServiceCIDRs of an API
 * server, listed, watched, and listed anew where that must be.
 *
 *   watch.c       four reflectors, each with a request under way or a timer
 *   ping.c        is the server still there? Are the files of the credentials the same?
 *   reflector*.c  one kind: what to ask, what an answer means
 *   lines.c page.c event.c answer.c   answers cut into pieces, and what they say
 *   recorder*.c   Events, rate-limited
 *   http*.c       libcurl on the loop
 *   credentials.c kubeconfig.c cluster.c   where the server is and who we are
 *
 * Limits: an object has at most 8 MiB of JSON (WATCH_OBJECT_MAX), a page's metadata
 * 64 KiB, a file of credentials 1 MiB. A connection is made within 10 s; a page comes
 * within WATCH_PAGE_SECONDS, never silent for WATCH_SILENCE_SECONDS. A server that says
 * nothing for WATCH_PING_SECONDS is asked for its version, and given up if that does
 * not come within WATCH_PONG_SECONDS; a watch that says nothing for
 * WATCH_STALE_SECONDS, not even bookmarks, is begun anew.
 */
#ifndef NF_SVC_SYNC_WATCH_WATCH_H
#define NF_SVC_SYNC_WATCH_WATCH_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "sync/source.h"
#include "sync/watch/credentials.h"

#define WATCH_PAGE_SECONDS 120
#define WATCH_SILENCE_SECONDS 30
#define WATCH_PING_SECONDS 30
#define WATCH_PONG_SECONDS 15
#define WATCH_STALE_SECONDS 180
/* Files of credentials are looked at each so many seconds, and before each request. */
#define WATCH_FILES_SECONDS 60
/* So long must all be well before the sink is told (microseconds). */
#define WATCH_WELL UINT64_C(3000000)

/**
 * struct watch_options - what is watched, and as whom
 * @from: where server and credentials come from; its texts must stay
 * @node: this node's name; must stay
 * @agent: User-Agent, "svcsyncd/1.0"
 * @ping_seconds: instead of WATCH_PING_SECONDS and WATCH_PONG_SECONDS each, for tests;
 *	0: those
 */
struct watch_options {
	struct credentials_from from;
	const char *node;
	const char *agent;
	unsigned int ping_seconds;
};

/**
 * struct watch_counts - what has happened since the start
 * @requests: begun
 * @answers: with status 1xx to 5xx at their hundreds, [0]: none came
 * @lists: of all objects of a kind that became whole
 * @pings: that were sent
 */
struct watch_counts {
	uint64_t requests;
	uint64_t answers[6];
	uint64_t lists;
	uint64_t pings;
};

struct watch;
struct record;

/**
 * watch_start - begin to follow an API server
 * @watch: where it goes; watch_stop() it
 * @loop: the loop; the sink is called from it, never from here
 * @options: see above
 * @sink: who is told; must stay
 * @error: room for CLUSTER_ERROR bytes: what is wrong, where, what would be right
 *
 * A server that does not answer is no error here, but trouble that the sink is told of.
 *
 * Return: 0, or negative errno: credentials cannot be read, or no memory.
 */
int watch_start(struct watch **watch, sd_event *loop,
		const struct watch_options *options,
		const struct source_sink *sink, char *error);

/**
 * watch_stop - end it; the sink is told nothing more
 * @watch: NULL is fine; not from a call of the sink
 */
void watch_stop(struct watch *watch);

/**
 * watch_heard - when has the server last said anything?
 * @watch: the source
 *
 * Return: microseconds of CLOCK_MONOTONIC; 0: never.
 */
uint64_t watch_heard(const struct watch *watch);

/**
 * watch_counts - what has happened since the start
 * @watch: the source
 * @counts: filled
 */
void watch_counts(const struct watch *watch, struct watch_counts *counts);

/**
 * watch_record - write an Event at the server, some time later, if that can be
 * @watch: the source
 * @record: what has happened, see recorder.h; need not stay
 */
void watch_record(struct watch *watch, const struct record *record);

#endif
