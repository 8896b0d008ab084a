// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "parse.h"
#include "route.h"
#include "select.h"

/* IP:PORT[/PROTOCOL], with a port; "*" will do for the address. */
static enum exit_status parse_place(const char *word, const char *what,
				    struct nf_svc_place *place)
{
	const char *why;

	if (!word)
		return complain(WRONG_USAGE, "%s is missing; IP:PORT", what);
	if (!looks_like_place(word) && !strchr(word, ':'))
		return complain(WRONG_USAGE,
				"%s: a %s where %s is expected; IP:PORT", word,
				strchr(word, '/') ? "name" : "word", what);
	if (strchr(word, '/') && !looks_like_place(word))
		return complain(WRONG_USAGE,
				"%s: a name where %s is expected; IP:PORT",
				word, what);
	if (nf_svc_place_parse(word, place, &why))
		return complain(WRONG_USAGE, "%s: not %s: %s", word, what, why);
	if (!place->port)
		return complain(WRONG_USAGE,
				"%s: not %s: the port is missing; write %s",
				word, what,
				place->addr.family == NFPROTO_IPV6 ?
					"[IPV6]:PORT" :
					"IP:PORT");
	return DONE;
}

bool is_of_node(const struct nf_svc_addr *addr)
{
	char device[NF_SVC_DEVICE_MAX + 1];

	return addr->family && route_find(addr, device) == ROUTE_LOCAL;
}

bool may_be_exclusive(const struct nf_svc_addr *addr, const char *word)
{
	if (!is_of_node(addr))
		return true;
	warn("%s: an address of this node, so it is not exclusive; what asks it on other ports goes to the node",
	     word);
	return false;
}

enum exit_status parse_frontend_place(const char *word,
				      struct nf_svc_place *place)
{
	enum exit_status status = parse_place(word, "a frontend", place);

	if (status)
		return status;
	if (place->protocol != IPPROTO_TCP && place->protocol != IPPROTO_UDP &&
	    place->protocol != IPPROTO_SCTP)
		return complain(WRONG_USAGE,
				"%s: a service cannot have this protocol; "
				"tcp, udp or sctp",
				word);
	return DONE;
}

enum exit_status parse_backend_place(const char *word,
				     struct nf_svc_backend *backend)
{
	struct nf_svc_place place;
	enum exit_status status;

	status = parse_place(word, "a backend", &place);
	if (status)
		return status;
	if (!place.addr.family || place.has_protocol)
		return complain(WRONG_USAGE,
				"%s: not a backend: it is written IP:PORT",
				word);
	backend->addr = place.addr;
	backend->port = place.port;
	return DONE;
}

#define SETS_WORDS "cluster, local, cluster,local or none"

static enum exit_status parse_sets(const char *text, uint8_t *sets)
{
	if (text && !strcmp(text, "none"))
		*sets = 0;
	else if (text && !strcmp(text, "cluster"))
		*sets = NF_SVC_SET_CLUSTER;
	else if (text && !strcmp(text, "local"))
		*sets = NF_SVC_SET_LOCAL;
	else if (text && (!strcmp(text, "cluster,local") ||
			  !strcmp(text, "local,cluster")))
		*sets = NF_SVC_SET_CLUSTER | NF_SVC_SET_LOCAL;
	else if (text)
		return complain(WRONG_USAGE, "sets %s: not known; " SETS_WORDS,
				text);
	else
		return complain(WRONG_USAGE,
				"sets: its value is missing; " SETS_WORDS);
	return DONE;
}

static enum exit_status parse_weight(const char *text, uint16_t *weight)
{
	uint32_t number;

	if (!text)
		return complain(
			WRONG_USAGE,
			"weight: its value is missing; a number from 0 to 65535");
	if (nf_svc_number_parse(text, 0, 65535, &number))
		return complain(
			WRONG_USAGE,
			"weight %s: not a weight; a number from 0 to 65535",
			text);
	*weight = (uint16_t)number;
	return DONE;
}

enum exit_status parse_backend_words(struct words *words,
				     struct backend_change *change)
{
	enum exit_status status = DONE;

	memset(change, 0, sizeof(*change));
	while (!status) {
		if (words_take_if(words, "weight")) {
			status =
				change->has_weight ?
					complain(
						WRONG_USAGE,
						"weight: given twice; only one would count") :
					parse_weight(words_take(words),
						     &change->weight);
			change->has_weight = true;
		} else if (words_take_if(words, "sets")) {
			status =
				change->has_sets ?
					complain(
						WRONG_USAGE,
						"sets: given twice; write them with a comma") :
					parse_sets(words_take(words),
						   &change->sets);
			change->has_sets = true;
		} else {
			break;
		}
	}
	return status;
}

void backend_apply(const struct backend_change *change,
		   struct nf_svc_backend *backend)
{
	if (change->has_weight)
		backend->weight = change->weight;
	if (change->has_sets)
		backend->sets = change->sets;
}

enum exit_status parse_word(struct words *words, const char *key,
			    const struct nf_svc_word *list, uint32_t *value)
{
	const char *text = words_take(words);
	char allowed[128];

	if (text && nf_svc_word_value(list, text, value))
		return DONE;
	return complain(WRONG_USAGE, "%s%s%s: %s; %s", key, text ? " " : "",
			text ? text : "",
			text ? "not known" : "its value is missing",
			nf_svc_word_list(list, allowed, sizeof(allowed)));
}

static enum exit_status parse_affinity(const char *text, uint32_t *seconds)
{
	if (text && !strcmp(text, "none")) {
		*seconds = 0;
		return DONE;
	}
	if (!text)
		return complain(
			WRONG_USAGE,
			"affinity: its value is missing; seconds from 1 to %d (Kubernetes' default is 10800), or none",
			NF_SVC_AFFINITY_TIMEOUT_MAX);
	if (nf_svc_number_parse(text, 1, NF_SVC_AFFINITY_TIMEOUT_MAX, seconds))
		return complain(
			WRONG_USAGE,
			"affinity %s: not seconds; 1 to %d (Kubernetes' default is 10800), or none",
			text, NF_SVC_AFFINITY_TIMEOUT_MAX);
	return DONE;
}

enum exit_status parse_once(struct words *words, const char *key,
			    const struct nf_svc_word *list, bool *given,
			    uint32_t *value)
{
	if (*given)
		return complain(WRONG_USAGE,
				"%s: given twice; only one would count", key);
	*given = true;
	return parse_word(words, key, list, value);
}

#define SCHEDULERS "random, rr, wrr, mh, mh-source or lc"

enum exit_status parse_service_words(struct words *words,
				     struct nf_svc_service *service,
				     unsigned int *given, bool *found)
{
	*found = true;
	if (words_take_if(words, "scheduler")) {
		const char *text = words_take(words);

		/* which ones there are is the module's to say */
		if (!text)
			return complain(
				WRONG_USAGE,
				"scheduler: its value is missing; " SCHEDULERS);
		if (!*text || strlen(text) > NF_SVC_SCHEDULER_MAX)
			return complain(
				WRONG_USAGE,
				"scheduler %s: not a scheduler; " SCHEDULERS,
				text);
		strcpy(service->scheduler, text);
		*given |= NF_SVC_GIVEN_SCHEDULER;
		return DONE;
	}
	if (words_take_if(words, "refuse-with")) {
		*given |= NF_SVC_GIVEN_REFUSE_WITH;
		return parse_word(words, "refuse-with", nf_svc_refusals,
				  &service->refuse_with);
	}
	if (words_take_if(words, "affinity")) {
		*given |= NF_SVC_GIVEN_AFFINITY;
		return parse_affinity(words_take(words),
				      &service->affinity_timeout);
	}
	*found = false;
	return DONE;
}

enum exit_status parse_service_name(const char *word)
{
	const char *slash = word ? strchr(word, '/') : NULL;

	if (!word)
		return complain(WRONG_USAGE,
				"the name of the service is missing; "
				"NAMESPACE/NAME[:PORT]");
	for (const char *c = word; *c; c++) {
		if (*c <= ' ' || *c > '~' || strchr("'\"\\", *c))
			return complain(
				WRONG_USAGE,
				"%s: not a service's name: only printable "
				"ASCII without blanks, quotes and backslashes "
				"is allowed",
				word);
	}
	if (strlen(word) > NF_SVC_NAME_MAX)
		return complain(
			WRONG_USAGE,
			"%s: not a service's name: longer than %d bytes", word,
			NF_SVC_NAME_MAX);
	if (looks_like_place(word))
		return complain(
			WRONG_USAGE,
			"%s: an address where a service's name is expected; "
			"NAMESPACE/NAME[:PORT]",
			word);
	if (!slash || slash == word || !slash[1] || slash[1] == ':' ||
	    strchr(slash + 1, '/'))
		return complain(
			WRONG_USAGE,
			"%s: not a service's name; write NAMESPACE/NAME[:PORT], "
			"for example shop/web:http",
			word);
	return DONE;
}

static enum exit_status parse_cidr(const char *text, const char *what,
				   struct nf_svc_cidr *cidr)
{
	char range[NF_SVC_CIDR_TEXT];
	const char *why;

	if (!*text)
		return complain(
			WRONG_USAGE,
			"%s: an empty CIDR; a list is written with commas and without blanks",
			what);
	switch (nf_svc_cidr_parse(text, cidr, &why)) {
	case 0:
		return DONE;
	case -EDOM:
		return complain(WRONG_USAGE,
				"%s %s: bits are set past the prefix; write %s",
				what, text, nf_svc_cidr_format(cidr, range));
	default:
		return complain(WRONG_USAGE,
				"%s %s: %s; for example 10.244.0.0/16", what,
				text, why);
	}
}

enum exit_status parse_cidrs(const char *text, const char *what,
			     struct nf_svc_cidr **cidrs, size_t *n)
{
	enum exit_status status = DONE;
	char *copy, *rest, *one;

	*cidrs = NULL;
	*n = 0;
	if (!strcmp(text, "none"))
		return DONE;
	copy = strdup(text);
	if (!copy)
		return complain_memory();
	rest = copy;
	while (!status && (one = strsep(&rest, ","))) {
		struct nf_svc_cidr *cidr =
			nf_svc_array_add(cidrs, n, sizeof(*cidr));

		status = cidr ? parse_cidr(one, what, cidr) : complain_memory();
	}
	free(copy);
	if (status) {
		free(*cidrs);
		*cidrs = NULL;
		*n = 0;
	}
	return status;
}

enum exit_status parse_service_cidrs(const char *text, const char *what,
				     struct nf_svc_cidr **cidrs, size_t *n)
{
	enum exit_status status = parse_cidrs(text, what, cidrs, n);

	for (size_t i = 0; i < *n && !status; i++) {
		char cidr[NF_SVC_CIDR_TEXT];

		if (!(*cidrs)[i].prefix)
			status = complain(
				WRONG_USAGE,
				"%s %s: every address, so that nothing but services could be reached; give the cluster's service range",
				what, nf_svc_cidr_format(&(*cidrs)[i], cidr));
	}
	return status;
}
