// SPDX-License-Identifier: GPL-2.0
/* libcurl's sockets and timer on the loop. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "sync/watch/http_loop.h"

/**
 * struct http_socket - a socket that libcurl wants to be called for
 * @http: whose it is
 * @source: the loop's
 * @next: next one
 * @before: pointer to this one
 */
struct http_socket {
	struct http *http;
	sd_event_source *source;
	struct http_socket *next;
	struct http_socket **before;
};

/*
 * Requests that have ended, each told. That may begin others, and even make the
 * handle anew: nothing of the message is read afterwards.
 */
static void end_calls(struct http *http)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left))) {
		struct http_call *call = NULL;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
				  &call);
		http_end_call(call, code);
	}
}

static void act(struct http *http, curl_socket_t fd, int what)
{
	int running;

	/* It has had no memory for a socket, and takes no request any more. */
	if (curl_multi_socket_action(http->multi, fd, what, &running))
		http_reset(http, "out of memory");
	end_calls(http);
}

static int on_socket(sd_event_source *source, int fd, uint32_t events,
		     void *context)
{
	struct http_socket *socket = context;
	int what = 0;

	(void)source;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP))
		what |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		what |= CURL_CSELECT_OUT;
	if (events & EPOLLERR)
		what |= CURL_CSELECT_ERR;
	act(socket->http, fd, what);
	return 0;
}

static void drop_socket(struct http_socket *socket)
{
	*socket->before = socket->next;
	if (socket->next)
		socket->next->before = socket->before;
	sd_event_source_disable_unref(socket->source);
	free(socket);
}

static int add_socket(struct http *http, curl_socket_t fd, uint32_t events)
{
	struct http_socket *socket = calloc(1, sizeof(*socket));

	if (!socket)
		return -1;
	socket->http = http;
	if (sd_event_add_io(http->loop, &socket->source, fd, events, on_socket,
			    socket) < 0 ||
	    curl_multi_assign(http->multi, fd, socket)) {
		sd_event_source_disable_unref(socket->source);
		free(socket);
		return -1;
	}
	socket->next = http->sockets;
	socket->before = &http->sockets;
	if (socket->next)
		socket->next->before = &socket->next;
	http->sockets = socket;
	return 0;
}

/* libcurl's socket function: -1 makes it give up all of its requests. */
static int want_socket(CURL *easy, curl_socket_t fd, int what, void *context,
		       void *known)
{
	struct http_socket *socket = known;
	struct http *http = context;
	uint32_t events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (socket)
			drop_socket(socket);
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		events |= EPOLLOUT;
	if (!socket)
		return add_socket(http, fd, events);
	return sd_event_source_set_io_events(socket->source, events) < 0 ? -1 :
									   0;
}

static int on_timer(sd_event_source *source, uint64_t now, void *context)
{
	(void)source;
	(void)now;
	act(context, CURL_SOCKET_TIMEOUT, 0);
	return 0;
}

/* libcurl's timer function; -1: none is wanted. */
static int want_timer(CURLM *multi, long ms, void *context)
{
	struct http *http = context;
	uint64_t at;

	(void)multi;
	if (ms < 0)
		return sd_event_source_set_enabled(http->timer, SD_EVENT_OFF) <
				       0 ?
			       -1 :
			       0;
	at = http_now() + (uint64_t)ms * 1000;
	if (sd_event_source_set_time(http->timer, at) < 0 ||
	    sd_event_source_set_enabled(http->timer, SD_EVENT_ONESHOT) < 0)
		return -1;
	return 0;
}

static CURLM *new_multi(struct http *http)
{
	CURLM *multi = curl_multi_init();

	if (!multi)
		return NULL;
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(multi, CURLMOPT_TIMERDATA, http);
	curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	return multi;
}

void http_reset(struct http *http, const char *text)
{
	struct http_call *calls = http->calls;
	CURLM *multi = new_multi(http);

	/* No memory: it is tried again the next time that somebody asks. */
	if (!multi)
		return;
	for (struct http_call *call = calls; call; call = call->next)
		curl_multi_remove_handle(http->multi, call->easy);
	curl_multi_cleanup(http->multi);
	http->multi = multi;
	/* What is begun anew meanwhile is on a list of its own. */
	http->calls = NULL;
	if (calls)
		calls->before = &calls;
	while (calls)
		http_abort(calls, text);
}

int http_open_multi(struct http *http)
{
	int ret;

	/* OpenSSL writes to connections that are closed; libcurl says EPIPE then. */
	signal(SIGPIPE, SIG_IGN);
	/* As exactly as can be: the loop's own idea of time is a quarter second. */
	ret = sd_event_add_time(http->loop, &http->timer, CLOCK_MONOTONIC, 0, 1,
				on_timer, http);
	if (ret >= 0)
		ret = sd_event_source_set_enabled(http->timer, SD_EVENT_OFF);
	if (ret < 0)
		return ret;
	http->multi = new_multi(http);
	return http->multi ? 0 : -ENOMEM;
}

void http_close_multi(struct http *http)
{
	if (http->multi)
		curl_multi_cleanup(http->multi);
	while (http->sockets)
		drop_socket(http->sockets);
	sd_event_source_disable_unref(http->timer);
}
