// SPDX-License-Identifier: GPL-2.0-only
/* Commands that write: each is a step of the socket's open transaction. */
#include <linux/mm.h>
#include <net/sock.h>

#include "genl.h"

static u32 nf_svc_flags_of(const struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[NF_SVC_A_FLAGS];

	return attr ? nla_get_u32(attr) : 0;
}

/**
 * nf_svc_cmd_begin() - NF_SVC_CMD_BEGIN
 * @skb: request
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_cmd_begin(struct sk_buff *skb, struct genl_info *info)
{
	struct nf_svc_net *nn = nf_svc_net(genl_info_net(info));
	struct nlattr *attr = info->attrs[NF_SVC_A_GENERATION];
	u64 generation = 0;
	const char *owner;
	int err;

	err = nf_svc_read_owner(info, &owner);
	if (err)
		return err;
	if (attr)
		generation = nla_get_u64(attr);

	err = nf_svc_retire_wait(nn, info->extack);
	if (err)
		return err;
	mutex_lock(&nn->mutex);
	err = nf_svc_begin(nn, genl_info_net(info), NETLINK_CB(skb).sk,
			   info->snd_portid, owner,
			   nf_svc_flags_of(info) & NF_SVC_FLAG_REPLACE,
			   attr ? &generation : NULL, info->extack);
	mutex_unlock(&nn->mutex);
	return err;
}

static bool nf_svc_tx_is_of(const struct nf_svc_net *nn,
			    const struct sk_buff *skb)
{
	return nn->tx && nn->tx->sk == NETLINK_CB(skb).sk;
}

static int nf_svc_no_tx(struct genl_info *info)
{
	NL_SET_ERR_MSG(
		info->extack,
		"no transaction is open on this socket (it was idle too long, or BEGIN is missing)");
	return -ENOTCONN;
}

static int nf_svc_reply_generation(struct genl_info *info, u64 generation)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *head;

	if (!msg)
		return -ENOMEM;
	head = genlmsg_put_reply(msg, info, &nf_svc_genl_family, 0,
				 NF_SVC_CMD_COMMIT);
	if (!head || nla_put_u64_64bit(msg, NF_SVC_A_GENERATION, generation,
				       NF_SVC_A_PAD)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, head);
	return genlmsg_reply(msg, info);
}

/**
 * nf_svc_cmd_commit() - NF_SVC_CMD_COMMIT
 * @skb: request
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_cmd_commit(struct sk_buff *skb, struct genl_info *info)
{
	struct nf_svc_net *nn = nf_svc_net(genl_info_net(info));
	u64 generation;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, NF_SVC_A_STEPS)) {
		NL_SET_ERR_MSG(info->extack, "STEPS is missing");
		return -EINVAL;
	}

	mutex_lock(&nn->mutex);
	if (nf_svc_tx_is_of(nn, skb))
		err = nf_svc_commit(nn,
				    nla_get_u32(info->attrs[NF_SVC_A_STEPS]),
				    info->extack);
	else
		err = nf_svc_no_tx(info);
	generation = nn->generation;
	mutex_unlock(&nn->mutex);

	/* It is done. Whoever gets no number, for want of memory, asks INFO. */
	if (!err)
		nf_svc_reply_generation(info, generation);
	return err;
}

/**
 * nf_svc_cmd_abort() - NF_SVC_CMD_ABORT
 * @skb: request
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_cmd_abort(struct sk_buff *skb, struct genl_info *info)
{
	struct nf_svc_net *nn = nf_svc_net(genl_info_net(info));
	int err = 0;

	mutex_lock(&nn->mutex);
	if (nf_svc_tx_is_of(nn, skb))
		nf_svc_abort(nn);
	else
		err = nf_svc_no_tx(info);
	mutex_unlock(&nn->mutex);
	return err;
}

/* What a transaction makes and takes back is kept until its end: one that does so
 * without end is stopped.
 */
static int nf_svc_tx_room(const struct nf_svc_tx *tx,
			  struct netlink_ext_ack *extack)
{
	if (tx->dropped_bytes >> 20 < nf_svc_limits.retiring)
		return 0;
	NL_SET_ERR_MSG(
		extack,
		"this transaction has taken back too much of its own: see LIMIT_RETIRING");
	return -ENOSPC;
}

/*
 * One step of a transaction. A refused one marks it, so that whoever does not
 * look at errors until COMMIT gets one there.
 */
static int nf_svc_step(struct sk_buff *skb, struct genl_info *info,
		       int (*step)(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
				   struct genl_info *info))
{
	struct nf_svc_net *nn = nf_svc_net(genl_info_net(info));
	int err;

	mutex_lock(&nn->mutex);
	if (nf_svc_tx_is_of(nn, skb)) {
		nn->tx->active = jiffies;
		err = nf_svc_tx_room(nn->tx, info->extack);
		if (!err)
			err = step(nf_svc_ns_locked(nn), nn->tx, info);
		if (err)
			nn->tx->refused = true;
		else
			nn->tx->steps++;
	} else {
		err = nf_svc_no_tx(info);
	}
	mutex_unlock(&nn->mutex);
	return err;
}

static int nf_svc_step_service_set(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
				   struct genl_info *info)
{
	const struct nf_svc_scheduler *scheduler = NULL;
	struct nlattr **attrs = info->attrs;
	struct nf_svc_key key;
	u8 refuse_with = 0;
	u32 affinity = 0;
	int err;

	err = nf_svc_read_key(attrs, info, &key);
	if (err)
		return err;
	if (attrs[NF_SVC_A_SCHEDULER]) {
		scheduler = nf_svc_scheduler_find(
			nla_data(attrs[NF_SVC_A_SCHEDULER]));
		if (!scheduler) {
			NL_SET_ERR_MSG_ATTR(
				info->extack, attrs[NF_SVC_A_SCHEDULER],
				"no such scheduler (there are: random, rr, wrr, mh, mh-source, lc)");
			return -EINVAL;
		}
	}
	if (attrs[NF_SVC_A_AFFINITY_TIMEOUT])
		affinity = nla_get_u32(attrs[NF_SVC_A_AFFINITY_TIMEOUT]);
	if (affinity > NF_SVC_AFFINITY_TIMEOUT_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    attrs[NF_SVC_A_AFFINITY_TIMEOUT],
				    "AFFINITY_TIMEOUT is 0 to 86400 seconds");
		return -ERANGE;
	}
	if (attrs[NF_SVC_A_REFUSE_WITH])
		refuse_with = nla_get_u32(attrs[NF_SVC_A_REFUSE_WITH]);
	return nf_svc_service_set(
		ns, tx, &key, nf_svc_flags_of(info), scheduler,
		attrs[NF_SVC_A_REFUSE_WITH] ? &refuse_with : NULL,
		attrs[NF_SVC_A_AFFINITY_TIMEOUT] ? &affinity : NULL,
		info->extack);
}

static int nf_svc_step_service_del(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
				   struct genl_info *info)
{
	struct nf_svc_key key;
	int err;

	err = nf_svc_read_key(info->attrs, info, &key);
	if (err)
		return err;
	return nf_svc_service_del(ns, tx, &key, info->extack);
}

static int nf_svc_step_backends(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
				struct genl_info *info, bool set)
{
	struct nf_svc_backend backend;
	struct nf_svc_service *service;
	const struct nlattr *attr;
	struct nf_svc_key key;
	bool any = false;
	int err, rest;

	err = nf_svc_read_key(info->attrs, info, &key);
	if (err)
		return err;
	service = nf_svc_service_touch(ns, tx, &key, info->extack);
	if (IS_ERR(service))
		return PTR_ERR(service);

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		if (nla_type(attr) != NF_SVC_A_BACKEND)
			continue;
		any = true;
		err = nf_svc_read_backend(&backend, key.family, attr,
					  info->extack);
		if (err)
			return err;
		if (set)
			err = nf_svc_backend_set(service->change, &backend,
						 nf_svc_flags_of(info),
						 info->extack);
		else
			err = nf_svc_backend_del(service->change, &backend.addr,
						 backend.port, info->extack);
		if (err) {
			info->extack->bad_attr = attr;
			return err;
		}
		cond_resched();
	}
	if (!any) {
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, NF_SVC_A_BACKEND);
		NL_SET_ERR_MSG(info->extack, "BACKEND is missing");
		return -EINVAL;
	}
	return 0;
}

static int nf_svc_step_backend_set(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
				   struct genl_info *info)
{
	return nf_svc_step_backends(ns, tx, info, true);
}

static int nf_svc_step_backend_del(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
				   struct genl_info *info)
{
	return nf_svc_step_backends(ns, tx, info, false);
}

static int nf_svc_step_frontend_set(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
				    struct genl_info *info)
{
	struct nf_svc_frontend *wanted;
	struct nf_svc_service *service;
	struct nf_svc_key key;
	int err;

	err = nf_svc_read_key(info->attrs, info, &key);
	if (err)
		return err;
	err = nf_svc_read_frontend(&wanted, info);
	if (err)
		return err;
	service = nf_svc_service_touch(ns, tx, &key, info->extack);
	if (IS_ERR(service))
		err = PTR_ERR(service);
	else
		err = nf_svc_frontend_set(ns, tx, service, wanted,
					  nf_svc_flags_of(info), info->extack);
	kfree(wanted);
	return err;
}

static int nf_svc_step_frontend_del(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
				    struct genl_info *info)
{
	struct nf_svc_frontend key;
	int err;

	err = nf_svc_read_frontend_key(&key, info);
	if (err)
		return err;
	return nf_svc_frontend_del(ns, tx, &key, info->extack);
}

static int nf_svc_step_settings_set(struct nf_svc_ns *ns, struct nf_svc_tx *tx,
				    struct genl_info *info)
{
	const struct nf_svc_settings *old =
		(const struct nf_svc_settings *)rcu_dereference_protected(
			ns->settings, 1);
	struct nf_svc_settings *new;
	int err;

	if (!nf_svc_settings_empty(old) && strcmp(old->owner, tx->owner)) {
		NL_SET_ERR_MSG(info->extack,
			       "the settings belong to another owner");
		return -EPERM;
	}
	err = nf_svc_read_settings(&new, tx->owner, info);
	if (err)
		return err;
	kvfree(tx->settings);
	tx->settings = new;
	return 0;
}

/**
 * nf_svc_cmd_service_set() - NF_SVC_CMD_SERVICE_SET
 * @skb: request
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_cmd_service_set(struct sk_buff *skb, struct genl_info *info)
{
	return nf_svc_step(skb, info, nf_svc_step_service_set);
}

/**
 * nf_svc_cmd_service_del() - NF_SVC_CMD_SERVICE_DEL
 * @skb: request
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_cmd_service_del(struct sk_buff *skb, struct genl_info *info)
{
	return nf_svc_step(skb, info, nf_svc_step_service_del);
}

/**
 * nf_svc_cmd_backend_set() - NF_SVC_CMD_BACKEND_SET
 * @skb: request
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_cmd_backend_set(struct sk_buff *skb, struct genl_info *info)
{
	return nf_svc_step(skb, info, nf_svc_step_backend_set);
}

/**
 * nf_svc_cmd_backend_del() - NF_SVC_CMD_BACKEND_DEL
 * @skb: request
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_cmd_backend_del(struct sk_buff *skb, struct genl_info *info)
{
	return nf_svc_step(skb, info, nf_svc_step_backend_del);
}

/**
 * nf_svc_cmd_frontend_set() - NF_SVC_CMD_FRONTEND_SET
 * @skb: request
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_cmd_frontend_set(struct sk_buff *skb, struct genl_info *info)
{
	return nf_svc_step(skb, info, nf_svc_step_frontend_set);
}

/**
 * nf_svc_cmd_frontend_del() - NF_SVC_CMD_FRONTEND_DEL
 * @skb: request
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_cmd_frontend_del(struct sk_buff *skb, struct genl_info *info)
{
	return nf_svc_step(skb, info, nf_svc_step_frontend_del);
}

/**
 * nf_svc_cmd_settings_set() - NF_SVC_CMD_SETTINGS_SET
 * @skb: request
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_cmd_settings_set(struct sk_buff *skb, struct genl_info *info)
{
	return nf_svc_step(skb, info, nf_svc_step_settings_set);
}
