// SPDX-License-Identifier: GPL-2.0
#include <linux/netlink.h>
#include <sys/socket.h>
#include <time.h>

#include "kernel.h"
#include "unit.h"

#define FAMILY 30

struct kernel kernel;

static void answer(const void *bytes, size_t len)
{
	if (kernel.room && kernel.n - kernel.read >= kernel.room)
		kernel.congested = kernel.overrun = true;
	if (kernel.congested)
		return;
	assert_true(kernel.n < sizeof(kernel.inbox) / sizeof(*kernel.inbox));
	kernel.inbox[kernel.n] = malloc(len);
	assert_non_null(kernel.inbox[kernel.n]);
	memcpy(kernel.inbox[kernel.n], bytes, len);
	kernel.lens[kernel.n++] = len;
}

static void answer_error(const struct nlmsghdr *request, int number,
			 const char *why)
{
	size_t payload = number ? request->nlmsg_len : NLMSG_HDRLEN;
	struct nl_msg *msg = nlmsg_alloc_size(payload + 512);
	struct nlmsghdr *nlh;
	struct nlmsgerr *body;

	assert_non_null(msg);
	nlh = nlmsg_put(msg, 0, request->nlmsg_seq, NLMSG_ERROR,
			(int)(sizeof(int) + payload), 0);
	body = nlmsg_data(nlh);
	body->error = -number;
	memcpy(&body->msg, request, payload);
	if (why) {
		nlh->nlmsg_flags |= NLM_F_ACK_TLVS;
		nla_put_string(msg, NLMSGERR_ATTR_MSG, why);
	}
	answer(nlh, nlh->nlmsg_len);
	nlmsg_free(msg);
}

static struct nl_msg *start(const struct nlmsghdr *request, uint8_t cmd)
{
	struct nl_msg *msg = nlmsg_alloc_size(4096);

	assert_non_null(msg);
	genlmsg_put(msg, 0, request->nlmsg_seq, FAMILY, 0, 0, cmd, 1);
	return msg;
}

static void finish(struct nl_msg *msg)
{
	answer(nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len);
	nlmsg_free(msg);
}

static void answer_done(const struct nlmsghdr *request, bool interrupted)
{
	struct nl_msg *msg = nlmsg_alloc_size(256);
	int number = 0;

	assert_non_null(msg);
	nlmsg_put(msg, 0, request->nlmsg_seq, NLMSG_DONE, 0,
		  interrupted ? NLM_F_MULTI | NLM_F_DUMP_INTR : NLM_F_MULTI);
	nlmsg_append(msg, &number, sizeof(number), NLMSG_ALIGNTO);
	finish(msg);
}

/* Dumps show two services with a backend each, and a frontend of the second. */
static void answer_dump(const struct nlmsghdr *request, uint8_t cmd)
{
	static const struct nf_svc_key keys[2] = {
		{ "b/b", IPPROTO_TCP, NFPROTO_IPV4 },
		{ "a/a", IPPROTO_UDP, NFPROTO_IPV6 },
	};
	bool interrupted = kernel.interrupt && kernel.interrupt--;

	for (int i = 0; i < 2; i++) {
		struct nf_svc_addr value = addr(i ? "fd00::1" : "10.0.0.1");
		struct nl_msg *msg = start(request, cmd - 2);
		struct nlattr *nest;

		nf_svc_put_key(msg, &keys[i]);
		nla_put_string(msg, NF_SVC_A_OWNER, "admin");
		if (cmd == NF_SVC_CMD_FRONTEND_GET) {
			nf_svc_put_addr(msg, NF_SVC_A_ADDRESS, &value);
			nla_put_u32(msg, NF_SVC_A_PORT, 80);
		} else if (cmd == NF_SVC_CMD_BACKEND_GET) {
			nest = nla_nest_start(msg,
					      NF_SVC_A_BACKEND | NLA_F_NESTED);
			nf_svc_put_addr(msg, NF_SVC_A_BACKEND_ADDRESS, &value);
			nla_put_u32(msg, NF_SVC_A_BACKEND_PORT, 8080);
			nla_put_u32(msg, NF_SVC_A_BACKEND_WEIGHT, 5);
			nla_put_u32(msg, NF_SVC_A_BACKEND_SETS,
				    NF_SVC_SET_LOCAL);
			nla_nest_end(msg, nest);
		}
		/* of a newer module */
		nla_put_u32(msg, NF_SVC_A_MAX + 7, 1);
		finish(msg);
	}
	answer_done(request, interrupted);
}

static void answer_info(const struct nlmsghdr *request)
{
	struct nl_msg *msg = start(request, NF_SVC_CMD_INFO);

	nla_put_u64(msg, NF_SVC_A_GENERATION, kernel.generation);
	nla_put_u64(msg, NF_SVC_A_CAPABILITIES, NF_SVC_CAP_IPV6);
	nla_put_u32(msg, NF_SVC_A_ABI_REVISION, 1);
	nla_put_string(msg, NF_SVC_A_MODULE_VERSION, "9.9");
	for (int i = 0; i < kernel.schedulers; i++)
		nla_put_string(msg, NF_SVC_A_KNOWN_SCHEDULER, i ? "mh" : "rr");
	finish(msg);
	answer_error(request, 0, NULL);
}

static void take_commit(const struct nlmsghdr *request)
{
	struct nl_msg *msg;

	if (kernel.refused) {
		answer_error(request, ECANCELED, "an earlier one was refused");
		return;
	}
	kernel.commits++;
	if (kernel.silent) {
		kernel.overrun = true;
		return;
	}
	msg = start(request, NF_SVC_CMD_COMMIT);
	nla_put_u64(msg, NF_SVC_A_GENERATION, 42);
	finish(msg);
	answer_error(request, 0, NULL);
}

static void be_slow(const struct nlmsghdr *request)
{
	kernel.ms += 100;
	answer_error(request, EAGAIN, "too much is retiring");
}

static void take_message(struct nlmsghdr *nlh)
{
	uint8_t cmd = ((struct genlmsghdr *)nlmsg_data(nlh))->cmd;
	struct nlattr *attr;
	int rest;

	kernel.messages++;
	kernel.per_cmd[cmd]++;
	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rest)
		kernel.backends += nla_type(attr) == NF_SVC_A_BACKEND;
	if (kernel.messages == kernel.deaf) {
		kernel.refused = kernel.overrun = true;
		return;
	}
	if (kernel.messages == kernel.refuse ||
	    (kernel.refuse_from && kernel.messages >= kernel.refuse_from &&
	     cmd != NF_SVC_CMD_ABORT && cmd != NF_SVC_CMD_COMMIT)) {
		kernel.refused = true;
		answer_error(nlh,
			     kernel.refuse_with ? kernel.refuse_with : EINVAL,
			     "I do not like it");
		return;
	}
	if ((nlh->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP)
		answer_dump(nlh, cmd);
	else if (cmd == NF_SVC_CMD_INFO)
		answer_info(nlh);
	else if (cmd == NF_SVC_CMD_COMMIT)
		take_commit(nlh);
	else if (cmd == NF_SVC_CMD_BEGIN && kernel.busy && kernel.busy--)
		answer_error(nlh, EBUSY, "another transaction is open");
	else if (cmd == NF_SVC_CMD_BEGIN && kernel.stale &&
		 nlmsg_find_attr(nlh, GENL_HDRLEN, NF_SVC_A_GENERATION))
		answer_error(nlh, ESTALE, NULL);
	else if (cmd == NF_SVC_CMD_BEGIN && kernel.slow && kernel.slow--)
		be_slow(nlh);
	else if (nlh->nlmsg_flags & NLM_F_ACK)
		answer_error(nlh, 0, NULL);
}

ssize_t __wrap_sendto(int fd, const void *bytes, size_t len, int flags,
		      const struct sockaddr *to, socklen_t to_len);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_nanosleep(const struct timespec *time, struct timespec *rest);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);

ssize_t __wrap_sendto(int fd, const void *bytes, size_t len, int flags,
		      const struct sockaddr *to, socklen_t to_len)
{
	uint8_t *copy = malloc(len);
	struct nlmsghdr *nlh = (struct nlmsghdr *)(void *)copy;
	int rest = (int)len;

	(void)fd;
	(void)flags;
	(void)to;
	(void)to_len;
	assert_non_null(copy);
	memcpy(copy, bytes, len);
	kernel.chunks++;
	if (len > kernel.longest)
		kernel.longest = len;
	for (; nlmsg_ok(nlh, rest); nlh = nlmsg_next(nlh, &rest))
		take_message(nlh);
	assert_int_equal(rest, 0);
	free(copy);
	return (ssize_t)len;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
	struct sockaddr_nl kernel_address = { .nl_family = AF_NETLINK };
	size_t len;

	(void)fd;
	if (kernel.overrun) {
		kernel.overrun = false;
		errno = ENOBUFS;
		return -1;
	}
	if (kernel.read == kernel.n) {
		/* a blocking read would wait for ever */
		assert_true(flags & MSG_DONTWAIT);
		errno = EAGAIN;
		return -1;
	}
	len = kernel.lens[kernel.read];
	assert_true(len <= message->msg_iov->iov_len);
	memcpy(message->msg_name, &kernel_address, sizeof(kernel_address));
	memcpy(message->msg_iov->iov_base, kernel.inbox[kernel.read], len);
	free(kernel.inbox[kernel.read++]);
	kernel.congested &= kernel.read < kernel.n;
	return (ssize_t)len;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	assert_int_equal(clock, CLOCK_MONOTONIC);
	now->tv_sec = kernel.ms / 1000;
	now->tv_nsec = kernel.ms % 1000 * 1000000L;
	return 0;
}

int __wrap_nanosleep(const struct timespec *time, struct timespec *rest)
{
	assert_null(rest);
	kernel.ms += time->tv_sec * 1000 + time->tv_nsec / 1000000;
	return 0;
}

struct nf_svc_client *kernel_client(void)
{
	struct nf_svc_client *client = calloc(1, sizeof(*client));

	memset(&kernel, 0, sizeof(kernel));
	assert_non_null(client);
	client->sock = nl_socket_alloc();
	client->out = malloc(NF_SVC_CHUNK);
	client->in = malloc(NF_SVC_RECEIVE_MAX);
	client->fd = -1;
	client->family = FAMILY;
	return client;
}

void kernel_clean(void)
{
	for (; kernel.read < kernel.n; kernel.read++)
		free(kernel.inbox[kernel.read]);
}
