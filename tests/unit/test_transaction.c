// SPDX-License-Identifier: GPL-2.0
/* Transactions of the client, against a kernel that is made here. */
#include "kernel.h"
#include "unit.h"

static struct nf_svc_client *client;
static struct nf_svc_error error;
static const struct nf_svc_begin as_admin = { .owner = "admin" };

static int setup(void **state)
{
	(void)state;
	memset(&error, 0, sizeof(error));
	client = kernel_client();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	nf_svc_client_close(client);
	kernel_clean();
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

static void TX_03_a_transaction_that_was_ended_blames_no_message(void **state)
{
	(void)state;
	assert_int_equal(nf_svc_tx_begin(client, &as_admin, &error), 0);
	kernel.refuse_from = 3;
	kernel.refuse_with = ENOTCONN;
	assert_int_equal(add_services(3), 0);
	assert_int_equal(nf_svc_tx_commit(client, NULL, &error), -ENOTCONN);
	assert_int_equal(error.step, 0);
	assert_string_equal(error.object, "");
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

/* How often objects were compared. */
static unsigned long compared;

int __real_nf_svc_backend_compare(const void *a, const void *b);
int __real_nf_svc_frontend_compare(const void *a, const void *b);
int __wrap_nf_svc_backend_compare(const void *a, const void *b);
int __wrap_nf_svc_frontend_compare(const void *a, const void *b);

int __wrap_nf_svc_backend_compare(const void *a, const void *b)
{
	compared++;
	return __real_nf_svc_backend_compare(a, b);
}

int __wrap_nf_svc_frontend_compare(const void *a, const void *b)
{
	compared++;
	return __real_nf_svc_frontend_compare(a, b);
}

/* A batch line each, in an order that is none, all of the service shop/web-0. */
static void plan_lines(struct nf_svc_snapshot *snapshot, unsigned int n)
{
	struct nf_svc_key key = { "shop/web-0", IPPROTO_TCP, NFPROTO_IPV4 };

	for (unsigned int i = 0; i < n; i++) {
		uint16_t port = (uint16_t)(1 + i * 2713 % n);
		struct nf_svc_backend backend = { .addr = addr("10.0.0.1"),
						  .port = port };
		struct nf_svc_frontend frontend = { .addr = addr("10.96.0.1"),
						    .port = port,
						    .protocol = IPPROTO_TCP,
						    .family = NFPROTO_IPV4 };

		assert_int_equal(nf_svc_tx_backends_set(client, &key, &backend,
							1, NF_SVC_FLAG_EXCL,
							&error),
				 0);
		assert_int_equal(
			nf_svc_tx_frontend_set(client, key.name, &frontend,
					       NF_SVC_FLAG_EXCL, &error),
			0);
		assert_int_equal(
			nf_svc_tx_replay(client, snapshot, "admin", &error), 0);
	}
}

static void CTL_01_planning_a_line_is_a_search_not_a_sort(void **state)
{
	struct nf_svc_snapshot snapshot = { 0 };
	const struct nf_svc_service *service;
	const unsigned int n = 4000;

	(void)state;
	assert_int_equal(nf_svc_tx_begin(client, &as_admin, &error), 0);
	nf_svc_tx_keep(client);
	assert_int_equal(add_services(1), 0);
	compared = 0;
	plan_lines(&snapshot, n);
	service = &snapshot.services[0];
	assert_int_equal(service->n_backends, n);
	assert_int_equal(service->n_frontends, n);
	for (unsigned int i = 0; i < n; i++) {
		assert_int_equal(service->backends[i].port, i + 1);
		assert_int_equal(service->frontends[i].port, i + 1);
	}
	/* 12 halvings of 4000, for a backend once and for a frontend twice */
	assert_true(compared <= 3 * 12 * n);
	nf_svc_tx_abort(client);
	nf_svc_snapshot_clean(&snapshot);
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
	/* a module that does not say has one */
	assert_int_equal(module.schedulers.n, 0);
	assert_true(nf_svc_schedulers_have(&module.schedulers, "random"));
	assert_false(nf_svc_schedulers_have(&module.schedulers, "rr"));
	assert_true(nf_svc_schedulers_have(NULL, "random"));
	assert_false(nf_svc_schedulers_have(NULL, "mh"));
}

static void DP_01_schedulers_that_there_are(void **state)
{
	struct nf_svc_info module;

	(void)state;
	kernel.schedulers = 2;
	assert_int_equal(nf_svc_info_get(client, &module, &error), 0);
	assert_int_equal(module.schedulers.n, 2);
	assert_true(nf_svc_schedulers_have(&module.schedulers, "mh"));
	assert_false(nf_svc_schedulers_have(&module.schedulers, "m"));
	/* more than anybody has */
	kernel.schedulers = NF_SVC_SCHEDULERS_MAX + 3;
	assert_int_equal(nf_svc_info_get(client, &module, &error), 0);
	assert_int_equal(module.schedulers.n, NF_SVC_SCHEDULERS_MAX);
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
		CASE(TX_03_a_transaction_that_was_ended_blames_no_message),
		CASE(many_backends_are_split),
		CASE(CTL_01_planning_a_line_is_a_search_not_a_sort),
		CASE(TX_03_waits_while_another_writes),
		CASE(TX_03_waits_until_a_time_and_not_so_many_times),
		CASE(TX_01_reading_before_the_first_message_is_no_step),
		CASE(a_snapshot_puts_together_what_belongs_together),
		CASE(TX_05_interrupted_dumps_are_read_again),
		CASE(TX_05_but_not_for_ever),
		CASE(info),
		CASE(DP_01_schedulers_that_there_are),
	};

	return cmocka_run_group_tests_name("transaction", tests, NULL, NULL);
}
