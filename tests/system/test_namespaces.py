# SPDX-License-Identifier: GPL-2.0
"""Each network namespace for itself: DP-17."""
import socket

import pytest

from lab import conntrack, netns
from lab.beside import Beside
from lab.client import ask, attempt, only
from lab.packets import Spray
from lab.svcctl import Svcctl
from lab.tables import Tables
from lab.topology import Host
from lab.wait import until


@pytest.fixture
def tables2(lab):
    """The tables of node2, empty."""
    with Tables(lab.node2) as t:
        t.clear()
        yield t
        t.clear()


@pytest.mark.smoke
@pytest.mark.row("DP-17")
def test_every_namespace_has_its_own_tables(lab, svcctl, tables, tables2, family):
    """DP-17: one ClusterIP, other backends in each namespace; counters and generations apart."""
    vip = family.vip(17)
    before = tables.generation()
    Svcctl(lab.node2)("add", "service", "shop/web:http", family.at(vip, 80),
                      "backend", family.at(lab.e.addr(family), 8080))
    assert tables.generation() == before and not tables.dump()[0]
    svcctl("add", "service", "shop/web:http", family.at(vip, 80),
           "backend", family.at(lab.a.addr(family), 8080))
    only(lab.c, vip, 80, "tcp", "a", times=5)
    only(lab.d, vip, 80, "tcp", "e", times=3)
    assert tables.stats("shop/web:http")["flows"] == 5
    assert tables2.stats("shop/web:http")["flows"] == 3
    tables.clear()
    only(lab.d, vip, 80, "tcp", "e", times=1)


@pytest.mark.smoke
@pytest.mark.row("DP-17")
def test_no_frontend_no_conntrack(lab, svcctl, tables, tables2, family):
    """DP-17: a namespace without frontends tracks nothing; hooks come with the first and go with the last."""
    vip = family.vip(17)

    def entries_of_a_flow_through_node2():
        conntrack.flush(lab.node2)
        ask(lab.d, lab.e.addr(family), 8080, "udp")
        return conntrack.count(lab.node2)

    svcctl("add", "service", "shop/web:http", family.at(vip, 80),
           "backend", family.at(lab.a.addr(family), 8080))
    only(lab.c, vip, 80, "tcp", "a", times=3)
    for pod in lab.a, lab.c:
        assert conntrack.count(pod) == 0
    assert entries_of_a_flow_through_node2() == 0

    # A service alone is no reason, nor are settings.
    tables2.change(tables2.service("shop/web:http", family))
    tables2.pods(str(family.pods))
    assert entries_of_a_flow_through_node2() == 0

    svcctl2 = Svcctl(lab.node2)
    svcctl2("add", "frontend", "shop/web:http", family.at(vip, 80))
    assert entries_of_a_flow_through_node2() >= 1
    assert attempt(lab.d, vip, 80).refused
    svcctl2("del", "frontend", family.at(vip, 80))
    until(lambda: entries_of_a_flow_through_node2() == 0, "the hooks go with the last frontend")


@pytest.mark.row("DP-17")
def test_namespace_ends_under_traffic(lab, tables, family):
    """DP-17: a namespace that is deleted under traffic is gone, and begins anew with nothing."""
    name, vip, silent = f"{lab.prefix}-gone", family.vip(1), family.vip(2)
    net, prefix = ("203.0.113.", "24") if family.bits == 32 else ("2001:db8:113::", "64 nodad")
    client = Host(*netns.create(f"{name}-client"), net + "2", net + "2")
    generation = tables.generation()
    with flood(client, vip, silent) as traffic:         # holds nothing of what is made later
        for _ in range(3):
            gone, = netns.create(name)
            gone.sysctl("net.ipv4.ip_forward", 1)
            gone.sysctl("net.ipv6.conf.all.forwarding", 1)
            gone.ip(f"""
                link add eth0 type veth peer name eth0 netns {client.name}
                link set eth0 up
                addr add {net}1/{prefix} dev eth0
            """)
            client.ip(f"""
                link set eth0 up
                addr add {net}2/{prefix} dev eth0
                route add default via {net}1
            """)
            with Tables(gone) as t:
                assert t.generation() == 0 and not any(t.dump()[:3])
                t.change(*t.simple("shop/web:http", vip, 80, (net + "2", 7000), protocol="udp"),
                         *t.simple("shop/none:http", silent, 80, protocol="udp"))
                until(lambda: t.stats("shop/web:http")["flows"] > 100, "traffic is served")
                until(lambda: t.stats("shop/none:http")["no_backend"] > 100, "and refused")
            gone.delete()
            with client:
                until(lambda: "eth0" not in dict(socket.if_nameindex()).values(),
                      "the namespace ends", 30)
        traffic.more(20)
    client.delete()
    assert tables.generation() == generation


def flood(client, *vips):
    """New UDP flows to vips without pause, whether they get away or not."""
    sprays = [Spray(client, vip, 80) for vip in vips]

    def step(n):
        for spray in sprays:
            try:
                spray.send(range(1024 + n * 10 % 60000, 1034 + n * 10 % 60000))
            except OSError:
                pass

    traffic = Beside(step, rest=3)
    for spray in sprays:
        spray.close()
    return traffic
