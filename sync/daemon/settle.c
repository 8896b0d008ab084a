// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "settle.h"

/* Before what else there is to hear: a storm must not keep it waiting. */
#define PRIORITY (-10)

uint64_t settle_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void run_at(struct settle *settle, uint64_t when)
{
	if (sd_event_source_set_time(settle->timer, when) < 0 ||
	    sd_event_source_set_enabled(settle->timer, SD_EVENT_ONESHOT) < 0)
		log_line(LOG_ERR, "the loop has no timer");
}

void settle_soon(struct settle *settle)
{
	uint64_t now = store_now();

	if (!settle->pending) {
		settle->pending = now;
		settle->queued = settle_clock();
	}
	run_at(settle, pace_due(&settle->pace, now));
}

/* A Node that is not there yet: for a while; 0: go on. */
static uint64_t wait_for_node(const struct settle *settle)
{
	const struct store *store = settle->store;
	uint64_t end = settle->begun + SETTLE_NODE_WAIT;

	if (settle->settled || store->node.name || store->no_node)
		return 0;
	return store_now() < end ? end : 0;
}

/* Is all known that has to be known first? */
static bool is_ready(struct settle *settle)
{
	const struct store *store = settle->store;
	uint64_t wait;

	if (!store->synced[SOURCE_SERVICE] || !store->synced[SOURCE_SLICE])
		return false;
	wait = wait_for_node(settle);
	if (wait)
		run_at(settle, wait);
	return !wait;
}

static void tell_lost(struct settle *settle, const struct nf_svc_error *error)
{
	char text[256];

	snprintf(text, sizeof(text), "%s",
		 *error->message ? error->message : strerror(error->number));
	/* of that one it was told why it ends */
	if (error->number == EUSERS && !settle->adopted)
		return;
	if (strcmp(text, settle->lost))
		log_line(LOG_ERR, "%s; %s", text,
			 error->kind == NF_SVC_ERROR_NO_MODULE ?
				 "'modprobe nf_svc' loads it: waiting for it" :
				 "trying again");
	snprintf(settle->lost, sizeof(settle->lost), "%s", text);
}

static int connect_kernel(struct settle *settle, struct nf_svc_error *error)
{
	int ret;

	if (settle->kernel.client)
		return 0;
	ret = kernel_open(&settle->kernel, settle->event, error);
	if (ret == -EUSERS && !settle->adopted) {
		char text[160];

		snprintf(
			text, sizeof(text),
			"another svcsyncd, process %u, keeps this node's Services already; end that one first",
			error->pid);
		settle->failed(settle->context, text);
	}
	if (ret)
		return ret;
	if (*settle->lost)
		log_line(LOG_NOTICE, "the module is there again");
	settle->lost[0] = '\0';
	settle->compare = true;
	settle->stale = true;
	return 0;
}

static int run_all(struct settle *settle, struct nf_svc_error *error)
{
	int ret = connect_kernel(settle, error);

	if (!ret && settle->compare)
		ret = settle_read(settle, error);
	if (!ret && (settle->stale || settle->store->node_changed))
		ret = settle_view(settle);
	if (!ret)
		ret = settle_wish(settle);
	if (!ret)
		ret = settle_send(settle, error);
	if (ret == -ENOMEM)
		nf_svc_error_set(error, NF_SVC_ERROR_LOST, ENOMEM,
				 "out of memory");
	else if (ret && error->kind == NF_SVC_ERROR_NONE)
		nf_svc_error_set(error, NF_SVC_ERROR_LOST, ret,
				 "this node cannot be looked at: %s",
				 strerror(-ret));
	return ret;
}

static void succeed(struct settle *settle)
{
	if (!settle->settled)
		log_line(LOG_NOTICE, "all is in the kernel, Services: %zu",
			 settle->store->mirrors.n);
	settle->settled = true;
	settle->succeeded = settle_clock();
	settle->pending = 0;
	settle->drift = false;
}

static void fail(struct settle *settle, const struct nf_svc_error *error)
{
	settle->failures++;
	settle_return(settle);
	tell_lost(settle, error);
	/* what it did is not known, or it is not what it was */
	settle->compare |= error->kind == NF_SVC_ERROR_LOST;
	if (kernel_lost(error))
		kernel_close(&settle->kernel);
	settle_soon(settle);
}

/* What was refused may be fine by now. */
static void retry_refused(struct settle *settle)
{
	struct mirrors *mirrors = &settle->store->mirrors;

	for (struct mirror *mirror = mirrors->first;
	     mirror && settle->n_refused; mirror = mirror->next) {
		if (mirror->refused)
			mirrors_queue(mirrors, mirror, false, store_now());
	}
}

static int run(sd_event_source *source, uint64_t when, void *arg)
{
	struct nf_svc_error error = { 0 };
	struct settle *settle = arg;
	uint64_t begin = store_now();
	int ret;

	(void)source;
	(void)when;
	if (!is_ready(settle)) {
		settle->pending = 0;
		return 0;
	}
	if (settle->n_refused && begin >= settle->retry)
		retry_refused(settle);
	report_begin(settle->report);
	ret = run_all(settle, &error);
	pace_done(&settle->pace, begin, store_now(), ret);
	histogram_add(&settle->runs, (double)settle->pace.took / 1000000);
	report_end(settle->report);
	if (ret) {
		fail(settle, &error);
	} else {
		if (*settle->lost)
			log_line(LOG_NOTICE, "all Services are in the kernel");
		settle->lost[0] = '\0';
		succeed(settle);
		/* what waits again, or what is not known after a refusal */
		if (settle->store->mirrors.queue || settle->compare)
			settle_soon(settle);
		else if (settle->n_refused)
			run_at(settle, settle->retry);
	}
	settle->done(settle->context);
	return 0;
}

static void hear(void *context, enum kernel_news news)
{
	struct settle *settle = context;

	switch (news) {
	case KERNEL_DRIFTED:
		settle->compare = true;
		settle->drift = true;
		break;
	case KERNEL_OTHERS:
		if (!settle->n_refused)
			return;
		retry_refused(settle);
		break;
	case KERNEL_GONE:
	default:
		/* another family may have come: reading tells */
		settle->compare = true;
		settle->pace.failures = 0;
		break;
	}
	settle_soon(settle);
}

int settle_begin(struct settle *settle)
{
	int ret;

	settle->begun = store_now();
	settle->kernel.hear = hear;
	settle->kernel.context = settle;
	histogram_double(&settle->runs, 0.001, 15);
	histogram_programming(&settle->programming);
	ret = sd_event_add_time(settle->event, &settle->timer, CLOCK_MONOTONIC,
				0, 1, run, settle);
	if (ret < 0)
		return ret;
	ret = sd_event_source_set_enabled(settle->timer, SD_EVENT_OFF);
	if (ret >= 0)
		ret = sd_event_source_set_priority(settle->timer, PRIORITY);
	return ret < 0 ? ret : 0;
}

void settle_end(struct settle *settle)
{
	settle->timer = sd_event_source_disable_unref(settle->timer);
	kernel_clean(&settle->kernel);
	nf_svc_settings_clean(&settle->have);
	if (settle->view)
		view_clean(settle->view);
	free(settle->view);
	free(settle->batch);
	memset(settle, 0, sizeof(*settle));
}
