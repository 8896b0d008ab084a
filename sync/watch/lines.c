// SPDX-License-Identifier: GPL-2.0
/* A watch cut into its lines: JSON has no line end within a value's strings. */
#include <errno.h>
#include <string.h>

#include "sync/watch/stream.h"

static int hand_on(const char *bytes, size_t len, stream_piece piece,
		   void *context)
{
	if (len && bytes[len - 1] == '\r')
		len--;
	return len ? piece(context, bytes, len) : 0;
}

int lines_add(struct buffer *rest, const char *bytes, size_t len,
	      stream_piece piece, void *context)
{
	while (len) {
		const char *end = memchr(bytes, '\n', len);
		size_t n = end ? (size_t)(end - bytes) : len;
		int ret = 0;

		if (!end || rest->used)
			ret = buffer_add(rest, bytes, n, WATCH_OBJECT_MAX);
		else if (n > WATCH_OBJECT_MAX)
			ret = -EFBIG;
		else
			ret = hand_on(bytes, n, piece, context);
		if (!ret && end && rest->used) {
			ret = hand_on(rest->bytes, rest->used, piece, context);
			buffer_empty(rest);
		}
		if (ret)
			return ret;
		n += end ? 1 : 0;
		bytes += n;
		len -= n;
	}
	return 0;
}
