// SPDX-License-Identifier: GPL-2.0
/* svcctl flush */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "print.h"
#include "transaction.h"

static size_t count_own(const struct svcctl *ctl,
			const struct nf_svc_snapshot *snapshot)
{
	size_t n = 0;

	for (size_t i = 0; i < snapshot->n_services; i++)
		n += !strcmp(snapshot->services[i].owner, ctl->owner);
	return n;
}

static bool ask(const struct svcctl *ctl, size_t n)
{
	char answer[16];

	fprintf(stderr, "Delete %zu service%s of owner %s? [y/N] ", n,
		n == 1 ? "" : "s", ctl->owner);
	fflush(stderr);
	return fgets(answer, sizeof(answer), stdin) &&
	       (!strcmp(answer, "y\n") || !strcmp(answer, "yes\n"));
}

/* Each service by its name: what another made meanwhile is not deleted unseen. */
static enum exit_status plan_flush(struct svcctl *ctl,
				   const struct nf_svc_snapshot *snapshot,
				   void *arg)
{
	size_t *deleted = arg;
	struct nf_svc_error error;
	int ret = 0;

	*deleted = 0;
	for (size_t i = 0; i < snapshot->n_services && !ret; i++) {
		struct nf_svc_key key =
			nf_svc_service_key(&snapshot->services[i]);

		if (strcmp(snapshot->services[i].owner, ctl->owner))
			continue;
		ret = nf_svc_tx_service_del(ctl->client, &key, &error);
		++*deleted;
	}
	return transaction_check(ret, &error);
}

static enum exit_status confirm(struct svcctl *ctl)
{
	struct nf_svc_snapshot snapshot;
	struct nf_svc_error error;
	size_t n;

	if (ctl->yes)
		return DONE;
	if (!isatty(STDIN_FILENO))
		return complain(
			WRONG_USAGE,
			"flush: there is no terminal to ask on; say --yes to delete "
			"all services of owner %s",
			ctl->owner);
	if (nf_svc_snapshot_read(ctl->client, &snapshot, &error))
		return complain_error(&error);
	n = count_own(ctl, &snapshot);
	nf_svc_snapshot_clean(&snapshot);
	if (!n || ask(ctl, n))
		return DONE;
	return complain(WRONG_USAGE, "flush: nothing was deleted");
}

static cJSON *document_deleted(const struct svcctl *ctl, size_t deleted)
{
	cJSON *value = cJSON_CreateObject();

	if (value && cJSON_AddStringToObject(value, "owner", ctl->owner) &&
	    cJSON_AddNumberToObject(value, "deleted", (double)deleted))
		return value;
	cJSON_Delete(value);
	return NULL;
}

static enum exit_status run_flush(struct svcctl *ctl, struct words *words)
{
	enum exit_status status = words_end(words);
	size_t deleted = 0;

	/* without a terminal it is wrong usage, whether the module is there or not */
	if (!status && !ctl->yes && !isatty(STDIN_FILENO))
		return confirm(ctl);
	if (!status)
		status = svcctl_connect(ctl);
	if (!status)
		status = confirm(ctl);
	if (!status)
		status = transaction_run(ctl, READ_ALL, NULL, plan_flush,
					 &deleted);
	if (!status && ctl->output == OUTPUT_JSON)
		return json_print(document_deleted(ctl, deleted));
	if (!status && !ctl->quiet)
		printf("deleted %zu service%s of owner %s\n", deleted,
		       deleted == 1 ? "" : "s", ctl->owner);
	return status;
}

const struct command svcctl_flush = {
	.verb = "flush",
	.synopsis = "[--yes]",
	.summary = "delete all services of one owner",
	.help = "Deletes the services of one owner, admin unless --owner names another, in one\n"
		"transaction. Those of other owners and the settings stay. On a terminal it asks\n"
		"first; elsewhere it needs --yes.\n",
	.options = OPTION_YES,
	.run = run_flush,
};
