# SPDX-License-Identifier: GPL-2.0
"""Services without backends: REJ-01."""
import errno

import pytest

from lab.beside import Beside, asking
from lab.client import Conversation, attempt
from lab.packets import Icmp, Sniffer, Spray
from lab.wait import at_once

RST = 0x04


@pytest.fixture
def vip(svcctl, family, protocol):
    """A service without backends."""
    svcctl("add", "service", "shop/none:http", family.at(family.vip(9), 80, protocol))
    return family.vip(9)


@pytest.mark.smoke
@pytest.mark.row("REJ-01")
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_first_attempts_fail_at_once(lab, vip, tables, client, protocol, icmp_limits):
    """REJ-01: without backends the first attempts are refused at once, from anywhere."""
    with Sniffer(lab.node, "up0") as up:
        for _ in range(3):
            outcome = attempt(client, vip, 80, protocol)
            assert outcome.refused and outcome.seconds < at_once()
        assert not up.to(vip, outgoing=True)
    counted = tables.stats("shop/none:http")
    assert counted["no_backend"] == 3 and counted["flows"] == 0


@pytest.mark.row("REJ-01")
@pytest.mark.parametrize("protocol", ["tcp"])
@pytest.mark.parametrize("client", ["pod", "outside"], indirect=True)
def test_tcp_is_answered_with_a_reset(lab, vip, client):
    """REJ-01: TCP from pods and from outside gets a RST and no ICMP."""
    with Sniffer(client, "eth0") as wire, Icmp(client, vip) as icmp:
        assert attempt(client, vip, 80).refused
        resets = [p for p in wire.packets() if p.source == vip and p.payload[13] & RST]
        assert len(resets) == 1
        assert not icmp.unreachable(0)


@pytest.mark.row("REJ-01")
@pytest.mark.parametrize("protocol", ["tcp"])
def test_refuse_with_icmp(lab, svcctl, tables, family, client, protocol):
    """REJ-01: ICMP port unreachable instead of a RST, where a service asks for it."""
    vip = family.vip(9)
    svcctl("add", "service", "shop/none:http", family.at(vip, 80), "refuse-with", "icmp")
    if client is lab.node:
        outcome = attempt(client, vip, 80)
        assert outcome.refused and outcome.seconds < at_once()
        return
    with Sniffer(client, "eth0") as wire, Icmp(client, vip) as icmp, \
            Conversation(client, vip, 80, connect=False) as c:
        c.socket.setblocking(False)
        c.socket.connect_ex((vip, 80))
        assert icmp.unreachable(at_once()) == ((3, 3) if family.bits == 32 else (1, 4))
        assert not [p for p in wire.packets() if p.source == vip]
    assert tables.stats("shop/none:http")["no_backend"] >= 1


@pytest.mark.row("REJ-01")
@pytest.mark.parametrize("protocol", ["sctp"])
def test_sctp_is_answered_with_icmp(lab, vip, client, family, tables):
    """REJ-01: SCTP gets ICMP, and goes nowhere."""
    with Icmp(client, vip) as icmp, Sniffer(lab.node, "up0") as up:
        assert not attempt(client, vip, 80, "sctp", timeout=0.3).answer
        if client is not lab.node:
            assert icmp.unreachable(at_once()) == ((3, 3) if family.bits == 32 else (1, 4))
        assert not up.to(vip, outgoing=True)
    assert tables.stats("shop/none:http")["no_backend"] >= 1


@pytest.mark.row("REJ-01")
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_the_node_itself_gets_econnrefused(lab, vip, protocol):
    """REJ-01: on the node the very call fails: connect(), blocking or not, and UDP's send()."""
    with Conversation(lab.node, vip, 80, protocol, connect=False) as c:
        c.socket.setblocking(False)
        if protocol == "tcp":
            assert c.socket.connect_ex((vip, 80)) == errno.ECONNREFUSED
        else:
            with pytest.raises(ConnectionRefusedError):
                c.socket.sendto(b"?\n", (vip, 80))
            c.connect()
            with pytest.raises(ConnectionRefusedError):
                c.socket.send(b"?\n")
    if protocol == "tcp":
        with Conversation(lab.node, vip, 80, connect=False) as c, \
                pytest.raises(ConnectionRefusedError):
            c.connect()


@pytest.mark.row("REJ-01")
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_served_again_when_backends_come(lab, svcctl, vip, family, protocol, client):
    """REJ-01: the next attempt after a backend has come is served, and refused after it has gone."""
    backend = family.at(lab.a.addr(family), 8080)
    assert attempt(client, vip, 80, protocol).refused
    svcctl("add", "backend", "shop/none:http", backend)
    assert attempt(client, vip, 80, protocol).answer.name == "a"
    svcctl("del", "backend", "shop/none:http", backend)
    assert attempt(client, vip, 80, protocol).refused


@pytest.mark.row("REJ-01")
@pytest.mark.parametrize("protocol", ["udp", "tcp"])
def test_a_flood_of_refusals_hurts_nobody_else(lab, svcctl, tables, vip, family, protocol):
    """REJ-01: refusals of a flood are limited and counted, and cost other services no new flow."""
    svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80),
           "backend", family.at(lab.a.addr(family), 8080))
    spray = Spray(lab.c, vip, 80, protocol)
    with Beside(lambda n: spray.send(range(1024, 65536, 64)), rest=3) as flood:
        flood.more(1)
        with asking(lab.b, family.vip(1), 80) as others:
            others.more(50)
            flood.more(1)
            tally = others.stop()
        flood.stop()
    spray.close()
    assert tally.pop("") == [] and tally["a"] >= 50
    counted = tables.stats("shop/none:http")
    assert counted["refusal_limit"] > 0
    assert counted["no_backend"] >= 2 * len(range(1024, 65536, 64))
    assert tables.stats("shop/web:http")["flows"] == tally["a"]


@pytest.mark.row("REJ-01")
@pytest.mark.parametrize("protocol", ["tcp"])
def test_a_flood_costs_another_client_of_another_service_nothing(lab, svcctl, vip, family):
    """REJ-01: while one source floods one service, another is still refused at once by another one."""
    svcctl("add", "service", "shop/none2:http", family.at(family.vip(8), 80))
    spray = Spray(lab.c, vip, 80, "tcp")
    with Beside(lambda n: spray.send(range(1024, 65536, 64)), rest=3) as flood:
        flood.more(1)
        outcomes = [attempt(lab.b, family.vip(8), 80) for _ in range(3)]
        flood.stop()
    spray.close()
    assert all(o.refused and o.seconds < 2 * at_once() for o in outcomes), outcomes
