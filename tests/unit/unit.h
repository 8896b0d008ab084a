/* SPDX-License-Identifier: GPL-2.0 */
/* What the unit tests share. */
#ifndef NF_SVC_UNIT_H
#define NF_SVC_UNIT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/client.h"
#include "sync/allocate.h"
#include "sync/reconcile.h"

/* A test called as its function. */
#define TEST(name) cmocka_unit_test(name)

/**
 * addr - an address
 * @text: as people write it; the test fails if it is none
 */
struct nf_svc_addr addr(const char *text);

/**
 * cidr - a range
 * @text: as people write it; the test fails if it is none
 */
struct nf_svc_cidr cidr(const char *text);

/**
 * read_text - a file out of its text
 * @text: YAML or JSON; the test fails if it cannot be read
 */
struct tree_file read_text(const char *text);

/**
 * read_model - a model out of a manifest
 * @text: YAML or JSON; the test fails if it cannot be read
 */
struct model read_model(const char *text);

/**
 * fail_model - what is wrong with a manifest
 * @text: YAML or JSON; the test fails if it can be read
 */
struct tree_error fail_model(const char *text);

/**
 * assert_backend - a service must have a backend
 * @service: the service
 * @place: "10.0.0.1:80"
 * @sets: its sets
 */
void assert_backend(const struct nf_svc_service *service, const char *place,
		    unsigned int sets);

/* Parts of manifests. */
#define SERVICE(name, spec)                                           \
	"apiVersion: v1\nkind: Service\nmetadata: {name: " name "}\n" \
	"spec: {" spec "}\n---\n"
#define SLICE(name, service, ports, endpoints)                   \
	"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n" \
	"metadata: {name: " name                                 \
	", labels: {kubernetes.io/service-name: " service        \
	"}}\naddressType: IPv4\nports: [" ports "]\n"            \
	"endpoints: [" endpoints "]\n---\n"
#define READY(address) "{addresses: [" address "]}"
#define READY_ON(address, node) "{addresses: [" address "], nodeName: " node "}"
#define STATE(address, node, ready, serving, terminating)    \
	"{addresses: [" address "], nodeName: " node         \
	", conditions: {ready: " ready ", serving: " serving \
	", terminating: " terminating "}}"

#endif
