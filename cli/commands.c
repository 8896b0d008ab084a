// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "command.h"

extern const struct command svcctl_list;
extern const struct command svcctl_show;
extern const struct command svcctl_conns;
extern const struct command svcctl_drain;
extern const struct command svcctl_add_service;
extern const struct command svcctl_add_backend;
extern const struct command svcctl_add_frontend;
extern const struct command svcctl_set_service;
extern const struct command svcctl_set_backend;
extern const struct command svcctl_set_frontend;
extern const struct command svcctl_set_settings;
extern const struct command svcctl_del_service;
extern const struct command svcctl_del_backend;
extern const struct command svcctl_del_frontend;
extern const struct command svcctl_apply;
extern const struct command svcctl_diff;
extern const struct command svcctl_batch;
extern const struct command svcctl_save;
extern const struct command svcctl_restore;
extern const struct command svcctl_flush;
extern const struct command svcctl_stats;
extern const struct command svcctl_explain;
extern const struct command svcctl_history;
extern const struct command svcctl_monitor;
extern const struct command svcctl_bugreport;
extern const struct command svcctl_status;
extern const struct command svcctl_version;
extern const struct command svcctl_help;

const struct command *const svcctl_commands[] = {
	&svcctl_list,
	&svcctl_show,
	&svcctl_stats,
	&svcctl_conns,
	&svcctl_explain,
	&svcctl_apply,
	&svcctl_diff,
	&svcctl_add_service,
	&svcctl_add_backend,
	&svcctl_add_frontend,
	&svcctl_set_service,
	&svcctl_set_backend,
	&svcctl_set_frontend,
	&svcctl_set_settings,
	&svcctl_del_service,
	&svcctl_del_backend,
	&svcctl_del_frontend,
	&svcctl_drain,
	&svcctl_batch,
	&svcctl_save,
	&svcctl_restore,
	&svcctl_flush,
	&svcctl_status,
	&svcctl_history,
	&svcctl_monitor,
	&svcctl_bugreport,
	&svcctl_version,
	&svcctl_help,
	NULL,
};

const struct command *command_find(const char *verb, const char *noun)
{
	for (const struct command *const *at = svcctl_commands; *at; at++) {
		const struct command *command = *at;

		if (strcmp(command->verb, verb))
			continue;
		if (!command->noun || (noun && !strcmp(command->noun, noun)))
			return command;
	}
	return NULL;
}

bool command_verb_known(const char *verb)
{
	for (const struct command *const *at = svcctl_commands; *at; at++) {
		if (!strcmp((*at)->verb, verb))
			return true;
	}
	return false;
}

/* Words that other tools have for it. */
static const char *command_meant(const char *verb)
{
	static const struct {
		const char *verb;
		const char *meant;
	} others[] = {
		{ "get", "'svcctl list' or 'svcctl show NAME'" },
		{ "describe", "'svcctl show NAME'" },
		{ "ls", "'svcctl list'" },
		{ "create", "'svcctl add'" },
		{ "delete", "'svcctl del'" },
		{ "remove", "'svcctl del'" },
		{ "rm", "'svcctl del'" },
		{ "edit", "'svcctl set'" },
		{ "change", "'svcctl set'" },
		{ "replace", "'svcctl set'" },
		{ "watch", "'svcctl monitor'" },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (!strcmp(others[i].verb, verb))
			return others[i].meant;
	}
	return "'svcctl help' lists them";
}

enum exit_status command_take(struct words *words,
			      const struct command **command)
{
	const char *verb = words_take(words), *noun = words_peek(words);

	if (!verb)
		verb = "list";
	*command = command_find(verb, noun);
	if (*command) {
		if ((*command)->noun)
			words->next++;
		words->verb = verb;
		words->word += words->next;
		words->n -= words->next;
		words->next = 0;
		return DONE;
	}
	if (!command_verb_known(verb))
		return complain(WRONG_USAGE, "%s: no such command; %s", verb,
				command_meant(verb));
	if (!noun)
		return complain(WRONG_USAGE, "%s: what?; see 'svcctl help %s'",
				verb, verb);
	return complain(WRONG_USAGE,
			"%s %s: no such command; see 'svcctl help %s'", verb,
			noun, verb);
}
