// SPDX-License-Identifier: GPL-2.0-only
/* The command that reads flows. */
#include <net/sock.h>

#include "flow.h"
#include "genl.h"

/**
 * struct nf_svc_flow_filter - which flows are asked for
 * @key: of this service, if its @name is there
 * @backend: of this address and port, if @family is not 0
 * @family: of @backend, NFPROTO_*
 */
struct nf_svc_flow_filter {
	struct nf_svc_key key;
	struct nf_svc_backend backend;
	u8 family;
};

static int nf_svc_flow_filter_read(struct nf_svc_flow_filter *filter,
				   struct netlink_callback *cb)
{
	struct nlattr *const *attrs = nf_svc_dump_attrs(cb);
	const struct nlattr *backend = attrs[NF_SVC_A_BACKEND], *address;
	struct genl_info info = { .extack = cb->extack };
	int err;

	memset(filter, 0, sizeof(*filter));
	if (attrs[NF_SVC_A_NAME] || attrs[NF_SVC_A_PROTOCOL] ||
	    attrs[NF_SVC_A_FAMILY]) {
		err = nf_svc_read_key(attrs, &info, &filter->key);
		if (err)
			return err;
		filter->family = filter->key.family;
	}
	if (!backend)
		return 0;
	if (!filter->key.name) {
		address = nla_find_nested(backend, NF_SVC_A_BACKEND_ADDRESS);
		filter->family = address && nla_len(address) == 16 ?
					 NFPROTO_IPV6 :
					 NFPROTO_IPV4;
	}
	return nf_svc_read_backend(&filter->backend, filter->family, backend,
				   cb->extack);
}

static bool nf_svc_flow_matches(const struct nf_svc_flow_filter *filter,
				const struct nf_svc_flow *flow)
{
	const struct nf_svc_load *load = flow->load;

	if (filter->key.name && (load->protocol != filter->key.protocol ||
				 load->family != filter->key.family ||
				 strcmp(load->name, filter->key.name)))
		return false;
	return !filter->backend.port ||
	       (load->family == filter->family &&
		load->port == filter->backend.port &&
		nf_inet_addr_cmp(&load->addr, &filter->backend.addr));
}

static int nf_svc_dump_flow(struct sk_buff *skb, struct netlink_callback *cb,
			    const struct nf_svc_flow *flow)
{
	void *head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				 cb->nlh->nlmsg_seq, &nf_svc_genl_family,
				 NLM_F_MULTI, NF_SVC_CMD_FLOW_GET);
	int err;

	if (!head)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, head);
	err = nf_svc_put_flow(skb, flow);
	if (err)
		genlmsg_cancel(skb, head);
	else
		genlmsg_end(skb, head);
	return err;
}

/* One bucket, from args[1] on. Context: RCU read side. */
static int nf_svc_dump_bucket(struct sk_buff *skb, struct netlink_callback *cb,
			      const struct nf_svc_flow_filter *filter,
			      struct bucket_table *table)
{
	const struct nf_svc_flow *flow;
	struct rhash_head *head;
	long place = 0;
	int err;

	rht_for_each_entry_rcu(flow, head, table, cb->args[0], node) {
		if (place++ < cb->args[1])
			continue;
		if (nf_svc_flow_matches(filter, flow)) {
			err = nf_svc_dump_flow(skb, cb, flow);
			if (err)
				return err;
		}
		cb->args[1]++;
	}
	return 0;
}

/* Where the records are, or where they are being moved to. Context: RCU read side. */
static struct bucket_table *nf_svc_dump_table_of(struct netlink_callback *cb,
						 struct rhashtable *records)
{
	struct bucket_table *table = rht_dereference_rcu(records->tbl, records);

	/* Another one has other places. */
	cb->seq = table->hash_rnd | 1;
	if (cb->args[2] > 1)
		return NULL;
	return cb->args[2] ? rht_dereference_rcu(table->future_tbl, records) :
			     table;
}

static int nf_svc_dump_records(struct sk_buff *skb, struct netlink_callback *cb,
			       const struct nf_svc_flow_filter *filter,
			       struct rhashtable *records)
{
	struct bucket_table *table;
	int err = 0;

	do {
		rcu_read_lock();
		table = nf_svc_dump_table_of(cb, records);
		if (table && cb->args[0] < table->size) {
			err = nf_svc_dump_bucket(skb, cb, filter, table);
			if (!err)
				cb->args[0]++;
		} else {
			cb->args[2]++;
			cb->args[0] = 0;
		}
		rcu_read_unlock();
		if (err)
			return err;
		cb->args[1] = 0;
		cond_resched();
	} while (cb->args[2] < 2);
	return 0;
}

/**
 * nf_svc_dump_flows() - dump of NF_SVC_CMD_FLOW_GET
 * @skb: messages
 * @cb: request; args[0] bucket, args[1] place in it, args[2] 0 in the table, 1 in the
 *	one that the records are moving to, 2 at the end
 *
 * The mutex keeps the tables from going away, not flows.
 *
 * Context: process, may sleep.
 * Return: length written, 0 at the end, or a negative error.
 */
int nf_svc_dump_flows(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nf_svc_net *nn = nf_svc_net(sock_net(skb->sk));
	struct nf_svc_flow_filter filter;
	struct nf_svc_ns *ns;
	int err;

	cb->seq = 1;
	err = nf_svc_flow_filter_read(&filter, cb);
	if (err)
		return err;
	mutex_lock(&nn->mutex);
	ns = nf_svc_ns_locked(nn);
	if (ns)
		err = nf_svc_dump_records(skb, cb, &filter,
					  &ns->flows->records);
	mutex_unlock(&nn->mutex);
	return skb->len ? skb->len : err;
}
