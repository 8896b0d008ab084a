// SPDX-License-Identifier: GPL-2.0-only
/*
 * nf_svc: Kubernetes Services carried by netfilter. Start and end.
 *
 * The way of a packet: hook.c, packet.c, lookup.c, select*.c, bind.c or
 * refuse.c, stats.c. The way of a change: genl*.c, transaction.c and the
 * objects (service.c, backend.c, frontend.c, address.c), table.c, retire.c.
 */
#include <linux/module.h>
#include <net/genetlink.h>

#include "transaction.h"

static int __init nf_svc_init(void)
{
	int err;

	err = nf_svc_retire_start();
	if (err)
		return err;
	err = nf_svc_masquerade_start();
	if (err)
		goto stop_retire;
	err = nf_svc_netns_init();
	if (err)
		goto stop_masquerade;
	err = nf_svc_genl_init();
	if (err)
		goto leave_netns;
	nf_svc_kunit_start();
	return 0;

leave_netns:
	nf_svc_netns_exit();
stop_masquerade:
	nf_svc_masquerade_stop();
stop_retire:
	nf_svc_retire_stop();
	return err;
}

static void __exit nf_svc_exit(void)
{
	nf_svc_kunit_stop();
	nf_svc_genl_exit();
	nf_svc_netns_exit();
	nf_svc_masquerade_stop();
	nf_svc_retire_stop();
	/* kvfree_rcu() of bucket arrays needs no code of ours: no barrier. */
}

module_init(nf_svc_init);
module_exit(nf_svc_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The nf_svc developers");
MODULE_DESCRIPTION("Kubernetes Services carried by netfilter");
MODULE_VERSION(NF_SVC_VERSION);
MODULE_ALIAS_GENL_FAMILY(NF_SVC_GENL_NAME);
