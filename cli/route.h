/* SPDX-License-Identifier: GPL-2.0 */
/* Where this node's routes say that an address lives. */
#ifndef SVCCTL_ROUTE_H
#define SVCCTL_ROUTE_H

#include "svcctl.h"

/**
 * enum route_answer - where an address lives
 * @ROUTE_UNKNOWN: no route leads there, or it could not be asked
 * @ROUTE_LOCAL: it is an address of this node
 * @ROUTE_DEVICE: behind a device
 */
enum route_answer {
	ROUTE_UNKNOWN,
	ROUTE_LOCAL,
	ROUTE_DEVICE,
};

/**
 * route_find - ask the kernel for the route to an address
 * @addr: the address
 * @device: NF_SVC_DEVICE_MAX + 1 bytes; the device with ROUTE_DEVICE
 *
 * Return: where the address lives, in the network namespace of the caller.
 */
enum route_answer route_find(const struct nf_svc_addr *addr, char *device);

/**
 * route_source - the address that this node has towards everybody else
 * @family: NFPROTO_*
 * @addr: where it goes: the source that the default route gives; family 0: none
 */
void route_source(uint8_t family, struct nf_svc_addr *addr);

#endif
