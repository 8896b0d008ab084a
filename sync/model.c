// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "sync/model.h"

static int compare_names(const char *namespace, const char *name,
			 const char *other_namespace, const char *other_name)
{
	int order = strcmp(namespace, other_namespace);

	return order ? order : strcmp(name, other_name);
}

static int compare_services(const void *a, const void *b)
{
	const struct model_service *one = a, *other = b;

	return compare_names(one->namespace, one->name, other->namespace,
			     other->name);
}

/* A slice of no Service stands before all others of its namespace. */
static const char *service_of(const struct model_slice *slice)
{
	return slice->service ? slice->service : "";
}

static int compare_slices(const void *a, const void *b)
{
	const struct model_slice *one = a, *other = b;
	int order = compare_names(one->namespace, service_of(one),
				  other->namespace, service_of(other));

	return order ? order : strcmp(one->name, other->name);
}

void model_sort(struct model *model)
{
	if (model->n_services > 1)
		qsort(model->services, model->n_services,
		      sizeof(*model->services), compare_services);
	if (model->n_slices > 1)
		qsort(model->slices, model->n_slices, sizeof(*model->slices),
		      compare_slices);
}

const struct model_service *model_find_service(const struct model *model,
					       const char *namespace,
					       const char *name)
{
	size_t low = 0, high = model->n_services;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct model_service *service = &model->services[middle];
		int order = compare_names(namespace, name, service->namespace,
					  service->name);

		if (!order)
			return service;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool model_has_family(const struct model_service *service, uint8_t family)
{
	for (size_t i = 0; i < service->n_cluster_ips; i++) {
		if (service->cluster_ips[i].family == family)
			return true;
	}
	return false;
}

const struct model_node *model_find_node(const struct model *model,
					 const char *name)
{
	for (size_t i = 0; i < model->n_nodes; i++) {
		if (!strcmp(model->nodes[i].name, name))
			return &model->nodes[i];
	}
	return NULL;
}

const struct model_slice *model_find_slices(const struct model *model,
					    const struct model_service *service,
					    size_t *n)
{
	size_t low = 0, high = model->n_slices;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct model_slice *slice = &model->slices[middle];

		if (compare_names(slice->namespace, service_of(slice),
				  service->namespace, service->name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (*n = 0; low + *n < model->n_slices; ++*n) {
		const struct model_slice *slice = &model->slices[low + *n];

		if (compare_names(slice->namespace, service_of(slice),
				  service->namespace, service->name))
			break;
	}
	return *n ? &model->slices[low] : NULL;
}

int model_note(struct model *model, const struct tree *node, const char *format,
	       ...)
{
	struct model_note *note;
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		return -ENOMEM;
	note = nf_svc_array_add(&model->notes, &model->n_notes, sizeof(*note));
	if (!note) {
		free(text);
		return -ENOMEM;
	}
	note->place.line = node->line;
	note->place.column = node->column;
	note->text = text;
	return 0;
}

static void clean_ports(struct model_port *ports, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(ports[i].name);
	free(ports);
}

void model_service_clean(struct model_service *service)
{
	free(service->namespace);
	free(service->name);
	clean_ports(service->ports, service->n_ports);
	free(service->external_ips);
	free(service->ingress);
	for (size_t i = 0; i < service->n_ranges; i++)
		free(service->ranges[i].text);
	free(service->ranges);
	free(service->scheduler);
	free(service->uid);
	memset(service, 0, sizeof(*service));
}

void model_slice_clean(struct model_slice *slice)
{
	free(slice->namespace);
	free(slice->name);
	free(slice->service);
	clean_ports(slice->ports, slice->n_ports);
	for (size_t i = 0; i < slice->n_endpoints; i++) {
		free(slice->endpoints[i].node);
		model_names_clean(&slice->endpoints[i].for_nodes);
		model_names_clean(&slice->endpoints[i].for_zones);
	}
	free(slice->endpoints);
	memset(slice, 0, sizeof(*slice));
}

void model_node_clean(struct model_node *node)
{
	free(node->name);
	free(node->zone);
	free(node->addresses);
	free(node->pod_cidrs);
	memset(node, 0, sizeof(*node));
}

void model_names_clean(struct model_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->list[i]);
	free(names->list);
	memset(names, 0, sizeof(*names));
}

void model_clean(struct model *model)
{
	for (size_t i = 0; i < model->n_services; i++)
		model_service_clean(&model->services[i]);
	for (size_t i = 0; i < model->n_slices; i++)
		model_slice_clean(&model->slices[i]);
	for (size_t i = 0; i < model->n_nodes; i++)
		model_node_clean(&model->nodes[i]);
	for (size_t i = 0; i < model->n_notes; i++)
		free(model->notes[i].text);
	free(model->services);
	free(model->slices);
	free(model->nodes);
	free(model->notes);
	memset(model, 0, sizeof(*model));
}
