# SPDX-License-Identifier: GPL-2.0
"""Where a service answers: FE-01, FE-02, FE-03."""
import pytest

from lab import abi, genl
from lab.client import attempt, everyone, only
from lab.family import V4, V6
from lab.wait import at_once


@pytest.mark.smoke
@pytest.mark.row("FE-01")
def test_cluster_ip_from_pods_and_the_node(lab, svcctl, family, protocol):
    """FE-01: a ClusterIP reaches all its backends from a pod, the node and a host-network pod."""
    vip = family.vip(1)
    svcctl("add", "service", "shop/web:http", family.at(vip, 80, protocol),
           "backend", family.at(lab.a.addr(family), 8080),
           "backend", family.at(lab.d.addr(family), 9090))
    for host, how in ((lab.c, {}), (lab.node, {}), (lab.node, {"source": lab.wire(family, 1)})):
        answers = everyone(host, vip, 80, protocol, [lab.a, lab.d], **how)
        assert {(a.name, a.port) for a in answers} == {("a", 8080), ("d", 9090)}


@pytest.mark.row("FE-01")
@pytest.mark.parametrize("family, other", [(V4, V6), (V6, V4)], ids=str)
def test_no_frontend_of_the_other_family(lab, svcctl, tables, family, other):
    """FE-01: a service with a ClusterIP of one family has no frontend of any kind in the other."""
    svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80),
           "backend", family.at(lab.a.addr(family), 8080))
    frontends = tables.call(abi.CMD_FRONTEND_GET, flags=genl.F_DUMP)
    assert [genl.u32(dict(m.attributes)[abi.A_FAMILY]) for m in frontends] == [family.nf]
    for vip in other.vip(1), lab.node.addr(other):
        answer = tables.explain(lab.c.addr(other), vip, 80, device="cali-c")
        assert genl.u32(answer[abi.A_VERDICT][0]) == abi.VERDICT_PASS
    only(lab.c, family.vip(1), 80, "tcp", "a", times=1)


@pytest.mark.row("FE-02")
def test_each_port_to_its_own_target_port(lab, svcctl, family):
    """FE-02: several ports of one service, each to its own target port."""
    vip = family.vip(2)
    for port, target in ("http", (80, 8080)), ("metrics", (9100, 9090)):
        svcctl("add", "service", f"shop/web:{port}", family.at(vip, target[0]),
               "backend", family.at(lab.a.addr(family), target[1]),
               "backend", family.at(lab.b.addr(family), target[1]))
    assert {a.port for a in everyone(lab.c, vip, 80, "tcp", [lab.a, lab.b])} == {8080}
    assert {a.port for a in everyone(lab.c, vip, 9100, "tcp", [lab.a, lab.b])} == {9090}


@pytest.mark.row("FE-02")
def test_target_port_may_differ_between_backends(lab, svcctl, family, protocol):
    """FE-02: a named target port that is another number on another backend."""
    vip = family.vip(2)
    svcctl("add", "service", "shop/web:http", family.at(vip, 80, protocol),
           "backend", family.at(lab.a.addr(family), 8080),
           "backend", family.at(lab.b.addr(family), 9090))
    answers = everyone(lab.c, vip, 80, protocol, [lab.a, lab.b])
    assert {(a.name, a.port) for a in answers} == {("a", 8080), ("b", 9090)}


@pytest.mark.row("FE-03")
@pytest.mark.parametrize("gone", ["tcp", "udp"])
def test_same_port_over_every_protocol(lab, svcctl, family, gone):
    """FE-03: one port over TCP, UDP and SCTP, each forwarded apart; taking one away leaves the others."""
    vip = family.vip(3)
    serves = {"tcp": lab.a, "udp": lab.b, "sctp": lab.d}
    for protocol, pod in serves.items():
        svcctl("add", "service", f"kube-system/dns:{protocol}", family.at(vip, 53, protocol),
               "backend", family.at(pod.addr(family), 8080))
    for protocol, pod in serves.items():
        only(lab.c, vip, 53, protocol, pod.name[-1], times=4)

    svcctl("del", "service", f"kube-system/dns:{gone}")
    outcome = attempt(lab.c, vip, 53, gone)
    assert outcome.refused and outcome.seconds < at_once()
    for protocol in serves.keys() - {gone}:
        only(lab.c, vip, 53, protocol, serves[protocol].name[-1], times=4)
