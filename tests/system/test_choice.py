# SPDX-License-Identifier: GPL-2.0
"""Which backend a new flow gets: DP-01, scheduler random."""
import pytest

from lab import conntrack
from lab.client import everyone
from lab.flows import PORT, Flows, assert_fair
from lab.wait import until


@pytest.mark.row("DP-01")
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
@pytest.mark.parametrize("weights", [(1, 1, 1), (1, 2, 5)], ids=str)
def test_random_is_fair(lab, tables, family, protocol, weights):
    """DP-01: 10,000 flows over three backends pass a chi-squared test, with equal weights and others."""
    with Flows(lab, tables, family, protocol, weights) as flows:
        assert_fair(flows, weights)


@pytest.mark.row("DP-01")
def test_random_sctp_reaches_all(lab, svcctl, family):
    """DP-01: SCTP associations go to every backend."""
    svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80, "sctp"),
           *(word for pod in (lab.a, lab.b, lab.d)
             for word in ("backend", family.at(pod.addr(family), 8080))))
    everyone(lab.c, family.vip(1), 80, "sctp", [lab.a, lab.b, lab.d])


@pytest.mark.row("DP-01")
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_weight_zero_gets_no_new_flow(lab, svcctl, tables, family, protocol):
    """DP-01: weight 0 takes no new flows; a changed weight counts from the next flow on."""
    with Flows(lab, tables, family, protocol, (1, 0, 1)) as flows:
        counts = flows.send(500)
        assert counts[1] == 0 and counts[0] and counts[2]
        svcctl("set", "backend", "shop/web:http", family.at(lab.a.addr(family), PORT), "weight", 0)
        svcctl("set", "backend", "shop/web:http", family.at(lab.b.addr(family), PORT), "weight", 65535)
        counts = flows.send(500)
        assert counts[0] == 0 and counts[1] > 450


@pytest.mark.row("DP-14", "DP-01")
def test_random_udp_is_a_function_of_the_packet(lab, tables, family):
    """DP-01: datagrams of one 5-tuple have one backend, even when conntrack forgot the flow between."""
    def packets(sinks):
        for s in sinks:
            s.drain()
        return sum(sum(s.flows.values()) for s in sinks)

    with Flows(lab, tables, family, "udp", (1, 1, 1)) as flows:
        flows.send(100)
        conntrack.flush(lab.node)
        flows.spray.send(range(flows.next - 100, flows.next))
        until(lambda: packets(flows.sinks) == 200, "each datagram again")
        assert sum(len(s.flows) for s in flows.sinks) == 100, "a flow changed its backend"
