// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "command.h"

static int verb_width(const struct command *command)
{
	return (int)(strlen(command->verb) +
		     (command->noun ? strlen(command->noun) + 1 : 0));
}

static void print_words(const struct command *command)
{
	printf("%s%s%s", command->verb, command->noun ? " " : "",
	       command->noun ? command->noun : "");
}

static void print_options(unsigned int bits, bool common)
{
	for (const struct option_line *line = svcctl_options; line->name;
	     line++) {
		char left[48];

		if (line->bit ? !(line->bit & bits) : !common)
			continue;
		snprintf(left, sizeof(left), "%c%c%s--%s%s%s",
			 line->letter ? '-' : ' ',
			 line->letter ? line->letter : ' ',
			 line->letter ? ", " : "  ", line->name,
			 line->arg ? " " : "", line->arg ? line->arg : "");
		printf("  %-31s %s\n", left, line->help);
	}
}

void help_print_all(void)
{
	puts("svcctl: Kubernetes Services in this node's kernel (the nf_svc module)\n"
	     "\n"
	     "usage: svcctl [OPTION...] COMMAND [WORD...]\n"
	     "\n"
	     "commands:");
	for (const struct command *const *at = svcctl_commands; *at; at++) {
		const struct command *command = *at;

		printf("  ");
		print_words(command);
		printf("%*s %s\n", 15 - verb_width(command), "",
		       command->summary);
	}
	puts("\noptions of every command:");
	print_options(0, true);
	puts("\n" HELP_WORDS "\n"
	     "'svcctl help COMMAND' tells more. 'svcctl' alone is 'svcctl list'.\n"
	     "\n"
	     "exit status: " HELP_STATUS);
}

void help_print_verb(const char *verb, const char *noun)
{
	bool first = true;

	for (const struct command *const *at = svcctl_commands; *at; at++) {
		const struct command *command = *at;

		if (verb && strcmp(command->verb, verb))
			continue;
		/* what has no second word takes any, if its first one was said */
		if (noun &&
		    (command->noun ? strcmp(command->noun, noun) : !verb))
			continue;
		if (!first)
			putchar('\n');
		first = false;
		printf("usage: svcctl ");
		print_words(command);
		printf("%s%s\n\n%s", *command->synopsis ? " " : "",
		       command->synopsis, command->help);
		if (command->options) {
			puts("\noptions:");
			print_options(command->options, false);
		}
	}
	puts("\nThe options of every command: 'svcctl --help'.");
}

static enum exit_status run_help(struct svcctl *ctl, struct words *words)
{
	const char *verb = words_take(words), *noun = words_take(words);
	const struct command *command;

	(void)ctl;
	if (!verb) {
		help_print_all();
		return DONE;
	}
	if (!strcmp(verb, "@scdoc") && !noun) {
		manual_print_scdoc();
		return DONE;
	}
	if (!strcmp(verb, "@bash") && !noun) {
		manual_print_bash();
		return DONE;
	}
	/* what can be done with a service, for example */
	if (!noun && !command_verb_known(verb) && command_noun_known(verb)) {
		help_print_verb(NULL, verb);
		return DONE;
	}
	command = command_find(verb, noun);
	/* a second word that this command does not have */
	if (noun && command && !command->noun)
		words->next--;
	if (noun ? !command : !command_verb_known(verb))
		return complain(
			WRONG_USAGE,
			"help: no command %s%s%s; 'svcctl help' lists them",
			verb, noun ? " " : "", noun ? noun : "");
	if (words_end(words))
		return WRONG_USAGE;
	help_print_verb(verb, noun);
	return DONE;
}

const struct command svcctl_help = {
	.verb = "help",
	.synopsis = "[COMMAND | NOUN]",
	.summary = "tell how svcctl or a command is used",
	.help = "Prints the list of commands, or what there is to know about one. A noun,\n"
		"such as service, stands for all commands that have it: add, set and del service.\n",
	.run = run_help,
};
