/* SPDX-License-Identifier: GPL-2.0 */
/* Small servers for small answers, on libmicrohttpd and the daemon's own loop. */
#ifndef NF_SVC_DAEMON_HTTP_H
#define NF_SVC_DAEMON_HTTP_H

#include <systemd/sd-event.h>

#include "client/address.h"

/**
 * struct http_answer - what is answered
 * @status: 200, 404, 503
 * @type: Content-Type, a constant text
 * @weight: X-Load-Balancing-Endpoint-Weight; negative: without
 * @body: owned by whoever made it until it is handed over; to be freed
 */
struct http_answer {
	unsigned int status;
	const char *type;
	long weight;
	char *body;
};

/**
 * http_handler - makes an answer
 * @context: as given
 * @path: "/healthz"
 * @answer: filled; a @body of NULL means no memory
 */
typedef void (*http_handler)(void *context, const char *path,
			     struct http_answer *answer);

struct http_server;

/**
 * http_open - listen
 * @http: where the server goes; http_close() it
 * @event: loop
 * @addr: where; family 0: at all IPv4 and IPv6 addresses
 * @port: port
 * @handler: answers
 * @context: for it
 *
 * Return: 0 or a negative errno.
 */
int http_open(struct http_server **http, sd_event *event,
	      const struct nf_svc_addr *addr, uint16_t port,
	      http_handler handler, void *context);

/**
 * http_close - listen no longer
 * @http: NULL is fine
 */
void http_close(struct http_server *http);

#endif
