# SPDX-License-Identifier: GPL-2.0
"""Fixtures of all system tests: the network once, empty tables for each test."""
import os
import platform
import shutil
import signal
import subprocess

import pytest

from lab import conntrack, netns
from lab import family as families
from lab import tables as nf_svc
from lab.server import Server, sctp_here
from lab.svcctl import Svcctl
from lab.topology import Topology, lift_icmp_limits

TEST_LIMIT = 180        # seconds after which a test is given up, unless its mark limit says other


def pytest_collection_modifyitems(items):
    for item in items:
        for mark in item.iter_markers("row"):
            item.user_properties += [("row", row) for row in mark.args]
        item.user_properties.append(("kernel", platform.release()))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    mark = item.get_closest_marker("limit")
    limit = mark.args[0] if mark else TEST_LIMIT

    def give_up(*_):
        raise TimeoutError(f"longer than {limit} s")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(limit)
    yield
    signal.alarm(0)


def keep_code(net):
    """Keep the kernel from patching its own code whenever a first hook comes or the last one goes.

    With several processors QEMU's emulation of that patching (static keys: int3, then the new
    instruction) now and then shows the int3 to the kernel when nobody expects it any more: "Oops:
    int3" (Red Hat bug 2216496). A namespace of its own holds a hook everywhere.
    """
    chains = "\n".join(f"chain {hook} {{ type filter hook {hook} priority 0; }}" for hook in
                       ("prerouting", "input", "forward", "output", "postrouting"))
    keeper, = netns.create(f"{net.prefix}-keys")
    keeper.nft(f"table inet keys {{\n{chains}\n}}")


@pytest.fixture(scope="session")
def lab():
    """The network of lab.topology, every pod and the node serving at 8080 and 9090."""
    with open("/proc/sys/net/core/netdev_max_backlog", "w") as f:
        f.write("100000")
    if not shutil.which("svcctl"):
        pytest.exit("svcctl is not on PATH", 1)
    room_for_flows()
    net = Topology()
    keep_code(net)
    lift_icmp_limits(net.node)
    pods = [net.pod(name) for name in net.PODS]
    with Server(*((host, (8080, 9090)) for host in pods), (net.node, (8081,))):
        yield net
    net.delete()


def room_for_flows():
    """What fits the memory of a small guest is soon full, and then packets are dropped."""
    subprocess.run(["modprobe", "nf_conntrack"], check=True)
    with open("/proc/sys/net/netfilter/nf_conntrack_max", "w") as f:
        f.write("262144")


@pytest.fixture
def icmp_limits(lab):
    """The kernel's own limits of ICMP errors, for one test."""
    lab.node.sysctl("net.ipv4.icmp_ratemask", 0x1818)
    lab.node.sysctl("net.ipv6.icmp.ratemask", "0-1,3-127")
    yield
    lift_icmp_limits(lab.node)


@pytest.fixture
def tables(lab):
    """The module's tables in node, empty, spoken to directly."""
    conntrack.flush(lab.node)
    with nf_svc.Tables(lab.node) as t:
        t.clear()
        yield t
    with nf_svc.Tables(lab.node) as t:      # the test may have loaded the module anew
        t.clear()


@pytest.fixture
def svcctl(lab, tables):
    """svcctl in node; the tables begin empty."""
    return Svcctl(lab.node)


@pytest.fixture(params=families.FAMILIES, ids=str)
def family(request):
    return request.param


@pytest.fixture(params=families.PROTOCOLS)
def protocol(request):
    if request.param == "sctp" and not sctp_here():
        pytest.skip("this kernel has no SCTP")
    return request.param


@pytest.fixture(params=["pod", "outside", "node"])
def client(request, lab):
    """Who asks: a pod of the node, someone outside, the node itself."""
    return {"pod": lab.c, "outside": lab.outside, "node": lab.node}[request.param]


@pytest.fixture
def rules(lab):
    """Gives a function that loads nft rules into node; they go after the test."""
    loaded = []

    def load(script):
        lab.node.nft(script)
        loaded.append(True)

    yield load
    if loaded:
        lab.node.run("nft", "flush", "ruleset")


def pytest_report_header():
    return f"kernel {platform.release()}, uid {os.getuid()}"
