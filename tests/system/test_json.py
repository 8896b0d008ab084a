# SPDX-License-Identifier: GPL-2.0
"""All that svcctl prints with -j, and the schema that says what that is: CTL-02.

Every test here and elsewhere that has svcctl print JSON holds it against the schema (lab.svcctl);
the first one below sees that the schema has nothing that never comes up.
"""
import json
import os
import pathlib
import signal

import pytest

from lab import abi, netns, schema
from lab.client import Conversation, attempt
from lab.daemon import Daemon
from lab.family import FAMILIES, V4, V6
from lab.module import gap
from lab.monitor import end, monitor, next_event
from lab.svcctl import DIFFERENT, REFUSED, Svcctl
from lab.tables import Tables
from lab.wait import until

# Want conntrack or NAT to fail, and a segment that is none.
RARE = {"reason: bind", "reason: invalid"}
ELSEWHERE = {V4: "198.51.100.0/24", V6: "2001:db8:51::/48"}
CHANGES = ("added", "changed", "deleted")


def fill(lab, svcctl):
    """Services in both families: every protocol, several types and rules, backends in every state."""
    svcctl("set", "settings", "pod-cidr", ",".join(str(f.pods) for f in FAMILIES), "pod-device", "cali*",
           "service-cidr", ",".join(str(f.services) for f in FAMILIES),
           "node-port-cidr", ",".join(f"{lab.node.addr(f)}/{f.bits}" for f in FAMILIES),
           "masquerade-mark", "0x4000")
    for family in FAMILIES:
        a, b, d = (family.at(p.addr(family), 8080) for p in (lab.a, lab.b, lab.d))
        for protocol in "tcp", "udp", "sctp":
            svcctl("add", "service", f"shop/web:{protocol}", family.at(family.vip(1), 80, protocol),
                   "backend", a, "sets", "cluster,local", "backend", b, "weight", 0,
                   "backend", d, "weight", 7)
        for kind, n in (("LoadBalancer", 2), ("ExternalIP", 3)):
            svcctl("add", "frontend", "shop/web:tcp", family.at(family.vip(n), 80), "type", kind)
        svcctl("add", "service", "shop/far:http", family.at(family.vip(4), 80), "backend", d,
               "backend", a, "sets", "none")
        svcctl("set", "frontend", family.at(family.vip(4), 80), "type", "LoadBalancer", "rule", "outside", "set", "local",
               "masquerade", "no", "empty", "drop")
        svcctl("add", "service", "shop/one:http", family.at(family.vip(5), 80), "backend", a)
        svcctl("add", "frontend", "shop/one:http", family.at(family.vip(10), 80), "type", "LoadBalancer",
               "source-range", ELSEWHERE[family])
        svcctl("add", "frontend", "shop/one:http", family.at(family.vip(11), 80), "internal", "yes")
        svcctl("add", "service", "shop/none:http", family.at(family.vip(6), 80), "refuse-with", "icmp")
    svcctl("add", "frontend", "shop/web:tcp", "*:30080")


def ask(lab):
    """Flows, and packets that are refused or dropped."""
    for family in FAMILIES:
        assert attempt(lab.c, family.vip(1), 80).answer and attempt(lab.outside, family.vip(2), 80).answer
        for host in lab.c, lab.node:
            assert attempt(host, family.vip(6), 80).refused
        assert attempt(lab.outside, family.vip(1), 81).refused
        assert attempt(lab.outside, lab.node.addr(family), 30080).answer
        for n in 4, 9, 10, 11:
            assert not attempt(lab.outside, family.vip(n), 80, timeout=0.3).answer


def flows(lab, svcctl):
    """Flows in every state, and a backend that drains."""
    nowhere = V4.at(lab.a.addr(V4), 9)
    svcctl("add", "service", "shop/flow:udp", V4.at(V4.vip(15), 80, "udp"), "backend", nowhere)
    with Conversation(lab.c, V4.vip(15), 80, "udp") as silent, Conversation(lab.c, V4.vip(1), 80) as answered:
        silent.socket.send(b"?\n")
        assert answered.ask()
        until(lambda: {f["state"] for f in svcctl.json("conns")} == {"opening", "open", "over"}, "all are known")
        assert svcctl.json("drain", "shop/flow:udp", nowhere)["flows"] == 1
        one, = svcctl.json("conns", "shop/flow:udp")
        assert one["backend"] == {"address": lab.a.addr(V4), "port": 9}
    svcctl("del", "service", "shop/flow:udp")


def still(services):
    """Services without what changes by itself: how many flows a backend has."""
    return [s | {"backends": [b | {"flows": 0} for b in s["backends"]]} for s in services]


def explain(lab, svcctl):
    """Every verdict, reason and masquerade that there is."""
    told = set()
    for family in FAMILIES:
        vips = [family.vip(n) for n in range(12)]
        for host, device, to, port in ((lab.c, "cali-c", vips[1], 80), (lab.outside, "up0", vips[2], 80),
                                       (lab.node, None, vips[1], 80), (lab.a, "cali-a", vips[5], 80),
                                       (lab.c, "cali-c", vips[6], 80), (lab.c, "cali-c", vips[1], 81),
                                       (lab.outside, "up0", vips[4], 80), (lab.c, "cali-c", vips[9], 80),
                                       (lab.c, "cali-c", vips[10], 80), (lab.outside, "up0", vips[11], 80),
                                       (lab.c, "cali-c", lab.b.addr(family), 80),
                                       (lab.outside, "up0", lab.node.addr(family), 30080)):
            answer = svcctl.json("explain", family.at(to, port), "from", host.addr(family),
                                 *(["dev", device] if device else []))
            assert answer["packet"]["device"] == device
            assert (answer["reason"] is None) == (answer["verdict"] in ("pass", "forward"))
            told.add((answer["verdict"], answer["reason"], answer["masquerade"]))
        chosen = svcctl.json("explain", family.at(family.vip(1), 80, "udp"), "from",
                             family.at(lab.c.addr(family), 42000))["chosen"]
        assert chosen["address"] in (lab.a.addr(family), lab.d.addr(family))
        assert svcctl.json("explain", family.vip(1), "from", lab.c.addr(family))["packet"]["port"] == 0
    assert told == {("forward", None, "no"), ("forward", None, "rule"), ("forward", None, "hairpin"),
                    ("refuse", "no-backend", "no"), ("refuse", "unclaimed", "no"),
                    ("drop", "set-empty", "no"), ("drop", "service-cidr", "no"),
                    ("drop", "source-range", "no"), ("drop", "internal", "no"), ("pass", None, "no")}


def differ(lab, svcctl):
    """Change everything in every way, and compare with what was saved."""
    saved = svcctl("save", "-j").stdout
    assert svcctl.json("diff", "-f", "-", input=saved) == []
    web = "shop/web:tcp/ipv6"
    for words in (("del", "service", "shop/one:http"),
                  ("add", "service", "shop/more:http", V4.at(V4.vip(7), 80)),
                  ("set", "service", web, "refuse-with", "icmp"),
                  ("del", "frontend", V4.at(V4.vip(2), 80)),
                  ("set", "frontend", V4.at(V4.vip(3), 80), "exclusive", "yes"),
                  ("add", "frontend", web, V6.at(V6.vip(8), 80)),
                  ("del", "backend", web, V6.at(lab.a.addr(V6), 8080)),
                  ("set", "backend", web, V6.at(lab.d.addr(V6), 8080), "weight", 1),
                  ("add", "backend", web, V6.at(lab.e.addr(V6), 8080))):
        svcctl(*words)
    svcctl("set", "settings", "pod-device", "none")
    told = svcctl.json("diff", "-f", "-", input=saved, expect=DIFFERENT)
    assert {(d["change"], d["object"]) for d in told} == {
        ("changed", "settings"), *((c, o) for c in CHANGES for o in ("service", "frontend", "backend"))}
    svcctl("restore", "-f", "-", input=saved)
    assert svcctl.json("diff", "-f", "-", input=saved) == []


def apply(svcctl, tables):
    """A Service that is made, left, changed, and takes the place of one that a hand made."""
    def manifest(port):
        return json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "lab"},
                           "spec": {"clusterIP": V4.vip(20), "clusterIPs": [V4.vip(20), V6.vip(20)],
                                    "ipFamilies": ["IPv4", "IPv6"], "ports": [{"name": "http", "port": port}]}})

    def outcomes(port, *options):
        told = svcctl.json("--owner", "file", "apply", "-f", "-", *options, input=manifest(port))
        return [(o["namespace"], o["name"], o["result"]) for o in told]

    assert outcomes(80, "--dry-run") == outcomes(80) == [("lab", "web", "created")]
    assert outcomes(80) == [("lab", "web", "unchanged")]
    tables.change(tables.service("byhand", V4), tables.service("lab/old:http", V4), owner="file")
    assert outcomes(81, "--prune") == [("lab", "web", "configured"), (None, "byhand", "deleted"),
                                       ("lab", "old", "deleted")]
    assert svcctl.json("--owner", "file", "flush", "--yes") == {"owner": "file", "deleted": 2}
    headless = ("{apiVersion: v1, kind: Service, metadata: {name: web},"
                " spec: {clusterIP: None, ports: [{port: 80}]}}")
    told, = svcctl.json("apply", "-f", "-", input=headless)
    assert told == {"namespace": "default", "name": "web", "result": "not-served", "dryRun": False}


def overrun(host, pid):
    """How many messages found no room in the netlink sockets of a process of host."""
    mine = {os.readlink(fd) for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
    with host, open("/proc/thread-self/net/netlink", encoding="ascii") as f:
        fields = [line.split() for line in f.readlines()[1:]]
    return sum(int(f[8]) for f in fields if f"socket:[{f[9]}]" in mine)


def miss(lab, tables):
    """A monitor that is stopped for so long that it misses what happens."""
    process = monitor(lab, tables)
    process.send_signal(signal.SIGSTOP)
    many = [tables.service(f"shop/many{n}:http", V4) for n in range(1000)]

    def full():
        tables.change(*many, owner="many", replace=True)
        tables.change(owner="many", replace=True)
        return overrun(lab.node, process.pid) > 0

    until(full, "the socket of svcctl monitor is full", 300)
    process.send_signal(signal.SIGCONT)
    line = next(line for line in process.stdout if '"missed"' in line)
    schema.check("monitor", json.loads(line))
    end(process)


@pytest.mark.row("CTL-02", "CTL-01")
def test_the_schema_has_nothing_that_never_comes_up(lab, svcctl, tables, tmp_path):
    """CTL-02: each command's JSON obeys the schema; each definition, key and word of it comes up."""
    with schema.Seen() as seen:
        process = monitor(lab, tables, "--drops")
        svcctl.json("check", "service-cidr-full", expect=REFUSED)       # of what range?
        fill(lab, svcctl)
        ask(lab)
        with Tables(lab.node) as daemon:
            daemon.call(abi.CMD_CLAIM, [(abi.A_OWNER, "daemon")])
            assert [c["owner"] for c in svcctl.json("status")["claims"]] == ["daemon"]
        events = [next_event(process)]
        while events[-1]["event"] != "released":
            events.append(next_event(process))
        end(process)
        assert {(e["reason"], e["service"]) for e in events if e["event"] == "dropped"} == {
            ("no-backend", "shop/none:http"), ("unclaimed", None), ("set-empty", "shop/far:http"),
            ("service-cidr", None), ("source-range", "shop/one:http"), ("internal", "shop/one:http")}
        assert {e["device"] for e in events if e["event"] == "dropped"} == {"cali-c", "up0", None}
        flows(lab, svcctl)
        explain(lab, svcctl)
        listed = svcctl.json("list")
        shown = [s for name in dict.fromkeys(s["name"] for s in listed) for s in svcctl.json("show", name)]
        assert still({k: v for k, v in s.items() if k != "stats"} for s in shown) == still(listed)
        assert svcctl.json("show", V4.at(V4.vip(1), 80, "tcp"))[0]["stats"]["flows"] > 0
        total = svcctl.json("stats")["total"]
        assert total == svcctl.json("status")["total"] and total["uncounted"] == 0
        assert len(svcctl.json("stats", "shop/web")["services"]) == 6
        rates = svcctl("stats", "-j", "--rate", "1", "--count", "2").stdout.splitlines()
        assert [json.loads(line)["total"]["flows"] for line in rates] == [0, 0]
        differ(lab, svcctl)
        apply(svcctl, tables)
        svcctl("save", "--all", "-j")
        svcctl.json("check", "--service-cidr", "10.0.0.0/8", expect=DIFFERENT)
        miss(lab, tables)
        assert svcctl.json("history")[-1] == svcctl.json("status")["lastCommit"]
        capabilities = svcctl.json("version")["module"]["capabilities"]
        syncd = Daemon(lab.node, tmp_path, "--hostname-override", "here").start()
        assert svcctl.json("status")["daemon"]["settled"]
        syncd.end()
    known = schema.schema()["$defs"]["module"]["properties"]["capabilities"]["items"]["enum"]
    missing = set(known) - set(capabilities)
    excused = RARE.union({f"module.capabilities[]: {c}" for c in missing})
    assert sorted(schema.places() - seen.places) == sorted(excused)


WHOLE = {"namespace": "shop", "name": "web", "result": "created", "dryRun": False}


@pytest.mark.row("CTL-02")
@pytest.mark.parametrize("words, printed", [
    ("apply -j", [WHOLE | {"more": 1}]),
    ("apply -o json", [{k: v for k, v in WHOLE.items() if k != "dryRun"}]),
    ("--output json apply", [WHOLE | {"result": "unknown"}]),
    ("-j --owner list apply -f stats", [WHOLE | {"namespace": ""}]),
    ("apply --json", WHOLE),
    ("-j version", {"version": "1", "abiRevision": "1", "module": None}),
    ("stats -j --rate 1", {"seconds": 1, "services": []}),
    ("-j explain", {"address": "10.96.0.256"}),
    ("add service -j", "done"),
])
def test_the_check_refuses(words, printed):
    """CTL-02: what the tests hold JSON against sees a key too many or too few, a word, a type."""
    schema.check_output(["apply", "-j"], json.dumps([WHOLE]))
    with pytest.raises(AssertionError):
        schema.check_output(words.split(), json.dumps(printed))


@pytest.mark.row("CTL-02")
def test_what_is_not_there_is_null(tables):
    """CTL-02: nothing to tell is an empty array or null, and no key is missing."""
    host = netns.fresh()
    svcctl = Svcctl(host)
    for command in "list", "history", "conns":
        assert svcctl.json(command) == []
    assert svcctl.json("stats")["services"] == svcctl.json("save")["services"] == []
    assert (svcctl.json("status")["lastCommit"], svcctl.json("status")["claims"]) == (None, [])
    tables.close()
    with gap():
        assert svcctl.json("version")["module"] is None
    host.close()
