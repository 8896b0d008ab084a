/* SPDX-License-Identifier: GPL-2.0 */
/* Where an API server is and who we are there, as a kubeconfig says it. */
#ifndef NF_SVC_SYNC_WATCH_CLUSTER_H
#define NF_SVC_SYNC_WATCH_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>

/* Room for what is wrong with a kubeconfig or a file that it names. */
#define CLUSTER_ERROR 800

/* Where a pod has its service account. */
#define SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

/**
 * struct secret - a text that stands in the kubeconfig itself or in a file
 * @text: owned, NULL: not here
 * @file: owned, an absolute path, NULL: no file. It counts more than @text if both
 *	are there
 */
struct secret {
	char *text;
	char *file;
};

/**
 * struct cluster - an API server and how to speak to it
 * @server: "https://10.0.0.1:6443", maybe with a path; without a slash at its end
 * @server_name: tls-server-name, NULL: the host of @server
 * @proxy: proxy-url, NULL: what the environment says
 * @insecure: the certificate of the server is not verified
 * @ca: certificates in PEM that the server's is signed with; neither: the system's
 * @token: bearer token
 * @certificate: client certificate in PEM
 * @key: its key in PEM
 */
struct cluster {
	char *server;
	char *server_name;
	char *proxy;
	bool insecure;
	struct secret ca;
	struct secret token;
	struct secret certificate;
	struct secret key;
};

/**
 * kubeconfig_read - read a kubeconfig
 * @cluster: filled; cluster_clean() it, after success only
 * @path: of the file, for errors and for relative paths in it
 * @bytes: what the file holds
 * @len: how many bytes
 * @context: which context; NULL: its current-context
 * @error: room for CLUSTER_ERROR bytes: what is wrong, where, and what would be right
 *
 * Refused is what cannot be done, rather than left out: exec and auth-provider
 * (programs that hand out credentials), user names with passwords, impersonation, and
 * credentials over http://.
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int kubeconfig_read(struct cluster *cluster, const char *path,
		    const char *bytes, size_t len, const char *context,
		    char *error);

/**
 * in_cluster_read - be the service account of the pod we run in
 * @cluster: filled, likewise
 * @folder: SERVICE_ACCOUNT, or another one in tests
 * @host: of the environment, KUBERNETES_SERVICE_HOST; NULL: not set
 * @port: KUBERNETES_SERVICE_PORT, likewise
 * @error: room for CLUSTER_ERROR bytes
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int in_cluster_read(struct cluster *cluster, const char *folder,
		    const char *host, const char *port, char *error);

/**
 * cluster_set_server - another server than the kubeconfig's
 * @cluster: all else stays
 * @server: "https://10.0.0.1:6443"
 * @error: room for CLUSTER_ERROR bytes
 *
 * Return: 0, -EINVAL or -ENOMEM; then @cluster is only to be cleaned.
 */
int cluster_set_server(struct cluster *cluster, const char *server,
		       char *error);

/**
 * cluster_check_server - is the server one that we may speak to?
 * @cluster: slashes at the end of its server are taken off
 *
 * Return: NULL, or what is wrong: a constant text that follows the server's name.
 */
const char *cluster_check_server(struct cluster *cluster);

/**
 * cluster_clean - release a cluster; secrets are wiped
 * @cluster: zeroed
 */
void cluster_clean(struct cluster *cluster);

/**
 * secret_wipe - release a text that nobody else should read
 * @text: NULL is fine
 */
void secret_wipe(char *text);

/**
 * base64_read - decode base64, as the data fields of a kubeconfig have it
 * @text: white space between the letters is left out
 * @bytes: where the bytes go, with a NUL after them; to be freed
 * @len: where their number goes
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int base64_read(const char *text, char **bytes, size_t *len);

#endif
