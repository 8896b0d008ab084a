/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is wrong with a Service, or will not be as it says: found by resolving,
 * told by whoever asked for that (as a warning, an event, a metric).
 */
#ifndef NF_SVC_SYNC_PROBLEM_H
#define NF_SVC_SYNC_PROBLEM_H

#include "sync/model.h"

/**
 * enum problem_kind - kinds of problems
 * @PROBLEM_NOT_CARRIED: the module cannot do this yet
 * @PROBLEM_SCHEDULER_UNKNOWN: the module has no scheduler of this name
 * @PROBLEM_BACKEND_REFUSED: an endpoint at an address that cannot be one
 * @PROBLEM_BACKEND_IS_CLUSTER_IP: an endpoint that is a service itself
 * @PROBLEM_ADDRESS_REFUSED: an external address that a Service may not take
 * @PROBLEM_ADDRESS_TRUSTED: one that is doubtful, and served
 * @PROBLEM_RANGE_INVALID: a source range that says nothing
 * @PROBLEM_RANGES_CLOSE: no source range is valid: nobody may ask
 * @PROBLEM_RANGES_LEAVE_OPEN: the source ranges are of the other family alone
 * @PROBLEM_FRONTEND_CLAIMED: an older Service has this frontend
 * @PROBLEM_NODE_PORT_MISSING: no nodePort is given
 * @PROBLEM_NODE_PORT_NOWHERE: no address of the node is there for node ports
 * @PROBLEM_NODE_PORT_EVERYWHERE: node ports on all addresses of a family
 * @PROBLEM_NODE_UNKNOWN: no Node has this node's name
 * @PROBLEM_OPEN_TO_OUTSIDE: ClusterIPs were to be internal and cannot be: not to
 *	be applied
 */
enum problem_kind {
	PROBLEM_NOT_CARRIED,
	PROBLEM_SCHEDULER_UNKNOWN,
	PROBLEM_BACKEND_REFUSED,
	PROBLEM_BACKEND_IS_CLUSTER_IP,
	PROBLEM_ADDRESS_REFUSED,
	PROBLEM_ADDRESS_TRUSTED,
	PROBLEM_RANGE_INVALID,
	PROBLEM_RANGES_CLOSE,
	PROBLEM_RANGES_LEAVE_OPEN,
	PROBLEM_FRONTEND_CLAIMED,
	PROBLEM_NODE_PORT_MISSING,
	PROBLEM_NODE_PORT_NOWHERE,
	PROBLEM_NODE_PORT_EVERYWHERE,
	PROBLEM_NODE_UNKNOWN,
	PROBLEM_OPEN_TO_OUTSIDE,
	PROBLEM_KINDS,
};

/**
 * struct problem - one of them
 * @kind: what sort
 * @place: where it stands in the file; zero: nowhere in particular
 * @service: "shop/web"; empty: of the node, not of a Service
 * @field: "spec.externalIPs[0]"; may be empty
 * @what: what is wrong and what is done about it
 * @remedy: what would be right, a constant text
 */
struct problem {
	enum problem_kind kind;
	struct model_place place;
	char service[128];
	char field[64];
	char what[224];
	const char *remedy;
};

/**
 * struct problems - problems, in the order in which they were found
 * @list: array
 * @n: its length
 */
struct problems {
	struct problem *list;
	size_t n;
};

/**
 * problem_add - add a problem
 * @problems: gets it
 * @kind: what sort
 * @service: whose it is; NULL: of the node
 * @remedy: what would be right, a constant text
 * @format: printf format of @what
 *
 * Return: the problem, for @place and @field; NULL: no memory.
 */
struct problem *problem_add(struct problems *problems, enum problem_kind kind,
			    const struct model_service *service,
			    const char *remedy, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/**
 * problem_at - say which entry of a list a problem is about
 * @problem: NULL: there was no memory for it
 * @field: the list, "spec.externalIPs"
 * @index: where it stands there
 * @place: where it stands in the file
 *
 * Return: 0 or -ENOMEM.
 */
int problem_at(struct problem *problem, const char *field, size_t index,
	       const struct model_place *place);

/**
 * problem_in - say which field a problem is about
 * @problem: NULL: there was no memory for it
 * @field: the field
 *
 * Return: 0 or -ENOMEM.
 */
int problem_in(struct problem *problem, const char *field);

/**
 * problem_text - a kind of problem as a word, for people, events and metrics
 * @kind: the kind
 *
 * Return: a constant text, such as "BackendRefused".
 */
const char *problem_text(enum problem_kind kind);

/**
 * problems_clean - release problems
 * @problems: zeroed
 */
void problems_clean(struct problems *problems);

#endif
