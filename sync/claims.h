/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frontends that several Services want: the oldest one has it, and the next one
 * when that goes. Adding, dropping and asking cost the logarithm of their number.
 */
#ifndef NF_SVC_SYNC_CLAIMS_H
#define NF_SVC_SYNC_CLAIMS_H

#include "sync/resolve.h"

/**
 * struct claims - who wants which frontend; all zero: nobody any
 * @root: of a search tree
 */
struct claims {
	void *root;
};

/**
 * claims_add - a Service wants frontends
 * @claims: gets its claims
 * @service: the Service; must stay until it is dropped
 * @services: what it comes to, all of it
 * @n: how many
 *
 * Return: 0 or -ENOMEM: some may be there.
 */
int claims_add(struct claims *claims, const struct model_service *service,
	       const struct nf_svc_service *services, size_t n);

/**
 * claims_drop - it does not want them any more
 * @claims: loses its claims
 * @service: as it was added
 * @services: likewise
 * @n: how many
 */
void claims_drop(struct claims *claims, const struct model_service *service,
		 const struct nf_svc_service *services, size_t n);

/**
 * claims_settle - take from a Service what an older one has
 * @claims: with the claims of all Services
 * @service: the Service
 * @services: what it comes to; frontends that others have are taken away
 * @n: how many
 * @problems: told
 *
 * Return: 0 or -ENOMEM.
 */
int claims_settle(const struct claims *claims,
		  const struct model_service *service,
		  struct nf_svc_service *services, size_t n,
		  struct problems *problems);

/**
 * claims_holder - who has a frontend
 * @claims: the claims
 * @frontend: only its key counts
 *
 * Return: the Service, or NULL: nobody wants it.
 */
const struct model_service *
claims_holder(const struct claims *claims,
	      const struct nf_svc_frontend *frontend);

/**
 * claims_field - the field of a Service that a frontend comes of
 * @kind: enum nf_svc_kind
 *
 * Return: a constant text, such as "spec.externalIPs".
 */
const char *claims_field(uint8_t kind);

/**
 * claims_clean - release claims
 * @claims: empty afterwards
 */
void claims_clean(struct claims *claims);

#endif
