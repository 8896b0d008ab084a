// SPDX-License-Identifier: GPL-2.0
/* svcctl drain */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/flows.h"
#include "command.h"
#include "document.h"
#include "parse.h"
#include "print.h"
#include "select.h"
#include "transaction.h"

/* How often the flows are counted; the kernel looks at them twice a second. */
#define POLL_NS (250 * 1000 * 1000)

/**
 * struct drain - a backend that is to go
 * @word: which service
 * @place: address and port as they were written
 * @backend: as it was
 * @name: of the service, owned
 * @protocol: of the service
 * @left: flows that it has
 */
struct drain {
	const char *word;
	const char *place;
	struct nf_svc_backend backend;
	char *name;
	uint8_t protocol;
	uint32_t left;
};

static enum exit_status plan_drain(struct svcctl *ctl,
				   const struct nf_svc_snapshot *snapshot,
				   void *arg)
{
	struct drain *drain = arg;
	struct nf_svc_backend *there;
	struct nf_svc_service *service;
	struct nf_svc_error error;
	enum exit_status status;
	struct nf_svc_key key;

	status = select_one(snapshot, drain->word, drain->backend.addr.family,
			    &service);
	if (!status)
		status = select_check_owner(ctl, service);
	if (status)
		return status;
	there = service->n_backends ?
			bsearch(&drain->backend, service->backends,
				service->n_backends, sizeof(*there),
				nf_svc_backend_compare) :
			NULL;
	if (!there)
		return complain(
			NOT_FOUND,
			"service %s: it has no backend %s; 'svcctl show %s' lists "
			"them",
			service->name, drain->place, service->name);
	free(drain->name);
	drain->name = strdup(service->name);
	if (!drain->name)
		return complain_memory();
	drain->protocol = service->protocol;
	drain->backend = *there;
	drain->backend.sets = 0;
	key = nf_svc_service_key(service);
	return transaction_check(nf_svc_tx_backends_set(ctl->client, &key,
							&drain->backend, 1, 0,
							&error),
				 &error);
}

static void tell_left(const struct svcctl *ctl, const struct drain *drain)
{
	if (ctl->output == OUTPUT_JSON || ctl->quiet)
		return;
	if (drain->left)
		printf("%s: draining, %u flow%s left\n", drain->place,
		       drain->left, drain->left == 1 ? "" : "s");
	else
		printf("%s: drained, no flow left\n", drain->place);
	fflush(stdout);
}

/* Count until none is left or the time is up; each change is told. */
static enum exit_status wait_drained(struct svcctl *ctl, struct drain *drain)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	struct nf_svc_key key = { drain->name, drain->protocol,
				  drain->backend.addr.family };
	uint64_t deadline = nf_svc_deadline(ctl->drain_ms);
	struct nf_svc_error error;
	uint32_t before;

	for (bool first = true;; first = false) {
		before = drain->left;
		if (nf_svc_flows_left(ctl->client, &key, &drain->backend,
				      &drain->left, &error))
			return complain_error(&error);
		if (first || drain->left != before)
			tell_left(ctl, drain);
		if (!drain->left || nf_svc_deadline(0) >= deadline)
			return DONE;
		nanosleep(&pause, NULL);
	}
}

static enum exit_status print_drain(const struct drain *drain)
{
	cJSON *value = cJSON_CreateObject();
	char text[NF_SVC_ADDR_TEXT];

	if (value && cJSON_AddStringToObject(value, "name", drain->name) &&
	    cJSON_AddStringToObject(value, "protocol",
				    nf_svc_word_text(nf_svc_protocols,
						     drain->protocol)) &&
	    cJSON_AddStringToObject(
		    value, "family",
		    nf_svc_word_text(nf_svc_families,
				     drain->backend.addr.family)) &&
	    cJSON_AddStringToObject(value, "address",
				    nf_svc_addr_format(&drain->backend.addr,
						       text)) &&
	    cJSON_AddNumberToObject(value, "port", drain->backend.port) &&
	    cJSON_AddNumberToObject(value, "flows", drain->left) &&
	    cJSON_AddBoolToObject(value, "drained", !drain->left))
		return json_print(value);
	cJSON_Delete(value);
	return complain_memory();
}

static enum exit_status run_drain(struct svcctl *ctl, struct words *words)
{
	struct drain drain = { 0 };
	enum exit_status status;

	drain.word = words_take(words);
	if (!drain.word)
		return complain(
			WRONG_USAGE,
			"drain: which service?; NAME or its IP:PORT[/PROTOCOL]");
	drain.place = words_take(words);
	status = parse_backend_place(drain.place, &drain.backend);
	if (!status)
		status = words_end(words);
	if (!status)
		status = transaction_run(ctl, READ_ALL, NULL, plan_drain,
					 &drain);
	if (!status)
		status = wait_drained(ctl, &drain);
	if (!status && ctl->output == OUTPUT_JSON)
		status = print_drain(&drain);
	if (!status && drain.left && ctl->drain_ms)
		status = complain(
			REFUSED,
			"backend %s: still %u flows after %u seconds; 'svcctl "
			"conns %s backend %s' shows them",
			drain.place, drain.left, ctl->drain_ms / 1000,
			drain.name, drain.place);
	free(drain.name);
	return status;
}

const struct command svcctl_drain = {
	.verb = "drain",
	.synopsis = "NAME|FRONTEND IP:PORT",
	.summary = "let a backend finish its flows and get no new ones",
	.help = "Takes the backend out of its sets and tells how many flows it has left. With --wait\n"
		"it goes on telling until there is none, or the time is up: the exit status is 2 then,\n"
		"and the backend goes on draining. Connections that are closed or reset are not\n"
		"counted; of UDP those are that conntrack still knows.\n"
		"\n"
		"To have it back: svcctl set backend NAME IP:PORT sets cluster\n"
		"To end it, with its UDP flows: svcctl del backend NAME IP:PORT\n",
	.run = run_drain,
};
