// SPDX-License-Identifier: GPL-2.0
#include <net/if.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "route.h"

/**
 * struct found - what the kernel answered
 * @type: RTN_*
 * @index: of the device, 0: none
 * @source: which address packets that way have
 */
struct found {
	unsigned int type;
	unsigned int index;
	struct nf_svc_addr source;
};

static int read_route(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct nlattr *attrs[RTA_MAX + 1];
	struct found *found = arg;
	struct rtmsg *route;

	if (nlmsg_parse(nlh, sizeof(*route), attrs, RTA_MAX, NULL) < 0)
		return NL_SKIP;
	route = nlmsg_data(nlh);
	found->type = route->rtm_type;
	if (attrs[RTA_OIF])
		found->index = nla_get_u32(attrs[RTA_OIF]);
	if (attrs[RTA_PREFSRC] && (size_t)nla_len(attrs[RTA_PREFSRC]) ==
					  nf_svc_addr_size(route->rtm_family)) {
		found->source.family = route->rtm_family;
		memcpy(found->source.bytes, nla_data(attrs[RTA_PREFSRC]),
		       nf_svc_addr_size(route->rtm_family));
	}
	return NL_OK;
}

static int ask(struct nl_sock *sock, const struct nf_svc_addr *addr,
	       struct found *found)
{
	size_t size = nf_svc_addr_size(addr->family);
	struct rtmsg route = {
		.rtm_family = addr->family,
		.rtm_dst_len = (unsigned char)(size * 8),
	};
	struct nl_msg *msg;
	int ret;

	if (nl_connect(sock, NETLINK_ROUTE) < 0)
		return -1;
	msg = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST);
	if (!msg)
		return -1;
	if (nlmsg_append(msg, &route, sizeof(route), NLMSG_ALIGNTO) ||
	    nla_put(msg, RTA_DST, (int)size, addr->bytes)) {
		nlmsg_free(msg);
		return -1;
	}
	ret = nl_send_auto(sock, msg);
	nlmsg_free(msg);
	if (ret < 0)
		return ret;
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, read_route, found);
	return nl_recvmsgs_default(sock);
}

enum route_answer route_find(const struct nf_svc_addr *addr, char *device)
{
	struct nl_sock *sock = nl_socket_alloc();
	struct found found = { 0 };
	char name[IF_NAMESIZE];
	int ret;

	*device = '\0';
	if (!sock)
		return ROUTE_UNKNOWN;
	ret = ask(sock, addr, &found);
	nl_socket_free(sock);
	if (ret < 0)
		return ROUTE_UNKNOWN;
	if (found.type == RTN_LOCAL)
		return ROUTE_LOCAL;
	if (found.type != RTN_UNICAST || !if_indextoname(found.index, name))
		return ROUTE_UNKNOWN;
	strncpy(device, name, NF_SVC_DEVICE_MAX);
	device[NF_SVC_DEVICE_MAX] = '\0';
	return ROUTE_DEVICE;
}

/* Addresses for documentation: no other route than the default one leads there. */
static const struct nf_svc_addr far[] = {
	{ .family = NFPROTO_IPV4, .bytes = { 198, 51, 100, 1 } },
	{ .family = NFPROTO_IPV6, .bytes = { 0x3f, 0xff, [15] = 1 } },
};

void route_source(uint8_t family, struct nf_svc_addr *addr)
{
	struct nl_sock *sock = nl_socket_alloc();
	struct found found = { 0 };

	memset(addr, 0, sizeof(*addr));
	if (!sock)
		return;
	if (ask(sock, &far[family == NFPROTO_IPV6], &found) >= 0 &&
	    found.type == RTN_UNICAST)
		*addr = found.source;
	nl_socket_free(sock);
}
