# SPDX-License-Identifier: GPL-2.0
"""The watch of svcsyncd against a real API server: what its sink is told, whatever happens."""
import json
import shutil
import signal
import time
import urllib.request

import pytest

from k8s import leftovers
from k8s.control_plane import ETCD, Authority, ControlPlane
from lab import netns
from lab.wait import until
from relay import Bend, Hang, Meddler, Refuse, Relay
from watching import CIDRS, KINDS, NODE, SERVICES, SLICES, LIMIT, Watch, build, kubeconfig

# Answers about Services alone.
WATCH_SERVICES = "/api/v1/services?watch=1"


@pytest.fixture(scope="module", autouse=True)
def program():
    build()


@pytest.fixture(scope="module")
def ns():
    made = netns.create(f"{leftovers.own_prefix()}-watch")[0]
    made.ip("link set lo up")
    yield made
    made.delete()


@pytest.fixture(scope="module")
def plane(ns):
    with ControlPlane(ns) as plane:
        yield plane


@pytest.fixture(autouse=True)
def clean(plane):
    """No object is left of a test."""
    yield
    for kind, path in (("Service", "/api/v1/namespaces/default/services"),
                       ("EndpointSlice", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"),
                       ("Node", "/api/v1/nodes")):
        for item in plane.admin.request("GET", path)["items"]:
            if item["metadata"]["name"] != "kubernetes":
                plane.admin.delete({"kind": kind, **item})


@pytest.fixture
def config(plane, tmp_path):
    return kubeconfig(tmp_path / "kubeconfig", plane)


@pytest.fixture
def watch(ns, config):
    """A watch that has all lists."""
    with Watch(ns, "--kubeconfig", config) as watch:
        watch.wait_synced()
        yield watch


@pytest.fixture
def meddler(ns, tmp_path):
    with Meddler(ns, tmp_path, time.monotonic) as meddler:
        yield meddler


@pytest.fixture
def meddled(plane, meddler, tmp_path):
    """A kubeconfig that leads to the meddler."""
    return kubeconfig(tmp_path / "meddled", plane, meddler.url, meddler.ca)


def service(name, **metadata):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, **metadata},
            "spec": {"ports": [{"port": 80}]}}


def endpoint_slice(name, **metadata):
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": name, **metadata}, "ports": [{"port": 80}],
            "endpoints": [{"addresses": ["10.244.1.1"]}]}


def node(name):
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}


def patch(plane, name, labels):
    plane.admin.request("PATCH", f"/api/v1/namespaces/default/services/{name}", {"metadata": {"labels": labels}})


def names(events):
    return [e["name"] for e in events]


@pytest.mark.row("SYN-01")
def test_all_kinds_are_listed_and_watched(ns, plane, config):
    """Each kind is listed whole, then told of change by change, in the order of the changes."""
    for made in service("before"), endpoint_slice("before"), node("node"), node("other"):
        plane.admin.create(made)
    with Watch(ns, "--kubeconfig", config) as watch:
        watch.wait_synced()
        for kind in KINDS:
            of_kind = [e["event"] for e in watch.events if e.get("kind") == kind]
            assert of_kind == ["list", "upsert", "listed"], kind
        assert names(watch.said(kind=NODE, event="upsert")) == ["node"]
        mark = watch.mark
        for n in range(20):
            plane.admin.create(service(f"s{n}"))
            plane.admin.create(endpoint_slice(f"s{n}"))
        plane.admin.delete(service("before"))
        plane.admin.delete(node("node"))
        watch.wait(mark, event="remove", kind=SERVICES, name="before", namespace="default")
        watch.wait(mark, event="remove", kind=NODE, name="node", namespace="")
        for kind in SERVICES, SLICES:
            watch.wait(mark, event="upsert", kind=kind, name="s19")
            assert names(watch.said(mark, event="upsert", kind=kind)) == [f"s{n}" for n in range(20)]
        assert not watch.troubles() and not watch.said(mark, event="list")
        assert watch.stop()["lists"] == len(KINDS)


@pytest.mark.row("SYN-01")
def test_what_kube_proxy_is_not_told_of_is_not_told(watch, plane):
    """Another proxy's and headless Services, slices of headless ones; also once they are labelled."""
    headless = service("headless")
    headless["spec"]["clusterIP"] = "None"
    for made in (headless, service("other", labels={"service.kubernetes.io/service-proxy-name": "x"}),
                 endpoint_slice("headless", labels={"service.kubernetes.io/headless": ""}),
                 service("mine"), endpoint_slice("mine")):
        plane.admin.create(made)
    watch.wait(event="upsert", kind=SERVICES, name="mine")
    watch.wait(event="upsert", kind=SLICES, name="mine")
    patch(plane, "mine", {"service.kubernetes.io/service-proxy-name": "x"})
    watch.wait(event="remove", kind=SERVICES, name="mine")
    patch(plane, "other", {"service.kubernetes.io/service-proxy-name": None})
    watch.wait(event="upsert", kind=SERVICES, name="other")
    assert set(names(watch.said(event="upsert", kind=SERVICES))) == {"mine", "other"}
    assert set(names(watch.said(event="upsert", kind=SLICES))) == {"mine"}


@pytest.mark.row("SYN-01")
def test_one_connection_carries_all(ns, plane, tmp_path):
    with Relay(ns) as relay:
        config = kubeconfig(tmp_path / "k", plane, f"https://127.0.0.1:{relay.port}")
        with Watch(ns, "--kubeconfig", config) as watch:
            watch.wait_synced()
            plane.admin.create(service("web"))
            watch.wait(event="upsert", kind=SERVICES, name="web")
            assert relay.connections == 1


@pytest.mark.row("SYN-01")
def test_pages_where_there_are_no_streaming_lists(ns, plane, meddler, meddled):
    """A server that refuses sendInitialEvents is asked for pages of 500; HTTP/1.1 will do."""
    plane.admin.each(plane.admin.create, [service(f"s{n}") for n in range(1100)])
    meddler.fault = lambda path: Refuse(422) if "sendInitialEvents" in path else None
    with Watch(ns, "--kubeconfig", meddled, "--count") as watch:
        assert watch.wait(event="listed", kind=SERVICES)["objects"] == 1100
        assert len(watch.said(event="list", kind=SERVICES)) == 1
        pages = [p for p in meddler.paths("/api/v1/services?limit=500")]
        assert len(pages) == 3 and ["continue=" in p for p in pages] == [False, True, True]
        plane.admin.create(service("late"))
        watch.wait(event="upsert", kind=SERVICES, name="late")
        watch.wait_synced()
        assert not watch.troubles()
    plane.admin.each(plane.admin.delete, [service(f"s{n}") for n in range(1100)])


@pytest.mark.row("SYN-01")
def test_a_page_out_of_date_leads_to_one_list(ns, plane, meddler, meddled):
    """410 between pages: all is asked for at once, and the first list is forgotten."""
    plane.admin.each(plane.admin.create, [service(f"s{n}") for n in range(600)])

    def fault(path):
        if "sendInitialEvents" in path:
            return Refuse(422)
        return Refuse(410) if "continue=" in path else None

    meddler.fault = fault
    with Watch(ns, "--kubeconfig", meddled, "--count") as watch:
        assert watch.wait(event="listed", kind=SERVICES)["objects"] == 600
        assert len(watch.said(event="list", kind=SERVICES)) == 2
    plane.admin.each(plane.admin.delete, [service(f"s{n}") for n in range(600)])


@pytest.mark.row("SYN-01")
@pytest.mark.parametrize("status", [403, 404])
def test_a_server_without_service_cidrs(ns, meddler, meddled, status):
    """They are missing: no trouble, and they are found when they come."""
    meddler.fault = lambda path: Refuse(status) if "servicecidrs" in path else None
    with Watch(ns, "--kubeconfig", meddled) as watch:
        watch.wait(event="missing", kind=CIDRS)
        watch.wait_synced()
        until(lambda: len(meddler.paths("servicecidrs")) >= 2, "asked again", LIMIT)
        meddler.fault = lambda path: None
        watch.wait(event="listed", kind=CIDRS)
        assert len(watch.said(event="missing")) == 1 and not watch.troubles()


@pytest.mark.row("SYN-01", "SYN-03")
def test_a_restarted_server_is_found_again(watch, plane):
    """Trouble is told once, and that it is over; nothing that is there is ever removed."""
    plane.admin.create(service("web"))
    watch.wait(event="upsert", name="web")
    mark = watch.mark
    plane.stop_program("kube-apiserver")
    watch.wait_trouble("Connection refused", mark)
    plane.start_api_server()
    watch.wait(mark, event="trouble", text=None)
    plane.admin.create(service("after"))
    watch.wait(mark, event="upsert", kind=SERVICES, name="after")
    assert not watch.said(mark, event="remove") and not watch.said(mark, event="missing")
    troubles = watch.troubles(mark)
    assert len([t for t in troubles if t and "refused" in t]) == 1, troubles


@pytest.mark.row("SYN-01")
def test_410_leads_to_a_list_that_tells_what_is_gone(watch, plane):
    """While the watch is stopped a Service goes, and the server forgets when."""
    plane.admin.create(service("goes"))
    plane.admin.create(service("stays"))
    watch.wait(event="upsert", name="stays")
    mark = watch.mark
    watch.process.send_signal(signal.SIGSTOP)
    plane.stop_program("kube-apiserver")
    plane.start_api_server()
    plane.admin.delete(service("goes"))
    for n in range(3):
        patch(plane, "stays", {"n": str(n)})
    plane.stop_program("kube-apiserver")
    compact(plane)
    plane.start_api_server()
    watch.process.send_signal(signal.SIGCONT)
    watch.wait(mark, event="listed", kind=SERVICES)
    kinds = [e for e in watch.events[mark:] if e.get("kind") == SERVICES]
    listed = kinds[[e["event"] for e in kinds].index("list"):]
    assert names([e for e in listed if e["event"] == "upsert"]) == ["stays"]
    assert not watch.said(mark, event="remove", kind=SERVICES)


def compact(plane):
    """Have etcd forget all but the newest state."""
    def post(what, body):
        url = f"http://127.0.0.1:{ETCD}/v3/kv/{what}"
        with plane.ns:
            return json.load(urllib.request.urlopen(url, json.dumps(body).encode(), 10))
    now = post("range", {"key": "AA=="})["header"]["revision"]
    post("compaction", {"revision": now, "physical": True})


@pytest.mark.row("SYN-01", "SYN-03")
def test_a_server_from_an_older_backup(watch, plane):
    """Its version is before ours: it would say nothing until it is past that. We list anew."""
    plane.admin.create(service("kept"))
    watch.wait(event="upsert", name="kept")
    etcd, copy = plane.folder / "etcd", plane.folder / "backup"
    plane.stop_program("kube-apiserver")
    plane.stop_program("etcd")
    shutil.copytree(etcd, copy)
    plane.start_etcd()
    plane.start_api_server()
    for n in range(50):
        plane.admin.create(service(f"lost{n}"))
    watch.wait(event="upsert", name="lost49")
    plane.stop_program("kube-apiserver")
    plane.stop_program("etcd")
    mark = watch.mark
    shutil.rmtree(etcd)
    copy.rename(etcd)
    plane.start_etcd()
    plane.start_api_server()
    watch.wait(mark, event="listed", kind=SERVICES)
    assert names(watch.said(mark, event="upsert", kind=SERVICES)) == ["kept"]
    plane.admin.create(service("new"))
    watch.wait(mark, event="upsert", kind=SERVICES, name="new")


@pytest.mark.row("SYN-02", "SYN-03")
def test_a_new_token_in_its_file(ns, plane, tmp_path):
    """A token that is no good is trouble; the one that comes after it is taken by itself."""
    token = tmp_path / "token"
    token.write_text("wrong\n")
    config = kubeconfig(tmp_path / "k", plane, user={"tokenFile": "token"})
    with Watch(ns, "--kubeconfig", config) as watch:
        watch.wait_trouble("401")
        token.write_text(plane.tokens["system:kube-proxy"] + "\n")
        watch.wait_synced()
        watch.wait(event="trouble", text=None)
        mark = watch.mark
        token.unlink()
        plane.admin.create(service("web"))
        watch.wait(mark, event="upsert", name="web")


@pytest.mark.row("SYN-02")
def test_a_new_client_certificate_in_its_files(ns, plane, tmp_path):
    """One of another authority is no good; when the right one is there, connections are made anew."""
    def put(authority):
        for name, pem in zip(("crt", "key"), authority.sign("system:kube-proxy")):
            (tmp_path / name).write_text(pem)

    put(Authority(tmp_path, "other"))
    user = {"client-certificate": "crt", "client-key": "key"}
    with Watch(ns, "--kubeconfig", kubeconfig(tmp_path / "k", plane, user=user)) as watch:
        watch.wait_trouble("401")
        put(plane.client_ca)
        watch.wait_synced()
        watch.wait(event="trouble", text=None)
        mark = watch.mark
        plane.admin.create(service("web"))
        watch.wait(mark, event="upsert", name="web")


@pytest.mark.row("SYN-02")
def test_a_service_account_as_a_pod_has_it(ns, plane, tmp_path):
    """Server out of the environment, token and authority out of the folder."""
    (tmp_path / "token").write_text(plane.tokens["system:kube-proxy"])
    shutil.copy(plane.folder / "certs/apiserver.crt", tmp_path / "ca.crt")
    env = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"}
    with Watch(ns, "--service-account", tmp_path, env=env) as watch:
        watch.wait_synced()
        assert not watch.troubles()


@pytest.mark.row("SYN-02", "SYN-03")
def test_a_wrong_certificate_is_never_taken(ns, plane, meddler, tmp_path):
    """Not the right authority, not the right name; tls-server-name says which name is right."""
    config = kubeconfig(tmp_path / "k", plane, meddler.url)
    with Watch(ns, "--kubeconfig", config) as watch:
        watch.wait_trouble("certificate")
        assert not meddler.asked
        # The right authority at last: connections are made anew with it.
        kubeconfig(config, plane, meddler.url, meddler.ca)
        watch.wait_synced()
        assert len([t for t in watch.troubles() if t]) == 1
    with Relay(ns) as relay:
        config = kubeconfig(tmp_path / "name", plane, f"https://127.0.0.1:{relay.port}",
                            **{"tls-server-name": "wrong.example"})
        with Watch(ns, "--kubeconfig", config) as watch:
            watch.wait_trouble("wrong.example")
            kubeconfig(config, plane, f"https://127.0.0.1:{relay.port}", **{"tls-server-name": "kubernetes"})
            watch.wait_synced()


@pytest.mark.row("SYN-03")
def test_too_many_requests(ns, meddler, meddled):
    """429 with Retry-After: nothing is asked before that time, then all is well."""
    refused = []

    def fault(path):
        if "/services?" in path and not refused:
            refused.append(time.monotonic())
            return Refuse(429, headers={"Retry-After": "2"})
        return None

    meddler.fault = fault
    with Watch(ns, "--kubeconfig", meddled) as watch:
        watch.wait_trouble("429")
        watch.wait_synced()
        again = [at for at, path in meddler.asked if "/services?" in path][1]
        assert again - refused[0] >= 2.0
        watch.wait(event="trouble", text=None)


@pytest.mark.row("SYN-03")
@pytest.mark.parametrize("status", [500, 503, 302, 401])
def test_an_answer_that_refuses_is_told_once(ns, plane, meddler, meddled, status):
    """A watch that is cut, then refused again and again: one line, and back by itself."""
    plane.admin.create(service("first"))        # a place to go on from: an empty list is asked for again
    cuts, refuse = [], [True]

    def line(text):
        if b'"web"' in text and not cuts:
            return cuts.append(text)
        return text

    def fault(path):
        if "/services?" not in path:
            return None
        return Refuse(status, "not now") if cuts and refuse[0] else Bend(line)

    meddler.fault = fault
    with Watch(ns, "--kubeconfig", meddled) as watch:
        watch.wait_synced()
        mark = watch.mark
        plane.admin.create(service("web"))
        watch.wait_trouble(f"{status}", mark)
        until(lambda: len(meddler.paths("/services?fieldSelector=metadata.name")) >= 3, "three tries", LIMIT)
        assert len(watch.troubles(mark)) == 1, watch.troubles(mark)
        refuse[0] = False
        watch.wait(mark, event="trouble", text=None)
        watch.wait(mark, event="upsert", kind=SERVICES, name="web")
        assert not watch.said(mark, event="list", kind=SERVICES), "no list, only what is new"


@pytest.mark.row("SYN-03")
def test_cut_in_the_middle_of_a_line(ns, plane, meddler, meddled):
    """Each event is told once, however often its line is cut."""
    plane.admin.create(service("first"))        # a place to go on from: an empty list is asked for again
    cuts = []

    def line(text):
        if b'"web' in text and len(cuts) < 3:
            cuts.append(text)
            return None
        return text

    meddler.fault = lambda path: Bend(line) if WATCH_SERVICES in path else None
    with Watch(ns, "--kubeconfig", meddled) as watch:
        watch.wait_synced()
        mark = watch.mark
        for n in range(3):
            plane.admin.create(service(f"web{n}"))
        watch.wait(mark, event="upsert", kind=SERVICES, name="web2")
        assert len(cuts) == 3
        assert names(watch.said(mark, event="upsert", kind=SERVICES)) == ["web0", "web1", "web2"]
        assert not watch.said(mark, event="list") and not watch.troubles(mark)


@pytest.mark.row("SYN-03")
@pytest.mark.parametrize("wrong", [b"{wrong}\n", b'{"type": "MODIFIED"}\n', b"\0\0\n", b'{"type":"NEWS","object":{}}\n',
                                   b'{"type":"DELETED","object":{"metadata":{"resourceVersion":"9"}}}\n'])
def test_wrong_json_leads_to_a_list(ns, plane, meddler, meddled, wrong):
    """What cannot be read is told, and all is asked for anew, for nobody knows what it was."""
    lines = []

    def line(text):
        lines.append(text)
        return wrong if b'"bad"' in text and len(lines) < 100 and not watch.troubles() else text

    meddler.fault = lambda path: Bend(line) if WATCH_SERVICES in path else None
    with Watch(ns, "--kubeconfig", meddled) as watch:
        watch.wait_synced()
        mark = watch.mark
        plane.admin.create(service("bad"))
        watch.wait_trouble("cannot be read", mark)
        watch.wait(mark, event="listed", kind=SERVICES)
        assert names(watch.said(mark, event="upsert", kind=SERVICES)) == ["bad"]
        watch.wait(mark, event="trouble", text=None)


@pytest.mark.row("SYN-03", "SYN-07")
@pytest.mark.parametrize("size,fits", [(2 << 20, True), (9 << 20, False)])
def test_an_object_that_is_large(ns, plane, meddler, meddled, size, fits):
    """Two megabytes are read; more than eight are refused, and the rest goes on."""
    big = []

    def line(text):
        if b'"big"' not in text or (big and not fits):
            return text
        event = json.loads(text)
        event["object"]["metadata"]["annotations"] = {"a": "x" * size}
        big.append(size)
        return json.dumps(event).encode() + b"\n"

    meddler.fault = lambda path: Bend(line) if WATCH_SERVICES in path else None
    with Watch(ns, "--kubeconfig", meddled) as watch:
        watch.wait_synced()
        mark = watch.mark
        plane.admin.create(service("big"))
        if not fits:
            watch.wait_trouble("more than 8 MiB", mark)
        watch.wait(mark, event="upsert", kind=SERVICES, name="big")
        assert big == [size] and bool(watch.troubles(mark)) != fits


@pytest.mark.row("SYN-01", "SYN-03")
def test_a_half_open_connection_is_found(ns, plane, tmp_path):
    """The other end acks and says nothing: it is asked, and given up; nothing is lost."""
    plane.admin.create(service("first"))        # a place to go on from: an empty list is asked for again
    with Relay(ns) as relay:
        config = kubeconfig(tmp_path / "k", plane, f"https://127.0.0.1:{relay.port}")
        with Watch(ns, "--kubeconfig", config, "--ping", 1) as watch:
            watch.wait_synced()
            mark = watch.mark
            relay.freeze()
            plane.admin.create(service("web"))
            watch.wait(mark, event="upsert", kind=SERVICES, name="web", limit=15.0)
            assert relay.connections == 2 and not watch.said(mark, event="list", kind=SERVICES)
            assert watch.stop()["pings"] >= 1


@pytest.mark.row("SYN-03")
def test_no_memory_in_the_sink_leads_to_a_list(ns, plane, config):
    plane.admin.create(service("a"))
    plane.admin.create(service("b"))
    with Watch(ns, "--kubeconfig", config, "--no-memory", 2) as watch:
        watch.wait_synced()
        watch.wait_trouble("out of memory")
        watch.wait(event="trouble", text=None)
        assert {"a", "b"} <= set(names(watch.said(event="upsert", kind=SERVICES)))


@pytest.mark.row("SYN-03")
def test_a_server_that_hangs(ns, meddler, meddled):
    """It takes requests and never answers: told once, asked again, found when it is well."""
    meddler.fault = lambda path: Hang()
    with Watch(ns, "--kubeconfig", meddled, "--ping", 1) as watch:
        watch.wait_trouble("does not answer")
        until(lambda: len(meddler.paths("/services?")) >= 3, "three tries", LIMIT)
        assert len(watch.troubles()) == 1
        meddler.fault = lambda path: None
        watch.wait_synced()
        watch.wait(event="trouble", text=None)


def events(plane, **of):
    """Events of watch-print at the server, whose regarded object has these fields."""
    found = plane.admin.request("GET", "/apis/events.k8s.io/v1/events")["items"]
    return [e for e in found if e["reportingController"] == "svcsyncd" and of.items() <= e["regarding"].items()]


@pytest.mark.row("OPS-12")
def test_events_are_written_and_counted(ns, plane, config):
    """OPS-12: one object and one reason are one Event; what comes again is counted in it, by kube-proxy's role."""
    with Watch(ns, "--kubeconfig", config, "--node", "node-of-events", "--record", "1") as watch:
        watch.wait_synced()
        until(lambda: events(plane, kind="Node", name="node-of-events"), "the Event of the node", LIMIT)
        until(lambda: events(plane, name="s0"), "the Event of the Service", LIMIT)
        node_event = events(plane, kind="Node", name="node-of-events")[0]
        assert (node_event["reason"], node_event["type"]) == ("Starting", "Normal")
        assert node_event["metadata"]["namespace"] == "default" and "series" not in node_event
        event = events(plane, name="s0")[0]
        assert event["regarding"] == {"kind": "Service", "apiVersion": "v1", "namespace": "default",
                                      "name": "s0", "uid": "1-2-3"}
        assert (event["reason"], event["type"], event["note"]) == \
            ("RefusedByKernel", "Warning", '"quoted", and said')
        assert event["series"]["count"] == 2 and event["reportingInstance"] == "svcsyncd-node-of-events"
        plane.admin.create(service("s0"))
        until(lambda: events(plane, name="s0")[0]["series"]["count"] == 3, "it is counted", 90.0)
        assert len(events(plane, name="s0")) == 1
        assert not watch.troubles()


@pytest.mark.row("OPS-12")
def test_one_mistake_never_writes_thousands(ns, plane, config):
    """OPS-12: of 5,000 objects with one mistake some Events are written, and the watch goes on."""
    before = len(events(plane))
    with Watch(ns, "--kubeconfig", config, "--node", "node-of-many", "--record", "5000") as watch:
        watch.wait_synced()
        until(lambda: len(events(plane)) - before >= 25, "a burst of Events", LIMIT)
        mark = watch.mark
        plane.admin.create(service("behind-them"))
        watch.wait(mark, event="upsert", name="behind-them")
        assert len(events(plane)) - before <= 30
        assert not watch.troubles()


@pytest.mark.row("OPS-12")
def test_events_that_are_refused_harm_nothing(ns, plane, meddler, meddled):
    """OPS-12: a server that refuses Events, or is against them, is told of no trouble of the watch."""
    meddler.fault = lambda path: Refuse(403) if "/events" in path else None
    with Watch(ns, "--kubeconfig", meddled, "--node", "node-refused", "--record", "3") as watch:
        watch.wait_synced()
        until(lambda: len(meddler.paths("/events")) == 4, "each is tried once", LIMIT)
        mark = watch.mark
        plane.admin.create(service("behind-refusals"))
        watch.wait(mark, event="upsert", name="behind-refusals")
        assert not events(plane, name="node-refused") and not watch.troubles()
