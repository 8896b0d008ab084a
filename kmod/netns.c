// SPDX-License-Identifier: GPL-2.0-only
/* Network namespaces: their tables come with the first writer and go empty. */
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/netns/generic.h>
#include <net/sock.h>

#include "flow.h"
#include "transaction.h"

static unsigned int nf_svc_net_id __read_mostly;

/**
 * nf_svc_net() - what we have in a namespace
 * @net: namespace
 *
 * Context: any.
 * Return: always there while the module is.
 */
struct nf_svc_net *nf_svc_net(const struct net *net)
{
	return net_generic(net, nf_svc_net_id);
}

/**
 * nf_svc_ns_locked() - the tables of a namespace, for the writer
 * @nn: of the namespace
 *
 * Context: its mutex is held, or it is ending.
 * Return: the tables or NULL.
 */
struct nf_svc_ns *nf_svc_ns_locked(const struct nf_svc_net *nn)
{
	return rcu_dereference_protected(nn->ns, 1);
}

static void nf_svc_ns_free(struct nf_svc_ns *ns)
{
	nf_svc_flows_free(ns->flows);
	nf_svc_table_clean(&ns->addresses);
	nf_svc_table_clean(&ns->frontends);
	nf_svc_table_clean(&ns->services);
	kvfree(rcu_dereference_protected(ns->settings, 1));
	free_percpu(ns->totals);
	kfree(ns);
}

/**
 * nf_svc_ns_get() - the tables of a namespace, made if there are none
 * @nn: of the namespace
 * @net: namespace
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: the tables or NULL (no memory).
 */
struct nf_svc_ns *nf_svc_ns_get(struct nf_svc_net *nn, struct net *net)
{
	struct nf_svc_ns *ns = nf_svc_ns_locked(nn);

	if (ns)
		return ns;
	ns = kzalloc(sizeof(*ns), GFP_KERNEL_ACCOUNT);
	if (!ns)
		return NULL;
	ns->generation = nn->generation;
	ns->net = net;
	ns->adopt_until = jiffies + NF_SVC_HEAL_WINDOW;
	ns->unhooked = get_state_synchronize_rcu();
	get_random_bytes(&ns->key, sizeof(ns->key));
	INIT_LIST_HEAD(&ns->retiring);
	INIT_LIST_HEAD(&ns->freeing);
	ns->totals = alloc_percpu_gfp(struct nf_svc_stats, GFP_KERNEL_ACCOUNT);
	ns->flows = nf_svc_flows_new(net);
	if (!ns->totals || !ns->flows || nf_svc_table_init(&ns->addresses) ||
	    nf_svc_table_init(&ns->frontends) ||
	    nf_svc_table_init(&ns->services)) {
		nf_svc_ns_free(ns);
		return NULL;
	}
	/* Pairs with rcu_dereference() in nf_svc_packet_of(). */
	rcu_assign_pointer(nn->ns, ns);
	return ns;
}

/**
 * nf_svc_ns_put_if_empty() - free the tables of a namespace if nothing is in them
 * @nn: of the namespace
 *
 * Context: the retire worker; the namespace's mutex is held. If its hooks are
 * gone, so are, since a grace period, the packets that were inside.
 */
void nf_svc_ns_put_if_empty(struct nf_svc_net *nn)
{
	struct nf_svc_ns *ns = nf_svc_ns_locked(nn);
	const struct nf_svc_settings *settings;

	if (nn->tx || ns->hooked[0] || ns->hooked[1] || ns->services.count ||
	    ns->frontends.count || ns->addresses.count)
		return;
	settings = (const struct nf_svc_settings *)rcu_dereference_protected(
		ns->settings, 1);
	if (!nf_svc_settings_empty(settings))
		return;
	RCU_INIT_POINTER(nn->ns, NULL);
	nn->moves += ns->services.moves + ns->frontends.moves + 1;
	nf_svc_ns_free(ns);
}

static int __net_init nf_svc_net_init(struct net *net)
{
	struct nf_svc_net *nn = nf_svc_net(net);

	mutex_init(&nn->mutex);
	mutex_init(&nn->claims_mutex);
	INIT_LIST_HEAD(&nn->claims);
	nf_svc_retire_init(nn);
	return 0;
}

/* No packet may come to us any more; a grace period follows before .exit. */
static void __net_exit nf_svc_net_pre_exit(struct net *net)
{
	struct nf_svc_net *nn = nf_svc_net(net);
	struct nf_svc_ns *ns;

	mutex_lock(&nn->mutex);
	nn->ending = true;
	if (nn->tx)
		nf_svc_abort(nn);
	ns = nf_svc_ns_locked(nn);
	if (ns)
		nf_svc_hooks_unregister(ns, true);
	mutex_unlock(&nn->mutex);
}

static void __net_exit nf_svc_net_exit(struct net *net)
{
	struct nf_svc_net *nn = nf_svc_net(net);
	struct nf_svc_ns *ns;

	/* The worker, which @ending stops from queueing itself again. */
	while (flush_rcu_work(&nn->retire))
		;
	nf_svc_claims_free(nn);
	kvfree(nn->history);
	ns = nf_svc_ns_locked(nn);
	if (!ns)
		return;
	RCU_INIT_POINTER(nn->ns, NULL);
	nf_svc_retire_all(ns);
	nf_svc_ns_free(ns);
}

static struct pernet_operations nf_svc_net_ops = {
	.init = nf_svc_net_init,
	.pre_exit = nf_svc_net_pre_exit,
	.exit = nf_svc_net_exit,
	.id = &nf_svc_net_id,
	.size = sizeof(struct nf_svc_net),
};

/* A socket is gone, and with it the transaction and the claims tied to it. */
static int nf_svc_netlink_event(struct notifier_block *block,
				unsigned long event, void *ptr)
{
	struct netlink_notify *notify = ptr;
	struct nf_svc_net *nn;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	nn = nf_svc_net(notify->net);
	nf_svc_claims_end(nn, notify->net, notify->portid);
	/* Without the lock: sockets of others are not to wait for a commit. A
	 * socket that has a transaction has it since before it was closed. Its
	 * port may be another's already, so the socket itself is asked.
	 */
	if (READ_ONCE(nn->tx_portid) != notify->portid)
		return NOTIFY_DONE;
	mutex_lock(&nn->mutex);
	if (nn->tx && sock_flag(nn->tx->sk, SOCK_DEAD))
		nf_svc_abort(nn);
	mutex_unlock(&nn->mutex);
	return NOTIFY_DONE;
}

static struct notifier_block nf_svc_netlink_notifier = {
	.notifier_call = nf_svc_netlink_event,
};

/**
 * nf_svc_netns_init() - enter all network namespaces
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_netns_init(void)
{
	int err = register_pernet_subsys(&nf_svc_net_ops);

	if (err)
		return err;
	err = netlink_register_notifier(&nf_svc_netlink_notifier);
	if (err)
		unregister_pernet_subsys(&nf_svc_net_ops);
	return err;
}

/**
 * nf_svc_netns_exit() - leave all network namespaces
 *
 * Context: process, may sleep; the netlink family is gone.
 */
void nf_svc_netns_exit(void)
{
	netlink_unregister_notifier(&nf_svc_netlink_notifier);
	unregister_pernet_subsys(&nf_svc_net_ops);
}
