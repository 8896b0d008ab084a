# SPDX-License-Identifier: GPL-2.0
"""Fixtures of the tests against a real control plane: one network, one kube-proxy."""
import pytest

from k8s import leftovers
from k8s.engine import KubeProxyEngine
from lab.family import FAMILIES
from lab.server import Server
from lab.topology import Topology, lift_icmp_limits


def pytest_configure():
    leftovers.end_by_exception(pytest.exit)
    leftovers.sweep()


def pytest_collection_modifyitems(items):
    for item in items:
        for mark in item.iter_markers("row"):
            item.user_properties += [("row", row) for row in mark.args]


@pytest.fixture(scope="session")
def net():
    """lab.topology in namespaces of this machine, its pods serving at 8080."""
    net = Topology(leftovers.own_prefix())
    try:
        lift_icmp_limits(net.node)
        with Server(*((net.pod(name), (8080,)) for name in net.PODS), protocols=("tcp", "udp")):
            yield net
    finally:
        net.delete()


@pytest.fixture(scope="session", params=["nftables", "iptables"])
def engine(request, net):
    with KubeProxyEngine(net, request.param) as engine:
        yield engine
    net.node.nft("flush ruleset")


@pytest.fixture(params=FAMILIES, ids=str)
def family(request):
    return request.param
