/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When to settle: at once when it has been quiet, else a short time after the last
 * run, so that a storm is gathered and every change waits for a bounded time.
 */
#ifndef NF_SVC_DAEMON_PACE_H
#define NF_SVC_DAEMON_PACE_H

#include <stdint.h>

/* Changes are gathered for so long after a run, microseconds. */
#define PACE_WINDOW 10000
/* After a failure: so long, doubled each time up to the second. */
#define PACE_RETRY 100000
#define PACE_RETRY_MAX 5000000

/**
 * struct pace - how it goes; all zero: nothing has happened
 * @last: end of the last run, microseconds of CLOCK_MONOTONIC; 0: none
 * @took: how long that took
 * @failures: runs that failed one after another
 */
struct pace {
	uint64_t last;
	uint64_t took;
	unsigned int failures;
};

/**
 * pace_due - when to run, if there is something to do
 * @pace: how it goes
 * @now: microseconds of CLOCK_MONOTONIC
 *
 * A run that took long is followed by as long a pause: the other half of the time
 * is for hearing of changes.
 *
 * Return: likewise; never before @now.
 */
uint64_t pace_due(const struct pace *pace, uint64_t now);

/**
 * pace_done - a run has ended
 * @pace: how it goes
 * @begin: when it began
 * @now: when it ended
 * @failed: it has to be tried again
 */
void pace_done(struct pace *pace, uint64_t begin, uint64_t now, int failed);

#endif
