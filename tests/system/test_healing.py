# SPDX-License-Identifier: GPL-2.0
"""Flows whose entry in conntrack is no longer true, and packets that fit into none: DP-09, DP-11 to DP-13."""
import contextlib
import socket
import struct

import pytest

from lab.client import Conversation, attempt
from lab.packets import ACK, FIN, PSH, SYN, Sniffer, send_segment
from lab.wait import until


@contextlib.contextmanager
def silent(host, hook, protocol, port):
    """Packets of host with this destination port are lost."""
    host.nft(f"""
        table inet silence {{
            chain lost {{
                type filter hook {hook} priority {'raw' if hook == 'output' else 'filter'};
                {protocol} dport {port} drop
            }}
        }}""")
    try:
        yield
    finally:
        host.run("nft", "delete", "table", "inet", "silence")


def vanish(host, conversation, protocol):
    """The client's end of a connection is gone, and nobody was told."""
    with silent(host, "output", protocol, 80):
        conversation.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        conversation.close()


@pytest.fixture
def backends(lab, svcctl, family, protocol):
    """A service with backend a; the texts of backends a, b and d."""
    a, b, d = (family.at(pod.addr(family), 8080) for pod in (lab.a, lab.b, lab.d))
    svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80, protocol), "backend", a)
    return a, b, d


@pytest.mark.smoke
@pytest.mark.row("DP-11")
@pytest.mark.parametrize("protocol", ["udp"])
@pytest.mark.parametrize("client", ["c", "outside", "node"])
def test_a_datagram_after_its_backend_is_gone(lab, svcctl, tables, family, protocol, backends, client):
    """DP-11: one socket's next datagram reaches a backend that there is, time and again, and none is lost."""
    a, b, d = backends
    with Conversation(getattr(lab, client), family.vip(1), 80, protocol) as c:
        assert c.ask().name == "a"
        for there, gone, name in ((b, a, "b"), (d, b, "d"), (a, d, "a")):
            svcctl("batch", input=f"add backend shop/web:http {there}\ndel backend shop/web:http {gone}\n")
            for _ in range(3):
                assert c.ask().name == name
    stats = tables.stats("shop/web:http")
    assert (stats["flows"], stats["healed"]) == (4, 3)


@pytest.mark.row("DP-11", "REJ-01")
@pytest.mark.parametrize("protocol", ["udp"])
def test_a_datagram_when_no_backend_is_left(lab, svcctl, family, protocol, backends):
    """DP-11: if no backend is left it is rejected with the very next packet."""
    with Conversation(lab.c, family.vip(1), 80, protocol) as c:
        assert c.ask().name == "a"
        svcctl("del", "backend", "shop/web:http", backends[0])
        with pytest.raises(ConnectionRefusedError):
            c.ask()
        svcctl("add", "backend", "shop/web:http", backends[1])
        assert c.ask().name == "b"


@pytest.mark.row("DP-11")
@pytest.mark.parametrize("protocol", ["udp"])
def test_a_flow_stays_whose_backend_left_the_set(lab, svcctl, tables, family, protocol, backends):
    """DP-11: drained, without weight, out of this client's set: for the life of the flow nothing moves."""
    a, b, _ = backends
    with Conversation(lab.c, family.vip(1), 80, protocol) as c:
        assert c.ask().name == "a"
        svcctl("add", "backend", "shop/web:http", b, "sets", "cluster,local")
        for words in (("sets", "none"), ("sets", "local"), ("weight", "0"), ("sets", "cluster", "weight", "3")):
            svcctl("set", "backend", "shop/web:http", a, *words)
            assert c.ask().name == "a", words
        svcctl("set", "frontend", family.at(family.vip(1), 80, protocol), "rule", "outside", "set", "local")
        assert c.ask().name == "a"
    stats = tables.stats("shop/web:http")
    assert (stats["flows"], stats["healed"]) == (1, 0)


@pytest.mark.row("DP-09")
@pytest.mark.parametrize("protocol", ["tcp", "sctp"])
@pytest.mark.parametrize("client", ["c", "outside", "node"])
def test_a_port_is_used_again(lab, svcctl, family, protocol, backends, client):
    """DP-09: a connection out of a port whose old one never ended gets a backend that there is, at once."""
    a, b, _ = backends
    host = getattr(lab, client)
    with Conversation(host, family.vip(1), 80, protocol, source_port=41235) as c:
        assert c.ask().name == "a"
        svcctl("batch", input=f"add backend shop/web:http {b}\ndel backend shop/web:http {a}\n")
        vanish(host, c, protocol)
    with silent(lab.a, "input", protocol, 8080):
        outcome = attempt(host, family.vip(1), 80, protocol, source_port=41235)
    assert outcome.answer and outcome.answer.name == "b" and outcome.seconds < 0.9, outcome


@pytest.mark.smoke
@pytest.mark.row("DP-12")
@pytest.mark.parametrize("protocol", ["udp"])
@pytest.mark.parametrize("client", ["c", "outside", "node"])
def test_a_client_that_began_before_its_service(lab, svcctl, tables, family, protocol, client):
    """DP-12: what it sent before went nowhere; its first packet after the commit is answered."""
    vip = family.vip(1)
    svcctl("add", "service", "shop/other:http", family.at(family.vip(9), 80, protocol))
    with Conversation(getattr(lab, client), vip, 80, protocol, timeout=0.2) as c:
        for _ in range(2):
            with pytest.raises(OSError):
                c.ask()
        svcctl("add", "service", "shop/web:http", family.at(vip, 80, protocol),
               "backend", family.at(lab.a.addr(family), 8080))
        assert c.ask().name == "a"
        assert c.ask().name == "a"
    assert tables.stats("shop/web:http")["healed"] == 1


@pytest.mark.row("DP-13")
@pytest.mark.parametrize("protocol", ["tcp"])
@pytest.mark.parametrize("client", ["c", "outside"])
def test_a_segment_out_of_the_window_is_translated(lab, svcctl, family, protocol, backends, client):
    """DP-13: it reaches the client as from the service, so that the client resets nothing."""
    host, vip = getattr(lab, client), family.vip(1)
    with Conversation(host, vip, 80) as c, Sniffer(host, "eth0") as wire:
        assert c.ask().name == "a"
        peer = c.socket.getsockname()[:2]
        send_segment(lab.a, (lab.a.addr(family), 8080), peer, PSH | ACK, seq=0x5EC0, ack=0x5EC0, payload=b"!")
        until(lambda: [p for p in wire.packets() if p.payload.endswith(b"!")], "the segment arrives")
        assert c.ask().name == "a"
        assert {p.source for p in wire.packets() if p.payload.endswith(b"!")} == {vip}
        assert not wire.to(lab.a.addr(family)) and not wire.to(lab.a.addr(family), outgoing=True)


@pytest.mark.row("DP-13")
@pytest.mark.parametrize("protocol", ["tcp"])
def test_a_segment_that_is_none_is_dropped(lab, svcctl, tables, family, protocol, backends):
    """DP-13: what conntrack cannot translate does not pass, of a service's flow; others' does."""
    vip, backend = family.vip(1), (lab.a.addr(family), 8080)
    with Conversation(lab.c, vip, 80) as c, Conversation(lab.c, *backend) as direct, \
            Sniffer(lab.c, "eth0") as wire:
        assert c.ask().name == direct.ask().name == "a"
        for to in c, direct:
            send_segment(lab.a, backend, to.socket.getsockname()[:2], SYN | FIN | ACK, payload=b"!")
        until(lambda: tables.stats("shop/web:http").get("invalid") == 1, "one is dropped")
        assert c.ask().name == "a"
        came = [p.ports[1] for p in wire.packets() if p.payload.endswith(b"!")]
        assert came == [direct.source_port]


@pytest.mark.row("DP-11", "DP-16")
@pytest.mark.parametrize("protocol", ["udp"])
@pytest.mark.parametrize("said", ["ct zone set 7", 'ct timeout set "slow"'])
def test_rules_have_had_a_say_in_the_entry(lab, svcctl, tables, family, protocol, backends, rules, said):
    """DP-11, DP-16: what rules say of a flow holds for the one that begins anew; one datagram is lost for it."""
    a, b, _ = backends
    ip = "ip" if family.bits == 32 else "ip6"
    if "zone" in said:
        chains = f"""
            chain say {{
                type filter hook prerouting priority raw;
                udp dport 80 {said}
                udp sport 8080 {said}
            }}"""
    else:
        chains = f"""
            ct timeout slow {{
                protocol udp;
                l3proto {ip};
                policy = {{ unreplied: 77, replied: 777 }}
            }}
            chain say {{
                type filter hook prerouting priority mangle;
                udp dport 80 {said}
            }}"""
    rules(f"table {ip} say {{{chains}\n}}")
    with Conversation(lab.c, family.vip(1), 80, protocol, timeout=1) as c:
        assert c.ask().name == "a"
        svcctl("batch", input=f"add backend shop/web:http {b}\ndel backend shop/web:http {a}\n")
        with pytest.raises(TimeoutError):
            c.ask()
        for _ in range(3):
            assert c.ask().name == "b"
    assert tables.stats("shop/web:http")["bind"] == 1


@pytest.mark.row("DP-11", "DP-10")
@pytest.mark.parametrize("protocol", ["udp", "tcp"])
def test_a_frontend_becomes_anothers(lab, svcctl, family, protocol, backends):
    """DP-11, DP-10: its UDP flows go to the backends of the new one, connections end where they are."""
    _, b, _ = backends
    with Conversation(lab.c, family.vip(1), 80, protocol) as c:
        assert c.ask().name == "a"
        place = family.at(family.vip(1), 80, protocol)
        svcctl("batch", input=f"del frontend {place}\nadd service shop/new:http {place} backend {b}\n")
        assert c.ask().name == ("b" if protocol == "udp" else "a")
