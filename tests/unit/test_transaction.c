// SPDX-License-Identifier: GPL-2.0
/*
 * The client against a kernel that is made here: sendto() takes its messages,
 * recvmsg() gives what the script of the test has for them.
 */
#include <linux/netlink.h>
#include <sys/socket.h>
#include <time.h>

#include "client/wire.h"
#include "unit.h"

#define FAMILY 30
#define INBOX 64

/**
 * struct kernel - the kernel as the tests have it
 * @inbox: answers that were not read yet
 * @n: how many there are
 * @read: how many of them were read
 * @room: so many answers fit in; 0: any number
 * @congested: one did not fit, and the others are not read yet
 * @overrun: and recvmsg() has not said so yet
 * @messages: messages that came
 * @chunks: calls of sendto()
 * @longest: bytes of the longest chunk
 * @per_cmd: messages by command
 * @backends: BACKENDs that came
 * @refuse: number of the messages that are refused, from 1; 0: none
 * @refuse_from: all from this number on are refused
 * @commits: COMMITs that took effect
 * @silent: it does not answer these
 * @refused: a message of the transaction was refused
 * @busy: so many BEGINs get EBUSY
 * @slow: so many BEGINs get EAGAIN, after a tenth of a second
 * @ms: what the clock shows
 * @interrupt: so many dumps are interrupted
 * @generation: of INFO
 */
static struct kernel {
	uint8_t *inbox[INBOX * 64];
	size_t lens[INBOX * 64];
	size_t n;
	size_t read;
	size_t room;
	bool congested;
	bool overrun;
	unsigned int messages;
	unsigned int chunks;
	size_t longest;
	unsigned int per_cmd[NF_SVC_CMD_MAX + 1];
	unsigned int backends;
	unsigned int refuse;
	unsigned int refuse_from;
	unsigned int commits;
	bool silent;
	bool refused;
	unsigned int busy;
	unsigned int slow;
	long ms;
	unsigned int interrupt;
	uint64_t generation;
} kernel;

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
	if (kernel.messages == kernel.refuse ||
	    (kernel.refuse_from && kernel.messages >= kernel.refuse_from &&
	     cmd != NF_SVC_CMD_ABORT && cmd != NF_SVC_CMD_COMMIT)) {
		kernel.refused = true;
		answer_error(nlh, EINVAL, "I do not like it");
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

static struct nf_svc_client *client;
static struct nf_svc_error error;
static const struct nf_svc_begin as_admin = { .owner = "admin" };

static int setup(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	memset(&error, 0, sizeof(error));
	client = calloc(1, sizeof(*client));
	client->sock = nl_socket_alloc();
	client->out = malloc(NF_SVC_CHUNK);
	client->in = malloc(NF_SVC_RECEIVE_MAX);
	client->fd = -1;
	client->family = FAMILY;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	nf_svc_client_close(client);
	for (; kernel.read < kernel.n; kernel.read++)
		free(kernel.inbox[kernel.read]);
	return 0;
}

static int add_services(unsigned int n)
{
	struct nf_svc_service service;
	int ret = 0;

	for (unsigned int i = 0; i < n && !ret; i++) {
		char name[32];

		snprintf(name, sizeof(name), "shop/web-%u", i);
		assert_int_equal(nf_svc_service_init(&service, name,
						     IPPROTO_TCP, NFPROTO_IPV4),
				 0);
		ret = nf_svc_tx_service_set(client, &service, NF_SVC_GIVEN_ALL,
					    NF_SVC_FLAG_CREATE, &error);
		nf_svc_service_clean(&service);
	}
	return ret;
}

static void a_transaction_is_pipelined(void **state)
{
	uint64_t generation = 0;

	(void)state;
	assert_int_equal(nf_svc_tx_begin(client, &as_admin, &error), 0);
	assert_int_equal(add_services(5000), 0);
	assert_int_equal(nf_svc_tx_commit(client, &generation, &error), 0);
	assert_int_equal(generation, 42);
	assert_int_equal(kernel.commits, 1);
	assert_int_equal(kernel.per_cmd[NF_SVC_CMD_SERVICE_SET], 5000);
	assert_true(kernel.longest <= NF_SVC_CHUNK);
	/* some hundred messages a call, not one */
	assert_true(kernel.chunks < 20);
}

static void TX_01_the_first_refusal_is_the_one_told(void **state)
{
	int ret;

	(void)state;
	kernel.refuse_from = 1000;
	assert_int_equal(nf_svc_tx_begin(client, &as_admin, &error), 0);
	ret = add_services(5000);
	assert_int_equal(ret, -EINVAL);
	/* message 1 is BEGIN, so number 1000 is service 998 */
	assert_string_equal(error.object, "service shop/web-998 (tcp, ipv4)");
	assert_string_equal(error.message, "I do not like it");
	nf_svc_tx_abort(client);
	assert_int_equal(kernel.per_cmd[NF_SVC_CMD_ABORT], 1);
	assert_int_equal(kernel.commits, 0);
	/* it did not go on sending all the rest */
	assert_true(kernel.per_cmd[NF_SVC_CMD_SERVICE_SET] < 2500);
}

static void TX_01_the_last_message_refused_is_told_by_commit(void **state)
{
	(void)state;
	kernel.refuse = 4;
	assert_int_equal(nf_svc_tx_begin(client, &as_admin, &error), 0);
	/* these are still queued here */
	assert_int_equal(add_services(3), 0);
	assert_int_equal(nf_svc_tx_commit(client, NULL, &error), -EINVAL);
	assert_string_equal(error.object, "service shop/web-2 (tcp, ipv4)");
	assert_int_equal(kernel.commits, 0);
	assert_int_equal(kernel.per_cmd[NF_SVC_CMD_ABORT], 1);
	assert_false(client->in_tx);
	/* and the next transaction knows nothing of it */
	kernel.refused = false;
	assert_int_equal(nf_svc_tx_begin(client, &as_admin, &error), 0);
	assert_int_equal(add_services(1), 0);
	assert_int_equal(nf_svc_tx_commit(client, NULL, &error), 0);
	assert_int_equal(kernel.commits, 1);
}

static void TX_01_refusals_that_overrun_the_buffer(void **state)
{
	(void)state;
	kernel.refuse_from = 5;
	kernel.room = 3;
	assert_int_equal(nf_svc_tx_begin(client, &as_admin, &error), 0);
	assert_int_equal(add_services(10), 0);
	assert_int_equal(nf_svc_tx_check(client, &error), -EINVAL);
	assert_int_equal(error.step, 4);
	assert_string_equal(error.object, "service shop/web-3 (tcp, ipv4)");
	/* it is told as often as it is asked for */
	assert_int_equal(nf_svc_tx_check(client, &error), -EINVAL);
	/* and all was read, so that this one is answered */
	nf_svc_tx_abort(client);
	assert_int_equal(kernel.per_cmd[NF_SVC_CMD_ABORT], 1);
	assert_int_equal(kernel.read, kernel.n);
}

static void TX_01_a_refusal_that_was_lost_is_no_success(void **state)
{
	(void)state;
	assert_int_equal(nf_svc_tx_begin(client, &as_admin, &error), 0);
	assert_int_equal(add_services(2), 0);
	kernel.refused = kernel.overrun = true;
	assert_int_equal(nf_svc_tx_check(client, &error), -ENOBUFS);
	assert_int_equal(error.kind, NF_SVC_ERROR_LOST);
	assert_int_equal(nf_svc_tx_commit(client, NULL, &error), -ECANCELED);
	/* which the next transaction has nothing to do with */
	assert_int_equal(nf_svc_tx_begin(client, &as_admin, &error), 0);
	assert_int_equal(nf_svc_tx_check(client, &error), 0);
	nf_svc_tx_abort(client);
}

static void TX_02_a_commit_with_its_generation_took_effect(void **state)
{
	uint64_t generation = 0;

	(void)state;
	assert_int_equal(nf_svc_tx_begin(client, &as_admin, &error), 0);
	/* its acknowledgment has no room */
	kernel.room = 1;
	assert_int_equal(nf_svc_tx_commit(client, &generation, &error), 0);
	assert_int_equal(generation, 42);
}

static void TX_02_a_commit_without_an_answer_is_not_called_refused(void **state)
{
	(void)state;
	assert_int_equal(nf_svc_tx_begin(client, &as_admin, &error), 0);
	kernel.silent = true;
	assert_int_equal(nf_svc_tx_commit(client, NULL, &error), -ENOBUFS);
	assert_int_equal(kernel.commits, 1);
	assert_int_equal(error.kind, NF_SVC_ERROR_LOST);
	assert_non_null(strstr(error.message, "may have taken effect"));
	assert_non_null(strstr(error.message, "svcctl history"));
}

static void many_backends_are_split(void **state)
{
	static struct nf_svc_backend backends[10000];
	struct nf_svc_key key = { "a/b", IPPROTO_TCP, NFPROTO_IPV6 };

	(void)state;
	for (unsigned int i = 0; i < 10000; i++) {
		backends[i].addr = addr("fd00::1");
		backends[i].addr.bytes[14] = (uint8_t)(i >> 8);
		backends[i].addr.bytes[15] = (uint8_t)i;
		backends[i].port = 80;
	}
	assert_int_equal(nf_svc_tx_begin(client, &as_admin, &error), 0);
	assert_int_equal(nf_svc_tx_backends_set(client, &key, backends, 10000,
						0, &error),
			 0);
	assert_int_equal(nf_svc_tx_commit(client, NULL, &error), 0);
	assert_int_equal(kernel.backends, 10000);
	assert_true(kernel.per_cmd[NF_SVC_CMD_BACKEND_SET] >= 15);
	assert_true(kernel.longest <= NF_SVC_CHUNK);
}

static void TX_03_waits_while_another_writes(void **state)
{
	struct nf_svc_begin begin = { .owner = "admin", .deadline = 1000 };

	(void)state;
	kernel.busy = 3;
	assert_int_equal(nf_svc_tx_begin(client, &begin, &error), 0);
	assert_int_equal(kernel.per_cmd[NF_SVC_CMD_BEGIN], 4);
	nf_svc_tx_abort(client);
	/* or does not, if it is not to */
	kernel.busy = 1;
	assert_int_equal(nf_svc_tx_begin(client, &as_admin, &error), -EBUSY);
	assert_int_equal(error.number, EBUSY);
	assert_false(client->in_tx);
}

static void TX_03_waits_until_a_time_and_not_so_many_times(void **state)
{
	struct nf_svc_begin begin = { .owner = "admin" };

	(void)state;
	kernel.ms = 5500;
	begin.deadline = nf_svc_deadline(1000);
	assert_int_equal(begin.deadline, 6500);
	kernel.slow = 1000;
	assert_int_equal(nf_svc_tx_begin(client, &begin, &error), -EAGAIN);
	assert_in_range(kernel.ms, 6500, 6700);
	/* another try does not wait anew */
	assert_int_equal(nf_svc_tx_begin(client, &begin, &error), -EAGAIN);
	assert_in_range(kernel.ms, 6500, 6800);
}

static void TX_01_reading_before_the_first_message_is_no_step(void **state)
{
	struct nf_svc_snapshot snapshot;

	(void)state;
	assert_int_equal(nf_svc_tx_begin(client, &as_admin, &error), 0);
	assert_int_equal(nf_svc_snapshot_read(client, &snapshot, &error), 0);
	nf_svc_snapshot_clean(&snapshot);
	kernel.refuse = kernel.messages + 2;
	assert_int_equal(add_services(3), 0);
	assert_int_equal(nf_svc_tx_check(client, &error), -EINVAL);
	assert_int_equal(error.step, 2);
	nf_svc_tx_abort(client);
}

static void a_snapshot_puts_together_what_belongs_together(void **state)
{
	struct nf_svc_snapshot snapshot;
	const struct nf_svc_service *service;
	struct nf_svc_key key = { "b/b", IPPROTO_TCP, NFPROTO_IPV4 };

	(void)state;
	kernel.generation = 5;
	assert_int_equal(nf_svc_snapshot_read(client, &snapshot, &error), 0);
	assert_int_equal(snapshot.generation, 5);
	assert_int_equal(snapshot.n_services, 2);
	assert_string_equal(snapshot.services[0].name, "a/a");
	service = nf_svc_snapshot_find(&snapshot, &key);
	assert_non_null(service);
	assert_string_equal(service->owner, "admin");
	assert_string_equal(service->scheduler, "random");
	assert_int_equal(service->n_backends, 1);
	assert_int_equal(service->backends[0].weight, 5);
	assert_int_equal(service->backends[0].sets, NF_SVC_SET_LOCAL);
	assert_int_equal(service->n_frontends, 1);
	assert_int_equal(service->frontends[0].port, 80);
	/* a class without a rule: cluster set, no masquerade, refuse */
	assert_int_equal(service->frontends[0].rules[2].set,
			 NF_SVC_SET_CLUSTER);
	nf_svc_snapshot_clean(&snapshot);
}

static void TX_05_interrupted_dumps_are_read_again(void **state)
{
	struct nf_svc_snapshot snapshot;

	(void)state;
	kernel.interrupt = 3;
	assert_int_equal(nf_svc_snapshot_read(client, &snapshot, &error), 0);
	/* nothing of the interrupted tries is left in it */
	assert_int_equal(snapshot.n_services, 2);
	assert_int_equal(snapshot.services[0].n_backends, 1);
	nf_svc_snapshot_clean(&snapshot);
	assert_int_equal(kernel.per_cmd[NF_SVC_CMD_SERVICE_GET], 4);
}

static void TX_05_but_not_for_ever(void **state)
{
	struct nf_svc_snapshot snapshot;

	(void)state;
	kernel.interrupt = 1000;
	assert_int_equal(nf_svc_snapshot_read(client, &snapshot, &error),
			 -EINTR);
	assert_int_equal(error.kind, NF_SVC_ERROR_INTERRUPTED);
	assert_true(kernel.per_cmd[NF_SVC_CMD_SERVICE_GET] < 100);
}

static void info(void **state)
{
	struct nf_svc_info module;

	(void)state;
	kernel.generation = 7;
	assert_int_equal(nf_svc_info_get(client, &module, &error), 0);
	assert_int_equal(module.generation, 7);
	assert_int_equal(module.capabilities, NF_SVC_CAP_IPV6);
	assert_string_equal(module.module_version, "9.9");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_transaction_is_pipelined),
		CASE(TX_01_the_first_refusal_is_the_one_told),
		CASE(TX_01_the_last_message_refused_is_told_by_commit),
		CASE(TX_01_refusals_that_overrun_the_buffer),
		CASE(TX_01_a_refusal_that_was_lost_is_no_success),
		CASE(TX_02_a_commit_with_its_generation_took_effect),
		CASE(TX_02_a_commit_without_an_answer_is_not_called_refused),
		CASE(many_backends_are_split),
		CASE(TX_03_waits_while_another_writes),
		CASE(TX_03_waits_until_a_time_and_not_so_many_times),
		CASE(TX_01_reading_before_the_first_message_is_no_step),
		CASE(a_snapshot_puts_together_what_belongs_together),
		CASE(TX_05_interrupted_dumps_are_read_again),
		CASE(TX_05_but_not_for_ever),
		CASE(info),
	};

	return cmocka_run_group_tests_name("transaction", tests, NULL, NULL);
}
