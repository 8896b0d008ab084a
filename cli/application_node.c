// SPDX-License-Identifier: GPL-2.0
/* The node that manifests are applied on, and what it makes of them. */
#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "application.h"
#include "client/array.h"
#include "parse.h"
#include "route.h"

/* So many warnings of a kind are told one by one. */
#define WARNINGS_MAX 10

static enum exit_status read_name(const struct svcctl *ctl,
				  struct application *apply)
{
	char hostname[HOST_NAME_MAX + 1] = "";

	if (ctl->node)
		return node_name_read(ctl->node, apply->name) ?
			       complain(WRONG_USAGE,
					"--node %s: not a node's name",
					ctl->node) :
			       DONE;
	if (gethostname(hostname, sizeof(hostname) - 1) ||
	    node_name_read(hostname, apply->name))
		return complain(REFUSED, "no hostname: %s; say --node NAME",
				strerror(errno));
	return DONE;
}

static enum exit_status read_node_ports(const struct svcctl *ctl,
					struct application *apply)
{
	const char *text = ctl->node_port_addresses;

	apply->node_ports_said = text;
	if (!text || !strcmp(text, "primary"))
		return DONE;
	apply->node_port_choice = NODE_PORT_ALL;
	if (!strcmp(text, "all"))
		return DONE;
	/* a word is meant as one: no CIDR is without a digit or a colon */
	if (!strpbrk(text, "0123456789:"))
		return complain(
			WRONG_USAGE,
			"--nodeport-addresses %s: not known; primary, all or CIDR,..",
			text);
	apply->node_port_choice = NODE_PORT_CIDRS;
	return parse_cidrs(text, "--nodeport-addresses",
			   &apply->node_port_cidrs, &apply->n_node_port_cidrs);
}

enum exit_status application_read_node(struct svcctl *ctl,
				       struct application *apply)
{
	enum exit_status status = read_name(ctl, apply);

	return status ? status : read_node_ports(ctl, apply);
}

static bool read_address(const struct sockaddr *from, struct nf_svc_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (from && from->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, from, sizeof(in));
		addr->family = NFPROTO_IPV4;
		memcpy(addr->bytes, &in.sin_addr, sizeof(in.sin_addr));
	} else if (from && from->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, from, sizeof(in6));
		addr->family = NFPROTO_IPV6;
		memcpy(addr->bytes, &in6.sin6_addr, sizeof(in6.sin6_addr));
	}
	return addr->family;
}

static enum exit_status list_addresses(struct application *apply)
{
	enum exit_status status = DONE;
	struct ifaddrs *list;

	if (getifaddrs(&list))
		return complain(REFUSED, "no addresses of this node: %s",
				strerror(errno));
	for (const struct ifaddrs *one = list; one && !status;
	     one = one->ifa_next) {
		struct nf_svc_addr addr, *entry;

		if (!read_address(one->ifa_addr, &addr))
			continue;
		entry = nf_svc_array_add(&apply->addresses, &apply->n_addresses,
					 sizeof(*entry));
		if (entry)
			*entry = addr;
		else
			status = complain_memory();
	}
	freeifaddrs(list);
	return status;
}

enum exit_status application_find_node(struct svcctl *ctl,
				       struct application *apply,
				       struct node_view *node)
{
	enum exit_status status = list_addresses(apply);

	node->name = apply->name;
	node->zone = ctl->zone;
	node->addresses = apply->addresses;
	node->n_addresses = apply->n_addresses;
	route_source(NFPROTO_IPV4,
		     &node->primary[model_family_index(NFPROTO_IPV4)]);
	route_source(NFPROTO_IPV6,
		     &node->primary[model_family_index(NFPROTO_IPV6)]);
	return status;
}

static void tell_one(const struct application *apply,
		     const struct problem *problem)
{
	const char *file = file_name(apply->path);

	if (!*problem->service)
		warn("%s; %s", problem->what, problem->remedy);
	else if (*problem->field)
		warn("%s:%zu:%zu: service %s: %s: %s; %s", file,
		     problem->place.line, problem->place.column,
		     problem->service, problem->field, problem->what,
		     problem->remedy);
	else
		warn("%s:%zu:%zu: service %s: %s; %s", file,
		     problem->place.line, problem->place.column,
		     problem->service, problem->what, problem->remedy);
}

/* One mistake that stands in thousands of Services is not told thousands of times. */
static void tell(const struct application *apply,
		 const struct problems *problems)
{
	size_t told[PROBLEM_KINDS] = { 0 };

	for (size_t i = 0; i < problems->n; i++) {
		if (told[problems->list[i].kind]++ < WARNINGS_MAX)
			tell_one(apply, &problems->list[i]);
	}
	for (unsigned int kind = 0; kind < PROBLEM_KINDS; kind++) {
		if (told[kind] > WARNINGS_MAX)
			warn("%s: %zu more warnings of this kind",
			     problem_text(kind), told[kind] - WARNINGS_MAX);
	}
}

void application_tell(struct application *apply,
		      const struct problems *problems)
{
	if (apply->told)
		return;
	apply->told = true;
	tell(apply, problems);
	tell(apply, &apply->plan.problems);
}
