// SPDX-License-Identifier: GPL-2.0
/*
 * svcctl batch against a kernel that is made here, which has the services b/b,
 * with a backend and the frontend 10.0.0.1:80, and a/a.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "kernel.h"
#include "command.h"
#include "unit.h"

/* Messages before the first line's: BEGIN, and those that read the tables. */
#define BEFORE 7

static struct nf_svc_client *client;
static char out[4096], err[4096], path[64];

int __wrap_nf_svc_client_open(struct nf_svc_client **result,
			      struct nf_svc_error *error);

int __wrap_nf_svc_client_open(struct nf_svc_client **result,
			      struct nf_svc_error *error)
{
	(void)error;
	*result = client;
	return 0;
}

static int setup(void **state)
{
	(void)state;
	client = kernel_client();
	return 0;
}

/* svcctl closes the client */
static int teardown(void **state)
{
	(void)state;
	kernel_clean();
	return 0;
}

/* Run a batch of @lines; complaints are in err. */
static int batch(const char *options, const char *lines)
{
	int fd = memfd_create("batch", 0), status;
	char line[256];

	assert_int_equal(write(fd, lines, strlen(lines)), strlen(lines));
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	snprintf(line, sizeof(line), "%s batch -f %s", options, path);
	status = svcctl_run(line, out, err, sizeof(err));
	close(fd);
	assert_string_equal(out, "");
	return status;
}

/* One complaint: of @line, 0: of none, that says @what. */
static void assert_blames(int line, const char *what)
{
	char start[128];

	if (line)
		snprintf(start, sizeof(start), "svcctl: %s:%d: ", path, line);
	else
		strcpy(start, "svcctl: ");
	if (strncmp(err, start, strlen(start)) ||
	    (!line && strstr(err, path)) || !strstr(err, what))
		fail_msg("not line %d, %s: %s", line, what, err);
	/* it is one */
	assert_ptr_equal(strchr(err, '\n'), err + strlen(err) - 1);
}

static void CTL_01_lines_are_one_commit(void **state)
{
	(void)state;
	assert_int_equal(batch("", "add service c/c 10.96.0.1:80\n"
				   "add backend c/c 10.1.1.1:80\n"),
			 DONE);
	assert_string_equal(err, "");
	assert_int_equal(kernel.commits, 1);
	assert_int_equal(kernel.backends, 1);
}

static void TX_04_it_begins_before_it_reads(void **state)
{
	(void)state;
	/* so that nobody can change what was read */
	kernel.stale = true;
	assert_int_equal(batch("", "add backend b/b 10.1.1.1:80\n"), DONE);
	assert_int_equal(kernel.per_cmd[NF_SVC_CMD_BEGIN], 1);
	assert_int_equal(kernel.per_cmd[NF_SVC_CMD_SERVICE_GET], 1);
}

static void TX_04_a_single_change_says_that_it_may_be_tried_again(void **state)
{
	(void)state;
	kernel.stale = true;
	assert_int_equal(svcctl_run("add backend b/b 10.1.1.1:80", out, err,
				    sizeof(err)),
			 REFUSED);
	assert_blames(0, "changed meanwhile; try again");
}

static void TX_03_one_wait_for_all_tries(void **state)
{
	(void)state;
	kernel.busy = 1000;
	assert_int_equal(batch("--wait 2", "add backend b/b 10.1.1.1:80\n"),
			 REFUSED);
	assert_blames(0, "--wait");
	assert_in_range(kernel.ms, 2000, 2100);
	assert_int_equal(kernel.per_cmd[NF_SVC_CMD_SERVICE_GET], 0);
}

static const char two_wrong[] = "# the first one is refused\n"
				"add frontend b/b 10.96.0.2:80\n"
				"add backend 10.96.0.3:80 10.1.1.1:80\n";

static void CTL_03_what_the_kernel_refused_before_goes_first(void **state)
{
	(void)state;
	kernel.refuse = BEFORE + 1;
	kernel.refuse_with = EEXIST;
	assert_int_equal(batch("", two_wrong), REFUSED);
	assert_blames(2, "I do not like it");
	assert_int_equal(kernel.per_cmd[NF_SVC_CMD_ABORT], 1);
}

static void CTL_03_and_else_what_is_wrong_here(void **state)
{
	(void)state;
	assert_int_equal(batch("", two_wrong), NOT_FOUND);
	assert_blames(3, "10.96.0.3:80: no service has it");
	assert_int_equal(kernel.per_cmd[NF_SVC_CMD_ABORT], 1);
}

static void TX_03_no_line_is_blamed_for_another_writer(void **state)
{
	(void)state;
	kernel.refuse_from = BEFORE + 1;
	kernel.refuse_with = ENOTCONN;
	assert_int_equal(batch("", two_wrong), REFUSED);
	assert_blames(0, "another writer ended it, try again");
}

static void CTL_01_a_dry_run_that_lost_an_answer_is_no_success(void **state)
{
	(void)state;
	kernel.deaf = BEFORE + 1;
	assert_int_equal(batch("--dry-run", "add backend b/b 10.1.1.1:80\n"),
			 REFUSED);
	assert_blames(0, "lost");
	assert_int_equal(kernel.commits, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(CTL_01_lines_are_one_commit),
		CASE(TX_04_it_begins_before_it_reads),
		CASE(TX_04_a_single_change_says_that_it_may_be_tried_again),
		CASE(TX_03_one_wait_for_all_tries),
		CASE(CTL_03_what_the_kernel_refused_before_goes_first),
		CASE(CTL_03_and_else_what_is_wrong_here),
		CASE(TX_03_no_line_is_blamed_for_another_writer),
		CASE(CTL_01_a_dry_run_that_lost_an_answer_is_no_success),
	};

	return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
