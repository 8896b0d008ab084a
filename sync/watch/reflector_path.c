// SPDX-License-Identifier: GPL-2.0
/* What a kind is called, and where the API server has it. */
#define CURL_NO_OLDIES
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/watch/reflector.h"

/*
 * The filters are kube-proxy's: Services that another proxy carries, or that are
 * headless, are not told; nor are slices of headless Services. "!" is %21.
 */
static const struct {
	const char *name;
	const char *path;
	const char *filter;
} kinds[] = {
	[SOURCE_SERVICE] = { "Services", "/api/v1/services",
			     "&labelSelector=%21service.kubernetes.io%2F"
			     "service-proxy-name"
			     "&fieldSelector=spec.clusterIP%21%3DNone" },
	[SOURCE_SLICE] = { "EndpointSlices",
			   "/apis/discovery.k8s.io/v1/endpointslices",
			   "&labelSelector=%21service.kubernetes.io%2F"
			   "headless" },
	[SOURCE_NODE] = { "this Node", "/api/v1/nodes",
			  "&fieldSelector=metadata.name%3D" },
	[SOURCE_SERVICE_CIDR] = { "ServiceCIDRs",
				  "/apis/networking.k8s.io/v1/servicecidrs",
				  "" },
};

const char *source_kind_name(enum source_kind kind)
{
	return kinds[kind].name;
}

static int format_query(const struct reflector *reflector, const char *more,
			char *query, size_t size)
{
	switch (reflector->phase) {
	case REFLECTOR_STREAM:
		return snprintf(query, size,
				"watch=1&allowWatchBookmarks=true"
				"&sendInitialEvents=true"
				"&resourceVersionMatch=NotOlderThan"
				"&timeoutSeconds=%u",
				reflector->seconds);
	case REFLECTOR_WATCH:
		return snprintf(query, size,
				"watch=1&allowWatchBookmarks=true"
				"&resourceVersion=%s&timeoutSeconds=%u",
				reflector->version, reflector->seconds);
	default:
		if (more)
			return snprintf(query, size, "limit=%u&continue=%s",
					REFLECTOR_PAGE, more);
		if (reflector->no_pages)
			return snprintf(query, size, "limit=0");
		return snprintf(query, size, "limit=%u", REFLECTOR_PAGE);
	}
}

static int join(const struct reflector *reflector, const char *more,
		const char *node, char **path)
{
	size_t size = (more ? strlen(more) : 0) + 256;
	char *query = malloc(size);

	if (!query)
		return -ENOMEM;
	format_query(reflector, more, query, size);
	if (asprintf(path, "%s?%s%s%s", kinds[reflector->kind].path, query,
		     kinds[reflector->kind].filter, node) < 0)
		*path = NULL;
	free(query);
	return *path ? 0 : -ENOMEM;
}

/* A list of one, without the filters: what it is now, wherever it belongs. */
static int check_path(const struct reflector *reflector, char **path)
{
	const struct landmark *last = &reflector->last;
	char *namespace = curl_easy_escape(NULL, last->namespace, 0);
	char *name = curl_easy_escape(NULL, last->name, 0);

	*path = NULL;
	if (namespace && name &&
	    asprintf(path, "%s?fieldSelector=metadata.name%%3D%s%s%s&limit=1",
		     kinds[reflector->kind].path, name,
		     *namespace ? "%2Cmetadata.namespace%3D" : "",
		     namespace) < 0)
		*path = NULL;
	curl_free(namespace);
	curl_free(name);
	return *path ? 0 : -ENOMEM;
}

int reflector_path(const struct reflector *reflector, char **path)
{
	bool node = reflector->kind == SOURCE_NODE;
	char *more = NULL, *name = NULL;
	int ret = -ENOMEM;

	if (reflector->phase == REFLECTOR_CHECK)
		return check_path(reflector, path);
	*path = NULL;
	if (reflector->more)
		more = curl_easy_escape(NULL, reflector->more, 0);
	if (node)
		name = curl_easy_escape(NULL, reflector->node, 0);
	if ((more || !reflector->more) && (name || !node))
		ret = join(reflector, more, name ? name : "", path);
	curl_free(more);
	curl_free(name);
	return ret;
}
