// SPDX-License-Identifier: GPL-2.0
/*
 * Extended acks. libnl reads none, so the attributes behind an error message
 * are read here.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

int nf_svc_error_set(struct nf_svc_error *error, enum nf_svc_error_kind kind,
		     int number, const char *message, ...)
{
	va_list args;

	memset(error, 0, sizeof(*error));
	error->kind = kind;
	error->number = abs(number);
	va_start(args, message);
	vsnprintf(error->message, sizeof(error->message), message, args);
	va_end(args);
	return -error->number;
}

/* Where the attributes of an extended ack begin in @nlh, 0: nowhere. */
static size_t ack_offset(const struct nlmsghdr *nlh,
			 const struct nlmsgerr *answer)
{
	size_t offset = NLMSG_HDRLEN + sizeof(*answer);

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return 0;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED)) {
		if (answer->msg.nlmsg_len < sizeof(answer->msg))
			return 0;
		offset += NLMSG_ALIGN(answer->msg.nlmsg_len -
				      sizeof(answer->msg));
	}
	return offset < nlh->nlmsg_len ? offset : 0;
}

/* The attributes from @offset on; 0: there are none. */
static void read_acks(const struct nlmsghdr *nlh, size_t offset,
		      struct nlattr **acks)
{
	const uint8_t *first = (const uint8_t *)nlh + offset;

	memset(acks, 0, sizeof(*acks) * (NLMSGERR_ATTR_MAX + 1));
	if (offset)
		nla_parse(acks, NLMSGERR_ATTR_MAX,
			  (struct nlattr *)(uintptr_t)first,
			  (int)(nlh->nlmsg_len - offset), NULL);
}

/* The request, where the kernel sent all of it back. */
static const struct nlmsghdr *echoed(const struct nlmsghdr *nlh,
				     const struct nlmsgerr *answer)
{
	size_t room =
		nlh->nlmsg_len - NLMSG_HDRLEN - offsetof(struct nlmsgerr, msg);

	if ((nlh->nlmsg_flags & NLM_F_CAPPED) || answer->msg.nlmsg_len > room ||
	    answer->msg.nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return NULL;
	return &answer->msg;
}

static void name_missing(const struct nlmsghdr *request, uint32_t type,
			 uint32_t nest_offset, struct nf_svc_error *error)
{
	unsigned int nest = 0;
	const char *name;

	if (request && nest_offset &&
	    nest_offset + NF_SVC_ATTR_HEAD <= request->nlmsg_len) {
		struct nlattr attr;

		memcpy(&attr, (const uint8_t *)request + nest_offset,
		       sizeof(attr));
		nest = (unsigned int)nla_type(&attr);
	}
	name = nf_svc_attribute_name(nest, type);
	error->missing = true;
	if (name)
		snprintf(error->attribute, sizeof(error->attribute), "%s",
			 name);
	else
		snprintf(error->attribute, sizeof(error->attribute),
			 "attribute %u", type);
}

int nf_svc_error_read(const struct nlmsghdr *nlh, struct nf_svc_error *error)
{
	const struct nlmsgerr *answer = NLMSG_DATA(nlh);
	struct nlattr *acks[NLMSGERR_ATTR_MAX + 1];
	const struct nlmsghdr *request;
	uint32_t offset;

	if (nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(*answer)) {
		nf_svc_error_set(error, NF_SVC_ERROR_ANSWER, EBADMSG,
				 "an error message is cut");
		return -EBADMSG;
	}
	if (!answer->error)
		return 0;

	nf_svc_error_set(error, NF_SVC_ERROR_REFUSED, answer->error, "%s", "");
	read_acks(nlh, ack_offset(nlh, answer), acks);
	request = echoed(nlh, answer);
	error->pid = nf_svc_attr_u32(acks[NLMSGERR_ATTR_COOKIE], 0);
	nf_svc_attr_string(acks[NLMSGERR_ATTR_MSG], error->message,
			   sizeof(error->message));
	offset = nf_svc_attr_u32(acks[NLMSGERR_ATTR_OFFS], 0);
	if (request) {
		nf_svc_attribute_describe(request, offset, error);
		nf_svc_object_describe(request, offset, error->object,
				       sizeof(error->object));
	}
	if (acks[NLMSGERR_ATTR_MISS_TYPE])
		name_missing(request,
			     nf_svc_attr_u32(acks[NLMSGERR_ATTR_MISS_TYPE], 0),
			     nf_svc_attr_u32(acks[NLMSGERR_ATTR_MISS_NEST], 0),
			     error);
	return -error->number;
}

int nf_svc_done_read(const struct nlmsghdr *nlh, struct nf_svc_error *error)
{
	struct nlattr *acks[NLMSGERR_ATTR_MAX + 1];
	size_t end = NLMSG_LENGTH(sizeof(int));
	int number = 0;

	if (nlh->nlmsg_len >= end)
		memcpy(&number, NLMSG_DATA(nlh), sizeof(number));
	if (number >= 0)
		return 0;
	nf_svc_error_set(error, NF_SVC_ERROR_REFUSED, number, "%s", "");
	end = NLMSG_ALIGN(end);
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || nlh->nlmsg_len <= end)
		end = 0;
	read_acks(nlh, end, acks);
	nf_svc_attr_string(acks[NLMSGERR_ATTR_MSG], error->message,
			   sizeof(error->message));
	return number;
}
