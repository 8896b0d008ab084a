# SPDX-License-Identifier: GPL-2.0
"""svcctl check: each of its checks finds what it is for, and nothing before and after."""
import contextlib
import os
import shutil
import socket
import subprocess

import pytest

from lab import bpf, conntrack, module, schema
from lab.client import Conversation
from lab.family import FAMILIES, V4, V6
from lab.svcctl import DIFFERENT, OK, REFUSED, USAGE
from lab.tables import Tables

pytestmark = pytest.mark.row("CTL-05")

IDS = schema.schema()["$defs"]["checked"]["properties"]["check"]["enum"]
RANGES = ("--service-cidr", ",".join(str(f.services) for f in FAMILIES),
          "--pod-cidr", ",".join(str(f.pods) for f in FAMILIES))
PROVOKED = {}


def newer_than(*release):
    return tuple(map(int, os.uname().release.split(".")[:2])) >= release


def has_classifier():
    """Has this kernel tc's classifier of kind bpf?"""
    return subprocess.run(["modprobe", "-n", "cls_bpf"], capture_output=True).returncode == 0


def legacy_iptables():
    """Has this kernel the tables of legacy iptables?"""
    return subprocess.run(["iptables-legacy", "-t", "filter", "-S", "INPUT"],
                          capture_output=True).returncode == 0


@pytest.fixture(autouse=True)
def calm(lab):
    """A node where there is nothing to find: the lab's reverse path filter is strict."""
    lab.node.sysctl("net.ipv4.conf.all.rp_filter", 2)
    yield
    lab.node.sysctl("net.ipv4.conf.all.rp_filter", 1)


def provokes(check, *said, options=RANGES):
    """A way to provoke a finding of a check, with words that it has to say."""
    def add(function):
        PROVOKED.setdefault(check, []).append((contextlib.contextmanager(function), said, options))
        return function
    return add


@contextlib.contextmanager
def dummy(lab, name, *lines):
    lab.node.ip("\n".join([f"link add {name} type dummy", f"link set {name} up", *lines]))
    try:
        yield
    finally:
        lab.node.ip(f"link del {name}")


@contextlib.contextmanager
def nft(lab, script):
    lab.node.nft(script)
    try:
        yield
    finally:
        lab.node.run("nft", "flush", "ruleset")


@contextlib.contextmanager
def sysctl(lab, name, value):
    before = lab.node.sysctl(name)
    lab.node.sysctl(name, value)
    try:
        yield
    finally:
        lab.node.sysctl(name, before)


def services(svcctl, family, places):
    svcctl("batch", input="".join(
        f"add service shop/s{i}:http {family.at(family.vip(n), 80)}\n" for i, n in enumerate(places)))


# --- one function for each way to provoke one

@provokes("module", "not loaded")
def no_module(lab, svcctl):
    with module.gap():
        yield


@provokes("service-cidr-pods", "service CIDR 10.96.0.0/16 overlaps pod CIDR 10.96.128.0/17",
          options=("--service-cidr", "10.96.0.0/16", "--pod-cidr", "10.96.128.0/17"))
@provokes("service-cidr-pods", "service CIDR fd00:10:96::/112 overlaps pod CIDR fd00:10::/32",
          options=("--service-cidr", "fd00:10:96::/112", "--pod-cidr", "10.244.0.0/16,fd00:10::/32"))
def pods_there(lab, svcctl):
    yield


@provokes("service-cidr-node", "device dummy0 has address 10.96.3.4 of service CIDR 10.96.0.0/16",
          "device dummy0 has address fd00:10:96::34 of service CIDR fd00:10:96::/112")
def address_there(lab, svcctl):
    with dummy(lab, "dummy0", "addr add 10.96.3.4/32 dev dummy0",
               "addr add fd00:10:96::34/128 dev dummy0 nodad"):
        yield


@provokes("service-cidr-route", "service CIDR 10.96.0.0/16 overlaps route 10.96.7.0/24 via 192.0.2.2 dev up0")
def route_there(lab, svcctl):
    lab.node.ip("route add 10.96.7.0/24 via 192.0.2.2")
    yield
    lab.node.ip("route del 10.96.7.0/24")


@provokes("service-cidr-route", "overlaps route 10.0.0.0/8 dev up0 table 7")
def route_in_a_table(lab, svcctl):
    lab.node.ip("route add 10.0.0.0/8 dev up0 table 7")
    yield
    lab.node.ip("route flush table 7")


@provokes("service-unreachable", "no route to service CIDR fd00:10:96::/112")
def no_route(lab, svcctl):
    lab.node.ip("route add unreachable fd00:10:96::/112 metric 1")
    yield
    lab.node.ip("route del unreachable fd00:10:96::/112 metric 1")


@provokes("service-cidr-full", "10.96.0.0/28: 1 of 14 addresses that are not in the static band are left",
          options=("--service-cidr", "10.96.0.0/28"))
def full(lab, svcctl):
    services(svcctl, V4, range(1, 14))
    yield


@provokes("service-cidr-full", "fd00:10:96::/112: 25 of 256 addresses are left in the static band")
def static_band_full(lab, svcctl):
    services(svcctl, V6, range(1, 232))
    yield


@provokes("names", "service shop/Web:http: name 'Web' is no DNS label",
          "service byhand: no NAMESPACE/ before its name",
          "service shop/web:http_2: port name 'http_2' is no DNS label",
          "service -shop/web: namespace '-shop' is no DNS label")
def names(lab, svcctl):
    with Tables(lab.node) as tables:        # svcctl itself takes no name without a namespace
        tables.change(*(tables.service(name, V4) for name in (
            "shop/Web:http", "byhand", "shop/web:http_2", "shop/web:http", "-shop/web")))
    yield


@provokes("forwarding", "net/ipv4/ip_forward is 0")
def no_forwarding(lab, svcctl):
    with sysctl(lab, "net.ipv4.ip_forward", 0):
        yield


@provokes("forwarding", "net/ipv6/conf/all/forwarding is 0")
def no_forwarding_of_ipv6(lab, svcctl):
    with sysctl(lab, "net.ipv6.conf.all.forwarding", 0):
        yield


@provokes("rp-filter", "device up0 filters strictly (net/ipv4/conf/up0/rp_filter is 1)")
def strict(lab, svcctl):
    with sysctl(lab, "net.ipv4.conf.all.rp_filter", 0), sysctl(lab, "net.ipv4.conf.up0.rp_filter", 1):
        yield


@provokes("bridge-nf-call", "bridge br0 has ports", "replies over IPv4", "replies over IPv6")
def bridge(lab, svcctl):
    lab.node.ip("link add br0 type bridge")
    name = "net.bridge.bridge-nf-call-ip{}tables"
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(dummy(lab, "dummy0", "link set dummy0 master br0"))
            for kind in "", "6":
                if os.path.exists("/proc/sys/net/bridge"):
                    stack.enter_context(sysctl(lab, name.format(kind), 0))
            yield
    finally:
        lab.node.ip("link del br0")


@provokes("route-localnet", "net/ipv4/conf/up0/route_localnet is 1")
def localnet(lab, svcctl):
    with sysctl(lab, "net.ipv4.conf.up0.route_localnet", 1):
        yield


DROP = """
    table {family} wall {{
        chain other {{
            {other}
        }}
        chain forward {{
            type filter hook forward priority 0; policy {policy}
            {rules}
        }}
    }}"""


def wall(rules="", policy="drop", family="inet", other=""):
    return DROP.format(rules=rules, policy=policy, family=family, other=other)


DROPS = {
    "policy": wall(),
    "last-rule": wall("ct status dnat jump other; reject", policy="accept"),
    "other-rules": wall("ct state established,related accept; tcp dport 22 accept; ip daddr 1.2.3.4 accept; "
                        "udp dport 9 jump other", other="accept"),
    "ipv6": wall(family="ip6"),
    "ipv4-of-inet": wall("meta nfproto ipv6 accept"),
    "goto": wall("goto other\n accept"),
    "return": wall("jump other", other="return\n accept"),
    "dnat": wall("ct status dnat drop", policy="accept"),
    "a-few-pods": wall("ip daddr 10.244.3.8/30 accept"),
}
PASSES = {
    "dnat": wall("ct status dnat accept"),
    "new": wall("ct state { new, established } counter accept"),
    "pods": wall("ip daddr 10.244.0.0/16 accept; ip6 daddr fd00:10:244::/48 accept"),
    "jump": wall("jump other; counter drop", other="ct status dnat accept; return"),
    "policy": wall("tcp dport 22 drop", policy="accept"),
    "all": wall("accept"),
    "set": wall("ip saddr { 10.244.0.0/16, 10.9.0.0/16 } accept\n ip6 saddr fd00:10:244::/48 accept"),
    "goto": wall("goto other", other="ct status dnat accept"),
    "policies": wall("oifname cali-a jump other", policy="accept", other="tcp dport 1 accept\n drop"),
    "output": "table inet wall { chain out { type filter hook output priority 0; policy drop; accept; }; }",
}

for _script in DROPS.values():
    @provokes("forward-drop", "wall forward (hook forward, IPv", "drops: no rule accepts")
    def rules_that_drop(lab, svcctl, script=_script):
        with nft(lab, script):
            yield





@provokes("nat-before", "nft chain ip theirs first, type nat, hook prerouting, priority -110")
def nat_before(lab, svcctl):
    with nft(lab, """
            table ip theirs {
                chain first { type nat hook prerouting priority -110; }
                chain second { type nat hook prerouting priority -100; }
                chain third { type nat hook postrouting priority 100; }
            }"""):
        yield


@provokes("nat-before", "hook postrouting, priority 99")
def source_nat_before(lab, svcctl):
    with nft(lab, "table ip6 theirs { chain first { type nat hook postrouting priority 99; }; }"):
        yield


@provokes("kube-proxy-running", "kube-proxy runs: process ")
def kube_proxy(lab, svcctl, tmp="/tmp/nf_svc-check"):
    os.makedirs(tmp, exist_ok=True)
    program = shutil.copy(shutil.which("sleep"), f"{tmp}/kube-proxy")
    with lab.node:
        process = subprocess.Popen([program, "1000"])
    try:
        yield
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(tmp)


@provokes("kube-proxy-rules", "nft table ip6 kube-proxy has chain services of kube-proxy")
def its_table(lab, svcctl):
    with nft(lab, "table ip6 kube-proxy { chain services { }; }"):
        yield


@provokes("kube-proxy-rules", "nft table ip nat has chain KUBE-SERVICES of kube-proxy")
def its_chains(lab, svcctl):
    for chain in "KUBE-FIREWALL", "KUBE-SERVICES", "KUBE-SVC-ABC":
        lab.node.run("iptables-nft", "-t", "nat", "-N", chain)
    yield
    lab.node.run("nft", "flush", "ruleset")


@provokes("ipvs", "device kube-ipvs0 is there, with 1 addresses")
def its_device(lab, svcctl):
    with dummy(lab, "kube-ipvs0", "link set kube-ipvs0 down addrgenmode none",
               "addr add 10.96.3.4/32 dev kube-ipvs0"):
        yield


@provokes("conntrack-full", "conntrack has ", "of at most ")
def conntrack_full(lab, svcctl):
    svcctl("add", "service", "shop/web:http", V4.at(V4.vip(1), 80), "backend", V4.at(lab.a.addr(V4), 8080))
    path, name = "/proc/sys/net/netfilter/nf_conntrack_max", "net.netfilter.nf_conntrack_max"
    before = lab.node.sysctl(name)
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            c = stack.enter_context(Conversation(lab.c, V4.vip(1), 80, "udp"))
            c.socket.send(b"?\n")
        conversation = stack.enter_context(Conversation(lab.c, V4.vip(1), 80))
        assert conversation.ask()
        with open(path, "w") as f:
            f.write(str(conntrack.count(lab.node)))
        try:
            yield
        finally:
            with open(path, "w") as f:
                f.write(before)
            conntrack.flush(lab.node)


@provokes("bypass-flowtable", "nft flowtable inet fast f")
def flowtable(lab, svcctl):
    with nft(lab, "table inet fast { flowtable f { hook ingress priority 0; devices = { up0 }; }; }"):
        yield


def index_of(lab, device):
    with lab.node:
        return socket.if_nametoindex(device)


@provokes("bypass-bpf", "device up0 has a BPF program (XDP)")
def xdp(lab, svcctl):
    with bpf.xdp(lab.node, index_of(lab, "up0")):
        yield


if has_classifier():
    @provokes("bypass-bpf", "device up0 has a BPF program (tc, egress)")
    def tc(lab, svcctl):
        lab.node.run(*"tc qdisc add dev up0 clsact".split())
        try:
            lab.node.run(*"tc filter add dev up0 egress bpf da bytecode".split(), "1,6 0 0 4294967295")
            yield
        finally:
            lab.node.run(*"tc qdisc del dev up0 clsact".split())


if newer_than(6, 6):
    @provokes("bypass-bpf", "device up0 has a BPF program (tcx, ingress)")
    def tcx(lab, svcctl):
        with bpf.tcx(lab.node, index_of(lab, "up0")):
            yield


@provokes("bypass-datapath", "device cilium_host: Cilium")
def cilium(lab, svcctl):
    with dummy(lab, "cilium_host"):
        yield


@provokes("bypass-datapath", "device ovs-system: Open vSwitch")
def ovs(lab, svcctl):
    with dummy(lab, "ovs-system"):
        yield


WAYS = [pytest.param(check, *way, id=f"{check}-{n}") for check, ways in PROVOKED.items()
        for n, way in enumerate(ways, 1)]


def test_every_check_is_provoked():
    """CTL-05: each finding has an id and a test."""
    assert set(PROVOKED) == set(IDS) and len(IDS) == len(set(IDS))


@pytest.mark.parametrize("check, provoke, said, options", WAYS)
def test_finds_it(lab, svcctl, check, provoke, said, options):
    """CTL-05: what it is for is found, said and told how to mend; without it nothing is."""
    quiet = RANGES if check in ("service-cidr-pods", "service-cidr-full") else options
    one, = svcctl.json("check", check, *quiet)
    assert (one["check"], one["result"], one["found"], one["unchecked"]) == (check, "fine", [], [])
    with provoke(lab, svcctl):
        one, = svcctl.json("check", check, *options, expect=DIFFERENT)
        assert one["result"] == "found" and one["remedy"]
        for words in said:
            assert any(words in text for text in one["found"]), one["found"]
        table = svcctl("check", check, *options, expect=DIFFERENT).stdout
        assert all(words in table for words in (check, one["severity"], one["found"][0], one["remedy"]))
        assert svcctl("check", "-o", "name", *options, expect=DIFFERENT).stdout.split().count(check) == 1
    svcctl("flush", "--yes")
    svcctl("check", check, *quiet)


@pytest.mark.parametrize("script", PASSES.values(), ids=PASSES)
def test_rules_that_let_services_pass(lab, svcctl, script):
    """CTL-05: forward-drop does not find rules that accept what services pass on."""
    with nft(lab, script):
        svcctl("check", "forward-drop", *RANGES)


UNREAD = {
    "not": wall("ct state != invalid accept", family="ip"),
    "vmap": wall("ct state vmap { established : accept, related : accept, invalid : drop }"),
    "named-set": wall("ip daddr @pods accept").replace("chain other", "set pods { type ipv4_addr; }\nchain other"),
    "device": wall("iifname cni0 accept"),
    "original": wall("ct original ip daddr 10.96.0.0/16 accept"),
}


@pytest.mark.parametrize("script", UNREAD.values(), ids=UNREAD)
def test_rules_that_cannot_be_told(lab, svcctl, script):
    """CTL-05: where a rule may accept what services pass on, that is said, and is no finding."""
    with nft(lab, script):
        one, = svcctl.json("check", "forward-drop", *RANGES, expect=REFUSED)
        assert one["result"] == "unchecked" and "unless one of 1 rules" in one["unchecked"][0]


def test_rules_of_iptables_nft(lab, svcctl):
    """CTL-05: of matches of its own nft shows the name alone; that of a comment is enough."""
    def iptables(words):
        lab.node.run("iptables-nft", *words.split())

    try:
        iptables("-P FORWARD DROP")
        iptables("-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT")
        one, = svcctl.json("check", "forward-drop", *RANGES, expect=REFUSED)
        assert "unless one of 1 rules" in one["unchecked"][0]
        iptables("-A FORWARD -s 10.244.0.0/16 -m comment --comment flannel -j ACCEPT")
        svcctl("check", "forward-drop", *RANGES)
    finally:
        lab.node.run("nft", "flush", "ruleset")


def test_legacy_iptables(lab, svcctl):
    """CTL-05: forward-drop and kube-proxy-rules see tables that nft does not show, and make none."""
    if not legacy_iptables():
        with pytest.raises(AssertionError):
            lab.node.run("iptables-legacy", "-L")
        return
    iptables = ["iptables-legacy", "-w"]
    svcctl("check", "forward-drop", "kube-proxy-rules", *RANGES)
    with lab.node, open("/proc/net/ip_tables_names") as f:
        assert "filter" not in f.read(), "the check made a table"
    try:
        lab.node.run(*iptables, "-N", "KUBE-FORWARD")
        lab.node.run(*iptables, "-P", "FORWARD", "DROP")
        lab.node.run(*iptables, *"-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT".split())
        drop, rules = svcctl.json("check", "forward-drop", "kube-proxy-rules", *RANGES, expect=DIFFERENT)
        assert drop["found"] == ["legacy iptables, chain FORWARD, drops: no rule accepts what goes to or comes "
                                 "from pods, or has ct status dnat"]
        assert rules["found"] == ["legacy iptables table ip filter has chain KUBE-FORWARD of kube-proxy"]
        lab.node.run(*iptables, *"-A FORWARD -m mark --mark 0x4000 -j ACCEPT".split())
        drop, = svcctl.json("check", "forward-drop", *RANGES, expect=REFUSED)
        assert "unless one of 1 rules" in drop["unchecked"][0]
        for rule in ("-m comment --comment pods -d 10.244.0.0/16 -j ACCEPT",
                     "-m conntrack --ctstate NEW,DNAT -j ACCEPT", "-i cali-+ -j KUBE-FORWARD", "-g KUBE-FORWARD"):
            lab.node.run(*iptables, "-A", "FORWARD", *rule.split())
            if "KUBE" in rule:
                svcctl("set", "settings", "pod-device", "cali-*")
                lab.node.run(*iptables, *"-A KUBE-FORWARD -j ACCEPT".split())
            svcctl("check", "forward-drop", *RANGES)
            lab.node.run(*iptables, "-D", "FORWARD", *rule.split())
    finally:
        for words in ("-P FORWARD ACCEPT", "-F", "-X"):
            lab.node.run(*iptables, *words.split())


def test_a_quiet_node(lab, svcctl):
    """CTL-05: where there is nothing to find nothing is, by the settings' own ranges."""
    svcctl("set", "settings", "service-cidr", RANGES[1], "pod-cidr", RANGES[3])
    svcctl("add", "service", "shop/web:http", V4.at(V4.vip(1), 80), "backend", V4.at(lab.a.addr(V4), 8080))
    told = svcctl.json("check")
    assert [one["check"] for one in told] == IDS
    assert {one["result"] for one in told} == {"fine"}
    assert svcctl("check").stdout == (f"{len(IDS)} checks: {len(IDS)} fine, 0 found something, "
                                      "0 could not be made to their end\n")
    wide = svcctl("check", "-o", "wide").stdout
    assert all(one["looksFor"] in wide for one in told)
    assert svcctl("check", "-q").stdout == ""


def test_what_cannot_be_looked_at(lab, svcctl):
    """CTL-05: is told, and is not fine."""
    told = {one["check"]: one for one in svcctl.json("check", expect=REFUSED)}
    assert {c for c, one in told.items() if one["result"] == "unchecked"} == {
        "service-cidr-pods", "service-cidr-node", "service-cidr-route", "service-unreachable",
        "service-cidr-full"}
    assert told["service-cidr-full"]["unchecked"] == ["no service CIDR is known: give --service-cidr"]
    with module.gap():
        names, = svcctl.json("check", "names", expect=REFUSED)
        assert names["unchecked"] == ["the module does not answer"]


def test_a_check_that_there_is_not(lab, svcctl):
    """CTL-05: names the checks that there are; of those given each is made once."""
    said = svcctl("check", "fowarding", expect=USAGE).stderr
    assert "fowarding" in said and all(i in said for i in IDS)
    assert [one["check"] for one in svcctl.json("check", "names", "module", "names")] == ["module", "names"]
    svcctl("check", "names", expect=OK)
