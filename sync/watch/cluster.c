// SPDX-License-Identifier: GPL-2.0
/* An API server: as a pod finds it, and released. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/watch/cluster.h"

void secret_wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void secret_clean(struct secret *secret)
{
	secret_wipe(secret->text);
	free(secret->file);
}

void cluster_clean(struct cluster *cluster)
{
	free(cluster->server);
	free(cluster->server_name);
	secret_wipe(cluster->proxy);
	secret_clean(&cluster->ca);
	secret_clean(&cluster->token);
	secret_clean(&cluster->certificate);
	secret_clean(&cluster->key);
	memset(cluster, 0, sizeof(*cluster));
}

static bool has_credentials(const struct cluster *cluster)
{
	return cluster->token.text || cluster->token.file ||
	       cluster->certificate.text || cluster->certificate.file;
}

const char *cluster_check_server(struct cluster *cluster)
{
	bool https = !strncmp(cluster->server, "https://", 8);
	bool http = !strncmp(cluster->server, "http://", 7);
	size_t len = strlen(cluster->server);

	if ((!https && !http) ||
	    !strcspn(cluster->server + (https ? 8 : 7), "/") ||
	    strpbrk(cluster->server, "@?# \t\r\n"))
		return "is no server; for example https://10.0.0.1:6443";
	if (http && has_credentials(cluster))
		return "would get credentials over http://; https:// is "
		       "expected";
	while (len && cluster->server[len - 1] == '/')
		cluster->server[--len] = '\0';
	return NULL;
}

int cluster_set_server(struct cluster *cluster, const char *server, char *error)
{
	char *copy = strdup(server);
	const char *why;

	if (!copy) {
		snprintf(error, CLUSTER_ERROR, "out of memory");
		return -ENOMEM;
	}
	free(cluster->server);
	cluster->server = copy;
	why = cluster_check_server(cluster);
	if (!why)
		return 0;
	snprintf(error, CLUSTER_ERROR, "'%.96s' %s", server, why);
	return -EINVAL;
}

static char *format_server(const char *host, const char *port)
{
	bool v6 = strchr(host, ':') != NULL;
	char *text;

	if (asprintf(&text, "https://%s%s%s:%s", v6 ? "[" : "", host,
		     v6 ? "]" : "", port) < 0)
		return NULL;
	return text;
}

int in_cluster_read(struct cluster *cluster, const char *folder,
		    const char *host, const char *port, char *error)
{
	memset(cluster, 0, sizeof(*cluster));
	if (!host || !*host || !port || !*port) {
		snprintf(error, CLUSTER_ERROR,
			 "no kubeconfig is given, and this is no pod: "
			 "KUBERNETES_SERVICE_HOST and "
			 "KUBERNETES_SERVICE_PORT are not set");
		return -EINVAL;
	}
	if (port[strspn(port, "0123456789")] || strpbrk(host, "/@?# \t\r\n")) {
		snprintf(error, CLUSTER_ERROR,
			 "KUBERNETES_SERVICE_HOST and "
			 "KUBERNETES_SERVICE_PORT, '%.64s' and '%.16s', are "
			 "no address and port",
			 host, port);
		return -EINVAL;
	}
	cluster->server = format_server(host, port);
	if (asprintf(&cluster->ca.file, "%s/ca.crt", folder) < 0)
		cluster->ca.file = NULL;
	if (asprintf(&cluster->token.file, "%s/token", folder) < 0)
		cluster->token.file = NULL;
	if (cluster->server && cluster->ca.file && cluster->token.file)
		return 0;
	cluster_clean(cluster);
	snprintf(error, CLUSTER_ERROR, "out of memory");
	return -ENOMEM;
}
