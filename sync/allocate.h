/* SPDX-License-Identifier: GPL-2.0 */
/* ClusterIPs and node ports for Services that have none. */
#ifndef NF_SVC_SYNC_ALLOCATE_H
#define NF_SVC_SYNC_ALLOCATE_H

#include "sync/address_set.h"
#include "sync/model.h"

/**
 * allocate_cluster_ips - give each Service the ClusterIPs that it lacks
 * @model: sorted; its Services get them
 * @snapshot: what the kernel has
 * @ranges: where they come from; at most one of each family counts, the first
 * @n_ranges: how many
 * @error: filled on failure
 *
 * A Service that the kernel has already keeps its address, unless another
 * Service of the file claims it. A new one gets the address that the hash of
 * its namespace and name leads to, or the next one that is free: the same each
 * time as long as the ones before it are. The first address of a range is
 * never given, nor the last one of an IPv4 range.
 *
 * Two Services of the file that claim one address are an error too.
 *
 * Return: 0, -EINVAL (no range, none free, claimed twice) or -ENOMEM.
 */
int allocate_cluster_ips(struct model *model,
			 const struct nf_svc_snapshot *snapshot,
			 const struct nf_svc_cidr *ranges, size_t n_ranges,
			 struct tree_error *error);

/**
 * allocate_missing - give one Service the ClusterIPs that it lacks
 * @service: gets them; not one that is headless or left alone
 * @ranges: where they come from, likewise
 * @n_ranges: how many
 * @taken: addresses that are not to be given; gets those that are
 * @error: filled on failure
 *
 * Return: 0, -EINVAL (no range, none free) or -ENOMEM.
 */
int allocate_missing(struct model_service *service,
		     const struct nf_svc_cidr *ranges, size_t n_ranges,
		     struct address_set *taken, struct tree_error *error);

/**
 * allocate_hash - where in a range the search for a Service begins
 * @service: the Service
 *
 * Return: the same number for the same namespace and name, always.
 */
uint64_t allocate_hash(const struct model_service *service);

/**
 * service_owner_in - the Service of the model that a service of the kernel comes of
 * @model: sorted
 * @name: the kernel's name
 *
 * Return: the Service, which stays the model's, or NULL.
 */
const struct model_service *service_owner_in(const struct model *model,
					     const char *name);

#endif
