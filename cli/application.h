/* SPDX-License-Identifier: GPL-2.0 */
/* Manifests against the kernel: what 'apply' does and 'diff' shows. */
#ifndef SVCCTL_APPLICATION_H
#define SVCCTL_APPLICATION_H

#include "file.h"
#include "sync/reconcile.h"
#include "transaction.h"

/**
 * struct application - manifests, and what the kernel needs for them
 * @path: the file
 * @file: what it holds; the model is read from it anew for each try
 * @model: Services and slices
 * @name: of this node
 * @node_port_choice: --nodeport-addresses
 * @node_port_cidrs: from there
 * @n_node_port_cidrs: how many
 * @addresses: of this node
 * @n_addresses: how many
 * @node_ports: where node ports are answered
 * @service_cidrs: where new ClusterIPs come from
 * @n_service_cidrs: how many
 * @has_pod_cidrs: --pod-cidr was given
 * @pod_cidrs: from there
 * @n_pod_cidrs: how many
 * @external_ip_cidrs: where external IPs may be
 * @n_external_ip_cidrs: how many
 * @settings: those that shall hold; its lists belong to others
 * @set_settings: they are not those that hold
 * @plan: what is to be done
 * @told: its problems were told
 */
struct application {
	const char *path;
	struct tree_file file;
	struct model model;
	char name[NODE_NAME_MAX + 1];
	enum node_port_choice node_port_choice;
	struct nf_svc_cidr *node_port_cidrs;
	size_t n_node_port_cidrs;
	struct nf_svc_addr *addresses;
	size_t n_addresses;
	struct node_ports node_ports;
	struct nf_svc_cidr *service_cidrs;
	size_t n_service_cidrs;
	bool has_pod_cidrs;
	struct nf_svc_cidr *pod_cidrs;
	size_t n_pod_cidrs;
	struct nf_svc_cidr *external_ip_cidrs;
	size_t n_external_ip_cidrs;
	struct nf_svc_settings settings;
	bool set_settings;
	struct plan plan;
	bool told;
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
 * application_read_node - read what the options say about this node
 * @ctl: the run
 * @apply: filled
 */
enum exit_status application_read_node(struct svcctl *ctl,
				       struct application *apply);

/**
 * application_find_node - ask this machine what addresses it has
 * @ctl: the run, in its network namespace
 * @apply: gets the addresses
 * @node: filled, but for what the Nodes of the file say
 */
enum exit_status application_find_node(struct svcctl *ctl,
				       struct application *apply,
				       struct node_view *node);

/**
 * application_tell - warn of the problems of a plan, the first time it is made
 * @apply: has the plan
 * @problems: those of the node
 */
void application_tell(struct application *apply,
		      const struct problems *problems);

/**
 * application_clean - release all of it
 * @apply: may be half made
 */
void application_clean(struct application *apply);

#endif
