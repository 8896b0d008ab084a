# SPDX-License-Identifier: GPL-2.0
"""Many new flows to a service with three backends that only count."""
import math

from .packets import Sink, Spray, settled

FLOWS = 10000
PORT = 7000             # where nothing else is


def chi_squared_p(counts, weights):
    """The chance that three fair counts are as far off as these: two degrees of freedom."""
    expected = [sum(counts) * w / sum(weights) for w in weights]
    return math.exp(-sum((n - e) ** 2 / e for n, e in zip(counts, expected)) / 2)


class Flows:
    """New flows from pod c to a service; at first in the cluster set, backends a, b and d."""

    def __init__(self, lab, tables, family, protocol, weights, **more):
        self.pods = (lab.a, lab.b, lab.d)
        self.next = 2000
        self.vip = family.vip(1)
        self.sinks = [Sink(pod, family, PORT, protocol) for pod in self.pods]
        tables.change(*tables.simple(
            "shop/web:http", self.vip, 80, protocol=protocol,
            *((pod.addr(family), PORT, weight) for pod, weight in zip(self.pods, weights)), **more))
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

    def one(self):
        """Which backend one more flow goes to, by its place."""
        return self.send(1).index(1)

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
