// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel.h"
#include "log.h"
#include "prepare.h"

#define CONNTRACK "/proc/sys/net/netfilter/nf_conntrack_"
#define HASH_SIZE "/sys/module/nf_conntrack/parameters/hashsize"
#define MAX_CAP 1048576

extern char **environ;

static int load_module(const char *name)
{
	char *const words[] = { (char *)(uintptr_t) "modprobe",
				(char *)(uintptr_t)name, NULL };
	int status, ret;
	char path[128];
	pid_t pid;

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	if (!access(path, F_OK))
		return 0;
	ret = posix_spawnp(&pid, "modprobe", NULL, NULL, words, environ);
	if (ret) {
		log_line(LOG_ERR, "modprobe: %s", strerror(ret));
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	log_line(
		LOG_ERR,
		"modprobe %s failed: is it installed for this kernel ('dkms status')?",
		name);
	return -1;
}

static int read_number(const char *path, long long *number)
{
	FILE *in = fopen(path, "re");
	int ret;

	if (!in)
		return -1;
	ret = fscanf(in, "%lld", number) == 1 ? 0 : -1;
	fclose(in);
	return ret;
}

static int write_number(const char *path, long long number)
{
	FILE *out = fopen(path, "we");
	int failed = 1;

	if (out) {
		failed = fprintf(out, "%lld\n", number) < 0;
		failed |= fclose(out);
	}
	if (failed)
		log_line(LOG_ERR, "%s cannot be set to %lld: %s", path, number,
			 strerror(errno));
	else
		log_line(LOG_INFO, "%s is %lld", path, number);
	return failed ? -1 : 0;
}

/* As kube-proxy: by processors, between two bounds, and only ever raised. */
static int raise_limit(const struct config *config)
{
	long long most = config->conntrack_max_per_core *
			 sysconf(_SC_NPROCESSORS_CONF),
		  have = 0, buckets = 0;
	int ret = 0;

	if (!config->conntrack_max_per_core)
		return 0;
	if (most < config->conntrack_min)
		most = config->conntrack_min;
	if (most > MAX_CAP && config->conntrack_min <= MAX_CAP)
		most = MAX_CAP;
	if (!read_number(CONNTRACK "max", &have) && have < most)
		ret = write_number(CONNTRACK "max", most);
	else
		most = have;
	if (!read_number(HASH_SIZE, &buckets) && buckets < most / 4)
		ret |= write_number(HASH_SIZE, most / 4);
	return ret;
}

static int set_timeout(const char *path, int64_t seconds)
{
	long long have;

	if (!seconds || (!read_number(path, &have) && have == seconds))
		return 0;
	return write_number(path, seconds);
}

int prepare_node(const struct config *config)
{
	int ret = load_module("nf_conntrack");

	ret |= load_module("nf_svc");
	ret |= raise_limit(config);
	ret |= set_timeout(CONNTRACK "tcp_timeout_established",
			   config->tcp_established);
	ret |= set_timeout(CONNTRACK "tcp_timeout_close_wait",
			   config->tcp_close_wait);
	ret |= set_timeout(CONNTRACK "udp_timeout", config->udp_timeout);
	ret |= set_timeout(CONNTRACK "udp_timeout_stream", config->udp_stream);
	if (config->be_liberal)
		ret |= write_number(CONNTRACK "tcp_be_liberal", 1);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int empty_tables(struct nf_svc_client *client,
			struct nf_svc_error *error)
{
	const struct nf_svc_begin begin = {
		.owner = KERNEL_OWNER,
		.flags = NF_SVC_FLAG_REPLACE,
		.deadline = nf_svc_deadline(5000),
	};
	struct nf_svc_settings settings, none = { 0 };
	bool ours;
	int ret;

	ret = nf_svc_settings_get(client, &settings, error);
	if (ret)
		return ret;
	ours = !strcmp(settings.owner, KERNEL_OWNER);
	nf_svc_settings_clean(&settings);
	ret = nf_svc_tx_begin(client, &begin, error);
	if (!ret && ours)
		ret = nf_svc_tx_settings_set(client, &none, error);
	return ret ? ret : nf_svc_tx_commit(client, NULL, error);
}

int clean_node(const struct config *config)
{
	static const char *const files[] = { "ledger.json", "last.json" };
	struct nf_svc_client *client;
	struct nf_svc_error error;
	char path[4096];
	int ret;

	ret = nf_svc_client_open(&client, &error);
	if (ret && error.kind == NF_SVC_ERROR_NO_MODULE) {
		log_line(LOG_INFO,
			 "the module is not loaded: nothing is in the kernel");
		ret = 0;
	} else if (!ret) {
		ret = empty_tables(client, &error);
		nf_svc_client_close(client);
	}
	if (ret == -EUSERS)
		log_line(LOG_ERR,
			 "svcsyncd, process %u, is running: end it first",
			 error.pid);
	else if (ret)
		log_line(LOG_ERR, "%s",
			 *error.message ? error.message :
					  strerror(error.number));
	if (ret)
		return EXIT_FAILURE;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(path, sizeof(path), "%s/%s", config->state_dir,
			 files[i]);
		if (unlink(path) && errno != ENOENT)
			log_line(LOG_WARNING, "%s: %s", path, strerror(errno));
	}
	log_line(LOG_NOTICE, "everything of svcsyncd is out of the kernel");
	return EXIT_SUCCESS;
}
