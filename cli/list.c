// SPDX-License-Identifier: GPL-2.0
/* svcctl list */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "document.h"
#include "print.h"
#include "select.h"

/* This many frontends of a service fit into a row; the rest is counted. */
#define FRONTENDS_SHOWN 4

static const struct column columns[] = {
	{ "NAME", 0 },
	{ "PROTO", 0 },
	{ "FRONTENDS", 0 },
	{ "BACKENDS", COLUMN_RIGHT },
	{ "SCHEDULER", 0 },
	{ "OWNER", 0 },
	{ "FLOWS", COLUMN_RIGHT | COLUMN_WIDE },
	{ "CONNS", COLUMN_RIGHT | COLUMN_WIDE },
	{ "REFUSE-WITH", COLUMN_WIDE },
	{ "POD", COLUMN_WIDE },
	{ "NODE", COLUMN_WIDE },
	{ "OUTSIDE", COLUMN_WIDE },
	{ 0 },
};

static void write_frontends(const struct nf_svc_service *service, char *text,
			    size_t size)
{
	size_t used = 0;

	snprintf(text, size, "-");
	for (size_t i = 0; i < service->n_frontends; i++) {
		const struct nf_svc_frontend *frontend = &service->frontends[i];
		char place[NF_SVC_PLACE_TEXT];
		int n;

		if (i == FRONTENDS_SHOWN) {
			snprintf(text + used, size - used, " +%zu more",
				 service->n_frontends - i);
			return;
		}
		n = snprintf(text + used, size - used, "%s%s", i ? "," : "",
			     nf_svc_addr_port_format(&frontend->addr,
						     frontend->port, place));
		if (n < 0 || (size_t)n >= size - used)
			return;
		used += (size_t)n;
	}
}

/* What the frontends' rules say of a class: "cluster+masq", "mixed". */
static void write_policy(const struct nf_svc_service *service,
			 unsigned int class, char *text, size_t size)
{
	const struct nf_svc_rule *first = NULL;

	snprintf(text, size, "-");
	for (size_t i = 0; i < service->n_frontends; i++) {
		const struct nf_svc_rule *rule =
			&service->frontends[i].rules[class];

		if (first && (rule->set != first->set ||
			      rule->masquerade != first->masquerade)) {
			snprintf(text, size, "mixed");
			return;
		}
		first = rule;
		snprintf(text, size, "%s%s",
			 nf_svc_word_text(nf_svc_set_words, rule->set),
			 rule->masquerade ? "+masquerade" : "");
	}
}

static size_t count_active(const struct nf_svc_service *service)
{
	size_t n = 0;

	for (size_t i = 0; i < service->n_backends; i++)
		n += nf_svc_backend_active(&service->backends[i]);
	return n;
}

/* Flows that its backends have now. */
static uint64_t count_conns(const struct nf_svc_service *service)
{
	uint64_t n = 0;

	for (size_t i = 0; i < service->n_backends; i++)
		n += service->backends[i].flows;
	return n;
}

/* Walks along the sorted counters, as the services come sorted too. */
static uint64_t flows_of(const struct nf_svc_service *service,
			 const struct nf_svc_stats *stats, size_t n, size_t *at)
{
	struct nf_svc_key key = nf_svc_service_key(service);

	for (; *at < n; ++*at) {
		struct nf_svc_key its = { stats[*at].name, stats[*at].protocol,
					  stats[*at].family };
		int order = nf_svc_key_compare(&its, &key);

		if (!order)
			return stats[*at].flows;
		if (order > 0)
			break;
	}
	return 0;
}

static bool add_row(struct table *table, const struct nf_svc_service *service,
		    uint64_t flows)
{
	size_t active = count_active(service);
	enum paint paint = active ? PAINT_NONE : PAINT_BAD;
	char frontends[(FRONTENDS_SHOWN + 1) * NF_SVC_PLACE_TEXT];
	char policy[NF_SVC_CLASSES][32];

	write_frontends(service, frontends, sizeof(frontends));
	for (unsigned int class = 0; class < NF_SVC_CLASSES; class ++)
		write_policy(service, class, policy[class],
			     sizeof(policy[class]));
	return table_row(table) &&
	       table_cell(table, PAINT_NONE, "%s", service->name) &&
	       table_cell(table, PAINT_NONE, "%s",
			  nf_svc_word_text(nf_svc_protocols,
					   service->protocol)) &&
	       table_cell(table, PAINT_NONE, "%s", frontends) &&
	       table_cell(table, paint, "%zu/%zu", active,
			  service->n_backends) &&
	       table_cell(table, PAINT_NONE, "%s", service->scheduler) &&
	       table_cell(table, PAINT_NONE, "%s", service->owner) &&
	       table_cell(table, PAINT_NONE, "%llu",
			  (unsigned long long)flows) &&
	       table_cell(table, PAINT_NONE, "%llu",
			  (unsigned long long)count_conns(service)) &&
	       table_cell(table, PAINT_NONE, "%s",
			  nf_svc_word_text(nf_svc_refusals,
					   service->refuse_with)) &&
	       table_cell(table, PAINT_NONE, "%s", policy[NF_SVC_CLASS_POD]) &&
	       table_cell(table, PAINT_NONE, "%s", policy[NF_SVC_CLASS_NODE]) &&
	       table_cell(table, PAINT_NONE, "%s",
			  policy[NF_SVC_CLASS_OUTSIDE]);
}

static enum exit_status print_table(struct svcctl *ctl,
				    const struct selection *selection)
{
	struct nf_svc_stats *stats = NULL;
	struct nf_svc_error error;
	struct table *table;
	size_t n = 0, at = 0;
	bool ok;

	if (ctl->output == OUTPUT_WIDE &&
	    nf_svc_stats_dump(ctl->client, &stats, &n, &error))
		return complain_error(&error);
	table = table_new(ctl, columns);
	ok = table;
	for (size_t i = 0; i < selection->n && ok; i++)
		ok = add_row(table, selection->services[i],
			     flows_of(selection->services[i], stats, n, &at));
	nf_svc_stats_free(stats, n);
	return table_print(table, ok);
}

static enum exit_status print_json(const struct selection *selection)
{
	struct array_printer printer;
	bool ok = true;

	array_begin(&printer);
	for (size_t i = 0; i < selection->n && ok; i++)
		ok = array_add(&printer,
			       document_service(selection->services[i], true));
	array_end(&printer);
	putchar('\n');
	return ok ? DONE : complain_memory();
}

static void print_names(const struct selection *selection)
{
	for (size_t i = 0; i < selection->n; i++) {
		/* sorted, so the same name stands together */
		if (!i || strcmp(selection->services[i]->name,
				 selection->services[i - 1]->name))
			puts(selection->services[i]->name);
	}
}

static enum exit_status select_all(const struct nf_svc_snapshot *snapshot,
				   struct selection *selection)
{
	memset(selection, 0, sizeof(*selection));
	if (!snapshot->n_services)
		return DONE;
	selection->services =
		calloc(snapshot->n_services, sizeof(*selection->services));
	if (!selection->services)
		return complain_memory();
	for (size_t i = 0; i < snapshot->n_services; i++)
		selection->services[i] = &snapshot->services[i];
	selection->n = snapshot->n_services;
	return DONE;
}

static enum exit_status print_list(struct svcctl *ctl,
				   const struct nf_svc_snapshot *snapshot,
				   const char *word)
{
	struct selection selection;
	enum exit_status status;

	if (word)
		status = select_services(snapshot, word,
					 SELECT_PORTS | SELECT_ADDRESS |
						 SELECT_BACKENDS |
						 SELECT_PROTOCOLS,
					 &selection);
	else
		status = select_all(snapshot, &selection);
	if (status)
		return status;
	if (ctl->output == OUTPUT_JSON)
		status = print_json(&selection);
	else if (ctl->output == OUTPUT_NAME)
		print_names(&selection);
	else
		status = print_table(ctl, &selection);
	selection_clean(&selection);
	return status;
}

static enum exit_status run_list(struct svcctl *ctl, struct words *words)
{
	const char *word = words_take(words);
	struct nf_svc_snapshot snapshot;
	struct nf_svc_error error;
	enum exit_status status;

	status = words_end(words);
	if (!status)
		status = svcctl_connect(ctl);
	if (status)
		return status;
	if (nf_svc_snapshot_read(ctl->client, &snapshot, &error))
		return complain_error(&error);
	status = print_list(ctl, &snapshot, word);
	nf_svc_snapshot_clean(&snapshot);
	return status;
}

const struct command svcctl_list = {
	.verb = "list",
	.synopsis = "[NAME|ADDRESS]",
	.summary = "list the services, one row each",
	.help = "One row for each service port, protocol and family. BACKENDS are those that take\n"
		"new flows, out of all. -o wide adds the flows since the service was made and those\n"
		"that there are now (CONNS), how clients are refused, and which\n"
		"set of backends each class of clients gets.\n"
		"\n"
		"With NAMESPACE/NAME only its ports are listed; with IP, IP:PORT or IP:PORT/PROTOCOL\n"
		"only services that have it as a frontend or backend.\n",
	.run = run_list,
};
