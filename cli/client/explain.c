// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "wire.h"

static int put_packet(struct nl_msg *msg, const struct nf_svc_packet *packet)
{
	if (nla_put_u32(msg, NF_SVC_A_FAMILY, packet->addr.family) ||
	    nla_put_u32(msg, NF_SVC_A_PROTOCOL, packet->protocol) ||
	    nf_svc_put_addr(msg, NF_SVC_A_SOURCE, &packet->source) ||
	    nf_svc_put_addr(msg, NF_SVC_A_ADDRESS, &packet->addr) ||
	    (packet->source_port &&
	     nla_put_u32(msg, NF_SVC_A_SOURCE_PORT, packet->source_port)) ||
	    (packet->port && nla_put_u32(msg, NF_SVC_A_PORT, packet->port)) ||
	    (*packet->device &&
	     nla_put_string(msg, NF_SVC_A_DEVICE, packet->device)))
		return -EMSGSIZE;
	return 0;
}

static int read_rule(struct nlattr *attr,
		     struct nf_svc_explanation *explanation)
{
	struct nf_svc_rule rule;
	uint32_t class;
	int ret = nf_svc_attr_rule(attr, &class, &rule);

	if (ret)
		return ret;
	/* of a class that is not known here */
	if (class >= NF_SVC_CLASSES)
		return 0;
	explanation->has_rule |= class == explanation->class;
	explanation->rules[class] = rule;
	return 0;
}

static int read_nests(struct nlmsghdr *nlh,
		      struct nf_svc_explanation *explanation)
{
	struct nf_svc_backend *backend;
	struct nlattr *attr;
	int rest, ret = 0;

	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rest) {
		switch (nla_type(attr)) {
		case NF_SVC_A_BACKEND:
			backend = nf_svc_array_add(&explanation->backends,
						   &explanation->n_backends,
						   sizeof(*backend));
			ret = backend ? nf_svc_attr_backend(attr, backend) :
					-ENOMEM;
			break;
		case NF_SVC_A_PASSED_OVER:
			backend = nf_svc_array_add(&explanation->passed_over,
						   &explanation->n_passed_over,
						   sizeof(*backend));
			ret = backend ? nf_svc_attr_backend(attr, backend) :
					-ENOMEM;
			break;
		case NF_SVC_A_CHOSEN:
			explanation->has_chosen = true;
			ret = nf_svc_attr_backend(attr, &explanation->chosen);
			break;
		case NF_SVC_A_RULE:
			ret = read_rule(attr, explanation);
			break;
		default:
			break;
		}
		if (ret)
			break;
	}
	return ret;
}

static int read_explanation(struct nlmsghdr *nlh, void *arg)
{
	struct nf_svc_explanation *explanation = arg;
	struct nlattr *attrs[NF_SVC_A_MAX + 1];
	int ret;

	ret = nf_svc_attrs_parse(nlh, attrs);
	if (ret)
		return ret;
	explanation->verdict =
		nf_svc_attr_u32(attrs[NF_SVC_A_VERDICT], NF_SVC_VERDICT_PASS);
	explanation->class =
		nf_svc_attr_u32(attrs[NF_SVC_A_CLASS], NF_SVC_CLASSES);
	if (attrs[NF_SVC_A_NAME] && !explanation->name) {
		explanation->name = nla_strdup(attrs[NF_SVC_A_NAME]);
		if (!explanation->name)
			return -ENOMEM;
	}
	nf_svc_attr_string(attrs[NF_SVC_A_OWNER], explanation->owner,
			   sizeof(explanation->owner));
	nf_svc_attr_string(attrs[NF_SVC_A_SCHEDULER], explanation->scheduler,
			   sizeof(explanation->scheduler));
	explanation->kind =
		nf_svc_attr_u32(attrs[NF_SVC_A_KIND], NF_SVC_KIND_CLUSTER_IP);
	explanation->drop_reason = nf_svc_attr_u32(attrs[NF_SVC_A_DROP_REASON],
						   NF_SVC_DROP_UNSPEC);
	explanation->refuse_with = nf_svc_attr_u32(attrs[NF_SVC_A_REFUSE_WITH],
						   NF_SVC_REFUSE_RESET);
	explanation->candidates =
		nf_svc_attr_u32(attrs[NF_SVC_A_CANDIDATES], 0);
	explanation->passed_over_count =
		nf_svc_attr_u32(attrs[NF_SVC_A_PASSED_OVER_COUNT], 0);
	explanation->remembered = attrs[NF_SVC_A_AFFINITY_TIMEOUT];
	explanation->masquerade =
		nf_svc_attr_u32(attrs[NF_SVC_A_MASQUERADE], 0);
	return read_nests(nlh, explanation);
}

int nf_svc_explain(struct nf_svc_client *client,
		   const struct nf_svc_packet *packet,
		   struct nf_svc_explanation *explanation,
		   struct nf_svc_error *error)
{
	struct nl_msg *msg;
	int ret;

	memset(explanation, 0, sizeof(*explanation));
	msg = nf_svc_message_new(client, NF_SVC_CMD_EXPLAIN, 0,
				 NF_SVC_MESSAGE_HEAD);
	if (msg && put_packet(msg, packet)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	ret = nf_svc_ask(client, msg, read_explanation, explanation, error);
	if (ret)
		nf_svc_explanation_clean(explanation);
	return ret;
}

void nf_svc_explanation_clean(struct nf_svc_explanation *explanation)
{
	free(explanation->name);
	free(explanation->backends);
	free(explanation->passed_over);
	memset(explanation, 0, sizeof(*explanation));
}
