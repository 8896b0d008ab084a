/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _NF_SVC_KUNIT_SUITES_H
#define _NF_SVC_KUNIT_SUITES_H

#include <kunit/test.h>

extern struct kunit_suite nf_svc_table_suite;
extern struct kunit_suite nf_svc_select_suite;
extern struct kunit_suite nf_svc_scheduler_suite;
extern struct kunit_suite nf_svc_transaction_suite;
extern struct kunit_suite nf_svc_decide_suite;

#endif /* _NF_SVC_KUNIT_SUITES_H */
