/* SPDX-License-Identifier: GPL-2.0 */
/* Flows: which there are, and how many a backend has. */
#ifndef NF_SVC_CLIENT_FLOWS_H
#define NF_SVC_CLIENT_FLOWS_H

#include "client.h"

/**
 * struct nf_svc_flow - the record of a flow
 * @name: of its service, owned
 * @protocol: of its service
 * @family: of its service
 * @source: the client
 * @source_port: its port
 * @addr: what it asked for
 * @port: its port
 * @backend: who serves it: address and port
 * @state: enum nf_svc_flow_state
 * @age: seconds since its first packet
 */
struct nf_svc_flow {
	char *name;
	uint8_t protocol;
	uint8_t family;
	struct nf_svc_addr source;
	uint16_t source_port;
	struct nf_svc_addr addr;
	uint16_t port;
	struct nf_svc_backend backend;
	uint32_t state;
	uint32_t age;
};

/**
 * nf_svc_flows_dump - read the records of flows
 * @client: the client
 * @key: only of this service, NULL: of all
 * @backend: only those that have this address and port, NULL: any
 * @flows: where the array goes, sorted by service, backend and client;
 *	nf_svc_flows_free() it
 * @n: where its length goes
 * @error: on failure
 */
int nf_svc_flows_dump(struct nf_svc_client *client,
		      const struct nf_svc_key *key,
		      const struct nf_svc_backend *backend,
		      struct nf_svc_flow **flows, size_t *n,
		      struct nf_svc_error *error);

/**
 * nf_svc_flows_free - release what nf_svc_flows_dump() gave
 * @flows: the array
 * @n: its length
 */
void nf_svc_flows_free(struct nf_svc_flow *flows, size_t n);

/**
 * nf_svc_flows_left - how many flows has a backend that are not over?
 * @client: the client
 * @key: of its service
 * @backend: address and port count; its service may no longer have it
 * @left: where the answer goes
 * @error: on failure
 */
int nf_svc_flows_left(struct nf_svc_client *client,
		      const struct nf_svc_key *key,
		      const struct nf_svc_backend *backend, uint32_t *left,
		      struct nf_svc_error *error);

#endif
