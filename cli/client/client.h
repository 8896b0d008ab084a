/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The nf_svc client: one netlink socket to the tables of one network
 * namespace (the one the caller is in when it opens it).
 *
 * Every function that can fail returns 0 or a negative errno and, if it fails,
 * fills the struct nf_svc_error it is given. Nothing here prints or exits, and
 * no state is kept outside of struct nf_svc_client. A client serves one thread.
 */
#ifndef NF_SVC_CLIENT_H
#define NF_SVC_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "objects.h"

struct nf_svc_client;
struct nlmsghdr;

/**
 * enum nf_svc_error_kind - where an error comes from
 * @NF_SVC_ERROR_NONE: there is none
 * @NF_SVC_ERROR_NO_MODULE: the kernel has no family nf_svc: not loaded
 * @NF_SVC_ERROR_REFUSED: the kernel refused a request
 * @NF_SVC_ERROR_SYSTEM: a system call or an allocation failed here
 * @NF_SVC_ERROR_INTERRUPTED: commits kept coming while the tables were read
 * @NF_SVC_ERROR_ANSWER: the kernel's answer makes no sense to this program
 * @NF_SVC_ERROR_LOST: the kernel's answer was lost, so what it did is unknown
 */
enum nf_svc_error_kind {
	NF_SVC_ERROR_NONE,
	NF_SVC_ERROR_NO_MODULE,
	NF_SVC_ERROR_REFUSED,
	NF_SVC_ERROR_SYSTEM,
	NF_SVC_ERROR_INTERRUPTED,
	NF_SVC_ERROR_ANSWER,
	NF_SVC_ERROR_LOST,
};

/**
 * struct nf_svc_error - what went wrong
 * @kind: where it comes from
 * @number: a positive errno
 * @missing: @attribute was missing; otherwise its value is at fault
 * @attribute: name of the attribute at fault, empty: none was named
 * @value: what was sent as its value; may be empty
 * @pid: process that is in the way (EBUSY, EUSERS), 0: not told
 * @step: which message of the transaction was refused, from 1 on; 0: none, or not
 *	told, or it is not that one's fault (ENOTCONN)
 * @object: what was sent, "service shop/web:http (tcp, ipv4)"; may be empty
 * @message: the kernel's own words, or ours; may be empty
 */
struct nf_svc_error {
	enum nf_svc_error_kind kind;
	int number;
	uint32_t pid;
	uint32_t step;
	bool missing;
	char attribute[64];
	char value[64];
	char object[448];
	char message[256];
};

/**
 * struct nf_svc_info - what the module can do and how full it is
 * @abi_revision: NF_SVC_ABI_REVISION of the module
 * @module_version: for people
 * @capabilities: enum nf_svc_capabilities
 * @limit_services: most services
 * @limit_frontends: most frontends
 * @limit_backends: most backends of a service
 * @limit_flows: most flows that are recorded
 * @limit_cidrs: most entries of a list in the settings
 * @count_services: services there are
 * @count_frontends: frontends there are
 * @count_flows: flows that are recorded
 * @tx_idle_ms: milliseconds that an open transaction may be idle
 * @generation: number of the last commit
 * @retiring: bytes that commits replaced and that are not freed yet
 * @limit_retiring: bytes of these beyond which a transaction waits to begin
 * @schedulers: what the scheduler of a service may be
 */
struct nf_svc_info {
	uint32_t abi_revision;
	char module_version[64];
	uint64_t capabilities;
	uint32_t limit_services;
	uint32_t limit_frontends;
	uint32_t limit_backends;
	uint32_t limit_flows;
	uint32_t limit_cidrs;
	uint32_t count_services;
	uint32_t count_frontends;
	uint32_t count_flows;
	uint32_t tx_idle_ms;
	uint64_t generation;
	uint64_t retiring;
	uint64_t limit_retiring;
	struct nf_svc_schedulers schedulers;
};

/**
 * struct nf_svc_begin - how a transaction begins
 * @owner: whose objects it changes
 * @flags: enum nf_svc_flags; NF_SVC_FLAG_REPLACE or 0
 * @if_generation: begin only at @generation, else ESTALE
 * @generation: see there
 * @deadline: until when to wait for another writer's transaction, of
 *	nf_svc_deadline(), 0: not at all
 */
struct nf_svc_begin {
	const char *owner;
	uint32_t flags;
	bool if_generation;
	uint64_t generation;
	uint64_t deadline;
};

/**
 * enum nf_svc_given - optional attributes of a service that are sent
 * @NF_SVC_GIVEN_SCHEDULER: scheduler
 * @NF_SVC_GIVEN_REFUSE_WITH: refuse_with
 * @NF_SVC_GIVEN_AFFINITY: affinity_timeout
 */
enum nf_svc_given {
	NF_SVC_GIVEN_SCHEDULER = 1 << 0,
	NF_SVC_GIVEN_REFUSE_WITH = 1 << 1,
	NF_SVC_GIVEN_AFFINITY = 1 << 2,
	NF_SVC_GIVEN_ALL = NF_SVC_GIVEN_SCHEDULER | NF_SVC_GIVEN_REFUSE_WITH |
			   NF_SVC_GIVEN_AFFINITY,
};

/**
 * struct nf_svc_packet - the first packet of a flow, to be explained
 * @protocol: any IP protocol number
 * @source: source address
 * @source_port: 0: none, or any
 * @addr: destination address
 * @port: 0: none
 * @device: device it comes in by; empty: this node sends it
 */
struct nf_svc_packet {
	uint8_t protocol;
	struct nf_svc_addr source;
	uint16_t source_port;
	struct nf_svc_addr addr;
	uint16_t port;
	char device[NF_SVC_DEVICE_MAX + 1];
};

/**
 * struct nf_svc_explanation - what would happen to a packet
 * @verdict: enum nf_svc_verdict
 * @class: enum nf_svc_class
 * @name: of the service found, owned; NULL: none
 * @owner: of the service
 * @scheduler: of the service; empty: not told
 * @kind: enum nf_svc_kind, if @name
 * @has_rule: @rules are known
 * @rules: of the frontend, by enum nf_svc_class; that of @class is used
 * @drop_reason: enum nf_svc_drop_reason, NF_SVC_DROP_UNSPEC: none
 * @refuse_with: enum nf_svc_refuse, if the verdict is to refuse
 * @candidates: backends that take new flows in the set used
 * @backends: every one that may be chosen, owned
 * @n_backends: how many
 * @passed_over: backends that may not be, owned; perhaps not all
 * @n_passed_over: how many
 * @passed_over_count: how many there are
 * @has_chosen: @chosen is known
 * @chosen: the one that will be
 * @remembered: for its client had it before
 * @masquerade: 0 no, 1 by the rule, 2 because it is a hairpin
 */
struct nf_svc_explanation {
	uint32_t verdict;
	uint32_t class;
	char *name;
	char owner[NF_SVC_OWNER_MAX + 1];
	char scheduler[NF_SVC_SCHEDULER_MAX + 1];
	uint32_t kind;
	bool has_rule;
	struct nf_svc_rule rules[NF_SVC_CLASSES];
	uint32_t drop_reason;
	uint32_t refuse_with;
	uint32_t candidates;
	struct nf_svc_backend *backends;
	size_t n_backends;
	struct nf_svc_backend *passed_over;
	size_t n_passed_over;
	uint32_t passed_over_count;
	bool has_chosen;
	struct nf_svc_backend chosen;
	bool remembered;
	uint32_t masquerade;
};

/**
 * nf_svc_client_open - connect to the tables of this network namespace
 * @client: where the client goes; nf_svc_client_close() it
 * @error: on failure; NF_SVC_ERROR_NO_MODULE where the kernel has no nf_svc
 */
int nf_svc_client_open(struct nf_svc_client **client,
		       struct nf_svc_error *error);

/**
 * nf_svc_client_close - end an open transaction, and the client
 * @client: NULL is fine
 */
void nf_svc_client_close(struct nf_svc_client *client);

/**
 * nf_svc_client_fd - what to poll for what a group tells
 * @client: listens
 *
 * Return: a file descriptor, which stays the client's.
 */
int nf_svc_client_fd(const struct nf_svc_client *client);

/**
 * nf_svc_info_get - ask what the module can do
 * @client: the client
 * @info: where it goes
 * @error: on failure
 */
int nf_svc_info_get(struct nf_svc_client *client, struct nf_svc_info *info,
		    struct nf_svc_error *error);

/**
 * nf_svc_deadline - the time until which something is waited for
 * @wait_ms: how long
 *
 * Return: milliseconds of CLOCK_MONOTONIC.
 */
uint64_t nf_svc_deadline(unsigned int wait_ms);

/**
 * nf_svc_tx_begin - begin a transaction
 * @client: has none open
 * @begin: how
 * @error: on failure: EBUSY (another transaction is open), EUSERS (the owner is
 *	claimed), EAGAIN, ESTALE, EPERM
 */
int nf_svc_tx_begin(struct nf_svc_client *client,
		    const struct nf_svc_begin *begin,
		    struct nf_svc_error *error);

/**
 * nf_svc_tx_service_set - create or change a service, without what belongs to it
 * @client: has a transaction open
 * @service: key and optional attributes
 * @given: enum nf_svc_given: the optional attributes to be sent
 * @flags: of NF_SVC_FLAG_CREATE, NF_SVC_FLAG_EXCL and NF_SVC_FLAG_REPLACE
 * @error: on failure
 *
 * As all nf_svc_tx_* functions between begin and commit: the message is queued
 * and goes to the kernel with many others. An error may concern an earlier
 * message than the one being queued; nf_svc_tx_commit() tells the first one
 * anyhow. After an error, nf_svc_tx_abort().
 */
int nf_svc_tx_service_set(struct nf_svc_client *client,
			  const struct nf_svc_service *service,
			  unsigned int given, uint32_t flags,
			  struct nf_svc_error *error);

/**
 * nf_svc_tx_service_del - delete a service and all that belongs to it
 * @client: has a transaction open
 * @key: its key
 * @error: on failure
 */
int nf_svc_tx_service_del(struct nf_svc_client *client,
			  const struct nf_svc_key *key,
			  struct nf_svc_error *error);

/**
 * nf_svc_tx_backends_set - create or change backends of a service
 * @client: has a transaction open
 * @key: of the service
 * @backends: any number, best sorted; split over messages
 * @n: how many
 * @flags: 0 or NF_SVC_FLAG_EXCL
 * @error: on failure
 */
int nf_svc_tx_backends_set(struct nf_svc_client *client,
			   const struct nf_svc_key *key,
			   const struct nf_svc_backend *backends, size_t n,
			   uint32_t flags, struct nf_svc_error *error);

/**
 * nf_svc_tx_backends_del - delete backends of a service
 * @client: has a transaction open
 * @key: of the service
 * @backends: address and port count
 * @n: how many
 * @error: on failure
 */
int nf_svc_tx_backends_del(struct nf_svc_client *client,
			   const struct nf_svc_key *key,
			   const struct nf_svc_backend *backends, size_t n,
			   struct nf_svc_error *error);

/**
 * nf_svc_tx_frontend_set - create or change a frontend
 * @client: has a transaction open
 * @name: of its service, which has the frontend's protocol and family
 * @frontend: all of it
 * @flags: 0 or NF_SVC_FLAG_EXCL
 * @error: on failure
 */
int nf_svc_tx_frontend_set(struct nf_svc_client *client, const char *name,
			   const struct nf_svc_frontend *frontend,
			   uint32_t flags, struct nf_svc_error *error);

/**
 * nf_svc_tx_frontend_del - delete a frontend
 * @client: has a transaction open
 * @frontend: address, port, protocol and family count
 * @error: on failure
 */
int nf_svc_tx_frontend_del(struct nf_svc_client *client,
			   const struct nf_svc_frontend *frontend,
			   struct nf_svc_error *error);

/**
 * nf_svc_tx_settings_set - set the settings, all of them
 * @client: has a transaction open
 * @settings: what it leaves out is empty afterwards
 * @error: on failure
 */
int nf_svc_tx_settings_set(struct nf_svc_client *client,
			   const struct nf_svc_settings *settings,
			   struct nf_svc_error *error);

/**
 * nf_svc_tx_commit - apply the transaction
 * @client: has a transaction open; has none afterwards
 * @generation: where the number of the commit goes, or NULL
 * @error: on failure: the first message that was refused, or why the commit was;
 *	NF_SVC_ERROR_LOST: it may have taken effect all the same
 *
 * When this returns 0, packets see what the transaction set.
 */
int nf_svc_tx_commit(struct nf_svc_client *client, uint64_t *generation,
		     struct nf_svc_error *error);

/**
 * nf_svc_tx_check - let the kernel look at all that is queued
 * @client: has a transaction open
 * @error: on failure: the first message that was refused; NF_SVC_ERROR_LOST: one
 *	may have been
 *
 * The transaction stays open; what a commit alone can find out is left out.
 */
int nf_svc_tx_check(struct nf_svc_client *client, struct nf_svc_error *error);

/**
 * nf_svc_tx_keep - remember what is queued from now on, for nf_svc_tx_replay()
 * @client: has a transaction open, whose end ends this too
 */
void nf_svc_tx_keep(struct nf_svc_client *client);

/**
 * nf_svc_tx_steps - how many messages the transaction has until now
 * @client: has a transaction open
 */
uint32_t nf_svc_tx_steps(const struct nf_svc_client *client);

/**
 * nf_svc_tx_replay - do to a snapshot what was queued since it was done last
 * @client: has a transaction open, and nf_svc_tx_keep() was called
 * @snapshot: the tables as they were, changed as the kernel will change them;
 *	sorted. What was pointed to in it may have moved
 * @owner: of the transaction
 * @error: on failure: no memory; the snapshot is good for nf_svc_snapshot_clean()
 *
 * The kernel's checks are not made here: a message that it refuses may be done
 * to the snapshot in part or not at all.
 */
int nf_svc_tx_replay(struct nf_svc_client *client,
		     struct nf_svc_snapshot *snapshot, const char *owner,
		     struct nf_svc_error *error);

/**
 * nf_svc_tx_abort - forget the transaction
 * @client: may have none open
 */
void nf_svc_tx_abort(struct nf_svc_client *client);

/**
 * nf_svc_snapshot_read - read all tables, at one generation
 * @client: the client
 * @snapshot: where it goes, sorted; nf_svc_snapshot_clean() it, after success only
 * @error: on failure: NF_SVC_ERROR_INTERRUPTED if commits kept coming
 */
int nf_svc_snapshot_read(struct nf_svc_client *client,
			 struct nf_svc_snapshot *snapshot,
			 struct nf_svc_error *error);

/**
 * nf_svc_settings_get - read the settings
 * @client: the client
 * @settings: where they go; nf_svc_settings_clean() them, after success only
 * @error: on failure
 */
int nf_svc_settings_get(struct nf_svc_client *client,
			struct nf_svc_settings *settings,
			struct nf_svc_error *error);

/**
 * nf_svc_stats_get - read the totals of the namespace
 * @client: the client
 * @stats: where they go
 * @error: on failure
 */
int nf_svc_stats_get(struct nf_svc_client *client, struct nf_svc_stats *stats,
		     struct nf_svc_error *error);

/**
 * nf_svc_stats_dump - read the counters of all services
 * @client: the client
 * @stats: where the array goes, sorted as services are; nf_svc_stats_free() it
 * @n: where its length goes
 * @error: on failure
 */
int nf_svc_stats_dump(struct nf_svc_client *client, struct nf_svc_stats **stats,
		      size_t *n, struct nf_svc_error *error);

/**
 * nf_svc_stats_free - release what nf_svc_stats_dump() gave
 * @stats: the array
 * @n: its length
 */
void nf_svc_stats_free(struct nf_svc_stats *stats, size_t n);

/**
 * nf_svc_explain - ask what would happen to a packet
 * @client: the client
 * @packet: the packet
 * @explanation: where the answer goes; nf_svc_explanation_clean() it
 * @error: on failure
 */
int nf_svc_explain(struct nf_svc_client *client,
		   const struct nf_svc_packet *packet,
		   struct nf_svc_explanation *explanation,
		   struct nf_svc_error *error);

/**
 * nf_svc_explanation_clean - release what an explanation owns, and zero it
 * @explanation: the explanation
 */
void nf_svc_explanation_clean(struct nf_svc_explanation *explanation);

/**
 * nf_svc_error_read - read a netlink error message
 * @nlh: an NLMSG_ERROR message that is whole in memory
 * @error: filled if it is an error; untouched if it acknowledges
 *
 * Return: 0 or the negative errno that it carries; -EBADMSG if it is cut.
 */
int nf_svc_error_read(const struct nlmsghdr *nlh, struct nf_svc_error *error);

/**
 * nf_svc_done_read - read the end of a dump, which may be an error
 * @nlh: an NLMSG_DONE message that is whole in memory
 * @error: filled if it is an error, with the kernel's message if there is one;
 *	untouched if it is not
 *
 * Return: 0 or the negative errno that it carries.
 */
int nf_svc_done_read(const struct nlmsghdr *nlh, struct nf_svc_error *error);

/**
 * nf_svc_error_set - fill an error of our own
 * @error: where
 * @kind: kind
 * @number: errno, of either sign
 * @message: printf format of the message
 *
 * Return: the errno, negative.
 */
int nf_svc_error_set(struct nf_svc_error *error, enum nf_svc_error_kind kind,
		     int number, const char *message, ...)
	__attribute__((format(printf, 4, 5)));

#endif
