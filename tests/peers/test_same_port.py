# SPDX-License-Identifier: GPL-2.0
"""One source port, two services, the same backend: cilium#11810. DP-08."""
import pytest

from lab.client import Conversation
from peers.service import Service

PORT = 41000


@pytest.mark.row("DP-08")
@pytest.mark.of("nf_svc", "kube-proxy-nftables", "kube-proxy-iptables", "ipvs")
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_two_services_from_one_source_port(peer, net, family, protocol, told):
    """DP-08: conntrack gives one of them another port; all who stand on it pass."""
    peer.load(family, Service("one", 21, ("a",), protocol), Service("two", 22, ("a",), protocol))
    answers = []
    with Conversation(net.c, family.vip(21), 80, protocol, source_port=PORT) as one, \
            Conversation(net.c, family.vip(22), 80, protocol, source_port=PORT) as two:
        for _ in range(3):
            answers += [one.ask(), two.ask()]
    told(answers=len(answers), ports_at_the_backend=sorted({a.peer_port for a in answers}))
    assert {a.name for a in answers} == {"a"}
