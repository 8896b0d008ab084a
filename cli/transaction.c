// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "transaction.h"

/* So often a plan is made anew because others changed the tables. */
#define TRIES 64

enum exit_status transaction_check(int ret, const struct nf_svc_error *error)
{
	return ret ? complain_error(error) : DONE;
}

/**
 * struct change - a change until it is made
 * @reads: what @prepare and @plan have to know
 * @prepare: see transaction_run()
 * @plan: see there
 * @arg: for both
 * @deadline: until when other writers are waited for, all tries together; 0: it
 *	was not tried yet
 * @again: it may be tried once more
 */
struct change {
	enum transaction_reads reads;
	transaction_prepare prepare;
	transaction_plan plan;
	void *arg;
	uint64_t deadline;
	bool again;
};

static int read_tables(struct svcctl *ctl, enum transaction_reads reads,
		       struct nf_svc_snapshot *snapshot,
		       struct nf_svc_error *error)
{
	struct nf_svc_info info;
	int ret;

	if (reads == READ_ALL)
		return nf_svc_snapshot_read(ctl->client, snapshot, error);
	memset(snapshot, 0, sizeof(*snapshot));
	ret = nf_svc_info_get(ctl->client, &info, error);
	if (ret)
		return ret;
	snapshot->generation = info.generation;
	return nf_svc_settings_get(ctl->client, &snapshot->settings, error);
}

static enum exit_status run_once(struct svcctl *ctl, struct change *change)
{
	struct nf_svc_begin begin = {
		.owner = ctl->owner,
		.if_generation = true,
	};
	struct nf_svc_snapshot snapshot;
	struct nf_svc_error error;
	enum exit_status status;
	bool nothing = false;
	int ret;

	ret = read_tables(ctl, change->reads, &snapshot, &error);
	if (ret)
		return complain_error(&error);
	begin.generation = snapshot.generation;
	status = change->prepare ? change->prepare(ctl, &snapshot, change->arg,
						   &nothing) :
				   DONE;
	if (status || nothing) {
		change->again = false;
		nf_svc_snapshot_clean(&snapshot);
		return status;
	}
	/* from here on: @prepare may have asked the user something */
	if (!change->deadline)
		change->deadline = nf_svc_deadline(ctl->wait_ms);
	begin.deadline = change->deadline;
	ret = nf_svc_tx_begin(ctl->client, &begin, &error);
	if (ret == -ESTALE && change->again) {
		nf_svc_snapshot_clean(&snapshot);
		return DONE;
	}
	change->again = false;
	status = transaction_check(ret, &error);
	if (!status) {
		status = change->plan(ctl, &snapshot, change->arg);
		if (status)
			nf_svc_tx_abort(ctl->client);
		else
			status = transaction_check(
				nf_svc_tx_commit(ctl->client, NULL, &error),
				&error);
	}
	nf_svc_snapshot_clean(&snapshot);
	return status;
}

enum exit_status transaction_run(struct svcctl *ctl,
				 enum transaction_reads reads,
				 transaction_prepare prepare,
				 transaction_plan plan, void *arg)
{
	struct change change = {
		.reads = reads,
		.prepare = prepare,
		.plan = plan,
		.arg = arg,
		.again = true,
	};
	enum exit_status status;
	bool nothing = false;

	if (ctl->batch) {
		status = prepare ? prepare(ctl, ctl->batch, arg, &nothing) :
				   DONE;
		return status || nothing ? status : plan(ctl, ctl->batch, arg);
	}
	status = svcctl_connect(ctl);
	for (unsigned int tries = 1; !status && change.again; tries++) {
		change.again = tries < TRIES;
		status = run_once(ctl, &change);
	}
	return status;
}
