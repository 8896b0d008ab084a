/* SPDX-License-Identifier: GPL-2.0 */
/* Files that are read whole, and files that are replaced whole. */
#ifndef NF_SVC_DAEMON_TEXT_FILE_H
#define NF_SVC_DAEMON_TEXT_FILE_H

#include "sync/tree.h"

/**
 * text_file_tree - read a YAML or JSON file
 * @path: its name
 * @file: filled; tree_clean() it, after success only
 * @error: filled with -EINVAL
 *
 * Return: 0, -EINVAL: it makes no sense, or why it cannot be read; -EFBIG: it has
 * more than TREE_BYTES_MAX bytes.
 */
int text_file_tree(const char *path, struct tree_file *file,
		   struct tree_error *error);

/**
 * text_file_json - the same of a JSON file, which is read much faster
 * @path: its name
 * @file: filled; tree_clean() it, after success only
 * @error: filled with -EINVAL
 *
 * Return: as text_file_tree().
 */
int text_file_json(const char *path, struct tree_file *file,
		   struct tree_error *error);

/**
 * text_file_write - replace a file, so that there is always a whole one
 * @path: its name; a file PATH.new is written beside it and renamed
 * @text: what it shall hold
 *
 * Return: 0 or a negative errno; then the old one is still there.
 */
int text_file_write(const char *path, const char *text);

#endif
