// SPDX-License-Identifier: GPL-2.0
/* Events of a watch. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sync/watch/event.h"

#define INITIAL_END "k8s.io/initial-events-end"

static int read_type(const struct tree *root, enum event_type *type,
		     struct tree_error *error)
{
	static const struct {
		const char *name;
		enum event_type type;
	} types[] = {
		{ "ADDED", EVENT_CHANGED },   { "MODIFIED", EVENT_CHANGED },
		{ "DELETED", EVENT_DELETED }, { "BOOKMARK", EVENT_BOOKMARK },
		{ "ERROR", EVENT_ERROR },
	};
	const struct tree *node;
	int ret;

	ret = tree_need(root, "type", TREE_SCALAR, &node, error);
	if (ret)
		return ret;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (!strcmp(types[i].name, node->text)) {
			*type = types[i].type;
			return 0;
		}
	}
	return tree_fail(node, error, "'%.32s' is no type of an event",
			 node->text);
}

/* An object stands by itself: nobody should read of "object.spec". */
static struct tree *take_object(struct tree *root)
{
	for (struct tree *node = root->first; node; node = node->next) {
		if (!strcmp(node->key, "object") &&
		    node->kind == TREE_MAPPING) {
			node->parent = NULL;
			node->key = NULL;
			node->next = NULL;
			return node;
		}
	}
	return NULL;
}

int object_id_read(struct object_id *id, const struct tree *object,
		   struct tree_error *error)
{
	const struct tree *metadata, *name, *namespace;
	int ret;

	ret = tree_need(object, "metadata", TREE_MAPPING, &metadata, error);
	if (!ret)
		ret = version_read(metadata, &id->version, error);
	if (!ret)
		ret = tree_need(metadata, "name", TREE_SCALAR, &name, error);
	if (!ret)
		ret = tree_may(metadata, "namespace", TREE_SCALAR, &namespace,
			       error);
	if (ret)
		return ret;
	id->name = name->text;
	id->namespace = namespace ? namespace->text : "";
	return 0;
}

static int read_bookmark(struct event *event, struct tree_error *error)
{
	const struct tree *metadata, *end;
	int ret;

	ret = tree_need(event->object, "metadata", TREE_MAPPING, &metadata,
			error);
	if (!ret)
		ret = version_read(metadata, &event->id.version, error);
	end = tree_get(tree_get(metadata, "annotations"), INITIAL_END);
	event->initial_end = end && end->kind == TREE_SCALAR &&
			     !strcmp(end->text, "true");
	return ret;
}

int event_read(struct event *event, const char *bytes, size_t len,
	       struct tree_error *error)
{
	struct tree *root;
	int ret;

	memset(event, 0, sizeof(*event));
	ret = tree_read_json(&event->file, bytes, len, error);
	if (ret)
		return ret;
	root = event->file.documents;
	ret = read_type(root, &event->type, error);
	if (!ret) {
		event->object = take_object(root);
		if (!event->object)
			ret = tree_fail(root, error,
					"an event without an object");
	}
	if (!ret && event->type == EVENT_BOOKMARK)
		ret = read_bookmark(event, error);
	else if (!ret && event->type != EVENT_ERROR)
		ret = object_id_read(&event->id, event->object, error);
	if (ret)
		event_clean(event);
	return ret;
}

void event_clean(struct event *event)
{
	tree_clean(&event->file);
	memset(event, 0, sizeof(*event));
}
