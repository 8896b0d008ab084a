# SPDX-License-Identifier: GPL-2.0
"""Which backend a new flow gets: DP-01, scheduler random."""
import math

import pytest

from lab import conntrack
from lab.client import everyone
from lab.packets import Sink, Spray, settled
from lab.wait import until

FLOWS = 10000
PORT = 7000             # where nothing else is


def chi_squared_p(counts, weights):
    """The chance that three fair counts are as far off as these: two degrees of freedom."""
    expected = [sum(counts) * w / sum(weights) for w in weights]
    return math.exp(-sum((n - e) ** 2 / e for n, e in zip(counts, expected)) / 2)


class Flows:
    """New flows from pod c to a service with three backends that only count."""

    def __init__(self, lab, tables, family, protocol, weights):
        self.pods = (lab.a, lab.b, lab.d)
        self.next = 2000
        self.vip = family.vip(1)
        self.sinks = [Sink(pod, family, PORT, protocol) for pod in self.pods]
        tables.change(*tables.simple(
            "shop/web:http", self.vip, 80, protocol=protocol,
            *((pod.addr(family), PORT, weight) for pod, weight in zip(self.pods, weights))))
        self.spray = Spray(lab.c, self.vip, 80, protocol)
        self.before = [0, 0, 0]

    def send(self, flows):
        """Counts of so many new flows, none of which is lost."""
        self.spray.send(range(self.next, self.next + flows))
        self.next += flows
        counts = settled(self.sinks, sum(self.before) + flows)
        new = [n - b for n, b in zip(counts, self.before)]
        self.before = counts
        assert sum(new) == flows
        return new

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for s in *self.sinks, self.spray:
            s.close()


def assert_fair(flows, weights):
    """p > 0.001. One fair sample in a thousand fails: then a second one decides."""
    counts = flows.send(FLOWS)
    if chi_squared_p(counts, weights) <= 0.001:
        counts = flows.send(FLOWS)
    assert chi_squared_p(counts, weights) > 0.001, f"{counts} for weights {weights}"


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
