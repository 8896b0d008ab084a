// SPDX-License-Identifier: GPL-2.0
/* How long to wait before the next try. */
#include "sync/watch/backoff.h"

uint64_t backoff_next(struct backoff *backoff, uint64_t asked, uint32_t random)
{
	uint64_t wait = BACKOFF_FIRST;

	for (unsigned int i = 0; i < backoff->failures && wait < BACKOFF_LAST;
	     i++)
		wait *= 2;
	if (wait > BACKOFF_LAST)
		wait = BACKOFF_LAST;
	if (backoff->failures < UINT32_MAX)
		backoff->failures++;
	wait = backoff_jitter(wait, random);
	if (asked > BACKOFF_ASKED_MAX / 1000000)
		asked = BACKOFF_ASKED_MAX / 1000000;
	asked *= 1000000;
	asked += (asked / 4) * random >> 32;
	return asked > wait ? asked : wait;
}

void backoff_reset(struct backoff *backoff)
{
	backoff->failures = 0;
}
