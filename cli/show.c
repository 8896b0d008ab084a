// SPDX-License-Identifier: GPL-2.0
/* svcctl show */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "document.h"
#include "print.h"
#include "select.h"
#include "transaction.h"

/**
 * struct view - all that is shown from
 * @ctl: the run
 * @stats: counters of all services, sorted
 * @n_stats: how many
 */
struct view {
	struct svcctl *ctl;
	struct nf_svc_stats *stats;
	size_t n_stats;
};

static int find_stats(const void *key, const void *entry)
{
	const struct nf_svc_stats *stats = entry;
	struct nf_svc_key its = { stats->name, stats->protocol, stats->family };

	return nf_svc_key_compare(key, &its);
}

static const struct nf_svc_stats *stats_of(const struct view *view,
					   const struct nf_svc_service *service)
{
	struct nf_svc_key key = nf_svc_service_key(service);

	if (!view->n_stats)
		return NULL;
	return bsearch(&key, view->stats, view->n_stats, sizeof(*view->stats),
		       find_stats);
}

static void print_key(const struct view *view, const char *indent,
		      const char *key)
{
	printf("%s%s%s%s: ", indent, paint_on(view->ctl, PAINT_KEY), key,
	       paint_off(view->ctl));
}

static void print_rule(const struct view *view, const char *key,
		       const struct nf_svc_rule *rule)
{
	print_key(view, "      ", key);
	printf("%s set", nf_svc_word_text(nf_svc_set_words, rule->set));
	if (rule->masquerade)
		printf(", masqueraded");
	printf(", %s if it is empty\n",
	       nf_svc_word_text(nf_svc_empties, rule->empty));
}

static void print_frontend(const struct view *view,
			   const struct nf_svc_frontend *frontend)
{
	char text[NF_SVC_PLACE_TEXT];

	printf("    %s/%s %s%s%s\n",
	       nf_svc_addr_port_format(&frontend->addr, frontend->port, text),
	       nf_svc_word_text(nf_svc_protocols, frontend->protocol),
	       nf_svc_word_text(nf_svc_kinds, frontend->kind),
	       frontend->flags & NF_SVC_FRONTEND_EXCLUSIVE ? ", exclusive" : "",
	       frontend->flags & NF_SVC_FRONTEND_INTERNAL ? ", internal" : "");
	print_rule(view, "from pods", &frontend->rules[NF_SVC_CLASS_POD]);
	print_rule(view, "from this node", &frontend->rules[NF_SVC_CLASS_NODE]);
	print_rule(view, "from outside",
		   &frontend->rules[NF_SVC_CLASS_OUTSIDE]);
	for (size_t i = 0; i < frontend->n_ranges; i++) {
		char range[NF_SVC_CIDR_TEXT];

		if (!i)
			print_key(view, "      ", "only sources");
		printf("%s%s", i ? ", " : "",
		       nf_svc_cidr_format(&frontend->ranges[i], range));
	}
	if (frontend->n_ranges)
		putchar('\n');
}

static void print_backend(const struct view *view,
			  const struct nf_svc_backend *backend, int width)
{
	enum paint paint = backend->sets ? PAINT_GOOD : PAINT_ODD;
	char text[NF_SVC_PLACE_TEXT];

	printf("    %-*s  %s%-8s%s  weight %u", width,
	       nf_svc_addr_port_format(&backend->addr, backend->port, text),
	       paint_on(view->ctl, paint),
	       backend->sets ? "active" : "draining", paint_off(view->ctl),
	       (unsigned int)backend->weight);
	if (backend->sets)
		printf("  %s%s%s",
		       backend->sets & NF_SVC_SET_CLUSTER ? "cluster" : "",
		       backend->sets ==
				       (NF_SVC_SET_CLUSTER | NF_SVC_SET_LOCAL) ?
			       "," :
			       "",
		       backend->sets & NF_SVC_SET_LOCAL ? "local" : "");
	if (backend->sets && !backend->weight)
		printf(", no new flows");
	if (backend->sets)
		printf("  flows %u\n", (unsigned int)backend->flows);
	else if (backend->flows)
		printf("  flows %u left\n", (unsigned int)backend->flows);
	else
		puts("  no flow left");
}

static void print_backends(const struct view *view,
			   const struct nf_svc_service *service)
{
	size_t active = 0, draining = 0;
	int width = 0;

	for (size_t i = 0; i < service->n_backends; i++) {
		const struct nf_svc_backend *backend = &service->backends[i];
		char text[NF_SVC_PLACE_TEXT];
		int len;

		len = (int)strlen(nf_svc_addr_port_format(&backend->addr,
							  backend->port, text));
		width = len > width ? len : width;
		active += backend->sets != 0;
		draining += !backend->sets;
	}
	print_key(view, "  ", "backends");
	if (!service->n_backends)
		puts("none");
	else if (draining)
		printf("%zu active, %zu draining\n", active, draining);
	else
		printf("%zu active\n", active);
	for (size_t i = 0; i < service->n_backends; i++)
		print_backend(view, &service->backends[i], width);
}

static void print_counters(const struct view *view,
			   const struct nf_svc_stats *stats)
{
	bool any = false;

	print_key(view, "  ", "flows");
	printf("%llu, %llu of them masqueraded, %llu healed\n",
	       (unsigned long long)stats->flows,
	       (unsigned long long)stats->masqueraded,
	       (unsigned long long)stats->healed);
	if (stats->unrecorded) {
		print_key(view, "  ", "flows not recorded");
		printf("%llu\n", (unsigned long long)stats->unrecorded);
	}
	if (stats->unremembered) {
		print_key(view, "  ", "clients not remembered");
		printf("%llu\n", (unsigned long long)stats->unremembered);
	}
	for (unsigned int i = 0; i < NF_SVC_DROP_REASONS; i++) {
		if (!stats->drops[i])
			continue;
		if (!any)
			print_key(view, "  ", "refused or dropped");
		printf("%s%s %llu", any ? ", " : "",
		       nf_svc_word_text(nf_svc_drop_reasons, i),
		       (unsigned long long)stats->drops[i]);
		any = true;
	}
	if (any)
		putchar('\n');
}

static void print_service(const struct view *view,
			  const struct nf_svc_service *service)
{
	const struct nf_svc_stats *stats = stats_of(view, service);

	print_key(view, "", "service");
	printf("%s%s%s (%s, %s)\n", paint_on(view->ctl, PAINT_GOOD),
	       service->name, paint_off(view->ctl),
	       nf_svc_word_text(nf_svc_protocols, service->protocol),
	       nf_svc_word_text(nf_svc_families, service->family));
	print_key(view, "  ", "owner");
	puts(service->owner);
	print_key(view, "  ", "scheduler");
	puts(service->scheduler);
	if (service->protocol == IPPROTO_TCP) {
		print_key(view, "  ", "refuse with");
		puts(nf_svc_word_text(nf_svc_refusals, service->refuse_with));
	}
	if (service->affinity_timeout) {
		print_key(view, "  ", "affinity");
		printf("%u seconds\n", service->affinity_timeout);
	}
	printf("  %sfrontends%s:%s\n", paint_on(view->ctl, PAINT_KEY),
	       paint_off(view->ctl), service->n_frontends ? "" : " none");
	for (size_t i = 0; i < service->n_frontends; i++)
		print_frontend(view, &service->frontends[i]);
	print_backends(view, service);
	if (stats)
		print_counters(view, stats);
}

static cJSON *service_with_stats(const struct view *view,
				 const struct nf_svc_service *service)
{
	cJSON *value = document_service(service, true), *counters;
	const struct nf_svc_stats *stats = stats_of(view, service);

	/* a service that was deleted while this was read has none any more */
	counters = stats ? document_stats(stats) : cJSON_CreateNull();
	if (!value || !counters ||
	    !cJSON_AddItemToObject(value, "stats", counters)) {
		cJSON_Delete(counters);
		cJSON_Delete(value);
		return NULL;
	}
	return value;
}

static enum exit_status print_selection(const struct view *view,
					const struct selection *selection)
{
	struct array_printer printer;
	bool ok = true;

	if (view->ctl->output == OUTPUT_NAME) {
		for (size_t i = 0; i < selection->n; i++)
			puts(selection->services[i]->name);
		return DONE;
	}
	if (view->ctl->output == OUTPUT_JSON) {
		array_begin(&printer);
		for (size_t i = 0; i < selection->n && ok; i++)
			ok = array_add(&printer,
				       service_with_stats(
					       view, selection->services[i]));
		array_end(&printer);
		putchar('\n');
		return ok ? DONE : complain_memory();
	}
	for (size_t i = 0; i < selection->n; i++) {
		if (i)
			putchar('\n');
		print_service(view, selection->services[i]);
	}
	return DONE;
}

static enum exit_status show(struct svcctl *ctl, const char *word)
{
	struct view view = { .ctl = ctl };
	struct nf_svc_snapshot snapshot;
	struct selection selection;
	struct nf_svc_error error;
	enum exit_status status;

	if (nf_svc_snapshot_read(ctl->client, &snapshot, &error))
		return complain_error(&error);
	status = select_services(
		&snapshot, word,
		SELECT_PORTS | SELECT_ADDRESS | SELECT_PROTOCOLS, &selection);
	if (!status) {
		status = transaction_check(
			nf_svc_stats_dump(ctl->client, &view.stats,
					  &view.n_stats, &error),
			&error);
		if (!status)
			status = print_selection(&view, &selection);
		selection_clean(&selection);
	}
	nf_svc_stats_free(view.stats, view.n_stats);
	nf_svc_snapshot_clean(&snapshot);
	return status;
}

static enum exit_status run_show(struct svcctl *ctl, struct words *words)
{
	const char *word = words_take(words);
	enum exit_status status;

	if (!word)
		return complain(
			WRONG_USAGE,
			"show: which service?; NAME or IP:PORT[/PROTOCOL]");
	status = words_end(words);
	if (!status)
		status = svcctl_connect(ctl);
	return status ? status : show(ctl, word);
}

const struct command svcctl_show = {
	.verb = "show",
	.synopsis = "NAME|IP:PORT[/PROTOCOL]",
	.summary = "show all about a service",
	.help = "Shows where it answers and how it treats each class of clients, who serves and in\n"
		"which state, and what was counted. NAMESPACE/NAME shows all ports of it.\n"
		"\n"
		"A backend is active if it is in a set, otherwise draining: it keeps its flows and\n"
		"gets no new ones. Its flows are those that it has now; svcctl conns shows them.\n",
	.run = run_show,
};
