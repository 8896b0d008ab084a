/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The last good state on disk (OPS-10): what the kernel was last known to have of
 * ours, as 'svcctl save --owner svcsyncd' prints it. It is for a node that starts
 * while its API server is away; as soon as that has been heard, it decides.
 */
#ifndef NF_SVC_DAEMON_LAST_H
#define NF_SVC_DAEMON_LAST_H

#include <limits.h>

#include "settle.h"

/* A change is on disk after so long, and no sooner after the change before, microseconds. */
#define LAST_SOON 5000000
#define LAST_EVERY 60000000

/**
 * struct last - the file
 * @settle: whose state it is, not owned
 * @path: of the file
 * @timer: when to write it
 * @child: who writes it; NULL: nobody does
 * @saved: settle's commits that are in it; UINT64_MAX: it is not known
 * @begun: when it was begun last, microseconds of CLOCK_MONOTONIC; 0: never
 * @told: that it could not be written
 */
struct last {
	struct settle *settle;
	char path[PATH_MAX];
	sd_event_source *timer;
	sd_event_source *child;
	uint64_t saved;
	uint64_t begun;
	bool told;
};

/**
 * last_restore - bring the file into a kernel that has nothing of ours
 * @path: of the file; there may be none
 *
 * What is wrong is logged: nothing is changed then. A file that makes no sense is
 * passed over whole.
 */
void last_restore(const char *path);

/**
 * last_open - begin to write the file
 * @last: has @settle and @path; filled. last_close() it
 *
 * Return: 0 or a negative errno.
 */
int last_open(struct last *last);

/**
 * last_note - settle has run: what it changed is to be written
 * @last: the file; not opened: nothing happens
 */
void last_note(struct last *last);

/**
 * last_close - write what is not written yet, and let go
 * @last: zeroed; may not have been opened
 */
void last_close(struct last *last);

#endif
