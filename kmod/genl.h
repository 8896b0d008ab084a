/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _NF_SVC_GENL_H
#define _NF_SVC_GENL_H

#include <net/genetlink.h>

#include "transaction.h"

struct nf_svc_flow;

extern struct genl_family nf_svc_genl_family;

/* Multicast groups: places in nf_svc_genl_family.mcgrps. */
enum nf_svc_genl_groups {
	NF_SVC_GENL_EVENTS,
	NF_SVC_GENL_DROPS,
};

/* genl_read.c */
int nf_svc_read_owner(struct genl_info *info, const char **owner);
bool nf_svc_read_missing(struct nlattr *const *attrs, const int *needed, u32 nr,
			 struct netlink_ext_ack *extack);
int nf_svc_read_key(struct nlattr *const *attrs, struct genl_info *info,
		    struct nf_svc_key *key);
int nf_svc_read_address(union nf_inet_addr *addr, u8 family,
			const struct nlattr *attr,
			struct netlink_ext_ack *extack);
int nf_svc_read_backend(struct nf_svc_backend *backend, u8 family,
			const struct nlattr *nest,
			struct netlink_ext_ack *extack);
int nf_svc_read_frontend_key(struct nf_svc_frontend *frontend,
			     struct genl_info *info);
int nf_svc_read_frontend(struct nf_svc_frontend **frontend,
			 struct genl_info *info);
int nf_svc_read_settings(struct nf_svc_settings **settings, const char *owner,
			 struct genl_info *info);

/* genl_write.c */
int nf_svc_cmd_service_set(struct sk_buff *skb, struct genl_info *info);
int nf_svc_cmd_service_del(struct sk_buff *skb, struct genl_info *info);
int nf_svc_cmd_backend_set(struct sk_buff *skb, struct genl_info *info);
int nf_svc_cmd_backend_del(struct sk_buff *skb, struct genl_info *info);
int nf_svc_cmd_frontend_set(struct sk_buff *skb, struct genl_info *info);
int nf_svc_cmd_frontend_del(struct sk_buff *skb, struct genl_info *info);
int nf_svc_cmd_settings_set(struct sk_buff *skb, struct genl_info *info);
int nf_svc_cmd_begin(struct sk_buff *skb, struct genl_info *info);
int nf_svc_cmd_commit(struct sk_buff *skb, struct genl_info *info);
int nf_svc_cmd_abort(struct sk_buff *skb, struct genl_info *info);

/* genl_dump.c */
int nf_svc_cmd_info(struct sk_buff *skb, struct genl_info *info);
int nf_svc_cmd_service_get(struct sk_buff *skb, struct genl_info *info);
int nf_svc_cmd_frontend_get(struct sk_buff *skb, struct genl_info *info);
int nf_svc_cmd_settings_get(struct sk_buff *skb, struct genl_info *info);
int nf_svc_cmd_stats_get(struct sk_buff *skb, struct genl_info *info);
int nf_svc_dump_services(struct sk_buff *skb, struct netlink_callback *cb);
int nf_svc_dump_backends(struct sk_buff *skb, struct netlink_callback *cb);
int nf_svc_dump_frontends(struct sk_buff *skb, struct netlink_callback *cb);
int nf_svc_dump_stats(struct sk_buff *skb, struct netlink_callback *cb);

/* genl_put.c */
int nf_svc_put_backend(struct sk_buff *skb, int type, u8 family,
		       const struct nf_svc_backend *backend, const u32 *flows);
int nf_svc_put_rule(struct sk_buff *skb, u8 class,
		    const struct nf_svc_rule *rule);
int nf_svc_put_service(struct sk_buff *skb,
		       const struct nf_svc_service *service,
		       const struct nf_svc_config *config);
int nf_svc_put_frontend(struct sk_buff *skb,
			const struct nf_svc_frontend *frontend);
int nf_svc_put_settings(struct sk_buff *skb,
			const struct nf_svc_settings *settings);
int nf_svc_put_stats(struct sk_buff *skb, const struct nf_svc_stats *stats);
int nf_svc_put_service_key(struct sk_buff *skb,
			   const struct nf_svc_service *service);

int nf_svc_put_counts(struct sk_buff *skb, const struct nf_svc_counts *counts);
int nf_svc_put_record(struct sk_buff *skb, const struct nf_svc_record *record);
int nf_svc_put_claim(struct sk_buff *skb, const struct nf_svc_claim *claim);
int nf_svc_put_flow(struct sk_buff *skb, const struct nf_svc_flow *flow);

/* genl_claim.c */
int nf_svc_cmd_claim(struct sk_buff *skb, struct genl_info *info);
int nf_svc_cmd_release(struct sk_buff *skb, struct genl_info *info);
int nf_svc_dump_claims(struct sk_buff *skb, struct netlink_callback *cb);
int nf_svc_dump_history(struct sk_buff *skb, struct netlink_callback *cb);

/* genl_flow.c */
int nf_svc_dump_flows(struct sk_buff *skb, struct netlink_callback *cb);

/* genl_explain.c */
int nf_svc_cmd_explain(struct sk_buff *skb, struct genl_info *info);

#endif /* _NF_SVC_GENL_H */
