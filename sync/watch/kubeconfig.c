// SPDX-License-Identifier: GPL-2.0
/* A kubeconfig: the context, its cluster and its user. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/tree.h"
#include "sync/watch/cluster.h"

/**
 * struct reader - a kubeconfig that is being read
 * @path: of the file
 * @root: what it says
 * @cluster: filled
 * @error: filled on failure
 */
struct reader {
	const char *path;
	const struct tree *root;
	struct cluster *cluster;
	struct tree_error *error;
};

/* A string, or NULL if it is absent or empty. */
static int read_text(struct reader *reader, const struct tree *parent,
		     const char *key, const char **text)
{
	const struct tree *node = tree_get(parent, key);
	int ret;

	*text = NULL;
	if (!node)
		return 0;
	ret = tree_string(node, text, reader->error);
	if (!ret && !**text)
		*text = NULL;
	return ret;
}

static int copy_text(struct reader *reader, const struct tree *parent,
		     const char *key, char **copy)
{
	const char *text;
	int ret = read_text(reader, parent, key, &text);

	if (ret || !text)
		return ret;
	*copy = strdup(text);
	return *copy ? 0 : tree_no_memory(reader->error);
}

/* A path; it is relative to the folder of the kubeconfig. */
static int copy_path(struct reader *reader, const struct tree *parent,
		     const char *key, char **path)
{
	const char *slash = strrchr(reader->path, '/'), *text;
	int ret = read_text(reader, parent, key, &text);

	if (ret || !text)
		return ret;
	if (*text == '/' || !slash)
		*path = strdup(text);
	else if (asprintf(path, "%.*s/%s", (int)(slash - reader->path),
			  reader->path, text) < 0)
		*path = NULL;
	return *path ? 0 : tree_no_memory(reader->error);
}

/* PEM in base64: "certificate-authority-data". */
static int copy_pem(struct reader *reader, const struct tree *parent,
		    const char *key, char **pem)
{
	const char *text;
	size_t len;
	int ret = read_text(reader, parent, key, &text);

	if (ret || !text)
		return ret;
	ret = base64_read(text, pem, &len);
	if (ret == -ENOMEM)
		return tree_no_memory(reader->error);
	if (ret)
		return tree_fail(tree_get(parent, key), reader->error,
				 "this is no base64");
	if (strlen(*pem) != len || !strstr(*pem, "-----BEGIN "))
		return tree_fail(tree_get(parent, key), reader->error,
				 "this is no PEM; base64 of -----BEGIN … is "
				 "expected");
	return 0;
}

/* What stands in the file itself counts more than what a path leads to. */
static int copy_pem_or_path(struct reader *reader, const struct tree *parent,
			    const char *data_key, const char *path_key,
			    struct secret *secret)
{
	int ret = copy_pem(reader, parent, data_key, &secret->text);

	return ret || secret->text ?
		       ret :
		       copy_path(reader, parent, path_key, &secret->file);
}

/* The entry of a list that has a name: "clusters", "cluster", "lab". */
static int find(struct reader *reader, const char *list_key, const char *key,
		const char *name, const struct tree **found)
{
	const struct tree *list, *entry_name;
	int ret;

	ret = tree_need(reader->root, list_key, TREE_SEQUENCE, &list,
			reader->error);
	for (const struct tree *entry = ret ? NULL : list->first; entry;
	     entry = entry->next) {
		entry_name = tree_get(entry, "name");
		if (entry_name && entry_name->kind == TREE_SCALAR &&
		    !strcmp(entry_name->text, name))
			return tree_need(entry, key, TREE_MAPPING, found,
					 reader->error);
	}
	return ret ? ret :
		     tree_fail(list, reader->error,
			       "none of these has the name '%.64s'", name);
}

static int check_server(struct reader *reader, const struct tree *node)
{
	const char *why = cluster_check_server(reader->cluster);

	return why ? tree_fail(node, reader->error, "'%.96s' %s",
			       reader->cluster->server, why) :
		     0;
}

static int read_server(struct reader *reader, const struct tree *node)
{
	const struct tree *server;
	int ret;

	ret = tree_need(node, "server", TREE_SCALAR, &server, reader->error);
	if (!ret)
		ret = copy_text(reader, node, "server",
				&reader->cluster->server);
	if (ret)
		return ret;
	if (!reader->cluster->server)
		return tree_fail(server, reader->error,
				 "it is empty; for example "
				 "https://10.0.0.1:6443");
	return check_server(reader, server);
}

static int check_server_name(struct reader *reader, const struct tree *node)
{
	const char *name = reader->cluster->server_name;

	if (name && strpbrk(name, "/@?#:[] \t\r\n"))
		return tree_fail(tree_get(node, "tls-server-name"),
				 reader->error, "'%.64s' is no name of a host",
				 name);
	return 0;
}

static int read_cluster(struct reader *reader, const struct tree *node)
{
	struct cluster *cluster = reader->cluster;
	const struct tree *insecure =
		tree_get(node, "insecure-skip-tls-verify");
	int ret = read_server(reader, node);

	if (!ret)
		ret = copy_text(reader, node, "tls-server-name",
				&cluster->server_name);
	if (!ret)
		ret = check_server_name(reader, node);
	if (!ret)
		ret = copy_text(reader, node, "proxy-url", &cluster->proxy);
	if (!ret)
		ret = copy_pem_or_path(reader, node,
				       "certificate-authority-data",
				       "certificate-authority", &cluster->ca);
	if (!ret && insecure)
		ret = tree_bool(insecure, &cluster->insecure, reader->error);
	if (!ret && cluster->insecure && (cluster->ca.text || cluster->ca.file))
		ret = tree_fail(insecure, reader->error,
				"a certificate authority is given and not to "
				"be asked; leave one of them out");
	return ret;
}

/* What a user may have that is not done here, and what is instead. */
static int refuse(struct reader *reader, const struct tree *node)
{
	static const struct {
		const char *key;
		const char *why;
	} refused[] = {
		{ "exec", "credentials of a program are not supported" },
		{ "auth-provider", "credentials of a provider are not "
				   "supported" },
		{ "username", "a name and password are not supported" },
		{ "password", "a name and password are not supported" },
		{ "as", "to act as another is not supported" },
		{ "as-uid", "to act as another is not supported" },
		{ "as-groups", "to act as another is not supported" },
		{ "as-user-extra", "to act as another is not supported" },
	};

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		const struct tree *found = tree_get(node, refused[i].key);

		if (found)
			return tree_fail(found, reader->error,
					 "%s; use token, tokenFile or "
					 "client-certificate",
					 refused[i].why);
	}
	return 0;
}

static int check_token(struct reader *reader, const struct tree *node)
{
	const char *token = reader->cluster->token.text;

	for (; token && *token; token++) {
		if (*token <= ' ' || *token > '~')
			return tree_fail(tree_get(node, "token"), reader->error,
					 "a token has no spaces and no "
					 "characters but ASCII");
	}
	return 0;
}

static int read_user(struct reader *reader, const struct tree *node)
{
	struct cluster *cluster = reader->cluster;
	bool certificate, key;
	int ret = refuse(reader, node);

	if (!ret)
		ret = copy_text(reader, node, "token", &cluster->token.text);
	if (!ret)
		ret = check_token(reader, node);
	if (!ret)
		ret = copy_path(reader, node, "tokenFile",
				&cluster->token.file);
	if (!ret)
		ret = copy_pem_or_path(reader, node, "client-certificate-data",
				       "client-certificate",
				       &cluster->certificate);
	if (!ret)
		ret = copy_pem_or_path(reader, node, "client-key-data",
				       "client-key", &cluster->key);
	if (ret)
		return ret;
	certificate = cluster->certificate.text || cluster->certificate.file;
	key = cluster->key.text || cluster->key.file;
	if (certificate != key)
		return tree_fail(node, reader->error,
				 "a client certificate and its key go "
				 "together; the %s is missing",
				 key ? "certificate" : "key");
	return 0;
}

/* Which user and cluster a context is made of. */
static int read_context(struct reader *reader, const char *context)
{
	const struct tree *node, *user, *cluster, *name;
	const char *text;
	int ret = 0;

	if (!context) {
		ret = tree_need(reader->root, "current-context", TREE_SCALAR,
				&name, reader->error);
		context = ret ? "" : name->text;
	}
	if (!ret)
		ret = find(reader, "contexts", "context", context, &node);
	if (!ret)
		ret = read_text(reader, node, "user", &text);
	if (!ret && text)
		ret = find(reader, "users", "user", text, &user);
	if (!ret && text)
		ret = read_user(reader, user);
	if (!ret)
		ret = tree_need(node, "cluster", TREE_SCALAR, &name,
				reader->error);
	if (!ret)
		ret = find(reader, "clusters", "cluster", name->text, &cluster);
	return ret ? ret : read_cluster(reader, cluster);
}

static void format_error(char *text, const char *path,
			 const struct tree_error *error)
{
	char place[48] = "";

	if (error->line)
		snprintf(place, sizeof(place), ":%zu:%zu", error->line,
			 error->column);
	snprintf(text, CLUSTER_ERROR, "%.200s%s: %s%s%s", path, place,
		 error->field, *error->field ? ": " : "", error->message);
}

int kubeconfig_read(struct cluster *cluster, const char *path,
		    const char *bytes, size_t len, const char *context,
		    char *error)
{
	struct tree_error problem = { 0 };
	struct reader reader = { .path = path,
				 .cluster = cluster,
				 .error = &problem };
	struct tree_file file;
	int ret;

	memset(cluster, 0, sizeof(*cluster));
	ret = tree_read(&file, bytes, len, &problem);
	if (!ret) {
		reader.root = file.documents;
		if (file.n != 1 || file.documents->kind != TREE_MAPPING) {
			strcpy(problem.message, "no kubeconfig: one mapping "
						"is expected");
			ret = -EINVAL;
		} else {
			ret = read_context(&reader, context);
		}
		tree_clean(&file);
	}
	if (ret) {
		cluster_clean(cluster);
		format_error(error, path, &problem);
	}
	return ret;
}
