// SPDX-License-Identifier: GPL-2.0
/*
 * svcctl check: what legacy iptables have, by its own libiptc. nft does not show them.
 */
/* Both before linux/…, which then leave them alone. */
#include <net/if.h>

#include "check.h"

#include <errno.h>
#include <libiptc/libip6tc.h>
#include <libiptc/libiptc.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_conntrack.h>
#include <stdio.h>
#include <string.h>

/* Deeper than this rules of others do not jump (their own limit is their number). */
#define JUMPS_MOST 16

/* Chains that jump to each other in many ways have more ways than can be gone. */
#define RULES_MOST 1000000

/**
 * struct library - libiptc's functions of a family
 * @names: the file that names the tables that are there
 * @entry: struct of a rule
 */
struct library {
	const char *names;
	struct xtc_handle *(*init)(const char *table);
	void (*free)(struct xtc_handle *handle);
	const char *(*strerror)(int error);
	const char *(*first_chain)(struct xtc_handle *handle);
	const char *(*next_chain)(struct xtc_handle *handle);
	int (*is_chain)(const char *chain, struct xtc_handle *handle);
	const char *(*policy)(const char *chain, struct xt_counters *counters,
			      struct xtc_handle *handle);
};

static const struct library libraries[] = {
	{ "/proc/net/ip_tables_names", iptc_init, iptc_free, iptc_strerror,
	  iptc_first_chain, iptc_next_chain, iptc_is_chain, iptc_get_policy },
	{ "/proc/net/ip6_tables_names", ip6tc_init, ip6tc_free, ip6tc_strerror,
	  ip6tc_first_chain, ip6tc_next_chain, ip6tc_is_chain,
	  ip6tc_get_policy },
};

static const struct library *library_of(uint8_t family)
{
	return &libraries[family == NFPROTO_IPV6];
}

static void cannot_read(struct checkup *checkup, const char *what,
			const char *why)
{
	check_unchecked(checkup, "legacy iptables, %s: %s", what, why);
}

/* Opens a table; NULL, with errno 0 if it is not there. */
static struct xtc_handle *open_table(struct checkup *checkup,
				     const struct library *library,
				     const char *table)
{
	struct xtc_handle *handle = library->init(table);

	if (!handle)
		cannot_read(checkup, table, library->strerror(errno));
	return handle;
}

static void say_chains(struct checkup *checkup, uint8_t family,
		       const char *table,
		       void (*say)(struct checkup *checkup, uint8_t family,
				   const char *table, const char *chain))
{
	const struct library *library = library_of(family);
	struct xtc_handle *handle = open_table(checkup, library, table);
	const char *chain;

	if (!handle)
		return;
	for (chain = library->first_chain(handle); chain;
	     chain = library->next_chain(handle))
		say(checkup, family, table, chain);
	library->free(handle);
}

bool iptables_names(struct checkup *checkup, uint8_t family,
		    void (*say)(struct checkup *checkup, uint8_t family,
				const char *table, const char *chain))
{
	const struct library *library = library_of(family);
	FILE *file = fopen(library->names, "re");
	char table[XT_TABLE_MAXNAMELEN + 2];

	/* not there before the first table is */
	if (!file && errno == ENOENT)
		return true;
	if (!file) {
		cannot_read(checkup, library->names, strerror(errno));
		return false;
	}
	while (fgets(table, sizeof(table), file)) {
		table[strcspn(table, "\n")] = '\0';
		say_chains(checkup, family, table, say);
	}
	fclose(file);
	return true;
}

/**
 * struct rule - what is read of a rule, of either family
 * @target: its target
 * @in: pattern of its input device, empty: any
 * @out: likewise
 * @saddr: its source; a prefix of 0: any
 * @daddr: its destination
 * @inverted: something is asked for not to be so, or a protocol
 * @is_goto: it does not come back from a chain that it goes to
 * @matches: its matches
 * @len: bytes of these
 */
struct rule {
	const char *target;
	const char *in;
	const char *out;
	struct nf_svc_cidr saddr;
	struct nf_svc_cidr daddr;
	bool inverted;
	bool is_goto;
	const unsigned char *matches;
	size_t len;
};

enum scope {
	SCOPE_ALL,
	SCOPE_SERVICES,
	SCOPE_FEW,
	SCOPE_UNREAD,
};

static void read_cidr(struct nf_svc_cidr *cidr, uint8_t family,
		      const void *addr, const void *mask)
{
	const unsigned char *bytes = mask;

	memset(cidr, 0, sizeof(*cidr));
	cidr->addr.family = family;
	memcpy(cidr->addr.bytes, addr, nf_svc_addr_size(family));
	for (size_t i = 0; i < nf_svc_addr_size(family); i++)
		cidr->prefix =
			(uint8_t)(cidr->prefix + __builtin_popcount(bytes[i]));
}

static struct rule rule_of_ipv4(const struct ipt_entry *entry,
				struct xtc_handle *handle)
{
	struct rule rule = {
		.target = iptc_get_target(entry, handle),
		.in = entry->ip.iniface,
		.out = entry->ip.outiface,
		.inverted = entry->ip.invflags || entry->ip.proto,
		.is_goto = entry->ip.flags & IPT_F_GOTO,
		.matches = entry->elems,
		.len = entry->target_offset - sizeof(*entry),
	};

	read_cidr(&rule.saddr, NFPROTO_IPV4, &entry->ip.src, &entry->ip.smsk);
	read_cidr(&rule.daddr, NFPROTO_IPV4, &entry->ip.dst, &entry->ip.dmsk);
	return rule;
}

static struct rule rule_of_ipv6(const struct ip6t_entry *entry,
				struct xtc_handle *handle)
{
	struct rule rule = {
		.target = ip6tc_get_target(entry, handle),
		.in = entry->ipv6.iniface,
		.out = entry->ipv6.outiface,
		.inverted = entry->ipv6.invflags || entry->ipv6.proto,
		.is_goto = entry->ipv6.flags & IP6T_F_GOTO,
		.matches = entry->elems,
		.len = entry->target_offset - sizeof(*entry),
	};

	read_cidr(&rule.saddr, NFPROTO_IPV6, &entry->ipv6.src,
		  &entry->ipv6.smsk);
	read_cidr(&rule.daddr, NFPROTO_IPV6, &entry->ipv6.dst,
		  &entry->ipv6.dmsk);
	return rule;
}

static enum scope scope_of_cidr(const struct checkup *checkup,
				const struct nf_svc_cidr *cidr)
{
	if (!cidr->prefix)
		return SCOPE_ALL;
	return is_pod_range(checkup, cidr) ? SCOPE_SERVICES : SCOPE_FEW;
}

static enum scope scope_of_device(const struct checkup *checkup,
				  const char *name)
{
	if (!*name)
		return SCOPE_ALL;
	return is_pod_device(checkup, name) ? SCOPE_SERVICES : SCOPE_FEW;
}

/* -m conntrack --ctstate NEW, or DNAT; or -m comment. */
static enum scope scope_of_match(const struct xt_entry_match *match)
{
	const struct xt_conntrack_mtinfo3 *info = (const void *)match->data;

	if (!strcmp(match->u.user.name, "comment"))
		return SCOPE_ALL;
	if (strcmp(match->u.user.name, "conntrack") ||
	    match->u.user.revision < 1 ||
	    match->u.user.match_size < sizeof(*match) + sizeof(*info))
		return SCOPE_UNREAD;
	if ((info->match_flags & ~XT_CONNTRACK_STATE_ALIAS) !=
		    XT_CONNTRACK_STATE ||
	    info->invert_flags)
		return SCOPE_FEW;
	return info->state_mask & (XT_CONNTRACK_STATE_DNAT |
				   XT_CONNTRACK_STATE_BIT(IP_CT_NEW)) ?
		       SCOPE_SERVICES :
		       SCOPE_FEW;
}

static enum scope worse(enum scope a, enum scope b)
{
	if (a == SCOPE_FEW || b == SCOPE_FEW)
		return SCOPE_FEW;
	return a > b ? a : b;
}

static enum scope scope_of(const struct checkup *checkup,
			   const struct rule *rule)
{
	enum scope scope = rule->inverted ? SCOPE_FEW : SCOPE_ALL;
	const struct xt_entry_match *match;
	size_t at = 0;

	scope = worse(scope, scope_of_device(checkup, rule->in));
	scope = worse(scope, scope_of_device(checkup, rule->out));
	scope = worse(scope, scope_of_cidr(checkup, &rule->saddr));
	scope = worse(scope, scope_of_cidr(checkup, &rule->daddr));
	while (at + sizeof(*match) <= rule->len) {
		match = (const void *)(rule->matches + at);
		scope = worse(scope, scope_of_match(match));
		if (match->u.match_size < sizeof(*match))
			break;
		at += match->u.match_size;
	}
	return scope;
}

/**
 * struct walk - a way through the chains of a table
 * @checkup: the run
 * @family: of the table
 * @handle: the table
  * @unread: rules that accept and could not be read
 * @looked: rules that were looked at
 */
struct walk {
	struct checkup *checkup;
	uint8_t family;
	struct xtc_handle *handle;
	size_t unread;
	size_t looked;
};

static enum iptables_answer walk_chain(struct walk *walk, const char *chain,
				       unsigned int jumps);

/* *over: packets of services go on to no further rule of this chain. */
static enum iptables_answer walk_rule(struct walk *walk,
				      const struct rule *rule,
				      unsigned int jumps, bool *over)
{
	const struct library *library = library_of(walk->family);
	enum scope scope = scope_of(walk->checkup, rule);
	enum iptables_answer answer = IPTABLES_FALLS;

	if (scope == SCOPE_FEW || !rule->target)
		return IPTABLES_FALLS;
	if (!strcmp(rule->target, "ACCEPT")) {
		answer = IPTABLES_LETS;
	} else if (!strcmp(rule->target, "DROP") ||
		   !strcmp(rule->target, "REJECT")) {
		answer = IPTABLES_DROPS;
	} else if (!strcmp(rule->target, "RETURN")) {
		*over = scope != SCOPE_UNREAD;
	} else if (library->is_chain(rule->target, walk->handle)) {
		answer = walk_chain(walk, rule->target, jumps + 1);
		*over = rule->is_goto && scope != SCOPE_UNREAD;
	}
	if (answer == IPTABLES_LETS && scope == SCOPE_UNREAD) {
		walk->unread++;
		return IPTABLES_FALLS;
	}
	/* What a chain drops of what is sent there is somebody's wish (policies of
	 * pods); but a rule of FORWARD itself that drops what services pass on is not.
	 */
	if (answer == IPTABLES_DROPS &&
	    (scope == SCOPE_UNREAD ||
	     (scope == SCOPE_SERVICES &&
	      (jumps || library->is_chain(rule->target, walk->handle)))))
		return IPTABLES_FALLS;
	return answer;
}

static enum iptables_answer walk_chain(struct walk *walk, const char *chain,
				       unsigned int jumps)
{
	enum iptables_answer answer = IPTABLES_FALLS;
	const struct ip6t_entry *ipv6 = NULL;
	const struct ipt_entry *ipv4 = NULL;
	bool over = false;
	struct rule rule;

	if (jumps > JUMPS_MOST)
		return IPTABLES_FALLS;
	if (walk->family == NFPROTO_IPV4)
		ipv4 = iptc_first_rule(chain, walk->handle);
	else
		ipv6 = ip6tc_first_rule(chain, walk->handle);
	while ((ipv4 || ipv6) && answer == IPTABLES_FALLS && !over &&
	       walk->looked++ < RULES_MOST) {
		if (ipv4) {
			rule = rule_of_ipv4(ipv4, walk->handle);
			ipv4 = iptc_next_rule(ipv4, walk->handle);
		} else {
			rule = rule_of_ipv6(ipv6, walk->handle);
			ipv6 = ip6tc_next_rule(ipv6, walk->handle);
		}
		answer = walk_rule(walk, &rule, jumps, &over);
	}
	return answer;
}

/* Is there a legacy table "filter"? Opening one makes it. False after check_unchecked(). */
static bool find_filter(struct checkup *checkup, uint8_t family, bool *found)
{
	const char *names = library_of(family)->names;
	FILE *file = fopen(names, "re");
	char table[XT_TABLE_MAXNAMELEN + 2];

	*found = false;
	if (!file && errno == ENOENT)
		return true;
	if (!file) {
		cannot_read(checkup, names, strerror(errno));
		return false;
	}
	while (!*found && fgets(table, sizeof(table), file))
		*found = !strcmp(table, "filter\n");
	fclose(file);
	return true;
}

bool iptables_forward(struct checkup *checkup, uint8_t family,
		      enum iptables_answer *answer, size_t *unread)
{
	const struct library *library = library_of(family);
	struct walk walk = { .checkup = checkup, .family = family };
	struct xt_counters counters;
	const char *policy;
	bool found;

	*answer = IPTABLES_LETS;
	*unread = 0;
	if (!find_filter(checkup, family, &found))
		return false;
	if (!found)
		return true;
	walk.handle = open_table(checkup, library, "filter");
	if (!walk.handle)
		return false;
	*answer = walk_chain(&walk, "FORWARD", 0);
	policy = library->policy("FORWARD", &counters, walk.handle);
	if (*answer == IPTABLES_FALLS && policy && !strcmp(policy, "DROP"))
		*answer = IPTABLES_DROPS;
	if (walk.looked > RULES_MOST)
		walk.unread++;
	*unread = walk.unread;
	library->free(walk.handle);
	return true;
}
