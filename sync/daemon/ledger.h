/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ClusterIPs and node ports that manifests leave out: who was given which, kept in a
 * file over restarts, and never given twice.
 *
 * What a Service is given depends on its name first: without the file most would
 * get the same again.
 */
#ifndef NF_SVC_DAEMON_LEDGER_H
#define NF_SVC_DAEMON_LEDGER_H

#include "sync/allocate.h"

/**
 * struct ledger_port - a node port
 * @name: of the Service's port, owned; may be empty
 * @protocol: IPPROTO_*
 * @port: of the Service
 * @node_port: what it has
 */
struct ledger_port {
	char *name;
	uint8_t protocol;
	uint16_t port;
	uint16_t node_port;
};

/**
 * struct ledger_line - what a Service has
 * @namespace: owned
 * @name: owned
 * @seen: the Service is there: it was asked for since the file was read
 * @ips: its ClusterIPs
 * @n_ips: how many
 * @ports: its node ports, owned
 * @n_ports: how many
 */
struct ledger_line {
	char *namespace;
	char *name;
	bool seen;
	struct nf_svc_addr ips[MODEL_FAMILIES];
	size_t n_ips;
	struct ledger_port *ports;
	size_t n_ports;
};

/**
 * struct ledger - all of it
 * @path: its file, owned; NULL: it is not kept
 * @ranges: where ClusterIPs come from, not owned
 * @n_ranges: how many
 * @first_port: node ports that are given
 * @last_port: likewise
 * @root: search tree of lines
 * @taken: addresses
 * @ports: by number: how many lines have it
 * @changed: it is not as its file has it
 * @released: something became free
 */
struct ledger {
	char *path;
	const struct nf_svc_cidr *ranges;
	size_t n_ranges;
	uint16_t first_port;
	uint16_t last_port;
	void *root;
	struct address_set taken;
	uint16_t *ports;
	bool changed;
	bool released;
};

/**
 * ledger_open - read the file, if there is one
 * @ledger: filled; ledger_close() it, also after failure
 * @path: of the file; NULL: keep nothing
 * @ranges: where ClusterIPs come from; must stay
 * @n_ranges: how many; 0: none can be given
 * @first_port: node ports that are given
 * @last_port: likewise
 * @error: filled on failure with -EINVAL
 *
 * Return: 0, -EINVAL: the file makes no sense, -ENOMEM, or why it cannot be read.
 */
int ledger_open(struct ledger *ledger, const char *path,
		const struct nf_svc_cidr *ranges, size_t n_ranges,
		uint16_t first_port, uint16_t last_port,
		struct tree_error *error);

/**
 * ledger_note - take what a Service says itself
 * @ledger: the ledger
 * @service: the Service; to be called for all before the first ledger_assign()
 * @error: filled on failure
 *
 * Return: 0, -EINVAL: another Service has it, or -ENOMEM.
 */
int ledger_note(struct ledger *ledger, const struct model_service *service,
		struct tree_error *error);

/**
 * ledger_assign - give a Service what it lacks
 * @ledger: the ledger
 * @service: gets ClusterIPs and node ports
 * @error: filled on failure
 *
 * Return: 0, -EINVAL: none is left, or there is no range, or -ENOMEM.
 */
int ledger_assign(struct ledger *ledger, struct model_service *service,
		  struct tree_error *error);

/**
 * ledger_release - a Service is gone, and so is what it had
 * @ledger: the ledger
 * @namespace: of the Service
 * @name: of the Service
 */
void ledger_release(struct ledger *ledger, const char *namespace,
		    const char *name);

/**
 * ledger_save - write the file, if anything changed
 * @ledger: the ledger
 *
 * Return: 0 or a negative errno; it is tried again the next time.
 */
int ledger_save(struct ledger *ledger);

/**
 * ledger_close - release all
 * @ledger: zeroed
 */
void ledger_close(struct ledger *ledger);

/* Between the files of the ledger. */

/**
 * ledger_line - the line of a Service
 * @ledger: the ledger
 * @namespace: of the Service
 * @name: of the Service
 * @make: make it, if there is none
 *
 * Return: the line; NULL: there is none, or no memory.
 */
struct ledger_line *ledger_line(struct ledger *ledger, const char *namespace,
				const char *name, bool make);

/**
 * ledger_add_ip - a line has an address
 * @ledger: the ledger
 * @line: the line
 * @addr: the address, which nobody has
 *
 * Return: 0, -ENOSPC or -ENOMEM.
 */
int ledger_add_ip(struct ledger *ledger, struct ledger_line *line,
		  const struct nf_svc_addr *addr);

/**
 * ledger_add_port - a line has a node port
 * @ledger: the ledger
 * @line: the line
 * @port: copied
 *
 * Return: 0 or -ENOMEM.
 */
int ledger_add_port(struct ledger *ledger, struct ledger_line *line,
		    const struct ledger_port *port);

/**
 * ledger_load - fill a ledger from its file
 * @ledger: empty, with its path
 * @error: filled with -EINVAL
 *
 * Return: see ledger_open().
 */
int ledger_load(struct ledger *ledger, struct tree_error *error);

#endif
