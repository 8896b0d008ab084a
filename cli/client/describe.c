// SPDX-License-Identifier: GPL-2.0
/* What a request was about, told from the request itself. */
#include <stdio.h>
#include <string.h>

#include "wire.h"
#include "words.h"

static const struct nlattr *first_attr(const struct nlmsghdr *nlh)
{
	const uint8_t *bytes = (const uint8_t *)nlh;

	return (const struct nlattr *)(const void *)(bytes + NLMSG_HDRLEN +
						     GENL_HDRLEN);
}

static int attrs_len(const struct nlmsghdr *nlh)
{
	return (int)nlh->nlmsg_len - (int)(NLMSG_HDRLEN + GENL_HDRLEN);
}

static size_t start_of(const struct nlmsghdr *nlh, const struct nlattr *attr)
{
	return (size_t)((const uint8_t *)attr - (const uint8_t *)nlh);
}

/* Does the attribute lie around this offset? */
static bool around(const struct nlmsghdr *nlh, const struct nlattr *attr,
		   uint32_t offset)
{
	size_t start = start_of(nlh, attr);

	return offset >= start &&
	       offset < start + (size_t)NLA_ALIGN(attr->nla_len);
}

/* The attribute in a list that lies around an offset. */
static const struct nlattr *find_around(const struct nlmsghdr *nlh,
					const struct nlattr *attr, int len,
					uint32_t offset)
{
	for (; nla_ok(attr, len); attr = nla_next(attr, &len)) {
		if (around(nlh, attr, offset))
			return attr;
	}
	return NULL;
}

/* An attribute's value for people; nothing for nests and unknown ones. */
static void describe_value(unsigned int nest, const struct nlattr *attr,
			   char *text, size_t size)
{
	int type = nla_type(attr);
	char written[NF_SVC_ADDR_TEXT];
	struct nf_svc_addr addr;

	if (!nest && (type == NF_SVC_A_NAME || type == NF_SVC_A_OWNER ||
		      type == NF_SVC_A_SCHEDULER || type == NF_SVC_A_DEVICE ||
		      type == NF_SVC_A_POD_DEVICE)) {
		nf_svc_attr_string(attr, text, size);
		return;
	}
	/* the first attribute of a nest is its address, but that of a rule */
	if ((!nest && (type == NF_SVC_A_ADDRESS || type == NF_SVC_A_SOURCE)) ||
	    (nest && nest != NF_SVC_A_RULE && type == 1)) {
		if (!nf_svc_attr_addr(attr, &addr))
			snprintf(text, size, "%s",
				 nf_svc_addr_format(&addr, written));
		return;
	}
	if (nf_svc_attribute_name((unsigned int)type, 1) && !nest)
		return;
	if (nla_len(attr) == 4)
		snprintf(text, size, "%u", nla_get_u32(attr));
}

void nf_svc_attribute_describe(const struct nlmsghdr *nlh, uint32_t offset,
			       struct nf_svc_error *error)
{
	const struct nlattr *attr = NULL;
	unsigned int nest = 0;
	const char *name;

	if (offset)
		attr = find_around(nlh, first_attr(nlh), attrs_len(nlh),
				   offset);
	if (!attr)
		return;
	if (start_of(nlh, attr) != offset &&
	    nf_svc_attribute_name((unsigned int)nla_type(attr), 1)) {
		const struct nlattr *inner =
			find_around(nlh, nla_data(attr), nla_len(attr), offset);

		if (inner) {
			nest = (unsigned int)nla_type(attr);
			attr = inner;
		}
	}
	name = nf_svc_attribute_name(nest, (unsigned int)nla_type(attr));
	if (name)
		snprintf(error->attribute, sizeof(error->attribute), "%s",
			 name);
	else
		snprintf(error->attribute, sizeof(error->attribute),
			 "attribute %d", nla_type(attr));
	describe_value(nest, attr, error->value, sizeof(error->value));
}

/* The backend that the offset lies in, or else the only one of the request. */
static const struct nlattr *find_backend(const struct nlmsghdr *nlh,
					 uint32_t offset)
{
	const struct nlattr *attr = first_attr(nlh), *only = NULL;
	int len = attrs_len(nlh);
	unsigned int n = 0;

	for (; nla_ok(attr, len); attr = nla_next(attr, &len)) {
		if (nla_type(attr) != NF_SVC_A_BACKEND)
			continue;
		if (offset && around(nlh, attr, offset))
			return attr;
		only = attr;
		n++;
	}
	return n == 1 ? only : NULL;
}

static void describe_backend(const struct nlmsghdr *nlh, uint32_t offset,
			     char *text, size_t size)
{
	const struct nlattr *attr = find_backend(nlh, offset);
	char place[NF_SVC_PLACE_TEXT];
	struct nf_svc_backend backend;

	*text = '\0';
	if (attr &&
	    !nf_svc_attr_backend((struct nlattr *)(uintptr_t)attr, &backend))
		snprintf(text, size, ", backend %s",
			 nf_svc_addr_port_format(&backend.addr, backend.port,
						 place));
}

static void describe_frontend(struct nlattr **attrs, const char *name,
			      char *text, size_t size)
{
	char place[NF_SVC_PLACE_TEXT];
	struct nf_svc_addr addr;

	if (nf_svc_attr_addr(attrs[NF_SVC_A_ADDRESS], &addr))
		memset(&addr, 0, sizeof(addr));
	nf_svc_addr_port_format(
		&addr, (uint16_t)nf_svc_attr_u32(attrs[NF_SVC_A_PORT], 0),
		place);
	snprintf(text, size, "frontend %s/%s%s%s", place,
		 nf_svc_word_text(nf_svc_protocols,
				  nf_svc_attr_u32(attrs[NF_SVC_A_PROTOCOL], 0)),
		 *name ? " of service " : "", name);
}

void nf_svc_object_describe(const struct nlmsghdr *nlh, uint32_t offset,
			    char *text, size_t size)
{
	struct nlattr *attrs[NF_SVC_A_MAX + 1] = { 0 };
	const struct genlmsghdr *head = NLMSG_DATA(nlh);
	char name[NF_SVC_NAME_MAX + 1], more[96] = "";

	*text = '\0';
	nla_parse(attrs, NF_SVC_A_MAX,
		  (struct nlattr *)(uintptr_t)first_attr(nlh), attrs_len(nlh),
		  NULL);
	nf_svc_attr_string(attrs[NF_SVC_A_NAME], name, sizeof(name));
	switch (head->cmd) {
	case NF_SVC_CMD_BACKEND_SET:
	case NF_SVC_CMD_BACKEND_DEL:
		describe_backend(nlh, offset, more, sizeof(more));
		/* fall through */
	case NF_SVC_CMD_SERVICE_SET:
	case NF_SVC_CMD_SERVICE_DEL:
	case NF_SVC_CMD_SERVICE_GET:
	case NF_SVC_CMD_BACKEND_GET:
		snprintf(text, size, "service %s (%s, %s)%s", name,
			 nf_svc_word_text(
				 nf_svc_protocols,
				 nf_svc_attr_u32(attrs[NF_SVC_A_PROTOCOL], 0)),
			 nf_svc_word_text(
				 nf_svc_families,
				 nf_svc_attr_u32(attrs[NF_SVC_A_FAMILY], 0)),
			 more);
		break;
	case NF_SVC_CMD_FRONTEND_SET:
	case NF_SVC_CMD_FRONTEND_DEL:
	case NF_SVC_CMD_FRONTEND_GET:
		describe_frontend(attrs, name, text, size);
		break;
	case NF_SVC_CMD_SETTINGS_SET:
		snprintf(text, size, "settings");
		break;
	case NF_SVC_CMD_BEGIN:
	case NF_SVC_CMD_COMMIT:
	case NF_SVC_CMD_ABORT:
		snprintf(text, size, "transaction");
		break;
	default:
		break;
	}
}
