# SPDX-License-Identifier: GPL-2.0
"""One source port, two services, the same backend: cilium#11810. DP-08."""
import pytest

from lab.client import Conversation
from peers.service import Service

PORT = 41000
PROTOCOL = pytest.mark.parametrize("protocol", ["tcp", "udp"])


def two_services(peer, net, family, protocol):
    """Of two conversations out of one port, who answers each, three times in turn; "nobody" after a second."""
    peer.load(family, Service("one", 21, ("a",), protocol), Service("two", 22, ("a",), protocol))
    both = [Conversation(net.c, family.vip(n), 80, protocol, source_port=PORT, connect=False, timeout=1.0)
            for n in (21, 22)]
    heard = []
    try:
        for c in both:
            try:
                c.connect()
            except OSError:
                pass                    # it will hear nobody
        for c in 3 * both:
            try:
                heard.append(c.ask().name)
            except OSError:
                heard.append("nobody")
    finally:
        for c in both:
            c.close()
    return heard


@pytest.mark.row("DP-08")
@pytest.mark.of("nf_svc", "kube-proxy-nftables", "kube-proxy-iptables")
@PROTOCOL
def test_both_are_answered(peer, net, family, protocol, told):
    """DP-08: NAT gives one of them another port towards the backend."""
    heard = two_services(peer, net, family, protocol)
    told(heard=heard)
    assert set(heard) == {"a"}


@pytest.mark.row("DP-08")
@pytest.mark.of("ipvs")
@PROTOCOL
def test_ipvs_answers_one_of_them(peer, net, family, protocol, told):
    """DP-08: IPVS keeps the port for both, and can tell their answers apart no more."""
    heard = two_services(peer, net, family, protocol)
    told(heard=heard)
    assert "nobody" in heard
