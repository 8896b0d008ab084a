// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>

#include "sync/resolve.h"

/* What settings point to belongs to others, so that none is changed through them. */
static struct nf_svc_cidr *borrow(const struct nf_svc_cidr *list)
{
	return (struct nf_svc_cidr *)(uintptr_t)list;
}

int resolve_settings(struct nf_svc_settings *settings,
		     const struct nf_svc_settings *have,
		     const struct cidr_list *pods,
		     const struct cidr_list *services,
		     const struct cidr_list *node_ports,
		     const struct model_node *machine, uint64_t capabilities,
		     struct problems *problems)
{
	*settings = *have;
	if (node_ports && capabilities & (uint64_t)NF_SVC_CAP_NODE_PORT) {
		settings->node_port_cidrs = borrow(node_ports->list);
		settings->n_node_port_cidrs = node_ports->n;
	}
	if (pods) {
		settings->pod_cidrs = borrow(pods->list);
		settings->n_pod_cidrs = pods->n;
	} else if (machine && machine->n_pod_cidrs) {
		settings->pod_cidrs = machine->pod_cidrs;
		settings->n_pod_cidrs = machine->n_pod_cidrs;
	}
	if (!services)
		return 0;
	if (!services->n || capabilities & (uint64_t)NF_SVC_CAP_SERVICE_CIDRS) {
		settings->service_cidrs = borrow(services->list);
		settings->n_service_cidrs = services->n;
		return 0;
	}
	return problem_in(
		problem_add(
			problems, PROBLEM_NOT_CARRIED, NULL,
			"use a module that has the capability service-cidrs",
			"not carried yet: service CIDRs; addresses that no Service has are not dropped"),
		"serviceCIDRs");
}
