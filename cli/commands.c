// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
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
extern const struct command svcctl_check;
extern const struct command svcctl_bugreport;
extern const struct command svcctl_status;
extern const struct command svcctl_version;
extern const struct command svcctl_help;

const struct command *const svcctl_commands[] = {
	&svcctl_list,	      &svcctl_show,	    &svcctl_stats,
	&svcctl_conns,	      &svcctl_explain,	    &svcctl_apply,
	&svcctl_diff,	      &svcctl_add_service,  &svcctl_add_backend,
	&svcctl_add_frontend, &svcctl_set_service,  &svcctl_set_backend,
	&svcctl_set_frontend, &svcctl_set_settings, &svcctl_del_service,
	&svcctl_del_backend,  &svcctl_del_frontend, &svcctl_drain,
	&svcctl_batch,	      &svcctl_save,	    &svcctl_restore,
	&svcctl_flush,	      &svcctl_status,	    &svcctl_history,
	&svcctl_monitor,      &svcctl_check,	    &svcctl_bugreport,
	&svcctl_version,      &svcctl_help,	    NULL,
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

bool command_noun_known(const char *noun)
{
	for (const struct command *const *at = svcctl_commands; *at; at++) {
		if ((*at)->noun && !strcmp((*at)->noun, noun))
			return true;
	}
	return false;
}

enum exit_status complain_verb(const char *verb)
{
	/* what other programs call it */
	static const struct {
		const char *said;
		const char *meant;
	} habits[] = {
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
		{ "patch", "'svcctl set'" },
		{ "update", "'svcctl set'" },
		{ "modify", "'svcctl set'" },
		{ "service", "'svcctl add|set|del service'" },
		{ "backend", "'svcctl add|set|del backend'" },
		{ "frontend", "'svcctl add|set|del frontend'" },
		{ "settings", "'svcctl set settings'" },
	};

	for (size_t i = 0; i < sizeof(habits) / sizeof(*habits); i++) {
		if (!strcmp(habits[i].said, verb))
			return complain(WRONG_USAGE,
					"%s: no such command; here it is %s",
					verb, habits[i].meant);
	}
	return complain(WRONG_USAGE,
			"%s: no such command; 'svcctl help' lists them", verb);
}

/* "service, backend or frontend" */
static void list_nouns(const char *verb, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (const struct command *const *at = svcctl_commands; *at; at++) {
		const char *glue = ", ";
		int n;

		if (strcmp((*at)->verb, verb) || !(*at)->noun)
			continue;
		/* commands of one verb stand together */
		if (!at[1] || strcmp(at[1]->verb, verb))
			glue = " or ";
		n = snprintf(text + used, size - used, "%s%s", used ? glue : "",
			     (*at)->noun);
		if (n < 0 || (size_t)n >= size - used)
			return;
		used += (size_t)n;
	}
}

enum exit_status command_take(struct words *words,
			      const struct command **command)
{
	const char *verb = words_take(words), *noun = words_peek(words);
	char nouns[128];

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
		return complain_verb(verb);
	list_nouns(verb, nouns, sizeof(nouns));
	if (!noun)
		return complain(WRONG_USAGE, "%s: what? %s", verb, nouns);
	return complain(WRONG_USAGE, "%s %s: no such command; %s %s", verb,
			noun, verb, nouns);
}
