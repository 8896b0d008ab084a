# SPDX-License-Identifier: GPL-2.0
"""UDP flows whose backend is gone: k/k#139628, #141371, #129982. DP-11."""
import contextlib
import os

import pytest

from lab.client import Conversation
from lab.packets import Spray
from lab.wait import until
from peers.pods import gone
from peers.service import Service
from peers.watch import Watch

MANY = 10_000 if os.environ.get("NF_SVC_KERNEL") else 200_000       # flows of others: a guest is slow
NODE_PORT = 30081
FLOWS = pytest.mark.parametrize("others", [0, MANY], ids=["alone", "many"])


@contextlib.contextmanager
def flows(net, family, number):
    """So many flows of others, in conntrack of the node for ten minutes."""
    timeout = net.node.sysctl("net.netfilter.nf_conntrack_udp_timeout")
    net.node.sysctl("net.netfilter.nf_conntrack_udp_timeout", 600)
    ports, left = range(1024, 61024), number
    with gone(net.e, protocol="udp", port="9-99"):
        for port in range(9, 99):
            with Spray(net.c, net.e.addr(family), port) as spray:
                spray.send(ports[:left])
            left -= len(ports[:left])
    until(lambda: int(net.node.sysctl("net.netfilter.nf_conntrack_count")) >= number, "the flows", 60)
    net.node.sysctl("net.netfilter.nf_conntrack_udp_timeout", timeout)
    yield


def replaced(peer, net, family, others):
    """A backend of a UDP service goes, another comes."""
    peer.load(family, Service("dns", 31, ("a",), "udp"))
    with flows(net, family, others), Watch(net.c, family.vip(31)) as watch:
        until(lambda: watch.old.first("a"), "a answers")
        with gone(net.a, protocol="udp"):
            return watch.change(lambda: peer.change(Service("dns", 31, ("b",), "udp")), "b")


@pytest.mark.row("DP-11")
@pytest.mark.of("nf_svc")
@FLOWS
def test_nf_svc_moves_it_with_the_next_datagram(peer, net, family, others, told):
    """DP-11: nothing is lost, however many flows there are."""
    moved = replaced(peer, net, family, others)
    told(other_flows=others, **moved.figures)
    assert moved.moved and not moved.lost, moved


@pytest.mark.row("DP-11")
@pytest.mark.of("kube-proxy-nftables", "kube-proxy-iptables")
@FLOWS
def test_kube_proxy_loses_datagrams_until_it_has_read_all_flows(peer, net, family, others, told):
    """DP-11: the old flow is sent to the backend that is gone until conntrack was read through and it was found."""
    moved = replaced(peer, net, family, others)
    told(other_flows=others, **moved.figures)
    assert moved.moved, moved
    assert moved.lost or not others, moved


def lost_before_another_answers(peer, net, family):
    """How many datagrams of one socket are lost after its backend was replaced."""
    peer.load(family, Service("dns", 31, ("a",), "udp"))
    with Conversation(net.c, family.vip(31), 80, "udp", timeout=1.0) as c:
        assert c.ask().name == "a"
        with gone(net.a, protocol="udp"):
            peer.change(Service("dns", 31, ("b",), "udp"))
            return heard(c, 5).index("b")


@pytest.mark.row("DP-11")
@pytest.mark.of("nf_svc", "ipvs")
def test_no_datagram_is_lost(peer, net, family, told):
    """DP-11: the next one is answered by a backend that there is; IPVS does so with expire_nodest_conn."""
    lost = lost_before_another_answers(peer, net, family)
    told(datagrams_lost=lost)
    assert not lost


def last_one_gone(peer, net, family):
    """The only backend of a UDP service goes; what a client at the node port hears ten times."""
    web = Service("dns", 31, ("a",), "udp", NODE_PORT)
    peer.load(family, web)
    with Conversation(net.outside, net.node.addr(family), NODE_PORT, "udp", timeout=0.3) as c:
        assert c.ask().name == "a"
        peer.change(Service("dns", 31, (), "udp", NODE_PORT))
        return heard(c)


def deleted(peer, net, family):
    """A UDP service is deleted, then another one changes; what a client of the first hears ten times."""
    peer.load(family, Service("dns", 31, ("a",), "udp"), Service("log", 32, ("a",), "udp"))
    with Conversation(net.c, family.vip(31), 80, "udp", timeout=0.3) as c:
        assert c.ask().name == "a"
        peer.change(Service("log", 32, ("a",), "udp"))
        peer.change(Service("log", 32, ("b",), "udp"))
        return heard(c)


def heard(conversation, times=10):
    """Who answers it, "refused" or "nobody", time after time."""
    def once():
        try:
            return conversation.ask().name
        except ConnectionRefusedError:
            return "refused"
        except TimeoutError:
            return "nobody"
    return [once() for _ in range(times)]


@pytest.mark.row("DP-11")
@pytest.mark.of("nf_svc")
def test_nf_svc_refuses_when_the_last_backend_is_gone(peer, net, family, told):
    """DP-11: with the very next datagram."""
    answers = last_one_gone(peer, net, family)
    told(heard=answers)
    assert set(answers) == {"refused"}


@pytest.mark.row("DP-11")
@pytest.mark.of("kube-proxy-nftables", "kube-proxy-iptables")
def test_kube_proxy_leaves_a_node_ports_flow_to_the_last_backend(peer, net, family, told):
    """DP-11: it does not clean up behind a node port without endpoints."""
    answers = last_one_gone(peer, net, family)
    told(heard=answers)
    assert set(answers) == {"a"}


@pytest.mark.row("DP-11")
@pytest.mark.of("ipvs")
def test_ipvs_serves_nobody_of_a_deleted_service(peer, net, family, told):
    """DP-11: not clients either that have been there."""
    answers = deleted(peer, net, family)
    told(heard=answers)
    assert "a" not in answers


@pytest.mark.row("DP-11")
@pytest.mark.of("nf_svc")
def test_nf_svc_serves_nobody_of_a_deleted_service(peer, net, family, told):
    """DP-11: not clients either that have been there."""
    answers = deleted(peer, net, family)
    told(heard=answers)
    assert "a" not in answers


@pytest.mark.row("DP-11")
@pytest.mark.of("kube-proxy-nftables", "kube-proxy-iptables")
def test_kube_proxy_serves_clients_of_a_deleted_service(peer, net, family, told):
    """DP-11: what conntrack has of it is left for as long as the client goes on."""
    answers = deleted(peer, net, family)
    told(heard=answers)
    assert set(answers) == {"a"}
