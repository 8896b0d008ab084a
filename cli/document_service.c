// SPDX-License-Identifier: GPL-2.0
/* A service of a saved document. */
#include <errno.h>
#include <string.h>

#include "client/array.h"
#include "client/words.h"
#include "document_read.h"

static int read_word(const struct tree *node, const char *key,
		     const struct nf_svc_word *words, uint32_t *value,
		     struct tree_error *error)
{
	const struct tree *child;
	const char *text;
	char allowed[128];
	int ret;

	ret = tree_need(node, key, TREE_SCALAR, &child, error);
	if (!ret)
		ret = tree_string(child, &text, error);
	if (!ret && !nf_svc_word_value(words, text, value))
		ret = tree_fail(child, error, "'%.32s' is not known; %s", text,
				nf_svc_word_list(words, allowed,
						 sizeof(allowed)));
	return ret;
}

static int read_number(const struct tree *node, const char *key, uint32_t min,
		       uint32_t max, uint32_t *value, struct tree_error *error)
{
	const struct tree *child;
	int ret;

	ret = tree_need(node, key, TREE_SCALAR, &child, error);
	return ret ? ret : tree_number(child, min, max, value, error);
}

/* An address of the service's family; "*" only where @any allows it. */
static int read_address(const struct tree *node, uint8_t family, bool any,
			struct nf_svc_addr *addr, struct tree_error *error)
{
	const struct tree *child;
	const char *text, *why;
	int ret;

	ret = tree_need(node, "address", TREE_SCALAR, &child, error);
	if (!ret)
		ret = tree_string(child, &text, error);
	if (ret || (any && !strcmp(text, "*")))
		return ret;
	if (nf_svc_addr_parse(text, addr, &why))
		return tree_fail(child, error, "'%.48s': %s", text, why);
	if (addr->family != family)
		return tree_fail(child, error,
				 "%s is not of the service's family", text);
	return 0;
}

static int read_rule(struct nf_svc_rule *rule, const struct tree *node,
		     struct tree_error *error)
{
	static const char *const keys[] = { "set", "masquerade", "empty",
					    NULL };
	const struct tree *masquerade;
	uint32_t set, empty;
	int ret;

	ret = document_read_keys(node, keys, error);
	if (!ret)
		ret = read_word(node, "set", nf_svc_set_words, &set, error);
	if (!ret)
		ret = read_word(node, "empty", nf_svc_empties, &empty, error);
	if (!ret)
		ret = tree_need(node, "masquerade", TREE_SCALAR, &masquerade,
				error);
	if (!ret)
		ret = tree_bool(masquerade, &rule->masquerade, error);
	if (ret)
		return ret;
	rule->set = (uint8_t)set;
	rule->empty = (uint8_t)empty;
	return 0;
}

static int read_rules(struct nf_svc_frontend *frontend, const struct tree *node,
		      struct tree_error *error)
{
	static const char *const keys[] = { "pod", "node", "outside", NULL };
	const struct tree *rules, *rule;
	int ret;

	ret = tree_need(node, "rules", TREE_MAPPING, &rules, error);
	if (!ret)
		ret = document_read_keys(rules, keys, error);
	for (unsigned int class = 0; class < NF_SVC_CLASSES && !ret; class ++) {
		ret = tree_need(rules, nf_svc_word_text(nf_svc_classes, class),
				TREE_MAPPING, &rule, error);
		if (!ret)
			ret = read_rule(&frontend->rules[class], rule, error);
	}
	return ret;
}

static int read_frontend(struct nf_svc_service *service,
			 const struct tree *node, struct tree_error *error)
{
	static const char *const keys[] = { "address",	    "port",	"type",
					    "exclusive",    "internal", "rules",
					    "sourceRanges", NULL };
	struct nf_svc_frontend *frontend;
	const struct tree *exclusive, *internal;
	bool is_exclusive, is_internal = false;
	uint32_t port, kind;
	int ret;

	frontend = nf_svc_array_add(&service->frontends, &service->n_frontends,
				    sizeof(*frontend));
	if (!frontend)
		return tree_no_memory(error);
	frontend->protocol = service->protocol;
	frontend->family = service->family;
	ret = document_read_keys(node, keys, error);
	if (!ret)
		ret = read_address(node, service->family, true, &frontend->addr,
				   error);
	if (!ret)
		ret = read_number(node, "port", 1, 65535, &port, error);
	if (!ret)
		ret = read_word(node, "type", nf_svc_kinds, &kind, error);
	if (!ret)
		ret = tree_need(node, "exclusive", TREE_SCALAR, &exclusive,
				error);
	if (!ret)
		ret = tree_bool(exclusive, &is_exclusive, error);
	/* not known to the first documents */
	if (!ret)
		ret = tree_may(node, "internal", TREE_SCALAR, &internal, error);
	if (!ret && internal)
		ret = tree_bool(internal, &is_internal, error);
	if (!ret)
		ret = read_rules(frontend, node, error);
	if (!ret)
		ret = document_read_cidrs(node, "sourceRanges",
					  &frontend->ranges,
					  &frontend->n_ranges, error);
	if (ret)
		return ret;
	frontend->port = (uint16_t)port;
	frontend->kind = (uint8_t)kind;
	frontend->flags = (is_exclusive ? NF_SVC_FRONTEND_EXCLUSIVE : 0U) |
			  (is_internal ? NF_SVC_FRONTEND_INTERNAL : 0U);
	return 0;
}

static int read_sets(struct nf_svc_backend *backend, const struct tree *node,
		     struct tree_error *error)
{
	const struct tree *list;
	int ret;

	ret = tree_need(node, "sets", TREE_SEQUENCE, &list, error);
	for (const struct tree *item = ret ? NULL : list->first; item && !ret;
	     item = item->next) {
		const char *text;
		uint32_t set;

		ret = tree_string(item, &text, error);
		if (!ret && !nf_svc_word_value(nf_svc_set_words, text, &set))
			ret = tree_fail(item, error,
					"'%.32s' is no set; cluster or local",
					text);
		if (!ret)
			backend->sets |= (uint8_t)set;
	}
	return ret;
}

static int read_backend(struct nf_svc_service *service, const struct tree *node,
			struct tree_error *error)
{
	/* state is what 'list' and 'show' print; it follows from the sets */
	static const char *const keys[] = { "address", "port",	"weight",
					    "sets",    "state", NULL };
	struct nf_svc_backend *backend;
	uint32_t port, weight;
	int ret;

	backend = nf_svc_array_add(&service->backends, &service->n_backends,
				   sizeof(*backend));
	if (!backend)
		return tree_no_memory(error);
	ret = document_read_keys(node, keys, error);
	if (!ret)
		ret = read_address(node, service->family, false, &backend->addr,
				   error);
	if (!ret)
		ret = read_number(node, "port", 1, 65535, &port, error);
	if (!ret)
		ret = read_number(node, "weight", 0, 65535, &weight, error);
	if (!ret)
		ret = read_sets(backend, node, error);
	if (ret)
		return ret;
	backend->port = (uint16_t)port;
	backend->weight = (uint16_t)weight;
	return 0;
}

static int read_name(struct nf_svc_service *service, const struct tree *node,
		     struct tree_error *error)
{
	uint32_t protocol, family;
	const struct tree *name;
	const char *text;
	int ret;

	ret = tree_need(node, "name", TREE_SCALAR, &name, error);
	if (!ret)
		ret = tree_string(name, &text, error);
	if (!ret && (!*text || strlen(text) > NF_SVC_NAME_MAX))
		ret = tree_fail(name, error, "not a name; 1 to %d bytes",
				NF_SVC_NAME_MAX);
	for (const char *c = ret ? "" : text; *c && !ret; c++) {
		if (*c <= ' ' || *c > '~')
			ret = tree_fail(
				name, error,
				"not a name; only printable ASCII without blanks "
				"is allowed");
	}
	if (!ret)
		ret = read_word(node, "protocol", nf_svc_protocols, &protocol,
				error);
	if (!ret)
		ret = read_word(node, "family", nf_svc_families, &family,
				error);
	if (!ret && nf_svc_service_init(service, text, (uint8_t)protocol,
					(uint8_t)family))
		ret = tree_no_memory(error);
	return ret;
}

static int read_attributes(struct nf_svc_service *service,
			   const struct tree *node, struct tree_error *error)
{
	const struct tree *child;
	const char *text;
	int ret;

	ret = tree_need(node, "owner", TREE_SCALAR, &child, error);
	if (!ret)
		ret = document_read_owner(child, service->owner, error);
	if (!ret)
		ret = tree_need(node, "scheduler", TREE_SCALAR, &child, error);
	if (!ret)
		ret = tree_string(child, &text, error);
	if (!ret && (!*text || strlen(text) > NF_SVC_SCHEDULER_MAX))
		ret = tree_fail(
			child, error,
			"not a scheduler; random, rr, wrr, mh, mh-source or lc");
	if (ret)
		return ret;
	strcpy(service->scheduler, text);
	ret = read_word(node, "refuseWith", nf_svc_refusals,
			&service->refuse_with, error);
	if (!ret)
		ret = read_number(node, "affinityTimeout", 0, UINT32_MAX,
				  &service->affinity_timeout, error);
	return ret;
}

static int read_each(struct nf_svc_service *service, const struct tree *node,
		     const char *key,
		     int (*read)(struct nf_svc_service *service,
				 const struct tree *node,
				 struct tree_error *error),
		     struct tree_error *error)
{
	const struct tree *list;
	int ret;

	ret = tree_need(node, key, TREE_SEQUENCE, &list, error);
	for (const struct tree *item = ret ? NULL : list->first; item && !ret;
	     item = item->next)
		ret = read(service, item, error);
	return ret;
}

static int check_twice(const struct nf_svc_service *service,
		       const struct tree *node, struct tree_error *error)
{
	char text[NF_SVC_PLACE_TEXT];

	for (size_t i = 1; i < service->n_backends; i++) {
		const struct nf_svc_backend *backend = &service->backends[i];

		if (!nf_svc_backend_compare(backend - 1, backend))
			return tree_fail(
				node, error, "backend %s is there twice",
				nf_svc_addr_port_format(&backend->addr,
							backend->port, text));
	}
	for (size_t i = 1; i < service->n_frontends; i++) {
		const struct nf_svc_frontend *frontend = &service->frontends[i];

		if (!nf_svc_frontend_compare(frontend - 1, frontend))
			return tree_fail(
				node, error, "frontend %s is there twice",
				nf_svc_addr_port_format(&frontend->addr,
							frontend->port, text));
	}
	return 0;
}

int document_read_service(struct nf_svc_service *service,
			  const struct tree *node, struct tree_error *error)
{
	static const char *const keys[] = { "name",
					    "protocol",
					    "family",
					    "owner",
					    "scheduler",
					    "refuseWith",
					    "affinityTimeout",
					    "frontends",
					    "backends",
					    "stats",
					    NULL };
	int ret;

	memset(service, 0, sizeof(*service));
	ret = document_read_keys(node, keys, error);
	if (!ret)
		ret = read_name(service, node, error);
	if (!ret)
		ret = read_attributes(service, node, error);
	if (!ret)
		ret = read_each(service, node, "frontends", read_frontend,
				error);
	if (!ret)
		ret = read_each(service, node, "backends", read_backend, error);
	if (ret)
		return ret;
	nf_svc_service_sort(service);
	return check_twice(service, node, error);
}
