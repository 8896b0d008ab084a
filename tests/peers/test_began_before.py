# SPDX-License-Identifier: GPL-2.0
"""A UDP client that asks without pause since before its service was there: k/k#48719, #126468. DP-12."""
import pytest

from peers.service import Service
from peers.watch import Watch

NODE_PORT = 30082
LATER = pytest.mark.parametrize("order", ["service first", "endpoints first"])
WHERE = pytest.mark.parametrize("where", ["ClusterIP", "NodePort"])


def began_before(peer, net, family, where, order):
    """How its client fares once the service is there."""
    other = Service("log", 32, ("b",), "udp")
    service = Service("dns", 31, ("a",), "udp", NODE_PORT)
    peer.load(family, other)
    client, address, port = {"ClusterIP": (net.c, family.vip(31), 80),
                             "NodePort": (net.outside, net.node.addr(family), NODE_PORT)}[where]
    with Watch(client, address, port) as watch:
        return watch.change(lambda: peer.change(other, service, slices_first=order == "endpoints first"), "a")


@pytest.mark.row("DP-12")
@pytest.mark.of("nf_svc")
@WHERE
def test_nf_svc_answers_its_first_datagram(peer, net, family, where, told):
    """DP-12: as soon as anybody's."""
    moved = began_before(peer, net, family, where, "at once")
    told(**moved.figures)
    assert moved.moved and not moved.lost, moved


@pytest.mark.row("DP-12")
@pytest.mark.of("kube-proxy-nftables", "kube-proxy-iptables", "kube-proxy-ipvs")
@WHERE
@LATER
def test_kube_proxy(peer, net, family, where, order, told):
    """DP-12."""
    moved = began_before(peer, net, family, where, order)
    told(**moved.figures)
