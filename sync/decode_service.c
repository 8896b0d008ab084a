// SPDX-License-Identifier: GPL-2.0
/* v1 Service */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "client/words.h"
#include "sync/model.h"

#define PROXY_NAME_LABEL "service.kubernetes.io/service-proxy-name"

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
	service->address_place.line = node->line;
	service->address_place.column = node->column;
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

static int check_port_twice(const struct model_service *service,
			    const struct tree *node,
			    const struct model_port *port,
			    struct tree_error *error)
{
	for (size_t i = 0; i < service->n_ports; i++) {
		const struct model_port *other = &service->ports[i];

		if (other == port)
			continue;
		if (other->protocol == port->protocol &&
		    other->port == port->port)
			return tree_fail(
				node, error,
				"port %u stands here for the second time with "
				"the same protocol",
				(unsigned int)port->port);
		if (!strcmp(other->name, port->name))
			return tree_fail(
				node, error,
				*port->name ?
					"the name %s stands here for the second time" :
					"with several ports, each needs a name%s",
				port->name);
	}
	return 0;
}

static int decode_port(struct model_service *service, const struct tree *node,
		       struct tree_error *error)
{
	const struct tree *number, *name = tree_get(node, "name"), *target;
	struct model_port *port;
	const char *text = "";
	uint32_t value;
	int ret;

	if (node->kind != TREE_MAPPING)
		return tree_fail(node, error,
				 "not a port; for example port: 80");
	ret = tree_need(node, "port", TREE_SCALAR, &number, error);
	if (!ret)
		ret = tree_number(number, 1, 65535, &value, error);
	if (!ret && name)
		ret = tree_string(name, &text, error);
	if (!ret && *text)
		ret = model_check_label(name, text, error);
	/* the slices hold the number of targetPort; here it is only checked */
	target = tree_get(node, "targetPort");
	if (!ret && target && target->kind != TREE_SCALAR)
		ret = tree_fail(
			target, error,
			"not a port; a number from 1 to 65535 or a name");
	if (!ret && target && target->plain &&
	    !target->text[strspn(target->text, "0123456789")]) {
		uint32_t ignored;

		ret = tree_number(target, 1, 65535, &ignored, error);
	}
	if (ret)
		return ret;
	port = nf_svc_array_add(&service->ports, &service->n_ports,
				sizeof(*port));
	if (!port)
		return tree_no_memory(error);
	port->port = (uint16_t)value;
	port->name = strdup(text);
	if (!port->name)
		return tree_no_memory(error);
	ret = model_decode_protocol(node, &port->protocol, error);
	return ret ? ret : check_port_twice(service, node, port, error);
}

static int decode_ports(struct model_service *service, const struct tree *spec,
			struct tree_error *error)
{
	const struct tree *list;
	int ret;

	if (service->no_frontends)
		ret = tree_may(spec, "ports", TREE_SEQUENCE, &list, error);
	else
		ret = tree_need(spec, "ports", TREE_SEQUENCE, &list, error);
	if (ret || !list)
		return ret;
	for (const struct tree *item = list->first; item && !ret;
	     item = item->next)
		ret = decode_port(service, item, error);
	if (!ret && !service->n_ports && !service->no_frontends)
		ret = tree_fail(list, error, "empty; a Service needs a port");
	return ret;
}

static int decode_policy(struct model_service *service, const struct tree *spec,
			 struct tree_error *error)
{
	const struct tree *node = tree_get(spec, "internalTrafficPolicy");
	const char *text;
	int ret;

	if (!node)
		return 0;
	ret = tree_string(node, &text, error);
	if (ret)
		return ret;
	service->internal_local = !strcmp(text, "Local");
	if (!service->internal_local && strcmp(text, "Cluster"))
		return tree_fail(node, error,
				 "'%.32s' is no policy; Cluster or Local",
				 text);
	return 0;
}

static int decode_type(struct model_service *service, const struct tree *spec,
		       const char **type, struct tree_error *error)
{
	const struct tree *node = tree_get(spec, "type");
	int ret;

	*type = "ClusterIP";
	if (!node)
		return 0;
	ret = tree_string(node, type, error);
	if (ret)
		return ret;
	if (!strcmp(*type, "ExternalName"))
		service->no_frontends = true;
	else if (strcmp(*type, "ClusterIP") && strcmp(*type, "NodePort") &&
		 strcmp(*type, "LoadBalancer"))
		return tree_fail(
			node, error,
			"'%.32s' is no type; ClusterIP, NodePort, LoadBalancer "
			"or ExternalName",
			*type);
	return 0;
}

/* Fields that mean something, but nothing that is carried. */
static int note_not_carried(struct model *model,
			    const struct model_service *service,
			    const struct tree *spec, const struct tree *status,
			    const char *type)
{
	const struct tree *affinity = tree_get(spec, "sessionAffinity");
	const struct tree *external = tree_get(spec, "externalIPs");
	const struct tree *ranges = tree_get(spec, "loadBalancerSourceRanges");
	const struct tree *balancer = tree_get(status, "loadBalancer");
	const struct tree *ingress = tree_get(balancer, "ingress");
	int ret = 0;

	if (service->no_frontends || service->left_alone)
		return 0;
	if (strcmp(type, "ClusterIP"))
		ret = model_note(model, spec,
				 "not carried yet: nodePort of %s/%s",
				 service->namespace, service->name);
	if (!ret && !strcmp(type, "LoadBalancer") && ingress && ingress->n)
		ret = model_note(model, ingress,
				 "not carried yet: loadBalancer of %s/%s",
				 service->namespace, service->name);
	if (!ret && external && external->n)
		ret = model_note(model, external,
				 "not carried yet: externalIPs of %s/%s",
				 service->namespace, service->name);
	if (!ret && ranges && ranges->n)
		ret = model_note(
			model, ranges,
			"not carried yet: loadBalancerSourceRanges of %s/%s",
			service->namespace, service->name);
	if (!ret && affinity && affinity->kind == TREE_SCALAR &&
	    !strcmp(affinity->text, "ClientIP"))
		ret = model_note(model, affinity,
				 "not carried yet: sessionAffinity of %s/%s",
				 service->namespace, service->name);
	return ret;
}

static int decode_spec(struct model *model, struct model_service *service,
		       const struct tree *node, struct tree_error *error)
{
	const struct tree *spec, *status;
	const char *type;
	int ret;

	ret = tree_need(node, "spec", TREE_MAPPING, &spec, error);
	if (!ret)
		ret = tree_may(node, "status", TREE_MAPPING, &status, error);
	if (ret)
		return ret;
	service->address_place.line = spec->line;
	service->address_place.column = spec->column;
	ret = decode_type(service, spec, &type, error);
	/* an ExternalName may carry what is left of a former type */
	if (!ret && !service->no_frontends)
		ret = decode_cluster_ips(service, spec, error);
	if (!ret)
		ret = decode_families(service, spec, error);
	if (!ret)
		ret = check_families(service, spec, error);
	if (!ret)
		ret = decode_ports(service, spec, error);
	if (!ret)
		ret = decode_policy(service, spec, error);
	if (!ret && note_not_carried(model, service, spec, status, type))
		ret = tree_no_memory(error);
	return ret;
}

int model_decode_service(struct model *model, struct model_service *service,
			 const struct tree *node, struct tree_error *error)
{
	const struct tree *metadata = tree_get(node, "metadata");
	int ret;

	memset(service, 0, sizeof(*service));
	service->place.line = node->line;
	service->place.column = node->column;
	ret = model_decode_names(node, &service->namespace, &service->name,
				 true, error);
	if (ret)
		return ret;
	ret = model_check_label(tree_get(metadata, "name"), service->name,
				error);
	service->left_alone =
		tree_has(tree_get(metadata, "labels"), PROXY_NAME_LABEL);
	if (!ret)
		ret = decode_spec(model, service, node, error);
	if (!ret && service->left_alone &&
	    model_note(model, node,
		       "service %s/%s is left alone: it has the label %s",
		       service->namespace, service->name, PROXY_NAME_LABEL))
		ret = tree_no_memory(error);
	if (ret)
		model_service_clean(service);
	return ret;
}
