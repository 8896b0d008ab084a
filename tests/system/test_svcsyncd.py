# SPDX-License-Identifier: GPL-2.0
"""svcsyncd with a directory of manifests: SYN-04 to SYN-09, OPS-01 to OPS-06, OPS-11."""
import ipaddress
import json
import pathlib
import signal
import subprocess

import pytest

from lab.beside import asking
from lab.client import attempt, everyone, only
from lab.daemon import Daemon, endpoint, endpoints, service
from lab.family import V4
from lab.module import gap
from lab.tables import Tables
from lab.wait import at_once, until

TWO = ((80, "TCP"), (53, "UDP"))
TWO_TARGETS = ((8080, "TCP"), (9090, "UDP"))


@pytest.fixture
def daemon(lab, tables, tmp_path):
    """svcsyncd, not started yet; its tables begin empty."""
    one = Daemon(lab.node, tmp_path, "--hostname-override", "here",
                 "--healthz-bind-address", "127.0.0.1:10256")
    yield one
    one.end(signal.SIGKILL)


def shown(svcctl, name):
    """The service of the kernel of this name, as svcctl lists it; None: there is none."""
    return next((s for s in svcctl.json("list") if s["name"] == name), None)


def vip(svcctl, name):
    """Its ClusterIP, when it has one."""
    def find():
        found = shown(svcctl, name)
        return next((f["address"] for f in found["frontends"] if f["type"] == "ClusterIP"),
                    None) if found else None
    return until(find, f"{name} has a ClusterIP")


def node_port(svcctl, name):
    return next(f["port"] for f in shown(svcctl, name)["frontends"] if f["type"] == "NodePort")


def backends(svcctl, name):
    found = shown(svcctl, name)
    return {b["address"] for b in found["backends"]} if found else None


def answers(svcctl, name, *pods, family):
    expected = {pod.addr(family) for pod in pods}
    until(lambda: backends(svcctl, name) == expected, f"{name} has {expected}")


@pytest.mark.smoke
@pytest.mark.row("SYN-06")
def test_manifests_become_services(lab, daemon, svcctl, family):
    """SYN-06: what a directory says works with real packets, and follows the files as they change."""
    daemon.put("web.json", [service("web", family, TWO, type="NodePort"),
                            endpoints("web", family, endpoint(lab.a, family), ports=TWO_TARGETS)])
    daemon.start()
    for port, target, protocol in (80, 8080, "tcp"), (53, 9090, "udp"):
        name = f"shop/web:{protocol}"
        address = vip(svcctl, name)
        assert ipaddress.ip_address(address) in family.services
        only(lab.c, address, port, protocol, "a", times=3)
        answer = only(lab.outside, lab.node.addr(family), node_port(svcctl, name), protocol, "a",
                      times=3)[0]
        assert answer.port == target

    daemon.put("web.json", [service("web", family, TWO, type="NodePort"),
                            endpoints("web", family, endpoint(lab.b, family),
                                      endpoint(lab.d, family), ports=TWO_TARGETS)])
    for port, protocol in (80, "tcp"), (53, "udp"):
        answers(svcctl, f"shop/web:{protocol}", lab.b, lab.d, family=family)
        address = vip(svcctl, f"shop/web:{protocol}")
        everyone(lab.c, address, port, protocol, (lab.b, lab.d), source_port=0)

    daemon.remove("web.json")
    until(lambda: not svcctl.json("list"), "a file that is gone takes its Services along")
    assert not attempt(lab.c, address, 80, timeout=at_once()).answer
    assert daemon.end() == 0


@pytest.mark.row("SYN-06", "SYN-03")
def test_a_broken_file_keeps_its_last_good_objects(lab, daemon, svcctl, family):
    """SYN-06: a file that is wrong is told of with FILE:LINE:COLUMN; its last good objects stay, others go in."""
    good = [service("web", family), endpoints("web", family, endpoint(lab.a, family))]
    daemon.put("web.json", good)
    daemon.start()
    address = vip(svcctl, "shop/web:tcp")
    mark = len(daemon.text())
    daemon.put("web.json", '{"apiVersion": "v1",\n "kind": [')
    daemon.said("web.json:3:", "what it had before stays", since=mark)
    bad = service("bad", family)
    bad["spec"]["ports"][0]["port"] = 99999
    daemon.put("more.json", [bad, service("more", family),
                             endpoints("more", family, endpoint(lab.b, family))])
    daemon.said("more.json:1:", "shop/bad", "99999", since=mark)
    only(lab.c, vip(svcctl, "shop/more:tcp"), 80, "tcp", "b", times=3)
    only(lab.c, address, 80, "tcp", "a", times=3)
    assert shown(svcctl, "shop/bad:tcp") is None
    assert daemon.metric('nf_svc_problems_total{reason="Unreadable"}') == 2

    # what cannot be read from the very start is not taken for gone
    daemon.end(signal.SIGKILL)
    daemon.start()
    only(lab.c, address, 80, "tcp", "a", times=3)
    daemon.put("web.json", [good[0], endpoints("web", family, endpoint(lab.b, family))])
    answers(svcctl, "shop/web:tcp", lab.b, family=family)
    only(lab.c, address, 80, "tcp", "b", times=3)


@pytest.mark.row("SYN-06")
def test_files_that_are_no_manifests_are_left_alone(lab, daemon, svcctl):
    """SYN-06: temporary files of editors say nothing; a file moved away and written anew is never gone."""
    family = V4
    objects = [service("web", family), endpoints("web", family, endpoint(lab.a, family))]
    daemon.put("web.json", objects)
    daemon.start()
    address = vip(svcctl, "shop/web:tcp")
    for name in ".web.json.swp", "web.json~", "#web.json#", "4913", "notes.txt":
        (daemon.manifests / name).write_text(json.dumps(service("odd", family)))
    before = svcctl.json("status")["generation"]
    with asking(lab.c, address, 80) as traffic:
        for _ in range(5):
            path = daemon.manifests / "web.json"
            text = path.read_text()
            path.rename(daemon.manifests / "web.json~")
            traffic.more(3)
            path.write_text(text)
            traffic.more(3)
        tally = traffic.stop()
    assert tally[""] == [] and tally["a"] >= 30
    # one that is a manifest is told behind all of these
    daemon.put("last.json", [service("last", family)])
    vip(svcctl, "shop/last:tcp")
    assert [s["name"] for s in svcctl.json("list")] == ["shop/last:tcp", "shop/web:tcp"]
    assert svcctl.json("status")["generation"] == before + 1


@pytest.mark.row("SYN-04")
def test_restarts_do_not_touch_what_is_right(lab, daemon, svcctl, tables, family):
    """SYN-04: killed and started again under traffic, nothing is written; what differs is put right."""
    daemon.put("web.json", [service("web", family), endpoints("web", family, endpoint(lab.a, family))])
    daemon.put("old.json", [service("old", family)])
    daemon.start()
    address = vip(svcctl, "shop/web:tcp")
    before = tables.dump(), tables.generation()
    with asking(lab.c, address, 80) as traffic:
        for how in signal.SIGKILL, signal.SIGTERM, signal.SIGKILL:
            traffic.more(3)
            daemon.end(how)
            traffic.more(3)
            daemon.start()
            assert (tables.dump(), tables.generation()) == before
        # what changed in the meantime is all that is changed
        daemon.end(signal.SIGKILL)
        daemon.remove("old.json")
        daemon.put("new.json", [service("new", family)])
        daemon.start()
        traffic.more(3)
        tally = traffic.stop()
    assert tally[""] == [], tally[""][:3]
    assert tables.generation() == before[1] + 1
    assert {s["name"] for s in svcctl.json("list")} == {"shop/web:tcp", "shop/new:tcp"}
    last = svcctl.json("history")[-1]
    assert (last["services"]["added"], last["services"]["deleted"]) == (1, 1), last


@pytest.mark.row("SYN-04", "TX-10")
def test_a_second_one_is_refused(daemon, tables, tmp_path, lab):
    """TX-10: a second svcsyncd ends, names the first by its process, and changes nothing."""
    daemon.start()
    folder = tmp_path / "second"
    folder.mkdir()
    second = Daemon(lab.node, folder, "--healthz-bind-address", "", "--metrics-bind-address", "")
    generation = tables.generation()
    second.start(wait=False)
    assert second.process.wait(20) == 1
    second.said("another svcsyncd", f"process {daemon.process.pid}")
    assert tables.generation() == generation and daemon.process.poll() is None


@pytest.mark.row("SYN-06")
def test_addresses_are_kept_and_never_given_twice(lab, daemon, svcctl, family):
    """SYN-06: ClusterIPs and node ports outlive restarts; one that is another's is refused and told."""
    names = [f"web-{n}" for n in range(6)]
    for name in names:
        daemon.put(f"{name}.json", [service(name, family, TWO, type="NodePort")])
    daemon.start()

    def given():
        return {s["name"]: [(f["address"], f["port"]) for f in s["frontends"]]
                for s in svcctl.json("list")}

    first = given()
    ips = {vip(svcctl, f"shop/{name}:tcp") for name in names}
    ports = [node_port(svcctl, f"shop/{name}:{p}") for name in names for p in ("tcp", "udp")]
    assert len(ips) == 6 and len(set(ports)) == 12 and all(30000 <= p <= 32767 for p in ports)
    # the kernel's tables are lost, too: the file alone knows
    daemon.end()
    with gap():
        pass
    daemon.start()
    assert given() == first
    taken = vip(svcctl, "shop/web-0:tcp")
    mark = len(daemon.text())
    daemon.put("thief.json", [service("thief", family, clusterIP=taken)])
    daemon.said("shop/thief", taken, "belongs to shop/web-0", since=mark)
    assert shown(svcctl, "shop/thief:tcp") is None
    # and has it when the other one goes
    daemon.remove("web-0.json")
    until(lambda: shown(svcctl, "shop/thief:tcp"), "the address is free")
    assert vip(svcctl, "shop/thief:tcp") == taken


@pytest.mark.row("SYN-08")
def test_what_the_kernel_refuses_is_told_and_the_rest_goes_in(lab, daemon, svcctl, tables, family):
    """SYN-08: a Service that the kernel refuses is reported, the others go in, and it does when it can."""
    theirs = family.vip(77)
    tables.change(*tables.simple("admin/own:http", theirs, 80, (lab.b.addr(family), 8080)))
    daemon.put("all.json", [
        service("bad", family, clusterIP=theirs),
        endpoints("bad", family, endpoint(lab.d, family)),
        service("good", family), endpoints("good", family, endpoint(lab.a, family))])
    daemon.start()
    daemon.said("shop/bad", "the kernel refuses", theirs)
    only(lab.c, vip(svcctl, "shop/good:tcp"), 80, "tcp", "a", times=3)
    only(lab.c, theirs, 80, "tcp", "b", times=3)
    assert daemon.metric("nf_svc_refused_services") == 1
    assert daemon.get("/healthz")[0] == 200
    # nothing about it is tried over and over
    generation = tables.generation()
    daemon.put("more.json", [service("more", family)])
    vip(svcctl, "shop/more:tcp")
    assert tables.generation() == generation + 1
    assert daemon.text().count("the kernel refuses") == 1
    tables.change(owner="admin", replace=True)
    until(lambda: shown(svcctl, "shop/bad:tcp"), "it goes in once its address is free")
    only(lab.c, theirs, 80, "tcp", "d", times=3)


@pytest.mark.row("SYN-09")
def test_drift_is_put_right(lab, daemon, svcctl, tables, family):
    """SYN-09: what another writer changed of the daemon's is put right within a second, and told."""
    daemon.put("web.json", [service("web", family), endpoints("web", family, endpoint(lab.a, family))])
    daemon.start()
    address = vip(svcctl, "shop/web:tcp")
    right = tables.dump()
    # one that began before the claim goes on to its end
    daemon.end()
    with Tables(lab.node) as other:
        other.exchange([other.begin("svcsyncd"), other.service_del("shop/web:tcp", family)])
        mark = len(daemon.text())
        daemon.start()
        other.exchange([other.commit()])
    until(lambda: tables.dump() == right, "it is put right", limit=1.0 if at_once() < 0.5 else 5.0)
    daemon.said("shop/web", "put right", since=mark)
    assert daemon.metric('nf_svc_problems_total{reason="DriftRepaired"}') == 1
    only(lab.c, address, 80, "tcp", "a", times=3)
    # so is a module that was taken out
    with gap():
        daemon.said("not loaded", "modprobe nf_svc", since=mark)
    until(lambda: Tables(lab.node).dump() == right, "it is there again", limit=5.0)
    only(lab.c, address, 80, "tcp", "a", times=3)


@pytest.mark.row("OPS-01", "OPS-03", "OPS-12")
def test_health_and_metrics(lab, daemon, svcctl, family):
    """OPS-01, OPS-03: /healthz, /livez and /metrics answer as kube-proxy's, under its names."""
    daemon.put("web.json", [service("web", family), endpoints("web", family, endpoint(lab.a, family))])
    daemon.start()
    for path, keys in ("/healthz", {"nodeEligible"}), ("/livez", set()):
        status, headers, body = daemon.get(path)
        answer = json.loads(body)
        assert status == 200 and headers["Content-Type"] == "application/json"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert set(answer) == {"lastUpdated", "currentTime", "healthy", "status"} | keys
        assert set(answer["status"]) == {"IPv4", "IPv6"} and answer["healthy"]
    assert daemon.get("/other")[0] == 404
    assert daemon.get("/proxyMode", 10249)[2] == "nf_svc"
    assert daemon.metric('kubeproxy_proxy_healthz_total{code="200"}') == 1
    assert daemon.metric('kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family="IPv4"}') >= 1
    assert daemon.metric("kubeproxy_sync_proxy_rules_service_changes_total") == 1
    only(lab.c, vip(svcctl, "shop/web:tcp"), 80, "tcp", "a", times=2)
    assert daemon.metric("nf_svc_flows_total") == 2

    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "here"},
            "spec": {"taints": [{"key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule"}]}}
    daemon.put("node.json", [node])
    until(lambda: daemon.get("/healthz")[0] == 503, "a node that is leaving is not eligible")
    assert daemon.get("/livez")[0] == 200
    daemon.put("node.json", [{**node, "spec": {}}])
    until(lambda: daemon.get("/healthz")[0] == 200, "it stays")


@pytest.mark.row("OPS-02")
def test_health_check_node_port(lab, daemon, svcctl, family):
    """OPS-02: healthCheckNodePort counts ready endpoints of this node; none, or only leaving ones: 503."""
    def put(*these):
        daemon.put("web.json", [
            service("web", family, type="LoadBalancer", externalTrafficPolicy="Local",
                    healthCheckNodePort=31999), endpoints("web", family, *these)])

    def asked():
        return daemon.get("/", 31999, f"[{lab.node.addr(family)}]" if family.bits == 128
                          else lab.node.addr(family))

    put(endpoint(lab.a, family, "here"), endpoint(lab.b, family, "here"),
        endpoint(lab.d, family, "there"))
    daemon.start()
    status, headers, body = asked()
    assert (status, headers["X-Load-Balancing-Endpoint-Weight"]) == (200, "2")
    assert json.loads(body) == {"service": {"namespace": "shop", "name": "web"}, "localEndpoints": 2,
                                "serviceProxyHealthy": True}
    leaving = endpoint(lab.a, family, "here", ready=False, serving=True, terminating=True)
    put(leaving, endpoint(lab.d, family, "there"))
    until(lambda: asked()[0] == 503, "leaving endpoints do not count")
    assert asked()[1]["X-Load-Balancing-Endpoint-Weight"] == "0"
    daemon.put("web.json", [service("web", family)])
    until(lambda: attempt(lab.node, lab.node.addr(family), 31999).refused, "it is not listened any more")


@pytest.mark.row("OPS-04")
def test_configuration_file_and_reload(lab, daemon, svcctl, tables, family, tmp_path):
    """OPS-04: kubeadm's ConfigMap works as it is; a changed one is obeyed without a flow lost."""
    path = tmp_path / "config.conf"
    text = """apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
bindAddress: 0.0.0.0
bindAddressHardFail: false
clientConnection: {acceptContentTypes: "", burst: 0, contentType: "", kubeconfig: "", qps: 0}
clusterCIDR: CIDRS
configSyncPeriod: 0s
conntrack: {maxPerCore: null, min: null, tcpCloseWaitTimeout: null, tcpEstablishedTimeout: null}
detectLocal: {bridgeInterface: "", interfaceNamePrefix: ""}
detectLocalMode: ""
enableProfiling: false
healthzBindAddress: ""
hostnameOverride: ""
iptables: {masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s}
ipvs: {excludeCIDRs: null, minSyncPeriod: 0s, scheduler: "", strictARP: false, syncPeriod: 0s}
logging: {flushFrequency: 0, options: {json: {infoBufferSize: "0"}, text: {infoBufferSize: "0"}}, verbosity: 0}
metricsBindAddress: ""
mode: ""
nodePortAddresses: null
oomScoreAdj: null
portRange: ""
showHiddenMetricsForVersion: ""
winkernel: {enableDSR: false, forwardHealthCheckVip: false, networkName: "", rootHnsEndpointName: "", sourceVip: ""}
"""
    path.write_text(text.replace("CIDRS", "10.244.0.0/16,fd00:10:244::/48"))
    daemon.put("web.json", [service("web", family, type="NodePort"),
                            endpoints("web", family, endpoint(lab.a, family))])
    daemon.start("--config", path)
    address = vip(svcctl, "shop/web:tcp")
    assert svcctl.json("status")["settings"]["podCIDRs"] == ["10.244.0.0/16", "fd00:10:244::/48"]
    # from a pod the source is kept, from outside it is masqueraded
    assert only(lab.c, address, 80, "tcp", "a", times=1)[0].peer == lab.c.addr(family)
    # without a mode, node ports are answered everywhere
    only(lab.node2, lab.wire(family, 1), node_port(svcctl, "shop/web:tcp"), "tcp", "a", times=2)

    mark, pid = len(daemon.text()), daemon.process.pid
    path.write_text(text.replace("CIDRS", "10.244.0.0/16") + "clusterCidr: x\n")
    daemon.said("not reloaded", "config.conf:", "clusterCidr", since=mark)
    with asking(lab.c, address, 80) as traffic:
        traffic.more(3)
        path.write_text(text.replace("CIDRS", "10.200.0.0/16,fd00:10:200::/48"))
        daemon.said("all is in the kernel", since=mark)
        until(lambda: svcctl.json("status")["settings"]["podCIDRs"] == [
            "10.200.0.0/16", "fd00:10:200::/48"], "the new one holds")
        traffic.more(3)
        assert traffic.stop()[""] == []
    assert daemon.process.pid == pid and daemon.process.poll() is None


@pytest.mark.row("OPS-06")
def test_cleanup_takes_its_own_and_nothing_else(lab, daemon, svcctl, tables, family):
    """OPS-06: --cleanup leaves neither tables nor settings nor files; others' stay; not beside a living one."""
    tables.change(*tables.simple("admin/own:http", family.vip(77), 80))
    daemon.put("web.json", [service("web", family)])
    daemon.start()
    clean = ["svcsyncd", "--cleanup", "--state-dir", daemon.folder / "state"]
    done = lab.node.run(*clean, check=False)
    assert done.returncode == 1 and f"process {daemon.process.pid}" in done.stderr
    daemon.end()
    lab.node.run(*clean)
    assert [s["name"] for s in svcctl.json("list")] == ["admin/own:http"]
    assert svcctl.json("status")["settings"] is None
    assert not list((daemon.folder / "state").iterdir())


@pytest.mark.row("OPS-11", "OPS-05")
def test_limits_of_conntrack_are_only_raised():
    """OPS-11: --init-only sets time-outs, and raises the limit by processors, but never lowers it."""
    folder = pathlib.Path("/proc/sys/net/netfilter")
    names = ["nf_conntrack_max", "nf_conntrack_tcp_timeout_established", "nf_conntrack_udp_timeout"]
    before = {name: (folder / name).read_text() for name in names}

    def prepare(*flags):
        subprocess.run(["svcsyncd", "--init-only", *flags], check=True, timeout=60)
        return [int((folder / name).read_text()) for name in names]

    try:
        (folder / names[0]).write_text("1000")
        assert prepare("--conntrack-min", "140000", "--conntrack-max-per-core", "1") == [
            140000, 86400, int(before[names[2]])]
        assert prepare("--conntrack-min", "1", "--conntrack-tcp-timeout-established", "1h0m0s",
                       "--conntrack-udp-timeout", "40s", "--conntrack-max-per-core", "1") == [
            140000, 3600, 40]
    finally:
        for name, value in before.items():
            (folder / name).write_text(value)


@pytest.mark.row("SYN-05", "SYN-07")
def test_a_change_among_many_is_quick(lab, daemon, svcctl, tables, family):
    """SYN-05: a change among two thousand Services is one small commit, as among one."""
    many = [one for n in range(2000) for one in (
        service(f"many-{n}", family),
        endpoints(f"many-{n}", family, endpoint(lab.a, family), endpoint(lab.d, family)))]
    daemon.put("many.json", many)
    daemon.put("web.json", [service("web", family)])
    daemon.start(limit=60)
    assert svcctl.json("status")["services"] == 2001
    assert daemon.resident() < 64 << 20
    runs = 'kubeproxy_sync_proxy_rules_duration_seconds_{}{{ip_family="IPv4"}}'
    before = {what: daemon.metric(runs.format(what)) for what in ("sum", "count")}
    generation = tables.generation()
    for pod in (lab.a, lab.b, lab.d, lab.e, lab.a):
        daemon.put("web.json", [service("web", family),
                                endpoints("web", family, endpoint(pod, family))])
        answers(svcctl, "shop/web:tcp", pod, family=family)
    after = {what: daemon.metric(runs.format(what)) for what in ("sum", "count")}
    assert tables.generation() == generation + 5
    # far from the time that all of them would take, even in a debug kernel
    assert (after["sum"] - before["sum"]) / (after["count"] - before["count"]) < at_once()
