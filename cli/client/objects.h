/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel's tables hold, as plain structs. The words are those of
 * linux/nf_svc.h. Numbers are in host byte order, address bytes in network
 * byte order. A struct owns what its pointers point to unless it says other.
 */
#ifndef NF_SVC_CLIENT_OBJECTS_H
#define NF_SVC_CLIENT_OBJECTS_H

#include <linux/nf_svc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"

#define NF_SVC_CLASSES __NF_SVC_CLASS_MAX
#define NF_SVC_DROP_REASONS __NF_SVC_DROP_MAX
#define NF_SVC_SCHEDULER_MAX 31
#define NF_SVC_SCHEDULERS_MAX 16

/**
 * struct nf_svc_key - the key of a service
 * @name: not owned
 * @protocol: IPPROTO_*
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 */
struct nf_svc_key {
	const char *name;
	uint8_t protocol;
	uint8_t family;
};

/**
 * struct nf_svc_backend - an address and port that serves
 * @addr: address
 * @port: port
 * @weight: 0 to 65535
 * @sets: bits of enum nf_svc_sets, 0: draining
 * @flows: that it has, as the kernel told; not sent
 */
struct nf_svc_backend {
	struct nf_svc_addr addr;
	uint16_t port;
	uint16_t weight;
	uint8_t sets;
	uint32_t flows;
};

/**
 * struct nf_svc_rule - what a frontend does for one source class
 * @set: NF_SVC_SET_CLUSTER or NF_SVC_SET_LOCAL
 * @masquerade: is the source masqueraded?
 * @empty: enum nf_svc_empty
 */
struct nf_svc_rule {
	uint8_t set;
	bool masquerade;
	uint8_t empty;
};

/**
 * struct nf_svc_frontend - where a service answers
 * @addr: address; family 0: every address of the node
 * @port: port
 * @protocol: IPPROTO_*, as its service
 * @family: as its service
 * @kind: enum nf_svc_kind
 * @flags: bits of enum nf_svc_frontend_flags
 * @rules: by enum nf_svc_class
 * @ranges: sources that may ask; none: all
 * @n_ranges: how many
 */
struct nf_svc_frontend {
	struct nf_svc_addr addr;
	uint16_t port;
	uint8_t protocol;
	uint8_t family;
	uint8_t kind;
	uint32_t flags;
	struct nf_svc_rule rules[NF_SVC_CLASSES];
	struct nf_svc_cidr *ranges;
	size_t n_ranges;
};

/**
 * struct nf_svc_schedulers - schedulers that a module has
 * @names: their names
 * @n: how many; 0: it does not say, and has random alone
 */
struct nf_svc_schedulers {
	char names[NF_SVC_SCHEDULERS_MAX][NF_SVC_SCHEDULER_MAX + 1];
	size_t n;
};

/**
 * nf_svc_schedulers_have - is there a scheduler of this name?
 * @schedulers: of a module; NULL: it has random alone
 * @name: the name
 */
bool nf_svc_schedulers_have(const struct nf_svc_schedulers *schedulers,
			    const char *name);

/**
 * struct nf_svc_service - a service with all that belongs to it
 * @name: name
 * @protocol: IPPROTO_*
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @owner: who made it; not sent, BEGIN says it
 * @scheduler: scheduler
 * @refuse_with: enum nf_svc_refuse
 * @affinity_timeout: seconds, 0: off
 * @backends: by address and port in a snapshot, else in any order
 * @n_backends: how many
 * @frontends: likewise
 * @n_frontends: how many
 */
struct nf_svc_service {
	char *name;
	uint8_t protocol;
	uint8_t family;
	char owner[NF_SVC_OWNER_MAX + 1];
	char scheduler[NF_SVC_SCHEDULER_MAX + 1];
	uint32_t refuse_with;
	uint32_t affinity_timeout;
	struct nf_svc_backend *backends;
	size_t n_backends;
	struct nf_svc_frontend *frontends;
	size_t n_frontends;
};

/**
 * struct nf_svc_settings - what a pod is, for one network namespace
 * @owner: who set it; empty: nobody did
 * @pod_cidrs: sources that are pods
 * @n_pod_cidrs: how many
 * @pod_devices: names of devices that pods' packets enter by
 * @n_pod_devices: how many
 * @service_cidrs: addresses that only services may have
 * @n_service_cidrs: how many
 * @node_port_cidrs: addresses of the node that NodePorts answer at; none of a
 *	family: all
 * @n_node_port_cidrs: how many
 * @masquerade_mark: bit of the mark of the first packets of flows that a rule
 *	masquerades; 0: none
 */
struct nf_svc_settings {
	char owner[NF_SVC_OWNER_MAX + 1];
	struct nf_svc_cidr *pod_cidrs;
	size_t n_pod_cidrs;
	char (*pod_devices)[NF_SVC_DEVICE_MAX + 1];
	size_t n_pod_devices;
	struct nf_svc_cidr *service_cidrs;
	size_t n_service_cidrs;
	struct nf_svc_cidr *node_port_cidrs;
	size_t n_node_port_cidrs;
	uint32_t masquerade_mark;
};

/**
 * struct nf_svc_stats - counters, of one service or of the namespace
 * @name: of the service, owned; NULL: totals
 * @protocol: of the service
 * @family: of the service
 * @flows: new flows given a backend
 * @masqueraded: those whose source was masqueraded
 * @healed: flows of before that a packet of theirs ended, to begin anew
 * @unremembered: flows whose client could not be remembered for affinity
 * @unrecorded: flows that no record could be made of
 * @drops: packets, by enum nf_svc_drop_reason
 * @uncounted: flows that no counter had memory for (totals only)
 */
struct nf_svc_stats {
	char *name;
	uint8_t protocol;
	uint8_t family;
	uint64_t flows;
	uint64_t masqueraded;
	uint64_t healed;
	uint64_t unremembered;
	uint64_t unrecorded;
	uint64_t drops[NF_SVC_DROP_REASONS];
	uint64_t uncounted;
};

/**
 * struct nf_svc_snapshot - all that a namespace has, at one generation
 * @generation: the commit that it shows
 * @services: sorted by name, protocol and family
 * @n_services: how many
 * @settings: the settings
 */
struct nf_svc_snapshot {
	uint64_t generation;
	struct nf_svc_service *services;
	size_t n_services;
	struct nf_svc_settings settings;
};

/**
 * nf_svc_service_init - a service with the defaults of the ABI
 * @service: what it held is not released
 * @name: copied
 * @protocol: IPPROTO_*
 * @family: NFPROTO_*
 *
 * Return: 0 or -ENOMEM.
 */
int nf_svc_service_init(struct nf_svc_service *service, const char *name,
			uint8_t protocol, uint8_t family);

/**
 * nf_svc_service_clean - release what a service owns, and zero it
 * @service: the service
 */
void nf_svc_service_clean(struct nf_svc_service *service);

/**
 * nf_svc_service_sort - backends and frontends into their order
 * @service: the service
 */
void nf_svc_service_sort(struct nf_svc_service *service);

/**
 * nf_svc_service_key - the key of a service
 * @service: lives longer than the key
 */
struct nf_svc_key nf_svc_service_key(const struct nf_svc_service *service);

/**
 * nf_svc_settings_clean - release what settings own, and zero them
 * @settings: the settings
 */
void nf_svc_settings_clean(struct nf_svc_settings *settings);

/**
 * nf_svc_settings_know_pods - do the settings say what a pod is?
 * @settings: the settings
 * @family: for pods of this family
 */
bool nf_svc_settings_know_pods(const struct nf_svc_settings *settings,
			       uint8_t family);

/**
 * nf_svc_snapshot_clean - release what a snapshot owns, and zero it
 * @snapshot: the snapshot
 */
void nf_svc_snapshot_clean(struct nf_svc_snapshot *snapshot);

/**
 * nf_svc_snapshot_find - a service by its key
 * @snapshot: sorted
 * @key: the key
 *
 * Return: the service, which stays the snapshot's, or NULL.
 */
struct nf_svc_service *
nf_svc_snapshot_find(const struct nf_svc_snapshot *snapshot,
		     const struct nf_svc_key *key);

/**
 * nf_svc_snapshot_place - where the services of a name begin, or would
 * @snapshot: sorted
 * @name: the name
 *
 * Return: place of the first service whose name is not less.
 */
size_t nf_svc_snapshot_place(const struct nf_svc_snapshot *snapshot,
			     const char *name);

/**
 * nf_svc_key_compare - order of services
 * @a: one
 * @b: other
 *
 * Return: less than, equal to or more than 0, by name, protocol and family.
 */
int nf_svc_key_compare(const struct nf_svc_key *a, const struct nf_svc_key *b);

/**
 * nf_svc_backend_compare - order of a service's backends
 * @a: a struct nf_svc_backend
 * @b: another
 *
 * Return: less than, equal to or more than 0, by address and port.
 */
int nf_svc_backend_compare(const void *a, const void *b);

/**
 * nf_svc_frontend_compare - order of frontends
 * @a: a struct nf_svc_frontend
 * @b: another
 *
 * Return: less than, equal to or more than 0, by family, address, port and
 * protocol: equal means the same key.
 */
int nf_svc_frontend_compare(const void *a, const void *b);

/**
 * nf_svc_backend_active - does a backend take new flows?
 * @backend: the backend
 */
bool nf_svc_backend_active(const struct nf_svc_backend *backend);

/**
 * nf_svc_frontend_rules - the rules that Kubernetes' traffic policies come to
 * @frontend: its @kind says internal or external; @rules are set
 * @local: the policy is Local, not Cluster
 * @know_pods: the settings say what a pod is
 */
void nf_svc_frontend_rules(struct nf_svc_frontend *frontend, bool local,
			   bool know_pods);

#endif
