// SPDX-License-Identifier: GPL-2.0-only
/* What would happen to a packet: NF_SVC_CMD_EXPLAIN. */
#include <linux/netdevice.h>

#include "genl.h"
#include "packet.h"

static int nf_svc_explain_read(struct nf_svc_packet *packet,
			       struct genl_info *info)
{
	static const int needed[] = {
		NF_SVC_A_FAMILY,
		NF_SVC_A_PROTOCOL,
		NF_SVC_A_SOURCE,
		NF_SVC_A_ADDRESS,
	};
	struct nlattr **attrs = info->attrs;
	int err;

	memset(packet, 0, sizeof(*packet));
	if (nf_svc_read_missing(attrs, needed, ARRAY_SIZE(needed),
				info->extack)) {
		NL_SET_ERR_MSG(
			info->extack,
			"a packet has FAMILY, PROTOCOL, SOURCE and ADDRESS: one is missing");
		return -EINVAL;
	}
	packet->family = nla_get_u32(attrs[NF_SVC_A_FAMILY]);
	packet->protocol = nla_get_u32(attrs[NF_SVC_A_PROTOCOL]);
	err = nf_svc_read_address(&packet->saddr, packet->family,
				  attrs[NF_SVC_A_SOURCE], info->extack);
	if (!err)
		err = nf_svc_read_address(&packet->daddr, packet->family,
					  attrs[NF_SVC_A_ADDRESS],
					  info->extack);
	if (err)
		return err;
	if (attrs[NF_SVC_A_SOURCE_PORT])
		packet->sport = htons(nla_get_u32(attrs[NF_SVC_A_SOURCE_PORT]));
	if (attrs[NF_SVC_A_PORT])
		packet->dport = htons(nla_get_u32(attrs[NF_SVC_A_PORT]));
	return 0;
}

/* The first backends that may be chosen, or the first that are passed over. */
static int nf_svc_explain_list(struct sk_buff *msg,
			       const struct nf_svc_packet *packet, int type)
{
	const struct nf_svc_config *config = packet->config;
	u32 start = nf_svc_set_start(config, packet->rule->set);
	u32 end = nf_svc_set_end(config, packet->rule->set);
	bool wanted = type == NF_SVC_A_BACKEND;
	u32 room = NF_SVC_EXPLAIN_BACKENDS;
	bool may;
	u32 i;

	for (i = 0; i < config->nr && room; i++) {
		may = i >= start && i < end && config->backends[i].weight;
		if (may != wanted)
			continue;
		if (nf_svc_put_backend(msg, type, packet->family,
				       &config->backends[i], NULL))
			return -EMSGSIZE;
		room--;
	}
	return 0;
}

static int nf_svc_explain_backends(struct sk_buff *msg,
				   const struct nf_svc_packet *packet,
				   bool settled)
{
	const struct nf_svc_config *config = packet->config;
	bool hairpin;

	if (nla_put_u32(msg, NF_SVC_A_CANDIDATES,
			config->takers[packet->rule->set]) ||
	    nf_svc_explain_list(msg, packet, NF_SVC_A_BACKEND))
		return -EMSGSIZE;

	hairpin = (settled || config->takers[packet->rule->set] == 1) &&
		  nf_inet_addr_cmp(&packet->backend->addr, &packet->saddr);
	if (settled && nf_svc_put_backend(msg, NF_SVC_A_CHOSEN, packet->family,
					  packet->backend, NULL))
		return -EMSGSIZE;
	if (packet->memory == NF_SVC_MEMORY_USED &&
	    nla_put_u32(msg, NF_SVC_A_AFFINITY_TIMEOUT,
			config->affinity_timeout))
		return -EMSGSIZE;
	if (nla_put_u32(msg, NF_SVC_A_MASQUERADE,
			packet->rule->masquerade ? 1 :
			hairpin			 ? 2 :
						   0))
		return -EMSGSIZE;
	return 0;
}

static int nf_svc_explain_put(struct sk_buff *msg,
			      const struct nf_svc_packet *packet, bool settled)
{
	const struct nf_svc_frontend *frontend = packet->frontend;
	const struct nf_svc_config *config = packet->config;
	u32 i;

	if (nla_put_u32(msg, NF_SVC_A_VERDICT, packet->verdict) ||
	    nla_put_u32(msg, NF_SVC_A_CLASS, packet->class))
		return -EMSGSIZE;
	if (packet->reason &&
	    nla_put_u32(msg, NF_SVC_A_DROP_REASON, packet->reason))
		return -EMSGSIZE;
	if (!frontend)
		return 0;
	if (nla_put_string(msg, NF_SVC_A_NAME, frontend->service->name) ||
	    nla_put_string(msg, NF_SVC_A_OWNER, frontend->service->owner) ||
	    nla_put_string(msg, NF_SVC_A_SCHEDULER, config->scheduler->name) ||
	    nla_put_u32(msg, NF_SVC_A_KIND, frontend->kind) ||
	    nla_put_u32(msg, NF_SVC_A_REFUSE_WITH, config->refuse_with) ||
	    nla_put_u32(msg, NF_SVC_A_PASSED_OVER_COUNT,
			config->nr - config->takers[packet->rule->set]) ||
	    nf_svc_explain_list(msg, packet, NF_SVC_A_PASSED_OVER))
		return -EMSGSIZE;
	for (i = 0; i < __NF_SVC_CLASS_MAX; i++)
		if (i != packet->class &&
		    nf_svc_put_rule(msg, i, &frontend->rule[i]))
			return -EMSGSIZE;
	/* Last, for readers that expect one. */
	if (nf_svc_put_rule(msg, packet->class, packet->rule))
		return -EMSGSIZE;
	if (packet->verdict != NF_SVC_VERDICT_FORWARD)
		return 0;
	return nf_svc_explain_backends(msg, packet, settled);
}

/**
 * nf_svc_cmd_explain() - NF_SVC_CMD_EXPLAIN
 * @skb: request
 * @info: request
 *
 * Asks nf_svc_decide() as packets do. Nothing is counted, bound or sent.
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_cmd_explain(struct sk_buff *skb, struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	struct nf_svc_net *nn = nf_svc_net(net);
	struct nf_svc_packet packet;
	bool settled = false;
	struct sk_buff *msg;
	void *head;
	int err;

	err = nf_svc_explain_read(&packet, info);
	if (err)
		return err;
	msg = genlmsg_new(2 * NLMSG_GOODSIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	head = genlmsg_put_reply(msg, info, &nf_svc_genl_family, 0,
				 NF_SVC_CMD_EXPLAIN);
	if (!head) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}

	mutex_lock(&nn->mutex);
	rcu_read_lock();
	packet.ns = nf_svc_ns_locked(nn);
	packet.generation = nn->generation;
	packet.net = net;
	packet.class = NF_SVC_CLASS_OUTSIDE;
	packet.asked = true;
	if (info->attrs[NF_SVC_A_DEVICE]) {
		packet.in = dev_get_by_name_rcu(
			net, nla_data(info->attrs[NF_SVC_A_DEVICE]));
		if (!packet.in) {
			NL_SET_ERR_MSG_ATTR(info->extack,
					    info->attrs[NF_SVC_A_DEVICE],
					    "no such device");
			err = -ENODEV;
			goto out;
		}
	}
	if (packet.ns) {
		nf_svc_decide(&packet);
		if (packet.verdict == NF_SVC_VERDICT_PASS)
			nf_svc_lookup_nobody(&packet);
		nf_svc_classify(&packet);
	} else if (!packet.in) {
		packet.class = NF_SVC_CLASS_NODE;
	}
	if (packet.backend && (info->attrs[NF_SVC_A_SOURCE_PORT] ||
			       !packet.config->scheduler->by_port))
		settled = packet.config->scheduler->settled(&packet);
	if (packet.backend && packet.memory == NF_SVC_MEMORY_USED)
		settled = true;
	err = nf_svc_explain_put(msg, &packet, settled);
out:
	rcu_read_unlock();
	mutex_unlock(&nn->mutex);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, head);
	return genlmsg_reply(msg, info);
}
