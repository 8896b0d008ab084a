// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "array.h"
#include "wire.h"

static int read_attr(struct nlattr *attr, struct nf_svc_settings *settings)
{
	struct nf_svc_cidr *cidr;
	char(*device)[NF_SVC_DEVICE_MAX + 1];

	switch (nla_type(attr)) {
	case NF_SVC_A_OWNER:
		nf_svc_attr_string(attr, settings->owner,
				   sizeof(settings->owner));
		return 0;
	case NF_SVC_A_POD_CIDR:
		cidr = nf_svc_array_add(&settings->pod_cidrs,
					&settings->n_pod_cidrs, sizeof(*cidr));
		return cidr ? nf_svc_attr_cidr(attr, cidr) : -ENOMEM;
	case NF_SVC_A_SERVICE_CIDR:
		cidr = nf_svc_array_add(&settings->service_cidrs,
					&settings->n_service_cidrs,
					sizeof(*cidr));
		return cidr ? nf_svc_attr_cidr(attr, cidr) : -ENOMEM;
	case NF_SVC_A_NODE_PORT_CIDR:
		cidr = nf_svc_array_add(&settings->node_port_cidrs,
					&settings->n_node_port_cidrs,
					sizeof(*cidr));
		return cidr ? nf_svc_attr_cidr(attr, cidr) : -ENOMEM;
	case NF_SVC_A_POD_DEVICE:
		device = nf_svc_array_add(&settings->pod_devices,
					  &settings->n_pod_devices,
					  sizeof(*device));
		if (!device)
			return -ENOMEM;
		nf_svc_attr_string(attr, *device, sizeof(*device));
		return 0;
	case NF_SVC_A_MASQUERADE_MARK:
		settings->masquerade_mark = nla_get_u32(attr);
		return 0;
	default:
		return 0;
	}
}

int nf_svc_settings_read(struct nlmsghdr *nlh, void *settings)
{
	struct nlattr *attr;
	int rest, ret = 0;

	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rest) {
		ret = read_attr(attr, settings);
		if (ret)
			break;
	}
	return ret;
}

int nf_svc_settings_get(struct nf_svc_client *client,
			struct nf_svc_settings *settings,
			struct nf_svc_error *error)
{
	int ret;

	memset(settings, 0, sizeof(*settings));
	ret = nf_svc_ask(client,
			 nf_svc_message_new(client, NF_SVC_CMD_SETTINGS_GET, 0,
					    NF_SVC_MESSAGE_HEAD),
			 nf_svc_settings_read, settings, error);
	if (ret)
		nf_svc_settings_clean(settings);
	return ret;
}

static int put_cidrs(struct nl_msg *msg, int type,
		     const struct nf_svc_cidr *cidrs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (nf_svc_put_cidr(msg, type, &cidrs[i]))
			return -EMSGSIZE;
	}
	return 0;
}

static int put_settings(struct nl_msg *msg,
			const struct nf_svc_settings *settings)
{
	if (put_cidrs(msg, NF_SVC_A_POD_CIDR, settings->pod_cidrs,
		      settings->n_pod_cidrs))
		return -EMSGSIZE;
	for (size_t i = 0; i < settings->n_pod_devices; i++) {
		if (nla_put_string(msg, NF_SVC_A_POD_DEVICE,
				   settings->pod_devices[i]))
			return -EMSGSIZE;
	}
	if (put_cidrs(msg, NF_SVC_A_SERVICE_CIDR, settings->service_cidrs,
		      settings->n_service_cidrs))
		return -EMSGSIZE;
	if (put_cidrs(msg, NF_SVC_A_NODE_PORT_CIDR, settings->node_port_cidrs,
		      settings->n_node_port_cidrs))
		return -EMSGSIZE;
	/* Not if there is none: modules of before the attribute refuse it. */
	return settings->masquerade_mark ?
		       nla_put_u32(msg, NF_SVC_A_MASQUERADE_MARK,
				   settings->masquerade_mark) :
		       0;
}

int nf_svc_tx_settings_set(struct nf_svc_client *client,
			   const struct nf_svc_settings *settings,
			   struct nf_svc_error *error)
{
	struct nl_msg *msg;

	msg = nf_svc_message_new(client, NF_SVC_CMD_SETTINGS_SET, 0,
				 NF_SVC_MESSAGE_MAX);
	if (msg && put_settings(msg, settings)) {
		nlmsg_free(msg);
		return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, EMSGSIZE,
					"too many settings for a message");
	}
	return nf_svc_tx_queue(client, msg, error);
}
