// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sync/claims.h"
#include "sync/resolve_parts.h"

static int resolve_each(struct desired *desired, size_t *ends,
			const struct model *model,
			const struct resolve_context *context)
{
	int ret = 0;

	for (size_t i = 0; i < model->n_services && !ret; i++) {
		const struct model_service *service = &model->services[i];
		size_t n, start = desired->n;
		const struct model_slice *slices =
			model_find_slices(model, service, &n);
		struct desired part;

		ret = resolve_service(desired, service, slices, n, context);
		ends[i] = desired->n;
		/* a service is whole only after success */
		if (ret)
			break;
		part.services = desired->services + start;
		part.n = desired->n - start;
		desired_sort(&part);
	}
	return ret;
}

static int settle_each(struct desired *desired, const size_t *ends,
		       const struct model *model, struct problems *problems)
{
	struct claims claims = { 0 };
	int ret = 0;

	for (size_t i = 0; i < model->n_services && !ret; i++) {
		size_t start = i ? ends[i - 1] : 0;

		ret = claims_add(&claims, &model->services[i],
				 desired->services + start, ends[i] - start);
	}
	for (size_t i = 0; i < model->n_services && !ret; i++) {
		size_t start = i ? ends[i - 1] : 0;

		ret = claims_settle(&claims, &model->services[i],
				    desired->services + start, ends[i] - start,
				    problems);
	}
	claims_clean(&claims);
	return ret;
}

int resolve_all(struct desired *desired, size_t *ends,
		const struct model *model,
		const struct resolve_context *context)
{
	int ret;

	memset(desired, 0, sizeof(*desired));
	ret = resolve_check_options(context);
	if (!ret)
		ret = resolve_each(desired, ends, model, context);
	return ret ? ret : settle_each(desired, ends, model, context->problems);
}

int resolve_check_options(const struct resolve_context *context)
{
	const struct nf_svc_settings *settings = context->node->settings;
	const bool known[] = {
		nf_svc_settings_know_pods(settings, NFPROTO_IPV4),
		nf_svc_settings_know_pods(settings, NFPROTO_IPV6),
	};

	int ret;

	if (!context->options->internal_only)
		return 0;
	if (!resolve_can(context, NF_SVC_CAP_INTERNAL))
		return problem_in(
			problem_add(
				context->problems, PROBLEM_OPEN_TO_OUTSIDE,
				NULL,
				"use a module that has the capability internal",
				"this module cannot keep ClusterIPs from clients outside: they are served"),
			"clusterIP");
	for (unsigned int i = 0; i < 2; i++) {
		/* of a family that this node has, or of both if of none */
		if (known[i] ||
		    (known[!i] && !context->node->primary[i].family))
			continue;
		ret = problem_in(
			problem_add(
				context->problems, PROBLEM_OPEN_TO_OUTSIDE,
				NULL, "say what a pod is: give the pods' CIDRs",
				"%s ClusterIPs cannot be kept from clients outside, for it is not known what a pod is: they are served",
				i ? "IPv6" : "IPv4"),
			"clusterIP");
		if (ret)
			return ret;
	}
	return 0;
}
