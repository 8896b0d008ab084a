/* SPDX-License-Identifier: GPL-2.0 */
/* Counters: as they are, and how fast they grow. */
#ifndef SVCCTL_STATS_H
#define SVCCTL_STATS_H

#include <cjson/cJSON.h>

#include "svcctl.h"

/**
 * struct counters - what is printed
 * @services: by service
 * @n: how many
 * @total: of the namespace
 */
struct counters {
	struct nf_svc_stats *services;
	size_t n;
	struct nf_svc_stats total;
};

/**
 * stats_read - read all counters
 * @ctl: connected
 * @counters: filled; nf_svc_stats_free() its services, after success only
 * @error: on failure
 *
 * Return: 0 or a negative errno.
 */
int stats_read(struct svcctl *ctl, struct counters *counters,
	       struct nf_svc_error *error);

/**
 * stats_print_table - print counters for people
 * @ctl: the run
 * @counters: the counters
 * @name: only of this service, NULL: of all
 * @seconds: print them as rates over this time, 0: as they are
 *
 * Return: DONE, or an exit status after telling why.
 */
enum exit_status stats_print_table(const struct svcctl *ctl,
				   const struct counters *counters,
				   const char *name, double seconds);

/**
 * stats_document - counters of a service as JSON
 * @stats: the counters
 *
 * Return: the object, or NULL: no memory.
 */
cJSON *stats_document(const struct nf_svc_stats *stats);

/**
 * stats_wanted - are these the counters of a service asked for?
 * @stats: the counters
 * @name: NAMESPACE/NAME or NAMESPACE/NAME:PORT, NULL: all are
 */
bool stats_wanted(const struct nf_svc_stats *stats, const char *name);

/**
 * stats_watch - print how counters grow, again and again
 * @ctl: says how often and how many times
 * @before: what they were; replaced by what they are
 * @name: only of this service, NULL: of all
 *
 * Return: DONE, or an exit status after telling why.
 */
enum exit_status stats_watch(struct svcctl *ctl, struct counters *before,
			     const char *name);

/**
 * stats_subtract - how much counters have grown
 * @now: services of which nothing grew are dropped from it
 * @before: what they were; a service that was not there had 0
 *
 * A counter that is less than it was began anew meanwhile.
 */
void stats_subtract(struct counters *now, const struct counters *before);

#endif
