/* SPDX-License-Identifier: GPL-2.0 */
/* What the checks of 'svcctl check' share: what they look at, and what they say. */
#ifndef SVCCTL_CHECK_H
#define SVCCTL_CHECK_H

#include <cjson/cJSON.h>

#include "svcctl.h"

struct nl_cache;

/**
 * enum severity - how bad a finding is
 * @SEVERITY_WARNING: works, but not for all, or not for long
 * @SEVERITY_ERROR: services do not work, or two programs do the same work
 */
enum severity {
	SEVERITY_WARNING,
	SEVERITY_ERROR,
};

/**
 * struct texts - some texts
 * @list: owned, as is each of them
 * @n: how many
 */
struct texts {
	char **list;
	size_t n;
};

struct checkup;

/**
 * struct check - one check
 * @id: its name, which stays
 * @severity: of all that it finds
 * @looks_for: what it looks for
 * @remedy: what to do about it
 * @make: makes it; says what it finds by check_found() and check_unchecked()
 */
struct check {
	const char *id;
	enum severity severity;
	const char *looks_for;
	const char *remedy;
	void (*make)(struct checkup *checkup);
};

/**
 * struct checked - what became of one check
 * @check: the check
 * @found: what was found
 * @unchecked: what could not be looked at, and why
 */
struct checked {
	const struct check *check;
	struct texts found;
	struct texts unchecked;
};

/**
 * struct checkup - a run of the checks, and what they look at
 * @ctl: the run of svcctl
 * @now: what becomes of the check that is being made
 * @no_memory: there was none for something
 * @has_module: the module answers; else @info and @snapshot are empty
 * @no_module: why it does not
 * @info: of the module
 * @snapshot: all of its tables
 * @service_cidrs: of the options, or else of the settings; not owned
 * @n_service_cidrs: how many
 * @pod_cidrs: likewise
 * @n_pod_cidrs: how many
 * @links: devices of the network namespace; NULL: not read
 * @addresses: addresses of its devices
 * @routes: its routes, of all tables
 * @chains: base chains and others as nft lists them; NULL: not read
 */
struct checkup {
	struct svcctl *ctl;
	struct checked *now;
	bool no_memory;
	bool has_module;
	char no_module[320];
	struct nf_svc_info info;
	struct nf_svc_snapshot snapshot;
	const struct nf_svc_cidr *service_cidrs;
	size_t n_service_cidrs;
	const struct nf_svc_cidr *pod_cidrs;
	size_t n_pod_cidrs;
	struct nl_cache *links;
	struct nl_cache *addresses;
	struct nl_cache *routes;
	cJSON *chains;
};

/* All checks in the order in which they are made; the last one has no id. */
extern const struct check svcctl_checks[];

/**
 * check_found - say what was found
 * @checkup: the run
 * @format: printf format: what, and where
 */
void check_found(struct checkup *checkup, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * check_unchecked - say why the check could not be made
 * @checkup: the run
 * @format: printf format: what could not be read, and why
 *
 * What was found until now stays found.
 */
void check_unchecked(struct checkup *checkup, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * checkup_has_family - are there services of a family, or could there be?
 * @checkup: the run
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 *
 * Of IPv4 always, as long as nothing is of any.
 */
bool checkup_has_family(const struct checkup *checkup, uint8_t family);

/* check_module.c */
void check_module(struct checkup *checkup);

/* check_addresses.c */
void check_service_cidr_pods(struct checkup *checkup);
void check_service_cidr_node(struct checkup *checkup);
void check_service_cidr_route(struct checkup *checkup);
void check_service_unreachable(struct checkup *checkup);

/* check_room.c */
void check_service_cidr_full(struct checkup *checkup);

/**
 * struct band - the addresses of a service CIDR that Kubernetes may give
 * @size: how many; of more than 2^64 so many
 * @reserved: how many of them, from the first on, it gives to nobody who does not
 *	ask for one by itself: the static band (KEP-3070)
 */
struct band {
	uint64_t size;
	uint64_t reserved;
};

/**
 * band_of - the addresses of a service CIDR
 * @cidr: the CIDR
 *
 * As k8s.io/kubernetes/pkg/registry/core/service/ipallocator counts: without the
 * first address, and for IPv4 without the last; of IPv6 no more than 2^64.
 */
struct band band_of(const struct nf_svc_cidr *cidr);

/**
 * band_place - which of the addresses of a service CIDR is it?
 * @cidr: the CIDR
 * @addr: an address in it
 *
 * Return: from 0 on; band_of()'s size or more: none that is given.
 */
uint64_t band_place(const struct nf_svc_cidr *cidr,
		    const struct nf_svc_addr *addr);

/* check_names.c */
void check_names(struct checkup *checkup);

/**
 * is_dns_label - can it be one part of a DNS name?
 * @text: its end may come later than @len
 * @len: how long
 *
 * RFC 1123: 1 to 63 of a-z, 0-9 and "-", which is neither first nor last.
 */
bool is_dns_label(const char *text, size_t len);

/* check_sysctl.c */
void check_forwarding(struct checkup *checkup);
void check_rp_filter(struct checkup *checkup);
void check_bridge_nf_call(struct checkup *checkup);
void check_route_localnet(struct checkup *checkup);
void check_conntrack_full(struct checkup *checkup);

/* check_forward.c */
void check_forward_drop(struct checkup *checkup);

/* check_nat.c */
void check_nat_before(struct checkup *checkup);

/* check_peers.c */
void check_kube_proxy_rules(struct checkup *checkup);
void check_kube_proxy_running(struct checkup *checkup);
void check_ipvs(struct checkup *checkup);

/* check_bypass.c */
void check_flowtables(struct checkup *checkup);
void check_bpf(struct checkup *checkup);
void check_datapaths(struct checkup *checkup);

/* check_nft.c */

/**
 * nft_list - what nft lists, as its JSON (libnftables-json(5))
 * @checkup: the run
 * @command: "list chains"
 *
 * Return: the array, to be released, or NULL after check_unchecked().
 */
cJSON *nft_list(struct checkup *checkup, const char *command);

/**
 * nft_chains - all chains, read once
 * @checkup: the run
 *
 * Return: what "list chains" lists; stays the run's; or NULL after check_unchecked().
 */
const cJSON *nft_chains(struct checkup *checkup);

/**
 * nft_text - a text of an object
 * @object: the object
 * @key: its key
 *
 * Return: the text, or "": there is none.
 */
const char *nft_text(const cJSON *object, const char *key);

/* check_iptables.c */

/**
 * enum iptables_answer - what a chain does to packets of services
 * @IPTABLES_LETS: a rule lets them pass
 * @IPTABLES_DROPS: they are dropped
 * @IPTABLES_FALLS: neither: they come to its end
 */
enum iptables_answer {
	IPTABLES_LETS,
	IPTABLES_DROPS,
	IPTABLES_FALLS,
};

/**
 * iptables_names - chains of the legacy tables of a family
 * @checkup: the run
 * @family: NFPROTO_*
 * @say: called for each chain, with its table
 *
 * Asks only for tables that are there, for asking makes them.
 *
 * Return: false after check_unchecked().
 */
bool iptables_names(struct checkup *checkup, uint8_t family,
		    void (*say)(struct checkup *checkup, uint8_t family,
				const char *table, const char *chain));

/**
 * iptables_forward - what the legacy chain FORWARD does to packets of services
 * @checkup: the run
 * @family: NFPROTO_*
 * @answer: where it goes; IPTABLES_LETS where there is no such table
 * @unread: how many rules that accept could not be read
 *
 * Return: false after check_unchecked().
 */
bool iptables_forward(struct checkup *checkup, uint8_t family,
		      enum iptables_answer *answer, size_t *unread);

/* check_network.c */

/**
 * network_read - read devices, addresses and routes, once
 * @checkup: the run
 *
 * Return: false after check_unchecked().
 */
bool network_read(struct checkup *checkup);

/**
 * network_free - release what network_read() read
 * @checkup: the run
 */
void network_free(struct checkup *checkup);

/**
 * network_cidr - a range as libnl has it
 * @addr: struct nl_addr of a route or an address
 * @cidr: where it goes
 *
 * Return: false: of another family.
 */
bool network_cidr(const void *addr, struct nf_svc_cidr *cidr);

/**
 * cidrs_overlap - have two ranges an address in common?
 * @a: one
 * @b: other
 */
bool cidrs_overlap(const struct nf_svc_cidr *a, const struct nf_svc_cidr *b);

/**
 * is_pod_range - does a range hold a pod CIDR, or more?
 * @checkup: the run
 * @cidr: the range
 */
bool is_pod_range(const struct checkup *checkup,
		  const struct nf_svc_cidr *cidr);

/**
 * is_pod_device - do the settings say that pods are behind a device?
 * @checkup: the run
 * @name: its name; may end with "*"
 */
bool is_pod_device(const struct checkup *checkup, const char *name);

#endif
