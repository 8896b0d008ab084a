// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/array.h"
#include "log.h"
#include "store.h"
#include "sync/decode.h"

#define TRIGGER "endpoints.kubernetes.io/last-change-trigger-time"

/**
 * struct kept_slice - which mirror has a slice
 * @namespace: owned
 * @name: owned
 * @mirror: has it
 * @mark: of the list that named it last
 */
struct kept_slice {
	char *namespace;
	char *name;
	struct mirror *mirror;
	unsigned int mark;
};

uint64_t store_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int compare_slices(const void *a, const void *b)
{
	const struct kept_slice *one = a, *other = b;
	int order = strcmp(one->namespace, other->namespace);

	return order ? order : strcmp(one->name, other->name);
}

static void tell_changed(struct store *store)
{
	if (store->changed)
		store->changed(store->context);
}

/* Only what is known already is settled: the rest comes with the end of a list. */
static void queue(struct store *store, struct mirror *mirror)
{
	mirrors_queue(&store->mirrors, mirror, true, store_now());
	tell_changed(store);
}

static const char *text_of(const struct tree *object, const char *key)
{
	const struct tree *node = tree_get(tree_get(object, "metadata"), key);

	return node && node->kind == TREE_SCALAR ? node->text : NULL;
}

static void tell_unreadable(struct store *store, struct mirror *mirror,
			    const char *kind, const struct tree *object,
			    const struct tree_error *error)
{
	const char *name = text_of(object, "name");
	const char *namespace = text_of(object, "namespace");
	char place[512] = "";

	if (store->origin)
		snprintf(place, sizeof(place), "%s:%zu:%zu: ", store->origin,
			 error->line, error->column);
	report_one(store->report, mirror, REPORT_UNREADABLE,
		   "%s%s %.64s/%.253s: %s%s%s; what was known of it stays",
		   place, kind, namespace ? namespace : "default",
		   name ? name : "?", error->field, *error->field ? ": " : "",
		   error->message);
}

static int set_origin(struct store *store, struct mirror *mirror)
{
	char *copy = store->origin ? strdup(store->origin) : NULL;

	if (store->origin && !copy)
		return -ENOMEM;
	free(mirror->origin);
	mirror->origin = copy;
	return 0;
}

/* Something is there that cannot be read; the kernel's state of it stays. */
static int keep_unreadable(struct store *store, const struct tree *object,
			   const struct tree_error *error)
{
	const char *name = text_of(object, "name");
	const char *namespace = text_of(object, "namespace");
	struct mirror *mirror = NULL;

	if (name) {
		mirror = mirrors_take(&store->mirrors,
				      namespace ? namespace : "default", name);
		if (!mirror)
			return -ENOMEM;
		mirror->unreadable = true;
		mirror->mark = store->marks[SOURCE_SERVICE];
	}
	tell_unreadable(store, mirror, "Service", object, error);
	return 0;
}

static int upsert_service(struct store *store, const struct tree *object)
{
	struct model_service service;
	struct model notes = { 0 };
	struct tree_error error = { 0 };
	struct mirror *mirror;
	int ret;

	ret = model_decode_service(&notes, &service, object, &error);
	model_clean(&notes);
	if (ret == -EINVAL)
		return keep_unreadable(store, object, &error);
	if (ret)
		return ret;
	mirror = mirrors_take(&store->mirrors, service.namespace, service.name);
	if (!mirror || set_origin(store, mirror)) {
		model_service_clean(&service);
		return -ENOMEM;
	}
	mirrors_unclaim(&store->mirrors, mirror, store_now());
	store->health_changed |= mirror->service.health_port ||
				 service.health_port;
	model_service_clean(&mirror->service);
	mirror->service = service;
	mirror->present = true;
	mirror->unreadable = false;
	mirror->mark = store->marks[SOURCE_SERVICE];
	store->service_changes++;
	queue(store, mirror);
	return 0;
}

static void drop_service(struct store *store, struct mirror *mirror)
{
	mirrors_unclaim(&store->mirrors, mirror, store_now());
	store->health_changed |= mirror->service.health_port;
	model_service_clean(&mirror->service);
	mirror->present = false;
	mirror->unreadable = false;
	store->service_changes++;
	if (store->ledger)
		ledger_release(store->ledger, mirror->namespace, mirror->name);
	queue(store, mirror);
}

static int remove_service(struct store *store, const char *namespace,
			  const char *name)
{
	struct mirror *mirror = mirrors_find(&store->mirrors, namespace, name);

	if (mirror && (mirror->present || mirror->unreadable))
		drop_service(store, mirror);
	return 0;
}

static struct kept_slice *find_slice(const struct store *store,
				     const char *namespace, const char *name)
{
	struct kept_slice key = { .namespace = (char *)(uintptr_t) namespace,
				  .name = (char *)(uintptr_t)name };
	struct kept_slice **found = tfind(&key, &store->slices, compare_slices);

	return found ? *found : NULL;
}

static void free_slice(void *node)
{
	struct kept_slice *kept = node;

	free(kept->namespace);
	free(kept->name);
	free(kept);
}

/* Take a slice out of the mirror that has it. */
static void detach(struct store *store, struct kept_slice *kept)
{
	struct mirror *mirror = kept->mirror;

	kept->mirror = NULL;
	for (size_t i = 0; mirror && i < mirror->n_slices; i++) {
		if (strcmp(mirror->slices[i].name, kept->name))
			continue;
		model_slice_clean(&mirror->slices[i]);
		mirror->slices[i] = mirror->slices[--mirror->n_slices];
		break;
	}
	if (mirror)
		queue(store, mirror);
}

static void drop_slice(struct store *store, struct kept_slice *kept)
{
	detach(store, kept);
	tdelete(kept, &store->slices, compare_slices);
	free_slice(kept);
	store->slice_changes++;
}

static struct kept_slice *take_slice(struct store *store,
				     const struct model_slice *slice)
{
	struct kept_slice *kept =
		find_slice(store, slice->namespace, slice->name);

	if (kept)
		return kept;
	kept = calloc(1, sizeof(*kept));
	if (!kept)
		return NULL;
	kept->namespace = strdup(slice->namespace);
	kept->name = strdup(slice->name);
	if (!kept->namespace || !kept->name ||
	    !tsearch(kept, &store->slices, compare_slices)) {
		free_slice(kept);
		return NULL;
	}
	return kept;
}

/* When the change happened that a slice shows; 0: it does not say. */
static uint64_t read_trigger(const struct store *store,
			     const struct tree *object)
{
	const struct tree *node = tree_get(
		tree_get(tree_get(object, "metadata"), "annotations"), TRIGGER);
	struct tm tm = { 0 };
	uint64_t fraction = 0;
	const char *end;
	time_t seconds;

	if (!node || node->kind != TREE_SCALAR)
		return 0;
	end = strptime(node->text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!end)
		return 0;
	if (*end == '.') {
		uint64_t unit = 100000;

		for (end++; *end >= '0' && *end <= '9'; end++, unit /= 10)
			fraction += (uint64_t)(*end - '0') * unit;
	}
	seconds = timegm(&tm);
	if (strcmp(end, "Z") || seconds <= 0)
		return 0;
	fraction += (uint64_t)seconds * 1000000;
	return fraction < store->started ? 0 : fraction;
}

/* Put a slice where its Service is; it takes over what the slice owns. */
static int attach(struct store *store, struct kept_slice *kept,
		  struct model_slice *slice, uint64_t trigger)
{
	struct mirror *mirror =
		mirrors_take(&store->mirrors, slice->namespace, slice->service);
	struct model_slice *place;

	if (!mirror)
		return -ENOMEM;
	place = nf_svc_array_add(&mirror->slices, &mirror->n_slices,
				 sizeof(*place));
	if (!place) {
		mirrors_forget(&store->mirrors, mirror);
		return -ENOMEM;
	}
	*place = *slice;
	kept->mirror = mirror;
	if (trigger && (!mirror->trigger || trigger < mirror->trigger))
		mirror->trigger = trigger;
	queue(store, mirror);
	return 0;
}

static int keep_slice(struct store *store, struct model_slice *slice,
		      uint64_t trigger)
{
	struct kept_slice *kept =
		find_slice(store, slice->namespace, slice->name);

	/* one that belongs to no Service is not worth its memory */
	if (!slice->service || slice->headless) {
		if (kept)
			drop_slice(store, kept);
		model_slice_clean(slice);
		return 0;
	}
	kept = take_slice(store, slice);
	if (!kept)
		return -ENOMEM;
	kept->mark = store->marks[SOURCE_SLICE];
	detach(store, kept);
	store->slice_changes++;
	return attach(store, kept, slice, trigger);
}

static int upsert_slice(struct store *store, const struct tree *object)
{
	const char *name = text_of(object, "name");
	const char *namespace = text_of(object, "namespace");
	struct tree_error error = { 0 };
	struct model notes = { 0 };
	struct kept_slice *kept;
	struct model_slice slice;
	int ret;

	ret = name ? model_decode_slice(&notes, &slice, object, &error) :
		     tree_fail(object, &error, "metadata.name is missing");
	model_clean(&notes);
	if (ret == -EINVAL) {
		kept = name ? find_slice(store,
					 namespace ? namespace : "default",
					 name) :
			      NULL;
		if (kept)
			kept->mark = store->marks[SOURCE_SLICE];
		tell_unreadable(store, kept ? kept->mirror : NULL,
				"EndpointSlice", object, &error);
		return 0;
	}
	if (ret)
		return ret;
	ret = keep_slice(store, &slice, read_trigger(store, object));
	if (ret)
		model_slice_clean(&slice);
	return ret;
}

static int remove_slice(struct store *store, const char *namespace,
			const char *name)
{
	struct kept_slice *kept = find_slice(store, namespace, name);

	if (kept)
		drop_slice(store, kept);
	return 0;
}

static int begin_list(void *context, enum source_kind kind)
{
	struct store *store = context;

	store->marks[kind]++;
	return 0;
}

static void sweep_services(struct store *store)
{
	for (struct mirror *mirror = store->mirrors.first; mirror;
	     mirror = mirror->next) {
		if ((mirror->present || mirror->unreadable) &&
		    mirror->mark != store->marks[SOURCE_SERVICE])
			drop_service(store, mirror);
	}
}

/**
 * struct stale - slices that a list did not name
 * @list: owned
 * @n: how many
 * @mark: of the list
 * @failed: there was no memory for one
 */
struct stale {
	struct kept_slice **list;
	size_t n;
	unsigned int mark;
	bool failed;
};

static void find_stale(const void *node, VISIT visit, void *context)
{
	struct kept_slice *kept = *(struct kept_slice *const *)node, **place;
	struct stale *stale = context;

	if ((visit != postorder && visit != leaf) || kept->mark == stale->mark)
		return;
	place = nf_svc_array_add(&stale->list, &stale->n, sizeof(*place));
	if (place)
		*place = kept;
	else
		stale->failed = true;
}

static int sweep_slices(struct store *store)
{
	struct stale stale = { .mark = store->marks[SOURCE_SLICE] };

	twalk_r(store->slices, find_stale, &stale);
	for (size_t i = 0; i < stale.n; i++)
		drop_slice(store, stale.list[i]);
	free(stale.list);
	return stale.failed ? -ENOMEM : 0;
}

static int end_list(void *context, enum source_kind kind)
{
	struct store *store = context;
	int ret = 0;

	if (kind == SOURCE_SERVICE)
		sweep_services(store);
	else if (kind == SOURCE_SLICE)
		ret = sweep_slices(store);
	else if (kind == SOURCE_SERVICE_CIDR)
		ret = store_sweep_cidrs(store);
	if (ret)
		return ret;
	store->has_cidrs |= kind == SOURCE_SERVICE_CIDR;
	store->synced[kind] = true;
	tell_changed(store);
	return 0;
}

static int no_kind(void *context, enum source_kind kind)
{
	struct store *store = context;

	begin_list(context, kind);
	if (end_list(context, kind))
		return -ENOMEM;
	if (kind == SOURCE_SERVICE_CIDR)
		store->has_cidrs = false;
	store->no_node |= kind == SOURCE_NODE;
	return 0;
}

static int upsert(void *context, enum source_kind kind,
		  const struct tree *object)
{
	struct store *store = context;

	switch (kind) {
	case SOURCE_SERVICE:
		return upsert_service(store, object);
	case SOURCE_SLICE:
		return upsert_slice(store, object);
	case SOURCE_NODE:
		return store_upsert_node(store, object);
	case SOURCE_SERVICE_CIDR:
		return store_upsert_cidr(store, object);
	case SOURCE_KINDS:
	default:
		return 0;
	}
}

static int remove_object(void *context, enum source_kind kind,
			 const char *namespace, const char *name)
{
	struct store *store = context;

	switch (kind) {
	case SOURCE_SERVICE:
		return remove_service(store, namespace, name);
	case SOURCE_SLICE:
		return remove_slice(store, namespace, name);
	case SOURCE_NODE:
		if (store->node.name && !strcmp(store->node.name, name)) {
			model_node_clean(&store->node);
			store->node_changed = true;
			tell_changed(store);
		}
		return 0;
	case SOURCE_SERVICE_CIDR:
		return store_remove_cidr(store, name);
	case SOURCE_KINDS:
	default:
		return 0;
	}
}

static void hear_trouble(void *context, const char *text)
{
	struct store *store = context;

	if (text)
		log_line(LOG_WARNING, "%s; the last good state holds", text);
	else if (store->trouble)
		log_line(LOG_NOTICE, "the source is well again");
	free(store->trouble);
	store->trouble = text ? strdup(text) : NULL;
}

struct source_sink store_sink(struct store *store)
{
	return (struct source_sink){
		.context = store,
		.list = begin_list,
		.listed = end_list,
		.missing = no_kind,
		.upsert = upsert,
		.remove = remove_object,
		.trouble = hear_trouble,
	};
}

void store_incomplete(struct store *store, bool incomplete)
{
	if (store->incomplete == incomplete)
		return;
	store->incomplete = incomplete;
	/* what nobody names may go now */
	for (struct mirror *mirror = store->mirrors.first;
	     mirror && !incomplete; mirror = mirror->next) {
		if (!mirror->present && !mirror->unreadable && mirror->held.n)
			queue(store, mirror);
	}
}

void store_clean(struct store *store)
{
	mirrors_clean(&store->mirrors);
	tdestroy(store->slices, free_slice);
	model_node_clean(&store->node);
	store_clean_cidrs(store);
	free(store->trouble);
	memset(store, 0, sizeof(*store));
}
