// SPDX-License-Identifier: GPL-2.0
/* The command line, as Go's pflag reads it: --name=value, --name value, --bool. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "log.h"

static const struct config_entry *find(const char *name, size_t len)
{
	for (const struct config_entry *entry = config_table;
	     entry->flag || entry->field; entry++) {
		if (entry->flag && strlen(entry->flag) == len &&
		    !strncmp(entry->flag, name, len))
			return entry;
	}
	return NULL;
}

/* Flags of kube-proxy that are switches although nothing of them is kept. */
static bool is_switch(const struct config_entry *entry)
{
	return entry->type == CONFIG_BOOL ||
	       (entry->type == CONFIG_ANY && entry->usual &&
		(!strcmp(entry->usual, "false") ||
		 !strcmp(entry->usual, "true")));
}

static void tell(const struct config_entry *entry, const char *value,
		 enum config_pass pass)
{
	if (pass == CONFIG_LOOK)
		return;
	if (pass == CONFIG_BESIDE && !entry->beside && !entry->why)
		log_line(
			LOG_WARNING,
			"--%s does not count beside --config, as with kube-proxy",
			entry->flag);
	else if (entry->why && (!entry->usual || strcmp(entry->usual, value)))
		log_line(LOG_WARNING, "--%s is taken and not obeyed: %s",
			 entry->flag, entry->why);
}

/* A flag with its value; @next is the word after it. Return: words used. */
static int read_flag(struct config *config, const char *word, const char *next,
		     enum config_pass pass, struct config_error *error)
{
	const char *name = word + 1 + (word[1] == '-');
	size_t len = strcspn(name, "=");
	const struct config_entry *entry = find(name, len);
	const char *value = name[len] ? name + len + 1 : NULL;
	char shown[80];
	int used = 1, ret;

	if (!entry)
		return config_fail(
			error,
			"%.64s: no such flag; 'svcsyncd --help' lists them",
			word);
	snprintf(shown, sizeof(shown), "--%s", entry->flag);
	if (!value && is_switch(entry)) {
		value = "true";
	} else if (!value) {
		value = next;
		used = 2;
	}
	if (!value)
		return config_fail(error, "%s needs a value", shown);
	if (pass != CONFIG_BESIDE || entry->beside) {
		ret = config_set(config, entry, value, shown, error);
		if (ret)
			return ret;
	}
	tell(entry, value, pass);
	return used;
}

int config_flags(struct config *config, int argc, char **argv,
		 enum config_pass pass, enum config_wish *wish,
		 struct config_error *error)
{
	*wish = CONFIG_RUN;
	for (int i = 1; i < argc;) {
		const char *word = argv[i];
		int used;

		if (!strcmp(word, "-h") || !strcmp(word, "--help")) {
			*wish = CONFIG_HELP;
			return 0;
		}
		if (!strncmp(word, "--version", 9) &&
		    (!word[9] || word[9] == '=')) {
			*wish = CONFIG_VERSION;
			return 0;
		}
		if (word[0] != '-' || !word[1] || !strcmp(word, "--"))
			return config_fail(
				error,
				"'%.64s' is no flag; 'svcsyncd --help' lists them",
				word);
		used = read_flag(config, word,
				 i + 1 < argc ? argv[i + 1] : NULL, pass,
				 error);
		if (used < 0)
			return used;
		i += used;
	}
	return 0;
}

void config_help(void)
{
	puts("usage: svcsyncd --source DIR | --kubeconfig FILE | --config FILE [FLAG...]\n"
	     "\n"
	     "Keeps the kernel module nf_svc at what Kubernetes Services say.\n");
	for (const struct config_entry *entry = config_table;
	     entry->flag || entry->field; entry++) {
		if (entry->flag && entry->help)
			printf("  --%s %s\n", entry->flag, entry->help);
	}
	puts("  --help\n"
	     "  --version\n"
	     "\n"
	     "Every other flag of kube-proxy 1.37 is taken, too, and named once in a warning.\n"
	     "See svcsyncd(8).");
}
