# SPDX-License-Identifier: GPL-2.0
"""The network once, and whoever is asked in its node."""
import os
import platform
import shutil
import signal
import subprocess

import pytest

from k8s import leftovers
from k8s.engine import KubeProxyEngine
from lab.family import FAMILIES
from lab.server import Server
from lab.tables import loaded
from lab.topology import Topology, lift_icmp_limits
from peers import ipvs
from peers.figures import Figures
from peers.kube_proxy import KubeProxyPeer
from peers.nf_svc import NfSvc

TEST_LIMIT = 300        # seconds after which a test is given up
OTHERS = {"nf_svc": NfSvc, "ipvs": ipvs.Ipvs}           # than kube-proxy itself


def _runs_here(peer):
    if peer == "nf_svc":
        return loaded() and bool(shutil.which("svcctl"))
    return ipvs.here() if peer == "ipvs" else not os.environ.get("NF_SVC_KERNEL")


def pytest_configure():
    leftovers.end_by_exception(pytest.exit)
    leftovers.sweep()


def pytest_generate_tests(metafunc):
    """A test runs once for each peer that its mark names and that runs on this kernel."""
    mark = metafunc.definition.get_closest_marker("of")
    if mark:
        metafunc.parametrize("peer", [p for p in mark.args if _runs_here(p)], indirect=True, scope="session")


def pytest_collection_modifyitems(config, items):
    """What runs nowhere here is told, and not counted: its stage is another."""
    elsewhere = [i for i in items if "peer" in i.fixturenames and not i.callspec.params.get("peer")
                 or any(m.name == "skip" and "empty parameter set" in m.kwargs.get("reason", "")
                        for m in i.iter_markers())]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [i for i in items if i not in elsewhere]
    for item in items:
        for mark in item.iter_markers("row"):
            item.user_properties += [("row", row) for row in mark.args]
        item.user_properties.append(("kernel", platform.release()))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    def give_up(*_):
        raise TimeoutError(f"{item.name}: longer than {TEST_LIMIT} s")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(TEST_LIMIT)
    yield
    signal.alarm(0)


def pytest_runtest_logreport(report):
    """What a guest that runs out of time has seen so far stands in its log."""
    if report.failed:
        print(f"\n{report.nodeid}: FAILED\n{report.longreprtext}", flush=True)


@pytest.fixture(scope="session")
def net():
    """lab.topology, its pods serving at 8080."""
    subprocess.run(["modprobe", "nf_conntrack"], check=False)
    if int(open("/proc/sys/net/netfilter/nf_conntrack_max", encoding="ascii").read()) < 262144:
        with open("/proc/sys/net/netfilter/nf_conntrack_max", "w", encoding="ascii") as f:
            f.write("262144")
    net = Topology(leftovers.own_prefix())
    try:
        lift_icmp_limits(net.node)
        with Server(*((net.pod(name), (8080,)) for name in net.PODS), protocols=("tcp", "udp")):
            yield net
    finally:
        net.delete()


@pytest.fixture(scope="session")
def kube(net):
    """One control plane and kube-proxy for all its modes."""
    with KubeProxyEngine(net) as engine:
        yield engine


@pytest.fixture(scope="session")
def peer(request, net):
    """Whoever is asked; nobody else is at work in the node."""
    if request.param in OTHERS:
        peer = OTHERS[request.param](net)
    else:
        peer = KubeProxyPeer(net, request.getfixturevalue("kube"), request.param.removeprefix("kube-proxy-"))
    yield peer
    peer.close()


@pytest.fixture(params=FAMILIES, ids=str)
def family(request):
    return request.param


@pytest.fixture(scope="session")
def figures():
    """Where tests put what they measured."""
    figures = Figures(platform.release())
    yield figures
    if out := os.environ.get("NF_SVC_OUT"):
        figures.write(out, os.environ.get("NF_SVC_KERNEL", "host"))


@pytest.fixture
def told(request, figures):
    """Gives a function that prints what the test measured, and keeps it."""
    def tell(**measured):
        figures.add(request.node.nodeid.removeprefix("tests/peers/"), measured)
    return tell


def pytest_report_header():
    return f"kernel {platform.release()}, uid {os.getuid()}"
