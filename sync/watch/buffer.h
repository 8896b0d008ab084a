/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes that grow up to a limit: what came over the network and is not whole yet. */
#ifndef NF_SVC_SYNC_WATCH_BUFFER_H
#define NF_SVC_SYNC_WATCH_BUFFER_H

#include <stddef.h>

/* The longest object that is read, as JSON; etcd takes 1.5 MiB as protobuf. */
#define WATCH_OBJECT_MAX (8U * 1024 * 1024)

/**
 * struct buffer - bytes; all zero is the empty one
 * @bytes: owned
 * @used: how many there are
 * @room: how many fit in
 */
struct buffer {
	char *bytes;
	size_t used;
	size_t room;
};

/**
 * buffer_add - append bytes
 * @buffer: gets them
 * @bytes: the bytes
 * @len: how many
 * @max: most bytes that the buffer may hold
 *
 * Return: 0, -EFBIG: they would be more than @max, or -ENOMEM. On failure the
 * buffer is as it was.
 */
int buffer_add(struct buffer *buffer, const char *bytes, size_t len,
	       size_t max);

/**
 * buffer_empty - forget the bytes; what a large object needed is released
 * @buffer: the buffer
 */
void buffer_empty(struct buffer *buffer);

/**
 * buffer_clean - release a buffer
 * @buffer: zeroed
 */
void buffer_clean(struct buffer *buffer);

#endif
