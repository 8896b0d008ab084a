/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the API server is and who we are there, now: files are read again when they
 * have changed (a token that the kubelet renews, certificates, the kubeconfig itself).
 */
#ifndef NF_SVC_SYNC_WATCH_CREDENTIALS_H
#define NF_SVC_SYNC_WATCH_CREDENTIALS_H

#include <sys/stat.h>

#include "sync/watch/cluster.h"

/* The longest file that is read. */
#define CREDENTIALS_FILE_MAX ((size_t)1024 * 1024)

/**
 * struct credentials_from - where all of it comes from
 * @kubeconfig: path; NULL: we are a pod
 * @context: of the kubeconfig, NULL: its current-context
 * @server: instead of what the kubeconfig says, NULL: that
 * @service_account: folder of a pod's, NULL: SERVICE_ACCOUNT
 */
struct credentials_from {
	const char *kubeconfig;
	const char *context;
	const char *server;
	const char *service_account;
};

/**
 * struct tracked_file - a file as it was when it was read last
 * @text: what it held, owned; NULL: it was never read
 * @seen: its state before it was read
 */
struct tracked_file {
	char *text;
	struct stat seen;
};

/**
 * struct credentials - what is known
 * @from: where it comes from; its texts must stay
 * @cluster: what the kubeconfig says
 * @kubeconfig: the file itself
 * @ca: what cluster.ca.file holds, if there is one, and so on
 * @token: without the white space around it
 * @certificate: the client's
 * @key: its key
 */
struct credentials {
	struct credentials_from from;
	struct cluster cluster;
	struct tracked_file kubeconfig;
	struct tracked_file ca;
	struct tracked_file token;
	struct tracked_file certificate;
	struct tracked_file key;
};

/**
 * enum credentials_change - what is new
 * @CREDENTIALS_SAME: nothing
 * @CREDENTIALS_TOKEN: the token: the next request has it
 * @CREDENTIALS_CONNECTION: server or certificates: connections are to be made anew
 */
enum credentials_change {
	CREDENTIALS_SAME,
	CREDENTIALS_TOKEN,
	CREDENTIALS_CONNECTION,
};

/**
 * credentials_open - read all of it for the first time
 * @credentials: filled; credentials_close() it, after success only
 * @from: where it comes from
 * @error: room for CLUSTER_ERROR bytes: what is wrong, where, what would be right
 *
 * Return: 0, -EINVAL: a file is wrong; -ENOMEM; what open() or read() of a file says.
 */
int credentials_open(struct credentials *credentials,
		     const struct credentials_from *from, char *error);

/**
 * credentials_refresh - read again what has changed
 * @credentials: what cannot be read, or is wrong, stays as it was
 * @force: even files that look the same
 * @error: room for CLUSTER_ERROR bytes; empty: all is well
 *
 * Return: what is new.
 */
enum credentials_change credentials_refresh(struct credentials *credentials,
					    bool force, char *error);

/**
 * credentials_close - release all of it; secrets are wiped
 * @credentials: zeroed
 */
void credentials_close(struct credentials *credentials);

/**
 * secret_text - a secret as it is now
 * @secret: of the cluster
 * @file: its file
 *
 * Return: a text that lives until the next refresh, or NULL: there is none.
 */
static inline const char *secret_text(const struct secret *secret,
				      const struct tracked_file *file)
{
	return secret->file ? file->text : secret->text;
}

#endif
