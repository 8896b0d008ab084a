/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A directory of manifests as a source: *.yaml, *.yml and *.json in it, followed
 * with inotify. Names that begin with a dot are nobody's manifests.
 *
 * A file that cannot be read keeps the objects that it had. An object that stands in
 * two files counts in the one that was read first, until it is gone from there.
 */
#ifndef NF_SVC_DAEMON_DIRECTORY_H
#define NF_SVC_DAEMON_DIRECTORY_H

#include <systemd/sd-event.h>

#include "store.h"

/**
 * struct directory_object - an object that a file has
 * @kind: what it is
 * @namespace: owned; empty: it has none
 * @name: owned
 * @kept: it is there in the file as it is now
 */
struct directory_object {
	enum source_kind kind;
	char *namespace;
	char *name;
	bool kept;
};

/**
 * struct directory_file - a file
 * @name: without the directory, owned
 * @objects: that were told of, owned
 * @n_objects: how many
 * @broken: it cannot be read as it is now
 * @never: nor could it since the daemon began
 * @shadowed: it has objects that stand in another file, too
 * @there: it is there
 * @told: hash of what was told to be wrong with it
 */
struct directory_file {
	char *name;
	struct directory_object *objects;
	size_t n_objects;
	bool broken;
	bool never;
	bool shadowed;
	bool there;
	uint64_t told;
};

/**
 * struct directory - the source
 * @event: loop, not owned
 * @path: owned
 * @store: not owned
 * @sink: the store's
 * @files: owned
 * @n_files: how many
 * @watch: inotify
 * @retry: when there is no directory
 * @absence: when files that went may be gone for good
 * @again: all files are to be read again
 * @listed: the first list is done
 * @lost: there is no directory, and that was told
 */
struct directory {
	sd_event *event;
	char *path;
	struct store *store;
	struct source_sink sink;
	struct directory_file *files;
	size_t n_files;
	sd_event_source *watch;
	sd_event_source *retry;
	sd_event_source *absence;
	bool again;
	bool listed;
	bool lost;
};

/**
 * directory_open - follow a directory
 * @directory: filled; directory_close() it
 * @event: loop
 * @path: its path
 * @store: told of the objects, at once
 *
 * Where there is no such directory it is waited for.
 *
 * Return: 0 or a negative errno.
 */
int directory_open(struct directory *directory, sd_event *event,
		   const char *path, struct store *store);

/**
 * directory_close - follow it no longer
 * @directory: zeroed
 */
void directory_close(struct directory *directory);

/* Between the files of the source. */

/**
 * directory_is_manifest - is a name one of a manifest?
 * @name: without the directory
 */
bool directory_is_manifest(const char *name);

/**
 * directory_read - read a file again, and tell what changed
 * @directory: the source
 * @file: the file
 *
 * Return: 0 or -ENOMEM.
 */
int directory_read(struct directory *directory, struct directory_file *file);

/**
 * directory_forget - a file is gone: so are its objects
 * @directory: the source
 * @file: the file
 */
void directory_forget(struct directory *directory, struct directory_file *file);

#endif
