// SPDX-License-Identifier: GPL-2.0
/*
 * Answers of an API server, whatever they say and wherever they are cut, through a
 * reflector. The first bytes choose kind, phase and cuts. What must hold besides memory:
 * a list is begun before it is whole, and the version never goes back in a watch.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sync/watch/reflector.h"

static bool begun;

static void must(bool holds)
{
	if (!holds)
		abort();
}

static int on_list(void *context, enum source_kind kind)
{
	(void)context;
	(void)kind;
	begun = true;
	return 0;
}

static int on_listed(void *context, enum source_kind kind)
{
	(void)context;
	(void)kind;
	must(begun);
	begun = false;
	return 0;
}

static int on_missing(void *context, enum source_kind kind)
{
	(void)context;
	must(kind == SOURCE_SERVICE_CIDR);
	begun = false;
	return 0;
}

static int on_upsert(void *context, enum source_kind kind,
		     const struct tree *object)
{
	(void)context;
	(void)kind;
	must(object && !object->parent);
	tree_get(tree_get(object, "metadata"), "name");
	return 0;
}

static int on_remove(void *context, enum source_kind kind,
		     const char *namespace, const char *name)
{
	(void)context;
	(void)kind;
	must(namespace && name && *name != '\001');
	return 0;
}

static void answer(struct reflector *reflector, long status, const char *bytes,
		   size_t len, size_t step)
{
	struct reflector_end end = { .status = status, .lived = step };
	char version[VERSION_MAX + 1];
	bool watch = reflector->phase == REFLECTOR_WATCH;
	char *path;

	strcpy(version, reflector->version);
	if (reflector_ask(reflector, 1, &path))
		return;
	must(strlen(path) < 32768 && !strpbrk(path, " \r\n"));
	free(path);
	while (len) {
		size_t n = step < len ? step : len;

		if (reflector_answer(reflector, status, bytes, n))
			break;
		bytes += n;
		len -= n;
	}
	must(!watch || !version_before(reflector->version, version));
	must(reflector_end(reflector, &end, 1) <= 2 * REFLECTOR_MISSING);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const long codes[] = { 200, 200, 200, 200, 403, 410, 422, 500 };
	static const struct source_sink sink = { .list = on_list,
						 .listed = on_listed,
						 .missing = on_missing,
						 .upsert = on_upsert,
						 .remove = on_remove };
	struct reflector reflector;
	const char *text = (const char *)bytes + 3;

	if (len < 3)
		return 0;
	begun = false;
	reflector_init(&reflector, bytes[0] % SOURCE_KINDS, "node", &sink);
	reflector.phase = bytes[0] / SOURCE_KINDS % 4;
	if (reflector.phase >= REFLECTOR_WATCH)
		strcpy(reflector.version, "5");
	reflector.no_streams = bytes[0] & 0x80;
	/* the same text may be several answers in a row */
	for (unsigned int i = 0; i <= bytes[2] % 3; i++)
		answer(&reflector, codes[bytes[1] % 8], text, len - 3,
		       1 + bytes[2] / 3);
	reflector_clean(&reflector);
	return 0;
}
