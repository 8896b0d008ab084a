/* SPDX-License-Identifier: GPL-2.0 */
/* From what Kubernetes says to what the kernel of one node shall have. */
#ifndef NF_SVC_SYNC_RESOLVE_H
#define NF_SVC_SYNC_RESOLVE_H

#include "sync/model.h"

/**
 * struct node_view - what is particular to this node
 * @name: its name, as endpoints say it
 * @settings: what a pod is here
 */
struct node_view {
	const char *name;
	const struct nf_svc_settings *settings;
};

/**
 * struct desired - services that the kernel shall have
 * @services: sorted, as their backends and frontends are
 * @n: how many
 */
struct desired {
	struct nf_svc_service *services;
	size_t n;
};

/**
 * resolve_service - what becomes of one Service
 * @desired: what it comes to is added; desired_clean() it, also after failure
 * @service: the Service, with its ClusterIPs
 * @slices: its slices, in any order
 * @n_slices: how many
 * @node: this node
 *
 * A service of the kernel comes of each port and each family that there is a
 * ClusterIP of. Its sets, for the traffic policies Cluster and Local:
 *
 *   cluster  the ready endpoints; if there is none, those that are serving
 *            while they terminate
 *   local    the same of the endpoints on this node
 *
 * An endpoint that is ready or serving but in no set becomes a backend in no
 * set: it drains. Others are left out.
 *
 * Return: 0 or -ENOMEM.
 */
int resolve_service(struct desired *desired,
		    const struct model_service *service,
		    const struct model_slice *slices, size_t n_slices,
		    const struct node_view *node);

/**
 * desired_sort - sort the services
 * @desired: the services
 */
void desired_sort(struct desired *desired);

/**
 * desired_clean - release the services
 * @desired: zeroed
 */
void desired_clean(struct desired *desired);

#endif
