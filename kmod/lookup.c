// SPDX-License-Identifier: GPL-2.0-only
/* Which service does a packet ask for? Address first, then port. */
#include <linux/jhash.h>
#include <linux/netfilter.h>

#include "packet.h"
#include "trace.h"

/**
 * nf_svc_hash_addr() - hash of an address
 * @ns: tables; holds the key
 * @family: NFPROTO_*
 * @addr: address, network byte order
 *
 * Keyed, for addresses come from tenants (externalIPs, load balancers).
 * Return: hash.
 */
u32 nf_svc_hash_addr(const struct nf_svc_ns *ns, u8 family,
		     const union nf_inet_addr *addr)
{
	if (family == NFPROTO_IPV4)
		return siphash_1u32((__force u32)addr->ip, &ns->key);
	return siphash(&addr->in6, sizeof(addr->in6), &ns->key);
}

/**
 * nf_svc_hash_frontend() - hash of a frontend's key
 * @addr_hash: nf_svc_hash_addr() of its address
 * @protocol: IPPROTO_*
 * @port: network byte order
 *
 * A cheap mix does here: @addr_hash is secret, and the rest can make no more
 * than the frontends of one address meet.
 * Return: hash.
 */
u32 nf_svc_hash_frontend(u32 addr_hash, u8 protocol, __be16 port)
{
	return jhash_2words(addr_hash, (__force u32)port << 16 | protocol, 0);
}

static const struct nf_svc_address *
nf_svc_address_find(const struct nf_svc_packet *packet, u32 hash)
{
	const struct nf_svc_buckets *buckets =
		rcu_dereference(packet->ns->addresses.buckets);
	const struct nf_svc_address *address;
	const struct nf_svc_entry *entry;

	nf_svc_table_for_each(buckets, hash, entry) {
		address = container_of(entry, struct nf_svc_address, entry);
		if (entry->hash == hash && address->family == packet->family &&
		    nf_inet_addr_cmp(&address->addr, &packet->daddr) &&
		    nf_svc_visible(entry, packet->generation))
			return address;
	}
	return NULL;
}

/* The key of frontends of every node address. */
static const union nf_inet_addr nf_svc_addr_any;

static bool nf_svc_frontend_is(const struct nf_svc_frontend *frontend,
			       const struct nf_svc_packet *packet,
			       const union nf_inet_addr *addr, u32 hash)
{
	return frontend->entry.hash == hash &&
	       frontend->port == packet->dport &&
	       frontend->protocol == packet->protocol &&
	       frontend->family == packet->family &&
	       nf_inet_addr_cmp(&frontend->addr, addr);
}

static const struct nf_svc_frontend *
nf_svc_frontend_find_hash(const struct nf_svc_packet *packet,
			  const union nf_inet_addr *addr, u32 hash)
{
	const struct nf_svc_buckets *buckets =
		rcu_dereference(packet->ns->frontends.buckets);
	const struct nf_svc_frontend *frontend;
	const struct nf_svc_entry *entry;

	nf_svc_table_for_each(buckets, hash, entry) {
		frontend = container_of(entry, struct nf_svc_frontend, entry);
		if (nf_svc_frontend_is(frontend, packet, addr, hash) &&
		    nf_svc_visible(entry, packet->generation))
			return frontend;
	}
	return NULL;
}

static bool nf_svc_node_ports_there(const struct nf_svc_packet *packet)
{
	return packet->dport &&
	       READ_ONCE(
		       packet->ns->node_ports[packet->family == NFPROTO_IPV6]);
}

/* A hash of what is the same for all packets of a family: not worth a cache. */
static u32 nf_svc_hash_node_port(const struct nf_svc_packet *packet)
{
	return nf_svc_hash_frontend(nf_svc_hash_addr(packet->ns, packet->family,
						     &nf_svc_addr_any),
				    packet->protocol, packet->dport);
}

/* Of every node address: the port first, for it seldom is one. */
static const struct nf_svc_frontend *
nf_svc_node_port_find(const struct nf_svc_packet *packet)
{
	const struct nf_svc_frontend *frontend;

	if (!nf_svc_node_ports_there(packet))
		return NULL;
	frontend = nf_svc_frontend_find_hash(packet, &nf_svc_addr_any,
					     nf_svc_hash_node_port(packet));
	return frontend && nf_svc_node_port_at(packet) ? frontend : NULL;
}

static bool nf_svc_in_service_cidr(const struct nf_svc_packet *packet)
{
	const struct nf_svc_settings *settings;

	settings = nf_svc_settings_at(packet->ns, packet->generation);
	return settings &&
	       nf_svc_cidrs_have(
		       nf_svc_settings_cidrs(settings, NF_SVC_CIDRS_SERVICE),
		       nf_svc_settings_nr(settings, NF_SVC_CIDRS_SERVICE),
		       packet->family, &packet->daddr);
}

/**
 * nf_svc_lookup_nobody() - is it an address of services alone, and none has it?
 * @packet: as for nf_svc_lookup(), which found nothing; sets @class, @verdict and
 *	@reason if so
 *
 * For flows that nobody else gave another destination.
 *
 * Context: softirq or process, RCU read side.
 */
void nf_svc_lookup_nobody(struct nf_svc_packet *packet)
{
	u32 hash;

	if (likely(!nf_svc_in_service_cidr(packet)))
		return;
	hash = nf_svc_hash_addr(packet->ns, packet->family, &packet->daddr);
	if (nf_svc_address_find(packet, hash) || nf_svc_node_has(packet))
		return;
	packet->verdict = NF_SVC_VERDICT_DROP;
	packet->reason = NF_SVC_DROP_SERVICE_CIDR;
	nf_svc_classify(packet);
	trace_nf_svc_lookup(packet);
}

/**
 * nf_svc_frontend_find() - find a frontend by its key
 * @packet: @ns, @generation, @daddr, @dport, @protocol and @family are the key
 *
 * Context: softirq or process, RCU read side.
 * Return: the frontend, good for the RCU read side, or NULL.
 */
const struct nf_svc_frontend *
nf_svc_frontend_find(const struct nf_svc_packet *packet)
{
	u32 hash = nf_svc_hash_addr(packet->ns, packet->family, &packet->daddr);

	return nf_svc_frontend_find_hash(
		packet, &packet->daddr,
		nf_svc_hash_frontend(hash, packet->protocol, packet->dport));
}

/* Sets @frontend and @config; the address that the packet asks for, or NULL. */
static const struct nf_svc_address *
nf_svc_lookup_frontend(struct nf_svc_packet *packet)
{
	const struct nf_svc_address *address;
	bool exclusive;
	u32 hash;

	hash = nf_svc_hash_addr(packet->ns, packet->family, &packet->daddr);
	address = nf_svc_address_find(packet, hash);
	/* NodePorts' key is nobody's address. */
	if (unlikely(address && nf_svc_addr_is_any(&address->addr)))
		address = NULL;
	if (address && packet->dport) {
		hash = nf_svc_hash_frontend(hash, packet->protocol,
					    packet->dport);
		packet->frontend =
			nf_svc_frontend_find_hash(packet, &packet->daddr, hash);
	}
	exclusive = address && address->flags & NF_SVC_FRONTEND_EXCLUSIVE;
	if (!packet->frontend && !exclusive)
		packet->frontend = nf_svc_node_port_find(packet);
	if (packet->frontend)
		packet->config = nf_svc_config_at(packet->frontend->service,
						  packet->generation);
	return address;
}

/**
 * nf_svc_lookup() - find the frontend a packet asks for, and what it says
 * @packet: the packet; sets @frontend, @config, @class, @rule, or else @verdict
 *
 * An address of its own goes before a NodePort. A packet of no service pays one
 * miss in the address table, and where there are NodePorts a miss among these.
 *
 * Context: softirq or process, RCU read side.
 */
void nf_svc_lookup(struct nf_svc_packet *packet)
{
	const struct nf_svc_address *address = nf_svc_lookup_frontend(packet);
	u8 flags = address ? address->flags : 0;

	if (!packet->frontend && !address)
		return;

	nf_svc_classify(packet);
	if (packet->frontend) {
		packet->rule = &packet->frontend->rule[packet->class];
	} else if (flags & NF_SVC_FRONTEND_EXCLUSIVE &&
		   flags & NF_SVC_FRONTEND_INTERNAL &&
		   packet->class == NF_SVC_CLASS_OUTSIDE) {
		/* Else it could be seen from outside which ports there are. */
		packet->verdict = NF_SVC_VERDICT_DROP;
		packet->reason = NF_SVC_DROP_INTERNAL;
	} else if (flags & NF_SVC_FRONTEND_EXCLUSIVE) {
		packet->verdict = NF_SVC_VERDICT_REFUSE;
		packet->reason = NF_SVC_DROP_UNCLAIMED;
	}
	trace_nf_svc_lookup(packet);
}

/* Sorted inside a group: backend.c. */
static const struct nf_svc_backend *
nf_svc_group_find(const struct nf_svc_config *config, u32 start, u32 end,
		  const union nf_inet_addr *addr, __be16 port)
{
	while (start < end) {
		u32 middle = start + (end - start) / 2;
		int order = nf_svc_backend_order(&config->backends[middle],
						 addr, port);

		if (!order)
			return &config->backends[middle];
		if (order < 0)
			start = middle + 1;
		else
			end = middle;
	}
	return NULL;
}

/**
 * nf_svc_set_find() - a backend of a set, by its key
 * @config: configuration
 * @set: index of the set
 * @addr: its address, network byte order
 * @port: its port, network byte order
 *
 * Context: any.
 * Return: the backend, good as long as @config, or NULL.
 */
const struct nf_svc_backend *nf_svc_set_find(const struct nf_svc_config *config,
					     u8 set,
					     const union nf_inet_addr *addr,
					     __be16 port)
{
	u32 first = set ? 0 : config->group[0];
	u32 middle = set ? config->group[0] : config->group[1];
	u32 last = set ? config->group[1] : config->group[2];
	const struct nf_svc_backend *backend;

	backend = nf_svc_group_find(config, first, middle, addr, port);
	return backend ? backend :
			 nf_svc_group_find(config, middle, last, addr, port);
}

/**
 * nf_svc_lookup_keeps() - may a flow go on as it is?
 * @packet: the packet's original tuple; sets @frontend and @config, and @backend if
 *	its service has it
 * @addr: backend that the flow has, or NULL: none
 * @port: its port, network byte order
 *
 * Not if its frontend's service does not have that backend, not even draining.
 *
 * Context: softirq or process, RCU read side.
 * Return: may it? Flows of no frontend may.
 */
bool nf_svc_lookup_keeps(struct nf_svc_packet *packet,
			 const union nf_inet_addr *addr, __be16 port)
{
	const struct nf_svc_config *config;
	u32 start = 0, i;

	nf_svc_lookup_frontend(packet);
	if (!packet->frontend)
		return true;
	config = packet->config;
	for (i = 0; addr && i < ARRAY_SIZE(config->group); i++) {
		packet->backend = nf_svc_group_find(
			config, start, config->group[i], addr, port);
		if (packet->backend)
			return true;
		start = config->group[i];
	}
	return false;
}

/* Could a frontend at this address have given this backend? Sets what
 * nf_svc_lookup_flow() sets.
 */
static bool nf_svc_lookup_flow_at(struct nf_svc_packet *packet,
				  const union nf_inet_addr *at, u32 hash,
				  const union nf_inet_addr *addr, __be16 port)
{
	const struct nf_svc_buckets *buckets =
		rcu_dereference(packet->ns->frontends.buckets);
	const struct nf_svc_frontend *frontend;
	const struct nf_svc_version *version;
	const struct nf_svc_entry *entry;
	bool visible = true;

again:
	nf_svc_table_for_each(buckets, hash, entry) {
		frontend = container_of(entry, struct nf_svc_frontend, entry);
		if (!nf_svc_frontend_is(frontend, packet, at, hash) ||
		    nf_svc_visible(entry, packet->generation) != visible ||
		    READ_ONCE(entry->born) > packet->generation)
			continue;
		if (!packet->frontend)
			nf_svc_classify(packet);
		packet->frontend = frontend;
		packet->rule = &frontend->rule[packet->class];
		version = rcu_dereference(frontend->service->config);
		for (; version; version = rcu_dereference(version->prev)) {
			packet->config = (const struct nf_svc_config *)version;
			if (nf_svc_set_find(packet->config, packet->rule->set,
					    addr, port))
				return true;
		}
	}
	if (visible) {
		visible = false;
		goto again;
	}
	return false;
}

/**
 * nf_svc_lookup_flow() - find again what a new flow's first packet was bound by
 * @packet: the packet's original tuple; sets @frontend, @config, @class, @rule
 * @addr: backend that the flow was given
 * @port: its port, network byte order
 *
 * A commit may have come since. So every version that is still linked, but for
 * what is only staged, is asked whether it could have given this backend, today's
 * before yesterday's: what a
 * forwarded packet saw in PRE_ROUTING is kept as long as it is in the same RCU
 * read side, and a flow is not left unmasqueraded because its frontend or its
 * backend has gone meanwhile. Where both versions could have given the backend,
 * today's rule is used; a packet that waited in between (NFQUEUE, or a socket
 * that was preempted) for a grace period is judged by today's tables alone.
 *
 * Context: softirq or process, RCU read side.
 * Return: was it one of ours?
 */
bool nf_svc_lookup_flow(struct nf_svc_packet *packet,
			const union nf_inet_addr *addr, __be16 port)
{
	u32 hash = nf_svc_hash_addr(packet->ns, packet->family, &packet->daddr);

	hash = nf_svc_hash_frontend(hash, packet->protocol, packet->dport);
	if (nf_svc_lookup_flow_at(packet, &packet->daddr, hash, addr, port))
		return true;
	/* Not whether NodePorts answer there today: a commit may have changed that. */
	return nf_svc_node_ports_there(packet) &&
	       nf_svc_lookup_flow_at(packet, &nf_svc_addr_any,
				     nf_svc_hash_node_port(packet), addr,
				     port) &&
	       nf_svc_node_has(packet);
}
