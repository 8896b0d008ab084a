// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

void *nf_svc_array_add(void *array, size_t *count, size_t size)
{
	size_t n = *count;
	uint8_t *first;

	memcpy(&first, array, sizeof(first));
	/* full exactly when the count is a power of two, or 0 */
	if (!(n & (n - 1))) {
		size_t room = n ? n * 2 : 1;
		uint8_t *moved;

		if (room > SIZE_MAX / size)
			return NULL;
		moved = realloc(first, room * size);
		if (!moved)
			return NULL;
		first = moved;
		memcpy(array, &first, sizeof(first));
	}
	memset(first + n * size, 0, size);
	*count = n + 1;
	return first + n * size;
}
