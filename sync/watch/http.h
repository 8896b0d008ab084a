/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests to one API server: libcurl's multi interface on an sd-event loop. All
 * requests share one HTTP/2 connection where the server speaks it, else each has one.
 */
#ifndef NF_SVC_SYNC_WATCH_HTTP_H
#define NF_SVC_SYNC_WATCH_HTTP_H

#define CURL_NO_OLDIES
#include <curl/curl.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "sync/watch/credentials.h"

/* Seconds until a connection, with its TLS, is there. */
#define HTTP_CONNECT_SECONDS 10L
/* Seconds until a connection whose other end is silent on TCP is given up. */
#define HTTP_TCP_SECONDS 30

struct http;

/**
 * struct http_end - how a request has ended
 * @status: HTTP's, 0: no answer has begun
 * @text: what broke it off, for people; NULL: it is whole
 * @timed_out: that was a limit of time
 * @withdrawn: it was broken off by http_reset() without a reason
 * @retry_after: seconds that the server asks for, 0: it does not
 * @lived: microseconds from its begin
 */
struct http_end {
	long status;
	const char *text;
	bool timed_out;
	bool withdrawn;
	uint64_t retry_after;
	uint64_t lived;
};

/**
 * struct http_call - a request; it must stay until it has ended
 * @context: for whom it is
 * @answer: a piece of the answer, or with @len 0 that its status is there; negative
 *	breaks it off. It may call no http_… function but http_now()
 * @end: it has ended, and may be begun again from here
 * @http: where it goes; NULL: it is not under way. This and what follows is http.c's
 * @easy: libcurl's
 * @headers: that are sent
 * @lead: where connections are led to instead of the URL's host
 * @began: when, microseconds of CLOCK_MONOTONIC
 * @heard: when its answer last said anything
 * @refused: @answer broke it off
 * @error: libcurl's text
 * @next: next one under way
 * @before: pointer to this one
 */
struct http_call {
	void *context;
	int (*answer)(void *context, long status, const char *bytes,
		      size_t len);
	void (*end)(void *context, const struct http_end *end);
	struct http *http;
	CURL *easy;
	struct curl_slist *headers;
	struct curl_slist *lead;
	uint64_t began;
	uint64_t heard;
	bool refused;
	char error[CURL_ERROR_SIZE];
	struct http_call *next;
	struct http_call **before;
};

/**
 * struct http_limits - how long a request may take
 * @seconds: in all
 * @silence: without a byte, 0: no matter
 */
struct http_limits {
	long seconds;
	long silence;
};

/**
 * http_new - get ready for requests
 * @http: where it goes; http_free() it
 * @loop: the loop; a reference is kept
 * @credentials: where the server is and who we are; read for each request
 * @agent: User-Agent
 *
 * SIGPIPE is ignored from now on.
 *
 * Return: 0 or negative errno.
 */
int http_new(struct http **http, sd_event *loop,
	     const struct credentials *credentials, const char *agent);

/**
 * http_free - break off all requests, without a call, and release all
 * @http: NULL is fine
 */
void http_free(struct http *http);

/**
 * http_get - begin a request
 * @http: where it goes
 * @call: not under way
 * @path: of the server, with its query; need not stay
 * @limits: how long it may take
 *
 * Return: 0, or -ENOMEM: it has not begun, and will not end.
 */
int http_get(struct http *http, struct http_call *call, const char *path,
	     const struct http_limits *limits);

/**
 * struct http_body - what a request carries
 * @method: "POST"
 * @type: Content-Type
 * @text: the body
 */
struct http_body {
	const char *method;
	const char *type;
	const char *text;
};

/**
 * http_send - begin a request that carries something
 * @http: where it goes
 * @call: not under way
 * @path: of the server, with its query; need not stay
 * @body: method and body; need not stay
 * @limits: how long it may take
 *
 * Return: 0, or -ENOMEM: it has not begun, and will not end.
 */
int http_send(struct http *http, struct http_call *call, const char *path,
	      const struct http_body *body, const struct http_limits *limits);

/**
 * http_abort - break off a request; it ends now
 * @call: under way; not from its own @answer
 * @why: what the server has done, a constant text; NULL: nothing
 */
void http_abort(struct http_call *call, const char *why);

/**
 * http_reset - close all connections
 * @http: all requests under way end with @text, now; not from an @answer
 * @text: why, a constant text; NULL: for no fault of the server
 */
void http_reset(struct http *http, const char *text);

/**
 * http_heard - when has the server last said anything?
 * @http: the requests
 *
 * Return: microseconds of CLOCK_MONOTONIC; 0: never.
 */
uint64_t http_heard(const struct http *http);

/**
 * http_now - what time is it?
 *
 * Return: microseconds of CLOCK_MONOTONIC.
 */
uint64_t http_now(void);

/**
 * http_set_options - all that a request is told beside where it goes to
 * @call: its easy handle is new; its headers are made
 * @credentials: server and secrets
 * @path: of the server
 * @agent: User-Agent
 * @limits: how long it may take
 *
 * Return: 0 or -ENOMEM.
 */
int http_set_options(struct http_call *call,
		     const struct credentials *credentials, const char *path,
		     const char *agent, const struct http_limits *limits);

#endif
