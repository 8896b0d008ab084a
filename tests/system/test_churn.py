# SPDX-License-Identifier: GPL-2.0
"""The module loaded and unloaded in a loop, under traffic: OPS-07."""
import contextlib

import pytest

from lab import conntrack, netns
from lab.beside import Beside, asking
from lab.client import attempt, only
from lab.family import FAMILIES
from lab.module import KEEPER, gap
from lab.packets import Spray
from lab.svcctl import Svcctl
from lab.tables import Tables

ROUNDS = 6

pytestmark = pytest.mark.churn


def state(t, lab):
    """Requests for a service that answers, one that refuses and many others, in both families."""
    for family in FAMILIES:
        vip, silent, a = family.vip(1), family.vip(2), (lab.a.addr(family), 8080)
        yield from t.simple("shop/web:tcp", vip, 80, a)
        yield from t.simple("shop/web:udp", vip, 80, a, protocol="udp")
        yield from t.simple("shop/sink:udp", vip, 81, (lab.b.addr(family), 7000), protocol="udp")
        yield from t.simple("shop/none:http", silent, 80)
        for n in range(100, 130):
            yield from t.simple(f"shop/s{n}:http", family.vip(n), 80, (lab.d.addr(family), 8080))


def traffic(lab, family):
    """Floods and clients: served, refused, from pods, the node and outside."""
    sprays = [Spray(lab.b, family.vip(1), 81), Spray(lab.b, family.vip(2), 80, "tcp")]

    def flood(n):
        for spray in sprays:
            with contextlib.suppress(OSError):
                spray.send(range(1024 + n % 100 * 30, 1054 + n % 100 * 30))     # few enough to track

    processes = [Beside(flood, rest=3), asking(lab.c, family.vip(1), 80, timeout=0.2),
                 asking(lab.node, family.vip(1), 80, "udp", timeout=0.2),
                 asking(lab.outside, family.vip(2), 80, timeout=0.2)]
    for spray in sprays:
        spray.close()
    return processes


def works(lab):
    for family in FAMILIES:
        only(lab.c, family.vip(1), 80, "tcp", "a", times=1)
        assert attempt(lab.c, family.vip(2), 80).refused


@pytest.mark.row("OPS-07", "DP-17", "TX-02")
@pytest.mark.limit(600)
@pytest.mark.parametrize("keeper", [False, True], ids=["alone", "with keeper"])
def test_churn(lab, tables, keeper):
    """OPS-07: loaded and unloaded, namespaces made and deleted, tables restored, all under traffic.

    The runner looks for splats and leaks; here it must work after each round.
    """
    tables.close()
    svcctl = Svcctl(lab.node)
    if keeper:
        lab.node.nft(KEEPER)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(p) for f in FAMILIES for p in traffic(lab, f)]
        for n in range(ROUNDS):
            with Tables(lab.node) as t:
                t.change(*state(t, lab), replace=True)
            works(lab)
            saved = svcctl("save").stdout
            temporary, = netns.create(f"{lab.prefix}-churn")
            with Tables(temporary) as t:
                t.change(*state(t, lab))
            for p in clients:
                p.more(1)
            if n % 2:
                temporary.delete()
            svcctl("restore", "-f", "-", input=saved)
            with gap():
                pass
            if not n % 2:
                temporary.delete()
            conntrack.flush(lab.node)           # flows that began in the gap have no backend
            svcctl("restore", "-f", "-", input=saved)
            works(lab)
            assert svcctl("save").stdout == saved
        for p in clients:
            p.more(3)
            p.stop()
    if keeper:
        lab.node.run("nft", "flush", "ruleset")
