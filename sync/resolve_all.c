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

static bool is_open(const struct nf_svc_service *service)
{
	for (size_t i = 0; i < service->n_frontends; i++) {
		const struct nf_svc_frontend *frontend = &service->frontends[i];

		if (frontend->kind == NF_SVC_KIND_CLUSTER_IP &&
		    !(frontend->flags & NF_SVC_FRONTEND_INTERNAL))
			return true;
	}
	return false;
}

/* ClusterIPs that were to be internal and are not: told once a family. */
static int tell_open(const struct desired *desired,
		     const struct resolve_context *context)
{
	bool told[2] = { false, false };
	int ret = 0;

	if (!context->options->internal_only)
		return 0;
	for (size_t i = 0; i < desired->n && !ret; i++) {
		const struct nf_svc_service *service = &desired->services[i];
		bool *family = &told[model_family_index(service->family)];

		if (*family || !is_open(service))
			continue;
		*family = true;
		ret = problem_in(
			problem_add(
				context->problems, PROBLEM_OPEN_TO_OUTSIDE,
				NULL,
				resolve_can(context, NF_SVC_CAP_INTERNAL) ?
					"say what a pod is: give the pods' CIDRs" :
					"use a module that has the capability internal",
				"%s ClusterIPs cannot be kept from clients outside: %s",
				service->family == NFPROTO_IPV4 ? "IPv4" :
								  "IPv6",
				resolve_can(context, NF_SVC_CAP_INTERNAL) ?
					"it is not known what a pod is" :
					"this module has no way to"),
			"clusterIP");
	}
	return ret;
}

int resolve_all(struct desired *desired, size_t *ends,
		const struct model *model,
		const struct resolve_context *context)
{
	int ret;

	memset(desired, 0, sizeof(*desired));
	ret = resolve_each(desired, ends, model, context);
	if (!ret)
		ret = tell_open(desired, context);
	return ret ? ret : settle_each(desired, ends, model, context->problems);
}
