// SPDX-License-Identifier: GPL-2.0
/* The document around the services: format, owners, settings. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "document.h"
#include "document_read.h"

int document_read_keys(const struct tree *node, const char *const *keys,
		       struct tree_error *error)
{
	if (node->kind != TREE_MAPPING)
		return tree_fail(node, error,
				 "not a mapping, as is expected here");
	for (const struct tree *child = node->first; child;
	     child = child->next) {
		const char *const *key = keys;

		while (*key && strcmp(*key, child->key))
			key++;
		if (!*key)
			return tree_fail(child, error, "no such field");
	}
	return 0;
}

int document_read_owner(const struct tree *node, char *owner,
			struct tree_error *error)
{
	const char *text;
	int ret;

	ret = tree_string(node, &text, error);
	if (ret)
		return ret;
	if (!*text || strlen(text) > NF_SVC_OWNER_MAX ||
	    text[strspn(text,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789._-")])
		return tree_fail(
			node, error,
			"'%.64s' is no name of an owner; 1 to %d of A-Z a-z 0-9 "
			". _ -",
			text, NF_SVC_OWNER_MAX);
	strcpy(owner, text);
	return 0;
}

int document_read_cidrs(const struct tree *node, const char *key,
			struct nf_svc_cidr **cidrs, size_t *n,
			struct tree_error *error)
{
	const struct tree *list;
	int ret;

	ret = tree_may(node, key, TREE_SEQUENCE, &list, error);
	for (const struct tree *item = list ? list->first : NULL; item && !ret;
	     item = item->next) {
		struct nf_svc_cidr *cidr =
			nf_svc_array_add(cidrs, n, sizeof(*cidr));
		const char *text, *why;

		if (!cidr)
			return tree_no_memory(error);
		ret = tree_string(item, &text, error);
		if (!ret && nf_svc_cidr_parse(text, cidr, &why))
			ret = tree_fail(item, error, "'%.64s': %s", text, why);
	}
	return ret;
}

static int read_device(struct nf_svc_settings *settings,
		       const struct tree *node, struct tree_error *error)
{
	char(*device)[NF_SVC_DEVICE_MAX + 1];
	const char *text;
	int ret;

	ret = tree_string(node, &text, error);
	if (ret)
		return ret;
	if (!*text || strlen(text) > NF_SVC_DEVICE_MAX)
		return tree_fail(
			node, error,
			"'%.32s' is no name of a device; 1 to %d bytes", text,
			NF_SVC_DEVICE_MAX);
	device = nf_svc_array_add(&settings->pod_devices,
				  &settings->n_pod_devices, sizeof(*device));
	if (!device)
		return tree_no_memory(error);
	strcpy(*device, text);
	return 0;
}

static int read_mark(struct nf_svc_settings *settings, const struct tree *node,
		     struct tree_error *error)
{
	const struct tree *mark;
	int ret = tree_may(node, "masqueradeMark", TREE_SCALAR, &mark, error);

	if (!ret && mark)
		ret = tree_number(mark, 0, UINT32_MAX,
				  &settings->masquerade_mark, error);
	if (!ret && settings->masquerade_mark & (settings->masquerade_mark - 1))
		ret = tree_fail(mark, error,
				"a mark is one bit, 16384 for example, or 0");
	return ret;
}

static int read_settings(struct document *document, const struct tree *node,
			 struct tree_error *error)
{
	static const char *const keys[] = {
		"owner",	 "podCIDRs",	   "podDevices", "serviceCIDRs",
		"nodePortCIDRs", "masqueradeMark", NULL
	};
	struct nf_svc_settings *settings = &document->settings;
	const struct tree *owner, *devices;
	int ret;

	ret = document_read_keys(node, keys, error);
	if (!ret)
		ret = tree_need(node, "owner", TREE_SCALAR, &owner, error);
	if (!ret)
		ret = document_read_owner(owner, settings->owner, error);
	if (!ret)
		ret = document_read_cidrs(node, "podCIDRs",
					  &settings->pod_cidrs,
					  &settings->n_pod_cidrs, error);
	if (!ret)
		ret = document_read_cidrs(node, "serviceCIDRs",
					  &settings->service_cidrs,
					  &settings->n_service_cidrs, error);
	for (size_t i = 0; i < settings->n_service_cidrs && !ret; i++) {
		if (!settings->service_cidrs[i].prefix)
			ret = tree_fail(
				node, error,
				"a service CIDR of prefix 0 is every address: nothing else could be reached");
	}
	/* not known to the first documents */
	if (!ret)
		ret = document_read_cidrs(node, "nodePortCIDRs",
					  &settings->node_port_cidrs,
					  &settings->n_node_port_cidrs, error);
	if (!ret)
		ret = read_mark(settings, node, error);
	if (!ret)
		ret = tree_may(node, "podDevices", TREE_SEQUENCE, &devices,
			       error);
	if (ret)
		return ret;
	for (const struct tree *item = devices ? devices->first : NULL;
	     item && !ret; item = item->next)
		ret = read_device(settings, item, error);
	document->has_settings = true;
	return ret;
}

static bool is_owner(const struct document *document, const char *name)
{
	for (size_t i = 0; i < document->n_owners; i++) {
		if (!strcmp(document->owners[i], name))
			return true;
	}
	return false;
}

static int read_owners(struct document *document, const struct tree *node,
		       struct tree_error *error)
{
	const struct tree *list;
	int ret;

	ret = tree_need(node, "owners", TREE_SEQUENCE, &list, error);
	for (const struct tree *item = ret ? NULL : list->first; item && !ret;
	     item = item->next) {
		char owner[NF_SVC_OWNER_MAX + 1], **entry;

		ret = document_read_owner(item, owner, error);
		if (ret)
			break;
		if (is_owner(document, owner))
			return tree_fail(item, error,
					 "%s stands here for the second time",
					 owner);
		entry = nf_svc_array_add(&document->owners, &document->n_owners,
					 sizeof(*entry));
		if (!entry)
			return tree_no_memory(error);
		*entry = strdup(owner);
		if (!*entry)
			return tree_no_memory(error);
	}
	return ret;
}

static int compare_services(const void *a, const void *b)
{
	struct nf_svc_key one = nf_svc_service_key(a),
			  other = nf_svc_service_key(b);

	return nf_svc_key_compare(&one, &other);
}

static int read_services(struct document *document, const struct tree *node,
			 struct tree_error *error)
{
	const struct tree *list;
	int ret;

	ret = tree_need(node, "services", TREE_SEQUENCE, &list, error);
	for (const struct tree *item = ret ? NULL : list->first; item && !ret;
	     item = item->next) {
		struct nf_svc_service *service;

		service = nf_svc_array_add(&document->services,
					   &document->n_services,
					   sizeof(*service));
		if (!service)
			return tree_no_memory(error);
		ret = document_read_service(service, item, error);
		if (!ret && !is_owner(document, service->owner))
			ret = tree_fail(item, error,
					"its owner %s is not one of the owners",
					service->owner);
	}
	if (!ret && document->n_services > 1)
		qsort(document->services, document->n_services,
		      sizeof(*document->services), compare_services);
	for (size_t i = 1; i < document->n_services && !ret; i++) {
		if (!compare_services(&document->services[i - 1],
				      &document->services[i]))
			ret = tree_fail(
				list, error,
				"service %.128s is there twice with the same "
				"protocol and family",
				document->services[i].name);
	}
	return ret;
}

static int read_document(struct document *document, const struct tree *node,
			 struct tree_error *error)
{
	static const char *const keys[] = { "format", "owners", "settings",
					    "services", NULL };
	const struct tree *format, *settings;
	const char *text;
	int ret;

	ret = document_read_keys(node, keys, error);
	if (!ret)
		ret = tree_need(node, "format", TREE_SCALAR, &format, error);
	if (!ret)
		ret = tree_string(format, &text, error);
	if (!ret && strcmp(text, DOCUMENT_FORMAT))
		ret = tree_fail(format, error, "'%.32s' is not known; %s", text,
				DOCUMENT_FORMAT);
	if (!ret)
		ret = read_owners(document, node, error);
	if (!ret)
		ret = tree_may(node, "settings", TREE_MAPPING, &settings,
			       error);
	if (!ret && settings) {
		ret = read_settings(document, settings, error);
		if (!ret && !is_owner(document, document->settings.owner))
			ret = tree_fail(
				settings, error,
				"their owner %s is not one of the owners",
				document->settings.owner);
	}
	return ret ? ret : read_services(document, node, error);
}

int document_read(struct document *document, const struct tree_file *file,
		  struct tree_error *error)
{
	int ret;

	memset(document, 0, sizeof(*document));
	memset(error, 0, sizeof(*error));
	if (file->n != 1) {
		strcpy(error->message,
		       "not what 'svcctl save' writes: exactly one document is "
		       "expected");
		return -EINVAL;
	}
	ret = read_document(document, file->documents, error);
	if (ret)
		document_clean(document);
	return ret;
}

void document_clean(struct document *document)
{
	for (size_t i = 0; i < document->n_owners; i++)
		free(document->owners[i]);
	for (size_t i = 0; i < document->n_services; i++)
		nf_svc_service_clean(&document->services[i]);
	free(document->owners);
	free(document->services);
	nf_svc_settings_clean(&document->settings);
	memset(document, 0, sizeof(*document));
}
