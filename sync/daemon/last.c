// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "document.h"
#include "document_read.h"
#include "last.h"
#include "log.h"
#include "sync/diff.h"
#include "text_file.h"

/* Another writer's transaction is waited for so long, milliseconds. */
#define BUSY_MS 5000
/* There is no file of this run yet: not even what was adopted is known to be in one. */
#define NOTHING UINT64_MAX

static bool put_line(FILE *out, const char *before, cJSON *value)
{
	char *text = value ? cJSON_PrintUnformatted(value) : NULL;
	bool ok = text && fprintf(out, "%s%s", before, text) >= 0;

	cJSON_free(text);
	cJSON_Delete(value);
	return ok;
}

/* In the order of the mirrors: who reads it sorts. */
static bool put_services(FILE *out, const struct mirrors *mirrors)
{
	const char *before = "\n";
	bool ok = fputs(",\n\"services\":[", out) >= 0;

	for (const struct mirror *mirror = mirrors->first; mirror && ok;
	     mirror = mirror->next) {
		for (size_t i = 0; i < mirror->held.n && ok; i++) {
			struct nf_svc_service one = mirror->held.services[i];

			/* a wish has no owner */
			strcpy(one.owner, KERNEL_OWNER);
			ok = put_line(out, before,
				      document_service(&one, false));
			before = ",\n";
		}
	}
	return ok && fputs("\n]}\n", out) >= 0;
}

static bool put_document(FILE *out, const struct settle *settle)
{
	bool ok = fprintf(out, "{\"format\":\"%s\",\n\"owners\":[\"%s\"]",
			  DOCUMENT_FORMAT, KERNEL_OWNER) >= 0;

	if (ok && settle->view && !settle->settings_refused) {
		struct nf_svc_settings settings = settle->view->settings;

		strcpy(settings.owner, KERNEL_OWNER);
		ok = put_line(out,
			      ",\n\"settings\":", document_settings(&settings));
	}
	return ok && put_services(out, &settle->store->mirrors);
}

static int put_file(const struct last *last, const char *path)
{
	FILE *out = fopen(path, "we");
	int ret = 0;

	if (!out)
		return -errno;
	errno = 0;
	if (!put_document(out, last->settle) || fflush(out) ||
	    fsync(fileno(out)))
		ret = errno ? -errno : -ENOMEM;
	else if (ftell(out) > (long)TREE_BYTES_MAX)
		ret = -EFBIG;
	if (fclose(out) && !ret)
		ret = -errno;
	return ret;
}

/* There is always a whole file: the new one takes the place of the old one. */
static int save(const struct last *last)
{
	char new[PATH_MAX + 8];
	int ret;

	snprintf(new, sizeof(new), "%s.new", last->path);
	ret = put_file(last, new);
	if (!ret && rename(new, last->path))
		ret = -errno;
	if (ret)
		unlink(new);
	return ret;
}

static void tell(struct last *last, int error)
{
	if (error && !last->told)
		log_line(
			LOG_WARNING,
			"%s: %s; a start without the API server would find an older state",
			last->path, strerror(error));
	else if (!error && last->told)
		log_line(LOG_NOTICE, "%s is written again", last->path);
	last->told = error;
}

static int on_saved(sd_event_source *source, const siginfo_t *si, void *arg)
{
	struct last *last = arg;

	(void)source;
	last->child = sd_event_source_disable_unref(last->child);
	tell(last, si->si_code == CLD_EXITED ? si->si_status : EINTR);
	if (si->si_code != CLD_EXITED || si->si_status)
		last->saved = NOTHING;
	last_note(last);
	return 0;
}

/*
 * A child writes, out of the memory as it is now: 50,000 services take a second, and
 * nobody waits for them. Our sockets must not live on in it, or whoever comes after
 * us would find our owner claimed.
 */
static int begin(sd_event_source *source, uint64_t when, void *arg)
{
	struct last *last = arg;
	pid_t pid;
	int ret;

	(void)source;
	(void)when;
	last->begun = store_now();
	last->saved = last->settle->commits;
	pid = fork();
	if (!pid) {
		close_range(STDERR_FILENO + 1, ~0U, 0);
		_exit(-save(last));
	}
	ret = pid < 0 ? -errno :
			sd_event_add_child(last->settle->event, &last->child,
					   pid, WEXITED, on_saved, last);
	if (ret < 0) {
		tell(last, -ret);
		last->saved = NOTHING;
	}
	return 0;
}

void last_note(struct last *last)
{
	uint64_t now = store_now(), due;
	int on;

	if (!last->timer || last->child || !last->settle->settled ||
	    last->saved == last->settle->commits)
		return;
	if (sd_event_source_get_enabled(last->timer, &on) < 0 ||
	    on != SD_EVENT_OFF)
		return;
	due = now + LAST_SOON;
	if (last->begun && due < last->begun + LAST_EVERY)
		due = last->begun + LAST_EVERY;
	sd_event_source_set_time(last->timer, due);
	sd_event_source_set_enabled(last->timer, SD_EVENT_ONESHOT);
}

int last_open(struct last *last)
{
	int ret;

	last->saved = NOTHING;
	ret = sd_event_add_time(last->settle->event, &last->timer,
				CLOCK_MONOTONIC, 0, 0, begin, last);

	if (ret >= 0)
		ret = sd_event_source_set_enabled(last->timer, SD_EVENT_OFF);
	return ret < 0 ? ret : 0;
}

void last_close(struct last *last)
{
	int ret;

	if (!last->timer)
		return;
	/* a child that is at it writes the same file */
	if (last->child) {
		pid_t pid;

		if (!sd_event_source_get_child_pid(last->child, &pid))
			waitpid(pid, NULL, 0);
		last->saved = NOTHING;
	}
	if (last->settle->settled && last->saved != last->settle->commits) {
		ret = save(last);
		if (ret)
			tell(last, -ret);
	}
	sd_event_source_disable_unref(last->child);
	sd_event_source_disable_unref(last->timer);
	memset(last, 0, sizeof(*last));
}

/* Only what is ours: nobody else's state is on disk here. */
static int check_owner(const struct document *document)
{
	for (size_t i = 0; i < document->n_services; i++) {
		if (strcmp(document->services[i].owner, KERNEL_OWNER))
			return -EPERM;
	}
	return document->has_settings &&
			       strcmp(document->settings.owner, KERNEL_OWNER) ?
		       -EPERM :
		       0;
}

static int commit(struct nf_svc_client *client, const struct document *document,
		  struct changes *changes, struct nf_svc_error *error)
{
	const struct nf_svc_begin begin = {
		.owner = KERNEL_OWNER,
		.deadline = nf_svc_deadline(BUSY_MS),
	};
	struct nf_svc_error why;
	int ret;

	ret = nf_svc_tx_begin(client, &begin, error);
	if (ret)
		return ret;
	if (document->has_settings)
		ret = nf_svc_tx_settings_set(client, &document->settings,
					     error);
	if (!ret)
		ret = changes_send(client, changes, error);
	if (!ret)
		return nf_svc_tx_commit(client, NULL, error);
	why = *error;
	nf_svc_tx_abort(client);
	*error = why;
	return ret;
}

static int restore(struct nf_svc_client *client, struct document *document,
		   struct nf_svc_error *error)
{
	struct changes changes = { 0 };
	int ret;

	ret = diff_services(&changes, NULL, 0, document->services,
			    document->n_services);
	if (ret)
		nf_svc_error_set(error, NF_SVC_ERROR_LOST, ENOMEM,
				 "out of memory");
	else
		ret = commit(client, document, &changes, error);
	changes_clean(&changes);
	return ret;
}

/* Has the kernel anything of ours? Then it knows better than a file. */
static int find_ours(struct nf_svc_client *client, bool *ours,
		     struct nf_svc_error *error)
{
	struct nf_svc_snapshot snapshot;
	int ret = nf_svc_snapshot_read(client, &snapshot, error);

	if (ret)
		return ret;
	*ours = !strcmp(snapshot.settings.owner, KERNEL_OWNER);
	for (size_t i = 0; i < snapshot.n_services && !*ours; i++)
		*ours = !strcmp(snapshot.services[i].owner, KERNEL_OWNER);
	nf_svc_snapshot_clean(&snapshot);
	return 0;
}

static int read_document(const char *path, struct document *document)
{
	struct tree_error error;
	struct tree_file file;
	int ret = text_file_json(path, &file, &error);

	if (ret == -ENOENT)
		return ret;
	if (!ret) {
		ret = document_read(document, &file, &error);
		tree_clean(&file);
	}
	if (!ret) {
		ret = check_owner(document);
		if (ret)
			document_clean(document);
	}
	if (ret == -EINVAL)
		log_line(LOG_ERR, "%s: %s%s%s; it is passed over", path,
			 error.field, *error.field ? ": " : "", error.message);
	else if (ret)
		log_line(LOG_ERR, "%s: %s; it is passed over", path,
			 ret == -EPERM ? "it holds what is not ours" :
					 strerror(-ret));
	return ret;
}

static void restore_file(struct nf_svc_client *client, const char *path)
{
	struct nf_svc_error error = { 0 };
	struct document document;
	struct stat st;
	int ret;

	if (read_document(path, &document))
		return;
	ret = restore(client, &document, &error);
	if (ret)
		log_line(LOG_ERR, "%s: not restored: %s", path,
			 *error.message ? error.message : strerror(-ret));
	else
		log_line(
			LOG_NOTICE,
			"%s: restored, services: %zu, as they were %lld seconds ago; what the API server says comes next",
			path, document.n_services,
			stat(path, &st) ?
				0LL :
				(long long)(settle_clock() / 1000000) -
					(long long)st.st_mtime);
	document_clean(&document);
}

void last_restore(const char *path)
{
	struct nf_svc_error error = { 0 };
	struct nf_svc_client *client;
	bool ours = true;

	/* settle tells why there is no module, or who has it */
	if (nf_svc_client_open(&client, &error))
		return;
	if (!find_ours(client, &ours, &error) && !ours)
		restore_file(client, path);
	nf_svc_client_close(client);
}
