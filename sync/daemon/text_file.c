// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text_file.h"

static int read_all(int fd, char **bytes, size_t *len)
{
	size_t room = 0, used = 0;
	char *all = NULL;

	for (;;) {
		ssize_t n;

		if (used == room) {
			char *more;

			room = room ? room * 2 : 16 * 1024;
			more = used > TREE_BYTES_MAX ? NULL :
						       realloc(all, room);
			if (!more) {
				free(all);
				return used > TREE_BYTES_MAX ? -EFBIG : -ENOMEM;
			}
			all = more;
		}
		n = read(fd, all + used, room - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			free(all);
			return -errno;
		}
		if (!n)
			break;
		used += (size_t)n;
	}
	*bytes = all;
	*len = used;
	return 0;
}

static int read_file(const char *path, char **bytes, size_t *len)
{
	/* a FIFO would keep us waiting */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), ret;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && !S_ISREG(st.st_mode))
		ret = S_ISDIR(st.st_mode) ? -EISDIR : -ENOTSUP;
	else
		ret = read_all(fd, bytes, len);
	close(fd);
	return ret;
}

int text_file_tree(const char *path, struct tree_file *file,
		   struct tree_error *error)
{
	size_t len;
	char *bytes;
	int ret = read_file(path, &bytes, &len);

	if (ret)
		return ret;
	ret = tree_read(file, bytes, len, error);
	free(bytes);
	return ret;
}

int text_file_json(const char *path, struct tree_file *file,
		   struct tree_error *error)
{
	size_t len;
	char *bytes;
	int ret = read_file(path, &bytes, &len);

	if (ret)
		return ret;
	ret = tree_read_json(file, bytes, len, error);
	free(bytes);
	return ret;
}

static int write_all(int fd, const char *text)
{
	size_t len = strlen(text), done = 0;

	while (done < len) {
		ssize_t n = write(fd, text + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	return fsync(fd) ? -errno : 0;
}

int text_file_write(const char *path, const char *text)
{
	char new[PATH_MAX];
	int fd, ret;

	if (snprintf(new, sizeof(new), "%s.new", path) >= (int)sizeof(new))
		return -ENAMETOOLONG;
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	ret = write_all(fd, text);
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && rename(new, path))
		ret = -errno;
	if (ret)
		unlink(new);
	return ret;
}
