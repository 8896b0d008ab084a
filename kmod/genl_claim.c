// SPDX-License-Identifier: GPL-2.0-only
/* Commands about writers: claims, and the history of commits. */
#include <net/sock.h>

#include "genl.h"

/**
 * nf_svc_cmd_claim() - NF_SVC_CMD_CLAIM
 * @skb: request
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_cmd_claim(struct sk_buff *skb, struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	const char *owner;
	int err;

	err = nf_svc_read_owner(info, &owner);
	if (err)
		return err;
	return nf_svc_claim(nf_svc_net(net), net, NETLINK_CB(skb).sk,
			    info->snd_portid, owner, info->extack);
}

/**
 * nf_svc_cmd_release() - NF_SVC_CMD_RELEASE
 * @skb: request
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_cmd_release(struct sk_buff *skb, struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	const char *owner;
	int err;

	err = nf_svc_read_owner(info, &owner);
	if (err)
		return err;
	return nf_svc_release(nf_svc_net(net), net, NETLINK_CB(skb).sk, owner,
			      info->extack);
}

static int nf_svc_dump_message(struct sk_buff *skb, struct netlink_callback *cb,
			       u8 cmd, const struct nf_svc_claim *claim,
			       const struct nf_svc_record *record)
{
	void *head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				 cb->nlh->nlmsg_seq, &nf_svc_genl_family,
				 NLM_F_MULTI, cmd);
	int err;

	if (!head)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, head);
	err = claim ? nf_svc_put_claim(skb, claim) :
		      nf_svc_put_record(skb, record);
	if (err)
		genlmsg_cancel(skb, head);
	else
		genlmsg_end(skb, head);
	return err;
}

/**
 * nf_svc_dump_claims() - dump of NF_SVC_CMD_CLAIM_GET
 * @skb: messages
 * @cb: request; args[0] claims written
 *
 * Context: process, may sleep.
 * Return: length written, 0 at the end, or a negative error.
 */
int nf_svc_dump_claims(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nf_svc_net *nn = nf_svc_net(sock_net(skb->sk));
	const struct nf_svc_claim *claim;
	long place = 0;
	int err = 0;

	mutex_lock(&nn->claims_mutex);
	cb->seq = nn->claims_seq + 1;
	list_for_each_entry(claim, &nn->claims, list) {
		if (place++ < cb->args[0])
			continue;
		err = nf_svc_dump_message(skb, cb, NF_SVC_CMD_CLAIM, claim,
					  NULL);
		if (err)
			break;
		cb->args[0]++;
	}
	mutex_unlock(&nn->claims_mutex);
	return skb->len ? skb->len : err;
}

/**
 * nf_svc_dump_history() - dump of NF_SVC_CMD_HISTORY_GET
 * @skb: messages
 * @cb: request; args[0] generation to be written next, 0 at first, args[1]
 *	generation of the last one, as it was at first
 *
 * Commits between two rounds are not shown. If they take away what was to come
 * next, the dump says that it was interrupted.
 *
 * Context: process, may sleep.
 * Return: length written, 0 at the end, or a negative error.
 */
int nf_svc_dump_history(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nf_svc_net *nn = nf_svc_net(sock_net(skb->sk));
	const struct nf_svc_record *record;
	u64 next = cb->args[0], oldest = 1;
	int err = 0;

	mutex_lock(&nn->mutex);
	if (!next)
		cb->args[1] = nn->generation;
	if (nn->generation > NF_SVC_HISTORY_MAX)
		oldest = nn->generation - NF_SVC_HISTORY_MAX + 1;
	cb->seq = next && next < oldest ? 2 : 1;
	for (next = max(next, oldest); next <= (u64)cb->args[1]; next++) {
		record = nf_svc_history_at(nn, next);
		if (!record)
			continue;
		err = nf_svc_dump_message(skb, cb, NF_SVC_CMD_COMMITTED, NULL,
					  record);
		if (err)
			break;
	}
	mutex_unlock(&nn->mutex);
	cb->args[0] = next;
	return skb->len ? skb->len : err;
}
