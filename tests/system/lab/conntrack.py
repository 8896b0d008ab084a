# SPDX-License-Identifier: GPL-2.0
"""Conntrack's table of a namespace, without the exec of conntrack(8)."""
import os
import socket
import struct

NETLINK_NETFILTER = 12
IPCTNL_MSG_CT_DELETE = 1 << 8 | 2
F_REQUEST, F_ACK = 0x1, 0x4


def flush(host):
    """Forget all flows: what an earlier test sent is not new in the next one."""
    with host:
        s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    with s:
        s.send(struct.pack("=IHHII", 20, IPCTNL_MSG_CT_DELETE, F_REQUEST | F_ACK, 1, 0) + bytes(4))
        error = -struct.unpack_from("=i", s.recv(4096), 16)[0]
    if error:
        raise OSError(error, os.strerror(error))


def count(host):
    """How many flows it knows."""
    return int(host.sysctl("net.netfilter.nf_conntrack_count"))
