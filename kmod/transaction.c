// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions: staged, prepared, then published by one store.
 *
 * Staging links what is new into the tables with the number of the commit to
 * be, which no packet has yet, and sets the same number as the end of what
 * goes. Preparing allocates all that is missing and registers the hooks. What
 * is left then cannot fail: chain the new configurations, store the number.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "transaction.h"

static struct nf_svc_table *nf_svc_table_of(struct nf_svc_ns *ns,
					    const struct nf_svc_entry *entry)
{
	switch (entry->kind) {
	case NF_SVC_ENTRY_SERVICE:
		return &ns->services;
	case NF_SVC_ENTRY_FRONTEND:
		return &ns->frontends;
	default:
		return &ns->addresses;
	}
}

/* Counts what means every node address. Packets that see the address see the
 * count, too: it grows before the commit that shows it (the release store of the
 * generation comes later), and shrinks when none can.
 */
static void nf_svc_node_ports_count(struct nf_svc_ns *ns,
				    const struct nf_svc_entry *entry, int delta)
{
	const struct nf_svc_address *address;
	u32 *count;

	if (entry->kind != NF_SVC_ENTRY_ADDRESS)
		return;
	address = container_of(entry, struct nf_svc_address, entry);
	if (!nf_svc_addr_is_any(&address->addr))
		return;
	count = &ns->node_ports[nf_svc_family_index(address->family)];
	WRITE_ONCE(*count, *count + delta);
}

/**
 * nf_svc_entry_unlink() - take an entry out of its table
 * @ns: tables
 * @entry: the entry
 *
 * Context: process, may sleep; the namespace's mutex is held.
 */
void nf_svc_entry_unlink(struct nf_svc_ns *ns, struct nf_svc_entry *entry)
{
	nf_svc_table_unlink(nf_svc_table_of(ns, entry), entry);
	nf_svc_node_ports_count(ns, entry, -1);
}

/* Memory that goes with an entry, about. */
static size_t nf_svc_entry_size(const struct nf_svc_entry *entry)
{
	const struct nf_svc_frontend *frontend;
	const struct nf_svc_service *service;
	const struct nf_svc_config *config;

	switch (entry->kind) {
	case NF_SVC_ENTRY_SERVICE:
		service = container_of(entry, struct nf_svc_service, entry);
		config =
			(const struct nf_svc_config *)rcu_dereference_protected(
				service->config, 1);
		return sizeof(*service) +
		       (config ? nf_svc_config_size(config) : 0);
	case NF_SVC_ENTRY_FRONTEND:
		frontend = container_of(entry, struct nf_svc_frontend, entry);
		return struct_size(frontend, ranges, frontend->nr_ranges);
	default:
		return sizeof(struct nf_svc_address);
	}
}

/**
 * nf_svc_stage_born() - link an entry that the commit shall show
 * @ns: tables
 * @tx: transaction
 * @entry: the entry, with its hash and kind set
 *
 * Context: process, may sleep; the namespace's mutex is held.
 */
void nf_svc_stage_born(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
		       struct nf_svc_entry *entry)
{
	entry->born = tx->next;
	entry->died = NF_SVC_NEVER;
	list_add_tail(&entry->list, &tx->born);
	nf_svc_node_ports_count(ns, entry, 1);
	nf_svc_table_insert(nf_svc_table_of(ns, entry), entry);
}

/**
 * nf_svc_stage_death() - let an entry go with the commit
 * @ns: tables
 * @tx: transaction
 * @entry: a current entry
 *
 * Context: process, may sleep; the namespace's mutex is held.
 */
void nf_svc_stage_death(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
			struct nf_svc_entry *entry)
{
	tx->bytes += nf_svc_entry_size(entry);
	WRITE_ONCE(entry->died, tx->next);
	if (entry->born == tx->next) {
		tx->dropped_bytes += nf_svc_entry_size(entry);
		nf_svc_entry_unlink(ns, entry);
		list_move_tail(&entry->list, &tx->dropped);
	} else {
		list_add_tail(&entry->list, &tx->dying);
	}
}

/**
 * nf_svc_begin() - open a transaction
 * @nn: of the namespace
 * @net: namespace
 * @sk: netlink socket that it is tied to
 * @portid: its port
 * @owner: whose objects it changes
 * @replace: what it sets is all that @owner has
 * @generation: NULL, or number of the commit that must be the last one
 * @extack: for the reason of a refusal
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: 0 or a negative error.
 */
int nf_svc_begin(struct nf_svc_net *nn, struct net *net, struct sock *sk,
		 u32 portid, const char *owner, bool replace,
		 const u64 *generation, struct netlink_ext_ack *extack)
{
	struct nf_svc_ns *ns;
	struct nf_svc_tx *tx;

	/* Its end is on its way, and has not come here yet. */
	if (nn->tx && sock_flag(nn->tx->sk, SOCK_DEAD))
		nf_svc_abort(nn);
	if (nn->tx && nn->tx->sk == sk) {
		NL_SET_ERR_MSG(extack,
			       "a transaction is open on this socket already");
		return -EALREADY;
	}
	/* First, for that is not over when the open transaction is. */
	if (nf_svc_claimed(nn, sk, owner, extack))
		return -EUSERS;
	if (nn->tx &&
	    time_before(jiffies,
			nn->tx->active + msecs_to_jiffies(NF_SVC_TX_IDLE_MS))) {
		NL_SET_ERR_MSG(extack,
			       "another process has a transaction open");
		nf_svc_cookie_pid(extack, nn->tx->pid);
		return -EBUSY;
	}
	if (generation && *generation != nn->generation) {
		NL_SET_ERR_MSG(
			extack,
			"the namespace is at another generation: read it again");
		return -ESTALE;
	}
	if (nn->tx)
		nf_svc_abort(nn);

	tx = kzalloc(sizeof(*tx), GFP_KERNEL_ACCOUNT);
	if (!tx)
		return -ENOMEM;
	ns = nf_svc_history_prepare(nn) ? NULL : nf_svc_ns_get(nn, net);
	if (!ns) {
		kfree(tx);
		return -ENOMEM;
	}
	sock_hold(sk);
	tx->sk = sk;
	tx->id = ++nn->tx_id;
	tx->pid = task_tgid_nr(current);
	get_task_comm(tx->comm, current->group_leader);
	tx->replace = replace;
	tx->active = jiffies;
	tx->next = nn->generation + 1;
	tx->nr_services = ns->nr_services;
	tx->nr_frontends = ns->nr_frontends;
	memcpy(tx->family_frontends, ns->family_frontends,
	       sizeof(tx->family_frontends));
	INIT_LIST_HEAD(&tx->changes);
	INIT_LIST_HEAD(&tx->addresses);
	INIT_LIST_HEAD(&tx->born);
	INIT_LIST_HEAD(&tx->dying);
	INIT_LIST_HEAD(&tx->dropped);
	strscpy(tx->owner, owner, sizeof(tx->owner));
	nn->tx = tx;
	WRITE_ONCE(nn->tx_portid, portid);
	return 0;
}

/* Of what never was or is no more: take frontends out of their services' lists. */
static void nf_svc_siblings_del(struct list_head *entries)
{
	struct nf_svc_frontend *frontend;
	struct nf_svc_entry *entry;

	list_for_each_entry(entry, entries, list) {
		if (entry->kind != NF_SVC_ENTRY_FRONTEND)
			continue;
		frontend = container_of(entry, struct nf_svc_frontend, entry);
		list_del_init(&frontend->sibling);
		cond_resched();
	}
}

static void nf_svc_changes_free(struct nf_svc_tx *tx)
{
	struct nf_svc_change *change, *next;

	list_for_each_entry_safe(change, next, &tx->changes, list) {
		nf_svc_change_free(change);
		cond_resched();
	}
}

static void nf_svc_tx_untie(struct nf_svc_net *nn, struct nf_svc_tx *tx)
{
	nn->tx = NULL;
	WRITE_ONCE(nn->tx_portid, 0);
	sock_put(tx->sk);
	tx->sk = NULL;
}

/**
 * nf_svc_abort() - forget the open transaction
 * @nn: of the namespace; has one
 *
 * Context: process, may sleep; the namespace's mutex is held.
 */
void nf_svc_abort(struct nf_svc_net *nn)
{
	struct nf_svc_ns *ns = nf_svc_ns_locked(nn);
	struct nf_svc_tx *tx = nn->tx;
	struct nf_svc_entry *entry;

	nf_svc_changes_free(tx);
	nf_svc_addresses_finish(tx, false);
	nf_svc_siblings_del(&tx->born);
	/* What was to die lives; what was born goes with what had gone already. */
	tx->bytes = tx->dropped_bytes;
	list_for_each_entry(entry, &tx->born, list) {
		tx->bytes += nf_svc_entry_size(entry);
		nf_svc_entry_unlink(ns, entry);
		cond_resched();
	}
	list_splice_init(&tx->born, &tx->dropped);

	while (!list_empty(&tx->dying)) {
		entry = list_first_entry(&tx->dying, struct nf_svc_entry, list);
		list_del(&entry->list);
		WRITE_ONCE(entry->died, NF_SVC_NEVER);
		cond_resched();
	}

	ns->nr_services = tx->nr_services;
	ns->nr_frontends = tx->nr_frontends;
	memcpy(ns->family_frontends, tx->family_frontends,
	       sizeof(ns->family_frontends));
	kvfree(tx->settings);
	nf_svc_tx_untie(nn, tx);
	nf_svc_retire(nn, tx, false);
}

static int nf_svc_prepare(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
			  struct netlink_ext_ack *extack)
{
	struct nf_svc_change *change;
	int err;

	err = nf_svc_services_prune(ns, tx);
	if (err)
		return err;
	list_for_each_entry(change, &tx->changes, list) {
		err = nf_svc_config_build(change);
		if (err)
			return err;
		nf_svc_change_add(&tx->counts, change);
		cond_resched();
	}
	err = nf_svc_addresses_prepare(ns, tx);
	if (err)
		return err;

	/* Last, for it is the one step that others could see. What it did before
	 * it failed the retire worker undoes.
	 */
	err = nf_svc_hooks_register(ns, tx->settings);
	if (err)
		NL_SET_ERR_MSG(
			extack,
			"connection tracking, NAT or a netfilter hook cannot be turned on in this namespace");
	return err;
}

static void nf_svc_version_push(struct nf_svc_tx *tx,
				struct nf_svc_version __rcu **head,
				struct nf_svc_version *version)
{
	struct nf_svc_version *old = rcu_dereference_protected(*head, 1);

	version->born = tx->next;
	RCU_INIT_POINTER(version->prev, old);
	if (old) {
		old->newer = version;
		old->next = tx->replaced;
		tx->replaced = old;
	}
	/* Pairs with rcu_dereference() in nf_svc_version_at(). */
	rcu_assign_pointer(*head, version);
}

/**
 * nf_svc_commit() - apply the open transaction
 * @nn: of the namespace; has one
 * @steps: messages that its writer sent
 * @extack: for the reason of a refusal
 *
 * Ends the transaction, whatever comes of it. Waits for no grace period.
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: 0, or a negative error, and nothing has changed.
 */
int nf_svc_commit(struct nf_svc_net *nn, u32 steps,
		  struct netlink_ext_ack *extack)
{
	struct nf_svc_ns *ns = nf_svc_ns_locked(nn);
	struct nf_svc_tx *tx = nn->tx;
	const struct nf_svc_config *config;
	struct nf_svc_change *change;
	int err;

	if (tx->refused || tx->steps != steps) {
		NL_SET_ERR_MSG(
			extack,
			"a message of this transaction was refused, or STEPS is not their number: nothing of it is applied");
		err = -ECANCELED;
	} else {
		err = nf_svc_prepare(ns, tx, extack);
	}
	if (err) {
		nf_svc_abort(nn);
		return err;
	}

	/* From here on nothing can fail. Packets do not see yet what is done. */
	list_for_each_entry(change, &tx->changes, list) {
		change->service->nr_frontends +=
			change->counts.frontends_added -
			change->counts.frontends_deleted;
		cond_resched();
		if (!change->config)
			continue;
		config =
			(const struct nf_svc_config *)rcu_dereference_protected(
				change->service->config, 1);
		if (config)
			tx->bytes += nf_svc_config_size(config);
		nf_svc_version_push(tx, &change->service->config,
				    &change->config->version);
	}
	if (tx->settings) {
		nf_svc_version_push(tx, &ns->settings, &tx->settings->version);
		tx->settings = NULL;
		tx->settings_changed = true;
	}

	/* Before they do: who sees a new frontend looks for flows of before it. */
	if (tx->counts.frontends_added || tx->settings_changed)
		WRITE_ONCE(ns->heal_until, jiffies + NF_SVC_HEAL_WINDOW);

	/* Now they do, all of it: pairs with smp_load_acquire() in hook.c. */
	smp_store_release(&ns->generation, tx->next);
	nn->generation = tx->next;

	nf_svc_event_commit(ns->net, tx, nf_svc_history_add(nn, tx));
	list_for_each_entry(change, &tx->changes, list) {
		change->config = NULL; /* the service's now */
		cond_resched();
	}
	nf_svc_changes_free(tx);
	nf_svc_addresses_finish(tx, true);
	nf_svc_siblings_del(&tx->dying);
	nf_svc_tx_untie(nn, tx);
	nf_svc_retire(nn, tx, true);
	return 0;
}
