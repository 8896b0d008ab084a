// SPDX-License-Identifier: GPL-2.0
/* svcctl status */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/words.h"
#include "command.h"
#include "daemon.h"
#include "document.h"
#include "event.h"
#include "print.h"

/**
 * struct state - what is shown
 * @info: of the module
 * @totals: counters
 * @settings: of the network namespace
 * @commits: history
 * @n_commits: length of @commits
 * @claims: who writes
 * @n_claims: length of @claims
 * @no_writers: the right to know the last two is missing
 * @daemon: what svcsyncd says; NULL: it is not there
 */
struct state {
	struct nf_svc_info info;
	struct nf_svc_stats totals;
	struct nf_svc_settings settings;
	struct nf_svc_commit *commits;
	size_t n_commits;
	struct nf_svc_writer *claims;
	size_t n_claims;
	bool no_writers;
	cJSON *daemon;
};

static void print_count(const struct svcctl *ctl, const char *what,
			uint32_t count, uint32_t limit)
{
	/* past nine tenths somebody should know */
	enum paint paint = (uint64_t)count * 10 > (uint64_t)limit * 9 ?
				   PAINT_BAD :
				   PAINT_NONE;

	printf("%s: %s%u of %u%s\n", what, paint_on(ctl, paint), count, limit,
	       paint_off(ctl));
}

static void print_cidrs(const char *key, const struct nf_svc_cidr *cidrs,
			size_t n)
{
	char text[NF_SVC_CIDR_TEXT];

	for (size_t i = 0; i < n; i++)
		printf("%s%s", i ? "," : key,
		       nf_svc_cidr_format(&cidrs[i], text));
	if (n)
		putchar('\n');
}

/* In the words of 'svcctl set settings'. */
static void print_settings(const struct nf_svc_settings *settings)
{
	if (!*settings->owner) {
		puts("settings: none");
		return;
	}
	printf("settings: of owner %s\n", settings->owner);
	print_cidrs("  pod-cidr ", settings->pod_cidrs, settings->n_pod_cidrs);
	for (size_t i = 0; i < settings->n_pod_devices; i++)
		printf("%s%s", i ? "," : "  pod-device ",
		       settings->pod_devices[i]);
	if (settings->n_pod_devices)
		putchar('\n');
	print_cidrs("  service-cidr ", settings->service_cidrs,
		    settings->n_service_cidrs);
	print_cidrs("  node-port-cidr ", settings->node_port_cidrs,
		    settings->n_node_port_cidrs);
	if (settings->masquerade_mark)
		printf("  masquerade-mark 0x%x\n", settings->masquerade_mark);
}

static void print_text(const struct svcctl *ctl, const struct state *state)
{
	const struct nf_svc_info *info = &state->info;
	char when[TIME_TEXT], changed[COUNTS_TEXT];

	printf("module: %s, ABI revision %u\n", info->module_version,
	       info->abi_revision);
	print_count(ctl, "services", info->count_services,
		    info->limit_services);
	print_count(ctl, "frontends", info->count_frontends,
		    info->limit_frontends);
	/* a module without records has no limit of them either */
	if (info->limit_flows)
		print_count(ctl, "recorded flows", info->count_flows,
			    info->limit_flows);
	printf("waits to be freed: %llu of %llu KiB\n",
	       (unsigned long long)info->retiring >> 10,
	       (unsigned long long)info->limit_retiring >> 10);
	printf("generation: %llu\n", (unsigned long long)info->generation);
	if (state->n_commits) {
		const struct nf_svc_commit *last =
			&state->commits[state->n_commits - 1];

		printf("last commit: %s by %s (%s[%u]): %s\n",
		       time_write(last->time, false, when), last->writer.owner,
		       last->writer.comm, last->writer.pid,
		       counts_write(&last->counts, last->settings_changed,
				    changed));
	}
	if (state->no_writers)
		puts("last commit, claims: told to root only (CAP_NET_ADMIN)");
	for (size_t i = 0; i < state->n_claims; i++)
		printf("owner %s: claimed by %s[%u]\n", state->claims[i].owner,
		       state->claims[i].comm, state->claims[i].pid);
	daemon_print(ctl, state->daemon);
	print_settings(&state->settings);
	printf("flows: %llu, %llu of them masqueraded, %llu healed\n",
	       (unsigned long long)state->totals.flows,
	       (unsigned long long)state->totals.masqueraded,
	       (unsigned long long)state->totals.healed);
	for (unsigned int i = 0; i < NF_SVC_DROP_REASONS; i++) {
		if (state->totals.drops[i])
			printf("refused or dropped, %s: %llu\n",
			       nf_svc_word_text(nf_svc_drop_reasons, i),
			       (unsigned long long)state->totals.drops[i]);
	}
}

static bool add_claims(cJSON *to, const struct state *state)
{
	cJSON *array;

	if (state->no_writers)
		return cJSON_AddNullToObject(to, "claims");
	array = cJSON_AddArrayToObject(to, "claims");
	for (size_t i = 0; array && i < state->n_claims; i++) {
		const struct nf_svc_writer *claim = &state->claims[i];
		cJSON *value = cJSON_CreateObject();

		if (!value || !cJSON_AddItemToArray(array, value)) {
			cJSON_Delete(value);
			return false;
		}
		if (!cJSON_AddStringToObject(value, "owner", claim->owner) ||
		    !cJSON_AddNumberToObject(value, "pid", claim->pid) ||
		    !cJSON_AddStringToObject(value, "command", claim->comm))
			return false;
	}
	return array;
}

static bool add_object(cJSON *to, const char *name, cJSON *value)
{
	if (value && cJSON_AddItemToObject(to, name, value))
		return true;
	cJSON_Delete(value);
	return false;
}

static bool add_last(cJSON *to, const struct state *state)
{
	if (!state->n_commits)
		return cJSON_AddNullToObject(to, "lastCommit");
	return add_object(
		to, "lastCommit",
		commit_document(&state->commits[state->n_commits - 1]));
}

/* What is added belongs to the tree; the state has it no more. */
static bool add_daemon(cJSON *to, struct state *state)
{
	cJSON *value = state->daemon ? state->daemon : cJSON_CreateNull();

	state->daemon = NULL;
	return add_object(to, "daemon", value);
}

static enum exit_status print_json(struct state *state)
{
	const struct nf_svc_info *info = &state->info;
	cJSON *value = cJSON_CreateObject();

	if (value &&
	    cJSON_AddStringToObject(value, "version", info->module_version) &&
	    cJSON_AddNumberToObject(value, "abiRevision", info->abi_revision) &&
	    cJSON_AddNumberToObject(value, "services", info->count_services) &&
	    cJSON_AddNumberToObject(value, "limitServices",
				    info->limit_services) &&
	    cJSON_AddNumberToObject(value, "frontends",
				    info->count_frontends) &&
	    cJSON_AddNumberToObject(value, "limitFrontends",
				    info->limit_frontends) &&
	    cJSON_AddNumberToObject(value, "flows", info->count_flows) &&
	    cJSON_AddNumberToObject(value, "limitFlows", info->limit_flows) &&
	    cJSON_AddNumberToObject(value, "retiringBytes",
				    (double)info->retiring) &&
	    cJSON_AddNumberToObject(value, "limitRetiringBytes",
				    (double)info->limit_retiring) &&
	    cJSON_AddNumberToObject(value, "generation",
				    (double)info->generation) &&
	    add_last(value, state) && add_claims(value, state) &&
	    add_daemon(value, state) &&
	    add_object(value, "settings",
		       *state->settings.owner ?
			       document_settings(&state->settings) :
			       cJSON_CreateNull()) &&
	    add_object(value, "total", document_total(&state->totals)))
		return json_print(value);
	cJSON_Delete(value);
	return complain_memory();
}

/* Of processes only administrators are told; others see the rest. */
static int read_writers(struct svcctl *ctl, struct state *state,
			struct nf_svc_error *error)
{
	int ret;

	ret = nf_svc_history_get(ctl->client, &state->commits,
				 &state->n_commits, error);
	if (!ret)
		ret = nf_svc_claims_get(ctl->client, &state->claims,
					&state->n_claims, error);
	if (ret != -EPERM)
		return ret;
	state->no_writers = true;
	return 0;
}

static enum exit_status run_status(struct svcctl *ctl, struct words *words)
{
	struct state state = { 0 };
	struct nf_svc_error error;
	enum exit_status status;

	status = words_end(words);
	if (!status)
		status = svcctl_connect(ctl);
	if (status)
		return status;
	if (nf_svc_info_get(ctl->client, &state.info, &error) ||
	    nf_svc_settings_get(ctl->client, &state.settings, &error) ||
	    nf_svc_stats_get(ctl->client, &state.totals, &error) ||
	    read_writers(ctl, &state, &error)) {
		status = complain_error(&error);
	} else if (daemon_ask(&state.daemon)) {
		status = complain_memory();
	} else if (ctl->output == OUTPUT_JSON) {
		status = print_json(&state);
	} else {
		print_text(ctl, &state);
	}
	nf_svc_settings_clean(&state.settings);
	free(state.commits);
	free(state.claims);
	cJSON_Delete(state.daemon);
	return status;
}

const struct command svcctl_status = {
	.verb = "status",
	.synopsis = "",
	.summary = "show how full the module is, who writes, and what it does",
	.help = "Shows how much there is against the limits, the last commit, which process has\n"
		"claimed which owner (no other one may write for it), what svcsyncd knows if it runs\n"
		"in this network namespace, the settings, and the totals of flows and of packets\n"
		"that were refused or dropped.\n"
		"\n"
		"Of svcsyncd it shows what it follows and what is wrong with that, how many\n"
		"Services it has, how many of them wait to go into the kernel or were refused by\n"
		"it, and how long ago all was in. Without being root it is not asked.\n"
		"\n"
		"The generation is the number of the last commit. What waits to be freed\n"
		"is memory of deleted objects that packets may still look at.\n",
	.run = run_status,
};
