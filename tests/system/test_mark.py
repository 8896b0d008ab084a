# SPDX-License-Identifier: GPL-2.0
"""The mark of packets whose flow will be masqueraded: DP-05."""
import json

import pytest

from lab.client import Conversation, attempt, only
from lab.family import FAMILIES, V4
from lab.wait import until

BIT = 0x4000
OTHERS = 0xdeadbeef         # has all sorts of bits, but not that one
LAST = (1 << 31) - 1

pytestmark = pytest.mark.row("DP-05")


def ip(family):
    return "ip" if family is V4 else "ip6"


def seen(lab):
    """Packets of each named nft counter in the node."""
    listed = json.loads(lab.node.run("nft", "-j", "list", "counters").stdout)["nftables"]
    return {o["counter"]["name"]: o["counter"]["packets"] for o in listed if "counter" in o}


def watch(rules, match, mark="0"):
    """Counts packets of a match by their mark: on the way out, and at its very end."""
    rules(f"""
        table inet others {{
            counter early {{}}
            counter late {{}}
            counter changed {{}}
            counter total {{}}
            chain raw {{
                type filter hook prerouting priority raw;
                meta mark set {mark}
            }}
            chain output {{
                type route hook output priority raw;
                meta mark set {mark}
            }}
            chain early {{
                type filter hook postrouting priority mangle;
                {match} counter name total
                {match} meta mark & {BIT:#x} == {BIT:#x} counter name early
            }}
            chain late {{
                type filter hook postrouting priority {LAST};
                meta mark & {BIT:#x} == {BIT:#x} counter name late
                meta mark != {mark} counter name changed
            }}
        }}""")


@pytest.fixture(params=["mark-first", "mark-last"])
def web(request, lab, svcctl, family):
    """A service with backend d of the other node, and the mark set before it or after."""
    steps = [("set", "settings", "pod-cidr", ",".join(str(f.pods) for f in FAMILIES)),
             ("set", "settings", "masquerade-mark", f"{BIT:#x}"),
             ("add", "service", "shop/web:http", family.at(family.vip(1), 80),
              "backend", family.at(lab.d.addr(family), 8080))]
    if request.param == "mark-last":
        steps[1:] = reversed(steps[1:])
    for step in steps:
        svcctl(*step)
    return family.vip(1)


@pytest.mark.smoke
@pytest.mark.parametrize("client, marked", [("outside", 1), ("node", 1), ("c", 0)])
def test_the_first_packet_of_a_masqueraded_flow_is_marked(lab, web, rules, family, client, marked):
    """DP-05: it has the bit until it leaves, nobody else's bits change, and later packets have none."""
    watch(rules, f"ct original {ip(family)} daddr {web}", f"{OTHERS:#x}")
    only(getattr(lab, client), web, 80, "tcp", "d", times=1)
    count = seen(lab)
    assert count["total"] > count["early"] == marked
    assert count["late"] == count["changed"] == 0


def test_a_hairpin_is_marked(lab, svcctl, rules, family):
    """DP-05, DP-04: a backend that asks itself is masqueraded, so it is marked."""
    svcctl("set", "settings", "masquerade-mark", f"{BIT:#x}")
    svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80),
           "backend", family.at(lab.a.addr(family), 8080))
    watch(rules, f"ct original {ip(family)} daddr {family.vip(1)}")
    only(lab.c, family.vip(1), 80, "tcp", "a", times=1)
    assert seen(lab)["early"] == 0
    only(lab.a, family.vip(1), 80, "tcp", "a", times=1)
    count = seen(lab)
    assert count["early"] == 1 and count["late"] == 0


@pytest.mark.parametrize("client", ["outside", "node"])
def test_no_socket_sees_the_mark(lab, svcctl, rules, family, client):
    """DP-05: towards a backend on the node's own address the bit is cleared, too."""
    svcctl("set", "settings", "pod-cidr", ",".join(str(f.pods) for f in FAMILIES),
           "masquerade-mark", f"{BIT:#x}")
    svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80),
           "backend", family.at(lab.node.addr(family), 8081))
    hook = "input" if client == "outside" else "postrouting"
    first = f"ct original {ip(family)} daddr {family.vip(1)}"
    rules(f"""
        table inet others {{
            counter early {{}}
            counter late {{}}
            chain raw {{
                type filter hook prerouting priority raw;
                meta mark set {OTHERS:#x}
            }}
            chain output {{
                type route hook output priority raw;
                meta mark set {OTHERS:#x}
            }}
            chain early {{
                type filter hook {hook} priority mangle;
                {first} meta mark {OTHERS | BIT:#x} counter name early
            }}
            chain late {{
                type filter hook input priority {LAST};
                {first} meta mark != {OTHERS:#x} counter name late
            }}
        }}""")
    only(getattr(lab, client), family.vip(1), 80, "tcp", "node", times=1)
    count = seen(lab)
    assert count["early"] == 1 and count["late"] == 0


@pytest.mark.parametrize("client, marked", [("outside", True), ("node", True), ("c", False)])
def test_a_routing_rule_sees_the_mark(lab, web, family, client, marked):
    """DP-05: the route of a flow's first packet is chosen with the bit set, here and on the way through."""
    rule = f"-{'4' if family is V4 else '6'} rule {{}} fwmark {BIT:#x}/{BIT:#x} prohibit"
    lab.node.run("ip", *rule.format("add").split())
    try:
        assert bool(attempt(getattr(lab, client), web, 80, timeout=0.5).answer) is not marked
    finally:
        lab.node.run("ip", *rule.format("del").split())
    only(getattr(lab, client), web, 80, "tcp", "d", times=1)


@pytest.mark.parametrize("protocol", ["udp", "sctp"])
def test_one_bit_after_another(lab, svcctl, rules, family, protocol):
    """DP-05: a changed bit holds from the next flow on, of every protocol; with the last frontend it goes."""
    other = 1 << 31
    svcctl("set", "settings", "pod-cidr", ",".join(str(f.pods) for f in FAMILIES),
           "masquerade-mark", f"{BIT:#x}")
    svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80, protocol),
           "backend", family.at(lab.d.addr(family), 8080))
    rules(f"""
        table inet others {{
            counter one {{}}
            counter two {{}}
            counter late {{}}
            chain early {{
                type filter hook postrouting priority mangle;
                meta mark {BIT:#x} counter name one
                meta mark {other:#x} counter name two
            }}
            chain late {{
                type filter hook postrouting priority {LAST};
                meta mark != 0 counter name late
            }}
        }}""")
    for mark, expected in ((BIT, {"one": 1, "two": 0}), (other, {"one": 1, "two": 1})):
        svcctl("set", "settings", "masquerade-mark", f"{mark:#x}")
        only(lab.outside, family.vip(1), 80, protocol, "d", times=1)
        assert seen(lab) == {**expected, "late": 0}
    svcctl("del", "service", "shop/web:http")
    svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80, protocol),
           "backend", family.at(lab.d.addr(family), 8080))
    only(lab.outside, family.vip(1), 80, protocol, "d", times=1, source_port=45678)
    assert seen(lab) == {"one": 1, "two": 2, "late": 0}


def test_the_bit_is_ours_as_long_as_it_is_set(lab, web, svcctl, rules, family):
    """DP-05: packets that leave have the bit cleared, whoever set it; without the setting it is others'."""
    watch(rules, f"ct original {ip(family)} daddr {web}", f"{BIT:#x}")
    with Conversation(lab.c, web, 80) as talk:
        talk.ask()
        count = seen(lab)
        assert count["early"] >= 2 and count["late"] == 0, "of all packets, not of the first alone"
        svcctl("set", "settings", "masquerade-mark", "none")

        def kept():
            before = seen(lab)
            talk.ask()
            after = seen(lab)
            return (after["late"] - before["late"] >= after["early"] - before["early"] > 0)

        until(kept, "packets leave with the mark of others")
        svcctl("set", "settings", "masquerade-mark", f"{BIT:#x}")
        before = seen(lab)
        talk.ask()
        assert seen(lab)["late"] == before["late"]
        assert seen(lab)["early"] > before["early"]
