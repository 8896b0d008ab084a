// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "wire.h"

/* Bytes of one SOURCE_RANGE. */
#define RANGE_BYTES (3 * NF_SVC_ATTR_HEAD + 16 + 4)

static void default_rules(struct nf_svc_frontend *frontend)
{
	for (unsigned int class = 0; class < NF_SVC_CLASSES; class ++)
		frontend->rules[class].set = NF_SVC_SET_CLUSTER;
}

static int read_repeated(struct nlmsghdr *nlh, struct nf_svc_frontend *frontend)
{
	struct nf_svc_rule rule;
	struct nlattr *attr;
	uint32_t class;
	int rest, ret;

	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rest) {
		if (nla_type(attr) == NF_SVC_A_RULE) {
			ret = nf_svc_attr_rule(attr, &class, &rule);
			if (ret)
				return ret;
			if (class < NF_SVC_CLASSES)
				frontend->rules[class] = rule;
		} else if (nla_type(attr) == NF_SVC_A_SOURCE_RANGE) {
			struct nf_svc_cidr *range = nf_svc_array_add(
				&frontend->ranges, &frontend->n_ranges,
				sizeof(*range));

			if (!range)
				return -ENOMEM;
			ret = nf_svc_attr_cidr(attr, range);
			if (ret)
				return ret;
		}
	}
	return 0;
}

int nf_svc_frontend_read(struct nlmsghdr *nlh, struct nf_svc_frontend *frontend)
{
	struct nlattr *attrs[NF_SVC_A_MAX + 1];
	int ret;

	memset(frontend, 0, sizeof(*frontend));
	ret = nf_svc_attrs_parse(nlh, attrs);
	if (!ret)
		ret = nf_svc_attr_addr(attrs[NF_SVC_A_ADDRESS],
				       &frontend->addr);
	if (ret)
		return ret;
	frontend->port = (uint16_t)nf_svc_attr_u32(attrs[NF_SVC_A_PORT], 0);
	frontend->protocol =
		(uint8_t)nf_svc_attr_u32(attrs[NF_SVC_A_PROTOCOL], 0);
	frontend->family = (uint8_t)nf_svc_attr_u32(attrs[NF_SVC_A_FAMILY], 0);
	frontend->kind = (uint8_t)nf_svc_attr_u32(attrs[NF_SVC_A_KIND],
						  NF_SVC_KIND_CLUSTER_IP);
	frontend->flags = nf_svc_attr_u32(attrs[NF_SVC_A_FRONTEND_FLAGS], 0);
	default_rules(frontend);
	ret = read_repeated(nlh, frontend);
	if (ret) {
		free(frontend->ranges);
		memset(frontend, 0, sizeof(*frontend));
	}
	return ret;
}

static int put_rule(struct nl_msg *msg, unsigned int class,
		    const struct nf_svc_rule *rule)
{
	struct nlattr *nest = nla_nest_start(msg, NF_SVC_A_RULE | NLA_F_NESTED);

	if (!nest || nla_put_u32(msg, NF_SVC_A_RULE_CLASS, class) ||
	    nla_put_u32(msg, NF_SVC_A_RULE_SET, rule->set) ||
	    nla_put_u32(msg, NF_SVC_A_RULE_MASQUERADE, rule->masquerade) ||
	    nla_put_u32(msg, NF_SVC_A_RULE_EMPTY, rule->empty))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_frontend_key(struct nl_msg *msg,
			    const struct nf_svc_frontend *frontend)
{
	if (nla_put_u32(msg, NF_SVC_A_PROTOCOL, frontend->protocol) ||
	    nla_put_u32(msg, NF_SVC_A_FAMILY, frontend->family) ||
	    (frontend->addr.family &&
	     nf_svc_put_addr(msg, NF_SVC_A_ADDRESS, &frontend->addr)) ||
	    nla_put_u32(msg, NF_SVC_A_PORT, frontend->port))
		return -EMSGSIZE;
	return 0;
}

static int put_frontend(struct nl_msg *msg, const char *name,
			const struct nf_svc_frontend *frontend)
{
	if (nla_put_string(msg, NF_SVC_A_NAME, name) ||
	    put_frontend_key(msg, frontend) ||
	    nla_put_u32(msg, NF_SVC_A_KIND, frontend->kind) ||
	    nla_put_u32(msg, NF_SVC_A_FRONTEND_FLAGS, frontend->flags))
		return -EMSGSIZE;
	for (unsigned int class = 0; class < NF_SVC_CLASSES; class ++) {
		if (put_rule(msg, class, &frontend->rules[class]))
			return -EMSGSIZE;
	}
	for (size_t i = 0; i < frontend->n_ranges; i++) {
		if (nf_svc_put_cidr(msg, NF_SVC_A_SOURCE_RANGE,
				    &frontend->ranges[i]))
			return -EMSGSIZE;
	}
	return 0;
}

int nf_svc_tx_frontend_set(struct nf_svc_client *client, const char *name,
			   const struct nf_svc_frontend *frontend,
			   uint32_t flags, struct nf_svc_error *error)
{
	size_t size = NF_SVC_MESSAGE_HEAD + frontend->n_ranges * RANGE_BYTES;
	struct nl_msg *msg;

	if (size > NF_SVC_CHUNK)
		return nf_svc_error_set(
			error, NF_SVC_ERROR_SYSTEM, EMSGSIZE,
			"a frontend has too many source ranges for a message");
	msg = nf_svc_message_new(client, NF_SVC_CMD_FRONTEND_SET, 0, size);
	if (msg && (put_frontend(msg, name, frontend) ||
		    nf_svc_put_flags(msg, flags))) {
		nlmsg_free(msg);
		return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, EMSGSIZE,
					"the service's name is too long");
	}
	return nf_svc_tx_queue(client, msg, error);
}

int nf_svc_tx_frontend_del(struct nf_svc_client *client,
			   const struct nf_svc_frontend *frontend,
			   struct nf_svc_error *error)
{
	struct nl_msg *msg;

	msg = nf_svc_message_new(client, NF_SVC_CMD_FRONTEND_DEL, 0,
				 NF_SVC_MESSAGE_HEAD);
	if (msg && put_frontend_key(msg, frontend)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return nf_svc_tx_queue(client, msg, error);
}
