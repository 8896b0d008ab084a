// SPDX-License-Identifier: GPL-2.0
/*
 * All tables at one generation. Each dump tells when a commit happened during
 * it; the generation before the first and after the last tells the rest.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "wire.h"

static int read_service(struct nlmsghdr *nlh, void *arg)
{
	struct nf_svc_snapshot *snapshot = arg;
	struct nf_svc_service *service;
	int ret;

	service = nf_svc_array_add(&snapshot->services, &snapshot->n_services,
				   sizeof(*service));
	if (!service)
		return -ENOMEM;
	ret = nf_svc_service_read(nlh, service);
	if (ret)
		snapshot->n_services--;
	return ret;
}

/* The service that a message belongs to; *@service is NULL if it is unknown. */
static int find_service(struct nlmsghdr *nlh, struct nf_svc_snapshot *snapshot,
			struct nf_svc_service **service)
{
	struct nlattr *attrs[NF_SVC_A_MAX + 1];
	char name[NF_SVC_NAME_MAX + 1];
	struct nf_svc_key key = { .name = name };
	int ret;

	ret = nf_svc_attrs_parse(nlh, attrs);
	if (ret)
		return ret;
	nf_svc_attr_string(attrs[NF_SVC_A_NAME], name, sizeof(name));
	key.protocol = (uint8_t)nf_svc_attr_u32(attrs[NF_SVC_A_PROTOCOL], 0);
	key.family = (uint8_t)nf_svc_attr_u32(attrs[NF_SVC_A_FAMILY], 0);
	*service = nf_svc_snapshot_find(snapshot, &key);
	return 0;
}

static int read_backends(struct nlmsghdr *nlh, void *arg)
{
	struct nf_svc_service *service;
	int ret;

	ret = find_service(nlh, arg, &service);
	/* of a service that came after the services were read: read it all again */
	if (!ret && service)
		ret = nf_svc_backends_read(nlh, service);
	return ret;
}

static int read_frontend(struct nlmsghdr *nlh, void *arg)
{
	struct nf_svc_frontend *frontend;
	struct nf_svc_service *service;
	int ret;

	ret = find_service(nlh, arg, &service);
	if (ret || !service)
		return ret;
	frontend = nf_svc_array_add(&service->frontends, &service->n_frontends,
				    sizeof(*frontend));
	if (!frontend)
		return -ENOMEM;
	return nf_svc_frontend_read(nlh, frontend);
}

static int compare_services(const void *a, const void *b)
{
	struct nf_svc_key one = nf_svc_service_key(a),
			  other = nf_svc_service_key(b);

	return nf_svc_key_compare(&one, &other);
}

static int dump(struct nf_svc_client *client, uint8_t cmd, nf_svc_reader reader,
		struct nf_svc_snapshot *snapshot, struct nf_svc_error *error)
{
	struct nl_msg *msg = nf_svc_message_new(client, cmd, NLM_F_DUMP,
						NF_SVC_MESSAGE_HEAD);

	return nf_svc_ask(client, msg, reader, snapshot, error);
}

static int read_tables(struct nf_svc_client *client,
		       struct nf_svc_snapshot *snapshot,
		       struct nf_svc_error *error)
{
	int ret;

	ret = dump(client, NF_SVC_CMD_SERVICE_GET, read_service, snapshot,
		   error);
	if (ret)
		return ret;
	if (snapshot->n_services > 1)
		qsort(snapshot->services, snapshot->n_services,
		      sizeof(*snapshot->services), compare_services);
	ret = dump(client, NF_SVC_CMD_BACKEND_GET, read_backends, snapshot,
		   error);
	if (!ret)
		ret = dump(client, NF_SVC_CMD_FRONTEND_GET, read_frontend,
			   snapshot, error);
	if (!ret)
		ret = nf_svc_settings_get(client, &snapshot->settings, error);
	for (size_t i = 0; i < snapshot->n_services; i++)
		nf_svc_service_sort(&snapshot->services[i]);
	return ret;
}

static int read_once(struct nf_svc_client *client,
		     struct nf_svc_snapshot *snapshot,
		     struct nf_svc_error *error)
{
	struct nf_svc_info before, after;
	int ret;

	memset(snapshot, 0, sizeof(*snapshot));
	ret = nf_svc_info_get(client, &before, error);
	if (!ret)
		ret = read_tables(client, snapshot, error);
	if (!ret)
		ret = nf_svc_info_get(client, &after, error);
	if (!ret && before.generation != after.generation)
		ret = nf_svc_error_set(
			error, NF_SVC_ERROR_INTERRUPTED, EINTR,
			"the tables changed while they were read");
	if (ret)
		nf_svc_snapshot_clean(snapshot);
	else
		snapshot->generation = after.generation;
	return ret;
}

int nf_svc_snapshot_read(struct nf_svc_client *client,
			 struct nf_svc_snapshot *snapshot,
			 struct nf_svc_error *error)
{
	unsigned int tries = 0;
	int ret;

	do {
		ret = read_once(client, snapshot, error);
	} while (nf_svc_dump_again(&tries, ret, error));
	return ret;
}
