// SPDX-License-Identifier: GPL-2.0-only
/* The netlink family: commands, their policies and who may use them. */
#include <linux/ipv6.h>
#include <linux/module.h>

#include "genl.h"

/*
 * Policies, one a command: an attribute that means nothing to a command is
 * refused (where a GET is both for one and a dump, it takes what either takes).
 * What several commands take is written once here.
 */
#define NF_SVC_POLICY_NAME                                      \
	{                                                       \
		.type = NLA_NUL_STRING, .len = NF_SVC_NAME_MAX, \
	}
#define NF_SVC_POLICY_PROTOCOL \
	NLA_POLICY_VALIDATE_FN(NLA_BINARY, nf_svc_policy_protocol, 4)
#define NF_SVC_POLICY_FAMILY \
	NLA_POLICY_VALIDATE_FN(NLA_BINARY, nf_svc_policy_family, 4)
#define NF_SVC_POLICY_ADDRESS NLA_POLICY_RANGE(NLA_BINARY, 4, 16)
#define NF_SVC_POLICY_PORT \
	NLA_POLICY_VALIDATE_FN(NLA_BINARY, nf_svc_policy_port, 4)
#define NF_SVC_POLICY_U16 \
	NLA_POLICY_VALIDATE_FN(NLA_BINARY, nf_svc_policy_u16, 4)

/*
 * Functions, not ranges: "integer out of range" does not say what would be.
 * NLA_BINARY, not NLA_U32: who asks for the policy is told the range of a U32
 * out of the place where the function is (__netlink_policy_dump_write_attr()).
 */
static int nf_svc_policy_port(const struct nlattr *attr,
			      struct netlink_ext_ack *extack)
{
	if (nla_len(attr) == sizeof(u32) && nla_get_u32(attr) &&
	    nla_get_u32(attr) <= U16_MAX)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "a port is a u32 of 1 to 65535");
	return -EINVAL;
}

static int nf_svc_policy_u16(const struct nlattr *attr,
			     struct netlink_ext_ack *extack)
{
	if (nla_len(attr) == sizeof(u32) && nla_get_u32(attr) <= U16_MAX)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "a weight or source port is a u32 of 0 to 65535");
	return -EINVAL;
}

static int nf_svc_policy_protocol(const struct nlattr *attr,
				  struct netlink_ext_ack *extack)
{
	if (nla_len(attr) == sizeof(u32)) {
		switch (nla_get_u32(attr)) {
		case IPPROTO_TCP:
		case IPPROTO_UDP:
		case IPPROTO_SCTP:
			return 0;
		}
	}
	NL_SET_ERR_MSG_ATTR(
		extack, attr,
		"PROTOCOL is a u32: 6 (TCP), 17 (UDP) or 132 (SCTP)");
	return -EINVAL;
}

static int nf_svc_policy_family(const struct nlattr *attr,
				struct netlink_ext_ack *extack)
{
	if (nla_len(attr) == sizeof(u32)) {
		switch (nla_get_u32(attr)) {
		case NFPROTO_IPV4:
			return 0;
		case NFPROTO_IPV6:
			if (ipv6_mod_enabled())
				return 0;
			NL_SET_ERR_MSG_ATTR(extack, attr,
					    "this kernel runs without IPv6");
			return -EAFNOSUPPORT;
		}
	}
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "FAMILY is a u32: 2 (IPv4) or 10 (IPv6)");
	return -EINVAL;
}

static const struct nla_policy nf_svc_policy_backend_nest[NF_SVC_A_BACKEND_MAX +
							  1] = {
	[NF_SVC_A_BACKEND_ADDRESS] = NF_SVC_POLICY_ADDRESS,
	[NF_SVC_A_BACKEND_PORT] = NF_SVC_POLICY_PORT,
	[NF_SVC_A_BACKEND_WEIGHT] = NF_SVC_POLICY_U16,
	[NF_SVC_A_BACKEND_SETS] =
		NLA_POLICY_MASK(NLA_U32, NF_SVC_SET_CLUSTER | NF_SVC_SET_LOCAL),
};

static const struct nla_policy nf_svc_policy_rule_nest[NF_SVC_A_RULE_MAX + 1] = {
	[NF_SVC_A_RULE_CLASS] = NLA_POLICY_MAX(NLA_U32, NF_SVC_CLASS_MAX),
	[NF_SVC_A_RULE_SET] =
		NLA_POLICY_MASK(NLA_U32, NF_SVC_SET_CLUSTER | NF_SVC_SET_LOCAL),
	[NF_SVC_A_RULE_MASQUERADE] = NLA_POLICY_MAX(NLA_U32, 1),
	[NF_SVC_A_RULE_EMPTY] = NLA_POLICY_MAX(NLA_U32, NF_SVC_EMPTY_MAX),
};

static const struct nla_policy nf_svc_policy_cidr_nest[NF_SVC_A_CIDR_MAX + 1] = {
	[NF_SVC_A_CIDR_ADDRESS] = NF_SVC_POLICY_ADDRESS,
	[NF_SVC_A_CIDR_PREFIX] = NLA_POLICY_MAX(NLA_U32, 128),
};

static const struct nla_policy nf_svc_policy_none[NF_SVC_A_MAX + 1] = {};

static const struct nla_policy nf_svc_policy_begin[NF_SVC_A_MAX + 1] = {
	[NF_SVC_A_OWNER] = { .type = NLA_NUL_STRING, .len = NF_SVC_OWNER_MAX },
	[NF_SVC_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, NF_SVC_FLAG_REPLACE),
	[NF_SVC_A_GENERATION] = { .type = NLA_U64 },
};

static const struct nla_policy nf_svc_policy_owner[NF_SVC_A_MAX + 1] = {
	[NF_SVC_A_OWNER] = { .type = NLA_NUL_STRING, .len = NF_SVC_OWNER_MAX },
};

static const struct nla_policy nf_svc_policy_commit[NF_SVC_A_MAX + 1] = {
	[NF_SVC_A_STEPS] = { .type = NLA_U32 },
};

static const struct nla_policy nf_svc_policy_service[NF_SVC_A_MAX + 1] = {
	[NF_SVC_A_NAME] = NF_SVC_POLICY_NAME,
	[NF_SVC_A_PROTOCOL] = NF_SVC_POLICY_PROTOCOL,
	[NF_SVC_A_FAMILY] = NF_SVC_POLICY_FAMILY,
	[NF_SVC_A_FLAGS] =
		NLA_POLICY_MASK(NLA_U32, NF_SVC_FLAG_CREATE | NF_SVC_FLAG_EXCL |
						 NF_SVC_FLAG_REPLACE),
	[NF_SVC_A_SCHEDULER] = { .type = NLA_NUL_STRING, .len = 15 },
	[NF_SVC_A_REFUSE_WITH] = NLA_POLICY_MAX(NLA_U32, NF_SVC_REFUSE_MAX),
	[NF_SVC_A_AFFINITY_TIMEOUT] = { .type = NLA_U32 },
};

static const struct nla_policy nf_svc_policy_service_key[NF_SVC_A_MAX + 1] = {
	[NF_SVC_A_NAME] = NF_SVC_POLICY_NAME,
	[NF_SVC_A_PROTOCOL] = NF_SVC_POLICY_PROTOCOL,
	[NF_SVC_A_FAMILY] = NF_SVC_POLICY_FAMILY,
};

static const struct nla_policy nf_svc_policy_backends[NF_SVC_A_MAX + 1] = {
	[NF_SVC_A_NAME] = NF_SVC_POLICY_NAME,
	[NF_SVC_A_PROTOCOL] = NF_SVC_POLICY_PROTOCOL,
	[NF_SVC_A_FAMILY] = NF_SVC_POLICY_FAMILY,
	[NF_SVC_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, NF_SVC_FLAG_EXCL),
	[NF_SVC_A_BACKEND] = NLA_POLICY_NESTED(nf_svc_policy_backend_nest),
};

static const struct nla_policy nf_svc_policy_backend_del[NF_SVC_A_MAX + 1] = {
	[NF_SVC_A_NAME] = NF_SVC_POLICY_NAME,
	[NF_SVC_A_PROTOCOL] = NF_SVC_POLICY_PROTOCOL,
	[NF_SVC_A_FAMILY] = NF_SVC_POLICY_FAMILY,
	[NF_SVC_A_BACKEND] = NLA_POLICY_NESTED(nf_svc_policy_backend_nest),
};

static const struct nla_policy nf_svc_policy_flows[NF_SVC_A_MAX + 1] = {
	[NF_SVC_A_NAME] = NF_SVC_POLICY_NAME,
	[NF_SVC_A_PROTOCOL] = NF_SVC_POLICY_PROTOCOL,
	[NF_SVC_A_FAMILY] = NF_SVC_POLICY_FAMILY,
	[NF_SVC_A_BACKEND] = NLA_POLICY_NESTED(nf_svc_policy_backend_nest),
};

static const struct nla_policy nf_svc_policy_frontend[NF_SVC_A_MAX + 1] = {
	[NF_SVC_A_NAME] = NF_SVC_POLICY_NAME,
	[NF_SVC_A_PROTOCOL] = NF_SVC_POLICY_PROTOCOL,
	[NF_SVC_A_FAMILY] = NF_SVC_POLICY_FAMILY,
	[NF_SVC_A_ADDRESS] = NF_SVC_POLICY_ADDRESS,
	[NF_SVC_A_PORT] = NF_SVC_POLICY_PORT,
	[NF_SVC_A_FLAGS] = NLA_POLICY_MASK(NLA_U32, NF_SVC_FLAG_EXCL),
	[NF_SVC_A_KIND] = NLA_POLICY_MAX(NLA_U32, NF_SVC_KIND_MAX),
	[NF_SVC_A_FRONTEND_FLAGS] = NLA_POLICY_MASK(
		NLA_U32, NF_SVC_FRONTEND_EXCLUSIVE | NF_SVC_FRONTEND_INTERNAL),
	[NF_SVC_A_RULE] = NLA_POLICY_NESTED(nf_svc_policy_rule_nest),
	[NF_SVC_A_SOURCE_RANGE] = NLA_POLICY_NESTED(nf_svc_policy_cidr_nest),
};

static const struct nla_policy nf_svc_policy_frontend_del[NF_SVC_A_MAX + 1] = {
	[NF_SVC_A_PROTOCOL] = NF_SVC_POLICY_PROTOCOL,
	[NF_SVC_A_FAMILY] = NF_SVC_POLICY_FAMILY,
	[NF_SVC_A_ADDRESS] = NF_SVC_POLICY_ADDRESS,
	[NF_SVC_A_PORT] = NF_SVC_POLICY_PORT,
};

static const struct nla_policy nf_svc_policy_frontend_get[NF_SVC_A_MAX + 1] = {
	[NF_SVC_A_NAME] = NF_SVC_POLICY_NAME,
	[NF_SVC_A_PROTOCOL] = NF_SVC_POLICY_PROTOCOL,
	[NF_SVC_A_FAMILY] = NF_SVC_POLICY_FAMILY,
	[NF_SVC_A_ADDRESS] = NF_SVC_POLICY_ADDRESS,
	[NF_SVC_A_PORT] = NF_SVC_POLICY_PORT,
};

static const struct nla_policy nf_svc_policy_settings[NF_SVC_A_MAX + 1] = {
	[NF_SVC_A_POD_CIDR] = NLA_POLICY_NESTED(nf_svc_policy_cidr_nest),
	[NF_SVC_A_POD_DEVICE] = { .type = NLA_NUL_STRING,
				  .len = NF_SVC_DEVICE_MAX },
	[NF_SVC_A_SERVICE_CIDR] = NLA_POLICY_NESTED(nf_svc_policy_cidr_nest),
	[NF_SVC_A_NODE_PORT_CIDR] = NLA_POLICY_NESTED(nf_svc_policy_cidr_nest),
	[NF_SVC_A_MASQUERADE_MARK] = { .type = NLA_U32 },
};

static const struct nla_policy nf_svc_policy_explain[NF_SVC_A_MAX + 1] = {
	[NF_SVC_A_FAMILY] = NF_SVC_POLICY_FAMILY,
	[NF_SVC_A_PROTOCOL] = NLA_POLICY_RANGE(NLA_U32, 0, 255),
	[NF_SVC_A_SOURCE] = NF_SVC_POLICY_ADDRESS,
	[NF_SVC_A_ADDRESS] = NF_SVC_POLICY_ADDRESS,
	[NF_SVC_A_SOURCE_PORT] = NF_SVC_POLICY_U16,
	[NF_SVC_A_PORT] = NF_SVC_POLICY_PORT,
	[NF_SVC_A_DEVICE] = { .type = NLA_NUL_STRING,
			      .len = NF_SVC_DEVICE_MAX },
};

/* Of a writing command: netlink asks for CAP_NET_ADMIN in the namespace's user
 * namespace, nf_svc_genl_pre_doit() for more.
 */
#define NF_SVC_OP_WRITE(command, function, its_policy)        \
	{                                                     \
		.cmd = command, .flags = GENL_UNS_ADMIN_PERM, \
		.doit = function, .policy = its_policy,       \
		.maxattr = NF_SVC_A_MAX,                      \
	}

#define NF_SVC_OP_READ(command, function, dump, its_policy)       \
	{                                                         \
		.cmd = command, .doit = function, .dumpit = dump, \
		.policy = its_policy, .maxattr = NF_SVC_A_MAX,    \
	}

/* What tells of processes and clients: not for everybody who may open a socket. */
#define NF_SVC_OP_READ_ADMIN(command, dump, its_policy)                       \
	{                                                                     \
		.cmd = command, .flags = GENL_UNS_ADMIN_PERM, .dumpit = dump, \
		.policy = its_policy, .maxattr = NF_SVC_A_MAX,                \
	}

static bool nf_svc_userns;
module_param_named(userns, nf_svc_userns, bool, 0444);
MODULE_PARM_DESC(
	userns,
	"let the administrators of user namespaces write to their own network namespaces (default: no)");

/*
 * Most ways from an unprivileged user to root through netfilter begin with a
 * user namespace: so the initial one's CAP_NET_ADMIN is needed, unless the
 * administrator says otherwise.
 */
static int nf_svc_genl_pre_doit(const nf_svc_genl_op *op, struct sk_buff *skb,
				struct genl_info *info)
{
	if (!(op->flags & GENL_UNS_ADMIN_PERM) || nf_svc_userns ||
	    netlink_capable(skb, CAP_NET_ADMIN))
		return 0;
	NL_SET_ERR_MSG(
		info->extack,
		"writing needs CAP_NET_ADMIN in the initial user namespace (or the module's parameter userns=1)");
	return -EPERM;
}

static const struct genl_ops nf_svc_genl_ops[] = {
	NF_SVC_OP_READ(NF_SVC_CMD_INFO, nf_svc_cmd_info, NULL,
		       nf_svc_policy_none),
	NF_SVC_OP_WRITE(NF_SVC_CMD_BEGIN, nf_svc_cmd_begin,
			nf_svc_policy_begin),
	NF_SVC_OP_WRITE(NF_SVC_CMD_COMMIT, nf_svc_cmd_commit,
			nf_svc_policy_commit),
	NF_SVC_OP_WRITE(NF_SVC_CMD_ABORT, nf_svc_cmd_abort, nf_svc_policy_none),
	NF_SVC_OP_WRITE(NF_SVC_CMD_SERVICE_SET, nf_svc_cmd_service_set,
			nf_svc_policy_service),
	NF_SVC_OP_WRITE(NF_SVC_CMD_SERVICE_DEL, nf_svc_cmd_service_del,
			nf_svc_policy_service_key),
	NF_SVC_OP_READ(NF_SVC_CMD_SERVICE_GET, nf_svc_cmd_service_get,
		       nf_svc_dump_services, nf_svc_policy_service_key),
	NF_SVC_OP_WRITE(NF_SVC_CMD_BACKEND_SET, nf_svc_cmd_backend_set,
			nf_svc_policy_backends),
	NF_SVC_OP_WRITE(NF_SVC_CMD_BACKEND_DEL, nf_svc_cmd_backend_del,
			nf_svc_policy_backend_del),
	NF_SVC_OP_READ(NF_SVC_CMD_BACKEND_GET, NULL, nf_svc_dump_backends,
		       nf_svc_policy_service_key),
	NF_SVC_OP_WRITE(NF_SVC_CMD_FRONTEND_SET, nf_svc_cmd_frontend_set,
			nf_svc_policy_frontend),
	NF_SVC_OP_WRITE(NF_SVC_CMD_FRONTEND_DEL, nf_svc_cmd_frontend_del,
			nf_svc_policy_frontend_del),
	NF_SVC_OP_READ(NF_SVC_CMD_FRONTEND_GET, nf_svc_cmd_frontend_get,
		       nf_svc_dump_frontends, nf_svc_policy_frontend_get),
	NF_SVC_OP_WRITE(NF_SVC_CMD_SETTINGS_SET, nf_svc_cmd_settings_set,
			nf_svc_policy_settings),
	NF_SVC_OP_READ(NF_SVC_CMD_SETTINGS_GET, nf_svc_cmd_settings_get, NULL,
		       nf_svc_policy_none),
	NF_SVC_OP_READ(NF_SVC_CMD_STATS_GET, nf_svc_cmd_stats_get,
		       nf_svc_dump_stats, nf_svc_policy_none),
	NF_SVC_OP_READ(NF_SVC_CMD_EXPLAIN, nf_svc_cmd_explain, NULL,
		       nf_svc_policy_explain),
	NF_SVC_OP_WRITE(NF_SVC_CMD_CLAIM, nf_svc_cmd_claim,
			nf_svc_policy_owner),
	NF_SVC_OP_WRITE(NF_SVC_CMD_RELEASE, nf_svc_cmd_release,
			nf_svc_policy_owner),
	NF_SVC_OP_READ_ADMIN(NF_SVC_CMD_CLAIM_GET, nf_svc_dump_claims,
			     nf_svc_policy_none),
	NF_SVC_OP_READ_ADMIN(NF_SVC_CMD_HISTORY_GET, nf_svc_dump_history,
			     nf_svc_policy_none),
	NF_SVC_OP_READ_ADMIN(NF_SVC_CMD_FLOW_GET, nf_svc_dump_flows,
			     nf_svc_policy_flows),
};

static const struct genl_multicast_group nf_svc_genl_groups[] = {
	[NF_SVC_GENL_EVENTS] = { .name = NF_SVC_GROUP_EVENTS,
				 .flags = GENL_MCAST_CAP_NET_ADMIN },
	[NF_SVC_GENL_DROPS] = { .name = NF_SVC_GROUP_DROPS,
				.flags = GENL_MCAST_CAP_NET_ADMIN },
};

/*
 * parallel_ops: without it the requests of every other family of generic netlink
 * would wait for our commits. nf_svc_net.mutex orders what has to be. (A family
 * that comes or goes still waits for the request that is being worked on, and
 * others for that: none may sleep for long.)
 */
struct genl_family nf_svc_genl_family __ro_after_init = {
	.name = NF_SVC_GENL_NAME,
	.version = NF_SVC_GENL_VERSION,
	.maxattr = NF_SVC_A_MAX,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.pre_doit = nf_svc_genl_pre_doit,
	.ops = nf_svc_genl_ops,
	.n_ops = ARRAY_SIZE(nf_svc_genl_ops),
	.mcgrps = nf_svc_genl_groups,
	.n_mcgrps = ARRAY_SIZE(nf_svc_genl_groups),
};

/**
 * nf_svc_genl_init() - open the netlink family
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int __init nf_svc_genl_init(void)
{
	return genl_register_family(&nf_svc_genl_family);
}

/**
 * nf_svc_genl_exit() - close it; waits for requests under way
 *
 * Context: process, may sleep.
 */
void nf_svc_genl_exit(void)
{
	genl_unregister_family(&nf_svc_genl_family);
}
