// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claims: an owner for which one living socket writes, and nobody else.
 *
 * They are tied to the socket itself, by a reference, for a port is free again
 * before we are told that its socket is closed: another socket of the process
 * may have it by then. SOCK_DEAD tells the two apart (netlink_release()).
 */
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "transaction.h"

static struct nf_svc_claim *nf_svc_claim_find(const struct nf_svc_net *nn,
					      const char *owner)
{
	struct nf_svc_claim *claim;

	list_for_each_entry(claim, &nn->claims, list)
		if (!strcmp(claim->owner, owner))
			return claim;
	return NULL;
}

/**
 * nf_svc_cookie_pid() - name the process in the way
 * @extack: of the request that it is in the way of; may be NULL
 * @pid: the process, in the initial PID namespace
 */
void nf_svc_cookie_pid(struct netlink_ext_ack *extack, u32 pid)
{
	if (!extack)
		return;
	memcpy(extack->cookie, &pid, sizeof(pid));
	extack->cookie_len = sizeof(pid);
}

static void nf_svc_claim_refused(const struct nf_svc_claim *claim,
				 struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG(extack, "the owner is claimed by another process");
	nf_svc_cookie_pid(extack, claim->pid);
}

static void nf_svc_claim_free(struct nf_svc_claim *claim)
{
	sock_put(claim->sk);
	kfree(claim);
}

static void nf_svc_claim_end(struct nf_svc_net *nn, struct net *net,
			     struct nf_svc_claim *claim)
{
	list_del(&claim->list);
	WRITE_ONCE(nn->nr_claims, nn->nr_claims - 1);
	nn->claims_seq++;
	nf_svc_event_claim(net, NF_SVC_CMD_RELEASE, claim);
	nf_svc_claim_free(claim);
}

/**
 * nf_svc_claim() - be the only writer of an owner
 * @nn: of the namespace
 * @net: namespace
 * @sk: netlink socket that the claim is tied to
 * @portid: its port
 * @owner: whose
 * @extack: for the reason of a refusal; its cookie is the pid in the way
 *
 * A transaction that is open for the owner on another socket goes on to its end.
 *
 * Context: process, may sleep; no mutex is held.
 * Return: 0 (also if the socket has this claim already) or a negative error.
 */
int nf_svc_claim(struct nf_svc_net *nn, struct net *net, struct sock *sk,
		 u32 portid, const char *owner, struct netlink_ext_ack *extack)
{
	struct nf_svc_claim *claim, *old;
	int err = 0;

	claim = kzalloc(sizeof(*claim), GFP_KERNEL_ACCOUNT);
	if (!claim)
		return -ENOMEM;
	claim->portid = portid;
	claim->pid = task_tgid_nr(current);
	get_task_comm(claim->comm, current->group_leader);
	strscpy(claim->owner, owner, sizeof(claim->owner));

	mutex_lock(&nn->claims_mutex);
	old = nf_svc_claim_find(nn, owner);
	if (old && sock_flag(old->sk, SOCK_DEAD)) {
		nf_svc_claim_end(nn, net, old);
		old = NULL;
	}
	if (old && old->sk != sk) {
		nf_svc_claim_refused(old, extack);
		err = -EUSERS;
	} else if (!old && nn->nr_claims >= NF_SVC_CLAIMS_MAX) {
		NL_SET_ERR_MSG(extack,
			       "too many claims: see NF_SVC_CLAIMS_MAX");
		err = -ENOSPC;
	}
	if (!err && !old) {
		sock_hold(sk);
		claim->sk = sk;
		list_add_tail(&claim->list, &nn->claims);
		WRITE_ONCE(nn->nr_claims, nn->nr_claims + 1);
		nf_svc_event_claim(net, NF_SVC_CMD_CLAIM, claim);
		claim = NULL;
	}
	mutex_unlock(&nn->claims_mutex);
	kfree(claim);
	return err;
}

/**
 * nf_svc_release() - end a claim
 * @nn: of the namespace
 * @net: namespace
 * @sk: netlink socket that has it
 * @owner: whose
 * @extack: for the reason of a refusal
 *
 * Context: process, may sleep; no mutex is held.
 * Return: 0 or -ENOENT.
 */
int nf_svc_release(struct nf_svc_net *nn, struct net *net, struct sock *sk,
		   const char *owner, struct netlink_ext_ack *extack)
{
	struct nf_svc_claim *claim;
	int err = 0;

	mutex_lock(&nn->claims_mutex);
	claim = nf_svc_claim_find(nn, owner);
	if (claim && claim->sk == sk) {
		nf_svc_claim_end(nn, net, claim);
	} else {
		NL_SET_ERR_MSG(extack, "this socket has no claim of the owner");
		err = -ENOENT;
	}
	mutex_unlock(&nn->claims_mutex);
	return err;
}

/**
 * nf_svc_claimed() - has another socket claimed an owner?
 * @nn: of the namespace
 * @sk: netlink socket that wants to write
 * @owner: whose
 * @extack: gets the reason, and the pid as its cookie
 *
 * Context: process, may sleep; the namespace's mutex is held.
 * Return: has it?
 */
bool nf_svc_claimed(struct nf_svc_net *nn, const struct sock *sk,
		    const char *owner, struct netlink_ext_ack *extack)
{
	struct nf_svc_claim *claim;
	bool claimed;

	mutex_lock(&nn->claims_mutex);
	claim = nf_svc_claim_find(nn, owner);
	claimed = claim && claim->sk != sk && !sock_flag(claim->sk, SOCK_DEAD);
	if (claimed)
		nf_svc_claim_refused(claim, extack);
	mutex_unlock(&nn->claims_mutex);
	return claimed;
}

/**
 * nf_svc_claims_end() - end the claims of a socket that is closed
 * @nn: of the namespace
 * @net: namespace
 * @portid: its port
 *
 * Context: process, may sleep; no mutex is held.
 */
void nf_svc_claims_end(struct nf_svc_net *nn, struct net *net, u32 portid)
{
	struct nf_svc_claim *claim, *next;

	/* Without the lock: what this socket claimed it did before. */
	if (!READ_ONCE(nn->nr_claims))
		return;
	mutex_lock(&nn->claims_mutex);
	list_for_each_entry_safe(claim, next, &nn->claims, list)
		if (claim->portid == portid && sock_flag(claim->sk, SOCK_DEAD))
			nf_svc_claim_end(nn, net, claim);
	mutex_unlock(&nn->claims_mutex);
}

/**
 * nf_svc_claims_free() - forget all claims
 * @nn: of the namespace
 *
 * Context: process; the namespace is ending, or the module goes: nobody is told.
 */
void nf_svc_claims_free(struct nf_svc_net *nn)
{
	struct nf_svc_claim *claim, *next;

	list_for_each_entry_safe(claim, next, &nn->claims, list)
		nf_svc_claim_free(claim);
	INIT_LIST_HEAD(&nn->claims);
	nn->nr_claims = 0;
}
