// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "health.h"

bool health_is_well(const struct health *health)
{
	const struct settle *settle = health->settle;
	uint64_t most = (uint64_t)settle->config->sync_period * 2 * 1000000;

	return !settle->pending || store_now() - settle->pending <= most;
}

static bool is_eligible(const struct store *store)
{
	return (store->node.name || store->no_node) && !store->node_leaving;
}

/* As Go writes a time. */
static void write_time(uint64_t usec, char *text, size_t size)
{
	time_t seconds = (time_t)(usec / 1000000);
	struct tm tm;
	size_t len;

	gmtime_r(&seconds, &tm);
	len = strftime(text, size, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(text + len, size - len, ".%06u +0000 UTC",
		 (unsigned int)(usec % 1000000));
}

static void answer_json(struct health *health, bool livez,
			struct http_answer *answer)
{
	const struct settle *settle = health->settle;
	bool well = health_is_well(health),
	     eligible = is_eligible(settle->store),
	     good = well && (livez || eligible);
	uint64_t now = settle_clock();
	char last[64], current[64], node[32] = "";

	write_time(now, current, sizeof(current));
	/* what is well counts as updated now: so it is with kube-proxy */
	write_time(well ? now : settle->succeeded, last, sizeof(last));
	if (!livez)
		snprintf(node, sizeof(node), "\"nodeEligible\": %s,",
			 eligible ? "true" : "false");
	answer->status = good ? 200 : 503;
	answer->type = "application/json";
	if (asprintf(
		    &answer->body,
		    "{\"lastUpdated\": \"%s\",\"currentTime\": \"%s\", %s\"healthy\": %s,"
		    "\"status\": {\"IPv4\": {\"lastUpdated\": \"%s\",\"healthy\": %s},"
		    "\"IPv6\": {\"lastUpdated\": \"%s\",\"healthy\": %s}}}",
		    last, current, node, good ? "true" : "false", last,
		    well ? "true" : "false", last, well ? "true" : "false") < 0)
		answer->body = NULL;
	if (livez)
		health->livez[!good]++;
	else
		health->healthz[!good]++;
}

void health_answer(void *context, const char *path, struct http_answer *answer)
{
	bool livez = !strcmp(path, "/livez");

	if (livez || !strcmp(path, "/healthz"))
		answer_json(context, livez, answer);
	else
		answer->body = strdup("404 page not found\n");
}
