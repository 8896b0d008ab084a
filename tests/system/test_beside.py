# SPDX-License-Identifier: GPL-2.0
"""Other programs' rules beside ours: DP-16."""
import json
import re

import pytest

from lab.client import Conversation, attempt, only
from lab.family import V4

MARK = 0xdeadbeef


def counters(host):
    """Packets of each named nft counter."""
    listed = json.loads(host.run("nft", "-j", "list", "counters").stdout)["nftables"]
    return {o["counter"]["name"]: o["counter"]["packets"] for o in listed if "counter" in o}


def ip(family):
    return "ip" if family is V4 else "ip6"


@pytest.fixture
def web(lab, svcctl, family, protocol):
    """A service with one backend, a, at the first address of the service CIDR."""
    svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80, protocol),
           "backend", family.at(lab.a.addr(family), 8080))
    return family.vip(1)


@pytest.mark.row("DP-16")
def test_forward_sees_backend_and_original_tuple(lab, web, rules, family, protocol):
    """DP-16: FORWARD meets the backend's address, ct the ClusterIP as original and status dnat."""
    f, vip = ip(family), web
    rules(f"""
        table inet others {{
            counter backend {{}}
            counter service {{}}
            counter marked {{}}
            chain forward {{
                type filter hook forward priority filter; policy drop;
                {f} daddr {vip} counter name service
                meta mark != 0 counter name marked
                {f} daddr {lab.a.addr(family)} {protocol} dport 8080 ct original {f} daddr {vip} \
                    ct original proto-dst 80 ct status dnat counter name backend accept
                ct state established accept
                meta l4proto ipv6-icmp accept
            }}
            chain postrouting {{
                type filter hook postrouting priority 200;
                ct status dnat meta mark != 0 counter name marked
            }}
        }}""")
    only(lab.c, vip, 80, protocol, "a", times=1)
    seen = counters(lab.node)
    assert seen["backend"] >= 1
    assert seen["service"] == 0
    assert seen["marked"] == 0
    assert not attempt(lab.c, lab.a.addr(family), 8080, protocol, timeout=0.5).answer, \
        "the policy is drop, and this was not for a service"


@pytest.mark.row("DP-16")
@pytest.mark.parametrize("protocol", ["tcp"])
def test_input_sees_the_nodes_address(lab, svcctl, rules, family, protocol):
    """DP-16: DNAT to a backend on the node is done before INPUT."""
    f, vip = ip(family), family.vip(1)
    svcctl("add", "service", "shop/web:http", family.at(vip, 80),
           "backend", family.at(lab.node.addr(family), 8081))
    rules(f"""
        table inet others {{
            counter backend {{}}
            counter service {{}}
            chain input {{
                type filter hook input priority filter;
                {f} daddr {vip} counter name service
                {f} daddr {lab.node.addr(family)} tcp dport 8081 ct original {f} daddr {vip} \
                    ct status dnat counter name backend
            }}
        }}""")
    only(lab.c, vip, 80, "tcp", "node", times=1)
    seen = counters(lab.node)
    assert seen["backend"] >= 1 and seen["service"] == 0


@pytest.mark.row("DP-16")
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_marks_of_others_survive(lab, web, rules, family, protocol):
    """DP-16: a packet's mark and a connection's mark that others set come out as they went in."""
    f, vip = ip(family), web
    rules(f"""
        table inet others {{
            counter kept {{}}
            counter changed {{}}
            chain prerouting {{
                type filter hook prerouting priority mangle;
                {f} daddr {vip} meta mark set {MARK:#x} ct mark set {MARK:#x}
            }}
            chain forward {{
                type filter hook forward priority mangle;
                {f} daddr {lab.a.addr(family)} meta mark {MARK:#x} ct mark {MARK:#x} \
                    counter name kept
                {f} daddr {lab.a.addr(family)} meta mark != {MARK:#x} counter name changed
            }}
            chain postrouting {{
                type filter hook postrouting priority 200;
                {f} daddr {lab.a.addr(family)} meta mark != {MARK:#x} counter name changed
                {f} daddr {lab.a.addr(family)} ct mark != {MARK:#x} counter name changed
            }}
        }}""")
    only(lab.c, vip, 80, protocol, "a", times=1)
    seen = counters(lab.node)
    assert seen["kept"] >= 1 and seen["changed"] == 0


def nft_nat(lab, family):
    f = ip(family)
    lab.node.nft(f"""
        table {f} others {{
            chain prerouting {{
                type nat hook prerouting priority dstnat;
                {f} daddr {family.vip(1000)} tcp dport 80 dnat to {family.at(lab.b.addr(family), 8080)}
            }}
            chain postrouting {{
                type nat hook postrouting priority srcnat;
                {f} saddr {lab.c.addr(family)} {f} daddr {lab.e.addr(family)} masquerade
            }}
        }}""")
    return lambda: lab.node.run("nft", "delete", "table", f, "others")


def iptables_nat(lab, family, flavour):
    command = f"{ip(family)}tables-{flavour}"
    chains = (("PREROUTING", "-d", family.vip(1000), "-p", "tcp", "--dport", "80", "-j", "DNAT",
               "--to-destination", family.at(lab.b.addr(family), 8080)),
              ("POSTROUTING", "-s", lab.c.addr(family), "-d", lab.e.addr(family),
               "-j", "MASQUERADE"))
    for chain in chains:
        lab.node.run(command, "-t", "nat", "-A", *chain)

    def undo():
        for chain in chains:
            lab.node.run(command, "-t", "nat", "-D", *chain)

    return undo


@pytest.fixture
def others(request, lab, family):
    """Gives a function that adds others' rules: DNAT of the service CIDR's 1000th address to b, and
    masquerade from c to e."""
    undo = []

    def add():
        undo.append(nft_nat(lab, family) if request.param == "nft" else
                    iptables_nat(lab, family, request.param.partition("-")[2]))

    yield add
    for u in undo:
        u()


@pytest.mark.row("DP-16", "CNI-04")
@pytest.mark.parametrize("others, first", [
    ("nft", True), ("nft", False), ("iptables-nft", True), ("iptables-legacy", False),
], indirect=["others"], ids=["nft-before", "nft-after", "iptables-nft-before",
                             "iptables-legacy-after"])
def test_nat_rules_of_others_work_beside(lab, svcctl, family, others, first):
    """DP-16: others' DNAT and masquerade rules work beside a service, in whatever order both came."""
    if first:
        others()
    svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80),
           "backend", family.at(lab.d.addr(family), 8080))
    if not first:
        others()
    only(lab.c, family.vip(1000), 80, "tcp", "b", times=2)
    answer, = only(lab.c, lab.e.addr(family), 8080, "tcp", "e", times=1)
    assert answer.peer == lab.wire(family, 1), "their masquerade"
    for answer in only(lab.c, family.vip(1), 80, "tcp", "d", times=2):
        assert answer.peer == lab.c.addr(family)
    only(lab.node, family.vip(1), 80, "tcp", "d", times=1)


@pytest.mark.row("DP-16")
def test_conntrack_shows_the_original_tuple(lab, web, family, protocol):
    """DP-16: conntrack -L lists a flow with client and ClusterIP, and the backend in the reply."""
    with Conversation(lab.c, web, 80, protocol) as c:
        c.ask()
        listed = lab.node.run("conntrack", "-L", "-f", str(family), "-p", protocol).stdout
        ours = [line for line in listed.splitlines() if f"sport={c.source_port} " in line]
        if protocol == "sctp":
            assert len(ours) >= 1
        else:
            assert len(ours) == 1
        tuples = re.findall(r"src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)", ours[0])
        assert tuples == [(lab.c.addr(family), web, str(c.source_port), "80"),
                          (lab.a.addr(family), lab.c.addr(family), "8080", str(c.source_port))]


@pytest.mark.row("CNI-03", "DP-16")
def test_traffic_of_nobody_is_left_alone(lab, svcctl, tables, family, protocol):
    """CNI-03: pod to pod, node to pod, outside to pod: no NAT, whatever services there are."""
    svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80, protocol),
           "backend", family.at(lab.a.addr(family), 8080))
    for host, to in ((lab.c, lab.a), (lab.c, lab.d), (lab.outside, lab.a), (lab.d, lab.a)):
        answer, = only(host, to.addr(family), 8080, protocol, to.name[-1], times=1)
        assert answer.peer == host.addr(family)
    only(lab.node, lab.a.addr(family), 8080, protocol, "a", times=1)
    assert tables.stats()["flows"] == 0
