# SPDX-License-Identifier: GPL-2.0
"""Which source address a backend sees: DP-03, DP-04, DP-05, and the classes of EP-09."""
import pytest

from lab.client import attempt, everyone, only
from lab.family import FAMILIES, V4

POD_CIDRS = ",".join(str(f.pods) for f in FAMILIES)


def node_addresses(lab, family):
    return {lab.node.addr(family), lab.wire(family, 1)}


@pytest.mark.row("DP-03")
def test_pod_keeps_its_source(lab, svcctl, family, protocol):
    """DP-03: a pod's packet to a ClusterIP keeps its source, on this node and to the other one."""
    svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80, protocol),
           "backend", family.at(lab.b.addr(family), 8080),
           "backend", family.at(lab.e.addr(family), 8080))
    answers = everyone(lab.c, family.vip(1), 80, protocol, [lab.b, lab.e])
    assert {a.peer for a in answers} == {lab.c.addr(family)}


@pytest.mark.row("DP-03")
def test_pod_keeps_its_source_port(lab, svcctl, family):
    """DP-03: nor is its source port changed without need."""
    svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80),
           "backend", family.at(lab.e.addr(family), 8080))
    answer, = only(lab.c, family.vip(1), 80, "tcp", "e", times=1, source_port=41234)
    assert answer.peer_port == 41234


@pytest.mark.smoke
@pytest.mark.row("DP-04")
def test_hairpin(lab, svcctl, family, protocol):
    """DP-04: a backend reaches itself through its own service; it sees the node as the client."""
    svcctl("add", "service", "shop/web:http", family.at(family.vip(4), 80, protocol),
           "backend", family.at(lab.a.addr(family), 8080))
    for answer in only(lab.a, family.vip(4), 80, protocol, "a", times=3):
        assert answer.peer in node_addresses(lab, family)


@pytest.mark.row("DP-04", "DP-03")
def test_hairpin_only_for_itself(lab, svcctl, family):
    """DP-04: a backend that reaches another backend of its service keeps its source."""
    svcctl("add", "service", "shop/web:http", family.at(family.vip(4), 80),
           "backend", family.at(lab.a.addr(family), 8080),
           "backend", family.at(lab.b.addr(family), 8080))
    for answer in everyone(lab.a, family.vip(4), 80, "tcp", [lab.a, lab.b]):
        if answer.name == "b":
            assert answer.peer == lab.a.addr(family)
        else:
            assert answer.peer in node_addresses(lab, family)


@pytest.mark.row("EP-09", "DP-05")
@pytest.mark.parametrize("detect", ["pod-cidr", "pod-device"])
def test_masquerade_by_source_class(lab, svcctl, family, protocol, detect):
    """EP-09: with a detect-local mode a ClusterIP masquerades the node and those outside, never pods."""
    svcctl("set", "settings", detect, POD_CIDRS if detect == "pod-cidr" else "cali*")
    svcctl("add", "service", "shop/web:http", family.at(family.vip(5), 80, protocol),
           "backend", family.at(lab.d.addr(family), 8080))
    for host, peer in ((lab.c, lab.c.addr(family)), (lab.outside, lab.wire(family, 1)),
                       (lab.node, lab.wire(family, 1))):
        for answer in only(host, family.vip(5), 80, protocol, "d", times=2):
            assert answer.peer == peer, f"from {host}"


@pytest.mark.row("EP-09", "DP-05")
def test_masquerade_to_a_pod_of_this_node(lab, svcctl, family):
    """DP-05: towards a pod behind an unnumbered device the source is some address of the node."""
    svcctl("set", "settings", "pod-cidr", POD_CIDRS)
    svcctl("add", "service", "shop/web:http", family.at(family.vip(5), 80),
           "backend", family.at(lab.a.addr(family), 8080))
    for host in lab.outside, lab.node:
        answer, = only(host, family.vip(5), 80, "tcp", "a", times=1)
        assert answer.peer in node_addresses(lab, family)


@pytest.mark.row("EP-09")
def test_no_masquerade_without_a_mode(lab, svcctl, family):
    """EP-09: without a detect-local mode nobody's source is changed."""
    svcctl("add", "service", "shop/web:http", family.at(family.vip(5), 80),
           "backend", family.at(lab.d.addr(family), 8080))
    for host in lab.c, lab.outside, lab.node:
        answer, = only(host, family.vip(5), 80, "tcp", "d", times=1)
        assert answer.peer == host.addr(family), f"from {host}"


@pytest.mark.row("EP-09", "DP-05")
def test_settings_change_the_class_of_new_flows(lab, svcctl, family):
    """EP-09: who is a pod is asked for each new flow: a changed setting holds from the next one on."""
    other = "198.51.100.0/24" if family is V4 else "2001:db8:ffff::/48"
    svcctl("set", "settings", "pod-cidr", POD_CIDRS)
    svcctl("add", "service", "shop/web:http", family.at(family.vip(5), 80),
           "backend", family.at(lab.d.addr(family), 8080))
    for cidr, peer in ((POD_CIDRS, lab.c.addr(family)), (other, lab.wire(family, 1)),
                       (POD_CIDRS, lab.c.addr(family))):
        svcctl("set", "settings", "pod-cidr", cidr)
        answer, = only(lab.c, family.vip(5), 80, "tcp", "d", times=1)
        assert answer.peer == peer, f"with pod-cidr {cidr}"


@pytest.mark.row("EP-09", "EP-03")
def test_rules_say_set_masquerade_and_empty(lab, svcctl, tables, family):
    """EP-09: a frontend's rule for each class says which set, whether masqueraded, and what empty means."""
    a, d = (family.at(p.addr(family), 8080) for p in (lab.a, lab.d))
    svcctl("set", "settings", "pod-cidr", POD_CIDRS)
    svcctl("add", "service", "shop/web:http", family.at(family.vip(6), 80),
           "backend", a, "sets", "cluster,local", "backend", d, "sets", "cluster")
    svcctl("add", "frontend", "shop/web:http", family.at(family.vip(7), 80),
           "rule", "pod", "set", "cluster", "masquerade", "yes",
           "rule", "node", "set", "cluster", "masquerade", "no",
           "rule", "outside", "set", "local", "masquerade", "no", "empty", "drop")
    vip = family.vip(7)
    for answer in everyone(lab.c, vip, 80, "tcp", [lab.a, lab.d]):
        assert answer.peer in node_addresses(lab, family)
    for answer in everyone(lab.node, vip, 80, "tcp", [lab.a, lab.d]):
        assert answer.peer == lab.node.addr(family)
    for answer in only(lab.outside, vip, 80, "tcp", "a"):
        assert answer.peer == lab.outside.addr(family)

    svcctl("set", "backend", "shop/web:http", a, "sets", "cluster")
    assert attempt(lab.outside, vip, 80, timeout=0.5).answer is None
    assert tables.stats("shop/web:http")["set_empty"] >= 1
    everyone(lab.c, vip, 80, "tcp", [lab.a, lab.d])


@pytest.mark.row("EP-07", "DP-05")
def test_backend_on_the_node_itself(lab, svcctl, family):
    """DP-05: a host-network backend is reached from pods and the node, and not masqueraded."""
    svcctl("add", "service", "shop/web:http", family.at(family.vip(8), 80),
           "backend", family.at(lab.node.addr(family), 8081))
    answer, = only(lab.c, family.vip(8), 80, "tcp", "node", times=1)
    assert answer.peer == lab.c.addr(family)
    only(lab.node, family.vip(8), 80, "tcp", "node", times=1)
