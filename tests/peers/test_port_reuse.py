# SPDX-License-Identifier: GPL-2.0
"""A client's port used again: k/k#81775 (a second lost), k/k#70747 (a backend that is gone). DP-09."""
import errno
import time

import pytest

from lab.client import Conversation, attempt
from lab.wait import at_once
from peers.pods import HangingUp, gone, vanish
from peers.service import Service

PORT, HANGS_UP = 41235, 8088
SYN_AGAIN, LIMIT = 0.9, 4.0         # seconds; of the second one there are three SYNs


def one_after_another(peer, net, family, times=10):
    """So many connections out of one port, each closed by its backend, then by its client, before the next."""
    peer.load(family, Service("web", 23, ("a", "b"), target=HANGS_UP))
    with HangingUp((net.a, net.b), family, HANGS_UP):
        return [whole(net.c, family.vip(23)) for _ in range(times)]


def whole(host, address):
    """One connection out of PORT, until both ends have closed it: (who answered, error, seconds)."""
    limit = time.monotonic() + 10
    while True:
        begin, name, error = time.monotonic(), None, None
        try:
            with Conversation(host, address, 80, source_port=PORT, timeout=LIMIT) as c:
                name = c.ask().name
                c.socket.recv(1)
        except OSError as e:
            error = e
        # Until the last ACK of the one before has come, the client's own TCP has the port.
        if not error or error.errno != errno.EADDRNOTAVAIL or begin > limit:
            return name, error, time.monotonic() - begin


def after_a_client_vanished(peer, net, family):
    """A connection out of a port whose old one never ended and had another backend; that one is gone."""
    peer.load(family, Service("web", 21, ("a",)))
    with Conversation(net.c, family.vip(21), 80, source_port=PORT) as c:
        assert c.ask().name == "a"
        peer.change(Service("web", 21, ("b",)))
        vanish(net.c, c)
    with gone(net.a):
        return attempt(net.c, family.vip(21), 80, source_port=PORT, timeout=LIMIT)


@pytest.mark.row("DP-09")
@pytest.mark.of("nf_svc", "ipvs", "kube-proxy-nftables", "kube-proxy-iptables")
def test_a_port_that_was_closed_is_used_again_at_once(peer, net, family, told):
    """DP-09: nobody here stalls it: IPVS does not since Linux 5.9, where kube-proxy leaves conn_reuse_mode 1."""
    outcomes = one_after_another(peer, net, family)
    slowest = max(seconds for _, _, seconds in outcomes)
    told(slowest_ms=round(1000 * slowest), connections=len(outcomes))
    if peer.name == "ipvs":
        assert net.node.sysctl("net.ipv4.vs.conn_reuse_mode") == "1"
    assert all(name for name, _, _ in outcomes), outcomes
    assert slowest < SYN_AGAIN, outcomes


@pytest.mark.row("DP-09")
@pytest.mark.of("nf_svc")
def test_nf_svc_gives_a_vanished_clients_port_a_live_backend(peer, net, family, told):
    """DP-09: at once."""
    outcome = after_a_client_vanished(peer, net, family)
    told(ms=round(1000 * outcome.seconds))
    assert outcome.answer and outcome.answer.name == "b" and outcome.seconds < 2 * at_once(), outcome


@pytest.mark.row("DP-09")
@pytest.mark.of("ipvs")
def test_ipvs_stalls_a_vanished_clients_port(peer, net, family, told):
    """DP-09: IPVS drops the SYN to be rid of its own entry: the client waits until it sends another."""
    outcome = after_a_client_vanished(peer, net, family)
    told(ms=round(1000 * outcome.seconds))
    assert outcome.answer and outcome.answer.name == "b" and outcome.seconds > SYN_AGAIN, outcome


@pytest.mark.row("DP-09")
@pytest.mark.of("kube-proxy-nftables", "kube-proxy-iptables")
def test_kube_proxy_sends_a_vanished_clients_port_to_a_gone_backend(peer, net, family, told):
    """DP-09: conntrack has the old connection, and with it the backend that is gone."""
    outcome = after_a_client_vanished(peer, net, family)
    told(no_answer_in_s=round(outcome.seconds, 1))
    assert not outcome.answer and not outcome.refused, outcome
