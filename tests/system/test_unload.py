# SPDX-License-Identifier: GPL-2.0
"""The module leaves and comes back while traffic flows: OPS-07 (rmmod), OPS-09 (the keeper)."""
import contextlib
import socket

import pytest

from lab.beside import asking
from lab.client import Conversation, attempt, only
from lab.module import KEEPER, gap
from lab.svcctl import NOT_LOADED
from lab.tables import CLASSES, Tables, rule
from lab.wait import until


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


@pytest.fixture
def keeper(lab):
    lab.node.nft(KEEPER)
    yield
    lab.node.run("nft", "flush", "ruleset")


@pytest.mark.row("OPS-09")
def test_keeper_keeps_established_connections(lab, svcctl, tables, keeper, family):
    """OPS-09: beside a keeper, established connections live through unload and load, masqueraded ones too."""
    vips = family.vip(1), family.vip(2)
    a = lab.a.addr(family), 8080
    tables.change(*tables.simple("shop/web:http", vips[0], 80, a),
                  *tables.simple("shop/masqueraded:http", vips[1], 80, a,
                                 rules=[rule(c, masquerade=True) for c in CLASSES]))
    saved = svcctl("save").stdout
    with contextlib.ExitStack() as stack:
        conversations = [stack.enter_context(Conversation(client, vip, 80))
                         for client in (lab.c, lab.outside, lab.node) for vip in vips]

        def all_answer():
            assert {c.ask().name for c in conversations} == {"a"}

        all_answer()
        with gap():
            all_answer()
        all_answer()
        svcctl("restore", "-f", "-", input=saved)
        all_answer()
        only(lab.c, vips[0], 80, "tcp", "a", times=2)


@pytest.mark.row("OPS-09", "DP-11")
def test_flows_of_before_are_known_again(lab, svcctl, tables, keeper, family):
    """DP-11: a UDP flow that lived through the gap is ended, as others, when its backend goes later."""
    vip, b = family.vip(1), family.at(lab.b.addr(family), 8080)
    tables.change(*tables.simple("shop/dns:dns", vip, 53, (lab.a.addr(family), 8080), protocol="udp"))
    saved = svcctl("save").stdout
    with Conversation(lab.c, vip, 53, "udp") as c:
        assert c.ask().name == "a"
        with gap():
            assert c.ask().name == "a"
        svcctl("restore", "-f", "-", input=saved)
        assert svcctl.json("conns") == []
        assert c.ask().name == "a"
        until(lambda: [f["state"] for f in svcctl.json("conns")] == ["open"], "it has a record")
        svcctl("batch", input=f"add backend shop/dns:dns {b}\n"
                              f"del backend shop/dns:dns {family.at(lab.a.addr(family), 8080)}\n")
        assert c.ask().name == "b"


@pytest.mark.row("OPS-09")
def test_keeper_lets_no_flow_begin_untranslated(lab, svcctl, tables, keeper, family):
    """OPS-09: a UDP client that keeps asking from one port through the gap is served after it."""
    vip = family.vip(1)
    tables.change(*tables.simple("shop/dns:dns", vip, 53, (lab.a.addr(family), 8080), protocol="udp"))
    saved = svcctl("save").stdout
    with lab.c, socket.socket(family.af, socket.SOCK_DGRAM) as client:
        client.connect((vip, 53))
        client.settimeout(0.3)

        def answered():
            try:
                client.send(b"who")
                return client.recv(100)
            except (TimeoutError, ConnectionRefusedError):
                return None

        with gap():
            assert not answered()
        svcctl("restore", "-f", "-", input=saved)
        until(answered, "the flow that began in the gap is served")


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
