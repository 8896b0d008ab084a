# SPDX-License-Identifier: GPL-2.0
"""A segment outside of the window that conntrack has of a connection: k/k#74839, #117924. DP-13."""
import struct

import pytest

from lab.client import Conversation, ask
from lab.packets import ACK, PSH, SYN, Sniffer, send_segment
from peers.service import Service

WHEN = {"late": -0x10000000, "early": 0x10000000}      # far from what is due, in octets
FAR = pytest.mark.parametrize("when", WHEN)


def stray(peer, net, family, when):
    """One segment of the backend's comes late or early: whose it seems to be, and does the connection live on?"""
    peer.load(family, Service("web", 21, ("a",)))
    backend = (net.a.addr(family), 8080)
    with Sniffer(net.a, "eth0") as wire, Sniffer(net.c, "eth0") as heard, \
            Conversation(net.c, family.vip(21), 80, timeout=2.0) as c:
        c.ask()
        client = c.socket.getsockname()[:2]
        last = [p for p in wire.packets() if p.outgoing and p.protocol == 6 and p.ports == (8080, client[1])][-1]
        seq, ack = struct.unpack_from("!II", last.payload, 4)
        send_segment(net.a, backend, client, PSH | ACK, (seq + WHEN[when]) % (1 << 32), ack, b"astray")
        try:
            c.ask()
            c.ask()                     # what the segment brought about has come before this one
            alive = True
        except OSError:
            alive = False
        came = {p.source for p in heard.packets() if p.payload.endswith(b"astray")}
    words = {family.vip(21): "service", backend[0]: "pod"}
    return {"arrived_from": ", ".join(sorted(words[s] for s in came)) or "nobody", "connection_lives": alive}


def of_others(peer, net, family):
    """Does a SYN-ACK pass whose SYN took another way? It belongs to no service."""
    peer.load(family, Service("web", 21, ("a",)))
    with Sniffer(net.outside, "eth0") as heard:
        send_segment(net.a, (net.a.addr(family), 9999), (net.outside.addr(family), 5555), SYN | ACK, 1, 1)
        ask(net.outside, net.a.addr(family), 8080)      # comes after it
        return any(p.protocol == 6 and p.ports == (9999, 5555) for p in heard.packets())


FINE = {"arrived_from": "service", "connection_lives": True}


@pytest.mark.row("DP-13")
@pytest.mark.of("nf_svc", "ipvs")
@FAR
def test_it_comes_from_the_service(peer, net, family, when, told):
    """DP-13: the client's own TCP judges it."""
    found = stray(peer, net, family, when)
    told(**found)
    assert found == FINE


@pytest.mark.row("DP-13")
@pytest.mark.of("kube-proxy-nftables")
def test_nftables_lets_one_reset_the_connection(peer, net, family, told):
    """DP-13: it comes from the pod, whom the client does not know: its RST ends the pod's connection."""
    found = stray(peer, net, family, "early")
    told(**found)
    assert found == {"arrived_from": "pod", "connection_lives": False}


@pytest.mark.row("DP-13")
@pytest.mark.of("kube-proxy-nftables", "kube-proxy-iptables")
def test_a_late_one_comes_from_the_service(peer, net, family, told):
    """DP-13: the case of k/k#74839 is seen no more: newer conntrack takes what comes late."""
    found = stray(peer, net, family, "late")
    told(**found)
    assert found == FINE


@pytest.mark.row("DP-13")
@pytest.mark.of("kube-proxy-iptables")
def test_iptables_drops_it(peer, net, family, told):
    """DP-13: by a rule against all that conntrack finds invalid; the connection lives."""
    found = stray(peer, net, family, "early")
    told(**found)
    assert found == {"arrived_from": "nobody", "connection_lives": True}


@pytest.mark.row("DP-13")
@pytest.mark.of("kube-proxy-iptables")
def test_iptables_drops_what_is_no_services(peer, net, family, told):
    """DP-13: by that rule: where the ways there and back differ, pods cannot be reached any more."""
    passed = of_others(peer, net, family)
    told(syn_ack_passed=passed)
    assert not passed


@pytest.mark.row("DP-13")
@pytest.mark.of("nf_svc", "kube-proxy-nftables", "ipvs")
def test_what_is_no_services_passes(peer, net, family, told):
    """DP-13: others' connections are nobody's business."""
    passed = of_others(peer, net, family)
    told(syn_ack_passed=passed)
    assert passed
