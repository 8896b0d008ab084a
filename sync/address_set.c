// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "sync/address_set.h"

/**
 * struct counted - an address
 * @addr: the address; first, for what is looked for is an address alone
 * @times: how often it was added, never 0
 */
struct counted {
	struct nf_svc_addr addr;
	size_t times;
};

static int compare(const void *a, const void *b)
{
	return nf_svc_addr_compare(a, b);
}

int address_set_add(struct address_set *set, const struct nf_svc_addr *addr)
{
	struct counted *copy, **found;

	if (address_set_has(set, addr))
		return -EEXIST;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	copy->addr = *addr;
	copy->times = 1;
	found = tsearch(copy, &set->root, compare);
	if (!found) {
		free(copy);
		return -ENOMEM;
	}
	set->n++;
	return 0;
}

int address_set_hold(struct address_set *set, const struct nf_svc_addr *addr)
{
	struct counted **found = tfind(addr, &set->root, compare);

	if (!found)
		return address_set_add(set, addr);
	(*found)->times++;
	return 0;
}

void address_set_drop(struct address_set *set, const struct nf_svc_addr *addr)
{
	struct counted **found = tfind(addr, &set->root, compare), *counted;

	if (!found || --(*found)->times)
		return;
	counted = *found;
	tdelete(addr, &set->root, compare);
	free(counted);
	set->n--;
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
