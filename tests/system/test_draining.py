# SPDX-License-Identifier: GPL-2.0
"""Backends that leave: DP-10."""
import pytest

from lab.beside import asking
from lab.client import Conversation, attempt, only


@pytest.fixture
def backends(lab, svcctl, family, protocol):
    """A service with backend a; the texts of backends a and b."""
    a, b = (family.at(pod.addr(family), 8080) for pod in (lab.a, lab.b))
    svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80, protocol), "backend", a)
    return a, b


@pytest.mark.row("DP-10")
@pytest.mark.parametrize("protocol", ["tcp", "sctp"])
@pytest.mark.parametrize("how", ["drained", "deleted"])
def test_established_connection_keeps_its_backend(lab, svcctl, family, protocol, backends, how):
    """DP-10: a connection keeps a backend that drains or is deleted; new ones never get it."""
    a, b = backends
    vip = family.vip(1)
    with Conversation(lab.c, vip, 80, protocol) as c:
        assert c.ask().name == "a"
        svcctl("add", "backend", "shop/web:http", b)
        if how == "drained":
            svcctl("set", "backend", "shop/web:http", a, "sets", "none")
        else:
            svcctl("del", "backend", "shop/web:http", a)
        only(lab.c, vip, 80, protocol, "b", times=20)
        assert c.ask().name == "a"
        svcctl("del", "backend", "shop/web:http", b)
        assert attempt(lab.c, vip, 80, protocol, timeout=0.3).answer is None
        assert c.ask().name == "a"


@pytest.mark.row("DP-10", "REJ-01")
@pytest.mark.parametrize("protocol", ["udp"])
def test_draining_backend_takes_no_new_udp_flow(lab, svcctl, tables, family, protocol, backends):
    """DP-10: with its only backend draining a service refuses new flows; an old UDP flow stays."""
    vip = family.vip(1)
    with Conversation(lab.c, vip, 80, protocol) as c:
        assert c.ask().name == "a"
        svcctl("set", "backend", "shop/web:http", backends[0], "sets", "none")
        assert attempt(lab.c, vip, 80, protocol).refused
        assert c.ask().name == "a"
    assert tables.stats("shop/web:http")["no_backend"] == 1
    svcctl("set", "backend", "shop/web:http", backends[0], "sets", "cluster")
    only(lab.c, vip, 80, protocol, "a", times=2)


@pytest.mark.smoke
@pytest.mark.row("DP-10")
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_replica_replaced_under_traffic(lab, svcctl, family, protocol, backends):
    """DP-10: a replica is replaced in the middle of traffic without a failed request."""
    a, b = backends
    vip = family.vip(1)
    with asking(lab.c, vip, 80, protocol) as pod, asking(lab.outside, vip, 80, protocol) as outside:
        pod.more(10)
        svcctl("add", "backend", "shop/web:http", b)
        pod.more(10)
        svcctl("set", "backend", "shop/web:http", a, "sets", "none")
        pod.more(10)
        svcctl("del", "backend", "shop/web:http", a)
        pod.more(10)
        outside.more(10)
        only(lab.c, vip, 80, protocol, "b")
        tallies = pod.stop(), outside.stop()
    for tally in tallies:
        assert tally.pop("") == []
        assert set(tally) == {"a", "b"} and sum(tally.values()) >= 20
