// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "array.h"
#include "wire.h"

/* Bytes of one BACKEND: the nest, an IPv6 address and three numbers. */
#define BACKEND_BYTES (2 * NF_SVC_ATTR_HEAD + 16 + 3 * (NF_SVC_ATTR_HEAD + 4))
/* So many fit into a message together with the service's key. */
#define BACKENDS_PER_MESSAGE \
	((NF_SVC_MESSAGE_MAX - NF_SVC_MESSAGE_HEAD) / BACKEND_BYTES)

int nf_svc_backends_read(struct nlmsghdr *nlh, struct nf_svc_service *service)
{
	struct nlattr *attr;
	int rest, ret;

	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rest) {
		struct nf_svc_backend *backend;

		if (nla_type(attr) != NF_SVC_A_BACKEND)
			continue;
		backend = nf_svc_array_add(&service->backends,
					   &service->n_backends,
					   sizeof(*backend));
		if (!backend)
			return -ENOMEM;
		ret = nf_svc_attr_backend(attr, backend);
		if (ret)
			return ret;
	}
	return 0;
}

static int put_backend(struct nl_msg *msg, const struct nf_svc_backend *backend,
		       bool whole)
{
	struct nlattr *nest =
		nla_nest_start(msg, NF_SVC_A_BACKEND | NLA_F_NESTED);

	if (!nest ||
	    nf_svc_put_addr(msg, NF_SVC_A_BACKEND_ADDRESS, &backend->addr) ||
	    nla_put_u32(msg, NF_SVC_A_BACKEND_PORT, backend->port))
		return -EMSGSIZE;
	if (whole &&
	    (nla_put_u32(msg, NF_SVC_A_BACKEND_WEIGHT, backend->weight) ||
	     nla_put_u32(msg, NF_SVC_A_BACKEND_SETS, backend->sets)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int queue_some(struct nf_svc_client *client, uint8_t cmd, uint32_t flags,
		      const struct nf_svc_key *key,
		      const struct nf_svc_backend *backends, size_t n,
		      struct nf_svc_error *error)
{
	struct nl_msg *msg;
	int ret;

	msg = nf_svc_message_new(client, cmd, 0,
				 NF_SVC_MESSAGE_HEAD + n * BACKEND_BYTES);
	ret = msg ? nf_svc_put_key(msg, key) || nf_svc_put_flags(msg, flags) :
		    0;
	for (size_t i = 0; i < n && msg && !ret; i++)
		ret = put_backend(msg, &backends[i],
				  cmd == NF_SVC_CMD_BACKEND_SET);
	if (ret) {
		nlmsg_free(msg);
		return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, EMSGSIZE,
					"the service's name is too long");
	}
	return nf_svc_tx_queue(client, msg, error);
}

static int queue_all(struct nf_svc_client *client, uint8_t cmd, uint32_t flags,
		     const struct nf_svc_key *key,
		     const struct nf_svc_backend *backends, size_t n,
		     struct nf_svc_error *error)
{
	int ret = 0;

	while (n && !ret) {
		size_t some = n < BACKENDS_PER_MESSAGE ? n :
							 BACKENDS_PER_MESSAGE;

		ret = queue_some(client, cmd, flags, key, backends, some,
				 error);
		backends += some;
		n -= some;
	}
	return ret;
}

int nf_svc_tx_backends_set(struct nf_svc_client *client,
			   const struct nf_svc_key *key,
			   const struct nf_svc_backend *backends, size_t n,
			   uint32_t flags, struct nf_svc_error *error)
{
	return queue_all(client, NF_SVC_CMD_BACKEND_SET, flags, key, backends,
			 n, error);
}

int nf_svc_tx_backends_del(struct nf_svc_client *client,
			   const struct nf_svc_key *key,
			   const struct nf_svc_backend *backends, size_t n,
			   struct nf_svc_error *error)
{
	return queue_all(client, NF_SVC_CMD_BACKEND_DEL, 0, key, backends, n,
			 error);
}
