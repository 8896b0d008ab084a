# SPDX-License-Identifier: GPL-2.0
"""Two datagrams of one new socket at the same time, as a resolver asks for A and AAAA: k/k#56903. DP-14."""
import pytest

from lab.client import Conversation
from peers.queue import holding
from peers.service import Service

SOCKETS = 20


def race(peer, net, family):
    """Who answered the two datagrams of each socket; both were under way before either had a flow."""
    peer.load(family, Service("dns", 41, ("a", "b"), "udp"))
    answers = []
    with holding(net.node, family, "udp", 8080) as queue:
        for _ in range(SOCKETS):
            with Conversation(net.c, family.vip(41), 80, "udp", timeout=0.5) as c:
                c.socket.send(b"A?\n")
                c.socket.send(b"AAAA?\n")
                queue.hold(2)
                queue.release()
                answers.append(both(c))
    return {"sockets": SOCKETS, "datagrams_lost": sum(2 - len(a) for a in answers),
            "sockets_with_two_backends": sum(len(set(a)) > 1 for a in answers)}


def both(conversation):
    names = []
    try:
        while len(names) < 2:
            names.append(conversation.socket.recv(4096).decode().split()[0])
    except TimeoutError:
        pass
    return names


@pytest.mark.row("DP-14")
@pytest.mark.of("nf_svc", "kube-proxy-nftables", "kube-proxy-iptables", "kube-proxy-ipvs")
def test_race(peer, net, family, told):
    """DP-14."""
    told(**race(peer, net, family))
