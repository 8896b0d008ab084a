// SPDX-License-Identifier: GPL-2.0
/*
 * The manual page (as scdoc reads it) and the completion of bash, out of the
 * tables of commands and options: 'svcctl help @scdoc' and 'svcctl help @bash',
 * which the Makefile asks for and nobody else need know of.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "command.h"

/* What scdoc would take for markup. */
static void print_escaped(const char *text)
{
	for (; *text; text++) {
		if (strchr("\\*_<>[]#.~", *text))
			putchar('\\');
		putchar(*text);
	}
}

/* Between lines of ```, where a backslash alone is of use. */
static void print_literal(const char *text)
{
	for (; *text; text++) {
		if (*text == '\\')
			putchar('\\');
		putchar(*text);
	}
}

static void print_option(const struct option_line *line)
{
	if (line->letter)
		printf("*-%c*, ", line->letter);
	printf("*--%s*", line->name);
	if (line->arg) {
		putchar(' ');
		print_escaped(line->arg);
	}
	printf("\n\t");
	print_escaped(line->help);
	printf("\n\n");
}

static void print_options(unsigned int bits)
{
	for (const struct option_line *line = svcctl_options; line->name;
	     line++) {
		if (bits ? line->bit & bits : !line->bit)
			print_option(line);
	}
}

static void print_command(const struct command *command)
{
	printf("## svcctl %s%s%s\n\n", command->verb, command->noun ? " " : "",
	       command->noun ? command->noun : "");
	printf("To ");
	print_escaped(command->summary);
	/* as it stands: examples and columns stay what they are */
	printf(".\n\n```\nsvcctl %s%s%s%s%s\n\n", command->verb,
	       command->noun ? " " : "", command->noun ? command->noun : "",
	       *command->synopsis ? " " : "", command->synopsis);
	print_literal(command->help);
	printf("```\n\n");
	if (command->options)
		print_options(command->options);
}

void manual_print_scdoc(void)
{
	puts("svcctl(8)\n"
	     "\n"
	     "# NAME\n"
	     "\n"
	     "svcctl - Kubernetes Services in this node's kernel (the nf\\_svc module)\n"
	     "\n"
	     "# SYNOPSIS\n"
	     "\n"
	     "*svcctl* [OPTION...] COMMAND [WORD...]\n"
	     "\n"
	     "# DESCRIPTION\n"
	     "\n"
	     "svcctl shows and changes the Services that the kernel module nf\\_svc carries in\n"
	     "a network namespace. Each command that changes something is one transaction:\n"
	     "packets see all of it or nothing, and it has taken effect when svcctl ends.\n"
	     "*svcctl* alone is *svcctl list*.\n");
	print_escaped(HELP_WORDS);
	puts("\n# OPTIONS\n");
	print_options(0);
	puts("# COMMANDS\n");
	for (const struct command *const *at = svcctl_commands; *at; at++)
		print_command(*at);
	puts("# EXIT STATUS\n"
	     "\n" HELP_STATUS ".\n\n"
	     "# FILES\n"
	     "\n"
	     "_share/nf\\_svc/svcctl.schema.json_\n"
	     "\tBelow the folder that svcctl is installed in: JSON Schema of what each command\n"
	     "\tprints with *--json*.\n"
	     "\n"
	     "# SEE ALSO\n"
	     "\n"
	     "*ip-netns*(8), *conntrack*(8), *nft*(8)");
}

static bool verb_is_first(const struct command *const *at)
{
	return at == svcctl_commands || strcmp(at[-1]->verb, (*at)->verb);
}

static void print_verbs(void)
{
	for (const struct command *const *at = svcctl_commands; *at; at++) {
		if (verb_is_first(at))
			printf("%s%s", at == svcctl_commands ? "" : " ",
			       (*at)->verb);
	}
}

/* All that comes after a verb: nouns, and options of any of them. */
static void print_after_verb(const struct command *const *at)
{
	const char *verb = (*at)->verb;
	unsigned int bits = 0;

	printf("\t%s) nouns='", verb);
	for (; *at && !strcmp((*at)->verb, verb); at++) {
		bits |= (*at)->options;
		if ((*at)->noun)
			printf("%s ", (*at)->noun);
	}
	printf("' options='");
	for (const struct option_line *line = svcctl_options; line->name;
	     line++) {
		if (line->bit & bits)
			printf("--%s ", line->name);
	}
	puts("' ;;");
}

void manual_print_bash(void)
{
	puts("# bash completion of svcctl\n"
	     "_svcctl()\n"
	     "{\n"
	     "\tlocal current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
	     "\tlocal verb='' nouns='' options='' skip='' words='' i\n"
	     "\n"
	     "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	     "\t\tif [[ $skip ]]; then skip=''; continue; fi\n"
	     "\t\tcase ${COMP_WORDS[i]} in");
	printf("\t\t");
	for (const struct option_line *line = svcctl_options; line->name;
	     line++) {
		if (!line->arg)
			continue;
		if (line->letter)
			printf("-%c|", line->letter);
		printf("--%s|", line->name);
	}
	puts("@) skip=y ;;\n"
	     "\t\t-*) ;;\n"
	     "\t\t*) verb=${verb:-${COMP_WORDS[i]}}; words+=x ;;\n"
	     "\t\tesac\n"
	     "\tdone\n"
	     "\tcase $verb in");
	for (const struct command *const *at = svcctl_commands; *at; at++) {
		if (verb_is_first(at))
			print_after_verb(at);
	}
	puts("\tesac\n"
	     "\tcase $before in\n"
	     "\t-f|--file) mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); return ;;\n"
	     "\t-o|--output) nouns='table wide name json' ;;\n"
	     "\t--color) nouns='auto always never' ;;\n"
	     "\t-n|--netns) nouns=$(ip netns list 2>/dev/null | cut -d ' ' -f 1) ;;\n"
	     "\t*)");
	printf("\t\tif [[ $current == -* ]]; then\n"
	       "\t\t\tnouns=\"$options");
	for (const struct option_line *line = svcctl_options; line->name;
	     line++) {
		if (!line->bit)
			printf(" --%s", line->name);
	}
	printf("\"\n"
	       "\t\telif [[ ! $verb ]]; then\n"
	       "\t\t\tnouns='");
	print_verbs();
	puts("'\n"
	     "\t\telif [[ $verb == help && $words == x ]]; then");
	printf("\t\t\tnouns='");
	print_verbs();
	puts("'\n"
	     "\t\telif [[ $verb == check ]]; then");
	printf("\t\t\tnouns='");
	for (const struct check *check = svcctl_checks; check->id; check++)
		printf("%s%s", check == svcctl_checks ? "" : " ", check->id);
	puts("'\n"
	     "\t\telif [[ ! $nouns || $words != x ]]; then\n"
	     "\t\t\tnouns=$(svcctl -o name list 2>/dev/null)\n"
	     "\t\tfi ;;\n"
	     "\tesac\n"
	     "\tmapfile -t COMPREPLY < <(compgen -W \"$nouns\" -- \"$current\")\n"
	     "}\n"
	     "complete -F _svcctl svcctl");
}
