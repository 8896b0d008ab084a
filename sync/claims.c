// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "client/words.h"
#include "sync/claims.h"

/**
 * struct claimant - one who wants a frontend
 * @service: the Service
 * @name: owned: the kernel's name, for two ports of one Service may want it
 */
struct claimant {
	const struct model_service *service;
	char *name;
};

/**
 * struct claim - a frontend, and all who want it
 * @key: the frontend; only its key is there
 * @list: in the order in which they have a right to it, owned
 * @n: how many, never 0
 */
struct claim {
	struct nf_svc_frontend key;
	struct claimant *list;
	size_t n;
};

static int compare_claims(const void *a, const void *b)
{
	const struct claim *one = a, *other = b;

	return nf_svc_frontend_compare(&one->key, &other->key);
}

/* By age, then by uid, as the API server made them; then by name, in a file. */
static int compare_claimants(const struct claimant *a, const struct claimant *b)
{
	const struct model_service *one = a->service, *other = b->service;
	int order;

	if (one->created != other->created)
		return one->created < other->created ? -1 : 1;
	order = strcmp(one->uid, other->uid);
	return order ? order : strcmp(a->name, b->name);
}

static struct claim *find(const struct claims *claims,
			  const struct nf_svc_frontend *frontend)
{
	struct claim key = { .key = *frontend };
	struct claim **found = tfind(&key, &claims->root, compare_claims);

	return found ? *found : NULL;
}

static struct claim *find_or_make(struct claims *claims,
				  const struct nf_svc_frontend *frontend)
{
	struct claim *claim = find(claims, frontend);

	if (claim)
		return claim;
	claim = calloc(1, sizeof(*claim));
	if (!claim)
		return NULL;
	claim->key.addr = frontend->addr;
	claim->key.port = frontend->port;
	claim->key.protocol = frontend->protocol;
	claim->key.family = frontend->family;
	if (!tsearch(claim, &claims->root, compare_claims)) {
		free(claim);
		return NULL;
	}
	return claim;
}

static void free_claim(void *node)
{
	struct claim *claim = node;

	for (size_t i = 0; i < claim->n; i++)
		free(claim->list[i].name);
	free(claim->list);
	free(claim);
}

static int add_one(struct claims *claims, const struct model_service *service,
		   const struct nf_svc_service *wanted,
		   const struct nf_svc_frontend *frontend)
{
	struct claim *claim = find_or_make(claims, frontend);
	struct claimant claimant = { .service = service };
	size_t at;

	if (!claim)
		return -ENOMEM;
	claimant.name = strdup(wanted->name);
	if (!claimant.name ||
	    !nf_svc_array_add(&claim->list, &claim->n, sizeof(*claim->list))) {
		free(claimant.name);
		return -ENOMEM;
	}
	for (at = claim->n - 1;
	     at && compare_claimants(&claimant, &claim->list[at - 1]) < 0; at--)
		claim->list[at] = claim->list[at - 1];
	claim->list[at] = claimant;
	return 0;
}

int claims_add(struct claims *claims, const struct model_service *service,
	       const struct nf_svc_service *services, size_t n)
{
	int ret = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < services[i].n_frontends && !ret; k++)
			ret = add_one(claims, service, &services[i],
				      &services[i].frontends[k]);
	}
	return ret;
}

static void drop_one(struct claims *claims, const struct model_service *service,
		     const struct nf_svc_frontend *frontend)
{
	struct claim *claim = find(claims, frontend);
	size_t kept = 0;

	if (!claim)
		return;
	for (size_t i = 0; i < claim->n; i++) {
		if (claim->list[i].service == service)
			free(claim->list[i].name);
		else
			claim->list[kept++] = claim->list[i];
	}
	claim->n = kept;
	if (!kept) {
		tdelete(claim, &claims->root, compare_claims);
		free_claim(claim);
	}
}

void claims_drop(struct claims *claims, const struct model_service *service,
		 const struct nf_svc_service *services, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < services[i].n_frontends; k++)
			drop_one(claims, service, &services[i].frontends[k]);
	}
}

const struct model_service *
claims_holder(const struct claims *claims,
	      const struct nf_svc_frontend *frontend)
{
	const struct claim *claim = find(claims, frontend);

	return claim && claim->n ? claim->list[0].service : NULL;
}

const char *claims_field(uint8_t kind)
{
	switch (kind) {
	case NF_SVC_KIND_NODE_PORT:
		return "spec.ports.nodePort";
	case NF_SVC_KIND_LOAD_BALANCER:
		return "status.loadBalancer.ingress";
	case NF_SVC_KIND_EXTERNAL_IP:
		return "spec.externalIPs";
	default:
		return "spec.clusterIP";
	}
}

static int tell(const struct model_service *service,
		const struct nf_svc_frontend *frontend,
		const struct claimant *holder, struct problems *problems)
{
	char place[NF_SVC_PLACE_TEXT];

	return problem_in(problem_add(problems, PROBLEM_FRONTEND_CLAIMED,
				      service, "choose another address or port",
				      "%s/%s belongs to %.100s, which is older",
				      nf_svc_addr_port_format(&frontend->addr,
							      frontend->port,
							      place),
				      nf_svc_word_text(nf_svc_protocols,
						       frontend->protocol),
				      holder->name),
			  claims_field(frontend->kind));
}

/* Take away frontends of one service that others have. */
static int settle_one(const struct claims *claims,
		      const struct model_service *from,
		      struct nf_svc_service *service, struct problems *problems)
{
	size_t kept = 0;
	int ret = 0;

	for (size_t i = 0; i < service->n_frontends; i++) {
		struct nf_svc_frontend *frontend = &service->frontends[i];
		const struct claim *claim = find(claims, frontend);
		const struct claimant *holder =
			claim && claim->n ? &claim->list[0] : NULL;

		if (!holder || (holder->service == from &&
				!strcmp(holder->name, service->name))) {
			service->frontends[kept++] = *frontend;
			continue;
		}
		if (!ret)
			ret = tell(from, frontend, holder, problems);
		free(frontend->ranges);
	}
	service->n_frontends = kept;
	return ret;
}

int claims_settle(const struct claims *claims,
		  const struct model_service *service,
		  struct nf_svc_service *services, size_t n,
		  struct problems *problems)
{
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++)
		ret = settle_one(claims, service, &services[i], problems);
	return ret;
}

void claims_clean(struct claims *claims)
{
	tdestroy(claims->root, free_claim);
	memset(claims, 0, sizeof(*claims));
}
