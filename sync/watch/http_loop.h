/* SPDX-License-Identifier: GPL-2.0 */
/* libcurl's sockets and timer on the loop: what http.c and http_loop.c share. */
#ifndef NF_SVC_SYNC_WATCH_HTTP_LOOP_H
#define NF_SVC_SYNC_WATCH_HTTP_LOOP_H

#include "sync/watch/http.h"

/**
 * struct http - requests to one API server
 * @loop: where it runs
 * @credentials: server and secrets
 * @agent: User-Agent, owned
 * @multi: libcurl's
 * @sockets: those that libcurl has on the loop
 * @timer: libcurl's
 * @calls: under way
 * @heard: when the server last said something
 */
struct http {
	sd_event *loop;
	const struct credentials *credentials;
	char *agent;
	CURLM *multi;
	struct http_socket *sockets;
	sd_event_source *timer;
	struct http_call *calls;
	uint64_t heard;
};

/**
 * http_open_multi - make libcurl's handle, and hang it on the loop
 * @http: has a loop
 *
 * Return: 0 or negative errno; then http_close_multi() is to be called, too.
 */
int http_open_multi(struct http *http);

/**
 * http_close_multi - release it; no call is under way
 * @http: the requests
 */
void http_close_multi(struct http *http);

/**
 * http_end_call - a request has ended
 * @call: released; may be begun anew
 * @code: libcurl's
 */
void http_end_call(struct http_call *call, CURLcode code);

#endif
