# SPDX-License-Identifier: GPL-2.0
"""Session affinity by client address: DP-02."""
import time

import pytest

from lab.client import attempt
from lab.wait import until

pytestmark = pytest.mark.row("DP-02")


@pytest.fixture
def pods(lab, family):
    return {pod.name[-1]: family.at(pod.addr(family), 8080) for pod in (lab.a, lab.b, lab.d, lab.e)}


@pytest.fixture
def web(lab, svcctl, family, protocol, pods):
    """A service with affinity of a minute and four backends; its address."""
    vip = family.vip(1)
    svcctl("add", "service", "shop/web:http", family.at(vip, 80, protocol), "affinity", "60",
           *(word for backend in pods.values() for word in ("backend", backend, "sets", "cluster,local")))
    return vip


def served(host, vip, protocol="tcp", times=12, port=80):
    """Names of the backends that several new flows of a host get."""
    outcomes = [attempt(host, vip, port, protocol) for _ in range(times)]
    assert all(o.answer for o in outcomes), outcomes
    return {o.answer.name for o in outcomes}


@pytest.mark.smoke
def test_a_client_stays_with_its_backend(lab, web, family, protocol):
    """DP-02: all flows of a client go to one backend, whoever else asks."""
    first = {host: served(host, web, protocol, times=1) for host in (lab.c, lab.outside, lab.node, lab.a)}
    for _ in range(6):
        for host, name in first.items():
            assert served(host, web, protocol, times=2) == name


@pytest.mark.parametrize("protocol", ["tcp"])
def test_every_frontend_agrees(lab, svcctl, web, family, protocol):
    """DP-02: the key is the client and the service's port, whichever frontend was asked."""
    svcctl("add", "frontend", "shop/web:http", family.at(family.vip(2), 80), "type", "LoadBalancer")
    svcctl("add", "frontend", "shop/web:http", "*:30080")
    name = served(lab.outside, web)
    assert len(name) == 1
    assert served(lab.outside, family.vip(2)) == name
    assert served(lab.outside, lab.node.addr(family), port=30080) == name


@pytest.mark.parametrize("protocol", ["tcp"])
def test_other_ports_of_a_service_are_others(lab, svcctl, web, family, protocol, pods):
    """DP-02: another port of the same Service is another key."""
    name, = served(lab.c, web)
    other = next(n for n in pods if n != name)
    svcctl("add", "service", "shop/web:more", family.at(web, 81), "affinity", "60", "backend", pods[other])
    assert served(lab.c, web, port=81) == {other} and served(lab.c, web) == {name}


@pytest.mark.parametrize("how", ["deleted", "drained", "weight"])
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_backend_that_takes_no_new_flows_is_chosen_anew(lab, svcctl, web, family, protocol, pods, how):
    """DP-02: its clients are given others, once, and stay there although it comes back (k/k#110302)."""
    name, = served(lab.c, web, protocol)
    words = {"deleted": ("del", "backend", "shop/web:http", pods[name]),
             "drained": ("set", "backend", "shop/web:http", pods[name], "sets", "none"),
             "weight": ("set", "backend", "shop/web:http", pods[name], "weight", "0")}[how]
    svcctl(*words)
    then = served(lab.c, web, protocol)
    assert len(then) == 1 and then != {name}
    if how == "deleted":
        svcctl("add", "backend", "shop/web:http", pods[name], "sets", "cluster,local")
    else:
        svcctl("set", "backend", "shop/web:http", pods[name], "sets", "cluster,local", "weight", "1")
    assert served(lab.c, web, protocol) == then


@pytest.mark.parametrize("protocol", ["tcp"])
def test_what_a_local_frontend_may_not_use_is_kept(lab, svcctl, web, family, protocol, pods):
    """DP-02: such an entry is neither used nor deleted."""
    local = family.vip(2)
    svcctl("add", "frontend", "shop/web:http", family.at(local, 80), *(
        word for c in ("pod", "node", "outside") for word in ("rule", c, "set", "local", "masquerade", "no")))
    name, = served(lab.c, web)
    svcctl("set", "backend", "shop/web:http", pods[name], "sets", "cluster")
    elsewhere = served(lab.c, local, times=30)
    assert name not in elsewhere and len(elsewhere) == 3, "each is chosen for itself"
    assert served(lab.c, web) == {name}


def remembered(svcctl, lab, family, web):
    """The address of the backend that c would be given, if it is remembered."""
    chosen = svcctl.json("explain", family.at(web, 80), "from", lab.c.addr(family))["chosen"]
    return chosen and chosen["address"]


@pytest.mark.parametrize("protocol", ["tcp"])
def test_affinity_ends(lab, svcctl, web, family, protocol):
    """DP-02: after the time-out, which each new flow renews, and when it is turned off."""
    svcctl("set", "service", "shop/web:http", "affinity", "4")       # seconds: a slow machine needs one for each step
    assert len(served(lab.c, web)) == 1 and remembered(svcctl, lab, family, web)
    until(lambda: not remembered(svcctl, lab, family, web), "the client is forgotten", 30)
    served(lab.c, web, times=1)
    there = remembered(svcctl, lab, family, web)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        served(lab.c, web, times=1)
        assert remembered(svcctl, lab, family, web) == there
    svcctl("set", "service", "shop/web:http", "affinity", "none")
    assert len(served(lab.c, web, times=60)) == 4


@pytest.mark.parametrize("protocol", ["tcp"])
def test_explain_knows_what_is_remembered(lab, svcctl, web, family, protocol):
    """DP-02: explain chooses what the client would be given, and remembers nothing itself."""
    for _ in range(3):
        assert remembered(svcctl, lab, family, web) is None
    name, = served(lab.c, web, times=1)
    assert remembered(svcctl, lab, family, web) == {
        p.name[-1]: p.addr(family) for p in (lab.a, lab.b, lab.d, lab.e)}[name]
