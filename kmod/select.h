/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _NF_SVC_SELECT_H
#define _NF_SVC_SELECT_H

#include "nf_svc.h"

/* select.c */
u64 nf_svc_turn(const struct nf_svc_packet *packet);
u32 nf_svc_weight_of_set(const struct nf_svc_config *config, u8 set);
u32 nf_svc_pick_at(const struct nf_svc_config *config, u8 set, u32 point);

/* select_random.c */
u32 nf_svc_pick_by_weight(const struct nf_svc_config *config, u8 set,
			  u32 random);

/* select_rr.c */
int nf_svc_takers_prepare(struct nf_svc_config *config,
			  const struct nf_svc_service *service,
			  const struct nf_svc_config *old);
u32 nf_svc_taker(const struct nf_svc_config *config, u8 set, u32 n);

/* select_wrr.c */
u32 nf_svc_wrr_step(u32 total);

extern const struct nf_svc_scheduler nf_svc_scheduler_random;
extern const struct nf_svc_scheduler nf_svc_scheduler_rr;
extern const struct nf_svc_scheduler nf_svc_scheduler_wrr;
extern const struct nf_svc_scheduler nf_svc_scheduler_mh;
extern const struct nf_svc_scheduler nf_svc_scheduler_mh_source;
extern const struct nf_svc_scheduler nf_svc_scheduler_lc;

#endif /* _NF_SVC_SELECT_H */
