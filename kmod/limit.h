/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _NF_SVC_LIMIT_H
#define _NF_SVC_LIMIT_H

#include <linux/atomic.h>
#include <linux/ktime.h>
#include <linux/minmax.h>

/*
 * A bucket of one word (the generic cell rate algorithm): the time, in ns of
 * ktime_get_ns(), until which it is spent. No lock; a lost race is tried again.
 */

/**
 * nf_svc_limit_left() - could this be taken from a bucket now?
 * @spent_until: the bucket
 * @window: ns that it may be spent ahead: the burst
 * @cost: ns that this costs
 *
 * Context: any.
 * Return: could it?
 */
static inline bool nf_svc_limit_left(const atomic64_t *spent_until, u64 window,
				     u64 cost)
{
	u64 now = ktime_get_ns(), until = atomic64_read(spent_until);

	return max(until, now) + cost <= now + window;
}

/**
 * nf_svc_limit_take() - take from a bucket
 * @spent_until: the bucket
 * @window: ns that it may be spent ahead: the burst
 * @cost: ns that this costs
 *
 * Context: any.
 * Return: was there enough? If not, nothing was taken.
 */
static inline bool nf_svc_limit_take(atomic64_t *spent_until, u64 window,
				     u64 cost)
{
	s64 old = atomic64_read(spent_until);
	u64 now = ktime_get_ns(), until;

	do {
		until = max_t(u64, old, now) + cost;
		if (until > now + window)
			return false;
	} while (!atomic64_try_cmpxchg(spent_until, &old, until));
	return true;
}

#endif /* _NF_SVC_LIMIT_H */
