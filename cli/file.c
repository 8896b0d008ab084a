// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

#define FIRST_BYTES (64 * 1024)

const char *file_name(const char *path)
{
	return strcmp(path, "-") ? path : "stdin";
}

/* Read to the end, or until it is too long. NULL: @status says why. */
static char *read_stream(FILE *stream, const char *path, size_t *len,
			 enum exit_status *status)
{
	size_t room = FIRST_BYTES;
	char *bytes = malloc(room);

	*len = 0;
	*status = DONE;
	while (bytes) {
		char *more;

		*len += fread(bytes + *len, 1, room - *len, stream);
		if (ferror(stream))
			*status = complain(WRONG_USAGE, "%s: %s",
					   file_name(path), strerror(errno));
		else if (*len > TREE_BYTES_MAX)
			*status = complain(
				WRONG_USAGE,
				"%s: longer than 64 MiB, which is the most that "
				"is read; split it",
				file_name(path));
		else if (*len < room)
			return bytes;
		if (*status)
			break;
		room *= 2;
		more = realloc(bytes, room);
		if (!more)
			break;
		bytes = more;
	}
	free(bytes);
	if (!*status)
		*status = complain_memory();
	return NULL;
}

enum exit_status file_read(const char *path, char **bytes, size_t *len)
{
	FILE *stream = strcmp(path, "-") ? fopen(path, "re") : stdin;
	enum exit_status status;

	if (!stream)
		return complain(WRONG_USAGE, "%s: %s", path, strerror(errno));
	*bytes = read_stream(stream, path, len, &status);
	if (stream != stdin)
		fclose(stream);
	return status;
}

enum exit_status complain_file(const char *path, const struct tree_error *error)
{
	const char *glue = *error->field ? ": " : "";

	if (error->line)
		return complain(WRONG_USAGE, "%s:%zu:%zu: %s%s%s",
				file_name(path), error->line, error->column,
				error->field, glue, error->message);
	return complain(WRONG_USAGE, "%s: %s%s%s", file_name(path),
			error->field, glue, error->message);
}

enum exit_status file_read_tree(const char *path, struct tree_file *file)
{
	struct tree_error error;
	enum exit_status status;
	char *bytes = NULL;
	size_t len = 0;

	status = file_read(path, &bytes, &len);
	if (status)
		return status;
	if (tree_read(file, bytes, len, &error))
		status = complain_file(path, &error);
	free(bytes);
	return status;
}
