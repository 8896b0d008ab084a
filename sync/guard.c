// SPDX-License-Identifier: GPL-2.0
/*
 * loadBalancerSourceRanges: who may ask at a Service's load-balancer addresses.
 *
 * A list without one entry that is valid is no open door here (it is with
 * kube-proxy): whoever wrote it wanted one shut.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "sync/resolve_parts.h"

static int compare(const void *a, const void *b)
{
	const struct nf_svc_cidr *one = a, *other = b;
	int order = nf_svc_addr_compare(&one->addr, &other->addr);

	return order ? order : (int)one->prefix - (int)other->prefix;
}

void ranges_sort(struct nf_svc_cidr *ranges, size_t *n)
{
	size_t kept = 0;

	if (*n < 2)
		return;
	qsort(ranges, *n, sizeof(*ranges), compare);
	for (size_t i = 1; i < *n; i++) {
		if (compare(&ranges[kept], &ranges[i]))
			ranges[++kept] = ranges[i];
	}
	*n = kept + 1;
}

static int add(struct guard *guard, const struct nf_svc_addr *addr,
	       uint8_t prefix)
{
	struct nf_svc_cidr *entry =
		nf_svc_array_add(&guard->ranges, &guard->n, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	entry->addr = *addr;
	entry->prefix = prefix;
	return 0;
}

static uint8_t full_prefix(uint8_t family)
{
	return (uint8_t)(nf_svc_addr_size(family) * 8);
}

/* Could an entry that says nothing have been meant for a family? */
static bool meant_for(const struct model_range *range, uint8_t family)
{
	if (strchr(range->text, ':'))
		return family == NFPROTO_IPV6;
	return family == NFPROTO_IPV4 || !strchr(range->text, '.');
}

/*
 * A node that may ask, asks with the load-balancer address as its source where
 * that is configured on the node.
 */
static int add_own_addresses(struct guard *guard,
			     const struct model_service *service,
			     const struct nf_svc_addr *node)
{
	bool may_ask = false;
	int ret = 0;

	for (size_t i = 0; i < guard->n; i++)
		may_ask |= nf_svc_cidr_contains(&guard->ranges[i], node);
	for (size_t i = 0; i < service->n_ingress && may_ask && !ret; i++) {
		const struct nf_svc_addr *addr = &service->ingress[i].addr;

		if (addr->family == node->family)
			ret = add(guard, addr, full_prefix(addr->family));
	}
	return ret;
}

/* A range that no packet's source is in: the unspecified address. */
static int close_all(struct guard *guard, const struct model_service *service,
		     uint8_t family, struct problems *problems)
{
	struct nf_svc_addr nobody = { .family = family };

	if (add(guard, &nobody, full_prefix(family)))
		return -ENOMEM;
	return problem_in(
		problem_add(
			problems, PROBLEM_RANGES_CLOSE, service,
			"write CIDRs such as 10.0.0.0/8 or fd00::/8",
			"no %s range is valid: nobody may ask its %s load-balancer addresses",
			model_family_name(family), model_family_name(family)),
		"spec.loadBalancerSourceRanges");
}

static int leave_open(const struct model_service *service, uint8_t family,
		      struct problems *problems)
{
	return problem_in(
		problem_add(
			problems, PROBLEM_RANGES_LEAVE_OPEN, service,
			"add a range of that family",
			"no range is of %s: everybody may ask its %s load-balancer addresses",
			model_family_name(family), model_family_name(family)),
		"spec.loadBalancerSourceRanges");
}

int guard_find(struct guard *guard, const struct model_service *service,
	       uint8_t family, const struct resolve_context *context)
{
	const struct nf_svc_addr *node =
		&context->node->primary[model_family_index(family)];
	bool any_valid = false, any_meant = false;

	memset(guard, 0, sizeof(*guard));
	for (size_t i = 0; i < service->n_ranges; i++) {
		const struct model_range *range = &service->ranges[i];

		any_valid |= !range->why;
		any_meant |= range->why && meant_for(range, family);
		if (range->why || range->cidr.addr.family != family)
			continue;
		if (!range->cidr.prefix) {
			guard->n = 0;
			return 0;
		}
		if (add(guard, &range->cidr.addr, range->cidr.prefix))
			return -ENOMEM;
	}
	if (!service->n_ranges)
		return 0;
	if (!guard->n)
		return any_valid && !any_meant ?
			       leave_open(service, family, context->problems) :
			       close_all(guard, service, family,
					 context->problems);
	if (node->family && add_own_addresses(guard, service, node))
		return -ENOMEM;
	ranges_sort(guard->ranges, &guard->n);
	return 0;
}

int guard_check(const struct model_service *service, struct problems *problems)
{
	int ret = 0;

	for (size_t i = 0; i < service->n_ranges && !ret; i++) {
		const struct model_range *range = &service->ranges[i];

		if (range->why)
			ret = problem_at(
				problem_add(problems, PROBLEM_RANGE_INVALID,
					    service,
					    "write a CIDR such as 10.0.0.0/8",
					    "'%.48s' allows nobody: %s",
					    range->text, range->why),
				"spec.loadBalancerSourceRanges", i,
				&range->place);
	}
	return ret;
}
