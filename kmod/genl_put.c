// SPDX-License-Identifier: GPL-2.0-only
/* Objects written as attributes. */
#include "flow.h"
#include "genl.h"

static int nf_svc_put_address(struct sk_buff *skb, int type, u8 family,
			      const union nf_inet_addr *addr)
{
	return nla_put(skb, type, nf_svc_addr_len(family), addr);
}

/**
 * nf_svc_put_backend() - write a backend
 * @skb: message
 * @type: NF_SVC_A_BACKEND, NF_SVC_A_CHOSEN or NF_SVC_A_PASSED_OVER
 * @family: NFPROTO_* of its service
 * @backend: the backend
 * @flows: how many it has, or NULL to say nothing of that
 *
 * Return: 0 or -EMSGSIZE, and nothing is written.
 */
int nf_svc_put_backend(struct sk_buff *skb, int type, u8 family,
		       const struct nf_svc_backend *backend, const u32 *flows)
{
	struct nlattr *nest = nla_nest_start(skb, type);

	if (!nest)
		return -EMSGSIZE;
	if (nf_svc_put_address(skb, NF_SVC_A_BACKEND_ADDRESS, family,
			       &backend->addr) ||
	    nla_put_u32(skb, NF_SVC_A_BACKEND_PORT, ntohs(backend->port)) ||
	    nla_put_u32(skb, NF_SVC_A_BACKEND_WEIGHT, backend->weight) ||
	    nla_put_u32(skb, NF_SVC_A_BACKEND_SETS, backend->sets) ||
	    (flows && nla_put_u32(skb, NF_SVC_A_BACKEND_FLOWS, *flows))) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * nf_svc_put_rule() - write a rule
 * @skb: message
 * @class: enum nf_svc_class it is for
 * @rule: the rule
 *
 * Return: 0 or -EMSGSIZE.
 */
int nf_svc_put_rule(struct sk_buff *skb, u8 class,
		    const struct nf_svc_rule *rule)
{
	struct nlattr *nest = nla_nest_start(skb, NF_SVC_A_RULE);

	if (!nest || nla_put_u32(skb, NF_SVC_A_RULE_CLASS, class) ||
	    nla_put_u32(skb, NF_SVC_A_RULE_SET,
			rule->set ? NF_SVC_SET_LOCAL : NF_SVC_SET_CLUSTER) ||
	    nla_put_u32(skb, NF_SVC_A_RULE_MASQUERADE, rule->masquerade) ||
	    nla_put_u32(skb, NF_SVC_A_RULE_EMPTY, rule->empty))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * nf_svc_put_service_key() - write what names a service
 * @skb: message
 * @service: the service
 *
 * Return: 0 or -EMSGSIZE.
 */
int nf_svc_put_service_key(struct sk_buff *skb,
			   const struct nf_svc_service *service)
{
	if (nla_put_string(skb, NF_SVC_A_NAME, service->name) ||
	    nla_put_u32(skb, NF_SVC_A_PROTOCOL, service->protocol) ||
	    nla_put_u32(skb, NF_SVC_A_FAMILY, service->family))
		return -EMSGSIZE;
	return 0;
}

/**
 * nf_svc_put_service() - write a service
 * @skb: message
 * @service: the service
 * @config: its configuration
 *
 * Context: the namespace's mutex is held.
 * Return: 0 or -EMSGSIZE.
 */
int nf_svc_put_service(struct sk_buff *skb,
		       const struct nf_svc_service *service,
		       const struct nf_svc_config *config)
{
	if (nf_svc_put_service_key(skb, service) ||
	    nla_put_string(skb, NF_SVC_A_OWNER, service->owner) ||
	    nla_put_string(skb, NF_SVC_A_SCHEDULER, config->scheduler->name) ||
	    nla_put_u32(skb, NF_SVC_A_REFUSE_WITH, config->refuse_with) ||
	    nla_put_u32(skb, NF_SVC_A_AFFINITY_TIMEOUT,
			config->affinity_timeout) ||
	    nla_put_u32(skb, NF_SVC_A_COUNT_BACKENDS, config->nr) ||
	    nla_put_u32(skb, NF_SVC_A_COUNT_FRONTENDS, service->nr_frontends))
		return -EMSGSIZE;
	return 0;
}

static int nf_svc_put_cidrs(struct sk_buff *skb, int type,
			    const struct nf_svc_cidr *cidrs, u32 nr)
{
	struct nlattr *nest;

	for (; nr; nr--, cidrs++) {
		nest = nla_nest_start(skb, type);
		if (!nest ||
		    nf_svc_put_address(skb, NF_SVC_A_CIDR_ADDRESS,
				       cidrs->family, &cidrs->addr) ||
		    nla_put_u32(skb, NF_SVC_A_CIDR_PREFIX, cidrs->prefix))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return 0;
}

/**
 * nf_svc_put_frontend() - write a frontend
 * @skb: message
 * @frontend: the frontend
 *
 * Return: 0 or -EMSGSIZE.
 */
int nf_svc_put_frontend(struct sk_buff *skb,
			const struct nf_svc_frontend *frontend)
{
	u32 i;

	if (nf_svc_put_service_key(skb, frontend->service) ||
	    nla_put_string(skb, NF_SVC_A_OWNER, frontend->service->owner) ||
	    (!nf_svc_addr_is_any(&frontend->addr) &&
	     nf_svc_put_address(skb, NF_SVC_A_ADDRESS, frontend->family,
				&frontend->addr)) ||
	    nla_put_u32(skb, NF_SVC_A_PORT, ntohs(frontend->port)) ||
	    nla_put_u32(skb, NF_SVC_A_KIND, frontend->kind) ||
	    nla_put_u32(skb, NF_SVC_A_FRONTEND_FLAGS, frontend->flags))
		return -EMSGSIZE;
	for (i = 0; i < __NF_SVC_CLASS_MAX; i++)
		if (nf_svc_put_rule(skb, i, &frontend->rule[i]))
			return -EMSGSIZE;
	return nf_svc_put_cidrs(skb, NF_SVC_A_SOURCE_RANGE, frontend->ranges,
				frontend->nr_ranges);
}

/**
 * nf_svc_put_settings() - write the settings
 * @skb: message
 * @settings: the settings or NULL
 *
 * Return: 0 or -EMSGSIZE.
 */
int nf_svc_put_settings(struct sk_buff *skb,
			const struct nf_svc_settings *settings)
{
	static const int lists[] = {
		[NF_SVC_CIDRS_POD] = NF_SVC_A_POD_CIDR,
		[NF_SVC_CIDRS_SERVICE] = NF_SVC_A_SERVICE_CIDR,
		[NF_SVC_CIDRS_NODE] = NF_SVC_A_NODE_PORT_CIDR,
	};
	u32 i;

	if (nf_svc_settings_empty(settings))
		return 0;
	if (nla_put_string(skb, NF_SVC_A_OWNER, settings->owner) ||
	    (settings->mark &&
	     nla_put_u32(skb, NF_SVC_A_MASQUERADE_MARK, settings->mark)))
		return -EMSGSIZE;
	for (i = 0; i < NF_SVC_CIDR_LISTS; i++)
		if (nf_svc_put_cidrs(skb, lists[i],
				     nf_svc_settings_cidrs(settings, i),
				     nf_svc_settings_nr(settings, i)))
			return -EMSGSIZE;
	for (i = 0; i < settings->nr_devices; i++)
		if (nla_put_string(skb, NF_SVC_A_POD_DEVICE,
				   settings->devices[i]))
			return -EMSGSIZE;
	return 0;
}

/**
 * nf_svc_put_stats() - write counters
 * @skb: message
 * @stats: sums over all CPUs
 *
 * Return: 0 or -EMSGSIZE.
 */
int nf_svc_put_stats(struct sk_buff *skb, const struct nf_svc_stats *stats)
{
	struct nlattr *nest;
	u32 reason;

	if (nla_put_u64_64bit(skb, NF_SVC_A_FLOWS, stats->flows,
			      NF_SVC_A_PAD) ||
	    nla_put_u64_64bit(skb, NF_SVC_A_MASQUERADED, stats->masqueraded,
			      NF_SVC_A_PAD) ||
	    nla_put_u64_64bit(skb, NF_SVC_A_HEALED, stats->healed,
			      NF_SVC_A_PAD) ||
	    nla_put_u64_64bit(skb, NF_SVC_A_UNREMEMBERED, stats->unremembered,
			      NF_SVC_A_PAD) ||
	    nla_put_u64_64bit(skb, NF_SVC_A_UNRECORDED, stats->unrecorded,
			      NF_SVC_A_PAD))
		return -EMSGSIZE;
	for (reason = 1; reason < __NF_SVC_DROP_MAX; reason++) {
		if (!stats->drops[reason])
			continue;
		nest = nla_nest_start(skb, NF_SVC_A_DROP);
		if (!nest || nla_put_u32(skb, NF_SVC_A_DROP_CODE, reason) ||
		    nla_put_u64_64bit(skb, NF_SVC_A_DROP_COUNT,
				      stats->drops[reason], NF_SVC_A_DROP_PAD))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return 0;
}

/**
 * nf_svc_put_counts() - write how much a commit or change changes
 * @skb: message
 * @counts: those that are not 0 are written
 *
 * Return: 0 or -EMSGSIZE.
 */
int nf_svc_put_counts(struct sk_buff *skb, const struct nf_svc_counts *counts)
{
	const struct {
		int type;
		u32 count;
	} all[] = {
		{ NF_SVC_A_SERVICES_ADDED, counts->services_added },
		{ NF_SVC_A_SERVICES_CHANGED, counts->services_changed },
		{ NF_SVC_A_SERVICES_DELETED, counts->services_deleted },
		{ NF_SVC_A_FRONTENDS_ADDED, counts->frontends_added },
		{ NF_SVC_A_FRONTENDS_DELETED, counts->frontends_deleted },
		{ NF_SVC_A_BACKENDS_ADDED, counts->backends_added },
		{ NF_SVC_A_BACKENDS_CHANGED, counts->backends_changed },
		{ NF_SVC_A_BACKENDS_DELETED, counts->backends_deleted },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i].count && nla_put_u32(skb, all[i].type, all[i].count))
			return -EMSGSIZE;
	return 0;
}

/**
 * nf_svc_put_flow() - write the record of a flow
 * @skb: message
 * @flow: the record
 *
 * Return: 0 or -EMSGSIZE.
 */
int nf_svc_put_flow(struct sk_buff *skb, const struct nf_svc_flow *flow)
{
	const struct nf_conntrack_tuple *tuple = &flow->tuple;
	const struct nf_svc_load *load = flow->load;
	unsigned long age = (jiffies - flow->begun) / HZ;
	struct nlattr *nest;

	if (nla_put_string(skb, NF_SVC_A_NAME, load->name) ||
	    nla_put_u32(skb, NF_SVC_A_PROTOCOL, load->protocol) ||
	    nla_put_u32(skb, NF_SVC_A_FAMILY, load->family) ||
	    nf_svc_put_address(skb, NF_SVC_A_SOURCE, load->family,
			       &tuple->src.u3) ||
	    nla_put_u32(skb, NF_SVC_A_SOURCE_PORT, ntohs(tuple->src.u.all)) ||
	    nf_svc_put_address(skb, NF_SVC_A_ADDRESS, load->family,
			       &tuple->dst.u3) ||
	    nla_put_u32(skb, NF_SVC_A_PORT, ntohs(tuple->dst.u.all)))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, NF_SVC_A_BACKEND);
	if (!nest ||
	    nf_svc_put_address(skb, NF_SVC_A_BACKEND_ADDRESS, load->family,
			       &load->addr) ||
	    nla_put_u32(skb, NF_SVC_A_BACKEND_PORT, ntohs(load->port)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	if (nla_put_u32(skb, NF_SVC_A_FLOW_STATE, READ_ONCE(flow->state)) ||
	    nla_put_u32(skb, NF_SVC_A_FLOW_AGE, age))
		return -EMSGSIZE;
	return 0;
}

static int nf_svc_put_flag(struct sk_buff *skb, int type, bool flag)
{
	return flag ? nla_put_flag(skb, type) : 0;
}

/**
 * nf_svc_put_record() - write a commit
 * @skb: message
 * @record: the commit
 *
 * Return: 0 or -EMSGSIZE.
 */
int nf_svc_put_record(struct sk_buff *skb, const struct nf_svc_record *record)
{
	if (nla_put_u64_64bit(skb, NF_SVC_A_GENERATION, record->generation,
			      NF_SVC_A_PAD) ||
	    nla_put_u64_64bit(skb, NF_SVC_A_TIME, record->time, NF_SVC_A_PAD) ||
	    nla_put_string(skb, NF_SVC_A_OWNER, record->owner) ||
	    nla_put_u32(skb, NF_SVC_A_PID, record->pid) ||
	    nla_put_string(skb, NF_SVC_A_COMM, record->comm) ||
	    nf_svc_put_flag(skb, NF_SVC_A_SETTINGS_CHANGED,
			    record->settings_changed) ||
	    nf_svc_put_flag(skb, NF_SVC_A_REPLACED, record->replaced) ||
	    nf_svc_put_flag(skb, NF_SVC_A_NOT_LISTED, record->not_listed))
		return -EMSGSIZE;
	return nf_svc_put_counts(skb, &record->counts);
}

/**
 * nf_svc_put_claim() - write a claim
 * @skb: message
 * @claim: the claim
 *
 * Return: 0 or -EMSGSIZE.
 */
int nf_svc_put_claim(struct sk_buff *skb, const struct nf_svc_claim *claim)
{
	if (nla_put_string(skb, NF_SVC_A_OWNER, claim->owner) ||
	    nla_put_u32(skb, NF_SVC_A_PID, claim->pid) ||
	    nla_put_string(skb, NF_SVC_A_COMM, claim->comm))
		return -EMSGSIZE;
	return 0;
}
