/* SPDX-License-Identifier: GPL-2.0 */
/* The commands of svcctl: one file each, all of them in one table. */
#ifndef SVCCTL_COMMAND_H
#define SVCCTL_COMMAND_H

#include "svcctl.h"

/**
 * enum option_bit - options that only some commands take
 */
enum option_bit {
	OPTION_FILE = 1 << 0,
	OPTION_NODE = 1 << 1,
	OPTION_SERVICE_CIDR = 1 << 2,
	OPTION_POD_CIDR = 1 << 3,
	OPTION_DRY_RUN = 1 << 4,
	OPTION_YES = 1 << 5,
	OPTION_ALL = 1 << 6,
	OPTION_DROPS = 1 << 7,
	OPTION_COUNT = 1 << 8,
	OPTION_PRUNE = 1 << 9,
	OPTION_RATE = 1 << 10,
	OPTION_ZONE = 1 << 11,
	OPTION_NODE_PORTS = 1 << 12,
	OPTION_EXTERNAL_IP_CIDRS = 1 << 13,
	OPTION_MASQUERADE_ALL = 1 << 14,
	OPTION_INTERNAL = 1 << 15,
};

/* What the list of commands and the manual page both say. */
#define HELP_WORDS                                                                           \
	"A service is called NAMESPACE/NAME[:PORT], for example shop/web:http. The name\n"   \
	"of its port is a part of that; only list, show and stats take NAMESPACE/NAME for\n" \
	"all ports. If several services have the name, of several protocols or families,\n"  \
	"NAME/udp, NAME/ipv6 or NAME/udp/ipv6 says which. A service answers at its\n"        \
	"frontends and is served by its backends. Both are written IP:PORT or\n"             \
	"[IPV6]:PORT; a frontend also IP:PORT/udp, and *:PORT if it is a NodePort (quote\n"  \
	"the * for the shell).\n"                                                            \
	"\n"                                                                                 \
	"Each service has an owner, the program that takes care of it: admin for svcctl,\n"  \
	"unless --owner says other. So have the settings. To change what another owner\n"    \
	"has, name that one.\n"

#define HELP_STATUS                                                           \
	"0 done, 1 wrong usage or file, 2 refused by the kernel or failed,\n" \
	"3 module not loaded, 4 not found, 5 not permitted, 6 differences or findings"

/**
 * struct command - one command
 * @verb: its first word
 * @noun: its second word, NULL: it has none
 * @synopsis: what comes after these words
 * @summary: one line, for the list of commands
 * @help: the rest of its help, lines that end with a newline
 * @options: enum option_bit
 * @batch: it may stand in a batch
 * @run: does it; @words are what comes after verb and noun
 */
struct command {
	const char *verb;
	const char *noun;
	const char *synopsis;
	const char *summary;
	const char *help;
	unsigned int options;
	bool batch;
	enum exit_status (*run)(struct svcctl *ctl, struct words *words);
};

/* All commands in the order of the help; the last one is NULL. */
extern const struct command *const svcctl_commands[];

/**
 * command_find - find a command
 * @verb: its first word
 * @noun: its second word, or NULL
 *
 * Return: the command, or NULL.
 */
const struct command *command_find(const char *verb, const char *noun);

/**
 * command_verb_known - is there a command with this first word?
 * @verb: the word
 */
bool command_verb_known(const char *verb);

/**
 * command_noun_known - is there a command with this second word?
 * @noun: the word
 */
bool command_noun_known(const char *noun);

/**
 * complain_verb - tell that there is no such command
 * @verb: the first word
 *
 * Return: WRONG_USAGE.
 */
enum exit_status complain_verb(const char *verb);

/**
 * command_take - take the command off the front of some words
 * @words: afterwards what comes behind it
 * @command: where it goes; without words it is 'list'
 *
 * Return: DONE, or WRONG_USAGE after telling why.
 */
enum exit_status command_take(struct words *words,
			      const struct command **command);

/**
 * help_print_all - print the list of commands and the options
 */
void help_print_all(void);

/**
 * help_print_verb - print the help of each command with these words
 * @verb: its first word, or NULL: any
 * @noun: its second word, or NULL: any
 */
void help_print_verb(const char *verb, const char *noun);

/**
 * manual_print_scdoc - print the manual page, as scdoc reads it
 */
void manual_print_scdoc(void);

/**
 * manual_print_bash - print the completion of bash
 */
void manual_print_bash(void);

/**
 * struct option_line - one option, for the parser and for the help
 * @letter: its short form, 0: none
 * @name: its long form
 * @arg: name of its argument, NULL: takes none
 * @bit: enum option_bit, 0: all commands take it
 * @help: what it does
 */
struct option_line {
	char letter;
	const char *name;
	const char *arg;
	unsigned int bit;
	const char *help;
};

/* All options; the last one has no name. */
extern const struct option_line svcctl_options[];

/**
 * struct options_seen - what the options said beside struct svcctl
 * @given: enum option_bit
 * @help: -h
 * @version: -V
 */
struct options_seen {
	unsigned int given;
	bool help;
	bool version;
};

/**
 * options_read - read the options of a command line
 * @ctl: the run, filled
 * @seen: filled
 * @argc: as main() got it
 * @argv: as main() got it; reordered so that the words stand behind the options
 * @words: the words, which point into @argv
 *
 * Return: DONE, or WRONG_USAGE after telling why.
 */
enum exit_status options_read(struct svcctl *ctl, struct options_seen *seen,
			      int argc, char **argv, struct words *words);

/**
 * svcctl_main - svcctl, but for the process around it
 * @argc: as main() got it
 * @argv: as main() got it
 *
 * Return: the exit status.
 */
enum exit_status svcctl_main(int argc, char **argv);

#endif
