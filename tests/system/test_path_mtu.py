# SPDX-License-Identifier: GPL-2.0
"""ICMP errors, path MTU and datagrams that do not fit into one packet: DP-06, DP-07."""
import contextlib
import errno
import json
import socket
import struct
import threading

import pytest

from lab.client import Conversation
from lab.family import V4, V6
from lab.packets import checksum
from lab.server import listen

MIDDLE = 1400       # of a link on the way; IPv6 allows no less than 1,280
CLIENTS = "c", "outside", "node"


def known_mtu(host, address):
    """What host has learnt of the path to an address; None: nothing."""
    family = V6 if ":" in address else V4
    route, = json.loads(host.run("ip", "-j", f"-{family.name[3]}", "route", "get", address).stdout)
    return next((m["mtu"] for m in route.get("metrics", []) if "mtu" in m), None)


def told(error):
    """The errno of what a call raised."""
    return getattr(error, "errno", None)


@pytest.mark.smoke
@pytest.mark.row("DP-06")
@pytest.mark.parametrize("client", CLIENTS)
def test_port_unreachable_of_the_backend(lab, svcctl, family, client):
    """DP-06: the backend's ICMP error reaches the socket that asked the service."""
    svcctl("add", "service", "shop/web:udp", family.at(family.vip(1), 80, "udp"),
           "backend", family.at(lab.d.addr(family), 9999))
    with Conversation(getattr(lab, client), family.vip(1), 80, "udp") as c:
        with pytest.raises(OSError) as e:
            c.ask()
    assert told(e.value) == errno.ECONNREFUSED


@contextlib.contextmanager
def narrow(host, device):
    """The device of host takes no packets over MIDDLE."""
    host.ip(f"link set {device} mtu {MIDDLE}")
    try:
        yield
    finally:
        host.ip(f"link set {device} mtu 1500")


TUNNELS = {("vxlan", V4): ("vxlan id 9 dstport 4789 local {} remote {}", 1450),
           ("vxlan", V6): ("vxlan id 9 dstport 4789 local {} remote {}", 1430),
           ("ip-in-ip", V4): ("ipip local {} remote {}", 1480),
           ("ip-in-ip", V6): ("ip6tnl mode ip6ip6 encaplimit none local {} remote {}", 1460)}


@contextlib.contextmanager
def tunnelled(lab, family, kind):
    """node and node2 reach each other's pods through a tunnel over the wire; yields its MTU."""
    link, mtu = TUNNELS[kind, family]
    pods, far, length = {V4: ("10.244.{}.0/24", "10.78.0.{}", 24),
                         V6: ("fd00:10:244:{}::/64", "fd00:78::{}", 64)}[family]
    nodes = (lab.node, 1, 2), (lab.node2, 2, 1)
    try:
        for host, mine, other in nodes:
            host.ip(f"""
                link add far type {link.format(lab.wire(family, mine), lab.wire(family, other))}
                link set far mtu {mtu} up
                addr add {far.format(mine)}/{length} dev far {'nodad' if family is V6 else ''}
                route replace {pods.format(other)} via {far.format(other)} dev far
            """)
        # what goes to others comes back the same way: rp_filter may ask for that
        lab.node2.ip(f"route replace default via {far.format(1)} dev far")
        yield mtu
    finally:
        lab.node2.ip(f"route replace default via {lab.wire(family, 1)}")
        for host, _, other in nodes:
            host.ip(f"""
                route replace {pods.format(other)} via {lab.wire(family, other)}
                link del far
            """)


def push(conversation, number=60000):
    """Send so many octets of which the answer to the last comes."""
    conversation.socket.settimeout(30)
    conversation.socket.sendall(b"." * number + b"\n")
    octets = b""
    while not octets.endswith(b"\n"):
        octets += conversation.socket.recv(65536)


def pull(conversation, lines=400):
    """Ask for an answer of several packets, and take all of it."""
    conversation.socket.settimeout(30)
    conversation.socket.sendall(b"\n" * lines)
    got = 0
    while got < lines:
        octets = conversation.socket.recv(65536)
        assert octets, "closed"
        got += octets.count(b"\n")


@pytest.fixture
def far_service(lab, svcctl, family):
    """A TCP service whose backend is on the other node; its address. Nobody knows of any path."""
    # whoever has learnt of a narrow path tells his peer so, with the next connection's MSS
    for host in lab.hosts:
        host.run("ip", f"-{family.name[3]}", "route", "flush", "cache")
    svcctl("add", "service", "shop/far:tcp", family.at(family.vip(1), 80),
           "backend", family.at(lab.d.addr(family), 8080))
    return family.vip(1)


@pytest.mark.row("DP-06")
@pytest.mark.parametrize("client", CLIENTS)
def test_path_mtu_to_the_backend(lab, far_service, family, client):
    """DP-06: a narrow link behind the other node: the client hears of it as of the path to the service."""
    host = getattr(lab, client)
    with narrow(lab.node2, "cali-d"), Conversation(host, far_service, 80) as c:
        push(c)
        assert known_mtu(host, far_service) == MIDDLE


@pytest.mark.row("DP-06")
def test_path_mtu_to_the_client(lab, far_service, family):
    """DP-06: a narrow link on the way back: the backend hears of it as of the path to its client."""
    with narrow(lab.node, "up0"), Conversation(lab.outside, far_service, 80) as c:
        pull(c)
        assert known_mtu(lab.d, lab.outside.addr(family)) == MIDDLE


@pytest.mark.row("DP-06")
@pytest.mark.parametrize("kind", ["vxlan", "ip-in-ip"])
@pytest.mark.parametrize("client", CLIENTS)
def test_path_mtu_through_a_tunnel(lab, far_service, family, client, kind):
    """DP-06: the tunnel's own MTU, then that of a link beyond it."""
    host = getattr(lab, client)
    with tunnelled(lab, family, kind) as mtu:
        with Conversation(host, far_service, 80) as c:
            push(c)
            assert known_mtu(host, far_service) == mtu
            pull(c)
        with narrow(lab.node2, "cali-d"), Conversation(host, far_service, 80) as c:
            push(c)
            assert known_mtu(host, far_service) == MIDDLE


class Echo(threading.Thread):
    """Sends every datagram back whence it came."""

    def __init__(self, host, family, port):
        super().__init__(daemon=True)
        self.socket, self.over = listen(host, family, "udp", port), False
        self.socket.settimeout(0.1)

    def run(self):
        while not self.over:
            try:
                octets, peer = self.socket.recvfrom(65536)
                self.socket.sendto(octets, peer)
            except TimeoutError:
                continue

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        self.over = True
        self.join()
        self.socket.close()


@pytest.mark.row("DP-07")
@pytest.mark.parametrize("backend", ["a", "d"])
@pytest.mark.parametrize("client", CLIENTS)
def test_datagrams_larger_than_the_mtu(lab, svcctl, family, client, backend):
    """DP-07: they pass both ways, whole."""
    pod = getattr(lab, backend)
    svcctl("add", "service", "shop/big:udp", family.at(family.vip(1), 80, "udp"),
           "backend", family.at(pod.addr(family), 7007))
    with Echo(pod, family, 7007), Conversation(getattr(lab, client), family.vip(1), 80, "udp") as c:
        for size in 1400, 1473, 4000, 20000, 60000:
            datagram = bytes(i % 251 for i in range(size))
            c.socket.send(datagram)
            assert c.socket.recv(65536) == datagram, size


def fragments(family, source, destination, sport, dport, payload, cut=1000):
    """A UDP datagram as IP packets that hold cut octets of it each."""
    addresses = family.pack(source) + family.pack(destination)
    udp = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload
    check = checksum(source, destination, "udp", udp)
    udp = udp[:6] + struct.pack("!H", check) + udp[8:]
    for at in range(0, len(udp), cut):
        part, more = udp[at:at + cut], at + cut < len(udp)
        if family is V4:
            yield struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(part), 77, more << 13 | at // 8, 64,
                              socket.IPPROTO_UDP, 0) + addresses + part
        else:
            yield struct.pack("!IHBB", 6 << 28, 8 + len(part), 44, 64) + addresses + struct.pack(
                "!BBHI", socket.IPPROTO_UDP, 0, at | more, 77) + part


@pytest.mark.row("DP-07")
def test_fragments_out_of_order(lab, svcctl, family):
    """DP-07: a datagram whose last fragment comes first reaches the backend whole."""
    svcctl("add", "service", "shop/big:udp", family.at(family.vip(1), 80, "udp"),
           "backend", family.at(lab.a.addr(family), 7007))
    client, payload = lab.outside, bytes(i % 249 for i in range(2500))
    with client:
        raw = socket.socket(family.af, socket.SOCK_RAW, socket.IPPROTO_RAW)
    with raw, Echo(lab.a, family, 7007):
        if family is V6:
            raw.setsockopt(socket.IPPROTO_IPV6, 36, 1)      # IPV6_HDRINCL
        back = listen(client, family, "udp", 4321)
        back.settimeout(10)
        with back:
            for packet in reversed(list(fragments(family, client.addr(family), family.vip(1), 4321, 80,
                                                  payload))):
                raw.sendto(packet, (family.vip(1), 0))
            octets, peer = back.recvfrom(65536)
    assert octets == payload and peer[:2] == (family.vip(1), 80)
