// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the suites when the module has started. Not kunit_test_suites(), which
 * runs them before module_init() (6.1: MODULE_STATE_COMING), when there is no
 * namespace of ours to test in.
 */
#include "nf_svc.h"
#include "suites.h"

static struct kunit_suite *const nf_svc_kunit_suites[] = {
	&nf_svc_table_suite,	 &nf_svc_select_suite,
	&nf_svc_scheduler_suite, &nf_svc_transaction_suite,
	&nf_svc_decide_suite,
};

/**
 * nf_svc_kunit_start() - run all suites; results are in debugfs, kunit/
 *
 * Context: process, may sleep; the module has started.
 */
void nf_svc_kunit_start(void)
{
	__kunit_test_suites_init((struct kunit_suite **)nf_svc_kunit_suites,
				 ARRAY_SIZE(nf_svc_kunit_suites));
}

/**
 * nf_svc_kunit_stop() - take the results away
 *
 * Context: process, may sleep.
 */
void nf_svc_kunit_stop(void)
{
	__kunit_test_suites_exit((struct kunit_suite **)nf_svc_kunit_suites,
				 ARRAY_SIZE(nf_svc_kunit_suites));
}
