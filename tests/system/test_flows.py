# SPDX-License-Identifier: GPL-2.0
"""Records of flows: which there are, whose they are, and when they go: DP-01, DP-10, DP-11."""
import contextlib
import time

import pytest

from lab import abi, conntrack, genl, queue
from lab.client import Conversation, attempt
from lab.svcctl import NOT_FOUND, REFUSED
from lab.tables import backend
from lab.wait import emulated, until

WEB = "shop/web:http"
# A record goes within a second of its flow's end; an emulated machine may be late for it.
REAPED = 1.0 + (2.0 if emulated() else 0.3)


@pytest.fixture
def place(lab, family):
    """Backends a and b as the tables say them."""
    return {pod.name[-1]: (pod.addr(family), 8080) for pod in (lab.a, lab.b)}


@pytest.fixture(autouse=True)
def no_records(tables):
    """The worker may not yet have seen that those of the test before are gone."""
    until(lambda: not tables.flows(), "no flow is recorded")


@pytest.fixture
def web(lab, tables, family, protocol, place):
    """A service with backend a, and one at another port of its address that keeps the hooks there."""
    tables.change(*tables.simple(WEB, family.vip(1), 80, place["a"], protocol=protocol),
                  *tables.simple("shop/else:http", family.vip(1), 81, place["b"], protocol=protocol))
    return WEB, protocol, family


def gone(tables, what, count=lambda flows: not flows, limit=REAPED):
    until(lambda: count(tables.flows()), what, limit)


@pytest.mark.smoke
@pytest.mark.row("DP-01", "DP-10")
@pytest.mark.parametrize("client", ["c", "outside", "node"])
def test_a_flow_is_recorded_while_it_lives(lab, tables, family, protocol, web, place, client):
    """DP-01: each flow has one record, of its backend; it is over, or gone, within a second of its end."""
    host = getattr(lab, client)
    with contextlib.ExitStack() as stack:
        asking = [stack.enter_context(Conversation(host, family.vip(1), 80, protocol)) for _ in range(5)]
        for c in asking:
            assert c.ask().name == "a"
        until(lambda: {f.state for f in tables.flows()} == {"open"}, "the worker has seen the answers")
        for flow in tables.flows():
            assert (flow.service, flow.protocol, flow.frontend, flow.backend) == (
                WEB, {"tcp": 6, "udp": 17, "sctp": 132}[protocol], (family.vip(1), 80), place["a"])
        assert {f.source[1] for f in tables.flows()} == {c.source_port for c in asking}
        assert tables.backend_flows(WEB) == {place["a"]: 5}
    if protocol == "udp":
        conntrack.flush(lab.node)
        gone(tables, "the records go with their entries")
    else:
        until(lambda: tables.backend_flows(WEB) == {place["a"]: 0}, "connections that are closed are over")
    assert tables.stats(WEB)["unrecorded"] == 0


@pytest.mark.row("DP-10")
@pytest.mark.parametrize("protocol", ["udp"])
def test_the_end_of_a_flow_is_seen_within_a_second(lab, tables, family, web, place):
    """DP-10: time and again, whenever the worker looked last."""
    for pause in 0.0, 0.1, 0.35:
        with Conversation(lab.c, family.vip(1), 80, "udp") as c:
            assert c.ask().name == "a"
            end = time.monotonic() + pause
            until(lambda: time.monotonic() >= end and tables.flows(), "it is recorded")
            conntrack.flush(lab.node)
            begin = time.monotonic()
            gone(tables, "its record goes")
            assert time.monotonic() - begin < REAPED
            assert conntrack.count(lab.node) == 0, "and no reference is left behind"


@pytest.mark.row("DP-10")
@pytest.mark.parametrize("protocol", ["udp"])
def test_an_entry_that_expires_is_not_held(lab, tables, family, web):
    """DP-10: conntrack's own collector may come a minute later; the record, and the entry, do not wait."""
    before = {n: lab.node.sysctl(f"net.netfilter.{n}") for n in
              ("nf_conntrack_udp_timeout", "nf_conntrack_udp_timeout_stream")}
    try:
        for name in before:
            lab.node.sysctl(f"net.netfilter.{name}", 1)
        with Conversation(lab.c, family.vip(1), 80, "udp") as c:
            assert c.ask().name == "a"
            gone(tables, "a second of silence ends it", limit=1 + REAPED)
            until(lambda: conntrack.count(lab.node) == 0, "the entry goes, too")
    finally:
        for name, value in before.items():
            lab.node.sysctl(f"net.netfilter.{name}", value)


@pytest.mark.row("DP-10")
@pytest.mark.parametrize("protocol", ["udp"])
def test_a_flow_whose_first_packet_was_dropped(lab, tables, rules, family, web, place):
    """DP-10: conntrack never had it, and so it is no flow; what comes from there later is counted once."""
    rules("""
        table inet wall {
            chain forward { type filter hook forward priority 0; udp dport 8080 drop; }
        }""")
    with Conversation(lab.c, family.vip(1), 80, "udp", timeout=0.1) as c:
        for _ in range(5):
            with pytest.raises(TimeoutError):
                c.ask()
        gone(tables, "the record of what was dropped goes")
        with pytest.raises(TimeoutError):
            c.ask()
        lab.node.run("nft", "flush", "ruleset")
        c.socket.settimeout(5)
        assert c.ask().name == "a"
        until(lambda: [f.state for f in tables.flows()] == ["open"], "one flow is left")
        assert tables.backend_flows(WEB) == {place["a"]: 1}


@pytest.mark.row("DP-16", "DP-10")
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_flow_whose_packets_pass_a_queue(lab, tables, rules, family, protocol, web, place):
    """DP-16: a program behind an nft queue accepts; no first packet is lost, and the flow is recorded."""
    rules(f"""
        table inet watched {{
            chain forward {{
                type filter hook forward priority 0;
                {protocol} dport 8080 queue num 7
            }}
        }}""")
    with queue.accepting(lab.node, 7) as seen, Conversation(lab.c, family.vip(1), 80, protocol) as c:
        assert c.ask().name == "a"
        assert c.ask().name == "a"
        until(lambda: [f.state for f in tables.flows()] == ["open"], "its record is held")
        assert tables.backend_flows(WEB) == {place["a"]: 1} and len(seen) >= 2
        lab.node.run("nft", "flush", "ruleset")


@pytest.mark.row("DP-11")
@pytest.mark.parametrize("protocol", ["udp"])
@pytest.mark.parametrize("client", ["c", "outside", "node"])
def test_a_datagram_after_its_service_is_deleted(lab, tables, family, web, place, client):
    """DP-11: it is refused with the very next one, and reaches a new service of that address with its first."""
    before = tables.stats()["healed"]
    with Conversation(getattr(lab, client), family.vip(1), 80, "udp") as c:
        assert c.ask().name == "a"
        tables.change(tables.service_del(WEB, family, "udp"))
        with pytest.raises(ConnectionRefusedError):
            c.ask()
        tables.change(*tables.simple("shop/new:http", family.vip(1), 80, place["b"], protocol="udp"))
        assert c.ask().name == "b"
        until(lambda: [f.service for f in tables.flows()] == ["shop/new:http"], "the old record goes")
    assert tables.stats()["healed"] - before == 1


@pytest.mark.row("DP-11", "DP-16")
@pytest.mark.parametrize("protocol", ["udp"])
def test_a_flow_that_others_bind_is_theirs(lab, tables, rules, family, web, place):
    """DP-16: another program's rule comes first; its flow to our frontend is not ended, whoever serves."""
    address, nft = lab.b.addr(family), "ip6" if family.bits == 128 else "ip"
    rules(f"""
        table inet theirs {{
            chain first {{
                type nat hook prerouting priority dstnat - 50;
                {nft} daddr {family.vip(1)} udp dport 80 dnat {nft} to {family.at(address, 8080)}
            }}
        }}""")
    with Conversation(lab.c, family.vip(1), 80, "udp") as c:
        for _ in range(4):
            assert c.ask().name == "b"
    assert not tables.flows()
    assert (tables.stats(WEB)["healed"], tables.stats(WEB)["flows"]) == (0, 0)
    assert conntrack.count(lab.node) == 1


@pytest.mark.row("DP-10")
@pytest.mark.parametrize("protocol", ["tcp"])
def test_a_deleted_backend_that_comes_back_has_its_flows(lab, tables, family, web, place):
    """DP-10: a connection keeps a deleted backend, and is that backend's again if it is added again."""
    with Conversation(lab.c, family.vip(1), 80) as c:
        assert c.ask().name == "a"
        tables.change(tables.backends_del(WEB, family, "tcp", backend(*place["a"])))
        assert tables.backend_flows(WEB) == {}
        assert [f.backend for f in tables.flows()] == [place["a"]]
        tables.change(tables.backends(WEB, family, "tcp", backend(*place["a"])))
        assert tables.backend_flows(WEB) == {place["a"]: 1}
        assert c.ask().name == "a"


@pytest.mark.row("DP-01")
@pytest.mark.parametrize("protocol", ["udp"])
def test_flows_are_asked_for_by_service_and_backend(lab, tables, family, web, place):
    """DP-01: FLOW_GET dumps all, those of a service, of a backend, of both; in many rounds, each once."""
    with contextlib.ExitStack() as stack:
        for port, count in (80, 300), (81, 200):
            for _ in range(count):
                c = stack.enter_context(Conversation(lab.c, family.vip(1), port, "udp"))
                c.socket.send(b"?\n")
        until(lambda: tables.backend_flows(WEB) == {place["a"]: 300}, "all have come")
        key, other = (WEB, "udp", family), ("shop/else:http", "udp", family)
        a, b = (backend(*place[n]) for n in "ab")
        until(lambda: not any(m.flags & genl.F_DUMP_INTR for m in
                              tables.call(abi.CMD_FLOW_GET, flags=genl.F_DUMP)),
              "the table has grown, and a dump is of one state of it")
        assert len(tables.flows()) == len({f.source for f in tables.flows()}) == 500
        assert {f.service for f in tables.flows(key)} == {WEB}
        assert [len(tables.flows(*how)) for how in
                ((key,), (other,), ((), a), ((), b), (key, a), (key, b))] == [300, 200, 300, 200, 300, 0]
    with pytest.raises(genl.Refused):
        tables.call(abi.CMD_FLOW_GET, [(abi.A_NAME, WEB)], genl.F_DUMP)


@pytest.mark.row("DP-10")
@pytest.mark.parametrize("protocol", ["tcp"])
def test_a_connection_that_was_refused_is_none(lab, tables, family, protocol, place):
    """DP-10: nobody listens there; conntrack forgets it at once, and so do we."""
    tables.change(*tables.simple(WEB, family.vip(1), 80, (place["a"][0], 9), protocol=protocol))
    assert attempt(lab.c, family.vip(1), 80).refused
    gone(tables, "its record goes")
    assert set(tables.backend_flows(WEB).values()) == {0}


@pytest.mark.smoke
@pytest.mark.row("CTL-01", "DP-10")
@pytest.mark.parametrize("protocol", ["tcp"])
def test_a_backend_drains(lab, svcctl, family, protocol):
    """DP-10: drain says how many flows are left and waits until there is none; show says so, too."""
    place, vip = family.at(lab.a.addr(family), 8080), family.vip(1)
    svcctl("add", "service", WEB, family.at(vip, 80), "backend", place)
    with contextlib.ExitStack() as stack:
        asking = [stack.enter_context(Conversation(lab.c, vip, 80)) for _ in range(3)]
        for c in asking:
            assert c.ask().name == "a"
        assert svcctl("drain", WEB, place).stdout == f"{place}: draining, 3 flows left\n"
        assert attempt(lab.c, vip, 80).refused
        assert asking[0].ask().name == "a"
        assert "draining  weight 1  flows 3 left" in svcctl("show", WEB).stdout
        late = svcctl("drain", WEB, place, "--wait", "1", expect=REFUSED)
        assert late.stdout == f"{place}: draining, 3 flows left\n" and "still 3 flows" in late.stderr
    told = svcctl("drain", WEB, place, "--wait", "20").stdout.splitlines()
    assert told[-1] == f"{place}: drained, no flow left"
    assert svcctl.json("drain", WEB, place)["drained"]
    assert "draining  weight 1  no flow left" in svcctl("show", WEB).stdout
    svcctl("drain", WEB, family.at(lab.b.addr(family), 8080), expect=NOT_FOUND)


@pytest.mark.row("CTL-01")
@pytest.mark.parametrize("protocol", ["udp"])
def test_conns_shows_flows(lab, svcctl, family, protocol):
    """CTL-01: conns has a row for each, of a service or a backend, also of a service that is gone."""
    a, b = (family.at(p.addr(family), 8080) for p in (lab.a, lab.b))
    vip = family.vip(1)
    svcctl("add", "service", WEB, family.at(vip, 80, "udp"), "backend", a)
    svcctl("add", "service", "shop/else:http", family.at(vip, 81, "udp"), "backend", b)
    with Conversation(lab.c, vip, 80, "udp") as one, Conversation(lab.outside, vip, 81, "udp") as other:
        assert one.ask().name == "a" and other.ask().name == "b"
        until(lambda: {f["state"] for f in svcctl.json("conns")} == {"open"}, "both are answered")
        rows = [row.split() for row in svcctl("conns", "-H").stdout.splitlines()]
        client = family.at(lab.c.addr(family), one.source_port)
        assert sorted(r[0] for r in rows) == ["shop/else:http", WEB]
        assert [WEB, "udp", client, family.at(vip, 80), a, "open"] in [r[:6] for r in rows]
        assert [f["name"] for f in svcctl.json("conns", WEB)] == [WEB]
        assert [f["name"] for f in svcctl.json("conns", "backend", b)] == ["shop/else:http"]
        assert svcctl.json("conns", WEB, "backend", b) == []
        wide, = [r for r in svcctl("list", "-H", "-o", "wide", WEB).stdout.splitlines()]
        assert wide.split()[6:8] == ["1", "1"]
        svcctl("del", "service", WEB)
        assert WEB in {f["name"] for f in svcctl.json("conns")}
        svcctl("conns", WEB, expect=NOT_FOUND)
