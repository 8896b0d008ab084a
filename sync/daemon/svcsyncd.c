// SPDX-License-Identifier: GPL-2.0
/*
 * svcsyncd: the module at what Kubernetes says.
 *
 *   source (directory.c, or a watch) -> store.c -> settle.c -> kernel.c
 *                                                  |
 *             health.c, health_ports.c, metrics.c <-
 *
 * One thread on one loop. What the kernel has stays when this ends, however it ends.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "directory.h"
#include "health_ports.h"
#include "last.h"
#include "log.h"
#include "machine.h"
#include "metrics.h"
#include "prepare.h"
#include "sync/watch/recorder.h"
#include "sync/watch/watch.h"
#include "tell.h"

/* A server that cannot listen is tried again after so long. */
#define LISTEN_USEC 5000000

/**
 * struct daemon - all of it
 * @argc: as of main(), for a new start of itself
 * @argv: likewise
 * @event: the loop
 * @config: the set-up
 * @report: what was told
 * @ledger: addresses and ports that were given
 * @store: the objects
 * @settle: on their way to the kernel
 * @last: what it came to, on disk
 * @tell: likewise, for svcctl
 * @directory: a source
 * @watch: another one
 * @machine: this machine
 * @health: is it well?
 * @ports: of Services
 * @metrics: what is told of it
 * @healthz_server: answers
 * @metrics_server: likewise
 * @listening: when to try again to listen
 * @told: that a server could not listen
 * @ready: said so to systemd
 * @again: it is to start itself again
 */
struct daemon {
	int argc;
	char **argv;
	sd_event *event;
	struct config config;
	struct report report;
	struct ledger ledger;
	struct store store;
	struct settle settle;
	struct last last;
	struct tell tell;
	struct directory directory;
	struct watch *watch;
	struct machine machine;
	struct health health;
	struct health_ports ports;
	struct metrics metrics;
	struct http_server *healthz_server;
	struct http_server *metrics_server;
	sd_event_source *listening;
	bool told;
	bool ready;
	bool again;
};

static void on_changed(void *context)
{
	struct daemon *daemon = context;

	settle_soon(&daemon->settle);
}

static void on_moved(void *context)
{
	struct daemon *daemon = context;

	daemon->settle.stale = true;
	settle_soon(&daemon->settle);
}

static void tell_ready(struct daemon *daemon)
{
	if (!daemon->ready)
		sd_notify(0, "READY=1");
	daemon->ready = true;
}

/* After each run: systemd, and ports of Services. */
static void on_done(void *context)
{
	struct daemon *daemon = context;
	const struct settle *settle = &daemon->settle;

	health_ports_update(&daemon->ports, &daemon->report);
	last_note(&daemon->last);
	/* one that ends, or is refused soon, may have had it */
	if (!daemon->tell.listening)
		tell_open(&daemon->tell);
	sd_notifyf(0, "STATUS=%zu Services, %llu commits%s%s%s%s",
		   daemon->store.mirrors.n, (unsigned long long)settle->commits,
		   *settle->lost ? "; " : "", settle->lost,
		   daemon->store.trouble ? "; " : "",
		   daemon->store.trouble ? daemon->store.trouble : "");
	if (settle->settled)
		tell_ready(daemon);
}

static void on_failed(void *context, const char *text)
{
	struct daemon *daemon = context;

	log_line(LOG_ERR, "%s", text);
	sd_event_exit(daemon->event, EXIT_FAILURE);
}

/* The set-up anew: if it makes sense, in a new start, which flushes nothing. */
static void on_reload(void *context)
{
	struct daemon *daemon = context;
	struct config_error error;
	enum config_wish wish;
	struct config config;
	int ret;

	log_level(LOG_ERR);
	ret = config_read(&config, daemon->argc, daemon->argv, &wish, &error);
	config_clean(&config);
	log_level(daemon->config.verbosity >= 2 ? LOG_DEBUG : LOG_INFO);
	if (ret) {
		log_line(LOG_ERR, "not reloaded: %s", error.text);
		return;
	}
	daemon->again = true;
	sd_event_exit(daemon->event, EXIT_SUCCESS);
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *si,
		     void *arg)
{
	(void)source;
	(void)si;
	on_reload(arg);
	return 0;
}

static int listen_at(struct daemon *daemon, struct http_server **server,
		     const struct config_place *place, http_handler handler,
		     void *context, const char *name)
{
	char text[NF_SVC_PLACE_TEXT];
	int ret;

	if (*server || !place->on)
		return 0;
	ret = http_open(server, daemon->event, &place->addr, place->port,
			handler, context);
	if (ret && !daemon->told)
		log_line(LOG_ERR, "no listening for %s at %s: %s%s", name,
			 nf_svc_addr_port_format(&place->addr, place->port,
						 text),
			 strerror(-ret),
			 daemon->config.bind_hard ? "" : "; trying again");
	return ret;
}

static int open_servers(sd_event_source *source, uint64_t when, void *arg)
{
	struct daemon *daemon = arg;
	int ret;

	(void)when;
	ret = listen_at(daemon, &daemon->healthz_server,
			&daemon->config.healthz, health_answer, &daemon->health,
			"/healthz");
	if (listen_at(daemon, &daemon->metrics_server, &daemon->config.metrics,
		      metrics_answer, &daemon->metrics, "/metrics"))
		ret = -EADDRINUSE;
	if (!ret) {
		daemon->told = false;
		return sd_event_source_set_enabled(source, SD_EVENT_OFF);
	}
	if (daemon->config.bind_hard)
		return sd_event_exit(daemon->event, EXIT_FAILURE);
	daemon->told = true;
	sd_event_source_set_time_relative(source, LISTEN_USEC);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int open_loop(struct daemon *daemon)
{
	sigset_t signals;
	int ret;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	ret = sd_event_new(&daemon->event);
	if (ret >= 0)
		ret = sd_event_add_signal(daemon->event, NULL, SIGTERM, NULL,
					  NULL);
	if (ret >= 0)
		ret = sd_event_add_signal(daemon->event, NULL, SIGINT, NULL,
					  NULL);
	if (ret >= 0)
		ret = sd_event_add_signal(daemon->event, NULL, SIGHUP,
					  on_hangup, daemon);
	if (ret >= 0)
		ret = sd_event_set_watchdog(daemon->event, true);
	return ret < 0 ? ret : 0;
}

static void make_state_dir(const struct config *config)
{
	if (mkdir(config->state_dir, 0755) && errno != EEXIST)
		log_line(LOG_WARNING, "%s: %s; no state is kept",
			 config->state_dir, strerror(errno));
}

/* Addresses are allocated where nobody else does it. */
static int open_ledger(struct daemon *daemon)
{
	const struct config *config = &daemon->config;
	struct tree_error error;
	char path[4096];
	int ret;

	snprintf(path, sizeof(path), "%s/ledger.json", config->state_dir);
	ret = ledger_open(&daemon->ledger, path, config->services.list,
			  config->services.n, config->first_node_port,
			  config->last_node_port, &error);
	if (ret == -EINVAL)
		log_line(
			LOG_ERR,
			"%s:%zu:%zu: %s; mend it, or delete it: then addresses may change",
			path, error.line, error.column, error.message);
	else if (ret)
		log_line(LOG_ERR, "%s: %s", path, strerror(-ret));
	else
		daemon->store.ledger = &daemon->ledger;
	return ret;
}

/* A directory is here whenever we are; an API server may be away. */
static int open_last(struct daemon *daemon)
{
	struct last *last = &daemon->last;

	if (snprintf(last->path, sizeof(last->path), "%s/last.json",
		     daemon->config.state_dir) >= (int)sizeof(last->path))
		return -ENAMETOOLONG;
	last_restore(last->path);
	last->settle = &daemon->settle;
	return last_open(last);
}

/* An Event of what is reported: of a Service, or of this node. */
static void on_event(void *context, const char *object, const char *reason,
		     const char *text)
{
	struct daemon *daemon = context;
	const char *slash = strchr(object, '/');
	struct record record = { .warning = true,
				 .reason = reason,
				 .action = "Sync",
				 .note = text };
	const struct mirror *mirror;
	char namespace[MIRROR_TEXT];

	if (!strcmp(reason, report_text(REPORT_HEALTH_PORT)))
		record.action = "Listen";
	if (slash) {
		snprintf(namespace, sizeof(namespace), "%.*s",
			 (int)(slash - object), object);
		mirror = mirrors_find(&daemon->store.mirrors, namespace,
				      slash + 1);
		record.namespace = namespace;
		record.name = slash + 1;
		record.uid = mirror && mirror->present ? mirror->service.uid :
							 NULL;
	}
	watch_record(daemon->watch, &record);
}

/* An API server: out of a kubeconfig, or as the service account of a pod. */
static int open_watch(struct daemon *daemon)
{
	const struct config *config = &daemon->config;
	const struct watch_options options = {
		.from = { .kubeconfig = config->kubeconfig,
			  .server = config->master },
		.node = config->node_name,
		.agent = "svcsyncd/" SVCCTL_VERSION,
	};
	const struct source_sink sink = store_sink(&daemon->store);
	const struct record started = { .reason = "Starting",
					.action = "StartKubeProxy",
					.note = "" };
	char error[CLUSTER_ERROR];
	int ret;

	ret = watch_start(&daemon->watch, daemon->event, &options, &sink,
			  error);
	if (ret) {
		log_line(LOG_ERR, "cannot follow an API server: %s", error);
		return ret;
	}
	watch_record(daemon->watch, &started);
	daemon->report.event = on_event;
	daemon->report.context = daemon;
	return 0;
}

/* Where objects come from: an API server, unless a directory is said. */
static int open_source(struct daemon *daemon)
{
	int ret;

	make_state_dir(&daemon->config);
	if (!daemon->config.source) {
		ret = open_last(daemon);
		if (!ret)
			ret = open_watch(daemon);
		/*
		 * The kubelet starts after us, and it may be the one that
		 * starts the API server: what is known without it is in.
		 */
		if (!ret)
			tell_ready(daemon);
		return ret;
	}
	ret = open_ledger(daemon);
	if (!ret)
		ret = directory_open(&daemon->directory, daemon->event,
				     daemon->config.source, &daemon->store);
	return ret;
}

static int open_all(struct daemon *daemon)
{
	int ret = open_loop(daemon);

	daemon->store.report = &daemon->report;
	daemon->store.node_name = daemon->config.node_name;
	daemon->store.changed = on_changed;
	daemon->store.context = daemon;
	daemon->store.started = settle_clock();
	daemon->settle.event = daemon->event;
	daemon->settle.config = &daemon->config;
	daemon->settle.store = &daemon->store;
	daemon->settle.report = &daemon->report;
	daemon->settle.done = on_done;
	daemon->settle.failed = on_failed;
	daemon->settle.context = daemon;
	daemon->health.settle = &daemon->settle;
	daemon->metrics.settle = &daemon->settle;
	daemon->metrics.health = &daemon->health;
	daemon->ports.event = daemon->event;
	daemon->ports.health = &daemon->health;
	daemon->ports.store = &daemon->store;
	daemon->ports.settle = &daemon->settle;
	daemon->machine.event = daemon->event;
	daemon->machine.moved = on_moved;
	daemon->machine.reload = on_reload;
	daemon->machine.context = daemon;
	if (!ret)
		ret = settle_begin(&daemon->settle);
	if (!ret)
		ret = machine_open(&daemon->machine, daemon->config.file);
	if (!ret) {
		daemon->tell.settle = &daemon->settle;
		daemon->tell.source = daemon->config.source		?:
					      daemon->config.master	?:
					      daemon->config.kubeconfig ?:
					      "the API server of this pod";
		tell_open(&daemon->tell);
	}
	if (!ret)
		ret = sd_event_add_time(daemon->event, &daemon->listening,
					CLOCK_MONOTONIC, 0, 0, open_servers,
					daemon);
	return ret < 0 ? ret : open_source(daemon);
}

static void close_all(struct daemon *daemon)
{
	health_ports_clean(&daemon->ports);
	http_close(daemon->healthz_server);
	http_close(daemon->metrics_server);
	sd_event_source_disable_unref(daemon->listening);
	watch_stop(daemon->watch);
	directory_close(&daemon->directory);
	machine_close(&daemon->machine);
	last_close(&daemon->last);
	tell_close(&daemon->tell);
	settle_end(&daemon->settle);
	store_clean(&daemon->store);
	ledger_close(&daemon->ledger);
	sd_event_unref(daemon->event);
	config_clean(&daemon->config);
}

/* In the place of this process: the same number, and a claim that is free. */
static int start_again(char **argv)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv("/proc/self/exe", argv);
	log_line(LOG_ERR, "cannot start again: %s", strerror(errno));
	return EXIT_FAILURE;
}

static void set_oom_score(const struct config *config)
{
	FILE *out = fopen("/proc/self/oom_score_adj", "we");

	/* systemd has set it where we may not */
	if (out) {
		fprintf(out, "%lld\n", (long long)config->oom_score_adj);
		fclose(out);
	}
}

static int run(struct daemon *daemon)
{
	int ret = open_all(daemon), status = EXIT_FAILURE;
	bool again;

	if (!ret) {
		set_oom_score(&daemon->config);
		log_line(LOG_NOTICE,
			 "svcsyncd " SVCCTL_VERSION " begins, on node %s",
			 daemon->config.node_name);
		status = sd_event_loop(daemon->event);
		if (status < 0)
			log_line(LOG_ERR, "%s", strerror(-status));
	} else if (ret != -EINVAL) {
		log_line(LOG_ERR, "%s", strerror(-ret));
	}
	again = daemon->again;
	if (again)
		sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
			   (unsigned long long)store_now());
	else
		sd_notify(0, "STOPPING=1");
	close_all(daemon);
	if (again)
		return start_again(daemon->argv);
	return status < 0 ? EXIT_FAILURE : status;
}

int main(int argc, char **argv)
{
	struct daemon daemon = { .argc = argc,
				 .argv = argv,
				 .machine = { .fd = -1 } };
	struct config_error error;
	enum config_wish wish;
	int status;

	if (config_read(&daemon.config, argc, argv, &wish, &error)) {
		log_line(LOG_ERR, "%s",
			 *error.text ? error.text : "out of memory");
		config_clean(&daemon.config);
		return EXIT_FAILURE;
	}
	log_level(daemon.config.verbosity >= 2 ? LOG_DEBUG : LOG_INFO);
	if (wish == CONFIG_HELP) {
		config_help();
		status = EXIT_SUCCESS;
	} else if (wish == CONFIG_VERSION) {
		puts("svcsyncd " SVCCTL_VERSION);
		status = EXIT_SUCCESS;
	} else if (daemon.config.init_only) {
		status = prepare_node(&daemon.config);
	} else if (daemon.config.cleanup) {
		status = clean_node(&daemon.config);
	} else {
		return run(&daemon);
	}
	config_clean(&daemon.config);
	return status;
}
