// SPDX-License-Identifier: GPL-2.0
/* External addresses: which of them a Service may take. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "sync/resolve_parts.h"

/* Why a Service should not take an address; NULL: it may. */
static const char *doubt(const struct nf_svc_addr *addr, uint8_t kind,
			 const struct resolve_context *context)
{
	const struct resolve_options *options = context->options;
	const struct nf_svc_settings *settings = context->node->settings;

	if (nf_svc_cidrs_contain(options->service_cidrs,
				 options->n_service_cidrs, addr) ||
	    nf_svc_cidrs_contain(settings->service_cidrs,
				 settings->n_service_cidrs, addr) ||
	    address_set_has(options->cluster_ips, addr))
		return "it is a ClusterIP's";
	if (nf_svc_cidrs_contain(settings->pod_cidrs, settings->n_pod_cidrs,
				 addr))
		return "it is a pod's";
	if (kind == NF_SVC_KIND_EXTERNAL_IP &&
	    !nf_svc_cidrs_contain(options->external_cidrs,
				  options->n_external_cidrs, addr))
		return "nobody allowed it, and a Service can take any address so (CVE-2020-8554)";
	return NULL;
}

static int tell(const struct model_service *service,
		const struct model_address *address, uint8_t kind,
		const char *why, bool served,
		const struct resolve_context *context)
{
	bool external = kind == NF_SVC_KIND_EXTERNAL_IP;
	char text[NF_SVC_ADDR_TEXT];

	return problem_at(
		problem_add(
			context->problems,
			served ? PROBLEM_ADDRESS_TRUSTED :
				 PROBLEM_ADDRESS_REFUSED,
			service,
			external ?
				"--external-ip-cidrs allows addresses that are set aside for it" :
				"give an address that was set aside for load balancers",
			"%s is %s: %s",
			nf_svc_addr_format(&address->addr, text),
			served ? "served all the same" : "not served", why),
		external ? "spec.externalIPs" : "status.loadBalancer.ingress",
		address->index, &address->place);
}

static int add(struct exposure *exposure, const struct model_service *service,
	       const struct model_address *address, uint8_t kind,
	       const struct resolve_context *context)
{
	const char *never = nf_svc_addr_unusable(&address->addr);
	const char *why = never ? never : doubt(&address->addr, kind, context);
	bool served = !never && (!why || context->options->trusting);
	struct exposed *entry;

	if (why && tell(service, address, kind, why, served, context))
		return -ENOMEM;
	if (!served)
		return 0;
	entry = nf_svc_array_add(&exposure->addresses, &exposure->n_addresses,
				 sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->addr = address->addr;
	entry->kind = kind;
	return 0;
}

static int add_all(struct exposure *exposure,
		   const struct model_service *service,
		   const struct model_address *addresses, size_t n,
		   uint8_t kind, const struct resolve_context *context)
{
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++) {
		if (model_has_family(service, addresses[i].addr.family))
			ret = add(exposure, service, &addresses[i], kind,
				  context);
	}
	return ret;
}

static bool has_ingress(const struct exposure *exposure, uint8_t family)
{
	for (size_t i = 0; i < exposure->n_addresses; i++) {
		if (exposure->addresses[i].kind == NF_SVC_KIND_LOAD_BALANCER &&
		    exposure->addresses[i].addr.family == family)
			return true;
	}
	return false;
}

/* More ranges than the module takes: better nobody than everybody. */
static int shut_long(struct guard *guard, const struct model_service *service,
		     const struct resolve_context *context)
{
	guard->shut = true;
	return problem_in(
		problem_add(
			context->problems, PROBLEM_RANGES_CLOSE, service,
			"write fewer, wider ranges",
			"%zu source ranges, and the module takes %u: the load-balancer addresses are not served",
			guard->n, context->options->limit_ranges),
		"spec.loadBalancerSourceRanges");
}

/* Who may ask; a module that cannot guard an address must not serve it. */
static int find_guard(struct exposure *exposure,
		      const struct model_service *service, uint8_t family,
		      const struct resolve_context *context)
{
	struct guard *guard = &exposure->guards[model_family_index(family)];
	int ret;

	if (!has_ingress(exposure, family))
		return 0;
	ret = guard_find(guard, service, family, context);
	if (ret || !guard->n)
		return ret;
	if (guard->n > context->options->limit_ranges)
		return shut_long(guard, service, context);
	if (resolve_can(context, NF_SVC_CAP_SOURCE_RANGES))
		return 0;
	guard->shut = true;
	return problem_in(
		problem_add(
			context->problems, PROBLEM_NOT_CARRIED, service,
			"use a module that has the capability source-ranges",
			"not carried yet: loadBalancerSourceRanges of %s/%s; its load-balancer addresses are not served",
			service->namespace, service->name),
		"spec.loadBalancerSourceRanges");
}

int exposure_find(struct exposure *exposure,
		  const struct model_service *service,
		  const struct resolve_context *context)
{
	int ret;

	memset(exposure, 0, sizeof(*exposure));
	ret = add_all(exposure, service, service->ingress, service->n_ingress,
		      NF_SVC_KIND_LOAD_BALANCER, context);
	if (!ret)
		ret = add_all(exposure, service, service->external_ips,
			      service->n_external_ips, NF_SVC_KIND_EXTERNAL_IP,
			      context);
	if (!ret)
		ret = guard_check(service, context->problems);
	if (!ret)
		ret = find_guard(exposure, service, NFPROTO_IPV4, context);
	return ret ? ret : find_guard(exposure, service, NFPROTO_IPV6, context);
}

void exposure_clean(struct exposure *exposure)
{
	for (unsigned int i = 0; i < MODEL_FAMILIES; i++)
		free(exposure->guards[i].ranges);
	free(exposure->addresses);
	memset(exposure, 0, sizeof(*exposure));
}
