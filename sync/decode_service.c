// SPDX-License-Identifier: GPL-2.0
/* v1 Service */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sync/decode.h"

#define PROXY_NAME_LABEL "service.kubernetes.io/service-proxy-name"
#define SCHEDULER_ANNOTATION "nf-svc.io/scheduler"
#define AFFINITY_TIMEOUT_DEFAULT 10800
#define AFFINITY_TIMEOUT_MAX 86400

enum service_type {
	TYPE_CLUSTER_IP,
	TYPE_NODE_PORT,
	TYPE_LOAD_BALANCER,
	TYPE_EXTERNAL_NAME,
};

static const char *const type_words[] = {
	[TYPE_CLUSTER_IP] = "ClusterIP",
	[TYPE_NODE_PORT] = "NodePort",
	[TYPE_LOAD_BALANCER] = "LoadBalancer",
	[TYPE_EXTERNAL_NAME] = "ExternalName",
	NULL,
};

static const char *const policy_words[] = { "Cluster", "Local", NULL };
static const char *const affinity_words[] = { "None", "ClientIP", NULL };

/* Traffic from outside needs a type, or externalIPs, to have a policy. */
static int decode_policies(struct model_service *service,
			   const struct tree *spec, enum service_type type,
			   struct tree_error *error)
{
	size_t internal, external;
	int ret;

	ret = model_decode_word(spec, "internalTrafficPolicy", policy_words,
				&internal, error);
	if (!ret)
		ret = model_decode_word(spec, "externalTrafficPolicy",
					policy_words, &external, error);
	if (ret)
		return ret;
	service->internal_local = internal;
	service->external_local = external && (type != TYPE_CLUSTER_IP ||
					       service->n_external_ips);
	return 0;
}

static int decode_affinity(struct model_service *service,
			   const struct tree *spec, struct tree_error *error)
{
	const struct tree *config, *client, *timeout;
	size_t affinity;
	int ret;

	ret = model_decode_word(spec, "sessionAffinity", affinity_words,
				&affinity, error);
	if (ret || !affinity)
		return ret;
	service->affinity_timeout = AFFINITY_TIMEOUT_DEFAULT;
	ret = tree_may(spec, "sessionAffinityConfig", TREE_MAPPING, &config,
		       error);
	if (!ret)
		ret = tree_may(config, "clientIP", TREE_MAPPING, &client,
			       error);
	timeout = ret ? NULL : tree_get(client, "timeoutSeconds");
	if (timeout)
		ret = tree_number(timeout, 1, AFFINITY_TIMEOUT_MAX,
				  &service->affinity_timeout, error);
	return ret;
}

/* NodePort, and LoadBalancer unless it says that it does without. */
static int decode_wants_node_ports(struct model_service *service,
				   const struct tree *spec,
				   enum service_type type,
				   struct tree_error *error)
{
	const struct tree *allocate =
		tree_get(spec, "allocateLoadBalancerNodePorts");

	service->wants_node_ports = type == TYPE_NODE_PORT ||
				    type == TYPE_LOAD_BALANCER;
	if (type != TYPE_LOAD_BALANCER || !allocate)
		return 0;
	return tree_bool(allocate, &service->wants_node_ports, error);
}

/* It counts for load balancers that ask each node for endpoints of its own. */
static int decode_health_port(struct model_service *service,
			      const struct tree *spec, enum service_type type,
			      struct tree_error *error)
{
	const struct tree *node = tree_get(spec, "healthCheckNodePort");
	uint32_t port;
	int ret;

	if (!node || type != TYPE_LOAD_BALANCER || !service->external_local)
		return 0;
	ret = tree_number(node, 0, 65535, &port, error);
	if (!ret)
		service->health_port = (uint16_t)port;
	return ret;
}

static int decode_spec(struct model_service *service, const struct tree *node,
		       struct tree_error *error)
{
	const struct tree *spec, *status;
	size_t type;
	int ret;

	ret = tree_need(node, "spec", TREE_MAPPING, &spec, error);
	if (!ret)
		ret = tree_may(node, "status", TREE_MAPPING, &status, error);
	if (!ret)
		ret = model_decode_word(spec, "type", type_words, &type, error);
	if (ret)
		return ret;
	service->no_frontends = type == TYPE_EXTERNAL_NAME;
	ret = model_decode_cluster_ips(service, spec, error);
	if (!ret)
		ret = model_decode_ports(service, spec, error);
	if (!ret && !service->no_frontends)
		ret = model_decode_external(service, spec, status, error);
	if (!ret)
		ret = decode_policies(service, spec, type, error);
	if (!ret)
		ret = decode_affinity(service, spec, error);
	if (!ret)
		ret = decode_wants_node_ports(service, spec, type, error);
	if (!ret)
		ret = decode_health_port(service, spec, type, error);
	return ret;
}

/* Which ones there are is the module's to say: resolve.c. */
static int decode_scheduler(struct model_service *service,
			    const struct tree *metadata,
			    struct tree_error *error)
{
	const struct tree *annotations, *value;
	const char *text;
	int ret;

	ret = tree_may(metadata, "annotations", TREE_MAPPING, &annotations,
		       error);
	value = ret ? NULL : tree_get(annotations, SCHEDULER_ANNOTATION);
	if (!value)
		return ret;
	ret = tree_string(value, &text, error);
	if (ret)
		return ret;
	service->scheduler = strdup(text);
	return service->scheduler ? 0 : tree_no_memory(error);
}

static int decode_metadata(struct model_service *service,
			   const struct tree *metadata,
			   struct tree_error *error)
{
	const struct tree *uid = tree_get(metadata, "uid");
	const char *text = "";
	int ret;

	ret = model_check_label(tree_get(metadata, "name"), service->name,
				error);
	if (!ret)
		ret = model_decode_time(metadata, &service->created, error);
	if (!ret && uid)
		ret = tree_string(uid, &text, error);
	if (!ret)
		ret = decode_scheduler(service, metadata, error);
	if (ret)
		return ret;
	service->left_alone =
		tree_has(tree_get(metadata, "labels"), PROXY_NAME_LABEL);
	service->uid = strdup(text);
	return service->uid ? 0 : tree_no_memory(error);
}

int model_decode_service(struct model *model, struct model_service *service,
			 const struct tree *node, struct tree_error *error)
{
	int ret;

	memset(service, 0, sizeof(*service));
	service->place = model_place(node);
	ret = model_decode_names(node, &service->namespace, &service->name,
				 true, error);
	if (ret)
		return ret;
	ret = decode_metadata(service, tree_get(node, "metadata"), error);
	if (!ret)
		ret = decode_spec(service, node, error);
	if (!ret && service->left_alone &&
	    model_note(model, node,
		       "service %s/%s is left alone: it has the label %s",
		       service->namespace, service->name, PROXY_NAME_LABEL))
		ret = tree_no_memory(error);
	if (ret)
		model_service_clean(service);
	return ret;
}
