// SPDX-License-Identifier: GPL-2.0
/*
 * libmicrohttpd has an epoll of its own, which is one more file descriptor of our
 * loop. Only GET and HEAD, 64 connections at a time, each for 10 seconds at most.
 */
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http.h"

#define CONNECTIONS 64
#define SECONDS 10
#define MEMORY (16 * 1024)

/**
 * struct http_server - a server
 * @daemon: libmicrohttpd's
 * @io: its events
 * @timer: what it has to do without them
 * @handler: answers
 * @context: for it
 */
struct http_server {
	struct MHD_Daemon *daemon;
	sd_event_source *io;
	sd_event_source *timer;
	http_handler handler;
	void *context;
};

static enum MHD_Result refuse(struct MHD_Connection *connection)
{
	static char text[] = "only GET and HEAD\n";
	struct MHD_Response *response = MHD_create_response_from_buffer(
		sizeof(text) - 1, text, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result ret;

	if (!response)
		return MHD_NO;
	ret = MHD_queue_response(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
				 response);
	MHD_destroy_response(response);
	return ret;
}

static enum MHD_Result answer(void *arg, struct MHD_Connection *connection,
			      const char *url, const char *method,
			      const char *version, const char *upload,
			      size_t *upload_size, void **state)
{
	struct http_answer told = { .status = 404,
				    .type = "text/plain; charset=utf-8",
				    .weight = -1 };
	struct MHD_Response *response;
	struct http_server *http = arg;
	enum MHD_Result ret;
	char weight[24];

	(void)version;
	(void)upload;
	(void)upload_size;
	(void)state;
	if (strcmp(method, MHD_HTTP_METHOD_GET) &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD))
		return refuse(connection);
	http->handler(http->context, url, &told);
	if (!told.body)
		return MHD_NO;
	response = MHD_create_response_from_buffer(strlen(told.body), told.body,
						   MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(told.body);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				told.type);
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (told.weight >= 0) {
		snprintf(weight, sizeof(weight), "%ld", told.weight);
		MHD_add_response_header(
			response, "X-Load-Balancing-Endpoint-Weight", weight);
	}
	ret = MHD_queue_response(connection, told.status, response);
	MHD_destroy_response(response);
	return ret;
}

static int work(struct http_server *http)
{
	MHD_UNSIGNED_LONG_LONG wait;

	MHD_run(http->daemon);
	if (MHD_get_timeout(http->daemon, &wait) != MHD_YES)
		return sd_event_source_set_enabled(http->timer, SD_EVENT_OFF);
	if (sd_event_source_set_time_relative(http->timer, wait * 1000) < 0)
		return -ENOMEM;
	return sd_event_source_set_enabled(http->timer, SD_EVENT_ONESHOT);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	(void)source;
	(void)fd;
	(void)revents;
	work(arg);
	return 0;
}

static int on_time(sd_event_source *source, uint64_t when, void *arg)
{
	(void)source;
	(void)when;
	work(arg);
	return 0;
}

static int make_socket(const struct nf_svc_addr *addr, uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port) };
	bool v4 = addr->family == NFPROTO_IPV4;
	int fd, on = 1, only = addr->family == NFPROTO_IPV6, ret;
	bool any;

	memcpy(&in.sin_addr, addr->bytes, sizeof(in.sin_addr));
	memcpy(&in6.sin6_addr, addr->bytes, sizeof(in6.sin6_addr));
	/* 0.0.0.0 is what kube-proxy's default says, and it means both families */
	any = !addr->family || (v4 && in.sin_addr.s_addr == INADDR_ANY);
	if (any && v4) {
		memset(&in6.sin6_addr, 0, sizeof(in6.sin6_addr));
		only = 0;
	}
	fd = socket(any || !v4 ? AF_INET6 : AF_INET,
		    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* a machine without IPv6 */
	if (fd < 0 && any) {
		any = false;
		v4 = true;
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			    0);
	}
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (any || !v4) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
		ret = bind(fd, (struct sockaddr *)&in6, sizeof(in6));
	} else {
		ret = bind(fd, (struct sockaddr *)&in, sizeof(in));
	}
	if (!ret)
		ret = listen(fd, CONNECTIONS);
	if (ret) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

static int start(struct http_server *http, sd_event *event, int fd)
{
	const union MHD_DaemonInfo *info;
	int ret;

	http->daemon = MHD_start_daemon(
		MHD_USE_EPOLL, 0, NULL, NULL, answer, http,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned int)SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)MEMORY, MHD_OPTION_END);
	if (!http->daemon) {
		close(fd);
		return -ENOMEM;
	}
	info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return -EOPNOTSUPP;
	ret = sd_event_add_io(event, &http->io, info->epoll_fd, EPOLLIN, on_io,
			      http);
	if (ret >= 0)
		ret = sd_event_add_time(event, &http->timer, CLOCK_MONOTONIC, 0,
					0, on_time, http);
	return ret < 0 ? ret : 0;
}

int http_open(struct http_server **result, sd_event *event,
	      const struct nf_svc_addr *addr, uint16_t port,
	      http_handler handler, void *context)
{
	struct http_server *http;
	int fd, ret;

	*result = NULL;
	fd = make_socket(addr, port);
	if (fd < 0)
		return fd;
	http = calloc(1, sizeof(*http));
	if (!http) {
		close(fd);
		return -ENOMEM;
	}
	http->handler = handler;
	http->context = context;
	ret = start(http, event, fd);
	if (ret) {
		http_close(http);
		return ret;
	}
	*result = http;
	return 0;
}

void http_close(struct http_server *http)
{
	if (!http)
		return;
	sd_event_source_disable_unref(http->io);
	sd_event_source_disable_unref(http->timer);
	if (http->daemon)
		MHD_stop_daemon(http->daemon);
	free(http);
}
