// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/array.h"
#include "directory.h"
#include "log.h"

#define RETRY_USEC 1000000
/* Many an editor moves a file away before it writes the new one. */
#define ABSENCE_USEC 500000
#define MASK                                                        \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | \
	 IN_CREATE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
/* Kubernetes mounts a ConfigMap as links into a folder that this one names. */
#define SWAPPED "..data"

static struct directory_file *find(const struct directory *directory,
				   const char *name)
{
	for (size_t i = 0; i < directory->n_files; i++) {
		if (!strcmp(directory->files[i].name, name))
			return &directory->files[i];
	}
	return NULL;
}

static struct directory_file *take(struct directory *directory,
				   const char *name)
{
	struct directory_file *file = find(directory, name);

	if (file)
		return file;
	file = nf_svc_array_add(&directory->files, &directory->n_files,
				sizeof(*file));
	if (!file)
		return NULL;
	file->name = strdup(name);
	file->never = true;
	if (file->name)
		return file;
	directory->n_files--;
	return NULL;
}

/* What a file that never could be read holds is not known to be gone. */
static void tell_completeness(struct directory *directory)
{
	bool incomplete = directory->lost;

	for (size_t i = 0; i < directory->n_files; i++)
		incomplete |= directory->files[i].never;
	store_incomplete(directory->store, incomplete);
}

static int is_name(const struct dirent *entry)
{
	return directory_is_manifest(entry->d_name);
}

/* Read all files, in the order of their names. */
static int read_all(struct directory *directory)
{
	struct dirent **names;
	int n = scandir(directory->path, &names, is_name, alphasort), ret = 0;

	if (n < 0)
		return -errno;
	for (size_t i = 0; i < directory->n_files; i++)
		directory->files[i].there = false;
	for (int i = 0; i < n; i++) {
		struct directory_file *file =
			ret ? NULL : take(directory, names[i]->d_name);

		free(names[i]);
		if (!file) {
			ret = -ENOMEM;
			continue;
		}
		file->there = true;
		ret = directory_read(directory, file);
	}
	free(names);
	for (size_t i = 0; i < directory->n_files && !ret;) {
		if (directory->files[i].there)
			i++;
		else
			directory_forget(directory, &directory->files[i]);
	}
	tell_completeness(directory);
	return ret;
}

/* An object is gone from one file, and another may have it. */
static int read_shadowed(struct directory *directory)
{
	int ret = 0;

	while (directory->again && !ret) {
		directory->again = false;
		for (size_t i = 0; i < directory->n_files && !ret; i++) {
			if (directory->files[i].shadowed)
				ret = directory_read(directory,
						     &directory->files[i]);
		}
	}
	return ret;
}

static int open_watch(struct directory *directory);

static int retry(sd_event_source *source, uint64_t when, void *arg)
{
	(void)source;
	(void)when;
	return open_watch(arg);
}

/* Later again: there is no directory, or no memory. */
static int retry_later(struct directory *directory)
{
	uint64_t now = store_now() + RETRY_USEC;
	int ret;

	directory->watch = sd_event_source_disable_unref(directory->watch);
	if (!directory->retry) {
		ret = sd_event_add_time(directory->event, &directory->retry,
					CLOCK_MONOTONIC, now, 0, retry,
					directory);
		return ret < 0 ? ret : 0;
	}
	ret = sd_event_source_set_time(directory->retry, now);
	if (ret >= 0)
		ret = sd_event_source_set_enabled(directory->retry,
						  SD_EVENT_ONESHOT);
	return ret < 0 ? ret : 0;
}

static int lose(struct directory *directory, int number)
{
	const struct source_sink *sink = &directory->sink;
	char text[4200];

	if (!directory->lost) {
		snprintf(text, sizeof(text), "%s: %s", directory->path,
			 strerror(number));
		sink->trouble(sink->context, text);
	}
	directory->lost = true;
	tell_completeness(directory);
	return retry_later(directory);
}

static bool stat_name(const struct directory *directory, const char *name,
		      struct stat *st)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", directory->path, name);
	return !lstat(path, st);
}

/* Files that went and did not come back are gone. */
static int end_absence(sd_event_source *source, uint64_t when, void *arg)
{
	struct directory *directory = arg;
	struct stat st;
	int ret = 0;

	(void)source;
	(void)when;
	for (size_t i = 0; i < directory->n_files;) {
		struct directory_file *file = &directory->files[i];

		if (file->there || stat_name(directory, file->name, &st))
			i++;
		else
			directory_forget(directory, file);
	}
	ret = read_shadowed(directory);
	tell_completeness(directory);
	return ret ? lose(directory, -ret) : 0;
}

static int wait_for_absent(struct directory *directory)
{
	uint64_t then = store_now() + ABSENCE_USEC;
	int ret;

	if (!directory->absence) {
		ret = sd_event_add_time(directory->event, &directory->absence,
					CLOCK_MONOTONIC, then, 0, end_absence,
					directory);
		return ret < 0 ? -ENOMEM : 0;
	}
	ret = sd_event_source_set_time(directory->absence, then);
	if (ret >= 0)
		ret = sd_event_source_set_enabled(directory->absence,
						  SD_EVENT_ONESHOT);
	return ret < 0 ? -ENOMEM : 0;
}

/* One name, as it is now. */
static int read_name(struct directory *directory, const char *name,
		     uint32_t mask)
{
	struct directory_file *file = find(directory, name);
	struct stat st;

	if (mask & (IN_MOVED_FROM | IN_DELETE)) {
		if (file)
			file->there = false;
		return wait_for_absent(directory);
	}
	/* what is made is not written yet, unless it is a link */
	if (mask & IN_CREATE && (!stat_name(directory, name, &st) ||
				 (!S_ISLNK(st.st_mode) && st.st_nlink < 2)))
		return 0;
	file = take(directory, name);
	if (!file)
		return -ENOMEM;
	file->there = true;
	return directory_read(directory, file);
}

static int hear(sd_event_source *source, const struct inotify_event *event,
		void *arg)
{
	struct directory *directory = arg;
	int ret = 0;

	(void)source;
	if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED))
		return lose(directory, ENOENT);
	if (event->mask & IN_Q_OVERFLOW ||
	    (event->len && !strcmp(event->name, SWAPPED)))
		ret = read_all(directory);
	else if (event->len && directory_is_manifest(event->name) &&
		 !(event->mask & IN_ISDIR))
		ret = read_name(directory, event->name, event->mask);
	if (!ret)
		ret = read_shadowed(directory);
	tell_completeness(directory);
	return ret ? lose(directory, -ret) : 0;
}

/* The whole of it, told as a list the first time. */
static int list_all(struct directory *directory)
{
	const struct source_sink *sink = &directory->sink;
	static const enum source_kind kinds[] = {
		SOURCE_NODE, SOURCE_SERVICE_CIDR, SOURCE_SERVICE, SOURCE_SLICE
	};
	bool first = !directory->listed;
	int ret = 0;

	for (size_t i = 0; i < SOURCE_KINDS && first && !ret; i++)
		ret = sink->list(sink->context, kinds[i]);
	if (!ret)
		ret = read_all(directory);
	if (!ret)
		ret = read_shadowed(directory);
	for (size_t i = 0; i < SOURCE_KINDS && first && !ret; i++) {
		bool missing = (kinds[i] == SOURCE_NODE &&
				!directory->store->node.name) ||
			       (kinds[i] == SOURCE_SERVICE_CIDR &&
				!directory->store->n_cidr_objects);

		ret = missing ? sink->missing(sink->context, kinds[i]) :
				sink->listed(sink->context, kinds[i]);
	}
	if (!ret)
		directory->listed = true;
	return ret;
}

static int open_watch(struct directory *directory)
{
	const struct source_sink *sink = &directory->sink;
	int ret;

	/* first the watch, then what is there: nothing is missed between */
	ret = sd_event_add_inotify(directory->event, &directory->watch,
				   directory->path, MASK, hear, directory);
	if (ret < 0)
		return lose(directory, -ret);
	if (directory->lost)
		sink->trouble(sink->context, NULL);
	directory->lost = false;
	ret = list_all(directory);
	return ret ? lose(directory, -ret) : 0;
}

int directory_open(struct directory *directory, sd_event *event,
		   const char *path, struct store *store)
{
	memset(directory, 0, sizeof(*directory));
	directory->event = event;
	directory->store = store;
	directory->sink = store_sink(store);
	directory->path = strdup(path);
	return directory->path ? open_watch(directory) : -ENOMEM;
}

void directory_close(struct directory *directory)
{
	directory->watch = sd_event_source_disable_unref(directory->watch);
	directory->retry = sd_event_source_disable_unref(directory->retry);
	directory->absence = sd_event_source_disable_unref(directory->absence);
	for (size_t i = 0; i < directory->n_files; i++) {
		struct directory_file *file = &directory->files[i];

		for (size_t k = 0; k < file->n_objects; k++) {
			free(file->objects[k].namespace);
			free(file->objects[k].name);
		}
		free(file->objects);
		free(file->name);
	}
	free(directory->files);
	free(directory->path);
	memset(directory, 0, sizeof(*directory));
}
