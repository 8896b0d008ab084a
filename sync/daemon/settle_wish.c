// SPDX-License-Identifier: GPL-2.0
/* What Services come to: allocated, resolved, and without what others have. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "log.h"
#include "settle.h"

/* What waits goes behind the batch; a claim may have sent more to wait. */
static int fill_batch(struct settle *settle)
{
	struct mirrors *mirrors = &settle->store->mirrors;
	struct mirror *mirror = mirrors_unqueue(mirrors), *next;

	for (; mirror; mirror = next) {
		struct mirror **place;

		next = mirror->next_queued;
		if (mirror->batched)
			continue;
		place = nf_svc_array_add(&settle->batch, &settle->n_batch,
					 sizeof(*place));
		if (!place) {
			/* this one and the rest wait on */
			for (; mirror; mirror = next) {
				next = mirror->next_queued;
				mirrors_queue(mirrors, mirror, true,
					      mirror->since);
			}
			return -ENOMEM;
		}
		*place = mirror;
		mirror->batched = true;
	}
	return 0;
}

static void tell_allocation(struct settle *settle, struct mirror *mirror,
			    const struct tree_error *error)
{
	mirror->waiting = true;
	report_one(settle->report, mirror, REPORT_ALLOCATION, "%s%s%s: %s",
		   mirror->origin ? mirror->origin : "",
		   mirror->origin ? ": " : "", error->field, error->message);
}

/* First what Services say themselves, then what the others lack. */
static int allocate(struct settle *settle)
{
	struct ledger *ledger = settle->store->ledger;
	struct tree_error error;
	int ret = 0;

	for (size_t i = 0; i < settle->n_batch && ret != -ENOMEM; i++) {
		struct mirror *mirror = settle->batch[i];

		mirror->waiting = false;
		if (!mirror->changed || !mirror->present)
			continue;
		ret = ledger_note(ledger, &mirror->service, &error);
		if (ret == -EINVAL)
			tell_allocation(settle, mirror, &error);
	}
	for (size_t i = 0; i < settle->n_batch && ret != -ENOMEM; i++) {
		struct mirror *mirror = settle->batch[i];

		if (!mirror->changed || !mirror->present || mirror->waiting)
			continue;
		ret = ledger_assign(ledger, &mirror->service, &error);
		if (ret == -EINVAL)
			tell_allocation(settle, mirror, &error);
	}
	return ret == -ENOMEM ? ret : 0;
}

/* Who waits for an address may get what became free. */
static void retry_waiting(struct settle *settle)
{
	struct mirrors *mirrors = &settle->store->mirrors;

	if (!settle->store->ledger->released)
		return;
	settle->store->ledger->released = false;
	for (struct mirror *mirror = mirrors->first; mirror;
	     mirror = mirror->next) {
		if (mirror->waiting)
			mirrors_queue(mirrors, mirror, true, store_now());
	}
}

static void save_ledger(struct ledger *ledger)
{
	int ret = ledger_save(ledger);

	if (ret)
		log_line(LOG_WARNING,
			 "%s: %s; addresses may be others after a restart",
			 ledger->path, strerror(-ret));
}

/* Is it to be what its source says? Else what the kernel has stays. */
static bool is_known(const struct settle *settle, const struct mirror *mirror)
{
	if (mirror->waiting || (mirror->unreadable && !mirror->present))
		return false;
	return mirror->present || mirror->mark || !settle->store->incomplete;
}

static int resolve_one(struct settle *settle, struct mirror *mirror)
{
	struct problems problems = { 0 };
	const struct resolve_context context = { &settle->view->node,
						 &settle->view->options,
						 &problems };
	int ret;

	desired_clean(&mirror->wish);
	ret = resolve_service(&mirror->wish, &mirror->service, mirror->slices,
			      mirror->n_slices, &context);
	if (!ret) {
		desired_sort(&mirror->wish);
		report_problems(settle->report, mirror, &problems);
	}
	problems_clean(&problems);
	return ret;
}

static int claim_one(struct settle *settle, struct mirror *mirror)
{
	struct mirrors *mirrors = &settle->store->mirrors;

	mirrors_unclaim(mirrors, mirror, store_now());
	if (mirrors_count_ips(mirrors, mirror))
		return -ENOMEM;
	return mirrors_claim(mirrors, mirror, mirror->wish.services,
			     mirror->wish.n, store_now());
}

static int settle_claims(struct settle *settle, struct mirror *mirror)
{
	struct problems problems = { 0 };
	int ret = claims_settle(&settle->store->mirrors.claims,
				&mirror->service, mirror->wish.services,
				mirror->wish.n, &problems);

	if (!ret)
		report_problems(settle->report, mirror, &problems);
	problems_clean(&problems);
	return ret;
}

int settle_wish(struct settle *settle)
{
	int ret = fill_batch(settle);

	if (!ret && settle->store->ledger) {
		ret = allocate(settle);
		retry_waiting(settle);
		if (!ret)
			ret = fill_batch(settle);
		if (!ret)
			ret = allocate(settle);
		save_ledger(settle->store->ledger);
	}
	/* all claims first: they say whose frontend is whose */
	for (size_t i = 0; i < settle->n_batch && !ret; i++) {
		struct mirror *mirror = settle->batch[i];

		if (mirror->present && is_known(settle, mirror)) {
			ret = resolve_one(settle, mirror);
			if (!ret && mirror->changed)
				ret = claim_one(settle, mirror);
		}
		/* who loses or gets a frontend by this does so at the same time */
		if (!ret && i + 1 == settle->n_batch)
			ret = fill_batch(settle);
	}
	for (size_t i = 0; i < settle->n_batch && !ret; i++) {
		struct mirror *mirror = settle->batch[i];

		if (mirror->present && is_known(settle, mirror))
			ret = settle_claims(settle, mirror);
	}
	/* what is not known stays as it is */
	for (size_t i = 0; i < settle->n_batch && !ret;) {
		struct mirror *mirror = settle->batch[i];

		if (is_known(settle, mirror)) {
			i++;
			continue;
		}
		mirror->changed = false;
		mirror->batched = false;
		settle->batch[i] = settle->batch[--settle->n_batch];
	}
	return ret;
}

void settle_return(struct settle *settle)
{
	for (size_t i = 0; i < settle->n_batch; i++) {
		desired_clean(&settle->batch[i]->wish);
		settle->batch[i]->batched = false;
		mirrors_queue(&settle->store->mirrors, settle->batch[i], true,
			      settle->batch[i]->since);
	}
	settle->n_batch = 0;
}
