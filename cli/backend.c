// SPDX-License-Identifier: GPL-2.0
/* svcctl add, set and del backend */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "parse.h"
#include "select.h"
#include "transaction.h"

/**
 * struct wanted_backend - what was asked for
 * @word: which service
 * @place: address and port as they were written
 * @backend: address and port
 * @change: the rest of it
 */
struct wanted_backend {
	const char *word;
	const char *place;
	struct nf_svc_backend backend;
	struct backend_change change;
};

static enum exit_status parse_wanted(struct wanted_backend *wanted,
				     struct words *words)
{
	enum exit_status status;

	memset(wanted, 0, sizeof(*wanted));
	wanted->word = words_take(words);
	if (!wanted->word)
		return complain(
			WRONG_USAGE,
			"backend: of which service? NAME or its IP:PORT[/PROTOCOL]");
	wanted->place = words_take(words);
	if (!wanted->place)
		return complain(
			WRONG_USAGE,
			"backend: two words are expected, the service and its backend: NAME|FRONTEND IP:PORT, and there is only %s",
			wanted->word);
	status = parse_backend_place(wanted->place, &wanted->backend);
	if (!status)
		status = parse_backend_words(words, &wanted->change);
	return status ? status : words_end(words);
}

static enum exit_status
plan_add(struct svcctl *ctl, const struct nf_svc_snapshot *snapshot, void *arg)
{
	struct wanted_backend *wanted = arg;
	struct nf_svc_service *service;
	struct nf_svc_error error;
	enum exit_status status;
	struct nf_svc_key key;

	status = select_one(snapshot, wanted->word, wanted->backend.addr.family,
			    &service);
	if (!status)
		status = select_check_owner(ctl, service);
	if (status)
		return status;
	wanted->backend.weight = 1;
	wanted->backend.sets = NF_SVC_SET_CLUSTER;
	backend_apply(&wanted->change, &wanted->backend);
	key = nf_svc_service_key(service);
	return transaction_check(
		nf_svc_tx_backends_set(ctl->client, &key, &wanted->backend, 1,
				       NF_SVC_FLAG_EXCL, &error),
		&error);
}

static enum exit_status
plan_set(struct svcctl *ctl, const struct nf_svc_snapshot *snapshot, void *arg)
{
	struct wanted_backend *wanted = arg;
	struct nf_svc_backend *there;
	struct nf_svc_service *service;
	struct nf_svc_error error;
	enum exit_status status;
	struct nf_svc_key key;

	status = select_one(snapshot, wanted->word, wanted->backend.addr.family,
			    &service);
	if (!status)
		status = select_check_owner(ctl, service);
	if (status)
		return status;
	there = service->n_backends ?
			bsearch(&wanted->backend, service->backends,
				service->n_backends, sizeof(*there),
				nf_svc_backend_compare) :
			NULL;
	if (!there)
		return complain(
			NOT_FOUND,
			"service %s: it has no backend %s; 'svcctl show %s' lists "
			"them",
			service->name, wanted->place, service->name);
	wanted->backend = *there;
	backend_apply(&wanted->change, &wanted->backend);
	key = nf_svc_service_key(service);
	return transaction_check(nf_svc_tx_backends_set(ctl->client, &key,
							&wanted->backend, 1, 0,
							&error),
				 &error);
}

static enum exit_status
plan_del(struct svcctl *ctl, const struct nf_svc_snapshot *snapshot, void *arg)
{
	struct wanted_backend *wanted = arg;
	struct nf_svc_service *service;
	struct nf_svc_error error;
	enum exit_status status;
	struct nf_svc_key key;

	status = select_one(snapshot, wanted->word, wanted->backend.addr.family,
			    &service);
	if (!status)
		status = select_check_owner(ctl, service);
	if (status)
		return status;
	key = nf_svc_service_key(service);
	return transaction_check(nf_svc_tx_backends_del(ctl->client, &key,
							&wanted->backend, 1,
							&error),
				 &error);
}

static enum exit_status run_add(struct svcctl *ctl, struct words *words)
{
	struct wanted_backend wanted;
	enum exit_status status = parse_wanted(&wanted, words);

	return status ? status :
			transaction_run(ctl, READ_ALL, NULL, plan_add, &wanted);
}

static enum exit_status run_set(struct svcctl *ctl, struct words *words)
{
	struct wanted_backend wanted;
	enum exit_status status = parse_wanted(&wanted, words);

	if (!status && !wanted.change.has_weight && !wanted.change.has_sets)
		status = complain(WRONG_USAGE,
				  "set backend %s: what? weight N or sets SETS",
				  wanted.place);
	return status ? status :
			transaction_run(ctl, READ_ALL, NULL, plan_set, &wanted);
}

static enum exit_status run_del(struct svcctl *ctl, struct words *words)
{
	struct wanted_backend wanted;
	enum exit_status status = parse_wanted(&wanted, words);

	if (!status && (wanted.change.has_weight || wanted.change.has_sets))
		status = complain(
			WRONG_USAGE,
			"del backend %s: weight and sets do not belong here",
			wanted.place);
	return status ? status :
			transaction_run(ctl, READ_ALL, NULL, plan_del, &wanted);
}

const struct command svcctl_add_backend = {
	.verb = "add",
	.noun = "backend",
	.synopsis = "NAME|FRONTEND IP:PORT [weight N] [sets SETS]",
	.summary = "give a service one more backend",
	.help = "The service is called by its name or by one of its frontends,\n"
		"IP:PORT[/PROTOCOL]. If it exists in both families, that of the backend's address\n"
		"is meant; if there are several protocols, NAME/tcp or NAME/udp says which.\n"
		"\n"
		"The weight is 0 to 65535 (default 1). SETS are cluster (default), local,\n"
		"cluster,local or none. A backend in no set, or of weight 0, drains: it keeps its\n"
		"flows and gets no new ones. What the sets are for: 'svcctl help add service'.\n"
		"\n"
		"  svcctl add backend shop/web:http 10.244.3.4:8080 weight 2\n",
	.batch = true,
	.run = run_add,
};

const struct command svcctl_set_backend = {
	.verb = "set",
	.noun = "backend",
	.synopsis = "NAME|FRONTEND IP:PORT [weight N] [sets SETS]",
	.summary = "change a backend",
	.help = "Changes what is given and keeps the rest. A backend in no set, or of weight 0,\n"
		"drains: it keeps its flows and gets no new ones.\n"
		"\n"
		"  svcctl set backend shop/web:http 10.244.1.5:8080 sets none\n",
	.batch = true,
	.run = run_set,
};

const struct command svcctl_del_backend = {
	.verb = "del",
	.noun = "backend",
	.synopsis = "NAME|FRONTEND IP:PORT",
	.summary = "take a backend away from a service",
	.help = "The backend is gone: new flows no longer get it, and UDP flows that have it go to\n"
		"another one with their next packet; TCP and SCTP connections keep it until they\n"
		"end. To let UDP flows end first, let it drain:\n"
		"\n"
		"  svcctl set backend shop/web:http 10.244.1.5:8080 sets none\n",
	.batch = true,
	.run = run_del,
};
