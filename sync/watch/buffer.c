// SPDX-License-Identifier: GPL-2.0
/* Bytes that grow up to a limit. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sync/watch/buffer.h"

#define ROOM_MIN ((size_t)16 * 1024)
/* What an empty buffer may keep: slices of a hundred endpoints fit. */
#define ROOM_KEPT ((size_t)128 * 1024)

int buffer_add(struct buffer *buffer, const char *bytes, size_t len, size_t max)
{
	if (len > max || buffer->used > max - len)
		return -EFBIG;
	if (buffer->used + len > buffer->room) {
		size_t room = buffer->room ? buffer->room : ROOM_MIN;
		char *moved;

		while (room < buffer->used + len)
			room *= 2;
		moved = realloc(buffer->bytes, room);
		if (!moved)
			return -ENOMEM;
		buffer->bytes = moved;
		buffer->room = room;
	}
	if (len)
		memcpy(buffer->bytes + buffer->used, bytes, len);
	buffer->used += len;
	return 0;
}

void buffer_empty(struct buffer *buffer)
{
	buffer->used = 0;
	if (buffer->room > ROOM_KEPT)
		buffer_clean(buffer);
}

void buffer_clean(struct buffer *buffer)
{
	free(buffer->bytes);
	memset(buffer, 0, sizeof(*buffer));
}
