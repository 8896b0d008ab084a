// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client/words.h"
#include "metrics.h"

static const char *const families[] = { "IPv4", "IPv6" };

static void head(FILE *out, const char *name, const char *type,
		 const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(FILE *out, const char *name, const char *type, double value,
		const char *help)
{
	head(out, name, type, help);
	fprintf(out, "%s %.17g\n", name, value);
}

/* Both families are settled together, so they have the same numbers. */
static void both(FILE *out, const char *name, double value, const char *help)
{
	head(out, name, "gauge", help);
	for (unsigned int i = 0; i < 2; i++)
		fprintf(out, "%s{ip_family=\"%s\"} %.17g\n", name, families[i],
			value);
}

static void write_histogram(FILE *out, const char *name,
			    const struct histogram *histogram, const char *help)
{
	head(out, name, "histogram", help);
	for (unsigned int i = 0; i < 2; i++) {
		unsigned long long sum = 0;

		for (size_t k = 0; k < histogram->n; k++) {
			sum += histogram->counts[k];
			fprintf(out,
				"%s_bucket{ip_family=\"%s\",le=\"%g\"} %llu\n",
				name, families[i], histogram->bounds[k], sum);
		}
		fprintf(out,
			"%s_bucket{ip_family=\"%s\",le=\"+Inf\"} %llu\n"
			"%s_sum{ip_family=\"%s\"} %.9g\n"
			"%s_count{ip_family=\"%s\"} %llu\n",
			name, families[i], (unsigned long long)histogram->total,
			name, families[i], histogram->sum, name, families[i],
			(unsigned long long)histogram->total);
	}
}

/* Services whose policy is Local and that have endpoints, but none here. */
struct no_local {
	size_t internal[2];
	size_t external[2];
};

static void count_one(struct no_local *counts, const struct mirror *mirror)
{
	for (size_t i = 0; i < mirror->held.n; i++) {
		const struct nf_svc_service *service =
			&mirror->held.services[i];
		unsigned int family = model_family_index(service->family);
		bool local = false;

		for (size_t k = 0; k < service->n_backends; k++)
			local |= service->backends[k].sets & NF_SVC_SET_LOCAL;
		if (local || !service->n_backends)
			continue;
		counts->internal[family] += mirror->service.internal_local;
		counts->external[family] += mirror->service.external_local;
	}
}

static void write_no_local(FILE *out, const struct store *store)
{
	static const char name[] =
		"kubeproxy_sync_proxy_rules_no_local_endpoints_total";
	struct no_local counts = { 0 };

	for (const struct mirror *mirror = store->mirrors.first; mirror;
	     mirror = mirror->next) {
		if (mirror->present)
			count_one(&counts, mirror);
	}
	head(out, name, "gauge",
	     "Services with a Local traffic policy and no endpoints on this node");
	for (unsigned int i = 0; i < 2; i++)
		fprintf(out,
			"%s{ip_family=\"%s\",traffic_policy=\"internal\"} %zu\n"
			"%s{ip_family=\"%s\",traffic_policy=\"external\"} %zu\n",
			name, families[i], counts.internal[i], name,
			families[i], counts.external[i]);
}

static void write_codes(FILE *out, const char *name, const uint64_t *counts)
{
	head(out, name, "counter", "Answers of this kind by status");
	fprintf(out, "%s{code=\"200\"} %llu\n%s{code=\"503\"} %llu\n", name,
		(unsigned long long)counts[0], name,
		(unsigned long long)counts[1]);
}

static void write_sync(FILE *out, const struct metrics *metrics)
{
	const struct settle *settle = metrics->settle;
	const struct store *store = settle->store;

	write_histogram(out, "kubeproxy_sync_proxy_rules_duration_seconds",
			&settle->runs, "Time that a run took");
	write_histogram(
		out, "kubeproxy_network_programming_duration_seconds",
		&settle->programming,
		"Time from a change of endpoints in the cluster until it held here");
	both(out, "kubeproxy_sync_proxy_rules_last_timestamp_seconds",
	     (double)settle->succeeded / 1000000, "The last successful run");
	both(out, "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds",
	     (double)settle->queued / 1000000,
	     "The last time a run was queued");
	one(out, "kubeproxy_sync_proxy_rules_service_changes_pending", "gauge",
	    (double)store->mirrors.n_queued, "Services that wait for a run");
	one(out, "kubeproxy_sync_proxy_rules_service_changes_total", "counter",
	    (double)store->service_changes, "Changes of Services heard of");
	one(out, "kubeproxy_sync_proxy_rules_endpoint_changes_pending", "gauge",
	    (double)store->mirrors.n_queued,
	    "Services whose endpoints wait for a run");
	one(out, "kubeproxy_sync_proxy_rules_endpoint_changes_total", "counter",
	    (double)store->slice_changes, "Changes of EndpointSlices heard of");
	write_no_local(out, store);
	write_codes(out, "kubeproxy_proxy_healthz_total",
		    metrics->health->healthz);
	write_codes(out, "kubeproxy_proxy_livez_total", metrics->health->livez);
}

static double read_number(const char *path)
{
	FILE *in = fopen(path, "re");
	double number = 0;

	if (in) {
		if (fscanf(in, "%lf", &number) != 1)
			number = 0;
		fclose(in);
	}
	return number;
}

static void write_kernel(FILE *out, struct settle *settle)
{
	struct nf_svc_error error;
	struct nf_svc_stats stats;

	if (!settle->kernel.client ||
	    nf_svc_stats_get(settle->kernel.client, &stats, &error))
		return;
	one(out, "nf_svc_flows_total", "counter", (double)stats.flows,
	    "New flows that were given a backend");
	one(out, "nf_svc_masqueraded_flows_total", "counter",
	    (double)stats.masqueraded, "Those whose source was masqueraded");
	head(out, "nf_svc_drops_total", "counter",
	     "Packets refused or dropped, by reason");
	for (unsigned int i = 1; i < NF_SVC_DROP_REASONS; i++)
		fprintf(out, "nf_svc_drops_total{reason=\"%s\"} %llu\n",
			nf_svc_word_text(nf_svc_drop_reasons, i),
			(unsigned long long)stats.drops[i]);
}

static void write_own(FILE *out, struct settle *settle)
{
	const struct store *store = settle->store;

	one(out, "nf_svc_services", "gauge", (double)store->mirrors.n,
	    "Services that are known");
	one(out, "nf_svc_refused_services", "gauge", (double)settle->n_refused,
	    "Services that the kernel refuses");
	one(out, "nf_svc_commits_total", "counter", (double)settle->commits,
	    "Transactions that the kernel took");
	one(out, "nf_svc_sync_failures_total", "counter",
	    (double)settle->failures, "Runs that failed and were tried again");
	one(out, "nf_svc_kernel_connected", "gauge",
	    settle->kernel.client ? 1 : 0, "The module is there");
	one(out, "nf_svc_source_connected", "gauge", store->trouble ? 0 : 1,
	    "The source of objects is well");
	head(out, "nf_svc_problems_total", "counter",
	     "Problems of objects, by reason");
	for (unsigned int kind = 0; kind < REPORT_KINDS; kind++)
		fprintf(out, "nf_svc_problems_total{reason=\"%s\"} %llu\n",
			report_text(kind),
			(unsigned long long)settle->report->counts[kind]);
	write_kernel(out, settle);
	one(out, "nf_svc_conntrack_entries", "gauge",
	    read_number("/proc/sys/net/netfilter/nf_conntrack_count"),
	    "Entries of conntrack");
	one(out, "nf_svc_conntrack_limit", "gauge",
	    read_number("/proc/sys/net/netfilter/nf_conntrack_max"),
	    "Most entries of conntrack");
}

static void write_process(FILE *out, const struct store *store)
{
	double pages = 0, resident = 0;
	struct rusage usage;
	FILE *in = fopen("/proc/self/statm", "re");

	if (in) {
		if (fscanf(in, "%lf %lf", &pages, &resident) != 2)
			resident = 0;
		fclose(in);
	}
	getrusage(RUSAGE_SELF, &usage);
	one(out, "process_cpu_seconds_total", "counter",
	    (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) /
			    1000000,
	    "Processor time used");
	one(out, "process_resident_memory_bytes", "gauge",
	    resident * (double)sysconf(_SC_PAGESIZE), "Memory in use");
	one(out, "process_virtual_memory_bytes", "gauge",
	    pages * (double)sysconf(_SC_PAGESIZE), "Addresses in use");
	one(out, "process_start_time_seconds", "gauge",
	    (double)store->started / 1000000, "When the process was started");
}

static char *write_metrics(const struct metrics *metrics)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	write_sync(out, metrics);
	write_own(out, metrics->settle);
	write_process(out, metrics->settle->store);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static char *write_config(const struct config *config)
{
	char *text;

	if (asprintf(
		    &text,
		    "{\"kubeproxy.config.k8s.io\":{\"kind\":\"KubeProxyConfiguration\","
		    "\"apiVersion\":\"kubeproxy.config.k8s.io/v1alpha1\",\"mode\":\"nf_svc\","
		    "\"hostnameOverride\":\"%s\",\"detectLocalMode\":\"%s\","
		    "\"iptables\":{\"masqueradeAll\":%s,\"syncPeriod\":\"%llds\"}}}\n",
		    config->node_name,
		    config->detect_local_mode ? config->detect_local_mode : "",
		    config->masquerade_all ? "true" : "false",
		    (long long)config->sync_period) < 0)
		return NULL;
	return text;
}

void metrics_answer(void *context, const char *path, struct http_answer *answer)
{
	struct metrics *metrics = context;

	answer->status = 200;
	if (!strcmp(path, "/metrics")) {
		answer->type = "text/plain; version=0.0.4; charset=utf-8";
		answer->body = write_metrics(metrics);
	} else if (!strcmp(path, "/healthz") || !strcmp(path, "/livez")) {
		health_answer(metrics->health, path, answer);
	} else if (!strcmp(path, "/proxyMode")) {
		answer->body = strdup("nf_svc");
	} else if (!strcmp(path, "/configz")) {
		answer->type = "application/json";
		answer->body = write_config(metrics->settle->config);
	} else {
		answer->status = 404;
		answer->body = strdup("404 page not found\n");
	}
}
