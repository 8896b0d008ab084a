# SPDX-License-Identifier: GPL-2.0
"""A port of a ClusterIP that no service has: k/k#22952, k/k#72236. FE-12."""
import pytest

from lab.client import attempt
from lab.family import PROTOCOLS, V6
from lab.packets import Sniffer
from lab.server import Server
from peers.service import Service

OTHER = 81


def another_port(peer, net, family, protocol):
    """What becomes of a packet to another port of a ClusterIP, with a socket of the node at that port."""
    peer.load(family, Service("web", 21, ("a",)))
    vip = family.vip(21)
    anywhere = {family: "::" if family is V6 else "0.0.0.0"}
    with Server((net.node, (OTHER,), anywhere), protocols=[protocol]), Sniffer(net.node, "up0") as up:
        outcome = attempt(net.c, vip, OTHER, protocol, timeout=2.5)
        left = len(up.to(vip, outgoing=True, protocol=PROTOCOLS[protocol]))
    return outcome, left


@pytest.mark.row("FE-12")
@pytest.mark.of("nf_svc", "kube-proxy-nftables")
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_another_port_is_refused(peer, net, family, protocol, told):
    """FE-12: it stays on the node and the client is told."""
    outcome, left = another_port(peer, net, family, protocol)
    told(ms=round(1000 * outcome.seconds), packets_left_by_the_default_route=left)
    assert outcome.refused and not left, outcome


@pytest.mark.row("FE-12")
@pytest.mark.of("kube-proxy-iptables")
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_iptables_forwards_another_port(peer, net, family, protocol, told):
    """FE-12: it leaves by the default route, to a router that may send it back, and the client waits."""
    outcome, left = another_port(peer, net, family, protocol)
    told(waited_s=round(outcome.seconds, 1), packets_left_by_the_default_route=left)
    assert not outcome.answer and not outcome.refused and left, outcome
