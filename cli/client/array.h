/* SPDX-License-Identifier: GPL-2.0 */
/* Growing arrays. */
#ifndef NF_SVC_CLIENT_ARRAY_H
#define NF_SVC_CLIENT_ARRAY_H

#include <stddef.h>

/**
 * nf_svc_array_add - make room for one more element at the end of an array
 * @array: address of the pointer to the first element, NULL for an empty array
 * @count: number of elements; grows by one
 * @size: bytes of an element
 *
 * Only ever grow one array with this function, from NULL and 0 on: how much
 * room it has is derived from @count. Elements may be dropped from its end.
 *
 * Return: the new element, zeroed, or NULL if there is no memory; then the
 * array is as it was.
 */
void *nf_svc_array_add(void *array, size_t *count, size_t size);

#endif
