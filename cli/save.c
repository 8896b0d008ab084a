// SPDX-License-Identifier: GPL-2.0
/* svcctl save */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "command.h"
#include "document.h"
#include "print.h"

/**
 * struct owners - names of owners
 * @names: pointers to names that live elsewhere
 * @n: how many
 */
struct owners {
	const char **names;
	size_t n;
};

static bool add_owner(struct owners *owners, const char *name)
{
	const char **entry;

	for (size_t i = 0; i < owners->n; i++) {
		if (!strcmp(owners->names[i], name))
			return true;
	}
	entry = nf_svc_array_add(&owners->names, &owners->n, sizeof(*entry));
	if (entry)
		*entry = name;
	return entry;
}

static int compare_names(const void *a, const void *b)
{
	const char *const *one = a, *const *other = b;

	return strcmp(*one, *other);
}

/* Whose objects are saved: the run's owner, or all that there are. */
static bool find_owners(const struct svcctl *ctl,
			const struct nf_svc_snapshot *snapshot,
			struct owners *owners)
{
	bool ok = true;

	if (!ctl->all)
		return add_owner(owners, ctl->owner);
	for (size_t i = 0; i < snapshot->n_services && ok; i++)
		ok = add_owner(owners, snapshot->services[i].owner);
	if (ok && *snapshot->settings.owner)
		ok = add_owner(owners, snapshot->settings.owner);
	if (ok && owners->n > 1)
		qsort(owners->names, owners->n, sizeof(*owners->names),
		      compare_names);
	return ok;
}

static bool is_saved(const struct owners *owners, const char *owner)
{
	for (size_t i = 0; i < owners->n; i++) {
		if (!strcmp(owners->names[i], owner))
			return true;
	}
	return false;
}

static bool print_line(const char *key, cJSON *value)
{
	char *text = value ? cJSON_PrintUnformatted(value) : NULL;

	if (text)
		printf("\"%s\":%s,\n", key, text);
	cJSON_free(text);
	cJSON_Delete(value);
	return text;
}

static enum exit_status print_document(const struct nf_svc_snapshot *snapshot,
				       const struct owners *owners)
{
	struct array_printer printer;
	bool ok;

	printf("{\n\"format\":\"%s\",\n", DOCUMENT_FORMAT);
	ok = print_line("owners",
			cJSON_CreateStringArray(owners->names, (int)owners->n));
	if (ok && *snapshot->settings.owner &&
	    is_saved(owners, snapshot->settings.owner))
		ok = print_line("settings",
				document_settings(&snapshot->settings));
	printf("\"services\":");
	array_begin(&printer);
	for (size_t i = 0; i < snapshot->n_services && ok; i++) {
		const struct nf_svc_service *service = &snapshot->services[i];

		if (is_saved(owners, service->owner))
			ok = array_add(&printer,
				       document_service(service, false));
	}
	array_end(&printer);
	puts("\n}");
	return ok ? DONE : complain_memory();
}

static enum exit_status run_save(struct svcctl *ctl, struct words *words)
{
	struct nf_svc_snapshot snapshot;
	struct owners owners = { 0 };
	struct nf_svc_error error;
	enum exit_status status;

	status = words_end(words);
	if (!status && ctl->all && ctl->owner_given)
		status = complain(
			WRONG_USAGE,
			"save: --all and --owner exclude each other; say one");
	if (!status)
		status = svcctl_connect(ctl);
	if (status)
		return status;
	if (nf_svc_snapshot_read(ctl->client, &snapshot, &error))
		return complain_error(&error);
	if (find_owners(ctl, &snapshot, &owners))
		status = print_document(&snapshot, &owners);
	else
		status = complain_memory();
	free(owners.names);
	nf_svc_snapshot_clean(&snapshot);
	return status;
}

const struct command svcctl_save = {
	.verb = "save",
	.synopsis = "[--all]",
	.summary = "print the tables for 'svcctl restore'",
	.help = "Prints all services of one owner, admin unless --owner names another, or of all\n"
		"owners with --all, as a JSON document of one service a line. The settings are in\n"
		"it if they belong to one of these owners. Counters are not saved.\n"
		"\n"
		"The same tables always give the same text.\n",
	.options = OPTION_ALL,
	.run = run_save,
};
