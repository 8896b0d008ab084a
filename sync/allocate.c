// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/address_set.h"
#include "sync/allocate.h"

/* More addresses than this are not told apart in a range of IPv6. */
#define HOST_BITS_MAX 31

const struct model_service *service_owner_in(const struct model *model,
					     const char *name)
{
	const char *slash = strchr(name, '/');
	char namespace[64], own[64];
	size_t len;

	if (!slash || (size_t)(slash - name) >= sizeof(namespace))
		return NULL;
	memcpy(namespace, name, (size_t)(slash - name));
	namespace[slash - name] = '\0';
	len = strcspn(slash + 1, ":");
	if (len >= sizeof(own))
		return NULL;
	memcpy(own, slash + 1, len);
	own[len] = '\0';
	return model_find_service(model, namespace, own);
}

/* FNV-1a of "namespace/name": stable over runs, machines and versions. */
uint64_t allocate_hash(const struct model_service *service)
{
	const char *const parts[] = { service->namespace, "/", service->name };
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < 3; i++) {
		for (const char *c = parts[i]; *c; c++)
			hash = (hash ^ (uint8_t)*c) * 0x100000001b3;
	}
	return hash ^ hash >> 32;
}

/* The address @offset behind the first one of a range. */
static struct nf_svc_addr address_at(const struct nf_svc_cidr *range,
				     uint32_t offset)
{
	struct nf_svc_addr addr = range->addr;
	size_t last = nf_svc_addr_size(addr.family) - 1;

	for (size_t i = 0; i < 4; i++)
		addr.bytes[last - i] |= (uint8_t)(offset >> i * 8);
	return addr;
}

/* How many addresses of a range can be given, from offset 1 on. */
static uint32_t room_of(const struct nf_svc_cidr *range)
{
	unsigned int bits =
		(unsigned int)nf_svc_addr_size(range->addr.family) * 8 -
		range->prefix;
	uint32_t reserved = range->addr.family == NFPROTO_IPV4 ? 2 : 1, size;

	if (bits > HOST_BITS_MAX)
		bits = HOST_BITS_MAX;
	size = (uint32_t)1 << bits;
	return size > reserved ? size - reserved : 0;
}

static bool pick(const struct nf_svc_cidr *range,
		 const struct address_set *taken,
		 const struct model_service *service, struct nf_svc_addr *addr)
{
	uint32_t room = room_of(range), start;

	if (!room)
		return false;
	start = (uint32_t)(allocate_hash(service) % room);
	/* each address taken is passed at most once */
	for (uint32_t i = 0; i < room && i <= taken->n; i++) {
		*addr = address_at(
			range, 1 + (uint32_t)(((uint64_t)start + i) % room));
		if (!address_set_has(taken, addr))
			return true;
	}
	return false;
}

static int fail(const struct model_place *place, const char *field,
		struct tree_error *error, const char *message,
		const struct model_service *service)
{
	memset(error, 0, sizeof(*error));
	error->line = place->line;
	error->column = place->column;
	snprintf(error->field, sizeof(error->field), "%s", field);
	snprintf(error->message, sizeof(error->message), message,
		 service->namespace, service->name);
	return -EINVAL;
}

static bool gets_addresses(const struct model_service *service)
{
	return !service->no_frontends && !service->left_alone;
}

static const struct nf_svc_cidr *range_of(const struct nf_svc_cidr *ranges,
					  size_t n, uint8_t family)
{
	for (size_t i = 0; i < n; i++) {
		if (ranges[i].addr.family == family)
			return &ranges[i];
	}
	return NULL;
}

/* What the file says itself. */
static int take_explicit(const struct model *model, struct address_set *taken,
			 struct tree_error *error)
{
	for (size_t i = 0; i < model->n_services; i++) {
		const struct model_service *service = &model->services[i];

		if (!gets_addresses(service))
			continue;
		for (size_t k = 0; k < service->n_cluster_ips; k++) {
			int ret = address_set_add(taken,
						  &service->cluster_ips[k]);

			if (ret == -EEXIST)
				return fail(
					&service->address_place,
					"spec.clusterIP", error,
					"the address of %s/%s is another Service's of this file "
					"too; give it one of its own",
					service);
			if (ret)
				return tree_no_memory(error);
		}
	}
	return 0;
}

/* Does the Service need an address of this family? */
static bool wants(const struct model_service *service, uint8_t family,
		  const struct nf_svc_cidr *ranges, size_t n_ranges)
{
	uint8_t first = n_ranges ? ranges[0].addr.family : NFPROTO_IPV4;

	if (model_has_family(service, family))
		return false;
	for (size_t i = 0; i < service->n_families; i++) {
		if (service->families[i] == family)
			return !i || service->dual_stack != MODEL_PREFER ||
			       range_of(ranges, n_ranges, family);
	}
	if (service->dual_stack == MODEL_REQUIRE)
		return true;
	if (service->dual_stack == MODEL_PREFER)
		return range_of(ranges, n_ranges, family) ||
		       (!service->n_cluster_ips && !service->n_families &&
			family == first);
	return !service->n_cluster_ips && !service->n_families &&
	       family == first;
}

/* The ClusterIP that the kernel has for a service of this Service already. */
static const struct nf_svc_addr *
programmed(const struct nf_svc_service *service, uint8_t family)
{
	for (size_t i = 0; i < service->n_frontends; i++) {
		const struct nf_svc_frontend *frontend = &service->frontends[i];

		if (frontend->kind == NF_SVC_KIND_CLUSTER_IP &&
		    frontend->addr.family == family)
			return &frontend->addr;
	}
	return NULL;
}

/* May a Service that says so much or so little have an address of a family? */
static bool may_keep(const struct model_service *service, uint8_t family)
{
	if (model_has_family(service, family))
		return false;
	for (size_t i = 0; i < service->n_families; i++) {
		if (service->families[i] == family)
			return true;
	}
	return !service->n_families &&
	       (!service->n_cluster_ips || service->dual_stack != MODEL_SINGLE);
}

/* What the kernel has: kept by Services that say nothing, taken for all others. */
static int take_programmed(struct model *model,
			   const struct nf_svc_snapshot *snapshot,
			   struct address_set *taken)
{
	for (size_t i = 0; i < snapshot->n_services; i++) {
		const struct nf_svc_service *service = &snapshot->services[i];
		struct model_service *owner =
			(struct model_service *)(uintptr_t)service_owner_in(
				model, service->name);
		const struct nf_svc_addr *addr =
			programmed(service, service->family);

		if (!owner || !gets_addresses(owner) || !addr ||
		    address_set_has(taken, addr) ||
		    !may_keep(owner, addr->family))
			continue;
		owner->cluster_ips[owner->n_cluster_ips++] = *addr;
		if (address_set_add(taken, addr))
			return -ENOMEM;
	}
	return 0;
}

/* Addresses of services that are not of the file. */
static int take_foreign(const struct model *model,
			const struct nf_svc_snapshot *snapshot,
			struct address_set *taken)
{
	for (size_t i = 0; i < snapshot->n_services; i++) {
		const struct nf_svc_service *service = &snapshot->services[i];

		if (service_owner_in(model, service->name))
			continue;
		for (size_t k = 0; k < service->n_frontends; k++) {
			const struct nf_svc_addr *addr =
				&service->frontends[k].addr;

			if (addr->family &&
			    address_set_add(taken, addr) == -ENOMEM)
				return -ENOMEM;
		}
	}
	return 0;
}

static int allocate_one(struct model_service *service, uint8_t family,
			const struct nf_svc_cidr *ranges, size_t n_ranges,
			struct address_set *taken, struct tree_error *error)
{
	const struct nf_svc_cidr *range = range_of(ranges, n_ranges, family);
	struct nf_svc_addr addr;

	if (!range)
		return fail(
			&service->address_place, "spec.clusterIP", error,
			family == NFPROTO_IPV4 ?
				"%s/%s has no IPv4 address; write one, or give a range with "
				"--service-cidr" :
				"%s/%s has no IPv6 address; write one, or give a range with "
				"--service-cidr",
			service);
	if (!pick(range, taken, service, &addr))
		return fail(
			&service->address_place, "spec.clusterIP", error,
			"no address is left for %s/%s; give a larger --service-cidr",
			service);
	if (address_set_add(taken, &addr))
		return tree_no_memory(error);
	service->cluster_ips[service->n_cluster_ips++] = addr;
	return 0;
}

int allocate_missing(struct model_service *service,
		     const struct nf_svc_cidr *ranges, size_t n_ranges,
		     struct address_set *taken, struct tree_error *error)
{
	static const uint8_t families[] = { NFPROTO_IPV4, NFPROTO_IPV6 };
	bool wanted[2];
	int ret = 0;

	for (unsigned int k = 0; k < 2; k++)
		wanted[k] = wants(service, families[k], ranges, n_ranges);
	for (unsigned int k = 0; k < 2 && !ret; k++) {
		if (wanted[k])
			ret = allocate_one(service, families[k], ranges,
					   n_ranges, taken, error);
	}
	return ret;
}

static int allocate_rest(struct model *model, const struct nf_svc_cidr *ranges,
			 size_t n_ranges, struct address_set *taken,
			 struct tree_error *error)
{
	int ret = 0;

	for (size_t i = 0; i < model->n_services && !ret; i++) {
		struct model_service *service = &model->services[i];

		if (gets_addresses(service))
			ret = allocate_missing(service, ranges, n_ranges, taken,
					       error);
	}
	return ret;
}

int allocate_cluster_ips(struct model *model,
			 const struct nf_svc_snapshot *snapshot,
			 const struct nf_svc_cidr *ranges, size_t n_ranges,
			 struct tree_error *error)
{
	struct address_set taken = { 0 };
	int ret;

	ret = take_explicit(model, &taken, error);
	if (!ret && (take_programmed(model, snapshot, &taken) ||
		     take_foreign(model, snapshot, &taken)))
		ret = tree_no_memory(error);
	if (!ret)
		ret = allocate_rest(model, ranges, n_ranges, &taken, error);
	address_set_clean(&taken);
	return ret;
}
