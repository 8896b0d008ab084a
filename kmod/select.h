/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _NF_SVC_SELECT_H
#define _NF_SVC_SELECT_H

#include "nf_svc.h"

u32 nf_svc_pick_by_weight(const struct nf_svc_config *config, u8 set,
			  u32 random);

extern const struct nf_svc_scheduler nf_svc_scheduler_random;

#endif /* _NF_SVC_SELECT_H */
