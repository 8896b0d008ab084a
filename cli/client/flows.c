// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "flows.h"
#include "wire.h"

/**
 * struct flow_list - flows, while they are read
 * @flows: array
 * @n: its length
 */
struct flow_list {
	struct nf_svc_flow *flows;
	size_t n;
};

static int read_flow(struct nlmsghdr *nlh, struct nf_svc_flow *flow)
{
	struct nlattr *attrs[NF_SVC_A_MAX + 1];
	int ret;

	ret = nf_svc_attrs_parse(nlh, attrs);
	if (ret)
		return ret;
	if (!attrs[NF_SVC_A_NAME] || !attrs[NF_SVC_A_BACKEND])
		return -EBADMSG;
	flow->protocol = (uint8_t)nf_svc_attr_u32(attrs[NF_SVC_A_PROTOCOL], 0);
	flow->family = (uint8_t)nf_svc_attr_u32(attrs[NF_SVC_A_FAMILY], 0);
	flow->source_port =
		(uint16_t)nf_svc_attr_u32(attrs[NF_SVC_A_SOURCE_PORT], 0);
	flow->port = (uint16_t)nf_svc_attr_u32(attrs[NF_SVC_A_PORT], 0);
	flow->state = nf_svc_attr_u32(attrs[NF_SVC_A_FLOW_STATE],
				      NF_SVC_FLOW_OPENING);
	flow->age = nf_svc_attr_u32(attrs[NF_SVC_A_FLOW_AGE], 0);
	ret = nf_svc_attr_addr(attrs[NF_SVC_A_SOURCE], &flow->source);
	if (!ret)
		ret = nf_svc_attr_addr(attrs[NF_SVC_A_ADDRESS], &flow->addr);
	if (!ret)
		ret = nf_svc_attr_backend(attrs[NF_SVC_A_BACKEND],
					  &flow->backend);
	if (ret)
		return ret;
	flow->name = nla_strdup(attrs[NF_SVC_A_NAME]);
	return flow->name ? 0 : -ENOMEM;
}

static int add_flow(struct nlmsghdr *nlh, void *arg)
{
	struct flow_list *list = arg;
	struct nf_svc_flow *flow =
		nf_svc_array_add(&list->flows, &list->n, sizeof(*flow));

	return flow ? read_flow(nlh, flow) : -ENOMEM;
}

static int put_filter(struct nl_msg *msg, const struct nf_svc_key *key,
		      const struct nf_svc_backend *backend)
{
	struct nlattr *nest;

	if (key && nf_svc_put_key(msg, key))
		return -EMSGSIZE;
	if (!backend)
		return 0;
	nest = nla_nest_start(msg, NF_SVC_A_BACKEND | NLA_F_NESTED);
	if (!nest ||
	    nf_svc_put_addr(msg, NF_SVC_A_BACKEND_ADDRESS, &backend->addr) ||
	    nla_put_u32(msg, NF_SVC_A_BACKEND_PORT, backend->port))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int compare_flows(const void *a, const void *b)
{
	const struct nf_svc_flow *one = a, *other = b;
	struct nf_svc_key first = { one->name, one->protocol, one->family };
	struct nf_svc_key second = { other->name, other->protocol,
				     other->family };
	int order = nf_svc_key_compare(&first, &second);

	if (!order)
		order = nf_svc_backend_compare(&one->backend, &other->backend);
	if (!order)
		order = memcmp(one->source.bytes, other->source.bytes,
			       sizeof(one->source.bytes));
	return order ? order : (int)one->source_port - (int)other->source_port;
}

static int dump_once(struct nf_svc_client *client, const struct nf_svc_key *key,
		     const struct nf_svc_backend *backend,
		     struct flow_list *list, struct nf_svc_error *error)
{
	struct nl_msg *msg = nf_svc_message_new(
		client, NF_SVC_CMD_FLOW_GET, NLM_F_DUMP, NF_SVC_MESSAGE_HEAD);

	memset(list, 0, sizeof(*list));
	if (msg && put_filter(msg, key, backend)) {
		nlmsg_free(msg);
		return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, EMSGSIZE,
					"the service's name is too long");
	}
	return nf_svc_ask(client, msg, add_flow, list, error);
}

int nf_svc_flows_dump(struct nf_svc_client *client,
		      const struct nf_svc_key *key,
		      const struct nf_svc_backend *backend,
		      struct nf_svc_flow **flows, size_t *n,
		      struct nf_svc_error *error)
{
	unsigned int tries = 0;
	struct flow_list list;
	int ret;

	do {
		ret = dump_once(client, key, backend, &list, error);
		if (ret)
			nf_svc_flows_free(list.flows, list.n);
	} while (nf_svc_dump_again(&tries, ret, error));
	if (ret)
		return ret;
	if (list.n > 1)
		qsort(list.flows, list.n, sizeof(*list.flows), compare_flows);
	*flows = list.flows;
	*n = list.n;
	return 0;
}

void nf_svc_flows_free(struct nf_svc_flow *flows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(flows[i].name);
	free(flows);
}

/* One by one: for a backend, or a service, that is there no more. */
static int count_flows(struct nf_svc_client *client,
		       const struct nf_svc_key *key,
		       const struct nf_svc_backend *backend, uint32_t *left,
		       struct nf_svc_error *error)
{
	struct nf_svc_flow *flows;
	size_t n;
	int ret;

	ret = nf_svc_flows_dump(client, key, backend, &flows, &n, error);
	if (ret)
		return ret;
	*left = 0;
	for (size_t i = 0; i < n; i++)
		*left += flows[i].state != NF_SVC_FLOW_OVER;
	nf_svc_flows_free(flows, n);
	return 0;
}

static int add_backends(struct nlmsghdr *nlh, void *arg)
{
	return nf_svc_backends_read(nlh, arg);
}

static int read_backends(struct nf_svc_client *client,
			 const struct nf_svc_key *key,
			 struct nf_svc_service *service,
			 struct nf_svc_error *error)
{
	struct nl_msg *msg = nf_svc_message_new(client, NF_SVC_CMD_BACKEND_GET,
						NLM_F_DUMP,
						NF_SVC_MESSAGE_HEAD);

	memset(service, 0, sizeof(*service));
	if (msg && nf_svc_put_key(msg, key)) {
		nlmsg_free(msg);
		return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, EMSGSIZE,
					"the service's name is too long");
	}
	return nf_svc_ask(client, msg, add_backends, service, error);
}

int nf_svc_flows_left(struct nf_svc_client *client,
		      const struct nf_svc_key *key,
		      const struct nf_svc_backend *backend, uint32_t *left,
		      struct nf_svc_error *error)
{
	struct nf_svc_service service;
	unsigned int tries = 0;
	bool found = false;
	int ret;

	do {
		ret = read_backends(client, key, &service, error);
		for (size_t i = 0; !ret && i < service.n_backends; i++) {
			if (nf_svc_backend_compare(&service.backends[i],
						   backend))
				continue;
			*left = service.backends[i].flows;
			found = true;
		}
		nf_svc_service_clean(&service);
	} while (nf_svc_dump_again(&tries, ret, error));
	if (ret && ret != -ENOENT)
		return ret;
	return found ? 0 : count_flows(client, key, backend, left, error);
}
