// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "mirror.h"

/* So many problems of a mirror are remembered. */
#define TOLD_MAX 64

static int compare(const void *a, const void *b)
{
	const struct mirror *one = a, *other = b;
	int order = strcmp(one->namespace, other->namespace);

	return order ? order : strcmp(one->name, other->name);
}

static char *borrow(const char *text)
{
	return (char *)(uintptr_t)text;
}

struct mirror *mirrors_find(const struct mirrors *mirrors,
			    const char *namespace, const char *name)
{
	struct mirror key = { .namespace = borrow(namespace),
			      .name = borrow(name) };
	struct mirror **found = tfind(&key, &mirrors->root, compare);

	return found ? *found : NULL;
}

/* NAMESPACE/NAME[:PORT] taken apart; false: it is none. */
static bool split(const char *text, char *namespace, char *name, size_t size)
{
	const char *slash = strchr(text, '/');
	size_t len;

	if (!slash || (size_t)(slash - text) >= size)
		return false;
	memcpy(namespace, text, (size_t)(slash - text));
	namespace[slash - text] = '\0';
	len = strcspn(slash + 1, ":");
	if (len >= size)
		return false;
	memcpy(name, slash + 1, len);
	name[len] = '\0';
	return true;
}

struct mirror *mirrors_find_service(const struct mirrors *mirrors,
				    const char *name)
{
	char namespace[256], own[256];

	return split(name, namespace, own, sizeof(own)) ?
		       mirrors_find(mirrors, namespace, own) :
		       NULL;
}

static void free_mirror(struct mirror *mirror)
{
	free(mirror->namespace);
	free(mirror->name);
	free(mirror->origin);
	model_service_clean(&mirror->service);
	for (size_t i = 0; i < mirror->n_slices; i++)
		model_slice_clean(&mirror->slices[i]);
	free(mirror->slices);
	desired_clean(&mirror->wanted);
	desired_clean(&mirror->held);
	desired_clean(&mirror->wish);
	free(mirror->told);
	free(mirror);
}

struct mirror *mirrors_take(struct mirrors *mirrors, const char *namespace,
			    const char *name)
{
	struct mirror *mirror = mirrors_find(mirrors, namespace, name);

	if (mirror)
		return mirror;
	mirror = calloc(1, sizeof(*mirror));
	if (!mirror)
		return NULL;
	mirror->namespace = strdup(namespace);
	mirror->name = strdup(name);
	if (!mirror->namespace || !mirror->name ||
	    !tsearch(mirror, &mirrors->root, compare)) {
		free_mirror(mirror);
		return NULL;
	}
	mirror->next = mirrors->first;
	mirror->back = &mirrors->first;
	if (mirror->next)
		mirror->next->back = &mirror->next;
	mirrors->first = mirror;
	mirrors->n++;
	return mirror;
}

void mirrors_queue(struct mirrors *mirrors, struct mirror *mirror, bool changed,
		   uint64_t now)
{
	mirror->changed |= changed;
	if (mirror->queued)
		return;
	mirror->queued = true;
	mirror->since = now;
	mirror->next_queued = NULL;
	if (!mirrors->queue_end)
		mirrors->queue_end = &mirrors->queue;
	*mirrors->queue_end = mirror;
	mirrors->queue_end = &mirror->next_queued;
	mirrors->n_queued++;
}

struct mirror *mirrors_unqueue(struct mirrors *mirrors)
{
	struct mirror *first = mirrors->queue;

	for (struct mirror *mirror = first; mirror;
	     mirror = mirror->next_queued)
		mirror->queued = false;
	mirrors->queue = NULL;
	mirrors->queue_end = NULL;
	mirrors->n_queued = 0;
	return first;
}

/* The mirror that a Service is part of. */
static struct mirror *mirror_of(const struct model_service *service)
{
	return (struct mirror *)((uintptr_t)service -
				 offsetof(struct mirror, service));
}

/* What is needed to drop claims again: frontends without their ranges. */
static int copy_claims(struct desired *wanted,
		       const struct nf_svc_service *services, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct nf_svc_service *copy = nf_svc_array_add(
			&wanted->services, &wanted->n, sizeof(*copy));

		if (!copy)
			return -ENOMEM;
		if (!services[i].n_frontends)
			continue;
		copy->frontends = calloc(services[i].n_frontends,
					 sizeof(*copy->frontends));
		if (!copy->frontends)
			return -ENOMEM;
		copy->n_frontends = services[i].n_frontends;
		for (size_t k = 0; k < copy->n_frontends; k++) {
			const struct nf_svc_frontend *from =
				&services[i].frontends[k];

			copy->frontends[k].addr = from->addr;
			copy->frontends[k].port = from->port;
			copy->frontends[k].protocol = from->protocol;
			copy->frontends[k].family = from->family;
		}
	}
	return 0;
}

/* Whoever has a frontend of these now is to be settled. */
static void queue_holders(struct mirrors *mirrors, const struct mirror *but,
			  const struct desired *wanted, uint64_t now)
{
	for (size_t i = 0; i < wanted->n; i++) {
		const struct nf_svc_service *service = &wanted->services[i];

		for (size_t k = 0; k < service->n_frontends; k++) {
			const struct model_service *holder = claims_holder(
				&mirrors->claims, &service->frontends[k]);

			if (holder && holder != &but->service)
				mirrors_queue(mirrors, mirror_of(holder), false,
					      now);
		}
	}
}

int mirrors_claim(struct mirrors *mirrors, struct mirror *mirror,
		  const struct nf_svc_service *services, size_t n, uint64_t now)
{
	if (copy_claims(&mirror->wanted, services, n)) {
		desired_clean(&mirror->wanted);
		return -ENOMEM;
	}
	/* whoever has them now may lose them */
	queue_holders(mirrors, mirror, &mirror->wanted, now);
	if (claims_add(&mirrors->claims, &mirror->service, services, n)) {
		mirrors_unclaim(mirrors, mirror, now);
		return -ENOMEM;
	}
	return 0;
}

void mirrors_unclaim(struct mirrors *mirrors, struct mirror *mirror,
		     uint64_t now)
{
	claims_drop(&mirrors->claims, &mirror->service, mirror->wanted.services,
		    mirror->wanted.n);
	queue_holders(mirrors, mirror, &mirror->wanted, now);
	desired_clean(&mirror->wanted);
	for (size_t i = 0; i < mirror->n_ips; i++)
		address_set_drop(&mirrors->cluster_ips, &mirror->ips[i]);
	mirror->n_ips = 0;
}

int mirrors_count_ips(struct mirrors *mirrors, struct mirror *mirror)
{
	for (size_t i = 0; i < mirror->service.n_cluster_ips; i++) {
		if (address_set_hold(&mirrors->cluster_ips,
				     &mirror->service.cluster_ips[i]))
			return -ENOMEM;
		mirror->ips[mirror->n_ips++] = mirror->service.cluster_ips[i];
	}
	return 0;
}

void mirrors_forget(struct mirrors *mirrors, struct mirror *mirror)
{
	if (mirror->present || mirror->unreadable || mirror->n_slices ||
	    mirror->held.n || mirror->wanted.n || mirror->queued ||
	    mirror->batched)
		return;
	tdelete(mirror, &mirrors->root, compare);
	*mirror->back = mirror->next;
	if (mirror->next)
		mirror->next->back = mirror->back;
	mirrors->n--;
	free_mirror(mirror);
}

static void free_node(void *node)
{
	free_mirror(node);
}

void mirrors_clean(struct mirrors *mirrors)
{
	claims_clean(&mirrors->claims);
	address_set_clean(&mirrors->cluster_ips);
	tdestroy(mirrors->root, free_node);
	memset(mirrors, 0, sizeof(*mirrors));
}

char *mirror_text(const struct mirror *mirror, char *text)
{
	snprintf(text, MIRROR_TEXT, "%s/%s", mirror->namespace, mirror->name);
	return text;
}

bool mirror_tell(struct mirror *mirror, const char *text)
{
	uint64_t hash = 0xcbf29ce484222325, *place;

	for (const char *c = text; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 0x100000001b3;
	for (size_t i = 0; i < mirror->n_told; i++) {
		if (mirror->told[i] == hash)
			return false;
	}
	if (mirror->n_told == TOLD_MAX) {
		free(mirror->told);
		mirror->told = NULL;
		mirror->n_told = 0;
	}
	place = nf_svc_array_add(&mirror->told, &mirror->n_told,
				 sizeof(*place));
	if (place)
		*place = hash;
	return true;
}
