// SPDX-License-Identifier: GPL-2.0
/* Events as JSON. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sync/watch/recorder.h"

/* Room for a MicroTime: "2026-01-02T03:04:05.678901Z". */
#define TIME_TEXT 48
/* Bytes that reportingInstance may have. */
#define INSTANCE_MAX 128

static cJSON *add_time(cJSON *to, const char *key, uint64_t usec)
{
	time_t seconds = (time_t)(usec / 1000000);
	char text[TIME_TEXT];
	struct tm tm;
	size_t len;

	gmtime_r(&seconds, &tm);
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, sizeof(text) - len, ".%06uZ",
		 (unsigned int)(usec % 1000000));
	return cJSON_AddStringToObject(to, key, text);
}

static bool add_series(cJSON *event, const struct series *series)
{
	cJSON *to = cJSON_AddObjectToObject(event, "series");

	return to && cJSON_AddNumberToObject(to, "count", series->count) &&
	       add_time(to, "lastObservedTime", series->last);
}

/* A Node has its name for a UID in Events: so the kubelet and kube-proxy have it. */
static bool add_object(cJSON *event, const struct series *series,
		       const char *node)
{
	bool service = *series->namespace;
	cJSON *to = cJSON_AddObjectToObject(event, "regarding");

	return to &&
	       cJSON_AddStringToObject(to, "kind",
				       service ? "Service" : "Node") &&
	       cJSON_AddStringToObject(to, "apiVersion", "v1") &&
	       (!service ||
		cJSON_AddStringToObject(to, "namespace", series->namespace)) &&
	       cJSON_AddStringToObject(to, "name",
				       service ? series->name : node) &&
	       (service && !*series->uid ?
			true :
			cJSON_AddStringToObject(to, "uid",
						service ? series->uid : node) !=
				NULL);
}

static bool add_metadata(cJSON *event, const struct series *series)
{
	cJSON *to = cJSON_AddObjectToObject(event, "metadata");

	return to && cJSON_AddStringToObject(to, "name", series->event) &&
	       cJSON_AddStringToObject(to, "namespace",
				       *series->namespace ? series->namespace :
							    "default");
}

static char *print(cJSON *event, bool complete)
{
	char *text = complete ? cJSON_PrintUnformatted(event) : NULL;

	cJSON_Delete(event);
	return text;
}

char *recorder_new(const struct series *series, const char *node)
{
	cJSON *event = cJSON_CreateObject();
	char instance[INSTANCE_MAX + 1];

	snprintf(instance, sizeof(instance), "svcsyncd-%s", node);
	return print(
		event,
		event &&
			cJSON_AddStringToObject(event, "apiVersion",
						"events.k8s.io/v1") &&
			cJSON_AddStringToObject(event, "kind", "Event") &&
			add_metadata(event, series) &&
			add_time(event, "eventTime", series->first) &&
			cJSON_AddStringToObject(event, "reportingController",
						"svcsyncd") &&
			cJSON_AddStringToObject(event, "reportingInstance",
						instance) &&
			cJSON_AddStringToObject(event, "action",
						series->action) &&
			cJSON_AddStringToObject(event, "reason",
						series->reason) &&
			cJSON_AddStringToObject(event, "type",
						series->warning ? "Warning" :
								  "Normal") &&
			cJSON_AddStringToObject(event, "note", series->note) &&
			add_object(event, series, node) &&
			(series->count < 2 || add_series(event, series)));
}

char *recorder_again(const struct series *series)
{
	cJSON *event = cJSON_CreateObject();

	return print(event, event && add_series(event, series));
}
