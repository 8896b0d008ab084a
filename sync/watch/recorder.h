/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events (events.k8s.io/v1) at the API server, as kube-proxy's: written when there is
 * time, or not at all, and nothing waits for them.
 *
 * One object and one reason are one Event, whose series counts how often: written at
 * once, then at most once in RECORDER_SERIES_SECONDS. At most RECORDER_MAX of them are
 * known, and RECORDER_BURST requests go out at once, then one in RECORDER_EACH_SECONDS:
 * one mistake in thousands of objects does not write thousands.
 */
#ifndef NF_SVC_SYNC_WATCH_RECORDER_H
#define NF_SVC_SYNC_WATCH_RECORDER_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "sync/watch/http.h"

#define RECORDER_MAX 32
#define RECORDER_BURST 25
#define RECORDER_EACH_SECONDS 10
#define RECORDER_SERIES_SECONDS 60
/* One that does not come back for so long begins a new Event, as client-go's. */
#define RECORDER_END_SECONDS 360
/* So many failures end the tries to write one. */
#define RECORDER_TRIES 12
/* Bytes of a note, as the API server allows; the rest is cut off. */
#define RECORDER_NOTE 1024

/**
 * struct record - what has happened
 * @namespace: of the Service; NULL: it is about this node
 * @name: of the Service
 * @uid: of the Service; NULL or empty: not known
 * @warning: not a normal event
 * @reason: one word, 63 bytes at most
 * @action: one word, what was being done, 63 bytes at most
 * @note: for people
 */
struct record {
	const char *namespace;
	const char *name;
	const char *uid;
	bool warning;
	const char *reason;
	const char *action;
	const char *note;
};

/**
 * struct series - the same thing, once or again and again
 * @namespace: of the object; empty: this node
 * @name: of the object
 * @uid: of the object
 * @warning: see above
 * @reason: see above
 * @action: see above
 * @note: as it was said first
 * @event: name of the Event
 * @count: how often
 * @written: of these the server knows; 0: it has no Event yet
 * @tries: failures in a row
 * @first: microseconds since 1970
 * @last: likewise
 * @heard: the last one, microseconds of CLOCK_MONOTONIC
 * @due: when to write it, likewise; 0: it is written
 */
struct series {
	char namespace[254];
	char name[254];
	char uid[128];
	bool warning;
	char reason[64];
	char action[64];
	char note[RECORDER_NOTE + 1];
	char event[254];
	uint32_t count;
	uint32_t written;
	unsigned int tries;
	uint64_t first;
	uint64_t last;
	uint64_t heard;
	uint64_t due;
};

/**
 * struct recorder - Events on their way
 * @http: requests, not owned
 * @node: this node's name, not owned
 * @timer: for the next request
 * @call: under way, or not
 * @current: what @call writes
 * @sent: its count as it is being written
 * @tokens: requests that may go out now
 * @filled: when there was a new token last, microseconds of CLOCK_MONOTONIC
 * @number: of Events until now
 * @lost: that were not written, and never will be
 * @series: what is known
 * @n: how many of them
 */
struct recorder {
	struct http *http;
	const char *node;
	sd_event_source *timer;
	struct http_call call;
	struct series *current;
	uint32_t sent;
	unsigned int tokens;
	uint64_t filled;
	uint64_t number;
	uint64_t lost;
	struct series series[RECORDER_MAX];
	size_t n;
};

/**
 * recorder_start - be ready
 * @recorder: all zero; recorder_stop() it
 * @loop: the loop
 * @http: requests; must stay
 * @node: this node's name; must stay
 *
 * Return: 0 or negative errno.
 */
int recorder_start(struct recorder *recorder, sd_event *loop, struct http *http,
		   const char *node);

/**
 * recorder_stop - write nothing more; after http_free()
 * @recorder: all zero is fine
 */
void recorder_stop(struct recorder *recorder);

/**
 * recorder_note - something has happened
 * @recorder: writes it later, never from here
 * @record: what; need not stay
 */
void recorder_note(struct recorder *recorder, const struct record *record);

/**
 * recorder_new - an Event as the API server takes it
 * @series: what
 * @node: this node's name
 *
 * Return: JSON, to be freed; NULL: no memory. So does the next one.
 */
char *recorder_new(const struct series *series, const char *node);

/**
 * recorder_again - what changes in an Event when it has happened again
 * @series: what
 */
char *recorder_again(const struct series *series);

#endif
