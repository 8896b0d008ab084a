// SPDX-License-Identifier: GPL-2.0
/* svcctl add, set and del frontend */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "parse.h"
#include "select.h"
#include "transaction.h"

/**
 * struct rule_change - what was said of one source class
 * @has_set: set was given
 * @has_masquerade: masquerade was given
 * @has_empty: empty was given
 * @rule: the values
 */
struct rule_change {
	bool has_set;
	bool has_masquerade;
	bool has_empty;
	struct nf_svc_rule rule;
};

/**
 * struct wanted_frontend - what was asked for
 * @name: of its service, NULL: not given
 * @word: the place as it was written
 * @place: where it answers
 * @has_kind: type was given
 * @kind: see there
 * @flags: new values of those in @flags_given
 * @flags_given: exclusive, internal: enum nf_svc_frontend_flags
 * @has_ranges: source-range was given
 * @ranges: sources that may ask, owned
 * @n_ranges: how many; 0: all may
 * @rules: by enum nf_svc_class
 */
struct wanted_frontend {
	const char *name;
	const char *word;
	struct nf_svc_place place;
	bool has_kind;
	uint32_t kind;
	uint32_t flags;
	uint32_t flags_given;
	bool has_ranges;
	struct nf_svc_cidr *ranges;
	size_t n_ranges;
	struct rule_change rules[NF_SVC_CLASSES];
};

static const struct nf_svc_word yes_no[] = { { 1, "yes" },
					     { 0, "no" },
					     { 0, NULL } };

static enum exit_status parse_rule(struct wanted_frontend *wanted,
				   struct words *words)
{
	struct rule_change *change;
	enum exit_status status;
	uint32_t value = 0;
	const char *class;

	status = parse_word(words, "rule", nf_svc_classes, &value);
	if (status)
		return status;
	change = &wanted->rules[value];
	class = nf_svc_word_text(nf_svc_classes, value);
	while (!status) {
		if (words_take_if(words, "set")) {
			status = parse_once(words, "set", nf_svc_set_words,
					    &change->has_set, &value);
			change->rule.set = (uint8_t)value;
		} else if (words_take_if(words, "masquerade")) {
			status = parse_once(words, "masquerade", yes_no,
					    &change->has_masquerade, &value);
			change->rule.masquerade = value;
		} else if (words_take_if(words, "empty")) {
			status = parse_once(words, "empty", nf_svc_empties,
					    &change->has_empty, &value);
			change->rule.empty = (uint8_t)value;
		} else {
			break;
		}
	}
	if (!status && !change->has_set && !change->has_masquerade &&
	    !change->has_empty)
		return complain(WRONG_USAGE,
				"rule %s: what? set, masquerade or empty",
				class);
	return status;
}

static enum exit_status parse_flag(struct wanted_frontend *wanted,
				   struct words *words, const char *word,
				   uint32_t flag)
{
	bool given = wanted->flags_given & flag;
	enum exit_status status;
	uint32_t yes = 0;

	status = parse_once(words, word, yes_no, &given, &yes);
	wanted->flags_given |= flag;
	wanted->flags = yes ? wanted->flags | flag : wanted->flags & ~flag;
	return status;
}

static enum exit_status parse_ranges(struct wanted_frontend *wanted,
				     struct words *words)
{
	const char *list = words_take(words);

	if (!list)
		return complain(
			WRONG_USAGE,
			"source-range: its value is missing; a list of CIDRs, or none");
	if (wanted->has_ranges)
		return complain(
			WRONG_USAGE,
			"source-range: given twice; write a list with commas");
	wanted->has_ranges = true;
	return parse_cidrs(list, "source-range", &wanted->ranges,
			   &wanted->n_ranges);
}

static enum exit_status check_ranges(const struct wanted_frontend *wanted)
{
	char range[NF_SVC_CIDR_TEXT];
	uint8_t family = wanted->place.addr.family;

	for (size_t i = 0; i < wanted->n_ranges && family; i++) {
		if (wanted->ranges[i].addr.family != family)
			return complain(
				WRONG_USAGE,
				"source-range %s: %s is asked over the other family; give ranges of that",
				nf_svc_cidr_format(&wanted->ranges[i], range),
				wanted->word);
	}
	return DONE;
}

static enum exit_status check_kind(const struct wanted_frontend *wanted)
{
	if (!wanted->place.addr.family &&
	    wanted->flags & NF_SVC_FRONTEND_EXCLUSIVE)
		return complain(
			WRONG_USAGE,
			"%s exclusive yes: the addresses of the node are not for services alone",
			wanted->word);
	if (!wanted->has_kind || wanted->place.addr.family ||
	    wanted->kind == NF_SVC_KIND_NODE_PORT)
		return DONE;
	return complain(
		WRONG_USAGE,
		"%s type %s: * is the addresses of the node, which only "
		"a NodePort has; write an address, or type NodePort",
		wanted->word, nf_svc_word_text(nf_svc_kinds, wanted->kind));
}

static enum exit_status parse_wanted(struct wanted_frontend *wanted,
				     struct words *words, bool with_name)
{
	enum exit_status status;

	memset(wanted, 0, sizeof(*wanted));
	if (with_name) {
		wanted->name = words_take(words);
		if (!wanted->name)
			return complain(
				WRONG_USAGE,
				"add frontend: the name of the service is missing; "
				"NAMESPACE/NAME[:PORT]");
	}
	wanted->word = words_take(words);
	if (with_name && !wanted->word)
		return complain(
			WRONG_USAGE,
			"add frontend %s: two words are expected, the service's name "
			"and the place: NAMESPACE/NAME[:PORT] IP:PORT",
			wanted->name);
	status = parse_frontend_place(wanted->word, &wanted->place);
	while (!status && words_peek(words)) {
		if (words_take_if(words, "type")) {
			status = parse_once(words, "type", nf_svc_kinds,
					    &wanted->has_kind, &wanted->kind);
		} else if (words_take_if(words, "exclusive")) {
			status = parse_flag(wanted, words, "exclusive",
					    NF_SVC_FRONTEND_EXCLUSIVE);
		} else if (words_take_if(words, "internal")) {
			status = parse_flag(wanted, words, "internal",
					    NF_SVC_FRONTEND_INTERNAL);
		} else if (words_take_if(words, "source-range")) {
			status = parse_ranges(wanted, words);
		} else if (words_take_if(words, "rule")) {
			status = parse_rule(wanted, words);
		} else {
			break;
		}
	}
	if (!status)
		status = words_end(words);
	if (!status)
		status = check_kind(wanted);
	return status ? status : check_ranges(wanted);
}

static void change_frontend(const struct wanted_frontend *wanted,
			    struct nf_svc_frontend *frontend)
{
	if (wanted->has_kind)
		frontend->kind = (uint8_t)wanted->kind;
	frontend->flags = (frontend->flags & ~wanted->flags_given) |
			  wanted->flags;
	if (wanted->has_ranges) {
		/* borrowed for as long as the message is written */
		frontend->ranges = wanted->ranges;
		frontend->n_ranges = wanted->n_ranges;
	}
	for (unsigned int class = 0; class < NF_SVC_CLASSES; class ++) {
		const struct rule_change *change = &wanted->rules[class];

		if (change->has_set)
			frontend->rules[class].set = change->rule.set;
		if (change->has_masquerade)
			frontend->rules[class].masquerade =
				change->rule.masquerade;
		if (change->has_empty)
			frontend->rules[class].empty = change->rule.empty;
	}
}

/* A frontend with what it has unless the words say other. */
static void new_frontend(const struct wanted_frontend *wanted,
			 const struct nf_svc_service *service,
			 const struct nf_svc_settings *settings,
			 struct nf_svc_frontend *frontend)
{
	memset(frontend, 0, sizeof(*frontend));
	frontend->addr = wanted->place.addr;
	frontend->port = wanted->place.port;
	frontend->protocol = service->protocol;
	frontend->family = service->family;
	if (wanted->has_kind)
		frontend->kind = (uint8_t)wanted->kind;
	else if (!frontend->addr.family)
		frontend->kind = NF_SVC_KIND_NODE_PORT;
	if (frontend->kind == NF_SVC_KIND_CLUSTER_IP &&
	    !(wanted->flags_given & NF_SVC_FRONTEND_EXCLUSIVE) &&
	    may_be_exclusive(&frontend->addr, wanted->word))
		frontend->flags = NF_SVC_FRONTEND_EXCLUSIVE;
	nf_svc_frontend_rules(frontend, false,
			      nf_svc_settings_know_pods(settings,
							service->family));
	change_frontend(wanted, frontend);
}

/* Is the frontend wanted for this service of the name asked for? */
static bool suits(const struct wanted_frontend *wanted,
		  const struct nf_svc_service *service)
{
	const struct nf_svc_place *place = &wanted->place;

	return (!place->addr.family || place->addr.family == service->family) &&
	       (!place->has_protocol || place->protocol == service->protocol);
}

/* Said on purpose, it is done: the node may have other ways in. */
static void warn_of_exclusive(const struct wanted_frontend *wanted)
{
	if (wanted->flags & NF_SVC_FRONTEND_EXCLUSIVE &&
	    is_of_node(&wanted->place.addr))
		warn("%s: exclusive, and an address of this node: what asks any other port there (SSH, the kubelet) is refused",
		     wanted->word);
}

/* Where nobody is known to be a pod, pods are kept out, too. */
static void warn_of_internal(const struct wanted_frontend *wanted,
			     const struct nf_svc_frontend *frontend,
			     const struct nf_svc_settings *settings)
{
	if (wanted->flags & NF_SVC_FRONTEND_INTERNAL &&
	    !nf_svc_settings_know_pods(settings, frontend->family))
		warn("%s: internal, and the settings do not say what an %s pod "
		     "is: only this node may ask; see 'svcctl help set "
		     "settings'",
		     wanted->word,
		     frontend->family == NFPROTO_IPV4 ? "IPv4" : "IPv6");
}

static enum exit_status queue_new(struct svcctl *ctl,
				  const struct nf_svc_snapshot *snapshot,
				  const struct wanted_frontend *wanted,
				  const struct selection *selection)
{
	const struct nf_svc_service *first = NULL;
	struct nf_svc_frontend frontend;
	struct nf_svc_error error;
	int ret = 0;

	for (size_t i = 0; i < selection->n && !ret; i++) {
		const struct nf_svc_service *service = selection->services[i];

		if (!suits(wanted, service))
			continue;
		if (first && first->protocol != service->protocol)
			return complain(
				WRONG_USAGE,
				"%s: there are services of several protocols; say "
				"which, for example %s/%s",
				wanted->name, wanted->word,
				nf_svc_word_text(nf_svc_protocols,
						 service->protocol));
		first = service;
		if (select_check_owner(ctl, service))
			return NOT_PERMITTED;
		new_frontend(wanted, service, &snapshot->settings, &frontend);
		warn_of_exclusive(wanted);
		warn_of_internal(wanted, &frontend, &snapshot->settings);
		ret = nf_svc_tx_frontend_set(ctl->client, service->name,
					     &frontend, NF_SVC_FLAG_EXCL,
					     &error);
	}
	if (!first)
		return complain(
			NOT_FOUND,
			"%s: no service of this name has the protocol and family "
			"of %s",
			wanted->name, wanted->word);
	return transaction_check(ret, &error);
}

static enum exit_status
plan_add(struct svcctl *ctl, const struct nf_svc_snapshot *snapshot, void *arg)
{
	struct wanted_frontend *wanted = arg;
	struct selection selection;
	enum exit_status status;

	status = select_services(snapshot, wanted->name, 0, &selection);
	if (status)
		return status;
	status = queue_new(ctl, snapshot, wanted, &selection);
	selection_clean(&selection);
	return status;
}

/* The frontend of a service at the place, or NULL: it has at most one there. */
static const struct nf_svc_frontend *
find_frontend(const struct nf_svc_service *service,
	      const struct nf_svc_place *place)
{
	for (size_t i = 0; i < service->n_frontends; i++) {
		if (frontend_at(&service->frontends[i], place))
			return &service->frontends[i];
	}
	return NULL;
}

/* Change or delete each frontend at the place: one, or one a family of *:PORT. */
static enum exit_status queue_each(struct svcctl *ctl,
				   const struct nf_svc_snapshot *snapshot,
				   const struct wanted_frontend *wanted,
				   bool delete)
{
	size_t found = 0, most = wanted->place.addr.family ? 1 : 2;
	struct nf_svc_error error;
	int ret = 0;

	for (size_t i = 0; i < snapshot->n_services && found < most && !ret;
	     i++) {
		const struct nf_svc_service *service = &snapshot->services[i];
		const struct nf_svc_frontend *there =
			find_frontend(service, &wanted->place);
		struct nf_svc_frontend frontend;

		if (!there)
			continue;
		found++;
		if (select_check_owner(ctl, service))
			return NOT_PERMITTED;
		frontend = *there;
		change_frontend(wanted, &frontend);
		warn_of_exclusive(wanted);
		warn_of_internal(wanted, &frontend, &snapshot->settings);
		ret = delete ?
			      nf_svc_tx_frontend_del(ctl->client, &frontend,
						     &error) :
			      nf_svc_tx_frontend_set(ctl->client, service->name,
						     &frontend, 0, &error);
	}
	if (!found)
		return complain(
			NOT_FOUND,
			"%s%s: no such frontend; 'svcctl list' shows those there "
			"are",
			wanted->word, strchr(wanted->word, '/') ? "" : "/tcp");
	return transaction_check(ret, &error);
}

static enum exit_status
plan_set(struct svcctl *ctl, const struct nf_svc_snapshot *snapshot, void *arg)
{
	return queue_each(ctl, snapshot, arg, false);
}

static enum exit_status
plan_del(struct svcctl *ctl, const struct nf_svc_snapshot *snapshot, void *arg)
{
	return queue_each(ctl, snapshot, arg, true);
}

static enum exit_status run_add(struct svcctl *ctl, struct words *words)
{
	struct wanted_frontend wanted;
	enum exit_status status = parse_wanted(&wanted, words, true);

	if (!status)
		status =
			transaction_run(ctl, READ_ALL, NULL, plan_add, &wanted);
	free(wanted.ranges);
	return status;
}

static enum exit_status run_set(struct svcctl *ctl, struct words *words)
{
	struct wanted_frontend wanted;
	enum exit_status status = parse_wanted(&wanted, words, false);

	if (!status && words->n == 1)
		status = complain(
			WRONG_USAGE,
			"set frontend %s: what? type, exclusive, internal, source-range or rule",
			wanted.word);
	/* without a protocol it is the TCP one */
	wanted.place.has_protocol = true;
	if (!status)
		status =
			transaction_run(ctl, READ_ALL, NULL, plan_set, &wanted);
	free(wanted.ranges);
	return status;
}

static enum exit_status run_del(struct svcctl *ctl, struct words *words)
{
	struct wanted_frontend wanted;
	enum exit_status status = parse_wanted(&wanted, words, false);

	if (!status && words->n > 1)
		status =
			complain(WRONG_USAGE,
				 "del frontend %s: only the place belongs here",
				 wanted.word);
	wanted.place.has_protocol = true;
	if (!status)
		status =
			transaction_run(ctl, READ_ALL, NULL, plan_del, &wanted);
	free(wanted.ranges);
	return status;
}

#define FRONTEND_WORDS                                                   \
	"\n"                                                             \
	"         [type ClusterIP|NodePort|LoadBalancer|ExternalIP]\n"   \
	"         [exclusive yes|no] [internal yes|no]\n"                \
	"         [source-range CIDR,..|none]\n"                         \
	"         [rule CLASS [set cluster|local] [masquerade yes|no]\n" \
	"         [empty refuse|drop]]..."

#define FRONTEND_HELP                                                                        \
	"An exclusive address belongs to services alone: what asks it on a port or\n"        \
	"protocol that no service has is refused.\n"                                         \
	"\n"                                                                                 \
	"An internal frontend is for pods and this node; the settings have to say what a\n"  \
	"pod is ('svcctl help set settings'). With a source-range only clients in it may\n"  \
	"ask; none: all may. What others send to either is dropped. A CIDR is IP/PREFIX;\n"  \
	"an IP alone is just that address.\n"                                                \
	"\n"                                                                                 \
	"A rule is for the clients of one CLASS: pod, node (this node itself) or outside.\n" \
	"  set         which set of backends they get ('svcctl help add service')\n"         \
	"  masquerade  whether backends see an address of the node as their source\n"        \
	"  empty       what becomes of them while their set has nobody to serve and the\n"   \
	"              other set has: refuse or drop\n"

const struct command svcctl_add_frontend = {
	.verb = "add",
	.noun = "frontend",
	.synopsis = "NAME FRONTEND" FRONTEND_WORDS,
	.summary = "give a service one more frontend, where it answers",
	.help = "FRONTEND is IP:PORT[/PROTOCOL], or *:PORT[/PROTOCOL] for a NodePort: it answers\n"
		"at the addresses of the node that node ports answer at (setting node-port-cidr).\n"
		"Without a protocol it has that of the service.\n"
		"\n"
		"Its type is ClusterIP, or NodePort for *:PORT, unless it is given. A ClusterIP\n"
		"is exclusive unless that is given, or it is an address of this node, which would\n"
		"answer nobody else (SSH, the kubelet) any more; others are not. Without rules\n"
		"everybody gets the cluster set and is refused while it is empty. Masqueraded are,\n"
		"at a ClusterIP, clients that are not pods, if the settings say what a pod is;\n"
		"elsewhere all.\n"
		"\n" FRONTEND_HELP "\n"
		"  svcctl add frontend shop/web:http '*:30080'\n"
		"  svcctl add frontend shop/web:http 203.0.113.7:80 type LoadBalancer \\\n"
		"      source-range 198.51.100.0/24 rule outside set local masquerade no empty drop\n",
	.batch = true,
	.run = run_add,
};

const struct command svcctl_set_frontend = {
	.verb = "set",
	.noun = "frontend",
	.synopsis = "FRONTEND" FRONTEND_WORDS,
	.summary = "change a frontend",
	.help = "Changes what is given and keeps the rest. FRONTEND is IP:PORT[/PROTOCOL] or\n"
		"*:PORT[/PROTOCOL]; without a protocol it is the TCP one.\n"
		"\n" FRONTEND_HELP "\n"
		"  svcctl set frontend 10.96.33.7:80 internal yes\n",
	.batch = true,
	.run = run_set,
};

const struct command svcctl_del_frontend = {
	.verb = "del",
	.noun = "frontend",
	.synopsis = "FRONTEND",
	.summary = "take a frontend away from its service",
	.help = "FRONTEND is IP:PORT[/PROTOCOL] or *:PORT[/PROTOCOL]; without a protocol it is\n"
		"the TCP one. The service keeps its other frontends, and exists without any, too.\n",
	.batch = true,
	.run = run_del,
};
