// SPDX-License-Identifier: GPL-2.0
/* Error messages of the kernel: extended acks, the object, the attribute. */
#include "client/wire.h"
#include "unit.h"

/* A message that the kernel sends back inside its error. */
static struct nl_msg *request(uint8_t cmd)
{
	struct nl_msg *msg = nlmsg_alloc_size(4096);

	assert_non_null(msg);
	assert_non_null(genlmsg_put(msg, 0, 7, 30, 0, NLM_F_REQUEST, cmd, 1));
	return msg;
}

static uint32_t offset_of(struct nl_msg *msg, const struct nlattr *attr)
{
	return (uint32_t)((const uint8_t *)attr -
			  (const uint8_t *)nlmsg_hdr(msg));
}

/**
 * struct ack - what an extended ack says
 */
struct ack {
	int number;
	const char *message;
	uint32_t offset;
	int missing;
	uint32_t missing_nest;
	bool capped;
	bool none;
};

/* The NLMSG_ERROR message for a request, as the kernel lays it out. */
static struct nl_msg *answer(struct nl_msg *msg, const struct ack *ack)
{
	struct nlmsghdr *inner = nlmsg_hdr(msg), *nlh;
	size_t payload = ack->capped ? 0 : inner->nlmsg_len - NLMSG_HDRLEN;
	struct nl_msg *out = nlmsg_alloc_size(16384);
	struct nlmsgerr *body;

	assert_non_null(out);
	nlh = nlmsg_put(out, 0, 7, NLMSG_ERROR, (int)(sizeof(*body) + payload),
			0);
	assert_non_null(nlh);
	body = nlmsg_data(nlh);
	body->error = -ack->number;
	memcpy(&body->msg, inner, NLMSG_HDRLEN + payload);
	if (ack->capped)
		nlh->nlmsg_flags |= NLM_F_CAPPED;
	if (ack->none)
		return out;
	nlh->nlmsg_flags |= NLM_F_ACK_TLVS;
	if (ack->message)
		nla_put_string(out, NLMSGERR_ATTR_MSG, ack->message);
	if (ack->offset)
		nla_put_u32(out, NLMSGERR_ATTR_OFFS, ack->offset);
	if (ack->missing)
		nla_put_u32(out, NLMSGERR_ATTR_MISS_TYPE,
			    (uint32_t)ack->missing);
	if (ack->missing_nest)
		nla_put_u32(out, NLMSGERR_ATTR_MISS_NEST, ack->missing_nest);
	return out;
}

static struct nf_svc_error error_for(struct nl_msg *msg, const struct ack *ack)
{
	struct nl_msg *out = answer(msg, ack);
	struct nf_svc_error error;

	assert_int_equal(nf_svc_error_read(nlmsg_hdr(out), &error),
			 -ack->number);
	assert_int_equal(error.kind, NF_SVC_ERROR_REFUSED);
	assert_int_equal(error.number, ack->number);
	nlmsg_free(out);
	return error;
}

static const struct nf_svc_key key = { "shop/web:http", IPPROTO_TCP,
				       NFPROTO_IPV4 };

static struct nlattr *put_backend(struct nl_msg *msg, const char *address,
				  uint32_t port)
{
	struct nlattr *nest =
		nla_nest_start(msg, NF_SVC_A_BACKEND | NLA_F_NESTED);
	struct nf_svc_addr value = addr(address);

	nf_svc_put_addr(msg, NF_SVC_A_BACKEND_ADDRESS, &value);
	nla_put_u32(msg, NF_SVC_A_BACKEND_PORT, port);
	nla_nest_end(msg, nest);
	return nest;
}

static void TX_01_names_service_attribute_and_reason(void **state)
{
	struct nl_msg *msg = request(NF_SVC_CMD_SERVICE_SET);
	struct ack ack = { .number = EINVAL, .message = "no such scheduler" };
	struct nf_svc_error error;

	(void)state;
	nf_svc_put_key(msg, &key);
	nla_put_string(msg, NF_SVC_A_SCHEDULER, "fastest");
	ack.offset = offset_of(msg, nlmsg_find_attr(nlmsg_hdr(msg), GENL_HDRLEN,
						    NF_SVC_A_SCHEDULER));
	error = error_for(msg, &ack);
	assert_string_equal(error.object, "service shop/web:http (tcp, ipv4)");
	assert_string_equal(error.attribute, "scheduler");
	assert_string_equal(error.value, "fastest");
	assert_string_equal(error.message, "no such scheduler");
	assert_false(error.missing);
	nlmsg_free(msg);
}

static void TX_01_names_the_backend_of_many(void **state)
{
	struct nl_msg *msg = request(NF_SVC_CMD_BACKEND_SET);
	struct ack ack = { .number = EINVAL, .message = "loopback" };
	struct nf_svc_error error;
	struct nlattr *second;

	(void)state;
	nf_svc_put_key(msg, &key);
	put_backend(msg, "10.0.0.1", 80);
	second = put_backend(msg, "127.0.0.1", 81);
	put_backend(msg, "10.0.0.3", 82);
	/* at an attribute of the nest */
	ack.offset = offset_of(msg, nla_find(nla_data(second), nla_len(second),
					     NF_SVC_A_BACKEND_ADDRESS));
	error = error_for(msg, &ack);
	assert_string_equal(
		error.object,
		"service shop/web:http (tcp, ipv4), backend 127.0.0.1:81");
	assert_string_equal(error.attribute, "backend address");
	assert_string_equal(error.value, "127.0.0.1");
	/* at the nest itself */
	ack.offset = offset_of(msg, second);
	error = error_for(msg, &ack);
	assert_string_equal(error.attribute, "backend");
	assert_non_null(strstr(error.object, "127.0.0.1:81"));
	/* nowhere: which of the three is not known */
	ack.offset = 0;
	error = error_for(msg, &ack);
	assert_string_equal(error.attribute, "");
	assert_string_equal(error.object, "service shop/web:http (tcp, ipv4)");
	nlmsg_free(msg);
}

static void TX_01_names_the_frontend(void **state)
{
	struct nl_msg *msg = request(NF_SVC_CMD_FRONTEND_SET);
	struct ack ack = { .number = EEXIST, .message = "it exists" };
	struct nf_svc_addr value = addr("fd00:96::7");
	struct nf_svc_error error;

	(void)state;
	nla_put_string(msg, NF_SVC_A_NAME, "shop/dns");
	nla_put_u32(msg, NF_SVC_A_PROTOCOL, IPPROTO_UDP);
	nla_put_u32(msg, NF_SVC_A_FAMILY, NFPROTO_IPV6);
	nf_svc_put_addr(msg, NF_SVC_A_ADDRESS, &value);
	nla_put_u32(msg, NF_SVC_A_PORT, 53);
	error = error_for(msg, &ack);
	assert_string_equal(error.object,
			    "frontend [fd00:96::7]:53/udp of service shop/dns");
	nlmsg_free(msg);
	/* of a NodePort there is no address, in a deletion no name */
	msg = request(NF_SVC_CMD_FRONTEND_DEL);
	nla_put_u32(msg, NF_SVC_A_PROTOCOL, IPPROTO_TCP);
	nla_put_u32(msg, NF_SVC_A_FAMILY, NFPROTO_IPV4);
	nla_put_u32(msg, NF_SVC_A_PORT, 30080);
	error = error_for(msg, &ack);
	assert_string_equal(error.object, "frontend *:30080/tcp");
	nlmsg_free(msg);
}

static void TX_01_names_what_is_missing(void **state)
{
	struct nl_msg *msg = request(NF_SVC_CMD_BACKEND_SET);
	struct ack ack = { .number = EINVAL, .missing = NF_SVC_A_FAMILY };
	struct nf_svc_error error;
	struct nlattr *nest;

	(void)state;
	nla_put_string(msg, NF_SVC_A_NAME, "a/b");
	nest = put_backend(msg, "10.0.0.1", 80);
	error = error_for(msg, &ack);
	assert_true(error.missing);
	assert_string_equal(error.attribute, "family");
	assert_string_equal(error.message, "");
	/* in a nest */
	ack.missing = NF_SVC_A_BACKEND_PORT;
	ack.missing_nest = offset_of(msg, nest);
	error = error_for(msg, &ack);
	assert_string_equal(error.attribute, "backend port");
	/* what this program has no name for */
	ack.missing = 999;
	ack.missing_nest = 0;
	error = error_for(msg, &ack);
	assert_string_equal(error.attribute, "attribute 999");
	nlmsg_free(msg);
}

static void without_the_request_the_reason_is_left(void **state)
{
	struct nl_msg *msg = request(NF_SVC_CMD_SERVICE_SET);
	struct ack ack = {
		.number = EPERM, .message = "why", .capped = true, .offset = 24
	};
	struct nf_svc_error error;

	(void)state;
	nf_svc_put_key(msg, &key);
	error = error_for(msg, &ack);
	assert_string_equal(error.message, "why");
	assert_string_equal(error.object, "");
	assert_string_equal(error.attribute, "");
	nlmsg_free(msg);
}

static void without_an_extended_ack_the_object_is_left(void **state)
{
	struct nl_msg *msg = request(NF_SVC_CMD_SERVICE_DEL);
	struct ack ack = { .number = EPERM, .none = true };
	struct nf_svc_error error;

	(void)state;
	nf_svc_put_key(msg, &key);
	error = error_for(msg, &ack);
	assert_string_equal(error.object, "service shop/web:http (tcp, ipv4)");
	assert_string_equal(error.message, "");
	nlmsg_free(msg);
}

static void an_acknowledgement_is_no_error(void **state)
{
	struct nl_msg *msg = request(NF_SVC_CMD_COMMIT);
	struct ack ack = { .number = 0, .capped = true, .none = true };
	struct nl_msg *out = answer(msg, &ack);
	struct nf_svc_error error = { .number = 77 };

	(void)state;
	assert_int_equal(nf_svc_error_read(nlmsg_hdr(out), &error), 0);
	assert_int_equal(error.number, 77);
	nlmsg_free(out);
	nlmsg_free(msg);
}

/* Whatever lengths and offsets a message claims, nothing outside is read. */
static void cut_and_lying_messages_do_no_harm(void **state)
{
	struct nl_msg *msg = request(NF_SVC_CMD_BACKEND_SET);
	struct ack ack = { .number = EINVAL, .message = "reason" };
	struct nl_msg *out;
	struct nlmsghdr *nlh;
	uint32_t whole;

	(void)state;
	nf_svc_put_key(msg, &key);
	put_backend(msg, "10.0.0.1", 80);
	out = answer(msg, &ack);
	nlh = nlmsg_hdr(out);
	whole = nlh->nlmsg_len;
	for (uint32_t len = NLMSG_HDRLEN; len <= whole; len++) {
		struct nlmsghdr *copy = malloc(len);
		struct nf_svc_error error;

		assert_non_null(copy);
		memcpy(copy, nlh, len);
		copy->nlmsg_len = len;
		nf_svc_error_read(copy, &error);
		free(copy);
	}
	for (uint32_t offset = 0; offset < whole + 8; offset++) {
		struct ack at = ack;

		at.offset = offset;
		at.missing = NF_SVC_A_BACKEND_PORT;
		at.missing_nest = offset;
		(void)error_for(msg, &at);
	}
	nlmsg_free(out);
	nlmsg_free(msg);
}

/* The end of a dump as netlink_dump_done() writes it. */
static struct nl_msg *done(int number, const char *message)
{
	struct nl_msg *out = nlmsg_alloc_size(4096);
	struct nlmsghdr *nlh;

	assert_non_null(out);
	nlh = nlmsg_put(out, 0, 7, NLMSG_DONE, sizeof(number), NLM_F_MULTI);
	assert_non_null(nlh);
	memcpy(nlmsg_data(nlh), &number, sizeof(number));
	if (message) {
		nlh->nlmsg_flags |= NLM_F_ACK_TLVS;
		nla_put_string(out, NLMSGERR_ATTR_MSG, message);
	}
	return out;
}

static void CTL_02_the_end_of_a_dump_says_why(void **state)
{
	struct nl_msg *fine = done(0, NULL), *mute = done(-EINVAL, NULL),
		      *told = done(-EINVAL, "ask without NLM_F_DUMP");
	struct nf_svc_error error = { .number = 5 };

	(void)state;
	assert_int_equal(nf_svc_done_read(nlmsg_hdr(fine), &error), 0);
	assert_int_equal(error.number, 5);
	assert_int_equal(nf_svc_done_read(nlmsg_hdr(mute), &error), -EINVAL);
	assert_string_equal(error.message, "");
	assert_int_equal(nf_svc_done_read(nlmsg_hdr(told), &error), -EINVAL);
	assert_int_equal(error.number, EINVAL);
	assert_int_equal(error.kind, NF_SVC_ERROR_REFUSED);
	assert_string_equal(error.message, "ask without NLM_F_DUMP");
	nlmsg_free(fine);
	nlmsg_free(mute);
	nlmsg_free(told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(TX_01_names_service_attribute_and_reason),
		TEST(TX_01_names_the_backend_of_many),
		TEST(TX_01_names_the_frontend),
		TEST(TX_01_names_what_is_missing),
		TEST(without_the_request_the_reason_is_left),
		TEST(without_an_extended_ack_the_object_is_left),
		TEST(an_acknowledgement_is_no_error),
		TEST(CTL_02_the_end_of_a_dump_says_why),
		TEST(cut_and_lying_messages_do_no_harm),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
