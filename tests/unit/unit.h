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
#include "sync/claims.h"
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

/* Everything that a module could ever do. */
#define ALL_CAPABILITIES UINT64_MAX

/**
 * struct run - manifests resolved for a node
 * @settings: what a pod is; as run_begin() leaves it nobody knows
 * @node: "here" in zone "a", 192.0.2.10 and fd00:2::10
 * @ports: node ports at its primary addresses
 * @options: with all capabilities and schedulers, trusting nobody
 * @problems: what was found
 * @model: the manifests
 * @desired: what they come to
 * @ends: see resolve_all()
 */
struct run {
	struct nf_svc_settings settings;
	struct node_view node;
	struct node_ports ports;
	struct resolve_options options;
	struct problems problems;
	struct model model;
	struct desired desired;
	size_t ends[64];
};

/**
 * run_begin - make a node
 * @run: filled; to be changed before run_resolve()
 */
void run_begin(struct run *run);

/**
 * run_node_ports - choose where node ports answer
 * @run: its node has the addresses
 * @choice: how
 * @cidrs: array, or NULL
 * @n: its length
 */
void run_node_ports(struct run *run, enum node_port_choice choice,
		    const struct nf_svc_cidr *cidrs, size_t n);

/**
 * run_resolve - resolve manifests
 * @run: gets the result; run_clean() it
 * @text: YAML or JSON
 */
void run_resolve(struct run *run, const char *text);

/**
 * run_clean - release it
 * @run: the run
 */
void run_clean(struct run *run);

/**
 * run_service - one service of the result; the test fails if it is not there
 * @run: the run
 * @name: the kernel's name
 * @family: NFPROTO_*
 */
const struct nf_svc_service *run_service(const struct run *run,
					 const char *name, uint8_t family);

/**
 * assert_backends - the backends of a service
 * @service: the service
 * @expected: "10.0.0.1:80=CL 10.0.0.2:80=", in their order
 */
void assert_backends(const struct nf_svc_service *service,
		     const char *expected);

/**
 * assert_frontends - the frontends of a service
 * @service: the service
 * @expected: "ClusterIP 10.96.0.1:80, NodePort *:30080", in their order
 */
void assert_frontends(const struct nf_svc_service *service,
		      const char *expected);

/**
 * assert_rules - the rules of the frontend of a kind, of which there is one
 * @service: the service
 * @kind: enum nf_svc_kind
 * @expected: for pod, node and outside: "C CM L!": set, masquerade, drop
 */
void assert_rules(const struct nf_svc_service *service, uint8_t kind,
		  const char *expected);

/**
 * assert_ranges - the source ranges of the first frontend of a kind
 * @service: the service
 * @kind: enum nf_svc_kind
 * @expected: "10.0.0.0/8 192.0.2.0/24"
 */
void assert_ranges(const struct nf_svc_service *service, uint8_t kind,
		   const char *expected);

/**
 * assert_problem - a kind of problem must have been found
 * @problems: all that were
 * @kind: the kind
 * @times: so often
 * @text: which the last one of it says; NULL: never mind
 */
void assert_problem(const struct problems *problems, enum problem_kind kind,
		    size_t times, const char *text);

/**
 * assert_resolves - what the only Service of a manifest, with one port, comes to
 * @text: YAML or JSON
 * @expected: its backends, as for assert_backends()
 */
void assert_resolves(const char *text, const char *expected);

/**
 * svcctl_run - run svcctl
 * @line: its words
 * @out: where what it prints goes
 * @err: where what it complains of goes
 * @size: room in each of them
 *
 * Return: its exit status.
 */
int svcctl_run(const char *line, char *out, char *err, size_t size);

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

/* Parts of manifests about one Service at 10.96.0.1. */
#define WEB_SERVICE SERVICE("web", "clusterIP: 10.96.0.1, ports: [{port: 80}]")
#define TERMINATING(address, node) STATE(address, node, "false", "true", "true")
#define GONE(address, node) STATE(address, node, "false", "false", "true")

/* An endpoint that is ready, with hints: "forZones: [{name: a}]". */
#define HINTED(address, node, hints) \
	"{addresses: [" address "], nodeName: " node ", hints: {" hints "}}"
#define ZONE(zone) "forZones: [{name: " zone "}]"
#define NODE(node) "forNodes: [{name: " node "}]"

#endif
