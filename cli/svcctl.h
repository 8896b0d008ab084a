/* SPDX-License-Identifier: GPL-2.0 */
/* What every file of svcctl shares: how it was called, and how it ends. */
#ifndef SVCCTL_H
#define SVCCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/client.h"

/**
 * enum exit_status - what svcctl exits with
 * @DONE: done
 * @WRONG_USAGE: wrong command line, or a file that does not hold what it should
 * @REFUSED: refused by the kernel, which said why
 * @NOT_LOADED: the module is not loaded
 * @NOT_FOUND: there is no such thing
 * @NOT_PERMITTED: not permitted
 * @DIFFERENT: there are differences, or findings of a check
 */
enum exit_status {
	DONE = 0,
	WRONG_USAGE = 1,
	REFUSED = 2,
	NOT_LOADED = 3,
	NOT_FOUND = 4,
	NOT_PERMITTED = 5,
	DIFFERENT = 6,
};

/**
 * enum output - how data is printed
 * @OUTPUT_TABLE: for people
 * @OUTPUT_WIDE: with more columns
 * @OUTPUT_NAME: names only
 * @OUTPUT_JSON: for programs
 */
enum output {
	OUTPUT_TABLE,
	OUTPUT_WIDE,
	OUTPUT_NAME,
	OUTPUT_JSON,
};

/**
 * struct svcctl - one run of svcctl
 * @output: how data is printed
 * @no_header: tables without their first line
 * @quiet: nothing on stdout that is not data
 * @color: colours are wanted on stdout
 * @owner: whose objects are changed
 * @owner_given: by --owner
 * @netns: network namespace to work in, NULL: this one
 * @wait_ms: how long to wait for another writer
 * @drain_ms: how long to wait for the flows of a backend; 0: not
 * @file: -f, NULL: not given
 * @node: --node, NULL: not given
 * @zone: --zone, NULL: not given
 * @node_port_addresses: --nodeport-addresses, NULL: not given
 * @service_cidrs: --service-cidr, NULL: not given
 * @pod_cidrs: --pod-cidr, NULL: not given
 * @external_ip_cidrs: --external-ip-cidrs, NULL: not given
 * @masquerade_all: pods that ask a ClusterIP are masqueraded, too
 * @internal_cluster_ips: ClusterIPs are for pods and this node
 * @dry_run: change nothing
 * @yes: ask nothing
 * @all: of all owners
 * @rate: show again after so many seconds, 0: once
 * @prune: delete what a file does not name
 * @drops: packets that are refused or dropped, too
 * @count: end after this many, 0: never
 * @client: connected by svcctl_connect(), NULL until then
 * @batch: the tables as the open transaction of a batch leaves them, NULL: none is
 *	open
 */
struct svcctl {
	enum output output;
	bool no_header;
	bool quiet;
	bool color;
	const char *owner;
	bool owner_given;
	const char *netns;
	unsigned int wait_ms;
	unsigned int drain_ms;
	const char *file;
	const char *node;
	const char *zone;
	const char *node_port_addresses;
	const char *service_cidrs;
	const char *pod_cidrs;
	const char *external_ip_cidrs;
	bool masquerade_all;
	bool internal_cluster_ips;
	bool dry_run;
	bool yes;
	bool all;
	uint32_t rate;
	bool prune;
	bool drops;
	uint32_t count;
	struct nf_svc_client *client;
	struct nf_svc_snapshot *batch;
};

/**
 * struct words - the words of a command line that are still to be read
 * @verb: the command's first word, for messages
 * @word: what comes after the command
 * @n: how many
 * @next: the next one
 */
struct words {
	const char *verb;
	char **word;
	int n;
	int next;
};

/**
 * svcctl_enter - enter the network namespace asked for
 * @ctl: the run
 *
 * Return: DONE, or an exit status after telling why.
 */
enum exit_status svcctl_enter(const struct svcctl *ctl);

/**
 * svcctl_connect - connect to the module, in the network namespace asked for
 * @ctl: the run
 *
 * Return: DONE, or an exit status after telling why.
 */
enum exit_status svcctl_connect(struct svcctl *ctl);

/**
 * struct complain_place - where in a file is what is complained of
 * @path: name of the file
 * @line: the line that is being worked on
 * @lines: lines worked on until now; owned by whoever set this
 * @steps: for each of them, how many messages the transaction had after it
 * @n_lines: entries of @lines
 * @n_steps: entries of @steps
 */
struct complain_place {
	const char *path;
	size_t line;
	size_t *lines;
	size_t n_lines;
	uint32_t *steps;
	size_t n_steps;
};

/**
 * complain_where - say from now on where it is
 * @place: lives until it is set to something else; NULL: say nothing of that
 *
 * Complaints of a message that the kernel refused go to the line that sent it.
 */
void complain_where(const struct complain_place *place);

/**
 * complain_hold - keep complaints back until complain_release()
 */
void complain_hold(void);

/**
 * complain_release - tell complaints as they come again
 * @tell: those that were kept back, too; or forget them
 */
void complain_release(bool tell);

/**
 * complain - tell on stderr what is wrong
 * @status: returned
 * @format: printf format: "what: why; what would be right", without a newline
 */
enum exit_status complain(enum exit_status status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * warn - tell on stderr what is odd
 * @format: as for complain()
 */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * complain_error - tell an error of the client library
 * @error: the error
 *
 * Return: the exit status for it.
 */
enum exit_status complain_error(const struct nf_svc_error *error);

/**
 * complain_memory - tell that there is no memory
 *
 * Return: the exit status for it.
 */
enum exit_status complain_memory(void);

/**
 * words_peek - the next word
 * @words: the words
 *
 * Return: the word, or NULL at the end.
 */
static inline const char *words_peek(const struct words *words)
{
	return words->next < words->n ? words->word[words->next] : NULL;
}

/**
 * words_take - take the next word
 * @words: the words
 *
 * Return: the word, or NULL at the end.
 */
static inline const char *words_take(struct words *words)
{
	return words->next < words->n ? words->word[words->next++] : NULL;
}

/**
 * words_take_if - take the next word if it is a certain one
 * @words: the words
 * @word: the word
 */
bool words_take_if(struct words *words, const char *word);

/**
 * words_end - complain about a word that is left over
 * @words: the words
 */
enum exit_status words_end(const struct words *words);

#endif
