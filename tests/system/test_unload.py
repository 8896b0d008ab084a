# SPDX-License-Identifier: GPL-2.0
"""The module leaves and comes back while traffic flows: OPS-07 (rmmod), OPS-09 (the keeper)."""
import contextlib

import pytest

from lab import module, netns
from lab.beside import Beside, asking
from lab.client import Conversation, attempt, only
from lab.packets import Spray
from lab.svcctl import NOT_LOADED, Svcctl
from lab.tables import Tables, loaded
from lab.wait import until

# The chain keeps nf_nat's hooks of both families, and its rule those of conntrack: a chain of type
# nat without a rule about connections does not.
KEEPER = """
    table inet keeper {
        chain keep {
            type nat hook prerouting priority 0;
            ct state invalid accept
        }
    }
"""


@contextlib.contextmanager
def gap():
    """The module is out inside of this, and in again afterwards."""
    module.unload()
    try:
        assert not loaded()
        yield
    finally:
        module.load()


@pytest.mark.smoke
@pytest.mark.row("OPS-07", "CTL-02")
def test_unload_and_load(lab, svcctl, tables, family):
    """OPS-07: the module unloads with tables and traffic; svcctl says so (3); restored, all works."""
    vip = family.vip(1)
    svcctl("add", "service", "shop/web:http", family.at(vip, 80),
           "backend", family.at(lab.a.addr(family), 8080))
    svcctl("add", "service", "shop/none:http", family.at(family.vip(2), 80))
    saved = svcctl("save").stdout
    with Conversation(lab.c, vip, 80) as c, asking(lab.outside, vip, 80, timeout=1.0) as traffic:
        c.ask()
        traffic.more(5)
        with gap():
            done = svcctl("list", expect=NOT_LOADED)
            assert "nf_svc" in done.stderr
            assert not attempt(lab.c, vip, 80, timeout=0.3).answer
        with Tables(lab.node) as again:
            assert not any(again.dump()[:3]) and again.generation() == 0
        svcctl("restore", "-f", "-", input=saved)
        only(lab.c, vip, 80, "tcp", "a", times=3)
        assert attempt(lab.c, family.vip(2), 80).refused
        traffic.more(3)
        traffic.stop()
    assert svcctl("save").stdout == saved


@pytest.mark.row("OPS-09")
def test_keeper_keeps_established_connections(lab, svcctl, family):
    """OPS-09: with another user of NAT there, established connections live through unload and load."""
    vip = family.vip(1)
    svcctl("add", "service", "shop/web:http", family.at(vip, 80),
           "backend", family.at(lab.a.addr(family), 8080))
    saved = svcctl("save").stdout
    lab.node.nft(KEEPER)
    try:
        with Conversation(lab.c, vip, 80) as c, Conversation(lab.outside, vip, 80) as d:
            assert (c.ask().name, d.ask().name) == ("a", "a")
            with gap():
                assert (c.ask().name, d.ask().name) == ("a", "a")
            assert (c.ask().name, d.ask().name) == ("a", "a")
            svcctl("restore", "-f", "-", input=saved)
            assert (c.ask().name, d.ask().name) == ("a", "a")
            only(lab.c, vip, 80, "tcp", "a", times=2)
    finally:
        lab.node.run("nft", "flush", "ruleset")


@pytest.mark.row("OPS-07")
def test_unload_with_an_open_transaction(lab, tables, family):
    """OPS-07: an open transaction and an open socket hold nobody up."""
    tables.exchange([tables.begin(), *tables.simple("shop/web:http", family.vip(1), 80,
                                                    (lab.a.addr(family), 8080))])
    with gap():
        pass
    with Tables(lab.node) as again:
        assert not any(again.dump()[:3])
        again.change(*again.simple("shop/web:http", family.vip(1), 80, (lab.a.addr(family), 8080)))
        only(lab.c, family.vip(1), 80, "tcp", "a", times=1)
        again.clear()


ROUNDS = 15


@pytest.mark.churn
@pytest.mark.row("OPS-07", "DP-17", "TX-02")
@pytest.mark.parametrize("keeper", [False, True], ids=["alone", "with keeper"])
def test_churn(lab, family, keeper):
    """OPS-07: loaded and unloaded, namespaces made and deleted, tables restored, all under traffic.

    The runner looks for splats and leaks; here it must work after each round.
    """
    vip, silent = family.vip(1), family.vip(2)
    svcctl = Svcctl(lab.node)
    if keeper:
        lab.node.nft(KEEPER)
    with contextlib.ExitStack() as stack:
        spray = stack.enter_context(Spray(lab.b, vip, 80))
        refused = stack.enter_context(Spray(lab.b, silent, 80, "tcp"))

        def flood(n):
            spray.send(range(1024 + n % 2000 * 30, 1054 + n % 2000 * 30))
            refused.send(range(1024 + n % 2000 * 30, 1054 + n % 2000 * 30))

        clients = [stack.enter_context(p) for p in (
            Beside(flood), asking(lab.c, vip, 80, timeout=0.2),
            asking(lab.node, vip, 80, timeout=0.2), asking(lab.outside, silent, 80, timeout=0.2))]
        for round in range(ROUNDS):
            with Tables(lab.node) as t:
                t.clear()
                t.change(*(r for p in ("tcp", "udp") for r in t.simple(
                    f"shop/web:{p}", vip, 80, (lab.a.addr(family), 8080), protocol=p)),
                    *t.simple("shop/none:http", silent, 80),
                    *(r for n in range(100, 150) for r in t.simple(
                        f"shop/s{n}:http", family.vip(n), 80, (lab.d.addr(family), 8080))))
            only(lab.c, vip, 80, "tcp", "a", times=1)
            saved = svcctl("save").stdout
            temporary, = netns.create(f"{lab.prefix}-churn")
            with Tables(temporary) as t:
                t.change(*t.simple("shop/web:http", vip, 80, (lab.a.addr(family), 8080)))
            for p in clients:
                p.more(1)
            if round % 2:
                temporary.delete()
            svcctl("restore", "-f", "-", input=saved)
            with gap():
                pass
            if not round % 2:
                temporary.delete()
            svcctl("restore", "-f", "-", input=saved)
            only(lab.c, vip, 80, "tcp", "a", times=2)
            assert attempt(lab.c, silent, 80).refused
        for p in clients:
            p.more(3)
            p.stop()
    with Tables(lab.node) as t:
        t.clear()
    if keeper:
        lab.node.run("nft", "flush", "ruleset")
    until(lambda: not attempt(lab.c, vip, 80, timeout=0.2).answer, "nothing is left")
