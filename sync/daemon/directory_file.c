// SPDX-License-Identifier: GPL-2.0
/* One file of manifests: its objects, told of one by one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "directory.h"
#include "log.h"
#include "text_file.h"

/**
 * struct kind_name - a kind that is read
 * @version: apiVersion
 * @kind: kind
 * @list: kind of a list of them
 * @what: which of ours
 */
struct kind_name {
	const char *version;
	const char *kind;
	const char *list;
	enum source_kind what;
};

static const struct kind_name kinds[] = {
	{ "v1", "Service", "ServiceList", SOURCE_SERVICE },
	{ "v1", "Node", "NodeList", SOURCE_NODE },
	{ "discovery.k8s.io/v1", "EndpointSlice", "EndpointSliceList",
	  SOURCE_SLICE },
	{ "networking.k8s.io/v1", "ServiceCIDR", "ServiceCIDRList",
	  SOURCE_SERVICE_CIDR },
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

bool directory_is_manifest(const char *name)
{
	static const char *const ends[] = { ".yaml", ".yml", ".json" };
	size_t len = strlen(name);

	for (size_t i = 0; i < 3 && *name != '.'; i++) {
		size_t end = strlen(ends[i]);

		if (len > end && !strcmp(name + len - end, ends[i]))
			return true;
	}
	return false;
}

/**
 * struct reading - a file that is read
 * @directory: the source
 * @file: the file
 * @path: where it is
 * @error: of what cannot be read
 */
struct reading {
	struct directory *directory;
	struct directory_file *file;
	const char *path;
	struct tree_error error;
};

static const char *scalar(const struct tree *parent, const char *key,
			  const char *missing)
{
	const struct tree *node = tree_get(parent, key);

	return node && node->kind == TREE_SCALAR ? node->text : missing;
}

static struct directory_object *find_object(const struct directory_file *file,
					    enum source_kind kind,
					    const char *namespace,
					    const char *name)
{
	for (size_t i = 0; i < file->n_objects; i++) {
		struct directory_object *object = &file->objects[i];

		if (object->kind == kind && !strcmp(object->name, name) &&
		    !strcmp(object->namespace, namespace))
			return object;
	}
	return NULL;
}

/* Another file that has an object. */
static const struct directory_file *find_other(const struct reading *reading,
					       enum source_kind kind,
					       const char *namespace,
					       const char *name)
{
	const struct directory *directory = reading->directory;

	for (size_t i = 0; i < directory->n_files; i++) {
		const struct directory_file *file = &directory->files[i];

		if (file != reading->file &&
		    find_object(file, kind, namespace, name))
			return file;
	}
	return NULL;
}

static struct directory_object *add_object(struct directory_file *file,
					   enum source_kind kind,
					   const char *namespace,
					   const char *name)
{
	struct directory_object *place = nf_svc_array_add(
		&file->objects, &file->n_objects, sizeof(*place));

	if (!place)
		return NULL;
	place->kind = kind;
	place->namespace = strdup(namespace);
	place->name = strdup(name);
	if (place->namespace && place->name)
		return place;
	free(place->namespace);
	free(place->name);
	file->n_objects--;
	return NULL;
}

static int tell_object(struct reading *reading, enum source_kind kind,
		       const struct tree *object)
{
	const struct source_sink *sink = &reading->directory->sink;
	const struct tree *metadata = tree_get(object, "metadata");
	const char *name = scalar(metadata, "name", "");
	bool spaced = kind == SOURCE_SERVICE || kind == SOURCE_SLICE;
	const char *namespace =
		spaced ? scalar(metadata, "namespace", "default") : "";
	const struct directory_file *other;
	struct directory_object *place;

	other = find_other(reading, kind, namespace, name);
	if (other && *name) {
		reading->file->shadowed = true;
		log_line(
			LOG_WARNING,
			"%s:%zu:%zu: %s%s%s stands in %s already, which counts; keep one",
			reading->path, object->line, object->column, namespace,
			*namespace ? "/" : "", name, other->name);
		return 0;
	}
	place = find_object(reading->file, kind, namespace, name);
	if (place && place->kept && *name) {
		log_line(
			LOG_WARNING,
			"%s:%zu:%zu: %s%s%s stands here for the second time; the first counts",
			reading->path, object->line, object->column, namespace,
			*namespace ? "/" : "", name);
		return 0;
	}
	if (!place && *name) {
		place = add_object(reading->file, kind, namespace, name);
		if (!place)
			return -ENOMEM;
	}
	if (place)
		place->kept = true;
	return sink->upsert(sink->context, kind, object);
}

static int tell_tree(struct reading *reading, const struct tree *node,
		     const char *version, const char *kind);

static int tell_list(struct reading *reading, const struct tree *node,
		     const char *version, const char *kind)
{
	const struct tree *items = tree_get(node, "items");
	int ret = 0;

	for (const struct tree *item = items ? items->first : NULL;
	     item && !ret; item = item->next)
		ret = tell_tree(reading, item, version, kind);
	return ret;
}

static int tell_tree(struct reading *reading, const struct tree *node,
		     const char *version, const char *kind)
{
	version = scalar(node, "apiVersion", version);
	kind = scalar(node, "kind", kind);
	if (node->kind != TREE_MAPPING || !version || !kind) {
		log_line(
			LOG_WARNING,
			"%s:%zu:%zu: no object: apiVersion, kind and metadata are expected",
			reading->path, node->line, node->column);
		return 0;
	}
	if (!strcmp(version, "v1") && !strcmp(kind, "List"))
		return tell_list(reading, node, NULL, NULL);
	for (size_t i = 0; i < KINDS; i++) {
		if (strcmp(version, kinds[i].version))
			continue;
		if (!strcmp(kind, kinds[i].kind))
			return tell_object(reading, kinds[i].what, node);
		if (!strcmp(kind, kinds[i].list))
			return tell_list(reading, node, kinds[i].version,
					 kinds[i].kind);
	}
	log_line(LOG_INFO, "%s:%zu:%zu: kind %.64s (%.64s) is ignored",
		 reading->path, node->line, node->column, kind, version);
	return 0;
}

static void clean_object(struct directory_object *object)
{
	free(object->namespace);
	free(object->name);
}

/* What it had and has no longer. */
static void drop_objects(struct directory *directory,
			 struct directory_file *file)
{
	const struct source_sink *sink = &directory->sink;
	size_t kept = 0;

	for (size_t i = 0; i < file->n_objects; i++) {
		struct directory_object object = file->objects[i];

		if (object.kept) {
			file->objects[kept++] = object;
			continue;
		}
		sink->remove(sink->context, object.kind, object.namespace,
			     object.name);
		clean_object(&object);
		/* another file may have it, too */
		directory->again = true;
	}
	file->n_objects = kept;
}

static uint64_t hash(const char *text)
{
	uint64_t sum = 0xcbf29ce484222325;

	for (; *text; text++)
		sum = (sum ^ (uint8_t)*text) * 0x100000001b3;
	return sum;
}

static void tell_broken(struct reading *reading, int ret)
{
	struct directory_file *file = reading->file;
	char text[1024];

	file->broken = true;
	if (ret == -EINVAL)
		snprintf(text, sizeof(text), "%s:%zu:%zu: %s", reading->path,
			 reading->error.line, reading->error.column,
			 reading->error.message);
	else
		snprintf(text, sizeof(text), "%s: %s", reading->path,
			 strerror(-ret));
	if (file->told == hash(text))
		return;
	file->told = hash(text);
	report_one(reading->directory->store->report, NULL, REPORT_UNREADABLE,
		   "%s; %s", text,
		   file->never ? "nothing of it is known" :
				 "what it had before stays");
}

int directory_read(struct directory *directory, struct directory_file *file)
{
	struct reading reading = { .directory = directory, .file = file };
	struct store *store = directory->store;
	struct tree_file tree;
	char path[4096];
	int ret;

	snprintf(path, sizeof(path), "%s/%s", directory->path, file->name);
	reading.path = path;
	ret = text_file_tree(path, &tree, &reading.error);
	if (ret == -ENOMEM)
		return ret;
	if (ret) {
		tell_broken(&reading, ret);
		return 0;
	}
	if (file->broken)
		log_line(LOG_NOTICE, "%s: can be read again", path);
	file->broken = false;
	file->never = false;
	file->shadowed = false;
	file->told = 0;
	for (size_t i = 0; i < file->n_objects; i++)
		file->objects[i].kept = false;
	store->origin = path;
	for (const struct tree *node = tree.documents; node && !ret;
	     node = node->next)
		ret = tell_tree(&reading, node, NULL, NULL);
	store->origin = NULL;
	tree_clean(&tree);
	if (!ret)
		drop_objects(directory, file);
	return ret;
}

void directory_forget(struct directory *directory, struct directory_file *file)
{
	for (size_t i = 0; i < file->n_objects; i++)
		file->objects[i].kept = false;
	drop_objects(directory, file);
	free(file->objects);
	free(file->name);
	*file = directory->files[--directory->n_files];
}
