// SPDX-License-Identifier: GPL-2.0
/* svcctl conns */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/flows.h"
#include "command.h"
#include "document.h"
#include "parse.h"
#include "print.h"
#include "select.h"
#include "transaction.h"

#define AGE_TEXT 32

static const struct column columns[] = {
	{ "SERVICE", 0 },	 { "PROTO", 0 },
	{ "CLIENT", 0 },	 { "FRONTEND", 0 },
	{ "BACKEND", 0 },	 { "STATE", 0 },
	{ "AGE", COLUMN_RIGHT }, { 0 },
};

/**
 * struct wanted_conns - what was asked for
 * @word: which service, NULL: all
 * @place: the backend as it was written, NULL: any
 * @backend: its address and port
 */
struct wanted_conns {
	const char *word;
	const char *place;
	struct nf_svc_backend backend;
};

/**
 * struct conns - prints flows as they come
 * @table: NULL with JSON
 * @printer: for JSON
 * @ok: there was memory for all of it
 */
struct conns {
	struct table *table;
	struct array_printer printer;
	bool ok;
};

static const char *age_write(uint32_t age, char text[static AGE_TEXT])
{
	if (age < 60)
		snprintf(text, AGE_TEXT, "%us", age);
	else if (age < 3600)
		snprintf(text, AGE_TEXT, "%um%02us", age / 60, age % 60);
	else if (age < 24 * 3600)
		snprintf(text, AGE_TEXT, "%uh%02um", age / 3600, age / 60 % 60);
	else
		snprintf(text, AGE_TEXT, "%ud%02uh", age / (24 * 3600),
			 age / 3600 % 24);
	return text;
}

static bool add_row(struct table *table, const struct nf_svc_flow *flow)
{
	char source[NF_SVC_PLACE_TEXT], frontend[NF_SVC_PLACE_TEXT];
	char backend[NF_SVC_PLACE_TEXT], age[AGE_TEXT];

	return table_row(table) &&
	       table_cell(table, PAINT_NONE, "%s", flow->name) &&
	       table_cell(table, PAINT_NONE, "%s",
			  nf_svc_word_text(nf_svc_protocols, flow->protocol)) &&
	       table_cell(table, PAINT_NONE, "%s",
			  nf_svc_addr_port_format(&flow->source,
						  flow->source_port, source)) &&
	       table_cell(table, PAINT_NONE, "%s",
			  nf_svc_addr_port_format(&flow->addr, flow->port,
						  frontend)) &&
	       table_cell(table, PAINT_NONE, "%s",
			  nf_svc_addr_port_format(&flow->backend.addr,
						  flow->backend.port,
						  backend)) &&
	       table_cell(table,
			  flow->state == NF_SVC_FLOW_OPEN ? PAINT_GOOD :
							    PAINT_NONE,
			  "%s",
			  nf_svc_word_text(nf_svc_flow_states, flow->state)) &&
	       table_cell(table, PAINT_NONE, "%s", age_write(flow->age, age));
}

static bool add_place(cJSON *to, const char *key,
		      const struct nf_svc_addr *addr, uint16_t port)
{
	cJSON *place = cJSON_AddObjectToObject(to, key);
	char text[NF_SVC_ADDR_TEXT];

	return place &&
	       cJSON_AddStringToObject(place, "address",
				       nf_svc_addr_format(addr, text)) &&
	       cJSON_AddNumberToObject(place, "port", port);
}

static cJSON *document_flow(const struct nf_svc_flow *flow)
{
	cJSON *value = cJSON_CreateObject();

	if (value && cJSON_AddStringToObject(value, "name", flow->name) &&
	    cJSON_AddStringToObject(value, "protocol",
				    nf_svc_word_text(nf_svc_protocols,
						     flow->protocol)) &&
	    cJSON_AddStringToObject(value, "family",
				    nf_svc_word_text(nf_svc_families,
						     flow->family)) &&
	    add_place(value, "client", &flow->source, flow->source_port) &&
	    add_place(value, "frontend", &flow->addr, flow->port) &&
	    add_place(value, "backend", &flow->backend.addr,
		      flow->backend.port) &&
	    cJSON_AddStringToObject(value, "state",
				    nf_svc_word_text(nf_svc_flow_states,
						     flow->state)) &&
	    cJSON_AddNumberToObject(value, "age", flow->age))
		return value;
	cJSON_Delete(value);
	return NULL;
}

static enum exit_status add_flows(struct svcctl *ctl, struct conns *conns,
				  const struct wanted_conns *wanted,
				  const struct nf_svc_key *key)
{
	struct nf_svc_flow *flows;
	struct nf_svc_error error;
	size_t n;

	if (nf_svc_flows_dump(ctl->client, key,
			      wanted->place ? &wanted->backend : NULL, &flows,
			      &n, &error))
		return complain_error(&error);
	for (size_t i = 0; i < n && conns->ok; i++)
		conns->ok = conns->table ? add_row(conns->table, &flows[i]) :
					   array_add(&conns->printer,
						     document_flow(&flows[i]));
	nf_svc_flows_free(flows, n);
	return DONE;
}

static enum exit_status add_selected(struct svcctl *ctl, struct conns *conns,
				     const struct wanted_conns *wanted,
				     const struct selection *selection)
{
	enum exit_status status = DONE;

	for (size_t i = 0; i < selection->n && !status; i++) {
		struct nf_svc_key key =
			nf_svc_service_key(selection->services[i]);

		if (wanted->place && key.family != wanted->backend.addr.family)
			continue;
		status = add_flows(ctl, conns, wanted, &key);
	}
	return status;
}

static enum exit_status print_conns(struct svcctl *ctl,
				    const struct wanted_conns *wanted,
				    const struct selection *selection)
{
	struct conns conns = { .ok = true };
	enum exit_status status, printed;

	if (ctl->output == OUTPUT_JSON) {
		array_begin(&conns.printer);
	} else {
		conns.table = table_new(ctl, columns);
		if (!conns.table)
			return complain_memory();
	}
	status = selection ? add_selected(ctl, &conns, wanted, selection) :
			     add_flows(ctl, &conns, wanted, NULL);
	if (conns.table) {
		printed = table_print(conns.table, conns.ok);
		return status ? status : printed;
	}
	array_end(&conns.printer);
	putchar('\n');
	if (!status && !conns.ok)
		status = complain_memory();
	return status;
}

static enum exit_status show_conns(struct svcctl *ctl,
				   const struct wanted_conns *wanted)
{
	struct nf_svc_snapshot snapshot;
	struct selection selection;
	struct nf_svc_error error;
	enum exit_status status;

	if (!wanted->word)
		return print_conns(ctl, wanted, NULL);
	if (nf_svc_snapshot_read(ctl->client, &snapshot, &error))
		return complain_error(&error);
	status = select_services(
		&snapshot, wanted->word,
		SELECT_PORTS | SELECT_ADDRESS | SELECT_PROTOCOLS, &selection);
	if (!status) {
		status = print_conns(ctl, wanted, &selection);
		selection_clean(&selection);
	}
	nf_svc_snapshot_clean(&snapshot);
	return status;
}

static enum exit_status run_conns(struct svcctl *ctl, struct words *words)
{
	struct wanted_conns wanted = { 0 };
	enum exit_status status = DONE;

	if (words_peek(words) && strcmp(words_peek(words), "backend"))
		wanted.word = words_take(words);
	if (words_take_if(words, "backend")) {
		wanted.place = words_take(words);
		status = parse_backend_place(wanted.place, &wanted.backend);
	}
	if (!status)
		status = words_end(words);
	if (!status)
		status = svcctl_connect(ctl);
	return status ? status : show_conns(ctl, &wanted);
}

const struct command svcctl_conns = {
	.verb = "conns",
	.synopsis = "[NAME|IP:PORT[/PROTOCOL]] [backend IP:PORT]",
	.summary = "show the flows: who asks, who serves",
	.help = "One row for each flow that was given a backend, all or those of a service, of a\n"
		"backend, or of both; without NAME also of services that are gone. CLIENT is who asks,\n"
		"FRONTEND what it asked for. A flow is opening until it is answered; a connection\n"
		"that was closed or reset is over, and is forgotten by and by. What is shown may be a\n"
		"second old.\n"
		"\n"
		"Needs CAP_NET_ADMIN, as conntrack -L does.\n",
	.run = run_conns,
};
