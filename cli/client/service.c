// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "wire.h"

int nf_svc_service_read(struct nlmsghdr *nlh, struct nf_svc_service *service)
{
	struct nlattr *attrs[NF_SVC_A_MAX + 1];
	char name[NF_SVC_NAME_MAX + 1];
	int ret;

	ret = nf_svc_attrs_parse(nlh, attrs);
	if (ret)
		return ret;
	if (!attrs[NF_SVC_A_NAME])
		return -EBADMSG;
	nf_svc_attr_string(attrs[NF_SVC_A_NAME], name, sizeof(name));
	ret = nf_svc_service_init(
		service, name,
		(uint8_t)nf_svc_attr_u32(attrs[NF_SVC_A_PROTOCOL], 0),
		(uint8_t)nf_svc_attr_u32(attrs[NF_SVC_A_FAMILY], 0));
	if (ret)
		return ret;
	nf_svc_attr_string(attrs[NF_SVC_A_OWNER], service->owner,
			   sizeof(service->owner));
	if (attrs[NF_SVC_A_SCHEDULER])
		nf_svc_attr_string(attrs[NF_SVC_A_SCHEDULER],
				   service->scheduler,
				   sizeof(service->scheduler));
	service->refuse_with = nf_svc_attr_u32(attrs[NF_SVC_A_REFUSE_WITH],
					       NF_SVC_REFUSE_RESET);
	service->affinity_timeout =
		nf_svc_attr_u32(attrs[NF_SVC_A_AFFINITY_TIMEOUT], 0);
	return 0;
}

int nf_svc_tx_service_set(struct nf_svc_client *client,
			  const struct nf_svc_service *service,
			  unsigned int given, uint32_t flags,
			  struct nf_svc_error *error)
{
	struct nf_svc_key key = nf_svc_service_key(service);
	struct nl_msg *msg;

	msg = nf_svc_message_new(client, NF_SVC_CMD_SERVICE_SET, 0,
				 NF_SVC_MESSAGE_HEAD);
	if (msg &&
	    (nf_svc_put_key(msg, &key) || nf_svc_put_flags(msg, flags) ||
	     ((given & NF_SVC_GIVEN_SCHEDULER) &&
	      nla_put_string(msg, NF_SVC_A_SCHEDULER, service->scheduler)) ||
	     ((given & NF_SVC_GIVEN_REFUSE_WITH) &&
	      nla_put_u32(msg, NF_SVC_A_REFUSE_WITH, service->refuse_with)) ||
	     ((given & NF_SVC_GIVEN_AFFINITY) &&
	      nla_put_u32(msg, NF_SVC_A_AFFINITY_TIMEOUT,
			  service->affinity_timeout)))) {
		nlmsg_free(msg);
		return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, EMSGSIZE,
					"the service's name is too long");
	}
	return nf_svc_tx_queue(client, msg, error);
}

int nf_svc_tx_service_del(struct nf_svc_client *client,
			  const struct nf_svc_key *key,
			  struct nf_svc_error *error)
{
	struct nl_msg *msg;

	msg = nf_svc_message_new(client, NF_SVC_CMD_SERVICE_DEL, 0,
				 NF_SVC_MESSAGE_HEAD);
	if (msg && nf_svc_put_key(msg, key)) {
		nlmsg_free(msg);
		return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, EMSGSIZE,
					"the service's name is too long");
	}
	return nf_svc_tx_queue(client, msg, error);
}
