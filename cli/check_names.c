// SPDX-License-Identifier: GPL-2.0
/* svcctl check: names that can have no DNS name. */
#include <string.h>

#include "check.h"

bool is_dns_label(const char *text, size_t len)
{
	if (!len || len > 63 || text[0] == '-' || text[len - 1] == '-')
		return false;
	return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") >= len;
}

/* The part of a name that is no label, or NULL; *len is how long it is. */
static const char *wrong_part(const char *name, size_t *len, const char **what)
{
	const char *slash = strchr(name, '/'), *colon;

	*what = "namespace";
	*len = slash ? (size_t)(slash - name) : strlen(name);
	if (!slash || !is_dns_label(name, *len))
		return name;
	*what = "name";
	name = slash + 1;
	colon = strchr(name, ':');
	*len = colon ? (size_t)(colon - name) : strlen(name);
	if (!is_dns_label(name, *len))
		return name;
	if (!colon)
		return NULL;
	*what = "port name";
	*len = strlen(colon + 1);
	return is_dns_label(colon + 1, *len) ? NULL : colon + 1;
}

void check_names(struct checkup *checkup)
{
	const struct nf_svc_snapshot *snapshot = &checkup->snapshot;
	const char *what, *part, *last = "";
	size_t len;

	if (!checkup->has_module) {
		check_unchecked(checkup, "the module does not answer");
		return;
	}
	for (size_t i = 0; i < snapshot->n_services; i++) {
		const char *name = snapshot->services[i].name;

		/* of all protocols and families together */
		if (!strcmp(name, last))
			continue;
		last = name;
		part = wrong_part(name, &len, &what);
		if (part && !strchr(name, '/'))
			check_found(checkup,
				    "service %s: no NAMESPACE/ before its name",
				    name);
		else if (part)
			check_found(checkup,
				    "service %s: %s '%.*s' is no DNS label",
				    name, what, (int)len, part);
	}
}
