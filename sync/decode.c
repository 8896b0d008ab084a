// SPDX-License-Identifier: GPL-2.0
/* A file of manifests: documents and lists into objects, objects by kind. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "sync/decode.h"

static int add_service(struct model *model, const struct tree *node,
		       struct tree_error *error)
{
	struct model_service service, *entry;
	int ret;

	ret = model_decode_service(model, &service, node, error);
	if (ret)
		return ret;
	entry = nf_svc_array_add(&model->services, &model->n_services,
				 sizeof(*entry));
	if (!entry) {
		model_service_clean(&service);
		return tree_no_memory(error);
	}
	*entry = service;
	return 0;
}

static int add_slice(struct model *model, const struct tree *node,
		     struct tree_error *error)
{
	struct model_slice slice, *entry;
	int ret;

	ret = model_decode_slice(model, &slice, node, error);
	if (ret)
		return ret;
	entry = nf_svc_array_add(&model->slices, &model->n_slices,
				 sizeof(*entry));
	if (!entry) {
		model_slice_clean(&slice);
		return tree_no_memory(error);
	}
	*entry = slice;
	return 0;
}

static int add_node(struct model *model, const struct tree *node,
		    struct tree_error *error)
{
	struct model_node machine, *entry;
	int ret;

	ret = model_decode_node(&machine, node, error);
	if (ret)
		return ret;
	entry = nf_svc_array_add(&model->nodes, &model->n_nodes,
				 sizeof(*entry));
	if (!entry) {
		model_node_clean(&machine);
		return tree_no_memory(error);
	}
	*entry = machine;
	return 0;
}

/* A string of an object, or a default; never fails where it may be missing. */
static int text_or(const struct tree *node, const char *key,
		   const char *missing, const char **text,
		   struct tree_error *error)
{
	const struct tree *value = tree_get(node, key);

	*text = missing;
	return value ? tree_string(value, text, error) : 0;
}

static int note_ignored(struct model *model, const struct tree *node,
			const char *version, const char *kind,
			struct tree_error *error)
{
	if (model_note(
		    model, node,
		    "kind %.64s (%.64s) is ignored; Service and Node (v1) and "
		    "EndpointSlice (discovery.k8s.io/v1) are read",
		    kind, version))
		return tree_no_memory(error);
	return 0;
}

static int decode_object(struct model *model, const struct tree *node,
			 const char *list_version, const char *list_kind,
			 struct tree_error *error);

/* The objects of a list; those of a typed list need not say what they are. */
static int decode_list(struct model *model, const struct tree *node,
		       const char *version, const char *kind,
		       struct tree_error *error)
{
	const struct tree *items;
	int ret;

	ret = tree_may(node, "items", TREE_SEQUENCE, &items, error);
	if (ret || !items)
		return ret;
	for (const struct tree *item = items->first; item && !ret;
	     item = item->next)
		ret = decode_object(model, item, version, kind, error);
	return ret;
}

static int decode_object(struct model *model, const struct tree *node,
			 const char *list_version, const char *list_kind,
			 struct tree_error *error)
{
	const char *version, *kind;
	int ret;

	if (node->kind != TREE_MAPPING)
		return tree_fail(
			node, error,
			"not an object; apiVersion, kind and metadata are "
			"expected");
	ret = text_or(node, "apiVersion", list_version, &version, error);
	if (!ret)
		ret = text_or(node, "kind", list_kind, &kind, error);
	if (ret)
		return ret;
	if (!kind || !version)
		return tree_fail(
			node, error,
			"%s is missing; for example apiVersion: v1 and kind: "
			"Service",
			kind ? "apiVersion" : "kind");
	if (!strcmp(version, "v1")) {
		if (!strcmp(kind, "Service"))
			return add_service(model, node, error);
		if (!strcmp(kind, "Node"))
			return add_node(model, node, error);
		if (!strcmp(kind, "List"))
			return decode_list(model, node, NULL, NULL, error);
		if (!strcmp(kind, "NodeList"))
			return decode_list(model, node, version, "Node", error);
		if (!strcmp(kind, "ServiceList"))
			return decode_list(model, node, version, "Service",
					   error);
	} else if (!strcmp(version, "discovery.k8s.io/v1")) {
		if (!strcmp(kind, "EndpointSlice"))
			return add_slice(model, node, error);
		if (!strcmp(kind, "EndpointSliceList"))
			return decode_list(model, node, version,
					   "EndpointSlice", error);
	}
	return note_ignored(model, node, version, kind, error);
}

static int fail_twice(const struct model_place *place, const char *what,
		      const char *namespace, const char *name,
		      struct tree_error *error)
{
	struct tree node = { .line = place->line, .column = place->column };

	return tree_fail(
		&node, error,
		"%s %.64s/%.64s stands here for the second time; keep one",
		what, namespace, name);
}

static const struct model_place *later(const struct model_place *a,
				       const struct model_place *b)
{
	return a->line > b->line ||
			       (a->line == b->line && a->column > b->column) ?
		       a :
		       b;
}

static int check_twice(const struct model *model, struct tree_error *error)
{
	for (size_t i = 1; i < model->n_services; i++) {
		const struct model_service *a = &model->services[i - 1],
					   *b = a + 1;

		if (!strcmp(a->namespace, b->namespace) &&
		    !strcmp(a->name, b->name))
			return fail_twice(later(&a->place, &b->place),
					  "Service", b->namespace, b->name,
					  error);
	}
	for (size_t i = 1; i < model->n_slices; i++) {
		const struct model_slice *a = &model->slices[i - 1], *b = a + 1;

		if (*b->name && !strcmp(a->namespace, b->namespace) &&
		    !strcmp(a->name, b->name))
			return fail_twice(later(&a->place, &b->place),
					  "EndpointSlice", b->namespace,
					  b->name, error);
	}
	return 0;
}

int model_decode(struct model *model, const struct tree_file *file,
		 struct tree_error *error)
{
	int ret = 0;

	memset(model, 0, sizeof(*model));
	memset(error, 0, sizeof(*error));
	for (const struct tree *node = file->documents; node && !ret;
	     node = node->next)
		ret = decode_object(model, node, NULL, NULL, error);
	if (!ret) {
		model_sort(model);
		ret = check_twice(model, error);
	}
	if (ret)
		model_clean(model);
	return ret;
}
