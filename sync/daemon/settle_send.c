// SPDX-License-Identifier: GPL-2.0
/*
 * The difference into the kernel. All of a batch is one transaction; a Service that
 * the kernel refuses is left out of it, and told. When it refuses many, each goes by
 * itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "log.h"
#include "settle.h"

/* So many refusals of one transaction are worth another one for the rest. */
#define REFUSALS_MAX 8
/* Another writer's transaction is waited for so long, milliseconds. */
#define BUSY_MS 50

/**
 * struct sending - a transaction
 * @settle: all
 * @mirrors: Services whose changes it has
 * @n: how many
 * @settings: it sets the settings
 * @changes: what it changes
 */
struct sending {
	struct settle *settle;
	struct mirror **mirrors;
	size_t n;
	bool settings;
	struct changes changes;
};

static int add_changes(struct changes *changes, const struct mirror *mirror)
{
	const struct nf_svc_service **have;
	int ret;

	have = calloc(mirror->held.n ? mirror->held.n : 1, sizeof(*have));
	if (!have)
		return -ENOMEM;
	for (size_t i = 0; i < mirror->held.n; i++)
		have[i] = &mirror->held.services[i];
	ret = diff_services(changes, have, mirror->held.n,
			    mirror->wish.services, mirror->wish.n);
	free(have);
	return ret;
}

static int make_changes(struct sending *sending)
{
	struct settle *settle = sending->settle;
	int ret = 0;

	changes_clean(&sending->changes);
	for (size_t i = 0; i < sending->n && !ret; i++) {
		struct mirror *mirror = sending->mirrors[i];
		size_t before = sending->changes.n;

		if (mirror->refused)
			continue;
		ret = add_changes(&sending->changes, mirror);
		if (settle->drift && !mirror->changed &&
		    sending->changes.n > before)
			report_one(
				settle->report, NULL, REPORT_DRIFT,
				"%s/%s: the kernel had something else than it was told; put right",
				mirror->namespace, mirror->name);
	}
	return ret;
}

static int transact(struct sending *sending, struct nf_svc_error *error)
{
	const struct nf_svc_begin begin = {
		.owner = KERNEL_OWNER,
		.deadline = nf_svc_deadline(BUSY_MS),
	};
	struct kernel *kernel = &sending->settle->kernel;
	uint64_t generation;
	int ret;

	ret = nf_svc_tx_begin(kernel->client, &begin, error);
	if (ret)
		return ret;
	if (sending->settings)
		ret = nf_svc_tx_settings_set(kernel->client,
					     &sending->settle->view->settings,
					     error);
	if (!ret)
		ret = changes_send(kernel->client, &sending->changes, error);
	if (ret) {
		struct nf_svc_error why = *error;

		nf_svc_tx_abort(kernel->client);
		*error = why;
		return ret;
	}
	ret = nf_svc_tx_commit(kernel->client, &generation, error);
	if (!ret) {
		kernel_committed(kernel, generation);
		sending->settle->commits++;
		log_line(LOG_DEBUG, "commit %llu: %zu changes",
			 (unsigned long long)generation, sending->changes.n);
	}
	return ret;
}

/* Whose message was refused; NULL: the settings'. */
static struct mirror *find_culprit(const struct sending *sending,
				   const struct nf_svc_error *error)
{
	for (size_t i = 0; i < sending->changes.n; i++) {
		const struct change *change = &sending->changes.list[i];

		if (change->last_step >= error->step)
			return mirrors_find_service(
				&sending->settle->store->mirrors,
				change->key.name);
	}
	return NULL;
}

/* Is it the fault of one object, so that the others can go in? */
static bool is_objects_fault(const struct nf_svc_error *error)
{
	return error->kind == NF_SVC_ERROR_REFUSED && error->step &&
	       error->number != ENOMEM && error->number != ENOTCONN;
}

static void leave_out(struct sending *sending, const struct nf_svc_error *error)
{
	struct settle *settle = sending->settle;
	struct mirror *mirror = NULL;

	if (!sending->settings || error->step > 1)
		mirror = find_culprit(sending, error);
	if (!mirror) {
		settle->settings_refused = true;
		sending->settings = false;
		report_one(settle->report, NULL, REPORT_REFUSED,
			   "the kernel refuses the settings: %s%s%s",
			   error->message, *error->value ? ": " : "",
			   error->value);
		return;
	}
	mirror->refused = true;
	settle->n_refused++;
	settle->retry = store_now() + SETTLE_REFUSED_WAIT;
	/* what others took over from it is not known here */
	settle->compare |= mirror->held.n;
	report_one(settle->report, mirror, REPORT_REFUSED,
		   "the kernel refuses %s: %s%s%s", error->object,
		   *error->message ? error->message : strerror(error->number),
		   *error->value ? ": " : "", error->value);
}

/* The kernel has it: from now on that is what is held. */
static void hold(struct settle *settle, struct mirror *mirror)
{
	uint64_t now = settle_clock();

	mirror->batched = false;
	mirror->changed = false;
	if (mirror->refused) {
		desired_clean(&mirror->wish);
		return;
	}
	desired_clean(&mirror->held);
	mirror->held = mirror->wish;
	memset(&mirror->wish, 0, sizeof(mirror->wish));
	if (mirror->trigger && mirror->trigger <= now)
		histogram_add(&settle->programming,
			      (double)(now - mirror->trigger) / 1000000);
	mirror->trigger = 0;
	mirrors_forget(&settle->store->mirrors, mirror);
}

static bool is_nothing(const struct sending *sending)
{
	return !sending->changes.n && !sending->settings;
}

/* One transaction for all of them, and again without what is refused. */
static int send_together(struct sending *sending, unsigned int *refusals,
			 struct nf_svc_error *error)
{
	int ret;

	do {
		ret = make_changes(sending);
		if (ret || is_nothing(sending))
			return ret;
		ret = transact(sending, error);
		if (!ret || !is_objects_fault(error))
			return ret;
		leave_out(sending, error);
	} while (++*refusals < REFUSALS_MAX);
	return ret;
}

static int send_each(struct sending *all, struct nf_svc_error *error)
{
	int ret = 0;

	for (size_t i = 0; i < all->n && !ret; i++) {
		struct sending one = { .settle = all->settle,
				       .mirrors = &all->mirrors[i],
				       .n = 1,
				       .settings = all->settings };
		unsigned int refusals = 0;

		ret = send_together(&one, &refusals, error);
		all->settings = one.settings && ret;
		changes_clean(&one.changes);
	}
	return ret;
}

int settle_send(struct settle *settle, struct nf_svc_error *error)
{
	struct sending sending = { .settle = settle,
				   .mirrors = settle->batch,
				   .n = settle->n_batch };
	bool had_settings, compare = settle->compare;
	unsigned int refusals = 0;
	int ret;

	for (size_t i = 0; i < sending.n; i++) {
		if (sending.mirrors[i]->refused && settle->n_refused)
			settle->n_refused--;
		sending.mirrors[i]->refused = false;
	}
	settle->compare = false;
	sending.settings =
		!settle->settings_refused &&
		diff_settings(&settle->have, &settle->view->settings);
	had_settings = sending.settings;
	ret = send_together(&sending, &refusals, error);
	if (ret && is_objects_fault(error))
		ret = send_each(&sending, error);
	changes_clean(&sending.changes);
	if (ret) {
		settle->compare |= compare;
		return ret;
	}
	settle->n_batch = 0;
	for (size_t i = 0; i < sending.n; i++)
		hold(settle, sending.mirrors[i]);
	/* settings that were set have to be read to be held */
	if (had_settings && !settle->settings_refused) {
		nf_svc_settings_clean(&settle->have);
		ret = nf_svc_settings_get(settle->kernel.client, &settle->have,
					  error);
		settle->stale = true;
	}
	return ret;
}
