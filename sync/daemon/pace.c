// SPDX-License-Identifier: GPL-2.0
#include "pace.h"

uint64_t pace_due(const struct pace *pace, uint64_t now)
{
	uint64_t pause = pace->took > PACE_WINDOW ? pace->took : PACE_WINDOW;
	uint64_t due;

	if (pace->failures) {
		unsigned int times = pace->failures - 1;

		pause = times > 8 ? PACE_RETRY_MAX :
				    (uint64_t)PACE_RETRY << times;
		if (pause > PACE_RETRY_MAX)
			pause = PACE_RETRY_MAX;
	}
	if (!pace->last)
		return now;
	due = pace->last + pause;
	return due > now ? due : now;
}

void pace_done(struct pace *pace, uint64_t begin, uint64_t now, int failed)
{
	pace->last = now;
	pace->took = now - begin;
	pace->failures = failed ? pace->failures + 1 : 0;
}
