// SPDX-License-Identifier: GPL-2.0
/*
 * What a transaction has queued, done to a snapshot as the kernel will do it:
 * whoever plans a change on top of another one plans it on that. The messages
 * are their own record, for dumps are made of the same ones.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "wire.h"

int nf_svc_kept_add(struct nf_svc_client *client, const struct nlmsghdr *nlh)
{
	size_t len = NLMSG_ALIGN(nlh->nlmsg_len);

	if (!client->keeps)
		return 0;
	if (client->kept_len + len > client->kept_room) {
		size_t room = 2 * (client->kept_len + len);
		uint8_t *more = realloc(client->kept, room);

		if (!more)
			return -ENOMEM;
		client->kept = more;
		client->kept_room = room;
	}
	memset(client->kept + client->kept_len, 0, len);
	memcpy(client->kept + client->kept_len, nlh, nlh->nlmsg_len);
	client->kept_len += len;
	return 0;
}

void nf_svc_kept_end(struct nf_svc_client *client)
{
	free(client->kept);
	client->kept = NULL;
	client->kept_len = 0;
	client->kept_room = 0;
	client->keeps = false;
}

void nf_svc_tx_keep(struct nf_svc_client *client)
{
	client->keeps = true;
}

/* Put an element into an array, before the one at @at; NULL: no memory. */
static void *put_in(void *array, size_t *n, size_t at, size_t size)
{
	uint8_t *first, *last = nf_svc_array_add(array, n, size);

	if (!last)
		return NULL;
	first = last - (*n - 1) * size;
	memmove(first + (at + 1) * size, first + at * size,
		(*n - 1 - at) * size);
	return first + at * size;
}

/* Where an element is in a sorted array, or where it belongs. */
static bool search(const void *array, size_t n, const void *wanted, size_t size,
		   int (*compare)(const void *a, const void *b), size_t *at)
{
	const uint8_t *first = array;
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(first + middle * size, wanted);

		if (!order) {
			*at = middle;
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*at = low;
	return false;
}

/* Take an element out of an array; what it owns has been released. */
static void take_out(void *array, size_t *n, size_t at, size_t size)
{
	uint8_t *first = array;

	memmove(first + at * size, first + (at + 1) * size,
		(*n - at - 1) * size);
	--*n;
}

static struct nf_svc_service *find(struct nf_svc_snapshot *snapshot,
				   const struct nf_svc_service *wanted)
{
	struct nf_svc_key key = nf_svc_service_key(wanted);

	return nf_svc_snapshot_find(snapshot, &key);
}

static int compare_services(const void *a, const void *b)
{
	struct nf_svc_key one = nf_svc_service_key(a),
			  other = nf_svc_service_key(b);

	return nf_svc_key_compare(&one, &other);
}

/* At its place in the order; @service is the snapshot's then. */
static int add_service(struct nf_svc_snapshot *snapshot,
		       const struct nf_svc_service *service, const char *owner)
{
	struct nf_svc_service *added;
	size_t at;

	search(snapshot->services, snapshot->n_services, service,
	       sizeof(*service), compare_services, &at);
	added = put_in(&snapshot->services, &snapshot->n_services, at,
		       sizeof(*added));
	if (!added)
		return -ENOMEM;
	*added = *service;
	strncpy(added->owner, owner, NF_SVC_OWNER_MAX);
	return 0;
}

static void empty_service(struct nf_svc_service *service)
{
	for (size_t i = 0; i < service->n_frontends; i++)
		free(service->frontends[i].ranges);
	service->n_frontends = 0;
	service->n_backends = 0;
}

static int replay_service_set(struct nf_svc_snapshot *snapshot,
			      struct nf_svc_service *said,
			      struct nlattr **attrs, const char *owner)
{
	struct nf_svc_service *service = find(snapshot, said);
	int ret;

	if (!service) {
		ret = add_service(snapshot, said, owner);
		if (!ret)
			said->name = NULL;
		return ret;
	}
	if (attrs[NF_SVC_A_SCHEDULER])
		memcpy(service->scheduler, said->scheduler,
		       sizeof(service->scheduler));
	if (attrs[NF_SVC_A_REFUSE_WITH])
		service->refuse_with = said->refuse_with;
	if (attrs[NF_SVC_A_AFFINITY_TIMEOUT])
		service->affinity_timeout = said->affinity_timeout;
	if (nf_svc_attr_u32(attrs[NF_SVC_A_FLAGS], 0) & NF_SVC_FLAG_REPLACE)
		empty_service(service);
	return 0;
}

static void replay_service_del(struct nf_svc_snapshot *snapshot,
			       const struct nf_svc_service *said)
{
	struct nf_svc_service *service = find(snapshot, said);

	if (!service)
		return;
	nf_svc_service_clean(service);
	take_out(snapshot->services, &snapshot->n_services,
		 (size_t)(service - snapshot->services), sizeof(*service));
}

static int replay_backend(struct nf_svc_service *service,
			  const struct nf_svc_backend *backend, bool set)
{
	struct nf_svc_backend *there;
	size_t at;
	bool found = search(service->backends, service->n_backends, backend,
			    sizeof(*backend), nf_svc_backend_compare, &at);

	if (!set) {
		if (found)
			take_out(service->backends, &service->n_backends, at,
				 sizeof(*backend));
		return 0;
	}
	there = found ? &service->backends[at] :
			put_in(&service->backends, &service->n_backends, at,
			       sizeof(*backend));
	if (!there)
		return -ENOMEM;
	*there = *backend;
	return 0;
}

static int replay_backends(struct nf_svc_snapshot *snapshot,
			   const struct nf_svc_service *said, bool set)
{
	struct nf_svc_service *service = find(snapshot, said);
	int ret = 0;

	for (size_t i = 0; i < said->n_backends && service && !ret; i++)
		ret = replay_backend(service, &said->backends[i], set);
	return ret;
}

static bool find_frontend(const struct nf_svc_service *service,
			  const struct nf_svc_frontend *frontend, size_t *at)
{
	return search(service->frontends, service->n_frontends, frontend,
		      sizeof(*frontend), nf_svc_frontend_compare, at);
}

/* Take a frontend from a service, if it has it. */
static bool lose_frontend(struct nf_svc_service *service,
			  const struct nf_svc_frontend *frontend)
{
	size_t at;

	if (!find_frontend(service, frontend, &at))
		return false;
	free(service->frontends[at].ranges);
	take_out(service->frontends, &service->n_frontends, at,
		 sizeof(*frontend));
	return true;
}

static void lose_frontend_anywhere(struct nf_svc_snapshot *snapshot,
				   const struct nf_svc_frontend *frontend)
{
	for (size_t i = 0; i < snapshot->n_services; i++) {
		if (lose_frontend(&snapshot->services[i], frontend))
			return;
	}
}

static int replay_frontend_set(struct nf_svc_snapshot *snapshot,
			       const struct nf_svc_service *said,
			       struct nf_svc_frontend *frontend, uint32_t flags)
{
	struct nf_svc_service *service = find(snapshot, said);
	struct nf_svc_frontend *there;
	size_t at;

	if (!service)
		return 0;
	/* Most are new, or stay where they are: no search through all others. */
	if (!lose_frontend(service, frontend) && !(flags & NF_SVC_FLAG_EXCL))
		lose_frontend_anywhere(snapshot, frontend);
	find_frontend(service, frontend, &at);
	there = put_in(&service->frontends, &service->n_frontends, at,
		       sizeof(*there));
	if (!there)
		return -ENOMEM;
	*there = *frontend;
	frontend->ranges = NULL;
	return 0;
}

static int replay_frontend(struct nf_svc_snapshot *snapshot,
			   struct nlmsghdr *nlh,
			   const struct nf_svc_service *said,
			   struct nlattr **attrs, bool set)
{
	struct nf_svc_frontend frontend;
	int ret = nf_svc_frontend_read(nlh, &frontend);

	if (ret)
		return ret;
	if (set)
		ret = replay_frontend_set(snapshot, said, &frontend,
					  nf_svc_attr_u32(attrs[NF_SVC_A_FLAGS],
							  0));
	else
		lose_frontend_anywhere(snapshot, &frontend);
	free(frontend.ranges);
	return ret;
}

static int replay_settings(struct nf_svc_snapshot *snapshot,
			   struct nlmsghdr *nlh, const char *owner)
{
	struct nf_svc_settings settings = { 0 };
	int ret = nf_svc_settings_read(nlh, &settings);

	if (ret) {
		nf_svc_settings_clean(&settings);
		return ret;
	}
	strncpy(settings.owner, owner, NF_SVC_OWNER_MAX);
	nf_svc_settings_clean(&snapshot->settings);
	snapshot->settings = settings;
	return 0;
}

static int replay(struct nf_svc_snapshot *snapshot, struct nlmsghdr *nlh,
		  const char *owner)
{
	uint8_t cmd = ((struct genlmsghdr *)nlmsg_data(nlh))->cmd;
	struct nlattr *attrs[NF_SVC_A_MAX + 1];
	struct nf_svc_service said = { 0 };
	int ret;

	ret = nf_svc_attrs_parse(nlh, attrs);
	/* all but two name a service */
	if (!ret && attrs[NF_SVC_A_NAME])
		ret = nf_svc_service_read(nlh, &said);
	if (ret)
		return ret;
	switch (cmd) {
	case NF_SVC_CMD_SERVICE_SET:
		ret = replay_service_set(snapshot, &said, attrs, owner);
		break;
	case NF_SVC_CMD_SERVICE_DEL:
		replay_service_del(snapshot, &said);
		break;
	case NF_SVC_CMD_BACKEND_SET:
	case NF_SVC_CMD_BACKEND_DEL:
		ret = nf_svc_backends_read(nlh, &said);
		if (!ret)
			ret = replay_backends(snapshot, &said,
					      cmd == NF_SVC_CMD_BACKEND_SET);
		break;
	case NF_SVC_CMD_FRONTEND_SET:
	case NF_SVC_CMD_FRONTEND_DEL:
		ret = replay_frontend(snapshot, nlh, &said, attrs,
				      cmd == NF_SVC_CMD_FRONTEND_SET);
		break;
	case NF_SVC_CMD_SETTINGS_SET:
		ret = replay_settings(snapshot, nlh, owner);
		break;
	default:
		break;
	}
	nf_svc_service_clean(&said);
	return ret;
}

int nf_svc_tx_replay(struct nf_svc_client *client,
		     struct nf_svc_snapshot *snapshot, const char *owner,
		     struct nf_svc_error *error)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)(void *)client->kept;
	int rest = (int)client->kept_len, ret = 0;

	for (; client->kept_len && nlmsg_ok(nlh, rest) && !ret;
	     nlh = nlmsg_next(nlh, &rest))
		ret = replay(snapshot, nlh, owner);
	client->kept_len = 0;
	if (!ret)
		return 0;
	return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, ret,
				"this line cannot be planned upon");
}
