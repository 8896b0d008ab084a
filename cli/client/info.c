// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "wire.h"

static void read_schedulers(struct nlmsghdr *nlh,
			    struct nf_svc_schedulers *schedulers)
{
	struct nlattr *attr;
	int rest;

	schedulers->n = 0;
	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rest) {
		if (nla_type(attr) != NF_SVC_A_KNOWN_SCHEDULER ||
		    schedulers->n == NF_SVC_SCHEDULERS_MAX)
			continue;
		nf_svc_attr_string(attr, schedulers->names[schedulers->n++],
				   sizeof(*schedulers->names));
	}
}

static int read_info(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *attrs[NF_SVC_A_MAX + 1];
	struct nf_svc_info *info = arg;
	int ret;

	ret = nf_svc_attrs_parse(nlh, attrs);
	if (ret)
		return ret;
	info->abi_revision = nf_svc_attr_u32(attrs[NF_SVC_A_ABI_REVISION], 0);
	nf_svc_attr_string(attrs[NF_SVC_A_MODULE_VERSION], info->module_version,
			   sizeof(info->module_version));
	info->capabilities = nf_svc_attr_u64(attrs[NF_SVC_A_CAPABILITIES]);
	info->limit_services =
		nf_svc_attr_u32(attrs[NF_SVC_A_LIMIT_SERVICES], 0);
	info->limit_frontends =
		nf_svc_attr_u32(attrs[NF_SVC_A_LIMIT_FRONTENDS], 0);
	info->limit_backends =
		nf_svc_attr_u32(attrs[NF_SVC_A_LIMIT_BACKENDS], 0);
	info->limit_cidrs = nf_svc_attr_u32(attrs[NF_SVC_A_LIMIT_CIDRS], 0);
	info->count_services =
		nf_svc_attr_u32(attrs[NF_SVC_A_COUNT_SERVICES], 0);
	info->count_frontends =
		nf_svc_attr_u32(attrs[NF_SVC_A_COUNT_FRONTENDS], 0);
	info->limit_flows = nf_svc_attr_u32(attrs[NF_SVC_A_LIMIT_FLOWS], 0);
	info->count_flows = nf_svc_attr_u32(attrs[NF_SVC_A_COUNT_FLOWS], 0);
	info->tx_idle_ms = nf_svc_attr_u32(attrs[NF_SVC_A_TX_IDLE_MS], 0);
	info->generation = nf_svc_attr_u64(attrs[NF_SVC_A_GENERATION]);
	info->retiring = nf_svc_attr_u64(attrs[NF_SVC_A_RETIRING]);
	info->limit_retiring = nf_svc_attr_u64(attrs[NF_SVC_A_LIMIT_RETIRING]);
	read_schedulers(nlh, &info->schedulers);
	return 0;
}

int nf_svc_info_get(struct nf_svc_client *client, struct nf_svc_info *info,
		    struct nf_svc_error *error)
{
	memset(info, 0, sizeof(*info));
	return nf_svc_ask(client,
			  nf_svc_message_new(client, NF_SVC_CMD_INFO, 0,
					     NF_SVC_MESSAGE_HEAD),
			  read_info, info, error);
}
