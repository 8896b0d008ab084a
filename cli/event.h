/* SPDX-License-Identifier: GPL-2.0 */
/* Commits and what else the kernel tells, as text and as JSON. */
#ifndef SVCCTL_EVENT_H
#define SVCCTL_EVENT_H

#include <cjson/cJSON.h>

#include "client/events.h"

/* Room for what counts_write() and time_write() write. */
#define COUNTS_TEXT 160
#define TIME_TEXT 40

/**
 * counts_write - write what was changed: "services +1 ~2 -3, frontends +1"
 * @counts: + are added, ~ changed and - deleted ones; nothing gives "nothing"
 * @settings: the settings were set
 * @text: COUNTS_TEXT bytes
 *
 * Return: @text.
 */
char *counts_write(const struct nf_svc_counts *counts, bool settings,
		   char *text);

/**
 * time_write - write a time: local for people, UTC as of RFC 3339 for programs
 * @time: nanoseconds since 1970
 * @json: for programs
 * @text: TIME_TEXT bytes
 *
 * Return: @text.
 */
char *time_write(uint64_t time, bool json, char *text);

/**
 * time_now - the time
 *
 * Return: nanoseconds since 1970.
 */
uint64_t time_now(void);

/**
 * event_document - a JSON object of something told
 * @event: what; not NF_SVC_EVENT_MISSED alone has but "event"
 *
 * Return: the object, or NULL: no memory.
 */
cJSON *event_document(const struct nf_svc_event *event);

/**
 * commit_document - a JSON object of a commit, as event_document() has it
 * @commit: the commit
 *
 * Return: the object, or NULL: no memory.
 */
cJSON *commit_document(const struct nf_svc_commit *commit);

#endif
