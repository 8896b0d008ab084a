/* SPDX-License-Identifier: GPL-2.0 */
/* Who changed what, and what is dropped: remembered by the kernel, or told. */
#ifndef NF_SVC_CLIENT_EVENTS_H
#define NF_SVC_CLIENT_EVENTS_H

#include "client.h"

/**
 * struct nf_svc_counts - how much a commit changed, or what it did to a service
 * @services_added: services made
 * @services_changed: services of which anything changed
 * @services_deleted: services deleted
 * @frontends_added: frontends made
 * @frontends_deleted: frontends deleted
 * @backends_added: backends made
 * @backends_changed: backends of which weight or sets changed
 * @backends_deleted: backends deleted
 */
struct nf_svc_counts {
	uint32_t services_added;
	uint32_t services_changed;
	uint32_t services_deleted;
	uint32_t frontends_added;
	uint32_t frontends_deleted;
	uint32_t backends_added;
	uint32_t backends_changed;
	uint32_t backends_deleted;
};

/**
 * struct nf_svc_writer - who writes
 * @owner: whose objects
 * @pid: process, as the initial PID namespace numbers it
 * @comm: its name
 */
struct nf_svc_writer {
	char owner[NF_SVC_OWNER_MAX + 1];
	uint32_t pid;
	char comm[NF_SVC_COMM_MAX + 1];
};

/**
 * struct nf_svc_commit - a commit
 * @generation: its number
 * @time: nanoseconds since 1970
 * @writer: who made it
 * @settings_changed: it set the settings
 * @replaced: it was the whole truth of its owner
 * @not_listed: its services were too many to be told one by one
 * @counts: how much it changed
 */
struct nf_svc_commit {
	uint64_t generation;
	uint64_t time;
	struct nf_svc_writer writer;
	bool settings_changed;
	bool replaced;
	bool not_listed;
	struct nf_svc_counts counts;
};

/**
 * struct nf_svc_changed - what a commit did to a service
 * @generation: number of the commit
 * @owner: of the service
 * @name: of the service
 * @protocol: IPPROTO_*
 * @family: NFPROTO_*
 * @change: enum nf_svc_change_kind
 * @counts: what of it
 */
struct nf_svc_changed {
	uint64_t generation;
	char owner[NF_SVC_OWNER_MAX + 1];
	char name[NF_SVC_NAME_MAX + 1];
	uint8_t protocol;
	uint8_t family;
	uint32_t change;
	struct nf_svc_counts counts;
};

/**
 * struct nf_svc_dropped - a packet that was refused or dropped
 * @reason: enum nf_svc_drop_reason
 * @verdict: enum nf_svc_verdict
 * @class: enum nf_svc_class
 * @packet: the packet
 * @name: of the service that it asked for; empty: none was found
 * @lost: packets that were not told before this one
 */
struct nf_svc_dropped {
	uint32_t reason;
	uint32_t verdict;
	uint32_t class;
	struct nf_svc_packet packet;
	char name[NF_SVC_NAME_MAX + 1];
	uint32_t lost;
};

/**
 * enum nf_svc_event_kind - what is told
 * @NF_SVC_EVENT_COMMIT: a commit; after the services that it changed
 * @NF_SVC_EVENT_CHANGED: a service that a commit changed
 * @NF_SVC_EVENT_CLAIMED: an owner was claimed
 * @NF_SVC_EVENT_RELEASED: an owner is free again
 * @NF_SVC_EVENT_DROPPED: a packet
 * @NF_SVC_EVENT_MISSED: this program was too slow: something was not told
 */
enum nf_svc_event_kind {
	NF_SVC_EVENT_COMMIT,
	NF_SVC_EVENT_CHANGED,
	NF_SVC_EVENT_CLAIMED,
	NF_SVC_EVENT_RELEASED,
	NF_SVC_EVENT_DROPPED,
	NF_SVC_EVENT_MISSED,
};

/**
 * struct nf_svc_event - what is told
 * @kind: enum nf_svc_event_kind
 * @commit: of NF_SVC_EVENT_COMMIT
 * @changed: of NF_SVC_EVENT_CHANGED
 * @writer: of NF_SVC_EVENT_CLAIMED and NF_SVC_EVENT_RELEASED
 * @dropped: of NF_SVC_EVENT_DROPPED
 */
struct nf_svc_event {
	enum nf_svc_event_kind kind;
	union {
		struct nf_svc_commit commit;
		struct nf_svc_changed changed;
		struct nf_svc_writer writer;
		struct nf_svc_dropped dropped;
	};
};

/**
 * nf_svc_history_get - read the last commits
 * @client: the client
 * @commits: where the array goes, oldest first; free() it
 * @n: where its length goes
 * @error: on failure
 */
int nf_svc_history_get(struct nf_svc_client *client,
		       struct nf_svc_commit **commits, size_t *n,
		       struct nf_svc_error *error);

/**
 * nf_svc_claims_get - read who has claimed which owner
 * @client: the client
 * @claims: where the array goes; free() it
 * @n: where its length goes
 * @error: on failure
 */
int nf_svc_claims_get(struct nf_svc_client *client,
		      struct nf_svc_writer **claims, size_t *n,
		      struct nf_svc_error *error);

/**
 * nf_svc_claim - be the only one who writes for an owner, until the client is closed
 * @client: the client
 * @owner: the owner
 * @error: on failure: EUSERS, with the process that has it, or ENOSPC
 */
int nf_svc_claim(struct nf_svc_client *client, const char *owner,
		 struct nf_svc_error *error);

/**
 * nf_svc_listen - be told of a group from now on
 * @client: does nothing else from then on; ask with another one
 * @group: NF_SVC_GROUP_EVENTS or NF_SVC_GROUP_DROPS
 * @error: on failure: EPERM
 */
int nf_svc_listen(struct nf_svc_client *client, const char *group,
		  struct nf_svc_error *error);

/**
 * nf_svc_event_next - wait for what is told next
 * @client: listens
 * @event: where it goes
 * @error: on failure
 */
int nf_svc_event_next(struct nf_svc_client *client, struct nf_svc_event *event,
		      struct nf_svc_error *error);

/**
 * nf_svc_event_take - what has been told already, without waiting
 * @client: listens
 * @event: where it goes
 * @error: on failure; -EAGAIN leaves it alone
 *
 * Return: 0, -EAGAIN: nothing has been told, or another negative errno.
 */
int nf_svc_event_take(struct nf_svc_client *client, struct nf_svc_event *event,
		      struct nf_svc_error *error);

/**
 * nf_svc_event_read - read a message of a group, or of the history
 * @nlh: the message; its generic netlink header is there
 * @event: where it goes
 *
 * Return: 0, -EBADMSG, or -ENOMSG: a kind that this program does not know.
 */
int nf_svc_event_read(struct nlmsghdr *nlh, struct nf_svc_event *event);

#endif
