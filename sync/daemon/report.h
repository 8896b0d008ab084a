/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is wrong with objects: told once each, counted, and made Events by whoever
 * can (the watch of an API server). One mistake that stands in thousands of objects
 * is not told thousands of times.
 */
#ifndef NF_SVC_DAEMON_REPORT_H
#define NF_SVC_DAEMON_REPORT_H

#include "mirror.h"

/* So many problems of a kind are told one by one in a run. */
#define REPORT_MAX 10

/**
 * enum report_kind - what is counted beside problems of resolving
 * @REPORT_UNREADABLE: an object that cannot be read
 * @REPORT_REFUSED: the kernel refused a Service
 * @REPORT_ALLOCATION: no address or port could be given to a Service
 * @REPORT_DRIFT: the kernel had something else than it was told
 * @REPORT_HEALTH_PORT: no listening at a healthCheckNodePort
 */
enum report_kind {
	REPORT_UNREADABLE = PROBLEM_KINDS,
	REPORT_REFUSED,
	REPORT_ALLOCATION,
	REPORT_DRIFT,
	REPORT_HEALTH_PORT,
	REPORT_KINDS,
};

/**
 * struct report - what has been told
 * @counts: problems found until now, by kind; never less
 * @run: told in this run, by kind
 * @event: makes an Event of one; NULL: nobody does. @object is NAMESPACE/NAME,
 *	empty: of this node; @reason is one word
 * @context: for @event
 */
struct report {
	uint64_t counts[REPORT_KINDS];
	size_t run[REPORT_KINDS];
	void (*event)(void *context, const char *object, const char *reason,
		      const char *text);
	void *context;
};

/**
 * report_begin - a new run of the daemon over its objects begins
 * @report: the report
 */
void report_begin(struct report *report);

/**
 * report_end - say how much was left out
 * @report: the report
 */
void report_end(struct report *report);

/**
 * report_problems - tell problems of resolving
 * @report: the report
 * @mirror: whose they are; NULL: the node's
 * @problems: the problems
 */
void report_problems(struct report *report, struct mirror *mirror,
		     const struct problems *problems);

/**
 * report_one - tell something else
 * @report: the report
 * @mirror: whose it is; NULL: of no Service, and told each time
 * @kind: what
 * @format: printf format of what is wrong and what would be right
 */
void report_one(struct report *report, struct mirror *mirror,
		enum report_kind kind, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * report_text - a kind as a word
 * @kind: enum problem_kind or enum report_kind
 */
const char *report_text(unsigned int kind);

#endif
