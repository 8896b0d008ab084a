// SPDX-License-Identifier: GPL-2.0
/* Attributes of messages: read, written and called by their names. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

static const char *const attribute_names[] = {
	[NF_SVC_A_ABI_REVISION] = "ABI revision",
	[NF_SVC_A_MODULE_VERSION] = "module version",
	[NF_SVC_A_CAPABILITIES] = "capabilities",
	[NF_SVC_A_LIMIT_SERVICES] = "limit of services",
	[NF_SVC_A_LIMIT_FRONTENDS] = "limit of frontends",
	[NF_SVC_A_LIMIT_BACKENDS] = "limit of backends",
	[NF_SVC_A_LIMIT_CIDRS] = "limit of CIDRs",
	[NF_SVC_A_TX_IDLE_MS] = "idle time",
	[NF_SVC_A_COUNT_SERVICES] = "count of services",
	[NF_SVC_A_COUNT_FRONTENDS] = "count of frontends",
	[NF_SVC_A_COUNT_BACKENDS] = "count of backends",
	[NF_SVC_A_GENERATION] = "generation",
	[NF_SVC_A_OWNER] = "owner",
	[NF_SVC_A_FLAGS] = "flags",
	[NF_SVC_A_STEPS] = "steps",
	[NF_SVC_A_NAME] = "name",
	[NF_SVC_A_PROTOCOL] = "protocol",
	[NF_SVC_A_FAMILY] = "family",
	[NF_SVC_A_ADDRESS] = "address",
	[NF_SVC_A_PORT] = "port",
	[NF_SVC_A_SCHEDULER] = "scheduler",
	[NF_SVC_A_REFUSE_WITH] = "refuse-with",
	[NF_SVC_A_AFFINITY_TIMEOUT] = "affinity timeout",
	[NF_SVC_A_BACKEND] = "backend",
	[NF_SVC_A_KIND] = "type",
	[NF_SVC_A_FRONTEND_FLAGS] = "frontend flags",
	[NF_SVC_A_RULE] = "rule",
	[NF_SVC_A_SOURCE_RANGE] = "source range",
	[NF_SVC_A_POD_CIDR] = "pod-cidr",
	[NF_SVC_A_POD_DEVICE] = "pod-device",
	[NF_SVC_A_SERVICE_CIDR] = "service-cidr",
	[NF_SVC_A_FLOWS] = "flows",
	[NF_SVC_A_MASQUERADED] = "masqueraded",
	[NF_SVC_A_HEALED] = "healed",
	[NF_SVC_A_UNREMEMBERED] = "unremembered",
	[NF_SVC_A_UNRECORDED] = "unrecorded",
	[NF_SVC_A_LIMIT_FLOWS] = "limit of flows",
	[NF_SVC_A_COUNT_FLOWS] = "count of flows",
	[NF_SVC_A_FLOW_STATE] = "state of the flow",
	[NF_SVC_A_FLOW_AGE] = "age of the flow",
	[NF_SVC_A_KNOWN_SCHEDULER] = "known scheduler",
	[NF_SVC_A_DROP] = "drop",
	[NF_SVC_A_UNCOUNTED] = "uncounted",
	[NF_SVC_A_SOURCE] = "source",
	[NF_SVC_A_SOURCE_PORT] = "source port",
	[NF_SVC_A_DEVICE] = "device",
	[NF_SVC_A_VERDICT] = "verdict",
	[NF_SVC_A_CLASS] = "class",
	[NF_SVC_A_DROP_REASON] = "drop reason",
	[NF_SVC_A_CANDIDATES] = "candidates",
	[NF_SVC_A_CHOSEN] = "chosen backend",
	[NF_SVC_A_MASQUERADE] = "masquerade",
	[NF_SVC_A_PID] = "process",
	[NF_SVC_A_COMM] = "process name",
	[NF_SVC_A_TIME] = "time",
	[NF_SVC_A_CHANGE] = "change",
	[NF_SVC_A_SERVICES_ADDED] = "services added",
	[NF_SVC_A_SERVICES_CHANGED] = "services changed",
	[NF_SVC_A_SERVICES_DELETED] = "services deleted",
	[NF_SVC_A_FRONTENDS_ADDED] = "frontends added",
	[NF_SVC_A_FRONTENDS_DELETED] = "frontends deleted",
	[NF_SVC_A_BACKENDS_ADDED] = "backends added",
	[NF_SVC_A_BACKENDS_CHANGED] = "backends changed",
	[NF_SVC_A_BACKENDS_DELETED] = "backends deleted",
	[NF_SVC_A_SETTINGS_CHANGED] = "settings changed",
	[NF_SVC_A_REPLACED] = "replaced",
	[NF_SVC_A_NOT_LISTED] = "not listed",
	[NF_SVC_A_LOST] = "lost",
	[NF_SVC_A_RETIRING] = "memory that waits to be freed",
	[NF_SVC_A_LIMIT_RETIRING] = "limit of memory that waits to be freed",
	[NF_SVC_A_NODE_PORT_CIDR] = "node-port-cidr",
	[NF_SVC_A_MASQUERADE_MARK] = "masquerade-mark",
	[NF_SVC_A_PASSED_OVER] = "backend passed over",
	[NF_SVC_A_PASSED_OVER_COUNT] = "backends passed over",
};

static const char *const backend_names[] = {
	[NF_SVC_A_BACKEND_ADDRESS] = "backend address",
	[NF_SVC_A_BACKEND_PORT] = "backend port",
	[NF_SVC_A_BACKEND_WEIGHT] = "backend weight",
	[NF_SVC_A_BACKEND_SETS] = "backend sets",
	[NF_SVC_A_BACKEND_FLOWS] = "backend flows",
};

static const char *const rule_names[] = {
	[NF_SVC_A_RULE_CLASS] = "rule's class",
	[NF_SVC_A_RULE_SET] = "rule's set",
	[NF_SVC_A_RULE_MASQUERADE] = "rule's masquerade",
	[NF_SVC_A_RULE_EMPTY] = "rule's empty",
};

static const char *const cidr_names[] = {
	[NF_SVC_A_CIDR_ADDRESS] = "address of the range",
	[NF_SVC_A_CIDR_PREFIX] = "prefix of the range",
};

#define NAME_OF(names, type) \
	((type) < sizeof(names) / sizeof(*(names)) ? (names)[type] : NULL)

const char *nf_svc_attribute_name(unsigned int nest, unsigned int type)
{
	switch (nest) {
	case 0:
		return NAME_OF(attribute_names, type);
	case NF_SVC_A_BACKEND:
	case NF_SVC_A_CHOSEN:
		return NAME_OF(backend_names, type);
	case NF_SVC_A_RULE:
		return NAME_OF(rule_names, type);
	case NF_SVC_A_SOURCE_RANGE:
	case NF_SVC_A_POD_CIDR:
	case NF_SVC_A_SERVICE_CIDR:
		return NAME_OF(cidr_names, type);
	default:
		return NULL;
	}
}

int nf_svc_attrs_parse(struct nlmsghdr *nlh, struct nlattr **attrs)
{
	if (genlmsg_parse(nlh, 0, attrs, NF_SVC_A_MAX, NULL) < 0)
		return -EBADMSG;
	return 0;
}

uint32_t nf_svc_attr_u32(const struct nlattr *attr, uint32_t missing)
{
	return attr && nla_len(attr) >= 4 ? nla_get_u32(attr) : missing;
}

uint64_t nf_svc_attr_u64(const struct nlattr *attr)
{
	return attr && nla_len(attr) >= 8 ?
		       nla_get_u64((struct nlattr *)(uintptr_t)attr) :
		       0;
}

void nf_svc_attr_string(const struct nlattr *attr, char *text, size_t size)
{
	*text = '\0';
	if (attr)
		nla_strlcpy(text, attr, size);
}

int nf_svc_attr_addr(const struct nlattr *attr, struct nf_svc_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (!attr)
		return 0;
	if (nla_len(attr) == 4)
		addr->family = NFPROTO_IPV4;
	else if (nla_len(attr) == 16)
		addr->family = NFPROTO_IPV6;
	else
		return -EBADMSG;
	memcpy(addr->bytes, nla_data(attr), (size_t)nla_len(attr));
	return 0;
}

int nf_svc_attr_cidr(struct nlattr *attr, struct nf_svc_cidr *cidr)
{
	struct nlattr *attrs[NF_SVC_A_CIDR_MAX + 1];

	if (nla_parse_nested(attrs, NF_SVC_A_CIDR_MAX, attr, NULL) < 0 ||
	    !attrs[NF_SVC_A_CIDR_ADDRESS] || !attrs[NF_SVC_A_CIDR_PREFIX])
		return -EBADMSG;
	cidr->prefix = (uint8_t)nf_svc_attr_u32(attrs[NF_SVC_A_CIDR_PREFIX], 0);
	return nf_svc_attr_addr(attrs[NF_SVC_A_CIDR_ADDRESS], &cidr->addr);
}

int nf_svc_attr_backend(struct nlattr *attr, struct nf_svc_backend *backend)
{
	struct nlattr *attrs[NF_SVC_A_BACKEND_MAX + 1];

	memset(backend, 0, sizeof(*backend));
	if (nla_parse_nested(attrs, NF_SVC_A_BACKEND_MAX, attr, NULL) < 0 ||
	    !attrs[NF_SVC_A_BACKEND_ADDRESS] || !attrs[NF_SVC_A_BACKEND_PORT])
		return -EBADMSG;
	backend->port =
		(uint16_t)nf_svc_attr_u32(attrs[NF_SVC_A_BACKEND_PORT], 0);
	backend->weight =
		(uint16_t)nf_svc_attr_u32(attrs[NF_SVC_A_BACKEND_WEIGHT], 1);
	backend->sets = (uint8_t)nf_svc_attr_u32(attrs[NF_SVC_A_BACKEND_SETS],
						 NF_SVC_SET_CLUSTER);
	backend->flows = nf_svc_attr_u32(attrs[NF_SVC_A_BACKEND_FLOWS], 0);
	return nf_svc_attr_addr(attrs[NF_SVC_A_BACKEND_ADDRESS],
				&backend->addr);
}

int nf_svc_attr_rule(struct nlattr *attr, uint32_t *class,
		     struct nf_svc_rule *rule)
{
	struct nlattr *attrs[NF_SVC_A_RULE_MAX + 1];

	if (nla_parse_nested(attrs, NF_SVC_A_RULE_MAX, attr, NULL) < 0)
		return -EBADMSG;
	*class = nf_svc_attr_u32(attrs[NF_SVC_A_RULE_CLASS], NF_SVC_CLASSES);
	rule->set = (uint8_t)nf_svc_attr_u32(attrs[NF_SVC_A_RULE_SET],
					     NF_SVC_SET_CLUSTER);
	rule->masquerade = nf_svc_attr_u32(attrs[NF_SVC_A_RULE_MASQUERADE], 0);
	rule->empty = (uint8_t)nf_svc_attr_u32(attrs[NF_SVC_A_RULE_EMPTY],
					       NF_SVC_EMPTY_REFUSE);
	return 0;
}

int nf_svc_put_key(struct nl_msg *msg, const struct nf_svc_key *key)
{
	if (nla_put_string(msg, NF_SVC_A_NAME, key->name) ||
	    nla_put_u32(msg, NF_SVC_A_PROTOCOL, key->protocol) ||
	    nla_put_u32(msg, NF_SVC_A_FAMILY, key->family))
		return -EMSGSIZE;
	return 0;
}

int nf_svc_put_flags(struct nl_msg *msg, uint32_t flags)
{
	return flags ? nla_put_u32(msg, NF_SVC_A_FLAGS, flags) : 0;
}

int nf_svc_put_addr(struct nl_msg *msg, int type,
		    const struct nf_svc_addr *addr)
{
	return nla_put(msg, type, (int)nf_svc_addr_size(addr->family),
		       addr->bytes);
}

int nf_svc_put_cidr(struct nl_msg *msg, int type,
		    const struct nf_svc_cidr *cidr)
{
	struct nlattr *nest = nla_nest_start(msg, type | NLA_F_NESTED);

	if (!nest || nf_svc_put_addr(msg, NF_SVC_A_CIDR_ADDRESS, &cidr->addr) ||
	    nla_put_u32(msg, NF_SVC_A_CIDR_PREFIX, cidr->prefix))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}
