/* SPDX-License-Identifier: GPL-2.0 */
/* Sets of addresses, for which adding and asking cost the logarithm of their size. */
#ifndef NF_SVC_SYNC_ADDRESS_SET_H
#define NF_SVC_SYNC_ADDRESS_SET_H

#include "client/address.h"

/**
 * struct address_set - addresses; all zero is the empty set
 * @root: of a search tree of addresses that are counted
 * @n: how many
 */
struct address_set {
	void *root;
	size_t n;
};

/**
 * address_set_add - add an address
 * @set: the set
 * @addr: copied
 *
 * Return: 0, -EEXIST: it is there already, or -ENOMEM.
 */
int address_set_add(struct address_set *set, const struct nf_svc_addr *addr);

/**
 * address_set_hold - add an address, once more if it is there
 * @set: the set
 * @addr: copied
 *
 * Return: 0 or -ENOMEM.
 */
int address_set_hold(struct address_set *set, const struct nf_svc_addr *addr);

/**
 * address_set_drop - undo one address_set_hold() or address_set_add()
 * @set: the set
 * @addr: may not be there
 */
void address_set_drop(struct address_set *set, const struct nf_svc_addr *addr);

/**
 * address_set_has - is an address in a set?
 * @set: NULL: the empty one
 * @addr: the address
 */
bool address_set_has(const struct address_set *set,
		     const struct nf_svc_addr *addr);

/**
 * address_set_clean - release a set
 * @set: empty afterwards
 */
void address_set_clean(struct address_set *set);

#endif
