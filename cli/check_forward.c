// SPDX-License-Identifier: GPL-2.0
/*
 * svcctl check: do rules of others drop what services pass on?
 *
 * A chain at hook forward that drops what no rule of it accepts is fine as long as a
 * rule accepts packets of services. Which one does is told by what it looks at:
 * nothing, whether the destination was translated (ct status dnat), pods' addresses
 * or devices. What else a rule may look at (ports, marks, single addresses) is not
 * enough for all services, and is passed over.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"

/* How far rules jump: the kernel's own limit (NFT_JUMP_STACK_SIZE). */
#define JUMPS_MOST 16

#define NAME_CHARACTERS \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./"

/* Chains that jump to each other in many ways have more ways than can be gone. */
#define RULES_MOST 1000000

/**
 * struct walk - a way through the chains of a table
 * @checkup: the run
 * @rules: all rules of the table
 * @family: whose packets go it, NFPROTO_*
 * @unread: rules that accept and could not be read
 * @looked: rules that were looked at
 */
struct walk {
	struct checkup *checkup;
	const cJSON *rules;
	uint8_t family;
	size_t unread;
	size_t looked;
};

/**
 * enum scope - which packets a rule is for
 * @SCOPE_ALL: all of the family
 * @SCOPE_SERVICES: those of services, and perhaps others
 * @SCOPE_FEW: others, or few
 * @SCOPE_UNREAD: it cannot be told
 */
enum scope {
	SCOPE_ALL,
	SCOPE_SERVICES,
	SCOPE_FEW,
	SCOPE_UNREAD,
};

/**
 * enum way - where packets of services go
 * @WAY_ON: to the next rule
 * @WAY_BACK: to the end of the chain
 * @WAY_LETS: they pass
 * @WAY_DROPS: they do not
 */
enum way {
	WAY_ON,
	WAY_BACK,
	WAY_LETS,
	WAY_DROPS,
};

/* The elements of a set that is written out, or the value itself. */
static const cJSON *elements(const cJSON *value)
{
	const cJSON *set = cJSON_GetObjectItemCaseSensitive(value, "set");

	return set ? set : value;
}

/* Is one of the words in a text, a list or a set? */
static bool names(const cJSON *value, const char *word)
{
	const cJSON *item, *list = elements(value);

	if (cJSON_IsString(value))
		return !strcmp(value->valuestring, word);
	cJSON_ArrayForEach(item, list) {
		if (names(item, word))
			return true;
	}
	return false;
}

/* A set that has a name, whose elements are elsewhere. */
static bool is_named_set(const cJSON *value)
{
	return cJSON_IsString(value) && value->valuestring[0] == '@';
}

static bool is_pods(const struct checkup *checkup, const cJSON *value)
{
	const cJSON *prefix = cJSON_GetObjectItemCaseSensitive(value, "prefix");
	const cJSON *length = cJSON_GetObjectItemCaseSensitive(prefix, "len");
	const cJSON *item, *list = elements(value);
	struct nf_svc_cidr cidr;
	const char *why;

	if (cJSON_IsArray(list)) {
		cJSON_ArrayForEach(item, list) {
			if (is_pods(checkup, item))
				return true;
		}
		return false;
	}
	if (!cJSON_IsNumber(length) ||
	    nf_svc_cidr_parse(nft_text(prefix, "addr"), &cidr, &why))
		return false;
	cidr.prefix = (uint8_t)length->valueint;
	return is_pod_range(checkup, &cidr);
}

static bool is_pods_device(const struct checkup *checkup, const cJSON *value)
{
	const cJSON *item, *list = elements(value);

	if (cJSON_IsString(value))
		return is_pod_device(checkup, value->valuestring);
	cJSON_ArrayForEach(item, list) {
		if (is_pods_device(checkup, item))
			return true;
	}
	return false;
}

static enum scope scope_of_device(const struct checkup *checkup,
				  const cJSON *devices)
{
	if (is_pods_device(checkup, devices))
		return SCOPE_SERVICES;
	/* whose it is cannot be told as long as nobody has said whose are pods' */
	return checkup->snapshot.settings.n_pod_devices ? SCOPE_FEW :
							  SCOPE_UNREAD;
}

static enum scope scope_of_family(const cJSON *family, uint8_t ours)
{
	bool ipv4 = names(family, "ipv4") || names(family, "ip");
	bool ipv6 = names(family, "ipv6") || names(family, "ip6");

	return (ours == NFPROTO_IPV4 ? ipv4 : ipv6) ? SCOPE_ALL : SCOPE_FEW;
}

static enum scope scope_of_match(const struct walk *walk, const cJSON *match)
{
	const cJSON *left = cJSON_GetObjectItemCaseSensitive(match, "left");
	const cJSON *right = cJSON_GetObjectItemCaseSensitive(match, "right");
	const cJSON *ct = cJSON_GetObjectItemCaseSensitive(left, "ct");
	const cJSON *meta = cJSON_GetObjectItemCaseSensitive(left, "meta");
	const cJSON *payload =
		cJSON_GetObjectItemCaseSensitive(left, "payload");
	const char *key = nft_text(ct ? ct : meta, "key");
	const char *field = nft_text(payload, "field");
	bool address = !strcmp(field, "saddr") || !strcmp(field, "daddr");

	if ((ct || meta || address) &&
	    (!strcmp(nft_text(match, "op"), "!=") || is_named_set(right)))
		return SCOPE_UNREAD;
	if (ct && !strcmp(key, "status"))
		return names(right, "dnat") ? SCOPE_SERVICES : SCOPE_FEW;
	if (ct && !strcmp(key, "state"))
		return names(right, "new") ? SCOPE_SERVICES : SCOPE_FEW;
	/* addresses before translation, for example */
	if (ct && strcmp(key, "mark"))
		return SCOPE_UNREAD;
	if (meta && (!strcmp(key, "iifname") || !strcmp(key, "oifname")))
		return scope_of_device(walk->checkup, right);
	if (meta && (!strcmp(key, "nfproto") || !strcmp(key, "protocol")))
		return scope_of_family(right, walk->family);
	if (address)
		return is_pods(walk->checkup, right) ? SCOPE_SERVICES :
						       SCOPE_FEW;
	return SCOPE_FEW;
}

/* What one part of a rule asks for. */
static enum scope scope_of_part(const struct walk *walk, const cJSON *part)
{
	if (!strcmp(part->string, "match"))
		return scope_of_match(walk, part);
	/* what iptables-nft writes; nft shows the name alone */
	if (!strcmp(part->string, "xt"))
		return strcmp(nft_text(part, "type"), "match") ||
				       !strcmp(nft_text(part, "name"),
					       "comment") ?
			       SCOPE_ALL :
			       SCOPE_UNREAD;
	if (!strcmp(part->string, "limit") || !strcmp(part->string, "quota"))
		return SCOPE_FEW;
	return SCOPE_ALL;
}

static bool is_verdict(const char *word)
{
	static const char *const verdicts[] = {
		"accept", "drop", "reject", "jump", "goto", "return", "vmap",
	};

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++)
		if (!strcmp(verdicts[i], word))
			return true;
	return false;
}

/* Which packets come to the end of a rule; *verdict is what is said there, or NULL. */
static enum scope scope_of_rule(const struct walk *walk, const cJSON *rule,
				const cJSON **verdict)
{
	const cJSON *expressions =
		cJSON_GetObjectItemCaseSensitive(rule, "expr");
	enum scope scope = SCOPE_ALL, one;
	const cJSON *expression;

	*verdict = NULL;
	cJSON_ArrayForEach(expression, expressions) {
		const cJSON *part = expression->child;

		if (!part || !part->string)
			continue;
		if (is_verdict(part->string))
			*verdict = part;
		one = scope_of_part(walk, part);
		/* nothing makes a rule for few one for many */
		if (one == SCOPE_FEW)
			scope = SCOPE_FEW;
		else if (one > scope && scope != SCOPE_FEW)
			scope = one;
	}
	return scope;
}

static enum way walk_chain(struct walk *walk, const char *name,
			   unsigned int jumps);

/* Where a verdict leads, for all whom it is said of. */
static enum way walk_verdict(struct walk *walk, const cJSON *verdict,
			     unsigned int jumps)
{
	enum way way;

	if (!strcmp(verdict->string, "accept"))
		return WAY_LETS;
	if (!strcmp(verdict->string, "drop") ||
	    !strcmp(verdict->string, "reject"))
		return WAY_DROPS;
	if (!strcmp(verdict->string, "return"))
		return WAY_BACK;
	way = walk_chain(walk, nft_text(verdict, "target"), jumps + 1);
	if (way == WAY_ON && !strcmp(verdict->string, "goto"))
		return WAY_BACK;
	return way;
}

/* What becomes of packets of services at one rule. */
static enum way walk_rule(struct walk *walk, const cJSON *rule,
			  unsigned int jumps)
{
	const cJSON *verdict;
	enum scope scope = scope_of_rule(walk, rule, &verdict);
	enum way way;

	if (!verdict || scope == SCOPE_FEW)
		return WAY_ON;
	/* a map of verdicts: whose is not looked at */
	if (!strcmp(verdict->string, "vmap")) {
		walk->unread++;
		return WAY_ON;
	}
	way = walk_verdict(walk, verdict, jumps);
	if (scope == SCOPE_UNREAD) {
		walk->unread += way == WAY_LETS || way == WAY_BACK;
		return WAY_ON;
	}
	/* What a chain drops of what is sent there is somebody's wish (policies of
	 * pods); but a rule of the base chain itself that drops what services pass on
	 * is not.
	 */
	if (way == WAY_DROPS && scope == SCOPE_SERVICES &&
	    (jumps || *nft_text(verdict, "target")))
		return WAY_ON;
	return way;
}

static enum way walk_chain(struct walk *walk, const char *name,
			   unsigned int jumps)
{
	const cJSON *item;
	enum way way;

	if (jumps > JUMPS_MOST)
		return WAY_ON;
	cJSON_ArrayForEach(item, walk->rules) {
		const cJSON *rule =
			cJSON_GetObjectItemCaseSensitive(item, "rule");

		if (walk->looked++ > RULES_MOST)
			return WAY_ON;
		if (!rule || strcmp(nft_text(rule, "chain"), name))
			continue;
		way = walk_rule(walk, rule, jumps);
		if (way == WAY_BACK)
			return WAY_ON;
		if (way != WAY_ON)
			return way;
	}
	return WAY_ON;
}

/* Does a family of nft's have packets of a family of ours? */
static bool is_for(const char *nft, uint8_t family)
{
	return !strcmp(nft, "inet") ||
	       !strcmp(nft, family == NFPROTO_IPV4 ? "ip" : "ip6");
}

static void say_dropped(struct checkup *checkup, const char *where,
			size_t unread)
{
	if (unread)
		check_unchecked(
			checkup,
			"%s drops, unless one of %zu rules that cannot be read here accepts packets of services",
			where, unread);
	else
		check_found(
			checkup,
			"%s drops: no rule accepts what goes to or comes from pods, or has ct status dnat",
			where);
}

/* A table that is switched off. */
static bool is_dormant(const cJSON *list)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list) {
		const cJSON *table =
			cJSON_GetObjectItemCaseSensitive(item, "table");

		if (table &&
		    names(cJSON_GetObjectItemCaseSensitive(table, "flags"),
			  "dormant"))
			return true;
	}
	return false;
}

static void walk_family(struct checkup *checkup, const cJSON *chain,
			const cJSON *list, uint8_t family)
{
	struct walk walk = {
		.checkup = checkup,
		.rules = list,
		.family = family,
	};
	char text[512];
	enum way way;

	way = walk_chain(&walk, nft_text(chain, "name"), 0);
	if (way == WAY_ON && !strcmp(nft_text(chain, "policy"), "drop"))
		way = WAY_DROPS;
	if (walk.looked > RULES_MOST)
		walk.unread++;
	snprintf(text, sizeof(text), "nft chain %s %s %s (hook forward, %s)",
		 nft_text(chain, "family"), nft_text(chain, "table"),
		 nft_text(chain, "name"),
		 family == NFPROTO_IPV4 ? "IPv4" : "IPv6");
	if (way == WAY_DROPS)
		say_dropped(checkup, text, walk.unread);
}

static void look_at_chain(struct checkup *checkup, const cJSON *chain)
{
	static const uint8_t families[] = { NFPROTO_IPV4, NFPROTO_IPV6 };
	const char *family = nft_text(chain, "family");
	const char *table = nft_text(chain, "table");
	char text[512];
	cJSON *list;

	/* nft's grammar has no quotes for the names of tables */
	if (table[strspn(table, NAME_CHARACTERS)]) {
		check_unchecked(
			checkup,
			"nft table %s %s: nft cannot list it, for its name",
			family, table);
		return;
	}
	snprintf(text, sizeof(text), "list table %s %s", family, table);
	list = nft_list(checkup, text);
	for (size_t i = 0; list && i < sizeof(families); i++)
		if (is_for(family, families[i]) &&
		    checkup_has_family(checkup, families[i]) &&
		    !is_dormant(list))
			walk_family(checkup, chain, list, families[i]);
	cJSON_Delete(list);
}

static void look_at_legacy(struct checkup *checkup, uint8_t family)
{
	enum iptables_answer answer;
	size_t unread;

	if (iptables_forward(checkup, family, &answer, &unread) &&
	    answer == IPTABLES_DROPS)
		say_dropped(checkup,
			    family == NFPROTO_IPV4 ?
				    "legacy iptables, chain FORWARD," :
				    "legacy ip6tables, chain FORWARD,",
			    unread);
}

void check_forward_drop(struct checkup *checkup)
{
	static const uint8_t families[] = { NFPROTO_IPV4, NFPROTO_IPV6 };
	const cJSON *list = nft_chains(checkup), *item;

	cJSON_ArrayForEach(item, list) {
		const cJSON *chain =
			cJSON_GetObjectItemCaseSensitive(item, "chain");
		const char *family = nft_text(chain, "family");

		if (strcmp(nft_text(chain, "hook"), "forward") ||
		    strcmp(nft_text(chain, "type"), "filter"))
			continue;
		if (is_for(family, NFPROTO_IPV4) ||
		    is_for(family, NFPROTO_IPV6))
			look_at_chain(checkup, chain);
	}
	for (size_t i = 0; i < sizeof(families); i++)
		if (checkup_has_family(checkup, families[i]))
			look_at_legacy(checkup, families[i]);
}
