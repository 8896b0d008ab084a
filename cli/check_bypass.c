// SPDX-License-Identifier: GPL-2.0
/* svcctl check: packets that go past netfilter, and so past services. */
#include "check.h" /* before linux/…, which then leave netinet/in.h alone */

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/classifier.h>
#include <netlink/route/link.h>
#include <netlink/socket.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* enum bpf_attach_type of newer kernels than Debian 12's header (6.6, 6.7). */
#define ATTACH_TCX_INGRESS 46
#define ATTACH_TCX_EGRESS 47
#define ATTACH_NETKIT_PRIMARY 54
#define ATTACH_NETKIT_PEER 55

void check_flowtables(struct checkup *checkup)
{
	cJSON *list = nft_list(checkup, "list flowtables"), *item;

	cJSON_ArrayForEach(item, list) {
		const cJSON *table =
			cJSON_GetObjectItemCaseSensitive(item, "flowtable");

		if (table)
			check_found(
				checkup,
				"nft flowtable %s %s %s: flows that a rule puts there meet no hook any more, nor counters or changes of services",
				nft_text(table, "family"),
				nft_text(table, "table"),
				nft_text(table, "name"));
	}
	cJSON_Delete(list);
}

static void say_program(struct checkup *checkup, const char *device,
			const char *where)
{
	check_found(
		checkup,
		"device %s has a BPF program (%s): what it redirects never comes to netfilter",
		device, where);
}

/* A link, of a dump: has it XDP? */
static int look_at_link(struct nl_msg *message, void *context)
{
	struct nlmsghdr *header = nlmsg_hdr(message);
	struct nlattr *attrs[IFLA_XDP_MAX + 1], *xdp, *name;

	xdp = nlmsg_find_attr(header, sizeof(struct ifinfomsg), IFLA_XDP);
	name = nlmsg_find_attr(header, sizeof(struct ifinfomsg), IFLA_IFNAME);
	if (xdp && name && !nla_parse_nested(attrs, IFLA_XDP_MAX, xdp, NULL) &&
	    attrs[IFLA_XDP_ATTACHED] && nla_get_u8(attrs[IFLA_XDP_ATTACHED]))
		say_program(context, nla_get_string(name), "XDP");
	return NL_OK;
}

static int look_at_xdp(struct checkup *checkup, struct nl_sock *sock)
{
	struct ifinfomsg all = { .ifi_family = AF_UNSPEC };
	int ret;

	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, look_at_link,
			    checkup);
	ret = nl_send_simple(sock, RTM_GETLINK, NLM_F_DUMP, &all, sizeof(all));
	if (ret >= 0)
		ret = nl_recvmsgs_default(sock);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_DEFAULT, NULL, NULL);
	return ret < 0 ? ret : 0;
}

static int look_at_filters(struct checkup *checkup, struct nl_sock *sock,
			   struct rtnl_link *link, uint32_t parent,
			   const char *where)
{
	struct nl_cache *filters;
	bool found = false;
	int ret;

	ret = rtnl_cls_alloc_cache(sock, rtnl_link_get_ifindex(link), parent,
				   &filters);
	/* without the qdisc there are no filters of it */
	if (ret == -NLE_INVAL || ret == -NLE_OBJ_NOTFOUND)
		return 0;
	if (ret)
		return ret;
	for (struct nl_object *at = nl_cache_get_first(filters); at && !found;
	     at = nl_cache_get_next(at)) {
		const char *kind = rtnl_tc_get_kind((struct rtnl_tc *)at);

		found = kind && !strcmp(kind, "bpf");
	}
	nl_cache_free(filters);
	if (found)
		say_program(checkup, rtnl_link_get_name(link), where);
	return 0;
}

/* How many programs are attached to a device in a way of newer kernels; 0 too where
 * there is no such way; -1: not ours to know.
 */
static int programs(int index, uint32_t attach_type)
{
	union bpf_attr attr = { 0 };

	attr.query.target_fd = (uint32_t)index;
	attr.query.attach_type = attach_type;
	if (syscall(__NR_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)))
		return errno == EPERM || errno == EACCES ? -1 : 0;
	return (int)attr.query.prog_cnt;
}

/* *hidden: some could not be asked for. */
static int look_at_device(struct checkup *checkup, struct nl_sock *sock,
			  struct rtnl_link *link, bool *hidden)
{
	static const struct {
		uint32_t type;
		const char *where;
	} ways[] = {
		{ ATTACH_TCX_INGRESS, "tcx, ingress" },
		{ ATTACH_TCX_EGRESS, "tcx, egress" },
		{ ATTACH_NETKIT_PRIMARY, "netkit" },
		{ ATTACH_NETKIT_PEER, "netkit, peer" },
	};
	int ret;

	ret = look_at_filters(checkup, sock, link,
			      TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
			      "tc, ingress");
	if (!ret)
		ret = look_at_filters(checkup, sock, link,
				      TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
				      "tc, egress");
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		int n = programs(rtnl_link_get_ifindex(link), ways[i].type);

		if (n > 0)
			say_program(checkup, rtnl_link_get_name(link),
				    ways[i].where);
		*hidden |= n < 0;
	}
	return ret;
}

void check_bpf(struct checkup *checkup)
{
	struct nl_sock *sock;
	bool hidden = false;
	int ret;

	if (!network_read(checkup))
		return;
	sock = nl_socket_alloc();
	if (!sock) {
		checkup->no_memory = true;
		return;
	}
	ret = nl_connect(sock, NETLINK_ROUTE);
	if (!ret)
		ret = look_at_xdp(checkup, sock);
	for (struct nl_object *at = nl_cache_get_first(checkup->links);
	     at && !ret; at = nl_cache_get_next(at))
		ret = look_at_device(checkup, sock, (struct rtnl_link *)at,
				     &hidden);
	nl_socket_free(sock);
	if (ret)
		check_unchecked(checkup, "BPF programs of devices: %s",
				nl_geterror(ret));
	if (hidden)
		check_unchecked(
			checkup,
			"BPF programs of kinds tcx and netkit: not permitted (CAP_SYS_ADMIN, or CAP_NET_ADMIN and CAP_BPF)");
}

/* Datapaths of others, by the devices that they make. */
void check_datapaths(struct checkup *checkup)
{
	static const struct {
		const char *type;
		const char *name;
		const char *what;
	} signs[] = {
		{ "openvswitch", NULL, "Open vSwitch" },
		{ NULL, "ovs-system", "Open vSwitch" },
		{ NULL, "cilium_host", "Cilium" },
		{ NULL, "cilium_net", "Cilium" },
		{ NULL, "bpfin.cali", "Calico's BPF dataplane" },
	};

	if (!network_read(checkup))
		return;
	for (struct nl_object *at = nl_cache_get_first(checkup->links); at;
	     at = nl_cache_get_next(at)) {
		const char *type = rtnl_link_get_type((struct rtnl_link *)at);
		const char *name = rtnl_link_get_name((struct rtnl_link *)at);

		for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
			if ((signs[i].type &&
			     (!type || strcmp(type, signs[i].type))) ||
			    (signs[i].name && strcmp(name, signs[i].name)))
				continue;
			check_found(
				checkup,
				"device %s: %s carries packets here, past netfilter where it does so by itself",
				name, signs[i].what);
			break;
		}
	}
}
