/* SPDX-License-Identifier: GPL-2.0 */
/* Durations, counted by size as Prometheus wants them. */
#ifndef NF_SVC_DAEMON_HISTOGRAM_H
#define NF_SVC_DAEMON_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_MAX 96

/**
 * struct histogram - durations
 * @bounds: upper bounds of the buckets, seconds, growing
 * @n: how many
 * @counts: of each bucket alone, and behind them of what is longer
 * @sum: of all, seconds
 * @total: how many
 */
struct histogram {
	double bounds[HISTOGRAM_MAX];
	size_t n;
	uint64_t counts[HISTOGRAM_MAX + 1];
	double sum;
	uint64_t total;
};

/**
 * histogram_double - buckets that double
 * @histogram: emptied
 * @first: first bound
 * @n: how many
 */
void histogram_double(struct histogram *histogram, double first, size_t n);

/**
 * histogram_programming - buckets of kubeproxy_network_programming_duration_seconds
 * @histogram: emptied
 */
void histogram_programming(struct histogram *histogram);

/**
 * histogram_add - count a duration
 * @histogram: the histogram
 * @seconds: the duration
 */
void histogram_add(struct histogram *histogram, double seconds);

#endif
