// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "sync/address_set.h"

static int compare(const void *a, const void *b)
{
	return nf_svc_addr_compare(a, b);
}

int address_set_add(struct address_set *set, const struct nf_svc_addr *addr)
{
	struct nf_svc_addr *copy, **found;

	if (address_set_has(set, addr))
		return -EEXIST;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *addr;
	found = tsearch(copy, &set->root, compare);
	if (!found) {
		free(copy);
		return -ENOMEM;
	}
	set->n++;
	return 0;
}

bool address_set_has(const struct address_set *set,
		     const struct nf_svc_addr *addr)
{
	return set && tfind(addr, &set->root, compare);
}

void address_set_clean(struct address_set *set)
{
	tdestroy(set->root, free);
	memset(set, 0, sizeof(*set));
}
