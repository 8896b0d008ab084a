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

/**
 * struct walk - a way through the chains of a table
 * @checkup: the run
 * @rules: all rules of the table
 * @unread: rules that accept and could not be read
 * @table: its name
 * @family: its family, as nft calls it
 */
struct walk {
	struct checkup *checkup;
	const cJSON *rules;
	size_t unread;
	const char *table;
	const char *family;
};

/**
 * enum scope - which packets a rule is for
 * @SCOPE_ALL: all
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

enum way {
	WAY_LETS,
	WAY_DROPS,
	WAY_FALLS,
};

/* Is one of the words in a text, a list or a set? */
static bool names(const cJSON *value, const char *word)
{
	const cJSON *item, *set;

	if (cJSON_IsString(value))
		return !strcmp(value->valuestring, word);
	set = cJSON_GetObjectItemCaseSensitive(value, "set");
	if (!set)
		set = value;
	cJSON_ArrayForEach(item, set) {
		if (names(item, word))
			return true;
	}
	return false;
}

static bool is_pods(const struct checkup *checkup, const cJSON *value)
{
	const cJSON *prefix = cJSON_GetObjectItemCaseSensitive(value, "prefix");
	const cJSON *length = cJSON_GetObjectItemCaseSensitive(prefix, "len");
	struct nf_svc_cidr cidr;
	const char *why;

	if (!cJSON_IsNumber(length) ||
	    nf_svc_cidr_parse(nft_text(prefix, "addr"), &cidr, &why))
		return false;
	cidr.prefix = (uint8_t)length->valueint;
	for (size_t i = 0; i < checkup->n_pod_cidrs; i++)
		if (cidrs_overlap(&cidr, &checkup->pod_cidrs[i]))
			return true;
	return false;
}

static enum scope scope_of_match(const struct checkup *checkup,
				 const cJSON *match)
{
	const cJSON *left = cJSON_GetObjectItemCaseSensitive(match, "left");
	const cJSON *right = cJSON_GetObjectItemCaseSensitive(match, "right");
	const cJSON *ct = cJSON_GetObjectItemCaseSensitive(left, "ct");
	const cJSON *meta = cJSON_GetObjectItemCaseSensitive(left, "meta");
	const cJSON *payload =
		cJSON_GetObjectItemCaseSensitive(left, "payload");
	const char *key = nft_text(ct ? ct : meta, "key");
	const char *field = nft_text(payload, "field");

	if (!strcmp(nft_text(match, "op"), "!="))
		return SCOPE_FEW;
	if (ct && !strcmp(key, "status"))
		return names(right, "dnat") ? SCOPE_SERVICES : SCOPE_FEW;
	if (ct && !strcmp(key, "state"))
		return names(right, "new") ? SCOPE_SERVICES : SCOPE_FEW;
	if (meta && (!strcmp(key, "iifname") || !strcmp(key, "oifname")))
		return cJSON_IsString(right) &&
				       is_pod_device(checkup,
						     right->valuestring) ?
			       SCOPE_SERVICES :
			       SCOPE_FEW;
	if (payload && (!strcmp(field, "saddr") || !strcmp(field, "daddr")))
		return is_pods(checkup, right) ? SCOPE_SERVICES : SCOPE_FEW;
	/* for all packets of one family */
	if (meta && !strcmp(key, "nfproto"))
		return SCOPE_SERVICES;
	return SCOPE_FEW;
}

/* Which packets come to the end of a rule; *verdict is what is said there, or NULL. */
static enum scope scope_of_rule(const struct checkup *checkup,
				const cJSON *rule, const cJSON **verdict)
{
	const cJSON *expressions =
		cJSON_GetObjectItemCaseSensitive(rule, "expr");
	enum scope scope = SCOPE_ALL, one;
	const cJSON *expression;

	*verdict = NULL;
	cJSON_ArrayForEach(expression, expressions) {
		const cJSON *what = expression->child;

		if (!what || !what->string)
			continue;
		if (!strcmp(what->string, "match"))
			one = scope_of_match(checkup, what);
		else if (!strcmp(what->string, "xt"))
			one = SCOPE_UNREAD;
		else if (!strcmp(what->string, "limit") ||
			 !strcmp(what->string, "quota") ||
			 !strcmp(what->string, "vmap"))
			one = SCOPE_FEW;
		else
			one = SCOPE_ALL;
		if (!strcmp(what->string, "accept") ||
		    !strcmp(what->string, "drop") ||
		    !strcmp(what->string, "reject") ||
		    !strcmp(what->string, "jump") ||
		    !strcmp(what->string, "goto") ||
		    !strcmp(what->string, "return"))
			*verdict = what;
		/* nothing makes a rule for few one for many */
		if (one > scope && scope != SCOPE_FEW)
			scope = one;
		if (one == SCOPE_FEW)
			scope = SCOPE_FEW;
	}
	return scope;
}

static enum way walk_chain(struct walk *walk, const char *name,
			   unsigned int jumps);

/* What becomes of packets of services at one rule. */
static enum way walk_rule(struct walk *walk, const cJSON *rule,
			  unsigned int jumps)
{
	const cJSON *verdict;
	enum scope scope = scope_of_rule(walk->checkup, rule, &verdict);
	enum way way = WAY_FALLS;

	if (!verdict || scope == SCOPE_FEW)
		return WAY_FALLS;
	if (!strcmp(verdict->string, "accept"))
		way = WAY_LETS;
	else if (!strcmp(verdict->string, "drop") ||
		 !strcmp(verdict->string, "reject"))
		way = WAY_DROPS;
	else if (cJSON_IsObject(verdict))
		way = walk_chain(walk, nft_text(verdict, "target"), jumps + 1);
	if (way == WAY_LETS && scope == SCOPE_UNREAD) {
		walk->unread++;
		return WAY_FALLS;
	}
	/* what drops only some of them is somebody's wish */
	if (way == WAY_DROPS && scope != SCOPE_ALL)
		return WAY_FALLS;
	return way;
}

static enum way walk_chain(struct walk *walk, const char *name,
			   unsigned int jumps)
{
	const cJSON *item;
	enum way way;

	if (jumps > JUMPS_MOST)
		return WAY_FALLS;
	cJSON_ArrayForEach(item, walk->rules) {
		const cJSON *rule =
			cJSON_GetObjectItemCaseSensitive(item, "rule");

		if (!rule || strcmp(nft_text(rule, "chain"), name))
			continue;
		way = walk_rule(walk, rule, jumps);
		if (way != WAY_FALLS)
			return way;
	}
	return WAY_FALLS;
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
		check_found(
			checkup,
			"%s drops, unless one of %zu rules whose matches nft cannot show accepts packets of services",
			where, unread);
	else
		check_found(
			checkup,
			"%s drops: no rule accepts what goes to or comes from pods, or has ct status dnat",
			where);
}

static void look_at_chain(struct checkup *checkup, const cJSON *chain)
{
	struct walk walk = {
		.checkup = checkup,
		.table = nft_text(chain, "table"),
		.family = nft_text(chain, "family"),
	};
	char text[512];
	enum way way;
	cJSON *list;

	/* nft's grammar has no quotes for the names of tables */
	if (walk.table[strspn(walk.table, NAME_CHARACTERS)]) {
		check_unchecked(
			checkup,
			"nft table %s %s: nft cannot list it, for its name",
			walk.family, walk.table);
		return;
	}
	snprintf(text, sizeof(text), "list table %s %s", walk.family,
		 walk.table);
	list = nft_list(checkup, text);
	if (!list)
		return;
	walk.rules = list;
	way = walk_chain(&walk, nft_text(chain, "name"), 0);
	if (way == WAY_FALLS && !strcmp(nft_text(chain, "policy"), "drop"))
		way = WAY_DROPS;
	snprintf(text, sizeof(text), "nft chain %s %s %s (hook forward)",
		 walk.family, walk.table, nft_text(chain, "name"));
	if (way == WAY_DROPS)
		say_dropped(checkup, text, walk.unread);
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
		if ((is_for(family, NFPROTO_IPV4) &&
		     checkup_has_family(checkup, NFPROTO_IPV4)) ||
		    (is_for(family, NFPROTO_IPV6) &&
		     checkup_has_family(checkup, NFPROTO_IPV6)))
			look_at_chain(checkup, chain);
	}
	for (size_t i = 0; i < sizeof(families); i++)
		if (checkup_has_family(checkup, families[i]))
			look_at_legacy(checkup, families[i]);
}
