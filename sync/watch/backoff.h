/* SPDX-License-Identifier: GPL-2.0 */
/* How long to wait before the next try. */
#ifndef NF_SVC_SYNC_WATCH_BACKOFF_H
#define NF_SVC_SYNC_WATCH_BACKOFF_H

#include <stdint.h>

/* Microseconds, before jitter: doubled from the first to the last. */
#define BACKOFF_FIRST UINT64_C(200000)
#define BACKOFF_LAST UINT64_C(15000000)
/* A server's Retry-After counts up to here. */
#define BACKOFF_ASKED_MAX UINT64_C(300000000)

/**
 * struct backoff - tries that failed; all zero: none
 * @failures: how many in a row
 */
struct backoff {
	unsigned int failures;
};

/**
 * backoff_next - a try has failed
 * @backoff: counts it
 * @asked: seconds that the server asked for, 0: it did not
 * @random: any number
 *
 * Return: microseconds to wait: twice as long with each failure, and between once and
 * twice that, so that a thousand nodes do not come back together. What the server
 * asks for is waited at least, up to BACKOFF_ASKED_MAX, and up to a quarter more.
 */
uint64_t backoff_next(struct backoff *backoff, uint64_t asked, uint32_t random);

/**
 * backoff_reset - a try has done well
 * @backoff: forgets its failures
 */
void backoff_reset(struct backoff *backoff);

/**
 * backoff_jitter - a time between once and twice another
 * @time: any unit, up to 2^32
 * @random: any number
 */
static inline uint64_t backoff_jitter(uint64_t time, uint32_t random)
{
	return time + (time * random >> 32);
}

#endif
