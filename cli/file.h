/* SPDX-License-Identifier: GPL-2.0 */
/* Files that are read whole, and what is wrong with them. */
#ifndef SVCCTL_FILE_H
#define SVCCTL_FILE_H

#include "sync/tree.h"
#include "svcctl.h"

/**
 * file_read - read a file of at most 64 MiB
 * @path: its name, - is the standard input
 * @bytes: where they go, to be freed; there is room for one more
 * @len: how many
 *
 * Return: DONE, or an exit status after telling why.
 */
enum exit_status file_read(const char *path, char **bytes, size_t *len);

/**
 * file_read_tree - read a YAML or JSON file
 * @path: its name, - is the standard input
 * @file: filled; tree_clean() it, after success only
 *
 * Return: DONE, or an exit status after telling why.
 */
enum exit_status file_read_tree(const char *path, struct tree_file *file);

/**
 * complain_file - tell what is wrong in a file
 * @path: its name
 * @error: what is wrong
 *
 * Return: the exit status for it.
 */
enum exit_status complain_file(const char *path,
			       const struct tree_error *error);

/**
 * file_name - what a file is called in messages
 * @path: its name
 *
 * Return: the name; that of the standard input is "stdin".
 */
const char *file_name(const char *path);

#endif
