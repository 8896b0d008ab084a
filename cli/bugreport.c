// SPDX-License-Identifier: GPL-2.0
/* svcctl bugreport */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "command.h"

#define PARAMETERS "/sys/module/nf_svc/parameters"

extern const struct command svcctl_version;
extern const struct command svcctl_status;
extern const struct command svcctl_history;
extern const struct command svcctl_list;
extern const struct command svcctl_stats;

static void print_title(const char *title)
{
	printf("%s== %s\n", strcmp(title, "system") ? "\n" : "", title);
}

static void print_file(const char *folder, const char *name)
{
	char path[512], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	if (!file || !fgets(line, sizeof(line), file))
		snprintf(line, sizeof(line), "(%s)\n", strerror(errno));
	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = '\0';
	printf("%s: %s\n", name, line);
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void print_parameters(void)
{
	struct dirent **entries;
	int n = scandir(PARAMETERS, &entries, visible, alphasort);

	print_title("parameters of the module");
	if (n < 0) {
		puts("not loaded");
		return;
	}
	for (int i = 0; i < n; i++) {
		print_file(PARAMETERS, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

static void print_system(void)
{
	struct utsname name;

	print_title("system");
	if (!uname(&name))
		printf("kernel: %s %s %s\n", name.release, name.version,
		       name.machine);
	print_file("/proc", "uptime");
}

static void print_sysctls(void)
{
	static const char *const names[] = {
		"net/ipv4/ip_forward",
		"net/ipv4/conf/all/rp_filter",
		"net/ipv6/conf/all/forwarding",
		"net/netfilter/nf_conntrack_count",
		"net/netfilter/nf_conntrack_max",
		"net/netfilter/nf_conntrack_buckets",
		"net/netfilter/nf_conntrack_tcp_be_liberal",
		"net/netfilter/nf_conntrack_udp_timeout",
		"net/bridge/bridge-nf-call-iptables",
	};

	print_title("sysctls");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		print_file("/proc/sys", names[i]);
}

/* Who else is at netfilter's hooks: nft knows, where it is there. */
static void print_hooks(void)
{
	char line[256];
	bool any = false;
	FILE *nft;

	print_title("netfilter hooks");
	fflush(stdout);
	nft = popen("nft list hooks 2>&1", "re");
	while (nft && fgets(line, sizeof(line), nft)) {
		any = true;
		fputs(line, stdout);
	}
	if (nft)
		pclose(nft);
	/* a kernel without nfnetlink_hook tells of none */
	if (!any)
		puts("(nft knows of none)");
}

/* What another command prints. That it fails is part of the report. */
static void print_command(struct svcctl *ctl, const struct command *command)
{
	struct words words = { .verb = command->verb };

	print_title(command->verb);
	if (command->run(ctl, &words))
		puts("(failed)");
	fflush(stdout);
}

static enum exit_status run_bugreport(struct svcctl *ctl, struct words *words)
{
	static const struct command *const commands[] = {
		&svcctl_version, &svcctl_status, &svcctl_history,
		&svcctl_list,	 &svcctl_stats,
	};
	enum exit_status status = words_end(words);

	if (!status)
		status = svcctl_enter(ctl);
	if (status)
		return status;
	/* entered: what follows is about that namespace */
	ctl->netns = NULL;
	ctl->output = OUTPUT_WIDE;
	print_system();
	print_parameters();
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		print_command(ctl, commands[i]);
		/* each connects anew */
		nf_svc_client_close(ctl->client);
		ctl->client = NULL;
	}
	print_sysctls();
	print_hooks();
	return DONE;
}

const struct command svcctl_bugreport = {
	.verb = "bugreport",
	.synopsis = "",
	.summary = "print all that a bug report should have",
	.help = "Prints one text: versions, parameters, status, history, services, counters,\n"
		"sysctls and who is at netfilter's hooks. Names and addresses of services and\n"
		"backends are in it; nothing of the environment, of files or of packets is.\n",
	.run = run_bugreport,
};
