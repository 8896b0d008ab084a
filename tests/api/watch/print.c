// SPDX-License-Identifier: GPL-2.0
/*
 * The watch with a sink that says what it is told, a line of JSON for each call:
 *
 *   watch-print [--kubeconfig FILE] [--context NAME] [--node NAME] [--ping SECONDS]
 *               [--service-account FOLDER] [--count] [--no-memory N] [--record N]
 *
 * --count prints of a list only how many objects there were. --no-memory lets the Nth
 * upsert fail. --record writes Events of N Services s0, s1, …: each twice at the start, and
 * once more when its Service is told of; and one of this node. It ends on SIGTERM and SIGINT, and prints what was counted.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/watch/http.h"
#include "sync/watch/recorder.h"
#include "sync/watch/reflector.h"
#include "sync/watch/watch.h"

/**
 * struct printer - the sink
 * @count: see --count
 * @no_memory: see --no-memory
 * @record: see --record
 * @watch: the watch
 * @listing: a list of the kind is not whole
 * @objects: of that list
 * @start: when it all began
 */
struct printer {
	bool count;
	long no_memory;
	long record;
	struct watch *watch;
	bool listing[SOURCE_KINDS];
	unsigned long objects[SOURCE_KINDS];
	uint64_t start;
};

static void print(const char *event, enum source_kind kind,
		  const char *namespace, const char *name, const char *version)
{
	printf("{\"event\": \"%s\", \"kind\": \"%s\"", event,
	       source_kind_name(kind));
	if (name)
		printf(", \"namespace\": \"%s\", \"name\": \"%s\"", namespace,
		       name);
	if (version)
		printf(", \"version\": \"%s\"", version);
	puts("}");
}

static int on_list(void *context, enum source_kind kind)
{
	struct printer *printer = context;

	printer->listing[kind] = true;
	printer->objects[kind] = 0;
	print("list", kind, NULL, NULL, NULL);
	return 0;
}

static int on_listed(void *context, enum source_kind kind)
{
	struct printer *printer = context;

	printer->listing[kind] = false;
	printf("{\"event\": \"listed\", \"kind\": \"%s\", \"objects\": %lu, "
	       "\"ms\": %" PRIu64 "}\n",
	       source_kind_name(kind), printer->objects[kind],
	       (http_now() - printer->start) / 1000);
	return 0;
}

static int on_missing(void *context, enum source_kind kind)
{
	(void)context;
	print("missing", kind, NULL, NULL, NULL);
	return 0;
}

static const char *text_of(const struct tree *metadata, const char *key)
{
	const struct tree *node = tree_get(metadata, key);

	return node && node->kind == TREE_SCALAR ? node->text : "";
}

static void record(struct printer *printer, const char *name)
{
	const struct record what = { .namespace = "default",
				     .name = name,
				     .uid = "1-2-3",
				     .warning = true,
				     .reason = "RefusedByKernel",
				     .action = "Sync",
				     .note = "\"quoted\", and said" };

	watch_record(printer->watch, &what);
}

static void record_all(struct printer *printer)
{
	const struct record started = { .reason = "Starting",
					.action = "Start",
					.note = "" };
	char name[24];

	watch_record(printer->watch, &started);
	for (long i = 0; i < 2 * printer->record; i++) {
		snprintf(name, sizeof(name), "s%ld", i / 2);
		record(printer, name);
	}
}

static int on_upsert(void *context, enum source_kind kind,
		     const struct tree *object)
{
	const struct tree *metadata = tree_get(object, "metadata");
	struct printer *printer = context;

	if (printer->no_memory && !--printer->no_memory)
		return -ENOMEM;
	printer->objects[kind]++;
	if (printer->record && kind == SOURCE_SERVICE)
		record(printer, text_of(metadata, "name"));
	if (!printer->count || !printer->listing[kind])
		print("upsert", kind, text_of(metadata, "namespace"),
		      text_of(metadata, "name"),
		      text_of(metadata, "resourceVersion"));
	return 0;
}

static int on_remove(void *context, enum source_kind kind,
		     const char *namespace, const char *name)
{
	(void)context;
	print("remove", kind, namespace, name, NULL);
	return 0;
}

static void on_trouble(void *context, const char *text)
{
	cJSON *value = text ? cJSON_CreateString(text) : cJSON_CreateNull();
	char *json = cJSON_PrintUnformatted(value);

	(void)context;
	printf("{\"event\": \"trouble\", \"text\": %s}\n", json);
	cJSON_free(json);
	cJSON_Delete(value);
}

static void print_counts(const struct watch *watch)
{
	struct watch_counts counts;

	watch_counts(watch, &counts);
	printf("{\"event\": \"end\", \"requests\": %" PRIu64
	       ", \"lists\": %" PRIu64 ", \"pings\": %" PRIu64 "}\n",
	       counts.requests, counts.lists, counts.pings);
}

static int run(struct printer *printer, const struct watch_options *options)
{
	const struct source_sink sink = {
		.context = printer,
		.list = on_list,
		.listed = on_listed,
		.missing = on_missing,
		.upsert = on_upsert,
		.remove = on_remove,
		.trouble = on_trouble,
	};
	char error[CLUSTER_ERROR];
	struct watch *watch;
	sd_event *loop;
	int ret;

	if (sd_event_new(&loop) < 0 ||
	    sd_event_add_signal(loop, NULL, SIGTERM, NULL, NULL) < 0 ||
	    sd_event_add_signal(loop, NULL, SIGINT, NULL, NULL) < 0)
		return 1;
	ret = watch_start(&watch, loop, options, &sink, error);
	if (ret) {
		fprintf(stderr, "watch-print: %s\n", error);
	} else {
		printer->watch = watch;
		if (printer->record)
			record_all(printer);
		ret = sd_event_loop(loop);
		print_counts(watch);
		watch_stop(watch);
	}
	sd_event_unref(loop);
	return ret < 0;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{ "kubeconfig", required_argument, NULL, 'k' },
		{ "context", required_argument, NULL, 'c' },
		{ "node", required_argument, NULL, 'n' },
		{ "ping", required_argument, NULL, 'p' },
		{ "service-account", required_argument, NULL, 's' },
		{ "count", no_argument, NULL, 'q' },
		{ "no-memory", required_argument, NULL, 'm' },
		{ "record", required_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	struct watch_options options = { .node = "node",
					 .agent = "watch-print" };
	struct printer printer = { .start = http_now() };
	sigset_t signals;
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0) {
		switch (option) {
		case 'k':
			options.from.kubeconfig = optarg;
			break;
		case 'c':
			options.from.context = optarg;
			break;
		case 'n':
			options.node = optarg;
			break;
		case 'p':
			options.ping_seconds = (unsigned int)atoi(optarg);
			break;
		case 's':
			options.from.service_account = optarg;
			break;
		case 'q':
			printer.count = true;
			break;
		case 'm':
			printer.no_memory = atol(optarg);
			break;
		case 'r':
			printer.record = atol(optarg);
			break;
		default:
			return 2;
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	option = run(&printer, &options);
	curl_global_cleanup();
	return option;
}
