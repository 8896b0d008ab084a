// SPDX-License-Identifier: GPL-2.0
/* clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy of a Service. */
#include <errno.h>
#include <string.h>

#include "sync/decode.h"

static int decode_address(const struct tree *node, struct nf_svc_addr *addr,
			  struct tree_error *error)
{
	const char *text, *why;
	int ret;

	ret = tree_string(node, &text, error);
	if (ret)
		return ret;
	if (nf_svc_addr_parse(text, addr, &why))
		return tree_fail(node, error, "'%.48s': %s", text, why);
	why = nf_svc_addr_unusable(addr);
	if (why)
		return tree_fail(node, error,
				 "%s is %s, which no Service can have", text,
				 why);
	return 0;
}

static int add_address(struct model_service *service, const struct tree *node,
		       struct tree_error *error)
{
	struct nf_svc_addr addr;
	int ret;

	ret = decode_address(node, &addr, error);
	if (ret)
		return ret;
	if (service->n_cluster_ips &&
	    !nf_svc_addr_compare(&service->cluster_ips[0], &addr))
		return 0;
	if (service->n_cluster_ips == MODEL_FAMILIES ||
	    (service->n_cluster_ips &&
	     service->cluster_ips[0].family == addr.family))
		return tree_fail(
			node, error,
			"a second address of one family; one IPv4 and one IPv6 "
			"address are allowed");
	service->cluster_ips[service->n_cluster_ips++] = addr;
	return 0;
}

/* One of clusterIP and clusterIPs: "None", "" or an address. */
static int decode_cluster_ip(struct model_service *service,
			     const struct tree *node, struct tree_error *error)
{
	const char *text;
	int ret;

	ret = tree_string(node, &text, error);
	if (ret)
		return ret;
	service->address_place = model_place(node);
	if (!strcmp(text, "None"))
		service->no_frontends = true;
	else if (*text)
		return add_address(service, node, error);
	return 0;
}

static int decode_cluster_ips(struct model_service *service,
			      const struct tree *spec, struct tree_error *error)
{
	const struct tree *one = tree_get(spec, "clusterIP"), *list;
	size_t n = 0;
	int ret = 0;

	if (one)
		ret = decode_cluster_ip(service, one, error);
	n = service->n_cluster_ips;
	if (!ret)
		ret = tree_may(spec, "clusterIPs", TREE_SEQUENCE, &list, error);
	if (ret || !list)
		return ret;
	for (const struct tree *item = list->first; item && !ret;
	     item = item->next)
		ret = decode_cluster_ip(service, item, error);
	if (!ret && n && list->first) {
		struct nf_svc_addr first;

		if (decode_address(list->first, &first, error) ||
		    nf_svc_addr_compare(&first, &service->cluster_ips[0]))
			return tree_fail(list->first, error,
					 "the first one must be the same as "
					 "clusterIP");
	}
	if (!ret && service->no_frontends && service->n_cluster_ips)
		return tree_fail(list, error,
				 "None and an address exclude each other");
	return ret;
}

static int decode_families(struct model_service *service,
			   const struct tree *spec, struct tree_error *error)
{
	const struct tree *list, *policy = tree_get(spec, "ipFamilyPolicy");
	const char *text;
	int ret;

	ret = tree_may(spec, "ipFamilies", TREE_SEQUENCE, &list, error);
	for (const struct tree *item = list ? list->first : NULL; item && !ret;
	     item = item->next) {
		uint8_t family;

		ret = tree_string(item, &text, error);
		if (ret)
			break;
		family = !strcmp(text, "IPv4") ? NFPROTO_IPV4 :
			 !strcmp(text, "IPv6") ? NFPROTO_IPV6 :
						 0;
		if (!family)
			return tree_fail(item, error,
					 "'%.32s' is no family; IPv4 or IPv6",
					 text);
		if (service->n_families == MODEL_FAMILIES ||
		    (service->n_families && service->families[0] == family))
			return tree_fail(item, error,
					 "%s stands here for the second time",
					 text);
		service->families[service->n_families++] = family;
	}
	if (ret || !policy)
		return ret;
	ret = tree_string(policy, &text, error);
	if (ret)
		return ret;
	if (!strcmp(text, "PreferDualStack"))
		service->dual_stack = MODEL_PREFER;
	else if (!strcmp(text, "RequireDualStack"))
		service->dual_stack = MODEL_REQUIRE;
	else if (strcmp(text, "SingleStack"))
		return tree_fail(
			policy, error,
			"'%.32s' is no policy; SingleStack, PreferDualStack "
			"or RequireDualStack",
			text);
	return 0;
}

/* An address of a family that ipFamilies does not name has no frontend. */
static int check_families(const struct model_service *service,
			  const struct tree *spec, struct tree_error *error)
{
	for (size_t i = 0; i < service->n_cluster_ips && service->n_families;
	     i++) {
		bool named = false;

		for (size_t k = 0; k < service->n_families; k++)
			named |= service->families[k] ==
				 service->cluster_ips[i].family;
		if (!named)
			return tree_fail(
				tree_get(spec, "ipFamilies"), error,
				"the family of a cluster IP is missing here");
	}
	return 0;
}

int model_decode_cluster_ips(struct model_service *service,
			     const struct tree *spec, struct tree_error *error)
{
	int ret = 0;

	service->address_place = model_place(spec);
	/* an ExternalName may carry what is left of a former type */
	if (!service->no_frontends)
		ret = decode_cluster_ips(service, spec, error);
	if (!ret)
		ret = decode_families(service, spec, error);
	return ret ? ret : check_families(service, spec, error);
}
