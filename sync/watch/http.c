// SPDX-License-Identifier: GPL-2.0
/* Requests: begun, answered, ended. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sync/watch/http_loop.h"

uint64_t http_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t http_heard(const struct http *http)
{
	return http->heard;
}

static long status_of(const struct http_call *call)
{
	long status = 0;

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static int hand_on(struct http_call *call, const char *bytes, size_t len)
{
	int ret;

	call->heard = http_now();
	call->http->heard = call->heard;
	ret = call->answer(call->context, status_of(call), bytes, len);
	call->refused |= ret != 0;
	return ret;
}

static size_t take_bytes(char *bytes, size_t size, size_t n, void *context)
{
	/* Any other number than its own makes libcurl break off. */
	return hand_on(context, bytes, size * n) ? 0 : size * n;
}

/* The empty line after the headers: a watch may have no bytes for a long time. */
static size_t take_header(char *bytes, size_t size, size_t n, void *context)
{
	struct http_call *call = context;

	if (size * n > 2 || status_of(call) < 200)
		return size * n;
	(void)bytes;
	return hand_on(call, "", 0) ? 0 : size * n;
}

static void unlink_call(struct http_call *call)
{
	*call->before = call->next;
	if (call->next)
		call->next->before = call->before;
	call->http = NULL;
}

static void release(struct http_call *call)
{
	curl_multi_remove_handle(call->http->multi, call->easy);
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	curl_slist_free_all(call->lead);
	unlink_call(call);
}

/* A handle that takes none has had no memory once, and is made anew. */
static int add_handle(struct http *http, CURL *easy)
{
	if (!curl_multi_add_handle(http->multi, easy))
		return 0;
	http_reset(http, "out of memory");
	return -ENOMEM;
}

/* http_set_options() has made the headers. */
static int set_body(struct http_call *call, const struct http_body *body)
{
	struct curl_slist *list;
	char type[80];

	if (!body)
		return 0;
	snprintf(type, sizeof(type), "Content-Type: %s", body->type);
	list = curl_slist_append(call->headers, type);
	if (!list)
		return -ENOMEM;
	call->headers = list;
	if (curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, list) ||
	    curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE,
			     (long)strlen(body->text)) ||
	    curl_easy_setopt(call->easy, CURLOPT_COPYPOSTFIELDS, body->text) ||
	    curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, body->method))
		return -ENOMEM;
	return 0;
}

int http_send(struct http *http, struct http_call *call, const char *path,
	      const struct http_body *body, const struct http_limits *limits)
{
	call->easy = curl_easy_init();
	if (!call->easy)
		return -ENOMEM;
	call->headers = NULL;
	call->lead = NULL;
	call->refused = false;
	*call->error = '\0';
	call->began = http_now();
	call->heard = call->began;
	curl_easy_setopt(call->easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(call->easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(call->easy, CURLOPT_HEADERDATA, call);
	if (http_set_options(call, http->credentials, path, http->agent,
			     limits) ||
	    set_body(call, body) || add_handle(http, call->easy)) {
		curl_easy_cleanup(call->easy);
		curl_slist_free_all(call->headers);
		curl_slist_free_all(call->lead);
		return -ENOMEM;
	}
	call->http = http;
	call->next = http->calls;
	call->before = &http->calls;
	if (call->next)
		call->next->before = &call->next;
	http->calls = call;
	return 0;
}

int http_get(struct http *http, struct http_call *call, const char *path,
	     const struct http_limits *limits)
{
	return http_send(http, call, path, NULL, limits);
}

/* Which of libcurl's texts says most, and the same thing at each try. */
static void format_text(const struct http_call *call, CURLcode code, char *text,
			size_t size)
{
	const char *server = call->http->credentials->cluster.server;
	const char *what = curl_easy_strerror(code);
	long number = 0;

	curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &number);
	if (code == CURLE_PEER_FAILED_VERIFICATION ||
	    code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CONNECT_ERROR ||
	    code == CURLE_SSL_CACERT_BADFILE)
		what = *call->error ? call->error : what;
	if (code == CURLE_COULDNT_CONNECT && number)
		snprintf(text, size, "%s: %s", server, strerror((int)number));
	else
		snprintf(text, size, "%s: %s", server, what);
}

/* The caller may begin it anew from within. */
static void end_call(struct http_call *call, struct http_end *how)
{
	void (*end)(void *, const struct http_end *) = call->end;
	void *context = call->context;
	curl_off_t retry_after = 0;

	curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &retry_after);
	if (retry_after > 0)
		how->retry_after = (uint64_t)retry_after;
	how->status = status_of(call);
	how->lived = http_now() - call->began;
	release(call);
	end(context, how);
}

void http_end_call(struct http_call *call, CURLcode code)
{
	char text[CURL_ERROR_SIZE + 256];
	struct http_end how = { 0 };

	if (code && !call->refused) {
		format_text(call, code, text, sizeof(text));
		how.text = text;
		how.timed_out = code == CURLE_OPERATION_TIMEDOUT;
	}
	end_call(call, &how);
}

void http_abort(struct http_call *call, const char *why)
{
	struct http_end how = { .text = why,
				.timed_out = why != NULL,
				.withdrawn = !why };

	end_call(call, &how);
}

int http_new(struct http **http, sd_event *loop,
	     const struct credentials *credentials, const char *agent)
{
	struct http *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return -ENOMEM;
	new->loop = sd_event_ref(loop);
	new->credentials = credentials;
	new->agent = strdup(agent);
	ret = new->agent ? http_open_multi(new) : -ENOMEM;
	if (ret)
		http_free(new);
	else
		*http = new;
	return ret;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	while (http->calls)
		release(http->calls);
	http_close_multi(http);
	sd_event_unref(http->loop);
	free(http->agent);
	free(http);
}
