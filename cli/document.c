// SPDX-License-Identifier: GPL-2.0
#include "document.h"

/* All of these: false, or NULL, means that there is no memory. */

static bool add_word(cJSON *to, const char *key,
		     const struct nf_svc_word *words, uint64_t value)
{
	return cJSON_AddStringToObject(to, key, nf_svc_word_text(words, value));
}

static bool add_number(cJSON *to, const char *key, uint64_t value)
{
	return cJSON_AddNumberToObject(to, key, (double)value);
}

static bool add_item(cJSON *to, const char *key, cJSON *item)
{
	if (item && cJSON_AddItemToObject(to, key, item))
		return true;
	cJSON_Delete(item);
	return false;
}

static bool append_item(cJSON *array, cJSON *item)
{
	if (item && cJSON_AddItemToArray(array, item))
		return true;
	cJSON_Delete(item);
	return false;
}

static cJSON *checked(cJSON *value, bool complete)
{
	if (complete)
		return value;
	cJSON_Delete(value);
	return NULL;
}

static bool add_cidrs(cJSON *to, const char *key,
		      const struct nf_svc_cidr *cidrs, size_t n)
{
	cJSON *array = cJSON_AddArrayToObject(to, key);
	char text[NF_SVC_CIDR_TEXT];
	bool ok = array;

	for (size_t i = 0; i < n && ok; i++)
		ok = append_item(array, cJSON_CreateString(nf_svc_cidr_format(
						&cidrs[i], text)));
	return ok;
}

static bool add_sets(cJSON *to, uint8_t sets)
{
	cJSON *array = cJSON_AddArrayToObject(to, "sets");
	bool ok = array;

	for (const struct nf_svc_word *word = nf_svc_set_words;
	     word->text && ok; word++) {
		if (sets & word->value)
			ok = append_item(array, cJSON_CreateString(word->text));
	}
	return ok;
}

cJSON *document_rule(const struct nf_svc_rule *rule)
{
	cJSON *value = cJSON_CreateObject();

	return checked(
		value,
		value && add_word(value, "set", nf_svc_set_words, rule->set) &&
			cJSON_AddBoolToObject(value, "masquerade",
					      rule->masquerade) &&
			add_word(value, "empty", nf_svc_empties, rule->empty));
}

static bool add_rules(cJSON *to, const struct nf_svc_frontend *frontend)
{
	cJSON *rules = cJSON_AddObjectToObject(to, "rules");
	bool ok = rules;

	for (unsigned int class = 0; class < NF_SVC_CLASSES && ok; class ++)
		ok = add_item(rules, nf_svc_word_text(nf_svc_classes, class),
			      document_rule(&frontend->rules[class]));
	return ok;
}

static cJSON *document_frontend(const struct nf_svc_frontend *frontend)
{
	cJSON *value = cJSON_CreateObject();
	char text[NF_SVC_ADDR_TEXT];

	return checked(
		value,
		value &&
			cJSON_AddStringToObject(
				value, "address",
				nf_svc_addr_format(&frontend->addr, text)) &&
			add_number(value, "port", frontend->port) &&
			add_word(value, "type", nf_svc_kinds, frontend->kind) &&
			cJSON_AddBoolToObject(
				value, "exclusive",
				frontend->flags & NF_SVC_FRONTEND_EXCLUSIVE) &&
			cJSON_AddBoolToObject(
				value, "internal",
				frontend->flags & NF_SVC_FRONTEND_INTERNAL) &&
			add_rules(value, frontend) &&
			add_cidrs(value, "sourceRanges", frontend->ranges,
				  frontend->n_ranges));
}

cJSON *document_backend(const struct nf_svc_backend *backend, bool live)
{
	cJSON *value = cJSON_CreateObject();
	char text[NF_SVC_ADDR_TEXT];
	bool ok;

	ok = value &&
	     cJSON_AddStringToObject(value, "address",
				     nf_svc_addr_format(&backend->addr,
							text)) &&
	     add_number(value, "port", backend->port) &&
	     add_number(value, "weight", backend->weight) &&
	     add_sets(value, backend->sets);
	if (ok && live)
		ok = cJSON_AddStringToObject(
			value, "state", backend->sets ? "active" : "draining");
	return checked(value, ok);
}

cJSON *document_service(const struct nf_svc_service *service, bool live)
{
	cJSON *value = cJSON_CreateObject(), *array;
	bool ok;

	ok = value && cJSON_AddStringToObject(value, "name", service->name) &&
	     add_word(value, "protocol", nf_svc_protocols, service->protocol) &&
	     add_word(value, "family", nf_svc_families, service->family) &&
	     cJSON_AddStringToObject(value, "owner", service->owner) &&
	     cJSON_AddStringToObject(value, "scheduler", service->scheduler) &&
	     add_word(value, "refuseWith", nf_svc_refusals,
		      service->refuse_with) &&
	     add_number(value, "affinityTimeout", service->affinity_timeout);
	array = ok ? cJSON_AddArrayToObject(value, "frontends") : NULL;
	ok = array;
	for (size_t i = 0; i < service->n_frontends && ok; i++)
		ok = append_item(array,
				 document_frontend(&service->frontends[i]));
	array = ok ? cJSON_AddArrayToObject(value, "backends") : NULL;
	ok = array;
	for (size_t i = 0; i < service->n_backends && ok; i++) {
		const struct nf_svc_backend *backend = &service->backends[i];
		cJSON *item = document_backend(backend, live);

		ok = append_item(array, item) &&
		     (!live || add_number(item, "flows", backend->flows));
	}
	return checked(value, ok);
}

cJSON *document_settings(const struct nf_svc_settings *settings)
{
	cJSON *value = cJSON_CreateObject(), *devices;
	bool ok;

	ok = value &&
	     cJSON_AddStringToObject(value, "owner", settings->owner) &&
	     add_cidrs(value, "podCIDRs", settings->pod_cidrs,
		       settings->n_pod_cidrs);
	devices = ok ? cJSON_AddArrayToObject(value, "podDevices") : NULL;
	ok = devices;
	for (size_t i = 0; i < settings->n_pod_devices && ok; i++)
		ok = append_item(devices,
				 cJSON_CreateString(settings->pod_devices[i]));
	ok = ok &&
	     add_cidrs(value, "serviceCIDRs", settings->service_cidrs,
		       settings->n_service_cidrs) &&
	     add_cidrs(value, "nodePortCIDRs", settings->node_port_cidrs,
		       settings->n_node_port_cidrs) &&
	     add_number(value, "masqueradeMark", settings->masquerade_mark);
	return checked(value, ok);
}

cJSON *document_stats(const struct nf_svc_stats *stats)
{
	cJSON *value = cJSON_CreateObject(), *drops;
	bool ok;

	ok = value && add_number(value, "flows", stats->flows) &&
	     add_number(value, "masqueraded", stats->masqueraded) &&
	     add_number(value, "healed", stats->healed) &&
	     add_number(value, "unremembered", stats->unremembered) &&
	     add_number(value, "unrecorded", stats->unrecorded);
	drops = ok ? cJSON_AddObjectToObject(value, "drops") : NULL;
	ok = drops;
	for (unsigned int i = 0; i < NF_SVC_DROP_REASONS && ok; i++) {
		/* unknown reasons only where there are any */
		if (i != NF_SVC_DROP_UNSPEC || stats->drops[i])
			ok = add_number(
				drops, nf_svc_word_text(nf_svc_drop_reasons, i),
				stats->drops[i]);
	}
	return checked(value, ok);
}

cJSON *document_total(const struct nf_svc_stats *stats)
{
	cJSON *value = document_stats(stats);

	return checked(value, value && add_number(value, "uncounted",
						  stats->uncounted));
}

bool document_add_text(cJSON *to, const char *key, const char *text)
{
	return text && *text ? cJSON_AddStringToObject(to, key, text) :
			       cJSON_AddNullToObject(to, key);
}
