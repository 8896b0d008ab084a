/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _NF_SVC_TRANSACTION_H
#define _NF_SVC_TRANSACTION_H

#include "nf_svc.h"

struct netlink_ext_ack;
struct sock;

/**
 * struct nf_svc_counts - how much a commit, or a change, changes
 * @services_added: services made; 0 in a change
 * @services_changed: services of which anything changed; 0 in a change
 * @services_deleted: services deleted; 0 in a change
 * @frontends_added: frontends made
 * @frontends_deleted: frontends deleted
 * @backends_added: backends made
 * @backends_changed: backends of which weight or sets changed
 * @backends_deleted: backends deleted
 */
struct nf_svc_counts {
	u32 services_added;
	u32 services_changed;
	u32 services_deleted;
	u32 frontends_added;
	u32 frontends_deleted;
	u32 backends_added;
	u32 backends_changed;
	u32 backends_deleted;
};

/**
 * struct nf_svc_change - what an open transaction does to one service
 * @list: link in nf_svc_tx.changes
 * @service: the service
 * @kind: enum nf_svc_change_kind
 * @counts: how much that is; of backends since @config has been built
 * @is_set: SERVICE_SET named it
 * @is_touched: a message named it, or gave it something; else it only lost a
 *	frontend
 * @is_replaced: it keeps only the frontends and backends that are set
 * @has_backends: @backends is what it shall have (else: as it has now)
 * @scheduler: as it shall have
 * @refuse_with: as it shall have
 * @affinity_timeout: as it shall have
 * @nr_backends: used entries of @backends
 * @room: allocated entries of @backends
 * @backends: sorted by address and port
 * @config: built by nf_svc_prepare(), NULL if nothing changes
 */
struct nf_svc_change {
	struct list_head list;
	struct nf_svc_service *service;
	u8 kind;
	struct nf_svc_counts counts;
	bool is_set;
	bool is_touched;
	bool is_replaced;
	bool has_backends;
	const struct nf_svc_scheduler *scheduler;
	u8 refuse_with;
	u32 affinity_timeout;
	u32 nr_backends;
	u32 room;
	struct nf_svc_backend *backends;
	struct nf_svc_config *config;
};

/**
 * struct nf_svc_tx - a transaction, and later the batch of what it replaced
 * @id: differs from that of any other transaction of the namespace of late
 * @replace: what is set is all that @owner has
 * @refused: a message of it was refused: it cannot be committed
 * @steps: messages of it that were taken
 * @active: jiffies of the last message
 * @sk: netlink socket that it is tied to; a reference is held while it is open
 * @next: number that its commit will have
 * @pid: of the process that began it, in the initial PID namespace
 * @comm: name of that process
 * @changes: touched services
 * @addresses: touched addresses
 * @born: entries linked by it, visible from @next on
 * @dying: entries visible until @next
 * @dropped: entries linked and given up by it, never visible
 * @settings: settings to be, or NULL
 * @settings_changed: were there any?
 * @counts: how much it changes; known once it is prepared
 * @replaced: configurations and settings that its commit replaced
 * @bytes: size of those, and of @dying and @dropped
 * @dropped_bytes: size of @dropped
 * @nr_services: as it was when the transaction began
 * @nr_frontends: as it was when the transaction began
 * @family_frontends: as it was when the transaction began
 * @batch: link in nf_svc_ns.retiring or .freeing, once it has ended
 * @cookie: RCU cookie: when it has elapsed, the next step may be done
 * @owner: whose objects it changes
 */
struct nf_svc_tx {
	u32 id;
	bool replace;
	bool refused;
	u32 steps;
	unsigned long active;
	struct sock *sk;
	u64 next;
	u32 pid;
	char comm[NF_SVC_COMM_MAX + 1];
	struct list_head changes;
	struct list_head addresses;
	struct list_head born;
	struct list_head dying;
	struct list_head dropped;
	struct nf_svc_settings *settings;
	bool settings_changed;
	struct nf_svc_counts counts;
	struct nf_svc_version *replaced;
	size_t bytes;
	size_t dropped_bytes;
	u32 nr_services;
	u32 nr_frontends;
	u32 family_frontends[2];
	struct list_head batch;
	unsigned long cookie;
	char owner[NF_SVC_OWNER_MAX + 1];
};

/**
 * struct nf_svc_record - a commit, as HISTORY_GET shows it
 * @generation: its number
 * @time: when, ns since 1970
 * @pid: of the process that sent BEGIN, in the initial PID namespace
 * @replaced: it was the whole truth of its owner
 * @settings_changed: it set the settings
 * @not_listed: too many services for events of each
 * @counts: how much it changed
 * @comm: name of the process
 * @owner: whose objects it changed
 */
struct nf_svc_record {
	u64 generation;
	u64 time;
	u32 pid;
	bool replaced;
	bool settings_changed;
	bool not_listed;
	struct nf_svc_counts counts;
	char comm[NF_SVC_COMM_MAX + 1];
	char owner[NF_SVC_OWNER_MAX + 1];
};

/**
 * struct nf_svc_claim - an owner that one socket writes for
 * @list: link in nf_svc_net.claims
 * @sk: netlink socket that it is tied to; a reference is held
 * @portid: its port
 * @pid: its process, in the initial PID namespace
 * @comm: name of the process
 * @owner: the owner
 */
struct nf_svc_claim {
	struct list_head list;
	struct sock *sk;
	u32 portid;
	u32 pid;
	char comm[NF_SVC_COMM_MAX + 1];
	char owner[NF_SVC_OWNER_MAX + 1];
};

/**
 * struct nf_svc_key - a service's key
 * @name: name
 * @protocol: IPPROTO_*
 * @family: NFPROTO_*
 */
struct nf_svc_key {
	const char *name;
	u8 protocol;
	u8 family;
};

static inline unsigned int nf_svc_family_index(u8 family)
{
	return family == NFPROTO_IPV6;
}

/* transaction.c */
int nf_svc_begin(struct nf_svc_net *nn, struct net *net, struct sock *sk,
		 u32 portid, const char *owner, bool replace,
		 const u64 *generation, struct netlink_ext_ack *extack);
int nf_svc_commit(struct nf_svc_net *nn, u32 steps,
		  struct netlink_ext_ack *extack);
void nf_svc_abort(struct nf_svc_net *nn);
void nf_svc_stage_born(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
		       struct nf_svc_entry *entry);
void nf_svc_stage_death(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
			struct nf_svc_entry *entry);
void nf_svc_entry_unlink(struct nf_svc_ns *ns, struct nf_svc_entry *entry);

/* affinity.c */
int nf_svc_affinity_prepare(struct nf_svc_service *service);
void nf_svc_affinity_end(struct nf_svc_service *service);
void nf_svc_affinity_stop(void);

/* service.c */
u32 nf_svc_service_hash(const struct nf_svc_ns *ns,
			const struct nf_svc_key *key);
bool nf_svc_service_is(const struct nf_svc_service *service,
		       const struct nf_svc_key *key);
struct nf_svc_service *nf_svc_service_find(const struct nf_svc_ns *ns,
					   const struct nf_svc_key *key);
struct nf_svc_service *nf_svc_service_touch(struct nf_svc_ns *ns,
					    struct nf_svc_tx *tx,
					    const struct nf_svc_key *key,
					    struct netlink_ext_ack *extack);
int nf_svc_service_set(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
		       const struct nf_svc_key *key, u32 flags,
		       const struct nf_svc_scheduler *scheduler,
		       const u8 *refuse_with, const u32 *affinity_timeout,
		       struct netlink_ext_ack *extack);
int nf_svc_service_del(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
		       const struct nf_svc_key *key,
		       struct netlink_ext_ack *extack);
int nf_svc_services_prune(struct nf_svc_ns *ns, struct nf_svc_tx *tx);

/* change.c */
struct nf_svc_change *nf_svc_change_of(struct nf_svc_tx *tx,
				       struct nf_svc_service *service);
void nf_svc_change_free(struct nf_svc_change *change);
bool nf_svc_change_is_none(const struct nf_svc_change *change);
void nf_svc_change_add(struct nf_svc_counts *sum,
		       const struct nf_svc_change *change);

/* backend.c */
int nf_svc_backend_set(struct nf_svc_change *change,
		       const struct nf_svc_backend *backend, u32 flags,
		       struct netlink_ext_ack *extack);
int nf_svc_backend_del(struct nf_svc_change *change,
		       const union nf_inet_addr *addr, __be16 port,
		       struct netlink_ext_ack *extack);
int nf_svc_config_build(struct nf_svc_change *change);
size_t nf_svc_config_size(const struct nf_svc_config *config);

/* frontend.c */
struct nf_svc_frontend *
nf_svc_frontend_current(const struct nf_svc_ns *ns,
			const struct nf_svc_frontend *key);
int nf_svc_frontend_set(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
			struct nf_svc_service *service,
			const struct nf_svc_frontend *wanted, u32 flags,
			struct netlink_ext_ack *extack);
int nf_svc_frontend_del(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
			const struct nf_svc_frontend *key,
			struct netlink_ext_ack *extack);
int nf_svc_frontend_end(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
			struct nf_svc_frontend *frontend);

/* address.c */
int nf_svc_address_use(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
		       const struct nf_svc_frontend *frontend, int delta);
int nf_svc_addresses_prepare(struct nf_svc_ns *ns, struct nf_svc_tx *tx);
void nf_svc_addresses_finish(struct nf_svc_tx *tx, bool committed);

/* claim.c */
void nf_svc_cookie_pid(struct netlink_ext_ack *extack, u32 pid);
int nf_svc_claim(struct nf_svc_net *nn, struct net *net, struct sock *sk,
		 u32 portid, const char *owner, struct netlink_ext_ack *extack);
int nf_svc_release(struct nf_svc_net *nn, struct net *net, struct sock *sk,
		   const char *owner, struct netlink_ext_ack *extack);
bool nf_svc_claimed(struct nf_svc_net *nn, const struct sock *sk,
		    const char *owner, struct netlink_ext_ack *extack);
void nf_svc_claims_end(struct nf_svc_net *nn, struct net *net, u32 portid);
void nf_svc_claims_free(struct nf_svc_net *nn);

/* history.c */
int nf_svc_history_prepare(struct nf_svc_net *nn);
struct nf_svc_record *nf_svc_history_add(struct nf_svc_net *nn,
					 const struct nf_svc_tx *tx);
const struct nf_svc_record *nf_svc_history_at(const struct nf_svc_net *nn,
					      u64 generation);

/* event.c */
void nf_svc_event_commit(struct net *net, const struct nf_svc_tx *tx,
			 const struct nf_svc_record *record);
void nf_svc_event_claim(struct net *net, u8 cmd,
			const struct nf_svc_claim *claim);

/* retire.c */
void nf_svc_retire_init(struct nf_svc_net *nn);
int nf_svc_retire_wait(struct nf_svc_net *nn, struct netlink_ext_ack *extack);
void nf_svc_retire(struct nf_svc_net *nn, struct nf_svc_tx *tx, bool committed);
void nf_svc_retire_all(struct nf_svc_ns *ns);
void nf_svc_version_free(struct nf_svc_version *version);
void nf_svc_entry_free(struct nf_svc_entry *entry);
int nf_svc_retire_start(void);
void nf_svc_retire_stop(void);

#endif /* _NF_SVC_TRANSACTION_H */
