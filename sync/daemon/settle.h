/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keeps the kernel at what the store says.
 *
 *   settle.c        when: waits for what has to be known first, gathers, tries again
 *   settle_read.c   what the kernel has, at the start and when it drifted
 *   settle_wish.c   what the Services that wait come to
 *   settle_send.c   the difference, as transactions; what is refused is left out
 */
#ifndef NF_SVC_DAEMON_SETTLE_H
#define NF_SVC_DAEMON_SETTLE_H

#include "histogram.h"
#include "kernel.h"
#include "pace.h"
#include "view.h"

/* A Node that does not show up is waited for so long, microseconds. */
#define SETTLE_NODE_WAIT 30000000
/* What was refused is tried again after so long. */
#define SETTLE_REFUSED_WAIT 60000000

/**
 * struct settle - all about it
 * @event: loop, not owned
 * @config: not owned
 * @store: not owned
 * @report: not owned
 * @kernel: the module
 * @view: this node, owned; NULL: not looked at yet
 * @have: settings that hold
 * @stale: this node has to be looked at again
 * @compare: the kernel's tables have to be read
 * @drift: because others changed something
 * @adopted: they were read once: from then on a difference is drift
 * @settled: the first run is done
 * @settings_refused: the kernel refused the settings as they are
 * @timer: when to run
 * @pace: when that is
 * @begun: when the daemon began, microseconds of CLOCK_MONOTONIC
 * @pending: since when something waits, likewise; 0: nothing does
 * @succeeded: when all that was known was in the kernel, microseconds since 1970
 * @queued: when something began to wait last, likewise
 * @lost: why there is no module, as it was told; empty: there is one
 * @batch: Services that are being settled, owned
 * @n_batch: how many
 * @n_refused: Services that the kernel refused
 * @retry: when these are tried again, microseconds of CLOCK_MONOTONIC
 * @commits: how many
 * @failures: runs that failed
 * @runs: how long runs took
 * @programming: from a change to the kernel
 * @done: called after each run
 * @failed: called when there is no use in going on; @text says why
 * @context: for both
 */
struct settle {
	sd_event *event;
	const struct config *config;
	struct store *store;
	struct report *report;
	struct kernel kernel;
	struct view *view;
	struct nf_svc_settings have;
	bool stale;
	bool compare;
	bool drift;
	bool adopted;
	bool settled;
	bool settings_refused;
	sd_event_source *timer;
	struct pace pace;
	uint64_t begun;
	uint64_t pending;
	uint64_t succeeded;
	uint64_t queued;
	char lost[256];
	struct mirror **batch;
	size_t n_batch;
	size_t n_refused;
	uint64_t retry;
	uint64_t commits;
	uint64_t failures;
	struct histogram runs;
	struct histogram programming;
	void (*done)(void *context);
	void (*failed)(void *context, const char *text);
	void *context;
};

/**
 * settle_begin - be ready
 * @settle: has @event, @config, @store, @report and what is to be called; filled.
 *	settle_end() it
 *
 * Return: 0 or a negative errno.
 */
int settle_begin(struct settle *settle);

/**
 * settle_soon - something has changed
 * @settle: all
 */
void settle_soon(struct settle *settle);

/**
 * settle_end - let go of all; the kernel keeps what it has
 * @settle: zeroed
 */
void settle_end(struct settle *settle);

/* The parts, one file each. */

/**
 * settle_read - read what the kernel has of ours
 * @settle: its entries know it afterwards, and all of them wait
 *
 * Return: 0, -ENOMEM, or a negative errno with @error filled.
 */
int settle_read(struct settle *settle, struct nf_svc_error *error);

/**
 * settle_view - look at this node again
 * @settle: all entries wait if it is not as it was
 *
 * Return: 0 or a negative errno.
 */
int settle_view(struct settle *settle);

/**
 * settle_wish - take what waits into the batch, and find out what it comes to
 * @settle: all
 *
 * Return: 0 or -ENOMEM; settle_return() then.
 */
int settle_wish(struct settle *settle);

/**
 * settle_send - bring the batch into the kernel
 * @settle: what the kernel took is held afterwards, and not in the batch any more
 * @error: on failure
 *
 * Return: 0, or a negative errno; settle_return() then.
 */
int settle_send(struct settle *settle, struct nf_svc_error *error);

/**
 * settle_return - let the batch wait again
 * @settle: all
 */
void settle_return(struct settle *settle);

/**
 * settle_clock - the time
 *
 * Return: microseconds since 1970.
 */
uint64_t settle_clock(void);

#endif
