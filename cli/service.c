// SPDX-License-Identifier: GPL-2.0
/* svcctl add, set and del service */
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "command.h"
#include "parse.h"
#include "select.h"
#include "transaction.h"

/**
 * struct new_service - what 'add service' was asked for
 * @name: its name
 * @protocol: of all frontends
 * @family: asked for with "family", 0: not asked for
 * @service: scheduler and refuse_with
 * @given: those that were given
 * @frontends: places of its frontends, of both families
 * @n_frontends: how many
 * @backends: of both families
 * @n_backends: how many
 */
struct new_service {
	const char *name;
	uint8_t protocol;
	uint8_t family;
	struct nf_svc_service service;
	unsigned int given;
	struct nf_svc_place *frontends;
	size_t n_frontends;
	struct nf_svc_backend *backends;
	size_t n_backends;
};

static enum exit_status add_place(struct new_service *wanted, const char *word)
{
	struct nf_svc_place place, *entry;
	enum exit_status status;

	if (!strpbrk(word, ".:[*/"))
		return complain(
			WRONG_USAGE,
			"%s: not expected here; a frontend (IP:PORT), family, scheduler, refuse-with or backend",
			word);
	status = parse_frontend_place(word, &place);
	if (status)
		return status;
	if (!place.addr.family)
		return complain(
			WRONG_USAGE,
			"%s: a NodePort; give the service its ClusterIP here and "
			"this one with 'svcctl add frontend'",
			word);
	if (!wanted->n_frontends)
		wanted->protocol = place.protocol;
	if (place.protocol != wanted->protocol)
		return complain(
			WRONG_USAGE,
			"%s: another protocol than the frontends before it; "
			"one service has one protocol",
			word);
	for (size_t i = 0; i < wanted->n_frontends; i++) {
		if (wanted->frontends[i].port == place.port &&
		    !nf_svc_addr_compare(&wanted->frontends[i].addr,
					 &place.addr))
			return complain(WRONG_USAGE, "%s: given twice", word);
	}
	entry = nf_svc_array_add(&wanted->frontends, &wanted->n_frontends,
				 sizeof(*entry));
	if (!entry)
		return complain_memory();
	*entry = place;
	return DONE;
}

static enum exit_status add_backend(struct new_service *wanted,
				    struct words *words)
{
	struct nf_svc_backend backend = { .weight = 1,
					  .sets = NF_SVC_SET_CLUSTER },
			      *entry;
	const char *word = words_take(words);
	struct backend_change change;
	enum exit_status status;

	status = parse_backend_place(word, &backend);
	if (!status)
		status = parse_backend_words(words, &change);
	if (status)
		return status;
	backend_apply(&change, &backend);
	for (size_t i = 0; i < wanted->n_backends; i++) {
		if (!nf_svc_backend_compare(&wanted->backends[i], &backend))
			return complain(WRONG_USAGE, "backend %s: given twice",
					word);
	}
	entry = nf_svc_array_add(&wanted->backends, &wanted->n_backends,
				 sizeof(*entry));
	if (!entry)
		return complain_memory();
	*entry = backend;
	return DONE;
}

static bool has_family(const struct new_service *wanted, uint8_t family)
{
	for (size_t i = 0; i < wanted->n_frontends; i++) {
		if (wanted->frontends[i].addr.family == family)
			return true;
	}
	return false;
}

static enum exit_status check_families(const struct new_service *wanted)
{
	char text[NF_SVC_PLACE_TEXT];

	for (size_t i = 0; i < wanted->n_frontends && wanted->family; i++) {
		const struct nf_svc_place *place = &wanted->frontends[i];

		if (place->addr.family != wanted->family)
			return complain(
				WRONG_USAGE,
				"frontend %s: not of family %s, which was asked for",
				nf_svc_addr_port_format(&place->addr,
							place->port, text),
				nf_svc_word_text(nf_svc_families,
						 wanted->family));
	}
	for (size_t i = 0; i < wanted->n_backends; i++) {
		const struct nf_svc_backend *backend = &wanted->backends[i];

		if (!has_family(wanted, backend->addr.family))
			return complain(
				WRONG_USAGE,
				"backend %s: the service has no frontend of "
				"family %s; add one",
				nf_svc_addr_port_format(&backend->addr,
							backend->port, text),
				nf_svc_word_text(nf_svc_families,
						 backend->addr.family));
	}
	return DONE;
}

static bool is_keyword(const char *word)
{
	static const char *const keywords[] = { "family", "scheduler",
						"refuse-with", "affinity",
						"backend" };

	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++) {
		if (!strcmp(word, keywords[i]))
			return true;
	}
	return false;
}

static enum exit_status parse_new(struct new_service *wanted,
				  struct words *words)
{
	enum exit_status status;
	bool found = true, has_family = false;
	uint32_t family = 0;

	wanted->name = words_take(words);
	status = parse_service_name(wanted->name);
	while (!status && words_peek(words) && !is_keyword(words_peek(words)))
		status = add_place(wanted, words_take(words));
	if (!status && !wanted->n_frontends)
		status = complain(
			WRONG_USAGE,
			"add service %s: a frontend is missing; IP:PORT[/PROTOCOL]",
			wanted->name);
	while (!status && found && words_peek(words)) {
		if (words_take_if(words, "backend"))
			status = add_backend(wanted, words);
		else if (words_take_if(words, "family"))
			status = parse_once(words, "family", nf_svc_families,
					    &has_family, &family);
		else
			status = parse_service_words(words, &wanted->service,
						     &wanted->given, &found);
	}
	wanted->family = (uint8_t)family;
	if (!status)
		status = words_end(words);
	return status ? status : check_families(wanted);
}

static int queue_frontends(struct svcctl *ctl,
			   const struct nf_svc_settings *settings,
			   const struct new_service *wanted, uint8_t family,
			   struct nf_svc_error *error)
{
	char text[NF_SVC_PLACE_TEXT];
	int ret = 0;

	for (size_t i = 0; i < wanted->n_frontends && !ret; i++) {
		const struct nf_svc_place *place = &wanted->frontends[i];
		struct nf_svc_frontend frontend = {
			.addr = place->addr,
			.port = place->port,
			.protocol = place->protocol,
			.family = family,
			.kind = NF_SVC_KIND_CLUSTER_IP,
		};

		if (place->addr.family != family)
			continue;
		nf_svc_addr_port_format(&place->addr, place->port, text);
		if (may_be_exclusive(&place->addr, text))
			frontend.flags = NF_SVC_FRONTEND_EXCLUSIVE;
		if (nf_svc_cidrs_contain(settings->pod_cidrs,
					 settings->n_pod_cidrs, &place->addr))
			warn("frontend %s: the address of a pod (pod-cidr), and what asks its other ports is refused; before backends stands 'backend'",
			     text);
		nf_svc_frontend_rules(&frontend, false,
				      nf_svc_settings_know_pods(settings,
								family));
		ret = nf_svc_tx_frontend_set(ctl->client, wanted->name,
					     &frontend, NF_SVC_FLAG_EXCL,
					     error);
	}
	return ret;
}

/* The backends of one family stand together, once they are sorted. */
static int queue_backends(struct svcctl *ctl, const struct new_service *wanted,
			  const struct nf_svc_key *key,
			  struct nf_svc_error *error)
{
	size_t first = 0, n = 0;

	while (first < wanted->n_backends &&
	       wanted->backends[first].addr.family != key->family)
		first++;
	while (first + n < wanted->n_backends &&
	       wanted->backends[first + n].addr.family == key->family)
		n++;
	return nf_svc_tx_backends_set(ctl->client, key,
				      wanted->backends + first, n, 0, error);
}

static enum exit_status
plan_add(struct svcctl *ctl, const struct nf_svc_snapshot *snapshot, void *arg)
{
	static const uint8_t families[] = { NFPROTO_IPV4, NFPROTO_IPV6 };
	struct new_service *wanted = arg;
	struct nf_svc_error error;
	int ret = 0;

	if (wanted->n_backends > 1)
		qsort(wanted->backends, wanted->n_backends,
		      sizeof(*wanted->backends), nf_svc_backend_compare);
	for (unsigned int i = 0; i < sizeof(families) && !ret; i++) {
		struct nf_svc_key key = { wanted->name, wanted->protocol,
					  families[i] };
		struct nf_svc_service service = wanted->service;

		if (!has_family(wanted, families[i]))
			continue;
		service.name = (char *)(uintptr_t)wanted->name;
		service.protocol = wanted->protocol;
		service.family = families[i];
		ret = nf_svc_tx_service_set(
			ctl->client, &service, wanted->given,
			NF_SVC_FLAG_CREATE | NF_SVC_FLAG_EXCL, &error);
		if (!ret)
			ret = queue_backends(ctl, wanted, &key, &error);
		if (!ret)
			ret = queue_frontends(ctl, &snapshot->settings, wanted,
					      families[i], &error);
	}
	return transaction_check(ret, &error);
}

static enum exit_status run_add(struct svcctl *ctl, struct words *words)
{
	struct new_service wanted = { 0 };
	enum exit_status status;

	status = parse_new(&wanted, words);
	if (!status)
		status = transaction_run(ctl, READ_SETTINGS, NULL, plan_add,
					 &wanted);
	free(wanted.frontends);
	free(wanted.backends);
	return status;
}

/**
 * struct service_change - what 'set service' or 'del service' was asked for
 * @word: which services
 * @change: new values
 * @given: which of them
 */
struct service_change {
	const char *word;
	struct nf_svc_service change;
	unsigned int given;
};

static enum exit_status
plan_set(struct svcctl *ctl, const struct nf_svc_snapshot *snapshot, void *arg)
{
	struct service_change *wanted = arg;
	struct selection selection;
	enum exit_status status;
	struct nf_svc_error error;
	int ret = 0;

	status = select_services(snapshot, wanted->word, 0, &selection);
	for (size_t i = 0; i < selection.n && !status; i++)
		status = select_check_owner(ctl, selection.services[i]);
	if (status) {
		selection_clean(&selection);
		return status;
	}
	for (size_t i = 0; i < selection.n && !ret; i++) {
		struct nf_svc_service service = wanted->change;

		service.name = selection.services[i]->name;
		service.protocol = selection.services[i]->protocol;
		service.family = selection.services[i]->family;
		ret = nf_svc_tx_service_set(ctl->client, &service,
					    wanted->given, 0, &error);
	}
	selection_clean(&selection);
	return transaction_check(ret, &error);
}

static enum exit_status run_set(struct svcctl *ctl, struct words *words)
{
	struct service_change wanted = { .word = words_take(words) };
	enum exit_status status = DONE;
	bool found = true;

	if (!wanted.word)
		return complain(
			WRONG_USAGE,
			"set service: the name of the service is missing; "
			"NAMESPACE/NAME[:PORT]");
	while (!status && found && words_peek(words))
		status = parse_service_words(words, &wanted.change,
					     &wanted.given, &found);
	if (!status)
		status = words_end(words);
	if (!status && !wanted.given)
		status = complain(
			WRONG_USAGE,
			"set service %s: what? scheduler, refuse-with or affinity",
			wanted.word);
	return status ? status :
			transaction_run(ctl, READ_ALL, NULL, plan_set, &wanted);
}

static enum exit_status
plan_del(struct svcctl *ctl, const struct nf_svc_snapshot *snapshot, void *arg)
{
	struct service_change *wanted = arg;
	struct selection selection;
	enum exit_status status;
	struct nf_svc_error error;
	int ret = 0;

	status = select_services(snapshot, wanted->word, 0, &selection);
	for (size_t i = 0; i < selection.n && !status; i++)
		status = select_check_owner(ctl, selection.services[i]);
	if (status) {
		selection_clean(&selection);
		return status;
	}
	for (size_t i = 0; i < selection.n && !ret; i++) {
		struct nf_svc_key key =
			nf_svc_service_key(selection.services[i]);

		ret = nf_svc_tx_service_del(ctl->client, &key, &error);
	}
	selection_clean(&selection);
	return transaction_check(ret, &error);
}

static enum exit_status run_del(struct svcctl *ctl, struct words *words)
{
	struct service_change wanted = { .word = words_take(words) };
	enum exit_status status;

	if (!wanted.word)
		return complain(
			WRONG_USAGE,
			"del service: which one? NAME or IP:PORT[/PROTOCOL]");
	status = words_end(words);
	return status ? status :
			transaction_run(ctl, READ_ALL, NULL, plan_del, &wanted);
}

const struct command svcctl_add_service = {
	.verb = "add",
	.noun = "service",
	.synopsis =
		"NAME FRONTEND... [family ipv4|ipv6] [scheduler NAME]\n"
		"         [refuse-with reset|icmp] [affinity SECONDS|none]\n"
		"         [backend IP:PORT [weight N] [sets SETS]]...",
	.summary = "make a service with its frontends and backends",
	.help = "Makes a service, with where it answers and who serves, all at once or not at\n"
		"all.\n"
		"\n"
		"NAME is NAMESPACE/NAME[:PORT]. FRONTEND is IP:PORT[/PROTOCOL], a ClusterIP; all\n"
		"places before the first other word are frontends. The protocol is tcp (default),\n"
		"udp or sctp, the same for all of them. With addresses of both families the\n"
		"service exists in both; family says that only this one is meant, and others are\n"
		"refused. Node ports and the like: 'svcctl add frontend'.\n"
		"\n"
		"The address is for services alone (exclusive: 'svcctl help add frontend'), unless\n"
		"it is one of this node.\n"
		"\n"
		"scheduler says which backend a new flow gets:\n"
		"  random     by weight, at random; UDP by a hash of addresses and ports (the\n"
		"             default)\n"
		"  rr         each in turn, whatever its weight, unless that is 0\n"
		"  wrr        each in turn, as often as its weight says\n"
		"  mh         by weight, by a Maglev hash of addresses, ports and protocol: the\n"
		"             same on every node, and with one of N backends less at most 2 % of\n"
		"             the others' flows get another one\n"
		"  mh-source  the same of the client's address alone\n"
		"  lc         the one with the fewest flows for its weight, on this node; of more\n"
		"             than 64 backends it looks at 64, others each time\n"
		"  lc         the one with the fewest flows for its weight, on this node; of more than\n"
		"             64 backends at 64 of them, other ones each time\n"
		"A table of mh has 16,381 entries, from 164 backends on 131,071 and from 1,311 on\n"
		"1,048,573: 32 kB, 256 kB or 2 MB of memory for each of the service's two sets.\n"
		"'svcctl version' shows which schedulers the module has.\n"
		"\n"
		"affinity: for so many seconds after its last new flow a client gets the backend\n"
		"that it had (sessionAffinity ClientIP).\n"
		"\n"
		"refuse-with says how a TCP client is refused while nobody serves: with a reset\n"
		"(default), or with an ICMP message. UDP and SCTP clients always get ICMP.\n"
		"\n"
		"The weight of a backend is 0 to 65535 (default 1). SETS are the sets of backends\n"
		"that it is in: cluster (default) for clients under traffic policy Cluster, local\n"
		"for those under policy Local, cluster,local for both, or none. A backend in no\n"
		"set, or of weight 0, drains: it keeps its flows and gets no new ones.\n"
		"\n"
		"Clients that are not pods are masqueraded if the settings say what a pod is\n"
		"('svcctl help set settings').\n"
		"\n"
		"  svcctl add service shop/web:http 10.96.33.7:80 \\\n"
		"      backend 10.244.1.5:8080 backend 10.244.2.9:8080 weight 2\n",
	.batch = true,
	.run = run_add,
};

const struct command svcctl_set_service = {
	.verb = "set",
	.noun = "service",
	.synopsis =
		"NAME [scheduler NAME] [refuse-with reset|icmp] [affinity SECONDS|none]",
	.summary = "change a service",
	.help = "Changes what is given and keeps the rest. If several services have this name\n"
		"(protocols, families) all are changed; NAME/udp or NAME/ipv6 means fewer. What\n"
		"the words mean: 'svcctl help add service'.\n"
		"\n"
		"  svcctl set service shop/web:http scheduler mh\n",
	.batch = true,
	.run = run_set,
};

const struct command svcctl_del_service = {
	.verb = "del",
	.noun = "service",
	.synopsis = "NAME|FRONTEND",
	.summary = "delete a service and all that belongs to it",
	.help = "Deletes the service with its frontends and backends. If several services have\n"
		"this name (protocols, families) all are deleted; NAME/udp or NAME/ipv6 means\n"
		"fewer, and FRONTEND, IP:PORT[/PROTOCOL], the service that has it.\n",
	.batch = true,
	.run = run_del,
};
