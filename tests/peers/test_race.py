# SPDX-License-Identifier: GPL-2.0
"""Two datagrams of one new socket at the same time, as a resolver asks for A and AAAA: k/k#56903. DP-14.

Both are held in the node before conntrack knows a flow of either, as they are on two processors.
"""
import contextlib
import time

import pytest

from lab.client import Conversation
from lab.wait import until
from peers.queue import holding
from peers.service import Service

SOCKETS = 20
SLOW = 1.3              # seconds: longer than conntrack keeps the second flow of a race


def race(peer, net, family, slow=False):
    """How the datagrams fared; slow: the backends answer only after SLOW."""
    peer.load(family, Service("dns", 41, ("a", "b"), "udp"))
    asked = "mangle", "POSTROUTING", "-p", "udp", "--dport", 8080
    answered = "raw", "PREROUTING", "-p", "udp", "--sport", 8080
    with contextlib.ExitStack() as stack:
        there = stack.enter_context(holding(net.node, family, 7, *asked))
        back = stack.enter_context(holding(net.node, family, 8, *answered)) if slow else None
        sockets = [stack.enter_context(Conversation(net.c, family.vip(41), 80, "udp", timeout=0.5))
                   for _ in range(SOCKETS)]
        for c in sockets:
            c.socket.send(b"A?\n")
            c.socket.send(b"AAAA?\n")
        there.hold(2 * SOCKETS)
        there.release()
        if slow:
            back.hold(2 * SOCKETS)
            since = time.monotonic()
            until(lambda: time.monotonic() > since + SLOW, "the answers are ready", 10)
            back.release()
        answers = [both(c) for c in sockets]
    return {"sockets": SOCKETS, "answers_lost": sum(2 - len(a) for a in answers),
            "sockets_with_two_backends": sum(len(set(a)) > 1 for a in answers)}


def both(conversation):
    """Who sent the answers."""
    names = []
    with contextlib.suppress(TimeoutError):
        while len(names) < 2:
            names.append(conversation.socket.recv(4096).decode().split()[0])
    return names


@pytest.mark.row("DP-14")
@pytest.mark.of("nf_svc", "ipvs")
@pytest.mark.parametrize("slow", [False, True], ids=["quick", "slow"])
def test_both_go_to_one_backend(peer, net, family, slow, told):
    """DP-14: and both answers come, however late."""
    found = race(peer, net, family, slow)
    told(**found)
    assert not found["answers_lost"] and not found["sockets_with_two_backends"], found


@pytest.mark.row("DP-14")
@pytest.mark.of("kube-proxy-nftables", "kube-proxy-iptables")
def test_kube_proxy_sends_them_to_two_backends(peer, net, family, told):
    """DP-14: by chance, each of them. Newer kernels lose none for it, if the answers come soon."""
    found = race(peer, net, family)
    told(**found)
    assert found["sockets_with_two_backends"] and not found["answers_lost"], found


@pytest.mark.row("DP-14")
@pytest.mark.of("kube-proxy-nftables", "kube-proxy-iptables")
def test_kube_proxy_loses_slow_answers(peer, net, family, told):
    """DP-14: conntrack keeps the second flow for a second, and what comes after that has no way back."""
    found = race(peer, net, family, slow=True)
    told(**found)
    assert found["answers_lost"], found
