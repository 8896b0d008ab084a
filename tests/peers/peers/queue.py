# SPDX-License-Identifier: GPL-2.0
"""Packets held inside the node, so that two of them surely race: each is under way before the other is known."""
import contextlib
import socket
import struct

from lab.family import V6

NETLINK_NETFILTER, SUBSYSTEM = 12, 3 << 8
PACKET, VERDICT, CONFIG = SUBSYSTEM | 0, SUBSYSTEM | 1, SUBSYSTEM | 2
A_PACKET_HDR, A_VERDICT_HDR = 1, 2
A_CFG_CMD, A_CFG_PARAMS, BIND, COPY_META = 1, 2, 1, 1
F_REQUEST, F_ACK, ACCEPT = 1, 4, 1


class Queue:
    """NFQUEUE of a host: what it holds goes on with release()."""

    def __init__(self, host, number, limit=30.0):
        self.number = number
        with host:
            self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.socket.settimeout(limit)
        self._send(CONFIG, A_CFG_CMD, struct.pack("!BBH", BIND, 0, 0), F_ACK)
        self._send(CONFIG, A_CFG_PARAMS, struct.pack("!IB", 0, COPY_META), F_ACK)
        self.held = []

    def _send(self, kind, attribute, octets, flags=0):
        attr = struct.pack("=HH", 4 + len(octets), attribute) + octets + bytes(-len(octets) % 4)
        body = struct.pack("!BBH", 0, 0, self.number) + attr
        self.socket.send(struct.pack("=IHHII", 16 + len(body), kind, F_REQUEST | flags, 1, 0) + body)
        if flags:
            error = -struct.unpack_from("=i", self.socket.recv(4096), 16)[0]
            assert not error, f"NFQUEUE: error {error}"

    def hold(self, number):
        """Wait until it holds so many packets."""
        while len(self.held) < number:
            octets = self.socket.recv(65536)
            at = 20                                     # the first attribute
            while at + 4 <= len(octets):
                size, kind = struct.unpack_from("=HH", octets, at)
                if kind & 0x3fff == A_PACKET_HDR:
                    self.held += struct.unpack_from("!I", octets, at + 4)
                    break
                at += (size + 3) & ~3

    def release(self):
        """Let all go on, in the order of their coming."""
        for packet in self.held:
            self._send(VERDICT, A_VERDICT_HDR, struct.pack("!II", ACCEPT, packet))
        self.held = []


@contextlib.contextmanager
def holding(host, family, number, *match):
    """A Queue of this number for the packets that match, words of iptables after the name of the table."""
    table, chain, *match = match
    command = "ip6tables" if family is V6 else "iptables"
    rule = (chain, *match, "-j", "NFQUEUE", "--queue-num", number)
    queue = Queue(host, number)
    host.run(command, "-w", "-t", table, "-I", *rule)
    try:
        yield queue
    finally:
        host.run(command, "-w", "-t", table, "-D", *rule)
        queue.socket.close()
