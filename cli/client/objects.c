// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "objects.h"

int nf_svc_service_init(struct nf_svc_service *service, const char *name,
			uint8_t protocol, uint8_t family)
{
	memset(service, 0, sizeof(*service));
	service->name = strdup(name);
	if (!service->name)
		return -ENOMEM;
	service->protocol = protocol;
	service->family = family;
	strcpy(service->scheduler, "random");
	return 0;
}

bool nf_svc_schedulers_have(const struct nf_svc_schedulers *schedulers,
			    const char *name)
{
	for (size_t i = 0; schedulers && i < schedulers->n; i++) {
		if (!strcmp(schedulers->names[i], name))
			return true;
	}
	return !strcmp(name, "random");
}

void nf_svc_service_clean(struct nf_svc_service *service)
{
	for (size_t i = 0; i < service->n_frontends; i++)
		free(service->frontends[i].ranges);
	free(service->frontends);
	free(service->backends);
	free(service->name);
	memset(service, 0, sizeof(*service));
}

void nf_svc_service_sort(struct nf_svc_service *service)
{
	if (service->n_backends > 1)
		qsort(service->backends, service->n_backends,
		      sizeof(*service->backends), nf_svc_backend_compare);
	if (service->n_frontends > 1)
		qsort(service->frontends, service->n_frontends,
		      sizeof(*service->frontends), nf_svc_frontend_compare);
}

struct nf_svc_key nf_svc_service_key(const struct nf_svc_service *service)
{
	return (struct nf_svc_key){
		.name = service->name,
		.protocol = service->protocol,
		.family = service->family,
	};
}

void nf_svc_settings_clean(struct nf_svc_settings *settings)
{
	free(settings->pod_cidrs);
	free(settings->pod_devices);
	free(settings->service_cidrs);
	free(settings->node_port_cidrs);
	memset(settings, 0, sizeof(*settings));
}

bool nf_svc_settings_know_pods(const struct nf_svc_settings *settings,
			       uint8_t family)
{
	for (size_t i = 0; i < settings->n_pod_cidrs; i++) {
		if (settings->pod_cidrs[i].addr.family == family)
			return true;
	}
	return settings->n_pod_devices > 0;
}

void nf_svc_snapshot_clean(struct nf_svc_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->n_services; i++)
		nf_svc_service_clean(&snapshot->services[i]);
	free(snapshot->services);
	nf_svc_settings_clean(&snapshot->settings);
	memset(snapshot, 0, sizeof(*snapshot));
}

int nf_svc_key_compare(const struct nf_svc_key *a, const struct nf_svc_key *b)
{
	int order = strcmp(a->name, b->name);

	if (order)
		return order;
	if (a->protocol != b->protocol)
		return a->protocol < b->protocol ? -1 : 1;
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return 0;
}

struct nf_svc_service *
nf_svc_snapshot_find(const struct nf_svc_snapshot *snapshot,
		     const struct nf_svc_key *key)
{
	size_t low = 0, high = snapshot->n_services;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct nf_svc_service *service = &snapshot->services[middle];
		struct nf_svc_key its = nf_svc_service_key(service);
		int order = nf_svc_key_compare(key, &its);

		if (!order)
			return service;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

size_t nf_svc_snapshot_place(const struct nf_svc_snapshot *snapshot,
			     const char *name)
{
	size_t low = 0, high = snapshot->n_services;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(snapshot->services[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int nf_svc_backend_compare(const void *a, const void *b)
{
	const struct nf_svc_backend *one = a, *other = b;
	int order = nf_svc_addr_compare(&one->addr, &other->addr);

	return order ? order : (int)one->port - (int)other->port;
}

int nf_svc_frontend_compare(const void *a, const void *b)
{
	const struct nf_svc_frontend *one = a, *other = b;
	int order = (int)one->family - (int)other->family;

	if (!order)
		order = nf_svc_addr_compare(&one->addr, &other->addr);
	if (!order)
		order = (int)one->port - (int)other->port;
	return order ? order : (int)one->protocol - (int)other->protocol;
}

bool nf_svc_backend_active(const struct nf_svc_backend *backend)
{
	return backend->sets && backend->weight;
}

void nf_svc_frontend_rules(struct nf_svc_frontend *frontend, bool local,
			   bool know_pods)
{
	bool internal = frontend->kind == NF_SVC_KIND_CLUSTER_IP;

	for (unsigned int class = 0; class < NF_SVC_CLASSES; class ++) {
		struct nf_svc_rule *rule = &frontend->rules[class];
		bool use_local = local &&
				 (internal || class == NF_SVC_CLASS_OUTSIDE);

		rule->set = use_local ? NF_SVC_SET_LOCAL : NF_SVC_SET_CLUSTER;
		rule->empty = use_local ? NF_SVC_EMPTY_DROP :
					  NF_SVC_EMPTY_REFUSE;
		if (internal)
			rule->masquerade = class != NF_SVC_CLASS_POD &&
					   know_pods;
		else
			rule->masquerade = !local || class == NF_SVC_CLASS_NODE;
	}
}
