// SPDX-License-Identifier: GPL-2.0
/* svcctl stats */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "document.h"
#include "print.h"
#include "select.h"
#include "stats.h"

static const struct column columns[] = {
	{ "NAME", 0 },
	{ "PROTO", 0 },
	{ "FAMILY", 0 },
	{ "FLOWS", COLUMN_RIGHT },
	{ "MASQUERADED", COLUMN_RIGHT },
	{ "HEALED", COLUMN_RIGHT },
	{ "REFUSED-OR-DROPPED", 0 },
	{ 0 },
};

static void write_number(uint64_t count, double seconds, char *text,
			 size_t size)
{
	if (seconds > 0)
		snprintf(text, size, "%.1f", (double)count / seconds);
	else
		snprintf(text, size, "%llu", (unsigned long long)count);
}

static void write_drops(const struct nf_svc_stats *stats, double seconds,
			char *text, size_t size)
{
	size_t used = 0;
	char number[32];

	snprintf(text, size, "-");
	for (unsigned int i = 0; i < NF_SVC_DROP_REASONS; i++) {
		int n;

		if (!stats->drops[i])
			continue;
		write_number(stats->drops[i], seconds, number, sizeof(number));
		n = snprintf(text + used, size - used, "%s%s %s",
			     used ? ", " : "",
			     nf_svc_word_text(nf_svc_drop_reasons, i), number);
		if (n < 0 || (size_t)n >= size - used)
			return;
		used += (size_t)n;
	}
}

static bool add_row(struct table *table, const struct nf_svc_stats *stats,
		    double seconds)
{
	char drops[256], flows[32], masqueraded[32], healed[32];
	bool total = !stats->name;

	write_drops(stats, seconds, drops, sizeof(drops));
	write_number(stats->flows, seconds, flows, sizeof(flows));
	write_number(stats->masqueraded, seconds, masqueraded,
		     sizeof(masqueraded));
	write_number(stats->healed, seconds, healed, sizeof(healed));
	return table_row(table) &&
	       table_cell(table, total ? PAINT_KEY : PAINT_NONE, "%s",
			  total ? "total" : stats->name) &&
	       table_cell(table, PAINT_NONE, "%s",
			  total ? "-" :
				  nf_svc_word_text(nf_svc_protocols,
						   stats->protocol)) &&
	       table_cell(table, PAINT_NONE, "%s",
			  total ? "-" :
				  nf_svc_word_text(nf_svc_families,
						   stats->family)) &&
	       table_cell(table, PAINT_NONE, "%s", flows) &&
	       table_cell(table, PAINT_NONE, "%s", masqueraded) &&
	       table_cell(table, PAINT_NONE, "%s", healed) &&
	       table_cell(table, PAINT_NONE, "%s", drops);
}

bool stats_wanted(const struct nf_svc_stats *stats, const char *name)
{
	const struct nf_svc_key key = { stats->name, stats->protocol,
					stats->family };

	return !name || select_matches(name, &key);
}

enum exit_status stats_print_table(const struct svcctl *ctl,
				   const struct counters *counters,
				   const char *name, double seconds)
{
	struct table *table = table_new(ctl, columns);
	bool ok = table;

	for (size_t i = 0; i < counters->n && ok; i++) {
		if (stats_wanted(&counters->services[i], name))
			ok = add_row(table, &counters->services[i], seconds);
	}
	if (ok && !name)
		ok = add_row(table, &counters->total, seconds);
	return table_print(table, ok);
}

cJSON *stats_document(const struct nf_svc_stats *stats)
{
	cJSON *value = document_stats(stats);

	if (value && cJSON_AddStringToObject(value, "name", stats->name) &&
	    cJSON_AddStringToObject(value, "protocol",
				    nf_svc_word_text(nf_svc_protocols,
						     stats->protocol)) &&
	    cJSON_AddStringToObject(value, "family",
				    nf_svc_word_text(nf_svc_families,
						     stats->family)))
		return value;
	cJSON_Delete(value);
	return NULL;
}

static enum exit_status print_json(const struct counters *counters,
				   const char *name)
{
	struct array_printer printer;
	cJSON *total;
	bool ok = true;

	printf("{\"services\":");
	array_begin(&printer);
	for (size_t i = 0; i < counters->n && ok; i++) {
		if (stats_wanted(&counters->services[i], name))
			ok = array_add(&printer,
				       stats_document(&counters->services[i]));
	}
	array_end(&printer);
	total = document_total(&counters->total);
	if (!ok || !total) {
		cJSON_Delete(total);
		return complain_memory();
	}
	printf(",\"total\":");
	ok = !json_print(total);
	puts("}");
	return ok ? DONE : REFUSED;
}

static bool has_any(const struct counters *counters, const char *name)
{
	for (size_t i = 0; i < counters->n; i++) {
		if (stats_wanted(&counters->services[i], name))
			return true;
	}
	return !name;
}

int stats_read(struct svcctl *ctl, struct counters *counters,
	       struct nf_svc_error *error)
{
	int ret = nf_svc_stats_get(ctl->client, &counters->total, error);

	return ret ? ret :
		     nf_svc_stats_dump(ctl->client, &counters->services,
				       &counters->n, error);
}

static enum exit_status run_stats(struct svcctl *ctl, struct words *words)
{
	const char *name = words_take(words);
	struct counters counters = { 0 };
	struct nf_svc_error error;
	enum exit_status status;

	status = words_end(words);
	if (!status && name && looks_like_place(name))
		status = complain(
			WRONG_USAGE,
			"stats %s: an address where a service's name is expected; "
			"'svcctl list %s' tells whose it is",
			name, name);
	if (!status && ctl->count && !ctl->rate)
		status = complain(WRONG_USAGE,
				  "--count: of what? it goes with --rate");
	if (!status)
		status = svcctl_connect(ctl);
	if (status)
		return status;
	if (stats_read(ctl, &counters, &error))
		return complain_error(&error);
	if (!has_any(&counters, name))
		status = complain_no_service(name);
	else if (ctl->rate)
		status = stats_watch(ctl, &counters, name);
	else if (ctl->output == OUTPUT_JSON)
		status = print_json(&counters, name);
	else
		status = stats_print_table(ctl, &counters, name, 0);
	nf_svc_stats_free(counters.services, counters.n);
	return status;
}

const struct command svcctl_stats = {
	.verb = "stats",
	.synopsis = "[NAME] [--rate SECONDS [--count N]]",
	.summary = "show counters of services, and in all",
	.help = "FLOWS are new flows that got a backend; some of them were MASQUERADED. HEALED are\n"
		"flows whose backend was gone, or that began before their service: their next packet\n"
		"began a new flow. The last column counts packets that got none, by reason:\n"
		"\n"
		"  no-backend     refused: no backend takes new flows\n"
		"  set-empty      refused or dropped: the client's set of backends takes no new\n"
		"                 flows, the other set would\n"
		"  unclaimed      refused: a port or protocol that no service has on its address\n"
		"  source-range   dropped: the source is in no range allowed\n"
		"  service-cidr   dropped: an address in a service-cidr that no service has\n"
		"  refusal-limit  dropped instead of refused: refused too often lately\n"
		"  bind           dropped: conntrack or NAT could not take the flow\n"
		"  internal       dropped: a frontend for pods and this node, asked from outside\n"
		"  invalid        dropped: of a flow, but conntrack could not rewrite it\n"
		"\n"
		"The counters of a service go with it; the total counts on, until the tables have\n"
		"been empty.\n"
		"\n"
		"With --rate it goes on until it is interrupted, and shows per second what\n"
		"happened meanwhile, of the services of which anything did; on a terminal always\n"
		"in the same place.\n",
	.options = OPTION_RATE | OPTION_COUNT,
	.run = run_stats,
};
