# SPDX-License-Identifier: GPL-2.0
"""A service without endpoints: how soon its clients know. REJ-01."""
import pytest

from lab.client import attempt
from lab.wait import at_once
from peers.service import Service

SYN_AGAIN = 0.9         # seconds: a retransmission is never early


def refused(peer, net, family, client, protocol):
    """How a client of a service without endpoints fares, two times."""
    peer.load(family, Service("none", 29, (), protocol))
    outcomes = [attempt(getattr(net, client), family.vip(29), 80, protocol, timeout=4.0) for _ in range(2)]
    return outcomes, min(o.seconds for o in outcomes)


CLIENTS = pytest.mark.parametrize("client", ["c", "outside", "node"])


@pytest.mark.row("REJ-01")
@pytest.mark.of("nf_svc")
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
@CLIENTS
def test_nf_svc_refuses_at_once(peer, net, family, client, protocol, told):
    """REJ-01: on both families, whoever asks."""
    outcomes, soonest = refused(peer, net, family, client, protocol)
    told(ms=round(1000 * soonest))
    assert all(o.refused for o in outcomes) and soonest < at_once(), outcomes


@pytest.mark.row("REJ-01")
@pytest.mark.of("kube-proxy-nftables", "kube-proxy-iptables")
@CLIENTS
def test_kube_proxy_refuses_tcp_over_ipv6_after_a_second(peer, net, family, client, told):
    """REJ-01: Linux believes the ICMPv6 error of a SYN only at its second one; ICMP's at once."""
    outcomes, soonest = refused(peer, net, family, client, "tcp")
    told(ms=round(1000 * soonest))
    assert all(o.refused for o in outcomes), outcomes
    assert soonest < SYN_AGAIN if family.bits == 32 else soonest > SYN_AGAIN, outcomes
