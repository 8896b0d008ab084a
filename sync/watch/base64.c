// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sync/watch/cluster.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "abcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_read(const char *text, char **bytes, size_t *len)
{
	size_t n = 0, used = 0, padding = 0;
	uint32_t bits = 0;
	char *out = malloc(strlen(text) / 4 * 3 + 4);

	if (!out)
		return -ENOMEM;
	for (; *text; text++) {
		const char *letter = strchr(letters, *text);

		if (strchr(" \t\r\n", *text))
			continue;
		if (*text == '=')
			padding++;
		else if (!letter || padding)
			goto wrong;
		bits = bits << 6 | (letter ? (uint32_t)(letter - letters) : 0);
		if (++n % 4)
			continue;
		out[used++] = (char)(bits >> 16);
		out[used++] = (char)(bits >> 8);
		out[used++] = (char)bits;
	}
	if (n % 4 || padding > 2)
		goto wrong;
	used -= padding;
	out[used] = '\0';
	*bytes = out;
	*len = used;
	return 0;
wrong:
	free(out);
	return -EINVAL;
}
