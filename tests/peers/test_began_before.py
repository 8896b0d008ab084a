# SPDX-License-Identifier: GPL-2.0
"""A UDP client that asks without pause since before its service was there: k/k#48719, #126468. DP-12."""
import pytest

from peers.service import Service
from peers.watch import Watch

NODE_PORT = 30082
WHERE = pytest.mark.parametrize("where", ["ClusterIP", "NodePort"])


def began_before(peer, net, family, where, endpoints_first=False):
    """How its client fares once the service is there; its endpoints may have been there already."""
    other = Service("log", 32, ("b",), "udp")
    service = Service("dns", 31, ("a",), "udp", NODE_PORT)
    peer.load(family, other)
    client, address, port = {"ClusterIP": (net.c, family.vip(31), 80),
                             "NodePort": (net.outside, net.node.addr(family), NODE_PORT)}[where]
    how = {"endpoints_first": True} if endpoints_first else {}
    with Watch(client, address, port) as watch:
        return watch.change(lambda: peer.change(other, service, **how), "a")


@pytest.mark.row("DP-12")
@pytest.mark.of("nf_svc")
@WHERE
def test_nf_svc_answers_its_first_datagram(peer, net, family, where, told):
    """DP-12: as soon as anybody's."""
    moved = began_before(peer, net, family, where)
    told(**moved.figures)
    assert moved.moved and not moved.lost, moved


@pytest.mark.row("DP-12")
@pytest.mark.of("kube-proxy-nftables", "kube-proxy-iptables")
@WHERE
def test_kube_proxy_answers_it_once_it_has_cleaned_up(peer, net, family, where, told):
    """DP-12: later than a client that begins now, as it deletes the client's flow after it has changed its rules."""
    moved = began_before(peer, net, family, where)
    told(**moved.figures)
    assert moved.moved, moved


@pytest.mark.row("DP-12")
@pytest.mark.of("kube-proxy-nftables")
def test_nftables_answers_it_at_a_cluster_ip(peer, net, family, told):
    """DP-12: it lets no flow to an address begin that no service has."""
    moved = began_before(peer, net, family, "ClusterIP", endpoints_first=True)
    told(**moved.figures)
    assert moved.moved and not moved.lost, moved


@pytest.mark.row("DP-12")
@pytest.mark.of("kube-proxy-nftables", "kube-proxy-iptables")
def test_kube_proxy_never_answers_it_at_a_new_node_port(peer, net, family, told):
    """DP-12: of a Service whose endpoints were there before it: it cleans up only when those change."""
    moved = began_before(peer, net, family, "NodePort", endpoints_first=True)
    told(**moved.figures)
    assert not moved.moved, moved


@pytest.mark.row("DP-12")
@pytest.mark.of("kube-proxy-iptables")
def test_iptables_never_answers_it_at_a_new_cluster_ip(peer, net, family, told):
    """DP-12: whose endpoints were there before it."""
    moved = began_before(peer, net, family, "ClusterIP", endpoints_first=True)
    told(**moved.figures)
    assert not moved.moved, moved
