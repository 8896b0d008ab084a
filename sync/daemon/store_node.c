// SPDX-License-Identifier: GPL-2.0
/* This node's Node, and ServiceCIDRs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "store.h"
#include "sync/decode.h"

#define LEAVING_TAINT "ToBeDeletedByClusterAutoscaler"

static void tell_changed(struct store *store)
{
	store->node_changed = true;
	if (store->changed)
		store->changed(store->context);
}

/* Is it being deleted, or about to be? Load balancers are told (KEP-3836). */
static bool is_leaving(const struct tree *object)
{
	const struct tree *taints =
		tree_get(tree_get(object, "spec"), "taints");

	if (tree_get(tree_get(object, "metadata"), "deletionTimestamp"))
		return true;
	for (const struct tree *taint = taints ? taints->first : NULL; taint;
	     taint = taint->next) {
		const struct tree *key = tree_get(taint, "key");

		if (key && key->kind == TREE_SCALAR &&
		    !strcmp(key->text, LEAVING_TAINT))
			return true;
	}
	return false;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Kubelets write their Node's status every few minutes: mostly nothing is new. */
static bool same_node(const struct model_node *a, const struct model_node *b)
{
	if (!same_text(a->name, b->name) || !same_text(a->zone, b->zone) ||
	    a->n_addresses != b->n_addresses ||
	    a->n_pod_cidrs != b->n_pod_cidrs)
		return false;
	for (size_t i = 0; i < a->n_addresses; i++) {
		if (nf_svc_addr_compare(&a->addresses[i], &b->addresses[i]))
			return false;
	}
	for (size_t i = 0; i < a->n_pod_cidrs; i++) {
		if (a->pod_cidrs[i].prefix != b->pod_cidrs[i].prefix ||
		    nf_svc_addr_compare(&a->pod_cidrs[i].addr,
					&b->pod_cidrs[i].addr))
			return false;
	}
	return true;
}

int store_upsert_node(struct store *store, const struct tree *object)
{
	struct tree_error error = { 0 };
	struct model_node node;
	int ret;

	ret = model_decode_node(&node, object, &error);
	if (ret == -EINVAL) {
		report_one(store->report, NULL, REPORT_UNREADABLE,
			   "Node: %s%s%s; what was known of it stays",
			   error.field, *error.field ? ": " : "",
			   error.message);
		return 0;
	}
	if (ret)
		return ret;
	if (strcmp(node.name, store->node_name)) {
		model_node_clean(&node);
		return 0;
	}
	store->node_leaving = is_leaving(object);
	store->no_node = false;
	if (same_node(&node, &store->node)) {
		model_node_clean(&node);
		return 0;
	}
	model_node_clean(&store->node);
	store->node = node;
	tell_changed(store);
	return 0;
}

static struct store_cidr *find(const struct store *store, const char *name)
{
	for (size_t i = 0; i < store->n_cidr_objects; i++) {
		if (!strcmp(store->cidr_objects[i].name, name))
			return &store->cidr_objects[i];
	}
	return NULL;
}

/* All ranges of all objects in one array. */
static int join(struct store *store)
{
	struct nf_svc_cidr *all = NULL;
	size_t n = 0;

	for (size_t i = 0; i < store->n_cidr_objects; i++) {
		const struct store_cidr *one = &store->cidr_objects[i];

		for (size_t k = 0; k < one->n; k++) {
			struct nf_svc_cidr *place =
				nf_svc_array_add(&all, &n, sizeof(*place));

			if (!place) {
				free(all);
				return -ENOMEM;
			}
			*place = one->cidrs[k];
		}
	}
	free(store->cidrs);
	store->cidrs = all;
	store->n_cidrs = n;
	tell_changed(store);
	return 0;
}

static int read_ranges(const struct tree *object, struct nf_svc_cidr **ranges,
		       size_t *n, struct tree_error *error)
{
	const struct tree *spec, *list;
	int ret;

	ret = tree_need(object, "spec", TREE_MAPPING, &spec, error);
	if (!ret)
		ret = tree_need(spec, "cidrs", TREE_SEQUENCE, &list, error);
	for (const struct tree *item = ret ? NULL : list->first; item && !ret;
	     item = item->next) {
		struct nf_svc_cidr *place;
		const char *text, *why;

		ret = tree_string(item, &text, error);
		if (ret)
			break;
		place = nf_svc_array_add(ranges, n, sizeof(*place));
		if (!place)
			ret = tree_no_memory(error);
		else if (nf_svc_cidr_parse(text, place, &why) == -EINVAL)
			ret = tree_fail(item, error, "'%.48s': %s", text, why);
	}
	return ret;
}

static int keep_cidr(struct store *store, const char *name,
		     struct nf_svc_cidr *ranges, size_t n)
{
	struct store_cidr *one = find(store, name);

	if (!one) {
		char *copy = strdup(name);

		one = copy ? nf_svc_array_add(&store->cidr_objects,
					      &store->n_cidr_objects,
					      sizeof(*one)) :
			     NULL;
		if (!one) {
			free(copy);
			return -ENOMEM;
		}
		one->name = copy;
	}
	free(one->cidrs);
	one->cidrs = ranges;
	one->n = n;
	one->mark = store->marks[SOURCE_SERVICE_CIDR];
	return join(store);
}

int store_upsert_cidr(struct store *store, const struct tree *object)
{
	const struct tree *name =
		tree_get(tree_get(object, "metadata"), "name");
	struct tree_error error = { 0 };
	struct nf_svc_cidr *ranges = NULL;
	size_t n = 0;
	int ret;

	if (!name || name->kind != TREE_SCALAR)
		ret = tree_fail(object, &error, "metadata.name is missing");
	else
		ret = read_ranges(object, &ranges, &n, &error);
	if (!ret)
		return keep_cidr(store, name->text, ranges, n);
	free(ranges);
	if (ret != -EINVAL)
		return ret;
	report_one(store->report, NULL, REPORT_UNREADABLE,
		   "ServiceCIDR: %s%s%s; what was known of it stays",
		   error.field, *error.field ? ": " : "", error.message);
	return 0;
}

static void drop(struct store *store, struct store_cidr *one)
{
	free(one->name);
	free(one->cidrs);
	*one = store->cidr_objects[--store->n_cidr_objects];
}

int store_remove_cidr(struct store *store, const char *name)
{
	struct store_cidr *one = find(store, name);

	if (!one)
		return 0;
	drop(store, one);
	return join(store);
}

int store_sweep_cidrs(struct store *store)
{
	bool swept = false;

	for (size_t i = 0; i < store->n_cidr_objects;) {
		struct store_cidr *one = &store->cidr_objects[i];

		if (one->mark == store->marks[SOURCE_SERVICE_CIDR]) {
			i++;
			continue;
		}
		drop(store, one);
		swept = true;
	}
	return swept ? join(store) : 0;
}

void store_clean_cidrs(struct store *store)
{
	while (store->n_cidr_objects)
		drop(store, &store->cidr_objects[0]);
	free(store->cidr_objects);
	free(store->cidrs);
}
