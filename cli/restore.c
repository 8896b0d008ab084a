// SPDX-License-Identifier: GPL-2.0
/* svcctl restore */
#include <errno.h>
#include <string.h>

#include "command.h"
#include "document_read.h"
#include "file.h"
#include "transaction.h"

static int queue_service(struct svcctl *ctl,
			 const struct nf_svc_service *service,
			 struct nf_svc_error *error)
{
	struct nf_svc_key key = nf_svc_service_key(service);
	int ret;

	ret = nf_svc_tx_service_set(ctl->client, service, NF_SVC_GIVEN_ALL,
				    NF_SVC_FLAG_CREATE, error);
	if (!ret)
		ret = nf_svc_tx_backends_set(ctl->client, &key,
					     service->backends,
					     service->n_backends, 0, error);
	for (size_t i = 0; i < service->n_frontends && !ret; i++)
		ret = nf_svc_tx_frontend_set(ctl->client, service->name,
					     &service->frontends[i], 0, error);
	return ret;
}

/* All of one owner, and nothing else of that owner. */
static enum exit_status restore_owner(struct svcctl *ctl,
				      const struct document *document,
				      const char *owner)
{
	struct nf_svc_begin begin = {
		.owner = owner,
		.flags = NF_SVC_FLAG_REPLACE,
		.deadline = nf_svc_deadline(ctl->wait_ms),
	};
	struct nf_svc_error error;
	int ret;

	ret = nf_svc_tx_begin(ctl->client, &begin, &error);
	if (ret)
		return complain_error(&error);
	if (document->has_settings && !strcmp(document->settings.owner, owner))
		ret = nf_svc_tx_settings_set(ctl->client, &document->settings,
					     &error);
	for (size_t i = 0; i < document->n_services && !ret; i++) {
		if (!strcmp(document->services[i].owner, owner))
			ret = queue_service(ctl, &document->services[i],
					    &error);
	}
	if (!ret)
		return transaction_check(
			nf_svc_tx_commit(ctl->client, NULL, &error), &error);
	nf_svc_tx_abort(ctl->client);
	return complain_error(&error);
}

static enum exit_status restore(struct svcctl *ctl,
				const struct document *document)
{
	enum exit_status status = DONE;
	bool any = false;

	for (size_t i = 0; i < document->n_owners && !status; i++) {
		if (ctl->owner_given && strcmp(document->owners[i], ctl->owner))
			continue;
		any = true;
		status = restore_owner(ctl, document, document->owners[i]);
	}
	if (!any && ctl->owner_given)
		return complain(
			NOT_FOUND,
			"restore: the document holds nothing of owner %s",
			ctl->owner);
	return status;
}

static enum exit_status run_restore(struct svcctl *ctl, struct words *words)
{
	const char *path = ctl->file ? ctl->file : "-";
	struct document document;
	struct tree_error error;
	enum exit_status status;
	struct tree_file file;

	status = words_end(words);
	if (!status)
		status = file_read_tree(path, &file);
	if (status)
		return status;
	if (document_read(&document, &file, &error))
		status = complain_file(path, &error);
	tree_clean(&file);
	if (status)
		return status;
	status = svcctl_connect(ctl);
	if (!status)
		status = restore(ctl, &document);
	document_clean(&document);
	return status;
}

const struct command svcctl_restore = {
	.verb = "restore",
	.synopsis = "[-f FILE|-]",
	.summary = "make the tables what 'svcctl save' printed",
	.help = "Makes each owner in the document have exactly what the document holds of it;\n"
		"what else it had is deleted, other owners are not touched. With --owner only\n"
		"that owner is restored. Nothing is changed if the document is wrong.\n"
		"\n"
		"Traffic of services that are in both is not disturbed. It is one transaction for\n"
		"each owner, in the order of the document: all or nothing of that owner.\n"
		"\n"
		"Without -f it reads the standard input. The document is JSON, or the same as\n"
		"YAML.\n",
	.options = OPTION_FILE,
	.run = run_restore,
};
