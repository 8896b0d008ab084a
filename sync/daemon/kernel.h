/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module, as the daemon has it: one socket that has claimed our owner and
 * writes, one that listens to what others commit.
 */
#ifndef NF_SVC_DAEMON_KERNEL_H
#define NF_SVC_DAEMON_KERNEL_H

#include <systemd/sd-event.h>

#include "client/events.h"

#define KERNEL_OWNER "svcsyncd"
/* So many commits of ours are told from those of others. */
#define KERNEL_OWN 256

/**
 * enum kernel_news - what was heard
 * @KERNEL_DRIFTED: something of ours, or the settings, was changed by others, or
 *	something was missed
 * @KERNEL_OTHERS: others changed what is theirs: what was refused may go in now
 * @KERNEL_GONE: the module may be gone, or another one
 */
enum kernel_news {
	KERNEL_DRIFTED,
	KERNEL_OTHERS,
	KERNEL_GONE,
};

/**
 * struct kernel - the module
 * @client: writes; NULL: there is none
 * @listener: listens
 * @listening: its events
 * @families: plain socket, told about families that come and go
 * @coming: its events
 * @info: of the module
 * @seen: generation that was read from the tables last
 * @own: generations of our last commits
 * @n_own: how many there were
 * @hear: told what was heard
 * @context: for @hear
 */
struct kernel {
	struct nf_svc_client *client;
	struct nf_svc_client *listener;
	sd_event_source *listening;
	struct nl_sock *families;
	sd_event_source *coming;
	struct nf_svc_info info;
	uint64_t seen;
	uint64_t own[KERNEL_OWN];
	size_t n_own;
	void (*hear)(void *context, enum kernel_news news);
	void *context;
};

/**
 * kernel_open - connect, claim our owner, and listen
 * @kernel: closed, or all zero but @hear
 * @event: loop
 * @error: on failure; EUSERS: another daemon is there
 *
 * Return: 0 or a negative errno; then it is closed, but goes on hearing of
 * families.
 */
int kernel_open(struct kernel *kernel, sd_event *event,
		struct nf_svc_error *error);

/**
 * kernel_close - let go of the module
 * @kernel: hears of families still
 */
void kernel_close(struct kernel *kernel);

/**
 * kernel_clean - let go of all
 * @kernel: zeroed
 */
void kernel_clean(struct kernel *kernel);

/**
 * kernel_committed - a commit was ours
 * @kernel: the module
 * @generation: its number
 */
void kernel_committed(struct kernel *kernel, uint64_t generation);

/**
 * kernel_lost - does an error mean that the module is gone, or not the one it was?
 * @error: the error
 */
bool kernel_lost(const struct nf_svc_error *error);

#endif
