/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is known of one Service: what its source says of it, and what the kernel has
 * of it. Found by namespace and name at the cost of a logarithm.
 */
#ifndef NF_SVC_DAEMON_MIRROR_H
#define NF_SVC_DAEMON_MIRROR_H

#include "sync/claims.h"

/* Names of an object as NAMESPACE/NAME, with its NUL. */
#define MIRROR_TEXT 512

/**
 * struct mirror - a Service
 * @namespace: owned
 * @name: owned
 * @next: of all mirrors
 * @back: what points to this one there
 * @present: its source has it, and it could be read
 * @unreadable: its source has something of its name that cannot be read: what is
 *	known and what the kernel has stay as they are
 * @refused: the kernel refused it as it is now
 * @waiting: no address could be allocated for it
 * @mark: of the list that named it last
 * @origin: file that it stands in, owned; NULL: it comes from an API server
 * @service: what it says, if @present
 * @slices: its EndpointSlices, also before there is a Service; owned
 * @n_slices: how many
 * @wanted: services with the frontends that it has claimed, and nothing else
 * @ips: ClusterIPs that are counted for it
 * @n_ips: how many
 * @held: what the kernel is known to have of it, sorted
 * @wish: what it shall have; only while settling
 * @queued: it waits to be settled
 * @batched: it is being settled
 * @changed: it, a slice of it or the node changed: it is to be resolved anew
 * @next_queued: of those that wait
 * @since: when it began to wait, microseconds of CLOCK_MONOTONIC
 * @trigger: when the oldest of its changes happened elsewhere, microseconds since
 *	1970; 0: not known
 * @told: hashes of the problems that were told of it, owned
 * @n_told: how many
 */
struct mirror {
	char *namespace;
	char *name;
	struct mirror *next;
	struct mirror **back;
	bool present;
	bool unreadable;
	bool refused;
	bool waiting;
	unsigned int mark;
	char *origin;
	struct model_service service;
	struct model_slice *slices;
	size_t n_slices;
	struct desired wanted;
	struct nf_svc_addr ips[MODEL_FAMILIES];
	size_t n_ips;
	struct desired held;
	struct desired wish;
	bool queued;
	bool batched;
	bool changed;
	struct mirror *next_queued;
	uint64_t since;
	uint64_t trigger;
	uint64_t *told;
	size_t n_told;
};

/**
 * struct mirrors - all of them; all zero: none
 * @root: of a search tree
 * @first: of all
 * @n: how many
 * @queue: first of those that wait
 * @queue_end: where the next one of these goes; NULL: there is none
 * @n_queued: how many
 * @claims: who wants which frontend
 * @cluster_ips: addresses that are ClusterIPs
 */
struct mirrors {
	void *root;
	struct mirror *first;
	size_t n;
	struct mirror *queue;
	struct mirror **queue_end;
	size_t n_queued;
	struct claims claims;
	struct address_set cluster_ips;
};

/**
 * mirrors_find - find a mirror
 * @mirrors: all
 * @namespace: of the Service
 * @name: of the Service
 *
 * Return: the mirror, or NULL.
 */
struct mirror *mirrors_find(const struct mirrors *mirrors,
			    const char *namespace, const char *name);

/**
 * mirrors_find_service - find the mirror of a service of the kernel
 * @mirrors: all
 * @name: the kernel's name, NAMESPACE/NAME[:PORT]
 *
 * Return: the mirror, or NULL.
 */
struct mirror *mirrors_find_service(const struct mirrors *mirrors,
				    const char *name);

/**
 * mirrors_take - find a mirror, or make it
 * @mirrors: all
 * @namespace: copied
 * @name: copied
 *
 * Return: the mirror, or NULL: no memory.
 */
struct mirror *mirrors_take(struct mirrors *mirrors, const char *namespace,
			    const char *name);

/**
 * mirrors_queue - a mirror has to be settled
 * @mirrors: all
 * @mirror: the mirror
 * @changed: and resolved anew
 * @now: microseconds of CLOCK_MONOTONIC
 */
void mirrors_queue(struct mirrors *mirrors, struct mirror *mirror, bool changed,
		   uint64_t now);

/**
 * mirrors_unqueue - take all mirrors out of the queue
 * @mirrors: all
 *
 * Return: the first of them; the others follow by @next_queued.
 */
struct mirror *mirrors_unqueue(struct mirrors *mirrors);

/**
 * mirrors_claim - a mirror wants frontends and has addresses
 * @mirrors: all; those who lose a frontend are queued
 * @mirror: has claimed nothing
 * @services: what it comes to
 * @n: how many
 * @now: microseconds of CLOCK_MONOTONIC
 *
 * Return: 0 or -ENOMEM: it has claimed nothing.
 */
int mirrors_claim(struct mirrors *mirrors, struct mirror *mirror,
		  const struct nf_svc_service *services, size_t n,
		  uint64_t now);

/**
 * mirrors_unclaim - it wants nothing any more, and has no addresses
 * @mirrors: all; those who get a frontend are queued
 * @mirror: to be called before what it says is replaced
 * @now: microseconds of CLOCK_MONOTONIC
 */
void mirrors_unclaim(struct mirrors *mirrors, struct mirror *mirror,
		     uint64_t now);

/**
 * mirrors_count_ips - its ClusterIPs are ClusterIPs
 * @mirrors: all
 * @mirror: has none counted
 *
 * Return: 0 or -ENOMEM.
 */
int mirrors_count_ips(struct mirrors *mirrors, struct mirror *mirror);

/**
 * mirrors_forget - drop a mirror that nothing is known of, and that does not wait
 * @mirrors: all
 * @mirror: freed if so
 */
void mirrors_forget(struct mirrors *mirrors, struct mirror *mirror);

/**
 * mirrors_clean - release all
 * @mirrors: zeroed
 */
void mirrors_clean(struct mirrors *mirrors);

/**
 * mirror_text - the names of a mirror
 * @mirror: the mirror
 * @text: MIRROR_TEXT bytes
 *
 * Return: @text, "shop/web".
 */
char *mirror_text(const struct mirror *mirror, char *text);

/**
 * mirror_tell - is a problem of a mirror to be told, or was it?
 * @mirror: remembers it
 * @text: the problem; what is the same text is the same problem
 *
 * Return: true the first time, and when there is no memory to remember it.
 */
bool mirror_tell(struct mirror *mirror, const char *text);

#endif
