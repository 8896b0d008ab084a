/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The sink of every source: keeps the objects, and knows which Services have to be
 * settled with the kernel because of what it was told. An object that cannot be
 * read is reported; what was known of it stays.
 */
#ifndef NF_SVC_DAEMON_STORE_H
#define NF_SVC_DAEMON_STORE_H

#include "ledger.h"
#include "report.h"
#include "sync/source.h"

/**
 * struct store - all objects
 * @mirrors: Services with their slices
 * @slices: search tree: which mirror has which slice
 * @report: told what is wrong
 * @ledger: who allocates addresses and ports; NULL: nobody does
 * @node_name: of this node, not owned
 * @node: this node's Node; name NULL: there is none
 * @node_changed: it, or a ServiceCIDR, is not as it was
 * @node_leaving: it is being deleted, or about to be
 * @cidrs: ranges of ServiceCIDRs, owned
 * @n_cidrs: how many
 * @cidr_objects: ServiceCIDRs there are, owned
 * @n_cidr_objects: how many
 * @has_cidrs: the source has this kind
 * @no_node: the source has no Nodes: none is waited for
 * @synced: by kind: a list was whole
 * @marks: by kind: number of the list
 * @incomplete: some objects of the source are not known: nothing is taken away
 *	because nobody names it
 * @origin: file that the next objects stand in, not owned; NULL: none
 * @changed: called when something has to be settled, or is synced
 * @context: for @changed
 * @trouble: what the source says is wrong with it, owned; NULL: it is well
 * @health_changed: a Service with a healthCheckNodePort came, went or changed
 * @service_changes: upserts and removals of Services
 * @slice_changes: of slices
 * @started: microseconds since 1970 when the daemon was started
 */
struct store {
	struct mirrors mirrors;
	void *slices;
	struct report *report;
	struct ledger *ledger;
	const char *node_name;
	struct model_node node;
	bool node_changed;
	bool node_leaving;
	struct nf_svc_cidr *cidrs;
	size_t n_cidrs;
	struct store_cidr *cidr_objects;
	size_t n_cidr_objects;
	bool has_cidrs;
	bool no_node;
	bool synced[SOURCE_KINDS];
	unsigned int marks[SOURCE_KINDS];
	bool incomplete;
	const char *origin;
	void (*changed)(void *context);
	void *context;
	char *trouble;
	bool health_changed;
	uint64_t service_changes;
	uint64_t slice_changes;
	uint64_t started;
};

/**
 * struct store_cidr - a ServiceCIDR
 * @name: owned
 * @cidrs: its ranges, owned
 * @n: how many
 * @mark: of the list that named it last
 */
struct store_cidr {
	char *name;
	struct nf_svc_cidr *cidrs;
	size_t n;
	unsigned int mark;
};

/**
 * store_sink - what a source is told to call
 * @store: must outlive the source
 */
struct source_sink store_sink(struct store *store);

/**
 * store_incomplete - are some objects of the source not known?
 * @store: the store
 * @incomplete: they are not
 */
void store_incomplete(struct store *store, bool incomplete);

/**
 * store_clean - release all objects
 * @store: zeroed
 */
void store_clean(struct store *store);

/**
 * store_now - the clock that mirrors wait by
 *
 * Return: microseconds of CLOCK_MONOTONIC.
 */
uint64_t store_now(void);

/* The parts, one file each. */

/**
 * store_upsert_node - keep this node's Node
 * @store: the store
 * @object: the object
 *
 * Return: 0 or -ENOMEM. So do the next ones.
 */
int store_upsert_node(struct store *store, const struct tree *object);

/**
 * store_upsert_cidr - keep a ServiceCIDR
 * @store: the store
 * @object: the object
 */
int store_upsert_cidr(struct store *store, const struct tree *object);

/**
 * store_remove_cidr - a ServiceCIDR is gone
 * @store: the store
 * @name: its name
 */
int store_remove_cidr(struct store *store, const char *name);

/**
 * store_sweep_cidrs - forget those that the last list did not name
 * @store: the store
 */
int store_sweep_cidrs(struct store *store);

/**
 * store_clean_cidrs - release them
 * @store: the store
 */
void store_clean_cidrs(struct store *store);

#endif
