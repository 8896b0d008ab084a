// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that read. They see the last commit, never what is staged.
 *
 * A dump keeps its place as numbers (bucket, place in it, backend) between
 * rounds and holds nothing: a commit or a resized table in between makes the
 * next message, or the last one, say NLM_F_DUMP_INTR.
 */
#include <linux/ipv6.h>
#include <net/sock.h>

#include "flow.h"
#include "genl.h"
#include "packet.h"

/* Bytes of settings with every list at its limit. */
#define NF_SVC_SETTINGS_SIZE                                          \
	(NF_SVC_CIDR_LISTS * NF_SVC_LIMIT_CIDRS *                     \
		 (nla_total_size(0) + nla_total_size(16) +            \
		  nla_total_size(4)) +                                \
	 NF_SVC_LIMIT_CIDRS * nla_total_size(NF_SVC_DEVICE_MAX + 1) + \
	 nla_total_size(NF_SVC_OWNER_MAX + 1) + nla_total_size(4))

/* A reply to @info, begun; NULL for want of memory. */
static struct sk_buff *nf_svc_reply_new(struct genl_info *info, u8 cmd,
					size_t size, void **head)
{
	struct sk_buff *msg = genlmsg_new(size, GFP_KERNEL);

	if (!msg)
		return NULL;
	*head = genlmsg_put_reply(msg, info, &nf_svc_genl_family, 0, cmd);
	if (*head)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static int nf_svc_reply_end(struct genl_info *info, struct sk_buff *msg,
			    void *head, int err)
{
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, head);
	return genlmsg_reply(msg, info);
}

/**
 * nf_svc_cmd_info() - NF_SVC_CMD_INFO
 * @skb: request
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_cmd_info(struct sk_buff *skb, struct genl_info *info)
{
	struct nf_svc_net *nn = nf_svc_net(genl_info_net(info));
	u32 nr_services = 0, nr_frontends = 0, nr_flows = 0;
	const struct nf_svc_ns *ns;
	u64 capabilities = NF_SVC_CAP_CLAIMS | NF_SVC_CAP_HISTORY |
			   NF_SVC_CAP_EVENTS | NF_SVC_CAP_NODE_PORT |
			   NF_SVC_CAP_SOURCE_RANGES | NF_SVC_CAP_SERVICE_CIDRS |
			   NF_SVC_CAP_INTERNAL | NF_SVC_CAP_MASQUERADE_MARK |
			   NF_SVC_CAP_AFFINITY | NF_SVC_CAP_FLOWS;
	struct sk_buff *msg;
	const char *name;
	u64 generation;
	void *head;
	int err = 0;
	u32 i;

	msg = nf_svc_reply_new(info, NF_SVC_CMD_INFO, NLMSG_GOODSIZE, &head);
	if (!msg)
		return -ENOMEM;

	mutex_lock(&nn->mutex);
	ns = nf_svc_ns_locked(nn);
	if (nn->tx) {
		nr_services = nn->tx->nr_services;
		nr_frontends = nn->tx->nr_frontends;
	} else if (ns) {
		nr_services = ns->nr_services;
		nr_frontends = ns->nr_frontends;
	}
	if (ns)
		nr_flows = nf_svc_flows_count(ns->flows);
	generation = nn->generation;
	mutex_unlock(&nn->mutex);

	if (ipv6_mod_enabled())
		capabilities |= NF_SVC_CAP_IPV6;
	if (nla_put_u32(msg, NF_SVC_A_ABI_REVISION, NF_SVC_ABI_REVISION) ||
	    nla_put_string(msg, NF_SVC_A_MODULE_VERSION, NF_SVC_VERSION) ||
	    nla_put_u64_64bit(msg, NF_SVC_A_CAPABILITIES, capabilities,
			      NF_SVC_A_PAD) ||
	    nla_put_u32(msg, NF_SVC_A_LIMIT_SERVICES, nf_svc_limits.services) ||
	    nla_put_u32(msg, NF_SVC_A_LIMIT_FRONTENDS,
			nf_svc_limits.frontends) ||
	    nla_put_u32(msg, NF_SVC_A_LIMIT_BACKENDS, nf_svc_limits.backends) ||
	    nla_put_u32(msg, NF_SVC_A_LIMIT_FLOWS, nf_svc_limits.flows) ||
	    nla_put_u32(msg, NF_SVC_A_COUNT_FLOWS, nr_flows) ||
	    nla_put_u32(msg, NF_SVC_A_LIMIT_CIDRS, NF_SVC_LIMIT_CIDRS) ||
	    nla_put_u32(msg, NF_SVC_A_TX_IDLE_MS, NF_SVC_TX_IDLE_MS) ||
	    nla_put_u32(msg, NF_SVC_A_COUNT_SERVICES, nr_services) ||
	    nla_put_u32(msg, NF_SVC_A_COUNT_FRONTENDS, nr_frontends) ||
	    nla_put_u64_64bit(msg, NF_SVC_A_GENERATION, generation,
			      NF_SVC_A_PAD) ||
	    nla_put_u64_64bit(msg, NF_SVC_A_RETIRING, READ_ONCE(nn->pending),
			      NF_SVC_A_PAD) ||
	    nla_put_u64_64bit(msg, NF_SVC_A_LIMIT_RETIRING,
			      (u64)nf_svc_limits.retiring << 20, NF_SVC_A_PAD))
		err = -EMSGSIZE;
	for (i = 0; !err && (name = nf_svc_scheduler_name(i)); i++)
		err = nla_put_string(msg, NF_SVC_A_KNOWN_SCHEDULER, name);
	return nf_svc_reply_end(info, msg, head, err);
}

/* The service of a request as the last commit has it. */
static struct nf_svc_service *nf_svc_service_shown(const struct nf_svc_ns *ns,
						   const struct nf_svc_key *key,
						   u64 generation)
{
	struct nf_svc_service *service;
	struct nf_svc_buckets *buckets;
	struct nf_svc_entry *entry;
	u32 hash;

	if (!ns)
		return NULL;
	buckets = nf_svc_table_locked(&ns->services);
	hash = nf_svc_service_hash(ns, key);
	nf_svc_table_for_each_locked(buckets, hash, entry) {
		service = container_of(entry, struct nf_svc_service, entry);
		if (nf_svc_visible(entry, generation) &&
		    nf_svc_service_is(service, key))
			return service;
	}
	return NULL;
}

static int nf_svc_no_service(struct genl_info *info)
{
	NL_SET_ERR_MSG(info->extack, "no such service");
	return -ENOENT;
}

/**
 * nf_svc_cmd_service_get() - NF_SVC_CMD_SERVICE_GET of one service
 * @skb: request
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_cmd_service_get(struct sk_buff *skb, struct genl_info *info)
{
	struct nf_svc_net *nn = nf_svc_net(genl_info_net(info));
	struct nf_svc_service *service;
	struct nf_svc_key key;
	struct sk_buff *msg;
	void *head;
	int err;

	err = nf_svc_read_key(info->attrs, info, &key);
	if (err)
		return err;
	msg = nf_svc_reply_new(info, NF_SVC_CMD_SERVICE_SET, NLMSG_GOODSIZE,
			       &head);
	if (!msg)
		return -ENOMEM;

	mutex_lock(&nn->mutex);
	service = nf_svc_service_shown(nf_svc_ns_locked(nn), &key,
				       nn->generation);
	if (service)
		err = nf_svc_put_service(msg, service,
					 nf_svc_config_at(service,
							  nn->generation));
	else
		err = nf_svc_no_service(info);
	mutex_unlock(&nn->mutex);
	return nf_svc_reply_end(info, msg, head, err);
}

/**
 * nf_svc_cmd_frontend_get() - NF_SVC_CMD_FRONTEND_GET of one frontend
 * @skb: request
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_cmd_frontend_get(struct sk_buff *skb, struct genl_info *info)
{
	struct nf_svc_net *nn = nf_svc_net(genl_info_net(info));
	struct nf_svc_frontend key;
	struct nf_svc_packet packet;
	struct sk_buff *msg;
	void *head;
	int err;

	err = nf_svc_read_frontend_key(&key, info);
	if (err)
		return err;
	if (info->attrs[NF_SVC_A_NAME]) {
		NL_SET_ERR_MSG_ATTR(
			info->extack, info->attrs[NF_SVC_A_NAME],
			"NAME asks for all frontends of a service: it goes with NLM_F_DUMP");
		return -EINVAL;
	}
	msg = nf_svc_reply_new(info, NF_SVC_CMD_FRONTEND_SET, NLMSG_GOODSIZE,
			       &head);
	if (!msg)
		return -ENOMEM;

	memset(&packet, 0, sizeof(packet));
	packet.family = key.family;
	packet.protocol = key.protocol;
	packet.daddr = key.addr;
	packet.dport = key.port;

	mutex_lock(&nn->mutex);
	packet.ns = nf_svc_ns_locked(nn);
	packet.generation = nn->generation;
	if (packet.ns) {
		rcu_read_lock();
		packet.frontend = nf_svc_frontend_find(&packet);
		rcu_read_unlock();
	}
	if (packet.frontend) {
		err = nf_svc_put_frontend(msg, packet.frontend);
	} else {
		NL_SET_ERR_MSG(info->extack, "no such frontend");
		err = -ENOENT;
	}
	mutex_unlock(&nn->mutex);
	return nf_svc_reply_end(info, msg, head, err);
}

/**
 * nf_svc_cmd_settings_get() - NF_SVC_CMD_SETTINGS_GET
 * @skb: request
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_cmd_settings_get(struct sk_buff *skb, struct genl_info *info)
{
	struct nf_svc_net *nn = nf_svc_net(genl_info_net(info));
	const struct nf_svc_ns *ns;
	struct sk_buff *msg;
	void *head;
	int err = 0;

	msg = nf_svc_reply_new(info, NF_SVC_CMD_SETTINGS_SET,
			       NF_SVC_SETTINGS_SIZE, &head);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&nn->mutex);
	ns = nf_svc_ns_locked(nn);
	if (ns)
		err = nf_svc_put_settings(
			msg, nf_svc_settings_at(ns, nn->generation));
	mutex_unlock(&nn->mutex);
	return nf_svc_reply_end(info, msg, head, err);
}

/**
 * nf_svc_cmd_stats_get() - NF_SVC_CMD_STATS_GET of the namespace
 * @skb: request
 * @info: request
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error.
 */
int nf_svc_cmd_stats_get(struct sk_buff *skb, struct genl_info *info)
{
	struct nf_svc_net *nn = nf_svc_net(genl_info_net(info));
	struct nf_svc_stats totals = {};
	const struct nf_svc_ns *ns;
	struct sk_buff *msg;
	u64 uncounted = 0;
	void *head;
	int err;

	msg = nf_svc_reply_new(info, NF_SVC_CMD_STATS_GET, NLMSG_GOODSIZE,
			       &head);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&nn->mutex);
	ns = nf_svc_ns_locked(nn);
	if (ns) {
		nf_svc_stats_read(&totals, ns->totals);
		uncounted = atomic64_read(&ns->uncounted);
	}
	mutex_unlock(&nn->mutex);

	err = nf_svc_put_stats(msg, &totals);
	if (!err &&
	    nla_put_u64_64bit(msg, NF_SVC_A_UNCOUNTED, uncounted, NF_SVC_A_PAD))
		err = -EMSGSIZE;
	return nf_svc_reply_end(info, msg, head, err);
}

/**
 * struct nf_svc_dump - one message round of a dump
 * @skb: messages
 * @cb: request; args[0] bucket (for @one: 1 at the end), args[1] place in it
 *	(for @one: place among the service's frontends), args[2] backends of that
 *	service that have been written
 * @generation: number of the commit shown
 * @cmd: command of each message
 * @ns: tables
 * @key: only of this service, if @one
 * @one: see @key
 */
struct nf_svc_dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	u64 generation;
	u8 cmd;
	const struct nf_svc_ns *ns;
	struct nf_svc_key key;
	bool one;
};

static void *nf_svc_dump_head(const struct nf_svc_dump *dump)
{
	void *head = genlmsg_put(dump->skb, NETLINK_CB(dump->cb->skb).portid,
				 dump->cb->nlh->nlmsg_seq, &nf_svc_genl_family,
				 NLM_F_MULTI, dump->cmd);

	if (head)
		genl_dump_check_consistent(dump->cb, head);
	return head;
}

static int nf_svc_dump_end(const struct nf_svc_dump *dump, void *head, int err)
{
	if (err)
		genlmsg_cancel(dump->skb, head);
	else
		genlmsg_end(dump->skb, head);
	return err;
}

/*
 * Walk a table from where the last round ended. @put writes one object, or as
 * much of it as fits: -EMSGSIZE then, with args[2] saying how far it came.
 */
static int nf_svc_dump_table(struct nf_svc_dump *dump,
			     const struct nf_svc_table *table,
			     int (*put)(struct nf_svc_dump *dump,
					const struct nf_svc_entry *entry))
{
	struct nf_svc_buckets *buckets = nf_svc_table_locked(table);
	long *args = dump->cb->args;
	struct nf_svc_entry *entry;
	long place;
	int err;

	for (; args[0] <= buckets->mask; args[0]++, args[1] = 0) {
		place = 0;
		hlist_for_each_entry(entry, &buckets->heads[args[0]],
				     node[buckets->side]) {
			/* Places count what is shown: what is staged or dead
			 * comes and goes between rounds.
			 */
			if (!nf_svc_visible(entry, dump->generation) ||
			    place++ < args[1])
				continue;
			err = put(dump, entry);
			if (err)
				return dump->skb->len ? dump->skb->len : err;
			args[1]++;
			args[2] = 0;
		}
		cond_resched();
	}
	return dump->skb->len;
}

static int nf_svc_dump_start(struct nf_svc_dump *dump, struct sk_buff *skb,
			     struct netlink_callback *cb, u8 cmd,
			     const struct nf_svc_net *nn)
{
	struct nlattr *const *attrs = nf_svc_dump_attrs(cb);
	struct genl_info info = { .extack = cb->extack };

	dump->skb = skb;
	dump->cb = cb;
	dump->cmd = cmd;
	dump->generation = nn->generation;
	if (attrs[NF_SVC_A_ADDRESS] || attrs[NF_SVC_A_PORT]) {
		NL_SET_ERR_MSG(
			cb->extack,
			"ADDRESS and PORT name one frontend: ask for it without NLM_F_DUMP");
		return -EINVAL;
	}
	dump->one = attrs[NF_SVC_A_NAME] || attrs[NF_SVC_A_PROTOCOL] ||
		    attrs[NF_SVC_A_FAMILY];
	if (dump->one && cmd == NF_SVC_CMD_SERVICE_SET) {
		NL_SET_ERR_MSG(
			cb->extack,
			"NAME, PROTOCOL and FAMILY name one service: ask for it without NLM_F_DUMP");
		return -EINVAL;
	}
	return dump->one ? nf_svc_read_key(attrs, &info, &dump->key) : 0;
}

static int nf_svc_put_service_msg(struct nf_svc_dump *dump,
				  const struct nf_svc_entry *entry)
{
	const struct nf_svc_service *service =
		container_of(entry, struct nf_svc_service, entry);
	void *head = nf_svc_dump_head(dump);

	if (!head)
		return -EMSGSIZE;
	return nf_svc_dump_end(
		dump, head,
		nf_svc_put_service(dump->skb, service,
				   nf_svc_config_at(service,
						    dump->generation)));
}

static int nf_svc_put_backends_msg(struct nf_svc_dump *dump,
				   const struct nf_svc_entry *entry)
{
	const struct nf_svc_service *service =
		container_of(entry, struct nf_svc_service, entry);
	const struct nf_svc_config *config;
	long *next = &dump->cb->args[2];
	long first = *next;
	void *head;
	u32 flows;
	int err;

	config = nf_svc_config_at(service, dump->generation);
	/* None, or fewer than there were: before a message is begun, for one
	 * that is cancelled would take NLM_F_DUMP_INTR with it.
	 */
	if (*next >= config->nr)
		return 0;
	head = nf_svc_dump_head(dump);
	if (!head)
		return -EMSGSIZE;
	err = nf_svc_put_service_key(dump->skb, service);
	while (!err && *next < config->nr) {
		rcu_read_lock();
		flows = nf_svc_backend_flows(dump->ns, service,
					     &config->backends[*next]);
		rcu_read_unlock();
		err = nf_svc_put_backend(dump->skb, NF_SVC_A_BACKEND,
					 service->family,
					 &config->backends[*next], &flows);
		if (!err)
			*next += 1;
	}
	/* A message with some of the backends is a good one. */
	nf_svc_dump_end(dump, head, *next == first ? -EMSGSIZE : 0);
	return err;
}

static int nf_svc_put_frontend_msg(struct nf_svc_dump *dump,
				   const struct nf_svc_entry *entry)
{
	const struct nf_svc_frontend *frontend =
		container_of(entry, struct nf_svc_frontend, entry);
	void *head = nf_svc_dump_head(dump);

	if (!head)
		return -EMSGSIZE;
	return nf_svc_dump_end(dump, head,
			       nf_svc_put_frontend(dump->skb, frontend));
}

static int nf_svc_put_stats_msg(struct nf_svc_dump *dump,
				const struct nf_svc_entry *entry)
{
	const struct nf_svc_service *service =
		container_of(entry, struct nf_svc_service, entry);
	void *head = nf_svc_dump_head(dump);
	struct nf_svc_stats sum;
	int err;

	if (!head)
		return -EMSGSIZE;
	nf_svc_stats_read(&sum, READ_ONCE(service->stats));
	err = nf_svc_put_service_key(dump->skb, service);
	if (!err)
		err = nf_svc_put_stats(dump->skb, &sum);
	return nf_svc_dump_end(dump, head, err);
}

/* The same for what one service has: a list, not the table. */
static int nf_svc_dump_frontends_of(struct nf_svc_dump *dump,
				    const struct nf_svc_service *service)
{
	const struct nf_svc_frontend *frontend;
	long *args = dump->cb->args;
	long place = 0;
	int err;

	list_for_each_entry(frontend, &service->frontends, sibling) {
		cond_resched();
		if (!nf_svc_visible(&frontend->entry, dump->generation) ||
		    place++ < args[1])
			continue;
		err = nf_svc_put_frontend_msg(dump, &frontend->entry);
		if (err)
			return err;
		args[1]++;
	}
	return 0;
}

/* The service asked for is not there, or is not any more: then the generation,
 * which is another one, has marked the dump as interrupted.
 */
static int nf_svc_dump_nothing(const struct nf_svc_dump *dump)
{
	const long *args = dump->cb->args;

	if (args[0] || args[1] || args[2])
		return 0;
	NL_SET_ERR_MSG(dump->cb->extack, "no such service");
	return -ENOENT;
}

static int nf_svc_dump_one(struct nf_svc_dump *dump, const struct nf_svc_ns *ns,
			   bool frontends)
{
	const struct nf_svc_service *service =
		nf_svc_service_shown(ns, &dump->key, dump->generation);
	long *args = dump->cb->args;
	int err = 0;

	if (!service)
		return nf_svc_dump_nothing(dump);
	if (args[0])
		return 0;
	if (frontends)
		err = nf_svc_dump_frontends_of(dump, service);
	else
		err = nf_svc_put_backends_msg(dump, &service->entry);
	if (!err)
		args[0] = 1;
	return dump->skb->len ? dump->skb->len : err;
}

static int nf_svc_dump_round(struct sk_buff *skb, struct netlink_callback *cb,
			     u8 cmd, bool frontends,
			     int (*put)(struct nf_svc_dump *dump,
					const struct nf_svc_entry *entry))
{
	struct nf_svc_net *nn = nf_svc_net(sock_net(skb->sk));
	const struct nf_svc_table *table = NULL;
	struct nf_svc_dump dump;
	struct nf_svc_ns *ns;
	int ret;

	mutex_lock(&nn->mutex);
	ns = nf_svc_ns_locked(nn);
	if (ns)
		table = frontends ? &ns->frontends : &ns->services;
	/* Grows with each commit, move of the table and end of all tables. */
	cb->seq = (u32)nn->generation + nn->moves + 1;
	if (table)
		cb->seq += table->moves;
	dump.ns = ns;
	ret = nf_svc_dump_start(&dump, skb, cb, cmd, nn);
	if (!ret && dump.one)
		ret = table ? nf_svc_dump_one(&dump, ns, frontends) :
			      nf_svc_dump_nothing(&dump);
	else if (!ret && table)
		ret = nf_svc_dump_table(&dump, table, put);
	mutex_unlock(&nn->mutex);
	return ret;
}

/**
 * nf_svc_dump_services() - dump of NF_SVC_CMD_SERVICE_GET
 * @skb: messages
 * @cb: request and place
 *
 * Context: process, may sleep.
 * Return: length written, 0 at the end, or a negative error.
 */
int nf_svc_dump_services(struct sk_buff *skb, struct netlink_callback *cb)
{
	return nf_svc_dump_round(skb, cb, NF_SVC_CMD_SERVICE_SET, false,
				 nf_svc_put_service_msg);
}

/**
 * nf_svc_dump_backends() - dump of NF_SVC_CMD_BACKEND_GET
 * @skb: messages
 * @cb: request and place
 *
 * Context: process, may sleep.
 * Return: length written, 0 at the end, or a negative error.
 */
int nf_svc_dump_backends(struct sk_buff *skb, struct netlink_callback *cb)
{
	return nf_svc_dump_round(skb, cb, NF_SVC_CMD_BACKEND_SET, false,
				 nf_svc_put_backends_msg);
}

/**
 * nf_svc_dump_frontends() - dump of NF_SVC_CMD_FRONTEND_GET
 * @skb: messages
 * @cb: request and place
 *
 * Context: process, may sleep.
 * Return: length written, 0 at the end, or a negative error.
 */
int nf_svc_dump_frontends(struct sk_buff *skb, struct netlink_callback *cb)
{
	return nf_svc_dump_round(skb, cb, NF_SVC_CMD_FRONTEND_SET, true,
				 nf_svc_put_frontend_msg);
}

/**
 * nf_svc_dump_stats() - dump of NF_SVC_CMD_STATS_GET
 * @skb: messages
 * @cb: request and place
 *
 * Context: process, may sleep.
 * Return: length written, 0 at the end, or a negative error.
 */
int nf_svc_dump_stats(struct sk_buff *skb, struct netlink_callback *cb)
{
	return nf_svc_dump_round(skb, cb, NF_SVC_CMD_STATS_GET, false,
				 nf_svc_put_stats_msg);
}
