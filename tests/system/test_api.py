# SPDX-License-Identifier: GPL-2.0
"""svcsyncd with a real API server: SYN-01 to SYN-05, and the whole Service through it."""
import json
import signal
import socket
import subprocess
from random import Random
from time import monotonic

import pytest

from k8s import objects
from lab.api_server import ApiServer
from lab.beside import asking
from lab.client import attempt, everyone, only
from lab.daemon import Daemon, endpoint, endpoints, service
from lab.family import V4
from lab.wait import at_once, until

pytestmark = pytest.mark.api
TWO = ((80, "TCP"), (53, "UDP"))
TWO_TARGETS = ((8080, "TCP"), (9090, "UDP"))
KILLS, STORM = 200, 2000
CIDRS = "/apis/networking.k8s.io/v1/servicecidrs"
SLICE = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/other-1"


@pytest.fixture(scope="session")
def server(lab):
    one = ApiServer(lab)
    yield one
    one.close()


@pytest.fixture
def api(server):
    """The API server without an object of another test; it knows both Nodes of the lab."""
    server.put(*objects.nodes(server.net))
    yield server
    if server.away:
        server.join()
    server.empty()


@pytest.fixture
def daemon(lab, tables, api, tmp_path):
    """svcsyncd of the Node "node", not started yet; its tables begin empty."""
    one = Daemon(lab.node, tmp_path, "--hostname-override", "node", "--healthz-bind-address",
                 "127.0.0.1:10256", kubeconfig=api.kubeconfig(tmp_path / "kubeconfig"))
    yield one
    one.end(signal.SIGKILL)
    print(one.text()[-6000:])           # shown when the test has failed


def shown(svcctl, name):
    """The service of the kernel of this name, as svcctl lists it; None: there is none."""
    return next((s for s in svcctl.json("list") if s["name"] == name), None)


def vip(svcctl, name):
    def find():
        return next((f["address"] for f in (shown(svcctl, name) or {"frontends": []})["frontends"]
                     if f["type"] == "ClusterIP"), None)
    return until(find, f"{name} has a ClusterIP")


def answered_by(svcctl, name, *pods, family, limit=10.0):
    want = {pod.addr(family) for pod in pods}
    until(lambda: backends(svcctl, name) == want, f"{name} has {want}", limit)


@pytest.mark.row("SYN-01")
def test_services_follow_the_api(lab, api, daemon, svcctl, family):
    """SYN-01: what the API server says works with real packets, and follows each change."""
    api.put(service("web", family, TWO, type="NodePort"),
            endpoints("web", family, endpoint(lab.a, family), ports=TWO_TARGETS))
    daemon.start(limit=60)
    there = api.admin.request("GET", "/api/v1/namespaces/shop/services/web")["spec"]
    for index, (port, protocol) in enumerate(((80, "tcp"), (53, "udp"))):
        name = f"shop/web:{protocol}"
        assert vip(svcctl, name) == there["clusterIP"]
        only(lab.c, there["clusterIP"], port, protocol, "a", times=3)
        only(lab.outside, lab.node.addr(family), there["ports"][index]["nodePort"], protocol, "a", times=3)

    api.put(endpoints("web", family, endpoint(lab.b, family), endpoint(lab.d, family), ports=TWO_TARGETS))
    for port, protocol in (80, "tcp"), (53, "udp"):
        answered_by(svcctl, f"shop/web:{protocol}", lab.b, lab.d, family=family)
        everyone(lab.c, there["clusterIP"], port, protocol, (lab.b, lab.d), source_port=0)

    api.delete(service("web", family))
    until(lambda: not svcctl.json("list"), "a Service that is gone goes here, too")
    assert not attempt(lab.c, there["clusterIP"], 80, timeout=at_once()).answer
    assert daemon.end() == 0


def backends(svcctl, name):
    return {b["address"] for b in (shown(svcctl, name) or {"backends": []})["backends"]}


@pytest.mark.row("SYN-03", "SYN-04")
def test_traffic_goes_on_without_the_server(lab, api, daemon, svcctl, family):
    """SYN-03, SYN-04: the server away, the daemon killed and started meanwhile: traffic goes on; then all is true."""
    api.put(service("web", family), endpoints("web", family, endpoint(lab.a, family)))
    daemon.start(limit=60)
    address = vip(svcctl, "shop/web:tcp")
    with asking(lab.c, address, 80) as traffic:
        mark = len(daemon.text())
        api.leave()
        daemon.said("refused", since=mark, limit=30)
        traffic.more(10)
        daemon.end(signal.SIGKILL)
        traffic.more(10)
        mark = len(daemon.text())
        daemon.start(wait=False)
        daemon.said("refused", since=mark, limit=30)
        traffic.more(10)
        api.join()
        tally = traffic.stop()
    assert tally[""] == [] and tally["a"] >= 30
    api.put(endpoints("web", family, endpoint(lab.b, family)))
    answered_by(svcctl, "shop/web:tcp", lab.b, family=family, limit=60)
    only(lab.c, address, 80, "tcp", "b", times=3)


def saved(daemon, *pods, family):
    """The last good state is on disk, and its only service has these backends."""
    want = {pod.addr(family) for pod in pods}

    def now():
        path = daemon.folder / "state/last.json"
        found = json.loads(path.read_text())["services"] if path.exists() else []
        return [{b["address"] for b in s["backends"]} for s in found] == [want]
    until(now, "it is on disk", 90)


def reboot(svcctl):
    """The kernel has nothing of svcsyncd any more."""
    svcctl("flush", "--owner", "svcsyncd", "--yes")
    svcctl("set", "settings", "pod-cidr", "none", "service-cidr", "none", "node-port-cidr", "none",
           "--owner", "svcsyncd")


@pytest.mark.row("OPS-10")
def test_the_last_good_state_is_on_disk(lab, api, daemon, svcctl, family):
    """OPS-10: a node that starts while the API server is away has its Services; then the server decides."""
    api.put(service("web", family), endpoints("web", family, endpoint(lab.a, family)))
    daemon.start(limit=60)
    address = vip(svcctl, "shop/web:tcp")
    saved(daemon, lab.a, family=family)
    before = svcctl("save", "--owner", "svcsyncd").stdout
    api.leave()
    daemon.end(signal.SIGKILL)
    reboot(svcctl)
    assert not attempt(lab.c, address, 80, timeout=at_once()).answer
    mark = len(daemon.text())
    daemon.start(wait=False)
    daemon.said("restored, services: 1", "seconds ago", since=mark, limit=30)
    only(lab.c, address, 80, "tcp", "a", times=3)
    assert svcctl("save", "--owner", "svcsyncd").stdout == before
    api.put(endpoints("web", family, endpoint(lab.b, family)))
    api.join()
    answered_by(svcctl, "shop/web:tcp", lab.b, family=family, limit=60)
    daemon.end()                                            # what changed last is written at the end
    saved(daemon, lab.b, family=family)


@pytest.mark.row("OPS-10")
@pytest.mark.parametrize("spoil", ["torn", "others"])
def test_a_bad_file_is_passed_over(lab, api, daemon, svcctl, spoil):
    """OPS-10: a file that is cut, or holds what is not svcsyncd's, is told of, and nothing of it is done."""
    api.put(service("web", V4), endpoints("web", V4, endpoint(lab.a, V4)))
    daemon.start(limit=60)
    saved(daemon, lab.a, family=V4)
    daemon.end()
    reboot(svcctl)
    path = daemon.folder / "state/last.json"
    text = path.read_text()
    path.write_text(text[:-20] if spoil == "torn" else text.replace('"svcsyncd"', '"somebody"'))
    generation = svcctl.json("status")["generation"]
    api.leave()
    mark = len(daemon.text())
    daemon.start(wait=False)
    daemon.said("last.json", "passed over", since=mark, limit=30)
    daemon.said("the last good state holds", since=mark, limit=30)
    assert not svcctl.json("list") and svcctl.json("status")["generation"] == generation
    api.join()
    answered_by(svcctl, "shop/web:tcp", lab.a, family=V4, limit=60)


@pytest.mark.row("CTL-02")
def test_status_tells_what_the_daemon_knows(lab, api, daemon, svcctl):
    """CTL-02: what svcsyncd follows, that its server is away, and how far it is."""
    assert svcctl.json("status")["daemon"] is None
    assert "svcsyncd: none answers" in svcctl("status").stdout
    api.put(service("web", V4), endpoints("web", V4, endpoint(lab.a, V4)))
    daemon.start(limit=60)
    said = svcctl.json("status")["daemon"]
    assert said["pid"] == daemon.process.pid and said["source"] == str(daemon.kubeconfig)
    assert said["settled"] and said["trouble"] is None and said["services"] == 1 and not said["waiting"]
    api.leave()
    until(lambda: "refused" in (svcctl.json("status")["daemon"]["trouble"] or ""), "trouble", 30)
    text = svcctl("status").stdout
    assert "Connection refused" in text and "Services: 1; all was in the kernel" in text
    daemon.end(signal.SIGKILL)
    assert svcctl.json("status")["daemon"] is None
    with lab.node, socket.socket(socket.AF_UNIX) as impostor:
        impostor.bind("\0nf_svc/svcsyncd")
        impostor.listen()
        daemon.start(wait=False)                            # somebody has the name: that stops nobody
        daemon.said("the last good state holds", limit=30)
        impostor.setblocking(False)
        begin = monotonic()
        assert svcctl.json("status")["daemon"] is None      # nor does one that says nothing
        assert monotonic() - begin < 30


@pytest.mark.row("OPS-12", "SYN-08")
def test_events(api, daemon, svcctl):
    """OPS-12, SYN-08: its start is an Event of the Node; what is wrong with a Service is one of that, once."""
    api.put(service("web", V4, externalIPs=["203.0.113.9"]), service("good", V4))
    daemon.start(limit=60)
    vip(svcctl, "shop/good:tcp")

    def events(space):
        found = api.admin.request("GET", f"/apis/events.k8s.io/v1/namespaces/{space}/events")["items"]
        return [e for e in found if e["reportingController"] == "svcsyncd"]

    uid = api.admin.request("GET", "/api/v1/namespaces/shop/services/web")["metadata"]["uid"]
    event = until(lambda: [e for e in events("shop") if e["regarding"]["uid"] == uid], "an Event", 60)[0]
    assert event["type"] == "Warning" and "203.0.113.9" in event["note"]
    assert event["regarding"]["name"] == "web" and event["regarding"]["kind"] == "Service"
    start = until(lambda: [e for e in events("default") if e["reason"] == "Starting"], "Starting", 60)[-1]
    assert start["regarding"]["kind"] == "Node" and start["regarding"]["name"] == "node"
    api.put(service("web", V4, externalIPs=["203.0.113.9"], sessionAffinity="ClientIP"))
    until(lambda: shown(svcctl, "shop/web:tcp")["affinityTimeout"], "the change is in")
    assert [e["note"] for e in events("shop") if e["regarding"]["uid"] == uid] == [event["note"]]


@pytest.mark.row("OPS-10", "SYN-03")
def test_a_full_disk(lab, api, daemon, svcctl):
    """OPS-10: no room for the file is told once; Services change as ever."""
    state = daemon.folder / "state"
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", state], check=True)
    try:
        (state / "filler").write_bytes(bytes(4096))
        api.put(service("web", V4), endpoints("web", V4, endpoint(lab.a, V4)))
        daemon.start(limit=60)
        daemon.said("last.json", "No space left", limit=60)
        api.put(endpoints("web", V4, endpoint(lab.b, V4)))
        answered_by(svcctl, "shop/web:tcp", lab.b, family=V4, limit=30)
        assert sorted(f.name for f in state.iterdir()) == ["filler"]
        (state / "filler").unlink()
        api.put(endpoints("web", V4, endpoint(lab.d, V4)))
        daemon.said("last.json is written again", limit=90)
    finally:
        daemon.end(signal.SIGKILL)
        subprocess.run(["umount", state], check=True)


@pytest.mark.row("SYN-01", "SYN-03")
@pytest.mark.limit(300)
def test_an_older_backup_counts(lab, api, daemon, svcctl, family):
    """SYN-01, SYN-03: the API server restored from an older backup: what it says now is what holds."""
    api.put(service("old", family), endpoints("old", family, endpoint(lab.a, family)))
    daemon.start(limit=60)
    address = vip(svcctl, "shop/old:tcp")
    api.order("stop", "kube-apiserver")
    api.order("stop", "etcd")
    api.order("save")
    api.order("start", "etcd")
    api.order("start", "kube-apiserver")
    api.put(service("new", family), endpoints("new", family, endpoint(lab.b, family)),
            endpoints("old", family, endpoint(lab.b, family)))
    answered_by(svcctl, "shop/new:tcp", lab.b, family=family, limit=60)
    answered_by(svcctl, "shop/old:tcp", lab.b, family=family)
    with asking(lab.c, address, 80) as traffic:
        api.order("stop", "kube-apiserver")
        api.order("stop", "etcd")
        api.order("restore")
        api.order("start", "etcd")
        api.order("start", "kube-apiserver")
        answered_by(svcctl, "shop/old:tcp", lab.a, family=family, limit=90)
        until(lambda: shown(svcctl, "shop/new:tcp") is None, "what the backup has not, goes", 60)
        tally = traffic.stop()
    assert tally[""] == []
    only(lab.c, address, 80, "tcp", "a", times=3)


@pytest.mark.row("SYN-01", "SYN-03")
@pytest.mark.limit(300)
def test_a_connection_that_falls_silent(lab, api, daemon, svcctl, family):
    """SYN-01: a connection that stays open and says nothing any more is found out, and given up."""
    api.put(service("web", family), endpoints("web", family, endpoint(lab.a, family)))
    daemon.start(limit=60)
    vip(svcctl, "shop/web:tcp")
    api.relay.freeze()
    api.put(endpoints("web", family, endpoint(lab.b, family)))
    answered_by(svcctl, "shop/web:tcp", lab.b, family=family, limit=120)


@pytest.mark.row("SYN-04")
@pytest.mark.limit(900)
def test_killed_at_any_moment(lab, api, daemon, svcctl):
    """SYN-04: killed two hundred times, at any moment, while Services change: no request fails, the end is true."""
    family = V4
    names = [f"s{n}" for n in range(20)]
    for name in names:
        api.put(service(name, family), endpoints(name, family, endpoint(lab.a, family)))
    daemon.start(limit=60)
    address = vip(svcctl, "shop/s0:tcp")
    dice = Random(4)
    with asking(lab.c, address, 80) as traffic:
        for _ in range(KILLS):
            name = dice.choice(names)
            pod = dice.choice((lab.a, lab.b, lab.d))
            api.put(endpoints(name, family, endpoint(pod, family)))
            lived = monotonic() + dice.uniform(0, 1.5)
            until(lambda end=lived: monotonic() > end, "a moment", 5)
            daemon.end(signal.SIGKILL)
            daemon.start(wait=False)
        tally = traffic.stop()
    assert tally[""] == []
    for name in names:
        api.put(endpoints(name, family, endpoint(lab.b, family)))
    for name in names:
        answered_by(svcctl, f"shop/{name}:tcp", lab.b, family=family, limit=60)
    only(lab.c, address, 80, "tcp", "b", times=3)


@pytest.mark.row("SYN-05")
@pytest.mark.limit(600)
def test_a_storm_is_coalesced(lab, api, daemon, svcctl):
    """SYN-05: two thousand changes at once come to far fewer commits, no request fails, and the end is true."""
    family = V4
    api.put(service("web", family), service("other", family),
            endpoints("web", family, endpoint(lab.a, family)))
    daemon.start(limit=60)
    address, before = vip(svcctl, "shop/web:tcp"), svcctl.json("status")["generation"]
    slices = [endpoints("other", family, endpoint(pod, family)) for pod in (lab.a, lab.b)]
    api.put(slices[0])
    with asking(lab.c, address, 80) as traffic:
        api.admin.each(lambda one: api.admin.request("PATCH", SLICE, one), slices * (STORM // 2))
        api.put(endpoints("other", family, endpoint(lab.d, family)))
        answered_by(svcctl, "shop/other:tcp", lab.d, family=family, limit=60)
        tally = traffic.stop()
    assert tally[""] == []
    assert svcctl.json("status")["generation"] - before < STORM / 4


@pytest.mark.row("FE-13")
def test_service_cidrs_of_the_api(lab, api, daemon, tables):
    """FE-13: what nobody has in the API server's ServiceCIDRs is dropped; one that is added later is followed."""
    api.put(service("web", V4), endpoints("web", V4, endpoint(lab.a, V4)))
    daemon.start(limit=60)

    def dropped(address):
        before = tables.stats().get("service_cidr", 0)
        assert not attempt(lab.c, address, 80, timeout=at_once()).answer
        return tables.stats().get("service_cidr", 0) > before

    until(lambda: dropped(V4.vip(0x7777)), "the API server's own range", 30)
    assert not dropped("10.97.0.9")
    api.admin.request("POST", CIDRS, {
        "apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": {"name": "more"},
        "spec": {"cidrs": ["10.97.0.0/24"]}})
    try:
        until(lambda: dropped("10.97.0.9"), "a range of its own", 30)
    finally:
        api.admin.request("DELETE", f"{CIDRS}/more")
