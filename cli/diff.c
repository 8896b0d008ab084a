// SPDX-License-Identifier: GPL-2.0
/* svcctl diff */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "application.h"
#include "client/address.h"
#include "client/words.h"
#include "command.h"
#include "document.h"
#include "document_read.h"
#include "print.h"

/**
 * struct comparison - a file against the kernel
 * @apply: its manifests
 * @document: or what 'save' printed
 * @is_document: which of them
 * @printer: of the JSON
 * @n: differences told
 */
struct comparison {
	struct application apply;
	struct document document;
	bool is_document;
	struct array_printer printer;
	size_t n;
};

/**
 * struct difference - one line
 * @kind: enum nf_svc_change_kind
 * @object: what differs
 * @key: of its service, NULL: the settings
 * @addr: address of a frontend or backend, NULL: another object
 * @port: its port
 */
struct difference {
	uint32_t kind;
	const char *object;
	const struct nf_svc_key *key;
	const struct nf_svc_addr *addr;
	uint16_t port;
};

static cJSON *document_difference(const struct difference *difference)
{
	const struct nf_svc_key *key = difference->key;
	cJSON *value = cJSON_CreateObject();
	char text[NF_SVC_ADDR_TEXT];

	if (value &&
	    cJSON_AddStringToObject(value, "change",
				    nf_svc_word_text(nf_svc_change_kinds,
						     difference->kind)) &&
	    cJSON_AddStringToObject(value, "object", difference->object) &&
	    (!key ||
	     (cJSON_AddStringToObject(value, "service", key->name) &&
	      cJSON_AddStringToObject(value, "protocol",
				      nf_svc_word_text(nf_svc_protocols,
						       key->protocol)) &&
	      cJSON_AddStringToObject(value, "family",
				      nf_svc_word_text(nf_svc_families,
						       key->family)))) &&
	    (!difference->addr ||
	     (cJSON_AddStringToObject(value, "address",
				      nf_svc_addr_format(difference->addr,
							 text)) &&
	      cJSON_AddNumberToObject(value, "port", difference->port))))
		return value;
	cJSON_Delete(value);
	return NULL;
}

static void print_difference(const struct svcctl *ctl,
			     const struct difference *difference)
{
	static const struct {
		char sign;
		enum paint paint;
	} signs[] = {
		[NF_SVC_CHANGE_ADDED] = { '+', PAINT_GOOD },
		[NF_SVC_CHANGE_CHANGED] = { '~', PAINT_ODD },
		[NF_SVC_CHANGE_DELETED] = { '-', PAINT_BAD },
	};
	const struct nf_svc_key *key = difference->key;
	char place[NF_SVC_PLACE_TEXT];

	printf("%s%c %s", paint_on(ctl, signs[difference->kind].paint),
	       signs[difference->kind].sign, difference->object);
	if (difference->addr)
		printf(" %s of",
		       nf_svc_addr_port_format(difference->addr,
					       difference->port, place));
	if (key)
		printf(" %s/%s/%s", key->name,
		       nf_svc_word_text(nf_svc_protocols, key->protocol),
		       nf_svc_word_text(nf_svc_families, key->family));
	printf("%s\n", paint_off(ctl));
}

/* False: no memory. */
static bool tell(const struct svcctl *ctl, struct comparison *comparison,
		 const struct difference *difference)
{
	comparison->n++;
	if (ctl->output == OUTPUT_JSON)
		return array_add(&comparison->printer,
				 document_difference(difference));
	if (!ctl->quiet)
		print_difference(ctl, difference);
	return true;
}

static bool has_backend(const struct nf_svc_service *service,
			const struct nf_svc_backend *backend)
{
	return service && service->n_backends &&
	       bsearch(backend, service->backends, service->n_backends,
		       sizeof(*backend), nf_svc_backend_compare);
}

static bool has_frontend(const struct nf_svc_service *service,
			 const struct nf_svc_frontend *frontend)
{
	for (size_t i = 0; service && i < service->n_frontends; i++) {
		if (!nf_svc_frontend_compare(&service->frontends[i], frontend))
			return true;
	}
	return false;
}

static bool tell_change(const struct svcctl *ctl, struct comparison *comparison,
			const struct nf_svc_snapshot *snapshot,
			const struct change *change)
{
	const struct nf_svc_service *have =
		nf_svc_snapshot_find(snapshot, &change->key);
	struct difference difference = { .key = &change->key,
					 .object = "service" };
	bool ok = true;

	switch (change->kind) {
	case CHANGE_SERVICE_DEL:
		difference.kind = NF_SVC_CHANGE_DELETED;
		return tell(ctl, comparison, &difference);
	case CHANGE_SERVICE_CREATE:
		difference.kind = NF_SVC_CHANGE_ADDED;
		return tell(ctl, comparison, &difference);
	case CHANGE_SERVICE_SET:
		difference.kind = NF_SVC_CHANGE_CHANGED;
		return tell(ctl, comparison, &difference);
	case CHANGE_FRONTEND_DEL:
	case CHANGE_FRONTEND_SET:
		difference.object = "frontend";
		difference.addr = &change->frontend->addr;
		difference.port = change->frontend->port;
		difference.kind = change->kind == CHANGE_FRONTEND_DEL ?
					  NF_SVC_CHANGE_DELETED :
				  has_frontend(have, change->frontend) ?
					  NF_SVC_CHANGE_CHANGED :
					  NF_SVC_CHANGE_ADDED;
		return tell(ctl, comparison, &difference);
	case CHANGE_BACKENDS_DEL:
	case CHANGE_BACKENDS_SET:
	default:
		difference.object = "backend";
		for (size_t i = 0; i < change->n_backends && ok; i++) {
			const struct nf_svc_backend *backend =
				&change->backends[i];

			difference.addr = &backend->addr;
			difference.port = backend->port;
			difference.kind = change->kind == CHANGE_BACKENDS_DEL ?
						  NF_SVC_CHANGE_DELETED :
					  has_backend(have, backend) ?
						  NF_SVC_CHANGE_CHANGED :
						  NF_SVC_CHANGE_ADDED;
			ok = tell(ctl, comparison, &difference);
		}
		return ok;
	}
}

static enum exit_status tell_all(const struct svcctl *ctl,
				 struct comparison *comparison,
				 const struct nf_svc_snapshot *snapshot,
				 struct changes *changes, bool settings)
{
	const struct difference difference = { .kind = NF_SVC_CHANGE_CHANGED,
					       .object = "settings" };
	bool ok = true;

	changes_sort(changes);
	if (ctl->output == OUTPUT_JSON)
		array_begin(&comparison->printer);
	if (settings)
		ok = tell(ctl, comparison, &difference);
	for (size_t i = 0; i < changes->n && ok; i++)
		ok = tell_change(ctl, comparison, snapshot, &changes->list[i]);
	if (ctl->output == OUTPUT_JSON) {
		array_end(&comparison->printer);
		putchar('\n');
	}
	return ok ? DONE : complain_memory();
}

static bool concerns(const struct svcctl *ctl, const struct document *document,
		     const char *owner)
{
	if (ctl->owner_given && strcmp(owner, ctl->owner))
		return false;
	for (size_t i = 0; i < document->n_owners; i++) {
		if (!strcmp(document->owners[i], owner))
			return true;
	}
	return false;
}

static enum exit_status compare_document(const struct svcctl *ctl,
					 struct comparison *comparison,
					 const struct nf_svc_snapshot *snapshot)
{
	const struct document *document = &comparison->document;
	const struct nf_svc_service **have =
		calloc(snapshot->n_services + 1, sizeof(*have));
	struct nf_svc_service *want =
		calloc(document->n_services + 1, sizeof(*want));
	struct changes changes = { 0 };
	enum exit_status status;
	size_t n_have = 0, n_want = 0;

	for (size_t i = 0; have && i < snapshot->n_services; i++) {
		if (concerns(ctl, document, snapshot->services[i].owner))
			have[n_have++] = &snapshot->services[i];
	}
	/* copies of the structs alone: what they own stays the document's */
	for (size_t i = 0; want && i < document->n_services; i++) {
		if (concerns(ctl, document, document->services[i].owner))
			want[n_want++] = document->services[i];
	}
	if (!have || !want ||
	    diff_services(&changes, have, n_have, want, n_want))
		status = complain_memory();
	else
		status = tell_all(ctl, comparison, snapshot, &changes,
				  document->has_settings &&
					  concerns(ctl, document,
						   document->settings.owner) &&
					  diff_settings(&snapshot->settings,
							&document->settings));
	changes_clean(&changes);
	free(have);
	free(want);
	return status;
}

static enum exit_status compare(struct svcctl *ctl,
				const struct nf_svc_snapshot *snapshot,
				void *arg, bool *nothing)
{
	struct comparison *comparison = arg;
	struct application *apply = &comparison->apply;
	enum exit_status status;

	*nothing = true;
	if (comparison->is_document)
		return compare_document(ctl, comparison, snapshot);
	status = application_prepare(ctl, snapshot, apply, nothing);
	*nothing = true;
	return status ? status :
			tell_all(ctl, comparison, snapshot,
				 &apply->plan.changes, apply->set_settings);
}

static enum exit_status read_file(struct svcctl *ctl,
				  struct comparison *comparison)
{
	struct application *apply = &comparison->apply;
	struct tree_error error;
	enum exit_status status = file_read_tree(apply->path, &apply->file);

	if (status)
		return status;
	comparison->is_document = apply->file.n == 1 &&
				  tree_has(apply->file.documents, "format");
	if (!comparison->is_document)
		return application_read_tree(ctl, apply);
	if (document_read(&comparison->document, &apply->file, &error))
		return complain_file(apply->path, &error);
	return DONE;
}

static enum exit_status run_diff(struct svcctl *ctl, struct words *words)
{
	struct comparison comparison = { .apply.path = ctl->file };
	enum exit_status status;

	status = words_end(words);
	if (!status && !ctl->file)
		status = complain(
			WRONG_USAGE,
			"diff: which file? -f FILE, or -f - for the standard input");
	if (!status)
		status = read_file(ctl, &comparison);
	if (!status)
		status = transaction_run(ctl, READ_ALL, compare, NULL,
					 &comparison);
	document_clean(&comparison.document);
	application_clean(&comparison.apply);
	return status || !comparison.n ? status : DIFFERENT;
}

const struct command svcctl_diff = {
	.verb = "diff",
	.synopsis = "-f FILE|- [OPTION...]",
	.summary = "show what apply or restore of a file would change",
	.help = "Takes what 'svcctl apply' takes, with the same options, and what 'svcctl save'\n"
		"printed. A line for each object that would be added (+), changed (~) or deleted\n"
		"(-); what a deleted service has is not listed. Changes nothing, and needs no\n"
		"rights.\n"
		"\n"
		"Exits with 6 if there is a difference, with 0 if there is none; with -q that is\n"
		"all it tells.\n",
	.options = OPTION_FILE | OPTION_NODE | OPTION_ZONE | OPTION_NODE_PORTS |
		   OPTION_SERVICE_CIDR | OPTION_POD_CIDR |
		   OPTION_EXTERNAL_IP_CIDRS | OPTION_MASQUERADE_ALL |
		   OPTION_INTERNAL | OPTION_PRUNE,
	.run = run_diff,
};
