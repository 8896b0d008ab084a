// SPDX-License-Identifier: GPL-2.0-only
/*
 * nf_svc: Kubernetes Services carried by netfilter. Start and end.
 *
 * The way of a packet: hook.c, packet.c, lookup.c, select*.c, bind.c, flow.c
 * (mark.c) or refuse.c, stats.c. The way of a change: genl*.c, transaction.c and the
 * objects (service.c, backend.c, frontend.c, address.c), table.c, retire.c.
 */
#include <linux/module.h>
#include <net/genetlink.h>

#include "transaction.h"

struct nf_svc_limits nf_svc_limits __ro_after_init = {
	.services = 1U << 18,
	.frontends = 1U << 20,
	.backends = NF_SVC_BACKENDS_MAX,
	.flows = 1U << 20,
	.retiring = 64,
};

module_param_named(limit_services, nf_svc_limits.services, uint, 0444);
MODULE_PARM_DESC(limit_services,
		 "most services of a network namespace (default: 262144)");
module_param_named(limit_frontends, nf_svc_limits.frontends, uint, 0444);
MODULE_PARM_DESC(limit_frontends,
		 "most frontends of a network namespace (default: 1048576)");
module_param_named(limit_backends, nf_svc_limits.backends, uint, 0444);
MODULE_PARM_DESC(limit_backends,
		 "most backends of a service (default, and most: 65536)");
module_param_named(limit_flows, nf_svc_limits.flows, uint, 0444);
MODULE_PARM_DESC(
	limit_flows,
	"most flows of a network namespace that are recorded (default: 1048576)");
module_param_named(limit_retiring, nf_svc_limits.retiring, uint, 0444);
MODULE_PARM_DESC(
	limit_retiring,
	"MiB of a network namespace that commits replaced and that wait to be freed; beyond it BEGIN waits (default: 64)");

static int __init nf_svc_limits_check(void)
{
	if (nf_svc_limits.services && nf_svc_limits.frontends &&
	    nf_svc_limits.backends &&
	    nf_svc_limits.backends <= NF_SVC_BACKENDS_MAX &&
	    nf_svc_limits.flows && nf_svc_limits.retiring)
		return 0;
	pr_err("nf_svc: a limit_* is 0, or limit_backends is more than %u\n",
	       NF_SVC_BACKENDS_MAX);
	return -EINVAL;
}

static int __init nf_svc_init(void)
{
	int err;

	err = nf_svc_limits_check();
	if (err)
		return err;
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
	nf_svc_affinity_stop();
	/* kvfree_rcu() of bucket arrays needs no code of ours: no barrier. */
}

module_init(nf_svc_init);
module_exit(nf_svc_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The nf_svc developers");
MODULE_DESCRIPTION("Kubernetes Services carried by netfilter");
MODULE_VERSION(NF_SVC_VERSION);
MODULE_ALIAS_GENL_FAMILY(NF_SVC_GENL_NAME);
