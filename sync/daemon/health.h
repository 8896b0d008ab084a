/* SPDX-License-Identifier: GPL-2.0 */
/* Is this proxy healthy? As kube-proxy answers /healthz and /livez: OPS-01. */
#ifndef NF_SVC_DAEMON_HEALTH_H
#define NF_SVC_DAEMON_HEALTH_H

#include "http.h"
#include "settle.h"

/**
 * struct health - what it is asked of
 * @settle: not owned
 * @healthz: answers of /healthz: 200 and 503
 * @livez: of /livez, likewise
 */
struct health {
	const struct settle *settle;
	uint64_t healthz[2];
	uint64_t livez[2];
};

/**
 * health_is_well - is what was queued also done?
 * @health: the health
 *
 * Only a change that has waited for more than two sync periods says no: neither
 * being idle nor an API server that is away does.
 */
bool health_is_well(const struct health *health);

/**
 * health_answer - answer /healthz and /livez; an http_handler
 * @context: struct health
 * @path: which
 * @answer: filled
 */
void health_answer(void *context, const char *path, struct http_answer *answer);

#endif
