/* SPDX-License-Identifier: GPL-2.0 */
/* What watch.c and ping.c share. */
#ifndef NF_SVC_SYNC_WATCH_FOLLOW_H
#define NF_SVC_SYNC_WATCH_FOLLOW_H

#include "sync/watch/http.h"
#include "sync/watch/recorder.h"
#include "sync/watch/reflector.h"
#include "sync/watch/watch.h"

/**
 * struct follower - a kind that is followed
 * @watch: whose it is
 * @reflector: what to ask
 * @call: under way, or not
 * @timer: for the next request
 */
struct follower {
	struct watch *watch;
	struct reflector reflector;
	struct http_call call;
	sd_event_source *timer;
};

/**
 * struct ping - is the server still there?
 * @call: under way, or not
 * @tick: looks at it again and again
 * @looked: when the files of the credentials were looked at
 * @silence: microseconds without a word before it is asked
 * @patience: seconds until the answer must be there
 */
struct ping {
	struct http_call call;
	sd_event_source *tick;
	uint64_t looked;
	uint64_t silence;
	unsigned int patience;
};

/**
 * struct watch - the source
 * @loop: where it runs
 * @sink: who is told
 * @node: this node's name, owned
 * @http: the requests
 * @credentials: server and secrets
 * @followers: one for each kind
 * @ping: is the server still there?
 * @recorder: writes Events
 * @well: tells the sink that all is well, a little later
 * @counts: what has happened
 * @problem: of the credentials; empty: none
 * @told: trouble that the sink knows of; empty: none
 */
struct watch {
	sd_event *loop;
	struct source_sink sink;
	char *node;
	struct http *http;
	struct credentials credentials;
	struct follower followers[SOURCE_KINDS];
	struct ping ping;
	struct recorder recorder;
	sd_event_source *well;
	struct watch_counts counts;
	char problem[CLUSTER_ERROR];
	char told[CLUSTER_ERROR];
};

/**
 * watch_refresh - look at the files of the credentials
 * @watch: new certificates end all connections
 * @force: read them even if they look the same
 */
void watch_refresh(struct watch *watch, bool force);

/**
 * watch_tell - tell the sink what is wrong, if that is new
 * @watch: the source
 */
void watch_tell(struct watch *watch);

/**
 * ping_start - look again and again whether the server is there
 * @watch: the source
 * @seconds: of its options
 *
 * Return: 0 or negative errno.
 */
int ping_start(struct watch *watch, unsigned int seconds);

/**
 * ping_stop - look no more
 * @watch: the source
 */
void ping_stop(struct watch *watch);

#endif
