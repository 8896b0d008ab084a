/* SPDX-License-Identifier: GPL-2.0 */
/* /metrics in Prometheus' text format, under kube-proxy's names: OPS-03. */
#ifndef NF_SVC_DAEMON_METRICS_H
#define NF_SVC_DAEMON_METRICS_H

#include "health.h"

/**
 * struct metrics - what is asked
 * @settle: not owned
 * @health: not owned
 */
struct metrics {
	struct settle *settle;
	struct health *health;
};

/**
 * metrics_answer - answer /metrics, /healthz, /proxyMode and /configz; a http_handler
 * @context: struct metrics
 * @path: which
 * @answer: filled
 */
void metrics_answer(void *context, const char *path,
		    struct http_answer *answer);

#endif
