// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

#define NETNS_FOLDER "/var/run/netns/"

static enum exit_status enter_netns(const char *name)
{
	char path[sizeof(NETNS_FOLDER) + 256];
	enum exit_status status = DONE;
	int fd;

	if (!*name || strchr(name, '/') || strlen(name) > 255)
		return complain(WRONG_USAGE,
				"--netns %s: not a name; 'ip netns' lists them",
				name);
	snprintf(path, sizeof(path), "%s%s", NETNS_FOLDER, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return complain(
			errno == ENOENT ? NOT_FOUND : NOT_PERMITTED,
			"--netns %s: %s: %s; 'ip netns' lists network namespaces, "
			"which are not those of Kubernetes",
			name, path, strerror(errno));
	if (setns(fd, CLONE_NEWNET))
		status = complain(NOT_PERMITTED, "network namespace %s: %s",
				  name, strerror(errno));
	close(fd);
	return status;
}

enum exit_status svcctl_enter(const struct svcctl *ctl)
{
	return ctl->netns ? enter_netns(ctl->netns) : DONE;
}

enum exit_status svcctl_connect(struct svcctl *ctl)
{
	struct nf_svc_error error;
	enum exit_status status;

	if (ctl->client)
		return DONE;
	status = svcctl_enter(ctl);
	if (status)
		return status;
	if (nf_svc_client_open(&ctl->client, &error))
		return complain_error(&error);
	return DONE;
}

/* The options that only other commands take. */
static enum exit_status check_options(const struct command *command,
				      unsigned int given)
{
	for (const struct option_line *line = svcctl_options; line->name;
	     line++) {
		if (line->bit & given & ~command->options)
			return complain(
				WRONG_USAGE,
				"--%s: not an option of '%s%s%s'; see 'svcctl help %s'",
				line->name, command->verb,
				command->noun ? " " : "",
				command->noun ? command->noun : "",
				command->verb);
	}
	return DONE;
}

/* A file is given by an option: kubectl has it so, nft and ip as well. */
static enum exit_status check_file(const struct svcctl *ctl,
				   const struct command *command,
				   const struct words *words)
{
	if (!(command->options & OPTION_FILE) || ctl->file ||
	    !words_peek(words))
		return DONE;
	return complain(WRONG_USAGE,
			"%s %s: a file is given by -f: svcctl %s -f %s",
			command->verb, words_peek(words), command->verb,
			words_peek(words));
}

static enum exit_status print_help(const struct words *words)
{
	const char *verb = words->n ? words->word[0] : NULL;
	const char *noun = words->n > 1 ? words->word[1] : NULL;
	const struct command *command;

	if (!verb) {
		help_print_all();
		return DONE;
	}
	if (!command_verb_known(verb))
		return complain_verb(verb);
	command = command_find(verb, noun);
	help_print_verb(verb, command ? command->noun : NULL);
	return DONE;
}

enum exit_status svcctl_main(int argc, char **argv)
{
	const struct command *command = NULL;
	struct options_seen seen;
	enum exit_status status;
	struct words words;
	struct svcctl ctl;

	/* else an option that only another tool's command has would be blamed */
	if (argc > 1 && *argv[1] != '-' && !command_verb_known(argv[1]))
		return complain_verb(argv[1]);
	status = options_read(&ctl, &seen, argc, argv, &words);
	if (status)
		return status;
	if (seen.help)
		return print_help(&words);
	if (seen.version) {
		puts("svcctl " SVCCTL_VERSION);
		return DONE;
	}
	status = command_take(&words, &command);
	if (!status)
		status = check_options(command, seen.given);
	if (!status)
		status = check_file(&ctl, command, &words);
	if (!status)
		status = command->run(&ctl, &words);
	nf_svc_client_close(ctl.client);
	/* what could not be written was not printed */
	if (fflush(stdout) && !status)
		status = complain(REFUSED, "standard output: %s",
				  strerror(errno));
	return status;
}
