/* SPDX-License-Identifier: GPL-2.0 */
/* Read, decide, change: as one step. */
#ifndef SVCCTL_TRANSACTION_H
#define SVCCTL_TRANSACTION_H

#include "svcctl.h"

/**
 * transaction_plan - queues what a command changes
 * @ctl: its client has a transaction open
 * @snapshot: the tables as they are; only the settings, if that was asked for
 * @arg: whatever it was given
 *
 * Return: DONE, or an exit status after telling why: nothing is changed then.
 */
typedef enum exit_status (*transaction_plan)(
	struct svcctl *ctl, const struct nf_svc_snapshot *snapshot, void *arg);

/**
 * transaction_prepare - looks at the tables before a transaction begins
 * @ctl: the run
 * @snapshot: the tables as they are
 * @arg: whatever it was given
 * @nothing: set it if nothing is to be changed; no transaction begins then
 *
 * Return: DONE, or an exit status after telling why.
 */
typedef enum exit_status (*transaction_prepare)(
	struct svcctl *ctl, const struct nf_svc_snapshot *snapshot, void *arg,
	bool *nothing);

/**
 * enum transaction_reads - what a plan has to know
 * @READ_ALL: all tables
 * @READ_SETTINGS: the settings
 *
 * If the tables change before the transaction begins, it is planned again.
 */
enum transaction_reads {
	READ_ALL,
	READ_SETTINGS,
};

/**
 * transaction_run - change the tables
 * @ctl: the run
 * @reads: what @prepare and @plan have to know
 * @prepare: called first; NULL: nothing is to be done first
 * @plan: queues the changes
 * @arg: for @plan
 *
 * In a batch they are planned on what the batch leaves, and hold with its end.
 *
 * Return: DONE: the changes hold; or an exit status after telling why.
 */
enum exit_status transaction_run(struct svcctl *ctl,
				 enum transaction_reads reads,
				 transaction_prepare prepare,
				 transaction_plan plan, void *arg);

/**
 * transaction_check - an exit status out of what the client library returned
 * @ret: what it returned
 * @error: told if @ret is not 0
 */
enum exit_status transaction_check(int ret, const struct nf_svc_error *error);

#endif
