/* SPDX-License-Identifier: GPL-2.0 */
/*
 * healthCheckNodePort: load balancers ask each node whether it has endpoints of a
 * Service of its own (type LoadBalancer, externalTrafficPolicy Local): OPS-02.
 */
#ifndef NF_SVC_DAEMON_HEALTH_PORTS_H
#define NF_SVC_DAEMON_HEALTH_PORTS_H

#include "health.h"

/**
 * struct health_port - one that is listened at
 * @namespace: of the Service, owned
 * @name: of the Service, owned
 * @port: port
 * @wanted: the Service still says so
 * @owner: all of them
 * @servers: one for each address, owned
 * @n_servers: how many
 */
struct health_port {
	char *namespace;
	char *name;
	uint16_t port;
	bool wanted;
	struct health_ports *owner;
	struct http_server **servers;
	size_t n_servers;
};

/**
 * struct health_ports - all of them
 * @event: loop, not owned
 * @health: of the proxy, not owned
 * @store: the Services, not owned
 * @settle: has the addresses for node ports, not owned
 * @view: this node as it was when they were looked at, only to be compared
 * @list: each owned
 * @n: how many
 */
struct health_ports {
	sd_event *event;
	const struct health *health;
	struct store *store;
	const struct settle *settle;
	const struct view *view;
	struct health_port **list;
	size_t n;
};

/**
 * health_ports_update - listen where Services say so now; quick if nothing changed
 * @ports: all
 * @report: told where it is not possible
 */
void health_ports_update(struct health_ports *ports, struct report *report);

/**
 * health_ports_clean - listen nowhere
 * @ports: zeroed
 */
void health_ports_clean(struct health_ports *ports);

#endif
