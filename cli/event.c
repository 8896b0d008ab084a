// SPDX-License-Identifier: GPL-2.0
/* Commits and what else the kernel tells, as text and as JSON. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/address.h"
#include "client/words.h"
#include "document.h"
#include "event.h"

#define NS_PER_SECOND 1000000000ULL

static size_t add_counts(char *text, size_t used, const char *what,
			 uint32_t added, uint32_t changed, uint32_t deleted)
{
	const struct {
		char sign;
		uint32_t count;
	} parts[] = { { '+', added }, { '~', changed }, { '-', deleted } };

	if (!added && !changed && !deleted)
		return used;
	used += (size_t)sprintf(text + used, "%s%s", used ? ", " : "", what);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (parts[i].count)
			used += (size_t)sprintf(text + used, " %c%u",
						parts[i].sign, parts[i].count);
	}
	return used;
}

char *counts_write(const struct nf_svc_counts *counts, bool settings,
		   char *text)
{
	size_t used;

	/* fits: four words, and eight numbers of ten digits */
	used = add_counts(text, 0, "services", counts->services_added,
			  counts->services_changed, counts->services_deleted);
	used = add_counts(text, used, "frontends", counts->frontends_added, 0,
			  counts->frontends_deleted);
	used = add_counts(text, used, "backends", counts->backends_added,
			  counts->backends_changed, counts->backends_deleted);
	if (settings)
		used += (size_t)sprintf(text + used, "%ssettings",
					used ? ", " : "");
	if (!used)
		strcpy(text, "nothing");
	return text;
}

char *time_write(uint64_t time, bool json, char *text)
{
	time_t seconds = (time_t)(time / NS_PER_SECOND);
	struct tm parts;
	size_t used;

	if (!json) {
		localtime_r(&seconds, &parts);
		strftime(text, TIME_TEXT, "%Y-%m-%d %H:%M:%S", &parts);
		return text;
	}
	gmtime_r(&seconds, &parts);
	used = strftime(text, TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(text + used, TIME_TEXT - used, ".%09lluZ",
		 (unsigned long long)(time % NS_PER_SECOND));
	return text;
}

uint64_t time_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

static bool add_numbers(cJSON *to, const char *name, uint32_t added,
			const uint32_t *changed, uint32_t deleted)
{
	cJSON *value = cJSON_AddObjectToObject(to, name);

	return value && cJSON_AddNumberToObject(value, "added", added) &&
	       (!changed ||
		cJSON_AddNumberToObject(value, "changed", *changed)) &&
	       cJSON_AddNumberToObject(value, "deleted", deleted);
}

static bool add_objects(cJSON *to, const struct nf_svc_counts *counts)
{
	return add_numbers(to, "frontends", counts->frontends_added, NULL,
			   counts->frontends_deleted) &&
	       add_numbers(to, "backends", counts->backends_added,
			   &counts->backends_changed, counts->backends_deleted);
}

static bool add_writer(cJSON *to, const struct nf_svc_writer *writer)
{
	return cJSON_AddStringToObject(to, "owner", writer->owner) &&
	       cJSON_AddNumberToObject(to, "pid", writer->pid) &&
	       cJSON_AddStringToObject(to, "command", writer->comm);
}

static bool add_commit(cJSON *to, const struct nf_svc_commit *commit)
{
	char text[TIME_TEXT];

	return cJSON_AddNumberToObject(to, "generation",
				       (double)commit->generation) &&
	       cJSON_AddStringToObject(to, "time",
				       time_write(commit->time, true, text)) &&
	       add_writer(to, &commit->writer) &&
	       cJSON_AddBoolToObject(to, "replaced", commit->replaced) &&
	       cJSON_AddBoolToObject(to, "settings",
				     commit->settings_changed) &&
	       cJSON_AddBoolToObject(to, "listed", !commit->not_listed) &&
	       add_numbers(to, "services", commit->counts.services_added,
			   &commit->counts.services_changed,
			   commit->counts.services_deleted) &&
	       add_objects(to, &commit->counts);
}

cJSON *commit_document(const struct nf_svc_commit *commit)
{
	cJSON *value = cJSON_CreateObject();

	if (value && add_commit(value, commit))
		return value;
	cJSON_Delete(value);
	return NULL;
}

static bool add_changed(cJSON *to, const struct nf_svc_changed *changed)
{
	return cJSON_AddNumberToObject(to, "generation",
				       (double)changed->generation) &&
	       cJSON_AddStringToObject(to, "change",
				       nf_svc_word_text(nf_svc_change_kinds,
							changed->change)) &&
	       cJSON_AddStringToObject(to, "owner", changed->owner) &&
	       cJSON_AddStringToObject(to, "name", changed->name) &&
	       cJSON_AddStringToObject(to, "protocol",
				       nf_svc_word_text(nf_svc_protocols,
							changed->protocol)) &&
	       cJSON_AddStringToObject(to, "family",
				       nf_svc_word_text(nf_svc_families,
							changed->family)) &&
	       add_objects(to, &changed->counts);
}

static bool add_dropped(cJSON *to, const struct nf_svc_dropped *dropped)
{
	const struct nf_svc_packet *packet = &dropped->packet;
	char text[NF_SVC_ADDR_TEXT];

	return cJSON_AddStringToObject(to, "reason",
				       nf_svc_word_text(nf_svc_drop_reasons,
							dropped->reason)) &&
	       cJSON_AddStringToObject(to, "verdict",
				       nf_svc_word_text(nf_svc_verdicts,
							dropped->verdict)) &&
	       cJSON_AddStringToObject(to, "class",
				       nf_svc_word_text(nf_svc_classes,
							dropped->class)) &&
	       cJSON_AddNumberToObject(to, "protocol", packet->protocol) &&
	       cJSON_AddStringToObject(to, "source",
				       nf_svc_addr_format(&packet->source,
							  text)) &&
	       cJSON_AddNumberToObject(to, "sourcePort", packet->source_port) &&
	       cJSON_AddStringToObject(to, "address",
				       nf_svc_addr_format(&packet->addr,
							  text)) &&
	       cJSON_AddNumberToObject(to, "port", packet->port) &&
	       document_add_text(to, "device", packet->device) &&
	       document_add_text(to, "service", dropped->name) &&
	       cJSON_AddNumberToObject(to, "lost", dropped->lost);
}

static bool add_event(cJSON *to, const struct nf_svc_event *event)
{
	switch (event->kind) {
	case NF_SVC_EVENT_COMMIT:
		return cJSON_AddStringToObject(to, "event", "commit") &&
		       add_commit(to, &event->commit);
	case NF_SVC_EVENT_CHANGED:
		return cJSON_AddStringToObject(to, "event", "changed") &&
		       add_changed(to, &event->changed);
	case NF_SVC_EVENT_CLAIMED:
		return cJSON_AddStringToObject(to, "event", "claimed") &&
		       add_writer(to, &event->writer);
	case NF_SVC_EVENT_RELEASED:
		return cJSON_AddStringToObject(to, "event", "released") &&
		       add_writer(to, &event->writer);
	case NF_SVC_EVENT_DROPPED:
		return cJSON_AddStringToObject(to, "event", "dropped") &&
		       add_dropped(to, &event->dropped);
	case NF_SVC_EVENT_MISSED:
	default:
		return cJSON_AddStringToObject(to, "event", "missed");
	}
}

cJSON *event_document(const struct nf_svc_event *event)
{
	cJSON *value = cJSON_CreateObject();

	if (value && add_event(value, event))
		return value;
	cJSON_Delete(value);
	return NULL;
}
