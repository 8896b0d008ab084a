// SPDX-License-Identifier: GPL-2.0
/* What lets a Service be asked from outside: addresses, and sources allowed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "sync/decode.h"

#define WHITE_SPACE " \t\n\v\f\r"

static int add_address(struct model_address **list, size_t *n,
		       const struct tree *node, size_t index,
		       struct tree_error *error)
{
	struct model_address *entry;
	const char *text, *why;
	struct nf_svc_addr addr;
	int ret;

	ret = tree_string(node, &text, error);
	if (ret)
		return ret;
	if (nf_svc_addr_parse(text, &addr, &why))
		return tree_fail(node, error, "'%.48s': %s", text, why);
	entry = nf_svc_array_add(list, n, sizeof(*entry));
	if (!entry)
		return tree_no_memory(error);
	entry->addr = addr;
	entry->index = index;
	entry->place = model_place(node);
	return 0;
}

static int decode_external_ips(struct model_service *service,
			       const struct tree *spec,
			       struct tree_error *error)
{
	const struct tree *list;
	int ret;

	ret = tree_may(spec, "externalIPs", TREE_SEQUENCE, &list, error);
	for (const struct tree *item = list ? list->first : NULL; item && !ret;
	     item = item->next)
		ret = add_address(&service->external_ips,
				  &service->n_external_ips, item, item->index,
				  error);
	return ret;
}

/* A load balancer that is a proxy asks the ClusterIP or a node port itself. */
static int decode_ingress(struct model_service *service,
			  const struct tree *node, struct tree_error *error)
{
	static const char *const modes[] = { "VIP", "Proxy", NULL };
	const struct tree *ip = tree_get(node, "ip");
	size_t mode;
	int ret;

	if (node->kind != TREE_MAPPING)
		return tree_fail(node, error,
				 "not an ingress; for example ip: 203.0.113.1");
	ret = model_decode_word(node, "ipMode", modes, &mode, error);
	if (ret || mode || !ip || (ip->kind == TREE_SCALAR && !*ip->text))
		return ret;
	return add_address(&service->ingress, &service->n_ingress, ip,
			   node->index, error);
}

static int decode_status(struct model_service *service,
			 const struct tree *status, struct tree_error *error)
{
	const struct tree *balancer, *list = NULL;
	int ret;

	ret = tree_may(status, "loadBalancer", TREE_MAPPING, &balancer, error);
	if (!ret)
		ret = tree_may(balancer, "ingress", TREE_SEQUENCE, &list,
			       error);
	for (const struct tree *item = list ? list->first : NULL; item && !ret;
	     item = item->next)
		ret = decode_ingress(service, item, error);
	return ret;
}

/* As the API server reads it: bits past the prefix do not matter. */
static void read_range(struct model_range *range)
{
	const char *why;

	if (!strchr(range->text, '/')) {
		range->why = "the prefix is missing";
		return;
	}
	switch (nf_svc_cidr_parse(range->text, &range->cidr, &why)) {
	case 0:
	case -EDOM:
		break;
	default:
		range->why = why;
	}
}

/* An entry that says nothing is no error: the others hold without it. */
static int add_range(struct model_service *service, const struct tree *node,
		     struct tree_error *error)
{
	struct model_range *range;
	const char *text;
	size_t len;
	int ret;

	ret = tree_string(node, &text, error);
	if (ret)
		return ret;
	text += strspn(text, WHITE_SPACE);
	len = strlen(text);
	while (len && strchr(WHITE_SPACE, text[len - 1]))
		len--;
	range = nf_svc_array_add(&service->ranges, &service->n_ranges,
				 sizeof(*range));
	if (!range)
		return tree_no_memory(error);
	range->place = model_place(node);
	range->text = strndup(text, len);
	if (!range->text)
		return tree_no_memory(error);
	read_range(range);
	return 0;
}

int model_decode_external(struct model_service *service,
			  const struct tree *spec, const struct tree *status,
			  struct tree_error *error)
{
	const struct tree *list;
	int ret;

	ret = decode_external_ips(service, spec, error);
	if (!ret)
		ret = decode_status(service, status, error);
	if (!ret)
		ret = tree_may(spec, "loadBalancerSourceRanges", TREE_SEQUENCE,
			       &list, error);
	if (ret || !list)
		return ret;
	for (const struct tree *item = list->first; item && !ret;
	     item = item->next)
		ret = add_range(service, item, error);
	return ret;
}
