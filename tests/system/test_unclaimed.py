# SPDX-License-Identifier: GPL-2.0
"""What nobody claims on a service's address: FE-12, FE-16."""
import errno
import socket

import pytest

from lab.client import attempt, only
from lab.family import PROTOCOLS
from lab.packets import Icmp, Sniffer
from lab.server import Server
from lab.wait import at_once, until


@pytest.fixture
def vip(lab, svcctl, family):
    """A ClusterIP of which only 80/tcp is claimed."""
    address = family.vip(12)
    svcctl("add", "service", "shop/web:http", family.at(address, 80),
           "backend", family.at(lab.a.addr(family), 8080))
    return address


@pytest.fixture
def held(lab, family):
    """Gives a function that puts an address on a dummy device of the node."""
    lab.node.ip("link add dummy0 type dummy\nlink set dummy0 up")

    def hold(address):
        lab.node.ip(f"addr add {address}/{family.bits} dev dummy0" +
                    (" nodad" if family.bits == 128 else ""))
        return address

    yield hold
    lab.node.ip("link del dummy0")


@pytest.mark.row("FE-12")
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_unclaimed_port_is_refused_at_once(lab, vip, client, protocol):
    """FE-12: a port that no service claims is refused at once and never forwarded."""
    with Sniffer(lab.node, "up0") as up:
        outcome = attempt(client, vip, 81, protocol)
        assert outcome.refused and outcome.seconds < at_once()
        assert not up.to(vip, outgoing=True, protocol=PROTOCOLS[protocol])
    only(client, vip, 80, "tcp", "a", times=1)


@pytest.mark.row("FE-12")
def test_unclaimed_sctp_port_is_not_forwarded(lab, vip, client):
    """FE-12: SCTP to a port that no service claims is answered with ICMP, never forwarded."""
    with Sniffer(lab.node, "up0") as up, Icmp(client, vip) as icmp:
        outcome = attempt(client, vip, 81, "sctp", timeout=0.5)
        assert outcome.answer is None
        assert not up.to(vip, outgoing=True, protocol=PROTOCOLS["sctp"])
        if client is not lab.node:
            assert icmp.unreachable(at_once())


@pytest.mark.row("FE-12")
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_unclaimed_port_is_not_the_hosts(lab, svcctl, tables, family, client, protocol, held):
    """FE-12: a socket of the node never answers there, though a dummy device holds the address."""
    vip = held(family.vip(12))
    with Server((lab.node, (80, 81), {family: vip}), protocols=[protocol]):
        only(client, vip, 81, protocol, "node", times=1)
        place = family.at(vip, 80, protocol)
        svcctl("add", "service", "shop/web:http", place,
               "backend", family.at(lab.a.addr(family), 8080))
        svcctl("set", "frontend", place, "exclusive", "yes")
        outcome = attempt(client, vip, 81, protocol)
        assert outcome.refused and outcome.seconds < at_once()
        only(client, vip, 80, protocol, "a", times=4)
        tables.clear()
        only(client, vip, 81, protocol, "node", times=1)


@pytest.mark.row("FE-16")
def test_ping_is_rejected(lab, vip, family, client):
    """FE-16: an ICMP echo to a ClusterIP is rejected, never forwarded."""
    with Sniffer(lab.node, "up0") as up, Icmp(client, vip) as icmp:
        if client is lab.node:
            with pytest.raises(OSError) as refused:
                icmp.ping()
            assert refused.value.errno in (errno.ECONNREFUSED, errno.EHOSTUNREACH)
        else:
            icmp.ping()
            assert icmp.unreachable(at_once())
        assert not icmp.replies()
        assert not up.to(vip, outgoing=True, protocol=family.icmp)


@pytest.mark.row("FE-16")
def test_other_protocols_are_rejected(lab, vip, family, client):
    """FE-16: a packet of a protocol that no service can have is rejected, never forwarded."""
    with client:
        raw = socket.socket(family.af, socket.SOCK_RAW, socket.IPPROTO_ESP)
    with raw, Sniffer(lab.node, "up0") as up, Icmp(client, vip) as icmp:
        if client is lab.node:
            with pytest.raises(OSError):
                raw.sendto(b"x" * 16, (vip, 0))
        else:
            raw.sendto(b"x" * 16, (vip, 0))
            assert icmp.unreachable(at_once())
        assert not up.to(vip, outgoing=True, protocol=socket.IPPROTO_ESP)


@pytest.mark.row("FE-16", "DP-16")
def test_ping_goes_on_where_no_service_is(lab, vip, family):
    """FE-16: pings to pods and to the node itself are nobody's business."""
    for host, destination in ((lab.c, lab.a.addr(family)), (lab.c, lab.node.addr(family)),
                              (lab.outside, lab.d.addr(family)), (lab.node, lab.a.addr(family))):
        with Icmp(host, destination) as icmp:
            icmp.ping()
            until(icmp.replies, f"{host} pings {destination}")
