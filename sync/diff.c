// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "sync/diff.h"

static struct change *add(struct changes *changes, enum change_kind kind,
			  const struct nf_svc_service *service)
{
	struct change *change =
		nf_svc_array_add(&changes->list, &changes->n, sizeof(*change));

	if (change) {
		change->kind = kind;
		change->key = nf_svc_service_key(service);
		change->service = service;
	}
	return change;
}

static int add_frontend(struct changes *changes, enum change_kind kind,
			const struct nf_svc_service *service,
			const struct nf_svc_frontend *frontend)
{
	struct change *change = add(changes, kind, service);

	if (!change)
		return -ENOMEM;
	change->frontend = frontend;
	return 0;
}

static int add_backend(struct change *change,
		       const struct nf_svc_backend *backend)
{
	struct nf_svc_backend *entry;

	entry = nf_svc_array_add(&change->backends, &change->n_backends,
				 sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	*entry = *backend;
	return 0;
}

static bool same_backend(const struct nf_svc_backend *a,
			 const struct nf_svc_backend *b)
{
	return a->weight == b->weight && a->sets == b->sets;
}

static bool same_ranges(const struct nf_svc_cidr *a, size_t n_a,
			const struct nf_svc_cidr *b, size_t n_b)
{
	if (n_a != n_b)
		return false;
	for (size_t i = 0; i < n_a; i++) {
		if (a[i].prefix != b[i].prefix ||
		    nf_svc_addr_compare(&a[i].addr, &b[i].addr))
			return false;
	}
	return true;
}

static bool same_frontend(const struct nf_svc_frontend *a,
			  const struct nf_svc_frontend *b)
{
	if (a->kind != b->kind || a->flags != b->flags)
		return false;
	for (unsigned int class = 0; class < NF_SVC_CLASSES; class ++) {
		const struct nf_svc_rule *one = &a->rules[class],
					 *other = &b->rules[class];

		if (one->set != other->set ||
		    one->masquerade != other->masquerade ||
		    one->empty != other->empty)
			return false;
	}
	return same_ranges(a->ranges, a->n_ranges, b->ranges, b->n_ranges);
}

static bool same_service(const struct nf_svc_service *a,
			 const struct nf_svc_service *b)
{
	return !strcmp(a->scheduler, b->scheduler) &&
	       a->refuse_with == b->refuse_with &&
	       a->affinity_timeout == b->affinity_timeout;
}

/* Add a change of backends, which takes over the list; an empty one is none. */
static int add_backends(struct changes *changes,
			const struct nf_svc_service *service,
			struct change *change)
{
	struct change *entry;

	if (!change->n_backends)
		return 0;
	entry = add(changes, change->kind, service);
	if (!entry) {
		free(change->backends);
		return -ENOMEM;
	}
	entry->backends = change->backends;
	entry->n_backends = change->n_backends;
	return 0;
}

static int diff_backends(struct changes *changes,
			 const struct nf_svc_service *have,
			 const struct nf_svc_service *want)
{
	struct change gone = { .kind = CHANGE_BACKENDS_DEL },
		      set = { .kind = CHANGE_BACKENDS_SET };
	size_t n_have = have ? have->n_backends : 0, i = 0, k = 0;
	int ret = 0;

	while (!ret && (i < n_have || k < want->n_backends)) {
		int order = i == n_have ?
				    1 :
			    k == want->n_backends ?
				    -1 :
				    nf_svc_backend_compare(&have->backends[i],
							   &want->backends[k]);

		if (order < 0)
			ret = add_backend(&gone, &have->backends[i]);
		else if (order > 0 ||
			 !same_backend(&have->backends[i], &want->backends[k]))
			ret = add_backend(&set, &want->backends[k]);
		i += order <= 0;
		k += order >= 0;
	}
	if (!ret)
		ret = add_backends(changes, want, &gone);
	else
		free(gone.backends);
	if (!ret)
		ret = add_backends(changes, want, &set);
	else
		free(set.backends);
	return ret;
}

static int diff_frontends(struct changes *changes,
			  const struct nf_svc_service *have,
			  const struct nf_svc_service *want)
{
	size_t n_have = have ? have->n_frontends : 0, i = 0, k = 0;
	int ret = 0;

	while (!ret && (i < n_have || k < want->n_frontends)) {
		int order =
			i == n_have ?
				1 :
			k == want->n_frontends ?
				-1 :
				nf_svc_frontend_compare(&have->frontends[i],
							&want->frontends[k]);

		if (order < 0)
			ret = add_frontend(changes, CHANGE_FRONTEND_DEL, have,
					   &have->frontends[i]);
		else if (order > 0 || !same_frontend(&have->frontends[i],
						     &want->frontends[k]))
			ret = add_frontend(changes, CHANGE_FRONTEND_SET, want,
					   &want->frontends[k]);
		i += order <= 0;
		k += order >= 0;
	}
	return ret;
}

static int diff_one(struct changes *changes, const struct nf_svc_service *have,
		    const struct nf_svc_service *want)
{
	int ret;

	if (!want)
		return add(changes, CHANGE_SERVICE_DEL, have) ? 0 : -ENOMEM;
	if (!have && !add(changes, CHANGE_SERVICE_CREATE, want))
		return -ENOMEM;
	if (have && !same_service(have, want) &&
	    !add(changes, CHANGE_SERVICE_SET, want))
		return -ENOMEM;
	ret = diff_backends(changes, have, want);
	return ret ? ret : diff_frontends(changes, have, want);
}

int diff_services(struct changes *changes,
		  const struct nf_svc_service *const *have, size_t n_have,
		  const struct nf_svc_service *want, size_t n_want)
{
	size_t i = 0, k = 0;
	int ret = 0;

	while (!ret && (i < n_have || k < n_want)) {
		int order;

		if (i == n_have) {
			order = 1;
		} else if (k == n_want) {
			order = -1;
		} else {
			struct nf_svc_key one = nf_svc_service_key(have[i]);
			struct nf_svc_key other = nf_svc_service_key(&want[k]);

			order = nf_svc_key_compare(&one, &other);
		}
		ret = diff_one(changes, order <= 0 ? have[i] : NULL,
			       order >= 0 ? &want[k] : NULL);
		i += order <= 0;
		k += order >= 0;
	}
	return ret;
}

bool diff_settings(const struct nf_svc_settings *have,
		   const struct nf_svc_settings *want)
{
	if (have->masquerade_mark != want->masquerade_mark ||
	    have->n_pod_devices != want->n_pod_devices ||
	    !same_ranges(have->pod_cidrs, have->n_pod_cidrs, want->pod_cidrs,
			 want->n_pod_cidrs) ||
	    !same_ranges(have->service_cidrs, have->n_service_cidrs,
			 want->service_cidrs, want->n_service_cidrs) ||
	    !same_ranges(have->node_port_cidrs, have->n_node_port_cidrs,
			 want->node_port_cidrs, want->n_node_port_cidrs))
		return true;
	for (size_t i = 0; i < have->n_pod_devices; i++) {
		if (strcmp(have->pod_devices[i], want->pod_devices[i]))
			return true;
	}
	return false;
}

void changes_clean(struct changes *changes)
{
	for (size_t i = 0; i < changes->n; i++)
		free(changes->list[i].backends);
	free(changes->list);
	memset(changes, 0, sizeof(*changes));
}
