// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "report.h"

const char *report_text(unsigned int kind)
{
	switch (kind) {
	case REPORT_UNREADABLE:
		return "Unreadable";
	case REPORT_REFUSED:
		return "RefusedByKernel";
	case REPORT_ALLOCATION:
		return "AllocationFailed";
	case REPORT_DRIFT:
		return "DriftRepaired";
	case REPORT_HEALTH_PORT:
		return "FailedToStartServiceHealthcheck";
	default:
		return problem_text(kind);
	}
}

void report_begin(struct report *report)
{
	memset(report->run, 0, sizeof(report->run));
}

void report_end(struct report *report)
{
	for (unsigned int kind = 0; kind < REPORT_KINDS; kind++) {
		if (report->run[kind] > REPORT_MAX)
			log_about(LOG_WARNING, NULL, report_text(kind),
				  "%s: %zu more of this kind",
				  report_text(kind),
				  report->run[kind] - REPORT_MAX);
	}
	report_begin(report);
}

static void tell(struct report *report, struct mirror *mirror,
		 unsigned int kind, const char *text)
{
	const char *reason = report_text(kind);
	char name[MIRROR_TEXT] = "";

	if (mirror && !mirror_tell(mirror, text))
		return;
	report->counts[kind]++;
	if (report->run[kind]++ >= REPORT_MAX)
		return;
	if (mirror)
		mirror_text(mirror, name);
	log_about(LOG_WARNING, name, reason, "%s%s%s", name, mirror ? ": " : "",
		  text);
	if (report->event)
		report->event(report->context, name, reason, text);
}

/* Endpoints stand in another file than their Service. */
static bool has_place(const struct mirror *mirror,
		      const struct problem *problem)
{
	return mirror && mirror->origin && problem->place.line &&
	       problem->kind != PROBLEM_BACKEND_REFUSED &&
	       problem->kind != PROBLEM_BACKEND_IS_CLUSTER_IP;
}

void report_problems(struct report *report, struct mirror *mirror,
		     const struct problems *problems)
{
	for (size_t i = 0; i < problems->n; i++) {
		const struct problem *problem = &problems->list[i];
		char text[1024], place[512] = "";

		if (has_place(mirror, problem))
			snprintf(place, sizeof(place),
				 "%s:%zu:%zu: ", mirror->origin,
				 problem->place.line, problem->place.column);
		snprintf(text, sizeof(text), "%s%s%s%s; %s", place,
			 problem->field, *problem->field ? ": " : "",
			 problem->what, problem->remedy);
		tell(report, mirror, problem->kind, text);
	}
}

void report_one(struct report *report, struct mirror *mirror,
		enum report_kind kind, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	tell(report, mirror, kind, text);
}
