// SPDX-License-Identifier: GPL-2.0-only
/* What requests say, made into objects. Policies have been checked before. */
#include <linux/ctype.h>
#include <linux/inetdevice.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "genl.h"

/**
 * nf_svc_read_owner() - the owner that a BEGIN names
 * @info: request
 * @owner: result; lives as long as the request
 *
 * Return: 0 or -EINVAL.
 */
int nf_svc_read_owner(struct genl_info *info, const char **owner)
{
	struct nlattr *attr = info->attrs[NF_SVC_A_OWNER];
	const char *c;

	if (GENL_REQ_ATTR_CHECK(info, NF_SVC_A_OWNER)) {
		NL_SET_ERR_MSG(info->extack, "OWNER is missing");
		return -EINVAL;
	}
	*owner = nla_data(attr);
	for (c = *owner; isalnum(*c) || *c == '.' || *c == '_' || *c == '-';
	     c++)
		if (!isascii(*c))
			break;
	if (*c || c == *owner) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "an owner is 1 to 63 of A-Z a-z 0-9 . _ -");
		return -EINVAL;
	}
	return 0;
}

/**
 * nf_svc_read_missing() - is an attribute missing?
 * @attrs: attributes
 * @needed: those that must be there
 * @nr: how many
 * @extack: told the first that is missing
 *
 * Return: is one?
 */
bool nf_svc_read_missing(struct nlattr *const *attrs, const int *needed, u32 nr,
			 struct netlink_ext_ack *extack)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		if (attrs[needed[i]])
			continue;
		NL_SET_ERR_ATTR_MISS(extack, NULL, needed[i]);
		return true;
	}
	return false;
}

/**
 * nf_svc_read_key() - the service key that a request names
 * @attrs: attributes
 * @info: request, for its extended ack
 * @key: result; lives as long as the request
 *
 * Return: 0 or -EINVAL.
 */
int nf_svc_read_key(struct nlattr *const *attrs, struct genl_info *info,
		    struct nf_svc_key *key)
{
	static const int needed[] = {
		NF_SVC_A_NAME,
		NF_SVC_A_PROTOCOL,
		NF_SVC_A_FAMILY,
	};
	const char *c;

	if (nf_svc_read_missing(attrs, needed, ARRAY_SIZE(needed),
				info->extack)) {
		NL_SET_ERR_MSG(
			info->extack,
			"a service is named by NAME, PROTOCOL and FAMILY: one is missing");
		return -EINVAL;
	}
	key->name = nla_data(attrs[NF_SVC_A_NAME]);
	key->protocol = nla_get_u32(attrs[NF_SVC_A_PROTOCOL]);
	key->family = nla_get_u32(attrs[NF_SVC_A_FAMILY]);

	for (c = key->name; *c > ' ' && *c <= '~'; c++)
		;
	if (*c || c == key->name) {
		NL_SET_ERR_MSG_ATTR(
			info->extack, attrs[NF_SVC_A_NAME],
			"a name is 1 to 255 printable ASCII characters without blanks");
		return -EINVAL;
	}
	return 0;
}

/**
 * nf_svc_read_address() - an address of a family
 * @addr: result
 * @family: NFPROTO_*
 * @attr: the attribute
 * @extack: for the reason of a refusal
 *
 * Return: 0 or -EINVAL.
 */
int nf_svc_read_address(union nf_inet_addr *addr, u8 family,
			const struct nlattr *attr,
			struct netlink_ext_ack *extack)
{
	if (nla_len(attr) != nf_svc_addr_len(family)) {
		NL_SET_ERR_MSG_ATTR(
			extack, attr,
			"an address has 4 bytes for FAMILY IPv4, 16 for IPv6");
		return -EINVAL;
	}
	nf_svc_addr_set(addr, family, nla_data(attr));
	return 0;
}

/* NULL, or what makes an address one that nobody can be reached at from here. */
static const char *nf_svc_address_flaw(u8 family,
				       const union nf_inet_addr *addr)
{
	int type;

	if (family == NFPROTO_IPV4) {
		if (ipv4_is_zeronet(addr->ip))
			return "the address is unspecified (0.0.0.0/8)";
		if (ipv4_is_loopback(addr->ip))
			return "the address is loopback (127.0.0.0/8)";
		if (ipv4_is_multicast(addr->ip))
			return "the address is multicast (224.0.0.0/4)";
		if (ipv4_is_lbcast(addr->ip))
			return "the address is broadcast (255.255.255.255)";
		return NULL;
	}
	type = ipv6_addr_type(&addr->in6);
	if (type == IPV6_ADDR_ANY)
		return "the address is unspecified (::)";
	if (type & IPV6_ADDR_LOOPBACK)
		return "the address is loopback (::1)";
	if (type & IPV6_ADDR_MULTICAST)
		return "the address is multicast (ff00::/8)";
	if (type & IPV6_ADDR_MAPPED)
		return "the address is IPv4-mapped (::ffff:0:0/96): use FAMILY IPv4";
	return NULL;
}

/* Link-local ones, too: 169.254.169.254 gives credentials (CVE-2021-25737). */
static const char *nf_svc_backend_flaw(u8 family,
				       const union nf_inet_addr *addr)
{
	const char *flaw = nf_svc_address_flaw(family, addr);

	if (flaw)
		return flaw;
	if (family == NFPROTO_IPV4 && ipv4_is_linklocal_169(addr->ip))
		return "the address is link-local (169.254.0.0/16)";
	if (family == NFPROTO_IPV6 &&
	    ipv6_addr_type(&addr->in6) & IPV6_ADDR_LINKLOCAL)
		return "the address is link-local (fe80::/10)";
	return NULL;
}

/* The message is of this module's read-only data: it may be pointed to. */
static int nf_svc_flaw(struct netlink_ext_ack *extack,
		       const struct nlattr *attr, const char *flaw)
{
	if (!flaw)
		return 0;
	if (extack) {
		extack->_msg = flaw;
		extack->bad_attr = attr;
	}
	return -EINVAL;
}

/**
 * nf_svc_read_backend() - a backend
 * @backend: result
 * @family: NFPROTO_* of its service
 * @nest: BACKEND
 * @extack: for the reason of a refusal
 *
 * Return: 0 or -EINVAL.
 */
int nf_svc_read_backend(struct nf_svc_backend *backend, u8 family,
			const struct nlattr *nest,
			struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[NF_SVC_A_BACKEND_MAX + 1];
	const struct nlattr *attr;
	int err;

	/* The policy of the request has gone through the nest already. */
	err = nla_parse_nested(attrs, NF_SVC_A_BACKEND_MAX, nest, NULL, extack);
	if (err)
		return err;
	memset(backend, 0, sizeof(*backend));

	attr = attrs[NF_SVC_A_BACKEND_ADDRESS];
	if (!attr || !attrs[NF_SVC_A_BACKEND_PORT]) {
		NL_SET_ERR_ATTR_MISS(extack, nest,
				     attr ? NF_SVC_A_BACKEND_PORT :
					    NF_SVC_A_BACKEND_ADDRESS);
		NL_SET_ERR_MSG(
			extack,
			"a backend has an address and a port: one is missing");
		return -EINVAL;
	}
	err = nf_svc_read_address(&backend->addr, family, attr, extack);
	if (err)
		return err;
	err = nf_svc_flaw(extack, attr,
			  nf_svc_backend_flaw(family, &backend->addr));
	if (err)
		return err;
	backend->port = htons(nla_get_u32(attrs[NF_SVC_A_BACKEND_PORT]));
	backend->weight = 1;
	if (attrs[NF_SVC_A_BACKEND_WEIGHT])
		backend->weight = nla_get_u32(attrs[NF_SVC_A_BACKEND_WEIGHT]);
	backend->sets = NF_SVC_SET_CLUSTER;
	if (attrs[NF_SVC_A_BACKEND_SETS])
		backend->sets = nla_get_u32(attrs[NF_SVC_A_BACKEND_SETS]);
	return 0;
}

/**
 * nf_svc_read_frontend_key() - the frontend that a request names
 * @frontend: result: @addr, @port, @protocol, @family; the rest is 0
 * @info: request
 *
 * Return: 0 or a negative error.
 */
int nf_svc_read_frontend_key(struct nf_svc_frontend *frontend,
			     struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	static const int needed[] = {
		NF_SVC_A_PROTOCOL,
		NF_SVC_A_FAMILY,
		NF_SVC_A_PORT,
	};
	int err;

	memset(frontend, 0, sizeof(*frontend));
	if (nf_svc_read_missing(attrs, needed, ARRAY_SIZE(needed),
				info->extack)) {
		NL_SET_ERR_MSG(
			info->extack,
			"a frontend is named by FAMILY, PORT, PROTOCOL and, but for a NodePort, ADDRESS: one is missing");
		return -EINVAL;
	}
	frontend->protocol = nla_get_u32(attrs[NF_SVC_A_PROTOCOL]);
	frontend->family = nla_get_u32(attrs[NF_SVC_A_FAMILY]);
	frontend->port = htons(nla_get_u32(attrs[NF_SVC_A_PORT]));
	if (!attrs[NF_SVC_A_ADDRESS])
		return 0;
	err = nf_svc_read_address(&frontend->addr, frontend->family,
				  attrs[NF_SVC_A_ADDRESS], info->extack);
	if (err)
		return err;
	return nf_svc_flaw(info->extack, attrs[NF_SVC_A_ADDRESS],
			   nf_svc_address_flaw(frontend->family,
					       &frontend->addr));
}

static int nf_svc_read_rule(struct nf_svc_frontend *frontend, u32 *seen,
			    const struct nlattr *nest,
			    struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[NF_SVC_A_RULE_MAX + 1];
	struct nf_svc_rule *rule;
	u32 class, set;
	int err;

	err = nla_parse_nested(attrs, NF_SVC_A_RULE_MAX, nest, NULL, extack);
	if (err)
		return err;
	if (!attrs[NF_SVC_A_RULE_CLASS]) {
		NL_SET_ERR_ATTR_MISS(extack, nest, NF_SVC_A_RULE_CLASS);
		NL_SET_ERR_MSG(extack,
			       "a rule is for a class: RULE_CLASS is missing");
		return -EINVAL;
	}
	class = nla_get_u32(attrs[NF_SVC_A_RULE_CLASS]);
	if (*seen & BIT(class)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[NF_SVC_A_RULE_CLASS],
				    "two rules for one class");
		return -EINVAL;
	}
	*seen |= BIT(class);

	rule = &frontend->rule[class];
	if (attrs[NF_SVC_A_RULE_SET]) {
		set = nla_get_u32(attrs[NF_SVC_A_RULE_SET]);
		if (set != NF_SVC_SET_CLUSTER && set != NF_SVC_SET_LOCAL) {
			NL_SET_ERR_MSG_ATTR(
				extack, attrs[NF_SVC_A_RULE_SET],
				"a rule uses one set: 1 (cluster) or 2 (local)");
			return -EINVAL;
		}
		rule->set = set == NF_SVC_SET_LOCAL;
	}
	if (attrs[NF_SVC_A_RULE_MASQUERADE])
		rule->masquerade = nla_get_u32(attrs[NF_SVC_A_RULE_MASQUERADE]);
	if (attrs[NF_SVC_A_RULE_EMPTY])
		rule->empty = nla_get_u32(attrs[NF_SVC_A_RULE_EMPTY]);
	return 0;
}

static int nf_svc_read_cidr(struct nf_svc_cidr *cidr, const struct nlattr *nest,
			    struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[NF_SVC_A_CIDR_MAX + 1];
	static const int needed[] = {
		NF_SVC_A_CIDR_ADDRESS,
		NF_SVC_A_CIDR_PREFIX,
	};
	union nf_inet_addr rest;
	u32 prefix, bits, i;
	int err;

	err = nla_parse_nested(attrs, NF_SVC_A_CIDR_MAX, nest, NULL, extack);
	if (err)
		return err;
	if (nf_svc_read_missing(attrs, needed, ARRAY_SIZE(needed), extack)) {
		NL_SET_ERR_MSG(
			extack,
			"a block has CIDR_ADDRESS and CIDR_PREFIX: one is missing");
		return -EINVAL;
	}
	bits = nla_len(attrs[NF_SVC_A_CIDR_ADDRESS]) * 8;
	if (bits != 32 && bits != 128) {
		NL_SET_ERR_MSG_ATTR(
			extack, attrs[NF_SVC_A_CIDR_ADDRESS],
			"an address has 4 bytes (IPv4) or 16 (IPv6)");
		return -EINVAL;
	}
	prefix = nla_get_u32(attrs[NF_SVC_A_CIDR_PREFIX]);
	if (prefix > bits) {
		NL_SET_ERR_MSG_ATTR(
			extack, attrs[NF_SVC_A_CIDR_PREFIX],
			"a prefix has at most 32 bits (IPv4) or 128 (IPv6)");
		return -EINVAL;
	}
	cidr->family = bits == 32 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	cidr->prefix = prefix;
	nf_svc_addr_set(&cidr->addr, cidr->family,
			nla_data(attrs[NF_SVC_A_CIDR_ADDRESS]));

	/* Bits past the prefix: whoever set some meant something else. */
	rest = cidr->addr;
	for (i = 0; i < prefix / 8; i++)
		((u8 *)&rest)[i] = 0;
	if (prefix % 8)
		((u8 *)&rest)[i] &= 0xff >> (prefix % 8);
	if (memchr_inv(&rest, 0, sizeof(rest))) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[NF_SVC_A_CIDR_ADDRESS],
				    "the address has bits set past its prefix");
		return -EINVAL;
	}
	return 0;
}

static int nf_svc_read_ranges(struct nf_svc_frontend *frontend,
			      struct genl_info *info)
{
	const struct nlattr *attr;
	int err, rest;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		struct nf_svc_cidr *range =
			&frontend->ranges[frontend->nr_ranges];

		if (nla_type(attr) != NF_SVC_A_SOURCE_RANGE)
			continue;
		err = nf_svc_read_cidr(range, attr, info->extack);
		if (err)
			return err;
		if (range->family != frontend->family) {
			NL_SET_ERR_MSG_ATTR(
				info->extack, attr,
				"a source range is of the frontend's FAMILY");
			return -EINVAL;
		}
		frontend->nr_ranges++;
	}
	return 0;
}

static int nf_svc_read_frontend_rest(struct nf_svc_frontend *frontend,
				     struct genl_info *info)
{
	struct nlattr *const *attrs = info->attrs;
	const struct nlattr *attr;
	u32 seen = 0;
	int err, rest;

	err = nf_svc_read_frontend_key(frontend, info);
	if (err)
		return err;
	if (attrs[NF_SVC_A_KIND])
		frontend->kind = nla_get_u32(attrs[NF_SVC_A_KIND]);
	if (attrs[NF_SVC_A_FRONTEND_FLAGS])
		frontend->flags = nla_get_u32(attrs[NF_SVC_A_FRONTEND_FLAGS]);
	if (!attrs[NF_SVC_A_ADDRESS] &&
	    frontend->kind != NF_SVC_KIND_NODE_PORT) {
		NL_SET_ERR_MSG(
			info->extack,
			"a frontend without ADDRESS is of KIND NODE_PORT: one of them is missing");
		return -EINVAL;
	}
	if (frontend->flags & NF_SVC_FRONTEND_EXCLUSIVE &&
	    !attrs[NF_SVC_A_ADDRESS]) {
		NL_SET_ERR_MSG_ATTR(
			info->extack, attrs[NF_SVC_A_FRONTEND_FLAGS],
			"the node's addresses are not exclusive: others answer there, too");
		return -EINVAL;
	}
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		if (nla_type(attr) != NF_SVC_A_RULE)
			continue;
		err = nf_svc_read_rule(frontend, &seen, attr, info->extack);
		if (err)
			return err;
	}
	return nf_svc_read_ranges(frontend, info);
}

static u32 nf_svc_read_count(const struct genl_info *info, int type)
{
	const struct nlattr *attr;
	u32 count = 0;
	int rest;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest)
		count += nla_type(attr) == type;
	return count;
}

/**
 * nf_svc_read_frontend() - the frontend that a FRONTEND_SET asks for
 * @frontend: result; links and lists are 0; the caller frees it by kfree()
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_read_frontend(struct nf_svc_frontend **frontend,
			 struct genl_info *info)
{
	u32 nr = nf_svc_read_count(info, NF_SVC_A_SOURCE_RANGE);
	struct nf_svc_frontend *new;
	int err;

	if (nr > NF_SVC_LIMIT_CIDRS) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[NF_SVC_A_SOURCE_RANGE],
				    "too many source ranges: see LIMIT_CIDRS");
		return -ENOSPC;
	}
	new = kzalloc(struct_size(new, ranges, nr), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	err = nf_svc_read_frontend_rest(new, info);
	if (err)
		kfree(new);
	else
		*frontend = new;
	return err;
}

static bool nf_svc_device_flawed(const char *name)
{
	size_t len = strlen(name);
	const char *star = strchr(name, '*');

	return !len || (star && star != name + len - 1);
}

static int nf_svc_read_devices(struct nf_svc_settings *settings,
			       struct genl_info *info)
{
	const struct nlattr *attr;
	char *device;
	int rest;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		if (nla_type(attr) != NF_SVC_A_POD_DEVICE)
			continue;
		device = settings->devices[settings->nr_devices++];
		strscpy(device, nla_data(attr), sizeof(*settings->devices));
		if (nf_svc_device_flawed(device)) {
			NL_SET_ERR_MSG_ATTR(
				info->extack, attr,
				"a device is a name, or the start of one and '*'");
			return -EINVAL;
		}
	}
	return 0;
}

/* All blocks of one type of attribute. */
static int nf_svc_read_cidrs(struct nf_svc_cidr *cidrs, int type,
			     struct genl_info *info)
{
	const struct nlattr *attr;
	int err, rest;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		if (nla_type(attr) != type)
			continue;
		err = nf_svc_read_cidr(cidrs, attr, info->extack);
		if (err)
			return err;
		/* It would be dropped, all that is no service's. */
		if (type == NF_SVC_A_SERVICE_CIDR && !cidrs->prefix) {
			NL_SET_ERR_MSG_ATTR(
				info->extack, attr,
				"a SERVICE_CIDR of prefix 0 is every address: nothing else could be reached");
			return -EINVAL;
		}
		cidrs++;
	}
	return 0;
}

static int nf_svc_read_mark(struct nf_svc_settings *settings,
			    struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[NF_SVC_A_MASQUERADE_MARK];

	if (!attr)
		return 0;
	settings->mark = nla_get_u32(attr);
	if (hweight32(settings->mark) > 1) {
		NL_SET_ERR_MSG_ATTR(
			info->extack, attr,
			"MASQUERADE_MARK is one bit, or 0 for none");
		return -EINVAL;
	}
	return 0;
}

/**
 * nf_svc_read_settings() - the settings that a SETTINGS_SET asks for
 * @settings: result; the caller frees it by kvfree()
 * @owner: whose they are
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_read_settings(struct nf_svc_settings **settings, const char *owner,
			 struct genl_info *info)
{
	static const int lists[] = {
		[NF_SVC_CIDRS_POD] = NF_SVC_A_POD_CIDR,
		[NF_SVC_CIDRS_SERVICE] = NF_SVC_A_SERVICE_CIDR,
		[NF_SVC_CIDRS_NODE] = NF_SVC_A_NODE_PORT_CIDR,
	};
	u32 nr[NF_SVC_CIDR_LISTS], nr_devices, sum = 0, i;
	struct nf_svc_settings *new;
	int err;

	nr_devices = nf_svc_read_count(info, NF_SVC_A_POD_DEVICE);
	for (i = 0; i < NF_SVC_CIDR_LISTS; i++) {
		nr[i] = nf_svc_read_count(info, lists[i]);
		sum += nr[i];
		if (nr[i] <= NF_SVC_LIMIT_CIDRS &&
		    nr_devices <= NF_SVC_LIMIT_CIDRS)
			continue;
		NL_SET_ERR_MSG(
			info->extack,
			"too many CIDRs or devices of one kind: see LIMIT_CIDRS");
		return -ENOSPC;
	}

	new = kvzalloc(struct_size(new, cidrs, sum) +
			       nr_devices * sizeof(*new->devices),
		       GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	new->devices = (void *)&new->cidrs[sum];
	strscpy(new->owner, owner, sizeof(new->owner));

	sum = 0;
	for (i = 0; i < NF_SVC_CIDR_LISTS; i++) {
		err = nf_svc_read_cidrs(&new->cidrs[sum], lists[i], info);
		if (err)
			goto fail;
		sum += nr[i];
		new->end[i] = sum;
	}
	err = nf_svc_read_devices(new, info);
	if (!err)
		err = nf_svc_read_mark(new, info);
	if (err)
		goto fail;
	*settings = new;
	return 0;

fail:
	kvfree(new);
	return err;
}
