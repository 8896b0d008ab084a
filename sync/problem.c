// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "sync/problem.h"

struct problem *problem_add(struct problems *problems, enum problem_kind kind,
			    const struct model_service *service,
			    const char *remedy, const char *format, ...)
{
	struct problem *problem = nf_svc_array_add(
		&problems->list, &problems->n, sizeof(*problem));
	va_list args;

	if (!problem)
		return NULL;
	problem->kind = kind;
	problem->remedy = remedy;
	if (service) {
		problem->place = service->place;
		snprintf(problem->service, sizeof(problem->service),
			 "%.63s/%.63s", service->namespace, service->name);
	}
	va_start(args, format);
	vsnprintf(problem->what, sizeof(problem->what), format, args);
	va_end(args);
	return problem;
}

int problem_at(struct problem *problem, const char *field, size_t index,
	       const struct model_place *place)
{
	if (!problem)
		return -ENOMEM;
	snprintf(problem->field, sizeof(problem->field), "%s[%zu]", field,
		 index);
	problem->place = *place;
	return 0;
}

int problem_in(struct problem *problem, const char *field)
{
	if (!problem)
		return -ENOMEM;
	snprintf(problem->field, sizeof(problem->field), "%s", field);
	return 0;
}

const char *problem_text(enum problem_kind kind)
{
	static const char *const texts[PROBLEM_KINDS] = {
		[PROBLEM_NOT_CARRIED] = "NotCarried",
		[PROBLEM_SCHEDULER_UNKNOWN] = "SchedulerUnknown",
		[PROBLEM_BACKEND_REFUSED] = "BackendRefused",
		[PROBLEM_BACKEND_IS_CLUSTER_IP] = "BackendIsClusterIP",
		[PROBLEM_ADDRESS_REFUSED] = "AddressRefused",
		[PROBLEM_ADDRESS_TRUSTED] = "AddressTrusted",
		[PROBLEM_RANGE_INVALID] = "SourceRangeInvalid",
		[PROBLEM_RANGES_CLOSE] = "SourceRangesClose",
		[PROBLEM_RANGES_LEAVE_OPEN] = "SourceRangesLeaveOpen",
		[PROBLEM_FRONTEND_CLAIMED] = "FrontendClaimed",
		[PROBLEM_NODE_PORT_MISSING] = "NodePortMissing",
		[PROBLEM_NODE_PORT_NOWHERE] = "NodePortNowhere",
		[PROBLEM_NODE_PORT_EVERYWHERE] = "NodePortEverywhere",
		[PROBLEM_NODE_UNKNOWN] = "NodeUnknown",
		[PROBLEM_OPEN_TO_OUTSIDE] = "OpenToOutside",
	};

	return texts[kind];
}

void problems_clean(struct problems *problems)
{
	free(problems->list);
	memset(problems, 0, sizeof(*problems));
}
