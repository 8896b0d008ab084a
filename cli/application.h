/* SPDX-License-Identifier: GPL-2.0 */
/* Manifests against the kernel: what 'apply' does and 'diff' shows. */
#ifndef SVCCTL_APPLICATION_H
#define SVCCTL_APPLICATION_H

#include "file.h"
#include "sync/reconcile.h"
#include "transaction.h"

#define HOSTNAME_MAX 255

/**
 * struct application - manifests, and what the kernel needs for them
 * @path: the file
 * @file: what it holds; the model is read from it anew for each try
 * @model: Services and slices
 * @node: name of this node
 * @service_cidrs: where new ClusterIPs come from
 * @n_service_cidrs: how many
 * @has_pod_cidrs: --pod-cidr was given
 * @pod_cidrs: from there
 * @n_pod_cidrs: how many
 * @settings: those that shall hold; its lists belong to others
 * @set_settings: they are not those that hold
 * @plan: what is to be done
 */
struct application {
	const char *path;
	struct tree_file file;
	struct model model;
	char node[HOSTNAME_MAX + 1];
	struct nf_svc_cidr *service_cidrs;
	size_t n_service_cidrs;
	bool has_pod_cidrs;
	struct nf_svc_cidr *pod_cidrs;
	size_t n_pod_cidrs;
	struct nf_svc_settings settings;
	bool set_settings;
	struct plan plan;
};

/**
 * application_read - read the options, the file and all that may be wrong in it
 * @ctl: the run
 * @apply: has @path; application_clean() it, also after failure
 *
 * Return: DONE, or an exit status after telling why.
 */
enum exit_status application_read(struct svcctl *ctl,
				  struct application *apply);

/**
 * application_read_tree - the same, of a file that is in memory already
 * @ctl: the run
 * @apply: has @path and @file
 */
enum exit_status application_read_tree(struct svcctl *ctl,
				       struct application *apply);

/**
 * application_prepare - make the plan; a transaction_prepare
 * @ctl: the run
 * @snapshot: the tables as they are
 * @arg: struct application
 * @nothing: set
 */
enum exit_status application_prepare(struct svcctl *ctl,
				     const struct nf_svc_snapshot *snapshot,
				     void *arg, bool *nothing);

/**
 * application_send - queue what is planned; a transaction_plan
 * @ctl: the run
 * @snapshot: not used
 * @arg: struct application
 */
enum exit_status application_send(struct svcctl *ctl,
				  const struct nf_svc_snapshot *snapshot,
				  void *arg);

/**
 * application_clean - release all of it
 * @apply: may be half made
 */
void application_clean(struct application *apply);

#endif
