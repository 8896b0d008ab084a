/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _NF_SVC_H
#define _NF_SVC_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/rcupdate.h>
#include <linux/siphash.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <uapi/linux/nf_svc.h>

#include "table.h"

#if BITS_PER_LONG != 64
#error "nf_svc is for 64-bit kernels: packets read 64-bit counters whole"
#endif

#define NF_SVC_LIMIT_CIDRS 64U
#define NF_SVC_TX_IDLE_MS 30000U

/* Longer than conntrack by default knows a flow that nobody answered and nobody
 * goes on with (UDP 30 s, a SYN 120 s).
 */
#define NF_SVC_HEAL_WINDOW (600 * HZ)

/**
 * struct nf_svc_limits - how much a namespace may hold
 * @services: services
 * @frontends: frontends
 * @backends: backends of one service; not more than NF_SVC_BACKENDS_MAX, so
 *	that the sum of their weights fits into 32 bits
 * @flows: flows that are recorded, see flow.c
 * @retiring: MiB that may wait for a grace period before another transaction
 *	has to wait, too
 *
 * Parameters of the module, fixed while it is there.
 */
struct nf_svc_limits {
	u32 services;
	u32 frontends;
	u32 backends;
	u32 flows;
	u32 retiring;
};

#define NF_SVC_BACKENDS_MAX (1U << 16)

extern struct nf_svc_limits nf_svc_limits;

#define NF_SVC_SETS 2

struct nf_svc_affinities;
struct nf_svc_change;
struct nf_svc_flows;
struct nf_svc_packet;
struct nf_svc_record;
struct nf_svc_service;
struct nf_svc_tx;
struct nf_svc_config;

/**
 * struct nf_svc_cidr - a block of addresses
 * @addr: network byte order, bits past @prefix are 0
 * @family: NFPROTO_*
 * @prefix: length in bits
 */
struct nf_svc_cidr {
	union nf_inet_addr addr;
	u8 family;
	u8 prefix;
};

/**
 * struct nf_svc_rule - what a frontend does for one source class
 * @set: index of the set used, 0 cluster, 1 local
 * @masquerade: rewrite the source address?
 * @empty: enum nf_svc_empty
 */
struct nf_svc_rule {
	u8 set : 1;
	u8 masquerade : 1;
	u8 empty : 1;
};

/**
 * struct nf_svc_backend - an address and port that serves
 * @addr: address, network byte order; IPv4 in the first four bytes, rest 0
 * @port: network byte order
 * @weight: share of new flows; 0 takes none
 * @sets: enum nf_svc_sets; 0 is draining
 */
struct nf_svc_backend {
	union nf_inet_addr addr;
	__be16 port;
	u16 weight;
	u8 sets;
};

/**
 * struct nf_svc_scheduler - how a backend is chosen for a new flow
 * @name: value of NF_SVC_A_SCHEDULER
 * @prepare: make what @choose needs of this configuration, for both sets: one
 *	block of kvmalloc() memory, config->version.prepared, that goes with the
 *	configuration, and its size. NULL: nothing. @old is what the service had,
 *	or NULL. Context: process, may sleep; the namespace's mutex is held, the
 *	transaction is being prepared. Returns 0 or -ENOMEM
 * @choose: index into config->backends of the one chosen, in the set of the
 *	packet's rule, which takes new flows; never one of weight 0. Context:
 *	softirq or process, RCU read side; no side effect if packet->asked
 * @settled: can be told what this packet gets, if it comes next?
 * @by_port: not unless its source port is known
 */
struct nf_svc_scheduler {
	const char *name;
	int (*prepare)(struct nf_svc_config *config,
		       const struct nf_svc_service *service,
		       const struct nf_svc_config *old);
	u32 (*choose)(const struct nf_svc_config *config,
		      const struct nf_svc_packet *packet);
	bool (*settled)(const struct nf_svc_packet *packet);
	bool by_port;
};

/**
 * struct nf_svc_version - a link in a chain of versions, newest first
 * @born: number of the commit that made it
 * @prepared: memory that goes with it, or NULL
 * @prev: the one before, until no packet can need it
 * @newer: the one that replaced it; writer only
 * @next: next one replaced by the same commit; writer only
 *
 * What is replaced whole (a service's configuration, the settings) and is
 * reached by a pointer, not by a table.
 */
struct nf_svc_version {
	u64 born;
	void *prepared;
	struct nf_svc_version __rcu *prev;
	struct nf_svc_version *newer;
	struct nf_svc_version *next;
};

/**
 * struct nf_svc_config - all that a service is, but for its key; immutable
 * @version: link; must be first
 * @scheduler: chooses, by what it prepared: @version has that
 * @prepared_size: bytes of that
 * @refuse_with: enum nf_svc_refuse
 * @affinity_timeout: seconds, 0 is off; see affinity.c
 * @nr: number of backends
 * @group: where in @backends each group ends: in the local set only, in both,
 *	in the cluster set only, in none. So each set is one range; inside a
 *	group backends are sorted by address and port
 * @takers: for each set, backends that take new flows (weight not 0)
 * @sums: nr + 1 running sums of weights, or NULL if all weights are 1; in the
 *	same allocation
 * @backends: the backends
 */
struct nf_svc_config {
	struct nf_svc_version version;
	const struct nf_svc_scheduler *scheduler;
	size_t prepared_size;
	u8 refuse_with;
	u32 affinity_timeout;
	u32 nr;
	u32 group[4];
	u32 takers[NF_SVC_SETS];
	u32 *sums;
	struct nf_svc_backend backends[];
};

/* Range of a set in config->backends: [start, end). */
static inline u32 nf_svc_set_start(const struct nf_svc_config *config, u8 set)
{
	return set ? 0 : config->group[0];
}

static inline u32 nf_svc_set_end(const struct nf_svc_config *config, u8 set)
{
	return set ? config->group[1] : config->group[2];
}

/**
 * struct nf_svc_stats - counters, one a CPU
 * @flows: new flows given a backend
 * @masqueraded: those of them whose source was masqueraded
 * @unremembered: flows whose client could not be remembered, see affinity.c
 * @unrecorded: flows that no record could be made for, see flow.c
 * @healed: entries of before that were ended by a packet, see heal.c
 * @drops: packets by enum nf_svc_drop_reason
 */
struct nf_svc_stats {
	u64 flows;
	u64 masqueraded;
	u64 healed;
	u64 unremembered;
	u64 unrecorded;
	u64 drops[__NF_SVC_DROP_MAX];
};

/**
 * struct nf_svc_service - one port of a Kubernetes Service, of one family
 * @entry: link in nf_svc_ns.services; must be first
 * @config: newest configuration; the chain holds those of commits that packets
 *	may still see
 * @stats: counters, NULL until the first flow
 * @affinities: clients and what they were given, NULL until it is asked for
 * @refused: of the limit on refusals, see refuse.c
 * @turns: for each set, how many flows were dealt out in turn, from a random
 *	number on: many services with few flows do not all begin at their first
 *	backend. They outlive the configuration: a commit does not start anew
 * @seed: of the hash by which UDP flows choose
 * @protocol: IPPROTO_*
 * @family: NFPROTO_*
 * @nr_frontends: frontends that the last commit shows; writer only
 * @frontends: current frontends, staged ones too; writer only
 * @change: what the open transaction does to it, or NULL; writer only
 * @owner: name of the owner, in the same allocation as @name
 * @name: key, with @protocol and @family
 */
struct nf_svc_service {
	struct nf_svc_entry entry;
	struct nf_svc_version __rcu *config;
	struct nf_svc_stats __percpu *stats;
	struct nf_svc_affinities __rcu *affinities;
	atomic64_t refused;
	atomic64_t turns[NF_SVC_SETS];
	u32 seed;
	u8 protocol;
	u8 family;
	u32 nr_frontends;
	struct list_head frontends;
	struct nf_svc_change *change;
	const char *owner;
	char name[];
};

/**
 * struct nf_svc_frontend - where a service answers; immutable but for links
 * @entry: link in nf_svc_ns.frontends; must be first
 * @service: whose it is; lives at least as long
 * @sibling: link in nf_svc_service.frontends; writer only
 * @addr: address, network byte order; IPv4 in the first four bytes, rest 0. All
 *	0: every address of the node (a NodePort)
 * @port: network byte order
 * @protocol: IPPROTO_*
 * @family: NFPROTO_*
 * @kind: enum nf_svc_kind
 * @flags: enum nf_svc_frontend_flags
 * @rule: by enum nf_svc_class
 * @kept: id of the last transaction that set it as it was; writer only
 * @nr_ranges: entries of @ranges; 0: every source may ask
 * @ranges: sources that may ask, of @family
 */
struct nf_svc_frontend {
	struct nf_svc_entry entry;
	struct nf_svc_service *service;
	struct list_head sibling;
	union nf_inet_addr addr;
	__be16 port;
	u8 protocol;
	u8 family;
	u8 kind;
	u8 flags;
	struct nf_svc_rule rule[__NF_SVC_CLASS_MAX];
	u32 kept;
	u32 nr_ranges;
	struct nf_svc_cidr ranges[];
};

#define NF_SVC_ADDRESS_FLAGS 2

/**
 * struct nf_svc_address - an address that has frontends
 * @entry: link in nf_svc_ns.addresses; must be first
 * @addr: key, network byte order
 * @family: key, NFPROTO_*
 * @flags: enum nf_svc_frontend_flags that any frontend on it has
 * @users: current frontends on it, as committed; writer only
 * @flag_users: those with each flag, by its bit; writer only
 * @users_delta: what the open transaction adds to @users; writer only
 * @flag_delta: the same for @flag_users; writer only
 * @touched: link in nf_svc_tx.addresses, or empty; writer only
 */
struct nf_svc_address {
	struct nf_svc_entry entry;
	union nf_inet_addr addr;
	u8 family;
	u8 flags;
	u32 users;
	u32 flag_users[NF_SVC_ADDRESS_FLAGS];
	s32 users_delta;
	s32 flag_delta[NF_SVC_ADDRESS_FLAGS];
	struct list_head touched;
};

/**
 * enum nf_svc_cidr_list - what blocks of addresses the settings know
 * @NF_SVC_CIDRS_POD: of pods
 * @NF_SVC_CIDRS_SERVICE: only services have addresses in them
 * @NF_SVC_CIDRS_NODE: addresses of the node that NodePorts answer at
 */
enum nf_svc_cidr_list {
	NF_SVC_CIDRS_POD,
	NF_SVC_CIDRS_SERVICE,
	NF_SVC_CIDRS_NODE,

	/* private: */
	NF_SVC_CIDR_LISTS
};

/**
 * struct nf_svc_settings - what is what in this namespace; immutable
 * @version: link; must be first
 * @owner: who set it
 * @mark: bit that says that a flow will be masqueraded, see mark.c; 0: none
 * @end: where in @cidrs each list ends, by enum nf_svc_cidr_list; it begins where
 *	the one before it ends
 * @nr_devices: used entries of @devices
 * @devices: names of pods' input devices; '*' at the end matches any rest
 * @cidrs: the lists
 */
struct nf_svc_settings {
	struct nf_svc_version version;
	char owner[NF_SVC_OWNER_MAX + 1];
	u32 mark;
	u32 end[NF_SVC_CIDR_LISTS];
	u32 nr_devices;
	char (*devices)[NF_SVC_DEVICE_MAX + 1];
	struct nf_svc_cidr cidrs[];
};

static inline const struct nf_svc_cidr *
nf_svc_settings_cidrs(const struct nf_svc_settings *settings,
		      enum nf_svc_cidr_list list)
{
	return settings->cidrs + (list ? settings->end[list - 1] : 0);
}

static inline u32 nf_svc_settings_nr(const struct nf_svc_settings *settings,
				     enum nf_svc_cidr_list list)
{
	return settings->end[list] - (list ? settings->end[list - 1] : 0);
}

/* Does nobody own them, for they say nothing? */
static inline bool nf_svc_settings_empty(const struct nf_svc_settings *settings)
{
	return !settings || (!settings->end[NF_SVC_CIDR_LISTS - 1] &&
			     !settings->nr_devices && !settings->mark);
}

#define NF_SVC_REFUSE_SLOTS 256

/**
 * struct nf_svc_ns - the tables of a network namespace
 * @generation: number of the last commit; packets read it once, first
 * @key: random; keys the hashes of all tables
 * @addresses: &struct nf_svc_address by (address, family)
 * @frontends: &struct nf_svc_frontend by (address, port, protocol, family)
 * @services: &struct nf_svc_service by (name, protocol, family); not for packets
 * @settings: newest settings, a chain, NULL if there are none
 * @node_ports: of IPv4, of IPv6: addresses in @addresses that mean every address
 *	of the node, visible or not; packets read whether there are any
 * @mark_bits: bits that packets may have been marked with, see mark.c
 * @heal_until: jiffies; until then flows may be left that began before their
 *	frontend did
 * @adopt_until: jiffies; until then flows may be left that began before these tables,
 *	see heal.c
 * @totals: counters of the namespace
 * @uncounted: flows whose service's counters could not be allocated
 * @refused: of the limit on refusals by source, see refuse.c
 * @refused_unclaimed: the same for what no frontend claims
 * @told: of the limit on messages to the group of drops, see limit.h
 * @lost: drops that were not told for that limit, or for want of memory
 * @nr_services: current services, staged ones too; writer only
 * @nr_frontends: current frontends, staged ones too; writer only
 * @family_frontends: the same, IPv4 and IPv6 apart; writer only
 * @hooked: are the hooks of IPv4, of IPv6 there? They come with the commit of
 *	the family's first frontend, and go when the packets that its last one
 *	served have left; writer only
 * @mark_hooked: those of mark.c, the same; only where @hooked; writer only
 * @unhooked: RCU cookie: when it has elapsed, no packet is inside of hooks that
 *	went last; writer only
 * @retiring: committed transactions whose packets of before may still be on
 *	their way, oldest first; writer only
 * @freeing: transactions whose objects are out of the tables and wait for those
 *	who still hold one, oldest first; writer only
 * @flows: records of flows, see flow.c; never NULL
 * @net: the namespace
 *
 * Made by the first transaction, freed when
 * nothing is left in it. Writers hold nf_svc_net.mutex.
 */
struct nf_svc_ns {
	u64 generation;
	siphash_key_t key;
	struct nf_svc_table addresses;
	struct nf_svc_table frontends;
	struct nf_svc_version __rcu *settings;
	u32 node_ports[2];
	u32 mark_bits;
	unsigned long heal_until;
	unsigned long adopt_until;
	struct nf_svc_stats __percpu *totals;
	atomic64_t uncounted;
	atomic64_t refused[NF_SVC_REFUSE_SLOTS];
	atomic64_t refused_unclaimed;
	atomic64_t told;
	atomic_t lost;

	struct nf_svc_table services;
	u32 nr_services;
	u32 nr_frontends;
	u32 family_frontends[2];
	bool hooked[2];
	bool mark_hooked[2];
	unsigned long unhooked;
	struct list_head retiring;
	struct list_head freeing;
	struct nf_svc_flows *flows;
	struct net *net;
};

/**
 * struct nf_svc_net - what every network namespace has
 * @mutex: held by all writers and dumps of the namespace; protects all members
 *	here, and whatever is called "writer only" in the tables
 * @ns: the tables, NULL while there are none
 * @tx: the open transaction, or NULL
 * @tx_portid: netlink socket that @tx is tied to, else 0; may be read without
 *	the mutex by whoever only wants to know whether it is his
 * @history: the last NF_SVC_HISTORY_MAX commits, by generation; NULL before the
 *	first transaction
 * @generation: number of the last commit; outlives @ns
 * @tx_id: id of the last transaction
 * @moves: of tables that are gone; see nf_svc_dump_round()
 * @ending: the namespace goes; nothing is retired any more
 * @retire: unlinks and frees what commits replaced, see retire.c
 * @pending: bytes that it has still to free; may be read without the mutex
 * @retired: told when @pending has become less
 * @claims_mutex: protects @claims and @nr_claims; taken inside of @mutex or
 *	alone, so that a socket that closes does not wait for a commit
 * @claims: &struct nf_svc_claim
 * @nr_claims: how many; may be read without the mutex
 * @claims_seq: grows with each that ends, for dumps
 */
struct nf_svc_net {
	struct mutex mutex; /* all that follows, and the tables' links */
	struct nf_svc_ns __rcu *ns;
	struct nf_svc_tx *tx;
	u32 tx_portid;
	struct nf_svc_record *history;
	u64 generation;
	u32 tx_id;
	u32 moves;
	bool ending;
	struct rcu_work retire;
	size_t pending;
	wait_queue_head_t retired;

	struct mutex claims_mutex; /* the claims */
	struct list_head claims;
	u32 nr_claims;
	u32 claims_seq;
};

/**
 * nf_svc_addr_set() - an address as the tables keep it
 * @addr: result
 * @family: NFPROTO_*
 * @bytes: 4 or 16 bytes, network byte order
 */
static inline void nf_svc_addr_set(union nf_inet_addr *addr, u8 family,
				   const void *bytes)
{
	memset(addr, 0, sizeof(*addr));
	memcpy(addr, bytes, family == NFPROTO_IPV4 ? 4 : 16);
}

/* All 0: the key of frontends of every node address. */
static inline bool nf_svc_addr_is_any(const union nf_inet_addr *addr)
{
	return !(addr->all[0] | addr->all[1] | addr->all[2] | addr->all[3]);
}

static inline unsigned int nf_svc_addr_len(u8 family)
{
	return family == NFPROTO_IPV4 ? 4 : 16;
}

/**
 * nf_svc_version_at() - the version that a commit shows
 * @head: head of the chain
 * @generation: number of the commit
 *
 * Context: RCU read side, or the writer.
 * Return: the version, or NULL if there was none.
 */
static inline const struct nf_svc_version *
nf_svc_version_at(struct nf_svc_version __rcu *const *head, u64 generation)
{
	const struct nf_svc_version *version = rcu_dereference_check(*head, 1);

	/* Pairs with rcu_assign_pointer() in nf_svc_commit(). */
	while (version && version->born > generation)
		version = rcu_dereference_check(version->prev, 1);
	return version;
}

static inline const struct nf_svc_config *
nf_svc_config_at(const struct nf_svc_service *service, u64 generation)
{
	return (const struct nf_svc_config *)nf_svc_version_at(&service->config,
							       generation);
}

static inline const struct nf_svc_settings *
nf_svc_settings_at(const struct nf_svc_ns *ns, u64 generation)
{
	return (const struct nf_svc_settings *)nf_svc_version_at(&ns->settings,
								 generation);
}

/**
 * nf_svc_backend_order() - order of backends inside a group
 * @backend: a backend
 * @addr: address of another, network byte order
 * @port: its port, network byte order
 *
 * Return: negative, 0 or positive, as memcmp().
 */
static inline int nf_svc_backend_order(const struct nf_svc_backend *backend,
				       const union nf_inet_addr *addr,
				       __be16 port)
{
	int order = memcmp(&backend->addr, addr, sizeof(*addr));

	return order ? order : (int)ntohs(backend->port) - (int)ntohs(port);
}

/* netns.c */
struct nf_svc_net *nf_svc_net(const struct net *net);
struct nf_svc_ns *nf_svc_ns_locked(const struct nf_svc_net *nn);
struct nf_svc_ns *nf_svc_ns_get(struct nf_svc_net *nn, struct net *net);
void nf_svc_ns_put_if_empty(struct nf_svc_net *nn);
int nf_svc_netns_init(void);
void nf_svc_netns_exit(void);

/* hook.c */
int nf_svc_hooks_register(struct nf_svc_ns *ns,
			  const struct nf_svc_settings *staged);
bool nf_svc_hooks_unregister(struct nf_svc_ns *ns, bool all);

/* heal.c */
int nf_svc_heal_hook(struct net *net, u8 family);
void nf_svc_heal_unhook(struct net *net, u8 family);

/* mark.c */
int nf_svc_mark_hook(struct net *net, u8 family);
void nf_svc_mark_unhook(struct net *net, u8 family);

/* lookup.c */
u32 nf_svc_hash_addr(const struct nf_svc_ns *ns, u8 family,
		     const union nf_inet_addr *addr);
u32 nf_svc_hash_frontend(u32 addr_hash, u8 protocol, __be16 port);

/* select.c */
const struct nf_svc_scheduler *nf_svc_scheduler_find(const char *name);
const char *nf_svc_scheduler_name(u32 index);

/* bind.c */
int nf_svc_masquerade_start(void);
void nf_svc_masquerade_stop(void);

/* stats.c */
void nf_svc_stats_read(struct nf_svc_stats *sum,
		       const struct nf_svc_stats __percpu *stats);

/* load.c */
u32 nf_svc_backend_flows(const struct nf_svc_ns *ns,
			 const struct nf_svc_service *service,
			 const struct nf_svc_backend *backend);

/* genl.c */
int nf_svc_genl_init(void);
void nf_svc_genl_exit(void);

/* tests/kunit/suites.c, in the debug kernel's module */
#ifdef NF_SVC_KUNIT
void nf_svc_kunit_start(void);
void nf_svc_kunit_stop(void);
#else
static inline void nf_svc_kunit_start(void)
{
}

static inline void nf_svc_kunit_stop(void)
{
}
#endif

#endif /* _NF_SVC_H */
