/* SPDX-License-Identifier: GPL-2.0 */
/* Words of the command line into objects. Each function complains itself. */
#ifndef SVCCTL_PARSE_H
#define SVCCTL_PARSE_H

#include "client/words.h"
#include "svcctl.h"

/**
 * is_of_node - is it an address of this node?
 * @addr: the address; of no family: no
 *
 * Asks the routes of the network namespace that is worked in.
 */
bool is_of_node(const struct nf_svc_addr *addr);

/**
 * may_be_exclusive - should a ClusterIP there be exclusive, if nobody said so?
 * @addr: the address
 * @word: what it was called
 *
 * Not an address of this node, which would answer nobody else any more: warns.
 */
bool may_be_exclusive(const struct nf_svc_addr *addr, const char *word);

/**
 * parse_frontend_place - read a place that can be a frontend's
 * @word: the word; NULL: it is missing
 * @place: where it goes; the protocol is TCP, UDP or SCTP
 */
enum exit_status parse_frontend_place(const char *word,
				      struct nf_svc_place *place);

/**
 * parse_backend_place - read IP:PORT of a backend
 * @word: the word; NULL: it is missing
 * @backend: its address and port are set
 */
enum exit_status parse_backend_place(const char *word,
				     struct nf_svc_backend *backend);

/**
 * struct backend_change - what the words after a backend say
 * @has_weight: weight was given
 * @weight: see there
 * @has_sets: sets were given
 * @sets: see there
 */
struct backend_change {
	bool has_weight;
	uint16_t weight;
	bool has_sets;
	uint8_t sets;
};

/**
 * parse_backend_words - read [weight N] [sets SETS]
 * @words: read up to the first other word
 * @change: filled
 */
enum exit_status parse_backend_words(struct words *words,
				     struct backend_change *change);

/**
 * backend_apply - change a backend as the words said
 * @change: what they said
 * @backend: changed
 */
void backend_apply(const struct backend_change *change,
		   struct nf_svc_backend *backend);

/**
 * parse_word - read one of a list of words
 * @words: the next one is taken
 * @key: what it is the value of, for the message
 * @list: the words allowed
 * @value: where its number goes
 */
enum exit_status parse_word(struct words *words, const char *key,
			    const struct nf_svc_word *list, uint32_t *value);

/**
 * parse_service_words - read one of scheduler and refuse-with
 * @words: taken from, if it is one
 * @service: changed
 * @given: enum nf_svc_given; grows
 * @found: was it one?
 */
enum exit_status parse_service_words(struct words *words,
				     struct nf_svc_service *service,
				     unsigned int *given, bool *found);

/**
 * parse_once - read one of a list of words, which may not be said twice
 * @words: the next one is taken
 * @key: what it is the value of, for the message
 * @list: the words allowed
 * @given: was it said before? It is now
 * @value: where its number goes
 */
enum exit_status parse_once(struct words *words, const char *key,
			    const struct nf_svc_word *list, bool *given,
			    uint32_t *value);

/**
 * parse_service_name - check NAMESPACE/NAME[:PORT]
 * @word: the word; NULL: it is missing
 */
enum exit_status parse_service_name(const char *word);

/**
 * parse_cidrs - read CIDR,CIDR,...
 * @text: the list; "none" is the empty one
 * @what: what it is, for the message
 * @cidrs: where the array goes, to be freed; NULL if it is empty
 * @n: where its length goes
 */
enum exit_status parse_cidrs(const char *text, const char *what,
			     struct nf_svc_cidr **cidrs, size_t *n);

/**
 * parse_service_cidrs - read CIDR,CIDR,... where only services have addresses
 * @text: as for parse_cidrs(); a prefix of 0 is refused
 * @what: what it is, for the message
 * @cidrs: where the array goes, to be freed even after an error; NULL if it is
 *	empty
 * @n: where its length goes
 */
enum exit_status parse_service_cidrs(const char *text, const char *what,
				     struct nf_svc_cidr **cidrs, size_t *n);

#endif
