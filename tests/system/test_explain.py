# SPDX-License-Identifier: GPL-2.0
"""What explain says is what happens: CTL-01."""
import pytest

from lab import abi, conntrack, genl
from lab.client import ask, attempt, everyone
from lab.family import FAMILIES
from lab.tables import backend_of

FORWARD, REFUSE, PASS, DROP = (abi.VERDICT_FORWARD, abi.VERDICT_REFUSE, abi.VERDICT_PASS,
                               abi.VERDICT_DROP)


def verdict(answer):
    return genl.u32(answer[abi.A_VERDICT][0])


def reason(answer):
    return genl.u32(answer[abi.A_DROP_REASON][0])


@pytest.fixture
def web(lab, svcctl, tables, family):
    """Services of several kinds at once, pods known by their CIDR; the address of the first one."""
    a, b, d = (family.at(p.addr(family), 8080) for p in (lab.a, lab.b, lab.d))
    svcctl("set", "settings", "pod-cidr", ",".join(str(f.pods) for f in FAMILIES))
    for protocol in "tcp", "udp":
        svcctl("add", "service", f"shop/web:{protocol}", family.at(family.vip(1), 80, protocol),
               "backend", a, "sets", "cluster,local", "backend", b, "weight", 0, "backend", d,
               "sets", "cluster")
    svcctl("add", "service", "shop/none:http", family.at(family.vip(2), 80))
    svcctl("add", "frontend", "shop/web:tcp", family.at(family.vip(3), 80), "rule", "outside",
           "set", "local", "masquerade", "no", "empty", "drop")
    return family.vip(1)


def device(lab, host):
    """Where the node takes a host's packets in."""
    return {lab.node: None, lab.outside: "up0", lab.a: "cali-a", lab.c: "cali-c"}[host]


@pytest.mark.row("CTL-01")
def test_explain_agrees_with_packets(lab, tables, web, family):
    """CTL-01: verdict, candidates and masquerade are those that packets of each class get."""
    here = {lab.node.addr(family), lab.wire(family, 1)}
    for host, of in ((lab.c, abi.CLASS_POD), (lab.a, abi.CLASS_POD), (lab.node, abi.CLASS_NODE),
                     (lab.outside, abi.CLASS_OUTSIDE)):
        def explain(vip, port, host=host, **more):
            return tables.explain(host.addr(family), vip, port, device=device(lab, host), **more)

        for vip, sets in ((family.vip(1), "ad"), (family.vip(3), "a" if host is lab.outside else "ad")):
            answer = explain(vip, 80)
            assert verdict(answer) == FORWARD and genl.u32(answer[abi.A_CLASS][0]) == of
            assert answer[abi.A_NAME] == [b"shop/web:tcp\0"]
            assert genl.u32(answer[abi.A_CANDIDATES][0]) == len(sets)
            candidates = {backend_of(family, b) for b in answer[abi.A_BACKEND]}
            assert candidates == {(lab.pod(p).addr(family), 8080) for p in sets}
            masquerade = genl.u32(answer[abi.A_MASQUERADE][0])
            for got in everyone(host, vip, 80, "tcp", sets):
                hairpin = host is lab.a and got.name == "a"
                if host is not lab.node:
                    assert (got.peer in here) == (bool(masquerade) or hairpin), (host, vip, got)
        for vip, port, why in ((family.vip(2), 80, abi.DROP_NO_BACKEND),
                               (family.vip(1), 81, abi.DROP_UNCLAIMED)):
            answer = explain(vip, port)
            assert verdict(answer) == REFUSE and reason(answer) == why
            assert attempt(host, vip, port).refused
        assert verdict(explain(lab.b.addr(family), 8080)) == PASS


@pytest.mark.row("CTL-01")
def test_explain_of_an_empty_set(lab, svcctl, tables, web, family):
    """CTL-01: a drop is told as a drop, with its reason."""
    svcctl("set", "backend", "shop/web:tcp", family.at(lab.a.addr(family), 8080), "sets", "cluster")
    answer = tables.explain(lab.outside.addr(family), family.vip(3), 80, device="up0")
    assert verdict(answer) == DROP and reason(answer) == abi.DROP_SET_EMPTY
    assert not attempt(lab.outside, family.vip(3), 80, timeout=0.3).answer


@pytest.mark.row("CTL-01", "DP-01")
def test_explain_knows_which_backend_udp_gets(lab, tables, web, family):
    """CTL-01: where the choice is a function of the packet, explain names the backend it will have."""
    for port in range(42000, 42020):
        answer = tables.explain(lab.c.addr(family), web, 80, "udp", port, "cali-c")
        chosen, = answer[abi.A_CHOSEN]
        got = ask(lab.c, web, 80, "udp", source_port=port)
        assert backend_of(family, chosen) == (lab.pod(got.name).addr(family), got.port)


@pytest.mark.row("CTL-01")
def test_explain_has_no_side_effect(lab, svcctl, tables, web, family):
    """CTL-01: explain makes no conntrack entry, counts nothing, changes no table."""
    def state():
        return tables.stats(), tables.dump(), tables.generation(), conntrack.count(lab.node)

    before = state()
    for _ in range(10):
        for vip, port in ((web, 80), (web, 81), (family.vip(2), 80)):
            tables.explain(lab.c.addr(family), vip, port, device="cali-c")
            tables.explain(lab.node.addr(family), vip, port)
    svcctl("explain", family.at(web, 80), "from", lab.c.addr(family), "dev", "cali-c")
    assert state() == before


@pytest.mark.row("CTL-01")
def test_svcctl_explain(lab, svcctl, web, family):
    """CTL-01: svcctl explain tells a person the same: who serves, or why not."""
    def explain(*words):
        return svcctl("explain", *words).stdout

    text = explain(family.at(web, 80), "from", lab.c.addr(family), "dev", "cali-c")
    assert "shop/web:tcp" in text
    assert family.at(lab.a.addr(family), 8080) in text and family.at(lab.d.addr(family), 8080) in text
    assert f"not {family.at(lab.b.addr(family), 8080)}: its weight is 0" in text
    text = explain(family.at(family.vip(2), 80), "from", lab.outside.addr(family), "dev", "up0")
    assert "refuse" in text.lower() and "shop/none:http" in text
    text = explain(family.at(web, 80, "udp"), "from", family.at(lab.c.addr(family), 42000))
    got = ask(lab.c, web, 80, "udp", source_port=42000)
    assert family.at(lab.pod(got.name).addr(family), 8080) in text


@pytest.mark.row("CTL-01")
def test_explain_names_policy_and_passed_over(lab, svcctl, web, family):
    """CTL-01: svcctl explain names the traffic policy that decided, and each backend passed over with the reason."""
    a, b, d = (family.at(p.addr(family), 8080) for p in (lab.a, lab.b, lab.d))
    svcctl("add", "frontend", "shop/web:tcp", family.at(family.vip(4), 80), "type", "LoadBalancer",
           "rule", "outside", "set", "local")
    svcctl("add", "frontend", "shop/web:tcp", family.at(family.vip(5), 80), "type", "LoadBalancer",
           "rule", "pod", "set", "local")

    def explain(n, host, device):
        words = "explain", family.at(family.vip(n), 80), "from", host.addr(family), *device
        return svcctl(*words).stdout, svcctl.json(*words)

    for n, host, device, policy, said, passed in (
            (1, lab.c, ("dev", "cali-c"), "Cluster", "internalTrafficPolicy Cluster, asked from a pod", {b: "weight is 0"}),
            (4, lab.c, ("dev", "cali-c"), "Local", "externalTrafficPolicy Local, asked from a pod", {b: "weight is 0"}),
            (4, lab.outside, ("dev", "up0"), "Local", "externalTrafficPolicy Local, asked from outside",
             {b: "weight is 0", d: "in the cluster set only"}),
            (5, lab.node, (), None, "rules of its own", {b: "weight is 0"}),
            (5, lab.c, ("dev", "cali-c"), None, "rules of its own",
             {b: "weight is 0", d: "in the cluster set only"})):
        text, value = explain(n, host, device)
        assert value["policy"] == policy and said in text
        assert {family.at(p["address"], p["port"]) for p in value["passedOver"]} == set(passed)
        assert value["passedOverCount"] == len(passed)
        for place, why in passed.items():
            line, = (line for line in text.splitlines() if f"not {place}:" in line)
            assert why in line
    svcctl("set", "backend", "shop/web:tcp", a, "sets", "none")
    text, value = explain(4, lab.outside, ("dev", "up0"))
    assert value["verdict"] == "refuse" or value["verdict"] == "drop"
    assert f"not {a}: it drains" in text and value["passedOverCount"] == 3
