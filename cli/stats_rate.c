// SPDX-License-Identifier: GPL-2.0
/* svcctl stats --rate */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "document.h"
#include "print.h"
#include "stats.h"

static void subtract(uint64_t *now, uint64_t before)
{
	*now -= *now < before ? 0 : before;
}

static bool subtract_one(struct nf_svc_stats *now,
			 const struct nf_svc_stats *before)
{
	bool any;

	if (before) {
		subtract(&now->flows, before->flows);
		subtract(&now->masqueraded, before->masqueraded);
		subtract(&now->healed, before->healed);
		subtract(&now->unremembered, before->unremembered);
		subtract(&now->unrecorded, before->unrecorded);
		subtract(&now->uncounted, before->uncounted);
	}
	any = now->flows || now->masqueraded || now->healed;
	for (unsigned int i = 0; i < NF_SVC_DROP_REASONS; i++) {
		if (before)
			subtract(&now->drops[i], before->drops[i]);
		any |= now->drops[i] != 0;
	}
	return any;
}

static int compare(const struct nf_svc_stats *a, const struct nf_svc_stats *b)
{
	struct nf_svc_key one = { a->name, a->protocol, a->family };
	struct nf_svc_key other = { b->name, b->protocol, b->family };

	return nf_svc_key_compare(&one, &other);
}

void stats_subtract(struct counters *now, const struct counters *before)
{
	size_t at = 0, kept = 0;

	subtract_one(&now->total, &before->total);
	for (size_t i = 0; i < now->n; i++) {
		struct nf_svc_stats *stats = &now->services[i];
		const struct nf_svc_stats *old = NULL;

		/* both are sorted */
		while (at < before->n &&
		       compare(&before->services[at], stats) < 0)
			at++;
		if (at < before->n && !compare(&before->services[at], stats))
			old = &before->services[at];
		if (subtract_one(stats, old))
			now->services[kept++] = *stats;
		else
			free(stats->name);
	}
	now->n = kept;
}

static double elapsed(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) +
	       (double)(to->tv_nsec - from->tv_nsec) / 1e9;
}

/* Counters that stay are needed twice: printed as growth, and kept. */
static bool copy(struct counters *to, const struct counters *from)
{
	*to = *from;
	to->services = calloc(from->n + 1, sizeof(*to->services));
	if (!to->services)
		return false;
	for (size_t i = 0; i < from->n; i++) {
		to->services[i] = from->services[i];
		to->services[i].name = strdup(from->services[i].name);
		if (!to->services[i].name) {
			nf_svc_stats_free(to->services, i);
			return false;
		}
	}
	return true;
}

static bool add_services(cJSON *to, const struct counters *grown,
			 const char *name)
{
	cJSON *array = cJSON_AddArrayToObject(to, "services");

	for (size_t i = 0; array && i < grown->n; i++) {
		cJSON *value;

		if (!stats_wanted(&grown->services[i], name))
			continue;
		value = stats_document(&grown->services[i]);
		if (!value || !cJSON_AddItemToArray(array, value)) {
			cJSON_Delete(value);
			return false;
		}
	}
	return array;
}

static cJSON *document_growth(const struct counters *grown, const char *name,
			      double seconds)
{
	cJSON *value = cJSON_CreateObject(), *total;

	if (value && cJSON_AddNumberToObject(value, "seconds", seconds) &&
	    add_services(value, grown, name)) {
		total = document_total(&grown->total);
		if (total && cJSON_AddItemToObject(value, "total", total))
			return value;
		cJSON_Delete(total);
	}
	cJSON_Delete(value);
	return NULL;
}

static enum exit_status print_growth(const struct svcctl *ctl,
				     const struct counters *now,
				     const struct counters *before,
				     const char *name, double seconds)
{
	enum exit_status status;
	struct counters grown;

	if (!copy(&grown, now))
		return complain_memory();
	stats_subtract(&grown, before);
	/* from the top of an empty screen */
	if (ctl->output != OUTPUT_JSON && isatty(STDOUT_FILENO))
		printf("\033[H\033[J");
	if (ctl->output == OUTPUT_JSON)
		status = json_print(document_growth(&grown, name, seconds));
	else
		status = stats_print_table(ctl, &grown, name, seconds);
	fflush(stdout);
	nf_svc_stats_free(grown.services, grown.n);
	return status;
}

enum exit_status stats_watch(struct svcctl *ctl, struct counters *before,
			     const char *name)
{
	struct timespec then, now, pause = { .tv_sec = ctl->rate };
	struct nf_svc_error error;
	enum exit_status status = DONE;

	clock_gettime(CLOCK_MONOTONIC, &then);
	for (uint32_t n = 0; !status && (!ctl->count || n < ctl->count); n++) {
		struct counters next = { 0 };

		nanosleep(&pause, NULL);
		if (stats_read(ctl, &next, &error))
			return complain_error(&error);
		clock_gettime(CLOCK_MONOTONIC, &now);
		status = print_growth(ctl, &next, before, name,
				      elapsed(&then, &now));
		nf_svc_stats_free(before->services, before->n);
		*before = next;
		then = now;
		if (ferror(stdout))
			break;
	}
	return status;
}
