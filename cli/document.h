/* SPDX-License-Identifier: GPL-2.0 */
/* Objects as JSON: docs/svcctl.schema.json describes what comes out. */
#ifndef SVCCTL_DOCUMENT_H
#define SVCCTL_DOCUMENT_H

#include <cjson/cJSON.h>

#include "client/words.h"
#include "client/objects.h"

/* What the "format" of a saved document says. */
#define DOCUMENT_FORMAT "nf_svc/1"

/**
 * document_service - a service with all that belongs to it
 * @service: the service
 * @live: with the state of backends, which a saved document does not have
 *
 * Return: the value, to be cJSON_Delete()d, or NULL: no memory. So do the
 * other functions.
 */
cJSON *document_service(const struct nf_svc_service *service, bool live);

/**
 * document_settings - settings
 * @settings: the settings
 */
cJSON *document_settings(const struct nf_svc_settings *settings);

/**
 * document_stats - counters: flows, masqueraded and drops by reason
 * @stats: the counters
 */
cJSON *document_stats(const struct nf_svc_stats *stats);

/**
 * document_total - the same of a network namespace, with what was not counted
 * @stats: the counters
 */
cJSON *document_total(const struct nf_svc_stats *stats);

/**
 * document_add_text - add a text, or null where there is none
 * @to: an object
 * @key: its key
 * @text: the text; NULL and "" are none
 *
 * Return: false: no memory.
 */
bool document_add_text(cJSON *to, const char *key, const char *text);

/**
 * document_backend - a backend
 * @backend: the backend
 * @live: with its state
 */
cJSON *document_backend(const struct nf_svc_backend *backend, bool live);

/**
 * document_rule - a rule
 * @rule: the rule
 */
cJSON *document_rule(const struct nf_svc_rule *rule);

#endif
