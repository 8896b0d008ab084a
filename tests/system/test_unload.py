# SPDX-License-Identifier: GPL-2.0
"""The module leaves and comes back while traffic flows: OPS-07 (rmmod), OPS-09 (the keeper)."""
import pytest

from lab.beside import asking
from lab.client import Conversation, attempt, only
from lab.module import KEEPER, gap
from lab.svcctl import NOT_LOADED
from lab.tables import Tables

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
