// SPDX-License-Identifier: GPL-2.0
/* Files of credentials, read again when they have changed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sync/watch/credentials.h"

/* What a file must hold to be taken. */
enum content {
	CONTENT_ANY,
	CONTENT_PEM,
	CONTENT_TOKEN,
};

static bool same_state(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static int read_fd(int fd, char **text)
{
	size_t used = 0, room = 16 * 1024;
	char *bytes = malloc(room);
	ssize_t n = 1;

	while (bytes && n) {
		if (used + 1 == room) {
			char *moved = NULL;

			if (room <= CREDENTIALS_FILE_MAX)
				moved = realloc(bytes, room * 2);
			else
				errno = EFBIG;
			if (!moved)
				goto failed;
			bytes = moved;
			room *= 2;
		}
		n = read(fd, bytes + used, room - used - 1);
		if (n < 0)
			goto failed;
		used += (size_t)n;
	}
	if (!bytes)
		return -ENOMEM;
	bytes[used] = '\0';
	*text = bytes;
	return strlen(bytes) == used ? 0 : -EINVAL;
failed:
	n = -errno;
	explicit_bzero(bytes, used);
	free(bytes);
	return (int)n;
}

/* A token: white space around it is none of it, and in it there is none. */
static bool trim_token(char *text)
{
	size_t start = strspn(text, " \t\r\n"), len;

	memmove(text, text + start, strlen(text + start) + 1);
	len = strlen(text);
	while (len && strchr(" \t\r\n", text[len - 1]))
		text[--len] = '\0';
	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	}
	return len > 0;
}

static const char *check_content(char *text, enum content content)
{
	if (content == CONTENT_PEM && !strstr(text, "-----BEGIN "))
		return "no PEM: -----BEGIN … is expected";
	if (content == CONTENT_TOKEN && !trim_token(text))
		return "no token: one word of ASCII is expected";
	return NULL;
}

static int fail(char *error, const char *path, const char *why, int ret)
{
	snprintf(error, CLUSTER_ERROR, "%.400s: %s", path, why);
	return ret;
}

/* What a file holds now. The caller wipes the text. */
static int read_path(const char *path, enum content content, char **text,
		     char *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *why;
	int ret;

	*text = NULL;
	if (fd < 0)
		return fail(error, path, strerror(errno), -errno);
	ret = read_fd(fd, text);
	close(fd);
	if (ret == -EINVAL && *text)
		why = "it holds a NUL character";
	else if (ret)
		why = strerror(-ret);
	else
		why = check_content(*text, content);
	if (!why)
		return 0;
	secret_wipe(*text);
	*text = NULL;
	return fail(error, path, why, ret ? ret : -EINVAL);
}

/* Return: 1: it holds something new; 0: the same; negative: it stays as it was. */
static int track(struct tracked_file *file, const char *path,
		 enum content content, bool force, char *error)
{
	struct stat now;
	char *text;
	int ret;

	if (!path)
		return 0;
	if (stat(path, &now))
		return fail(error, path, strerror(errno), -errno);
	if (file->text && !force && same_state(&now, &file->seen))
		return 0;
	ret = read_path(path, content, &text, error);
	if (ret)
		return ret;
	file->seen = now;
	if (file->text && !strcmp(file->text, text)) {
		secret_wipe(text);
		return 0;
	}
	secret_wipe(file->text);
	file->text = text;
	return 1;
}

static void forget(struct tracked_file *file)
{
	secret_wipe(file->text);
	memset(file, 0, sizeof(*file));
}

/* Files of the old kubeconfig are not those of the new one. */
static void forget_files(struct credentials *credentials)
{
	forget(&credentials->ca);
	forget(&credentials->token);
	forget(&credentials->certificate);
	forget(&credentials->key);
}

/* Return: as track(), of all files that the kubeconfig names. */
static int track_files(struct credentials *credentials, bool force,
		       enum credentials_change *change, char *error)
{
	const struct cluster *cluster = &credentials->cluster;
	const struct {
		struct tracked_file *file;
		const char *path;
		enum content content;
	} files[] = {
		{ &credentials->ca, cluster->ca.file, CONTENT_PEM },
		{ &credentials->certificate, cluster->certificate.file,
		  CONTENT_PEM },
		{ &credentials->key, cluster->key.file, CONTENT_PEM },
		{ &credentials->token, cluster->token.file, CONTENT_TOKEN },
	};
	int failed = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		int ret = track(files[i].file, files[i].path, files[i].content,
				force, error);
		enum credentials_change new = files[i].content ==
							      CONTENT_TOKEN ?
						      CREDENTIALS_TOKEN :
						      CREDENTIALS_CONNECTION;

		if (ret > 0 && *change < new)
			*change = new;
		if (ret < 0)
			failed = ret;
	}
	return failed;
}

/* The kubeconfig with all that it names, in a new place. */
static int read_all(struct credentials *credentials, char *error)
{
	const struct credentials_from *from = &credentials->from;
	enum credentials_change ignored = CREDENTIALS_SAME;
	int ret;

	if (from->kubeconfig) {
		const char *text = credentials->kubeconfig.text;

		ret = kubeconfig_read(&credentials->cluster, from->kubeconfig,
				      text, strlen(text), from->context, error);
	} else {
		ret = in_cluster_read(&credentials->cluster,
				      from->service_account ?: SERVICE_ACCOUNT,
				      getenv("KUBERNETES_SERVICE_HOST"),
				      getenv("KUBERNETES_SERVICE_PORT"), error);
	}
	if (!ret && from->server)
		ret = cluster_set_server(&credentials->cluster, from->server,
					 error);
	return ret ? ret : track_files(credentials, true, &ignored, error);
}

int credentials_open(struct credentials *credentials,
		     const struct credentials_from *from, char *error)
{
	int ret;

	memset(credentials, 0, sizeof(*credentials));
	credentials->from = *from;
	ret = track(&credentials->kubeconfig, from->kubeconfig, CONTENT_ANY,
		    true, error);
	if (ret >= 0)
		ret = read_all(credentials, error);
	if (ret < 0)
		credentials_close(credentials);
	return ret;
}

/* A new kubeconfig is taken whole, with its files, or not at all. */
static bool refresh_kubeconfig(struct credentials *credentials, char *error)
{
	struct credentials new = { .from = credentials->from };

	new.kubeconfig = credentials->kubeconfig;
	if (read_all(&new, error)) {
		cluster_clean(&new.cluster);
		forget_files(&new);
		return false;
	}
	cluster_clean(&credentials->cluster);
	forget_files(credentials);
	*credentials = new;
	return true;
}

enum credentials_change credentials_refresh(struct credentials *credentials,
					    bool force, char *error)
{
	enum credentials_change change = CREDENTIALS_SAME;
	char problem[CLUSTER_ERROR] = "";
	int ret;

	*error = '\0';
	ret = track(&credentials->kubeconfig, credentials->from.kubeconfig,
		    CONTENT_ANY, force, problem);
	if (ret > 0 && refresh_kubeconfig(credentials, problem))
		return CREDENTIALS_CONNECTION;
	if (ret > 0)
		/* Not taken: it is new again next time. */
		forget(&credentials->kubeconfig);
	track_files(credentials, force, &change, *problem ? error : problem);
	if (*problem)
		strcpy(error, problem);
	return change;
}

void credentials_close(struct credentials *credentials)
{
	forget(&credentials->kubeconfig);
	forget_files(credentials);
	cluster_clean(&credentials->cluster);
	memset(credentials, 0, sizeof(*credentials));
}
