# SPDX-License-Identifier: GPL-2.0
"""svcctl apply: Kubernetes manifests into the kernel: CTL-01, FE-02."""
import json

import pytest

from lab.client import attempt, everyone, only
from lab.svcctl import DIFFERENT, USAGE


def manifests(lab, family, vip, *slices, ports=(("http", 80, "http"),), more=""):
    """A Service web with EndpointSlices; each of those is a port number and (pod, conditions)."""
    address = f"clusterIP: {json.dumps(vip)}, clusterIPs: [{json.dumps(vip)}]," if vip else ""
    text = f"""
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: shop}}
spec:
  {{{address} ipFamilies: [{"IPv4" if family.bits == 32 else "IPv6"}], type: ClusterIP,
   ports: [{", ".join(f"{{name: {n}, port: {p}, targetPort: {t}}}" for n, p, t in ports)}]{more}}}
"""
    for n, (port, *endpoints) in enumerate(slices):
        text += f"""---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: web-{n}
  namespace: shop
  labels: {{kubernetes.io/service-name: web}}
addressType: {"IPv4" if family.bits == 32 else "IPv6"}
ports: [{", ".join(f"{{name: {name}, port: {port}, protocol: TCP}}" for name, _, _ in ports)}]
endpoints:
"""
        for pod, conditions in endpoints:
            text += f'- {{addresses: ["{pod.addr(family)}"], conditions: {{{conditions}}}}}\n'
    return text


READY, UNREADY = "ready: true", "ready: false, serving: false"


@pytest.mark.row("CTL-01", "FE-02")
def test_apply_created_configured_unchanged(lab, svcctl, tables, family):
    """CTL-01: apply tells created, configured or unchanged, and has taken effect when it returns."""
    vip = family.vip(20)
    first = manifests(lab, family, vip, (8080, (lab.a, READY), (lab.b, UNREADY)))
    second = manifests(lab, family, vip, (8080, (lab.b, READY)), (9090, (lab.d, READY)))
    assert svcctl("apply", "-f", "-", input=first).stdout.split()[-1] == "created"
    only(lab.c, vip, 80, "tcp", "a", times=8)
    generation = tables.generation()
    assert svcctl("apply", "-f", "-", input=first).stdout.split()[-1] == "unchanged"
    assert tables.generation() == generation
    assert svcctl("apply", "-f", "-", input=second).stdout.split()[-1] == "configured"
    answers = everyone(lab.c, vip, 80, "tcp", [lab.b, lab.d])
    assert {(a.name, a.port) for a in answers} == {("b", 8080), ("d", 9090)}


@pytest.mark.row("CTL-01")
def test_dry_run_changes_nothing(lab, svcctl, tables, family):
    """CTL-01: --dry-run says what would happen and changes nothing."""
    text = manifests(lab, family, family.vip(20), (8080, (lab.a, READY)))
    before, generation = tables.dump(), tables.generation()
    out = svcctl("apply", "-f", "-", "--dry-run", input=text).stdout
    assert "shop/web" in out or "service/web" in out
    assert "created" in out
    assert tables.dump() == before and tables.generation() == generation


@pytest.mark.row("CTL-01")
def test_cluster_ip_from_the_service_cidr_is_the_same_each_time(lab, svcctl, family):
    """CTL-01: a Service without a clusterIP gets one from --service-cidr, the same one each time."""
    text = manifests(lab, family, None, (8080, (lab.a, READY)))
    seen = set()
    for _ in range(2):
        svcctl("apply", "-f", "-", "--service-cidr", str(family.services), input=text)
        service, = svcctl.json("list")
        frontend, = service["frontends"]
        seen.add(frontend["address"])
        only(lab.c, frontend["address"], 80, "tcp", "a", times=1)
        svcctl("flush", "--yes")
    assert len(seen) == 1
    address = seen.pop()
    assert type(family.services[0])(address) in family.services


@pytest.mark.row("CTL-01")
def test_the_file_is_the_whole_truth_of_its_services(lab, svcctl, family):
    """CTL-01: what a Service no longer has goes away; services that the file does not name stay."""
    vip = family.vip(20)
    svcctl("add", "service", "shop/other:http", family.at(family.vip(21), 80),
           "backend", family.at(lab.e.addr(family), 8080))
    ports = (("http", 80, "http"), ("extra", 81, "http"))
    svcctl("apply", "-f", "-",
           input=manifests(lab, family, vip, (8080, (lab.a, READY)), ports=ports))
    only(lab.c, vip, 81, "tcp", "a", times=1)
    svcctl("apply", "-f", "-", input=manifests(lab, family, vip, (8080, (lab.a, READY))))
    only(lab.c, vip, 80, "tcp", "a", times=1)
    assert attempt(lab.c, vip, 81).refused
    svcctl("apply", "-f", "-", input=manifests(lab, family, vip))
    assert attempt(lab.c, vip, 80).refused
    only(lab.c, family.vip(21), 80, "tcp", "e", times=1)


@pytest.mark.row("CTL-01")
def test_json_and_list(lab, svcctl, family):
    """CTL-01: JSON and kind List are taken as YAML documents are."""
    vip = family.vip(20)
    what = "IPv4" if family.bits == 32 else "IPv6"
    document = {"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
         "spec": {"clusterIP": vip, "clusterIPs": [vip], "ipFamilies": [what],
                  "ports": [{"port": 80, "targetPort": 8080}]}},
        {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": what,
         "metadata": {"name": "web-x", "namespace": "shop",
                      "labels": {"kubernetes.io/service-name": "web"}},
         "ports": [{"name": "", "port": 8080, "protocol": "TCP"}],
         "endpoints": [{"addresses": [lab.a.addr(family)], "conditions": {"ready": True}}]}]}
    svcctl("apply", "-f", "-", input=json.dumps(document))
    only(lab.c, vip, 80, "tcp", "a", times=1)


@pytest.mark.row("CTL-03")
@pytest.mark.parametrize("old, new, parts", [
    ("port: 80,", "port: 99999,", ["99999", "port", "65535"]),
    ("kind: Service", "kind: Servise", ["Servise"]),
    ("metadata: {name: web, namespace: shop}", "metadata: {name: Web_1, namespace: shop}", ["Web_1"]),
    ("spec:\n", "spec:\n\t", [":6"]),
])
def test_errors_in_a_file_name_the_place(lab, svcctl, tables, family, old, new, parts, tmp_path):
    """CTL-03: an error in a file names the file, the line or field, and the value."""
    text = manifests(lab, family, family.vip(20), (8080, (lab.a, READY)))
    assert old in text
    path = tmp_path / "web.yaml"
    path.write_text(text.replace(old, new, 1))
    before = tables.dump()
    done = svcctl("apply", "-f", path, expect=USAGE)
    missing = [p for p in [str(path), *parts] if p not in done.stderr]
    assert not missing, f"no {missing} in {done.stderr!r}"
    assert tables.dump() == before


@pytest.mark.row("CTL-01", "CTL-02")
def test_diff_tells_what_apply_would_change(lab, svcctl, tables, family):
    """CTL-01: diff lists what is added, changed and deleted, changes nothing, and exits with 6 or 0."""
    vip = family.vip(20)
    first = manifests(lab, family, vip, (8080, (lab.a, READY), (lab.b, READY)))
    second = manifests(lab, family, vip, (8080, (lab.a, READY), (lab.d, READY)))
    service = f"shop/web:http/tcp/{family.name}"
    assert svcctl("diff", "-f", "-", input=first, expect=DIFFERENT).stdout.splitlines() == [
        f"+ service {service}",
        *(f"+ backend {at} of {service}" for at in
          sorted(family.at(p.addr(family), 8080) for p in (lab.a, lab.b))),
        f"+ frontend {family.at(vip, 80)} of {service}"]
    assert not any(tables.dump()[:3])
    svcctl("apply", "-f", "-", input=first)
    assert svcctl("diff", "-f", "-", input=first).stdout == ""
    told = json.loads(svcctl("diff", "-j", "-f", "-", input=second, expect=DIFFERENT).stdout)
    assert [(d["change"], d["object"], d["address"]) for d in told] == [
        ("deleted", "backend", lab.b.addr(family)), ("added", "backend", lab.d.addr(family))]

    saved = svcctl("save").stdout
    assert svcctl("diff", "-f", "-", input=saved).stdout == ""
    svcctl("set", "backend", "shop/web:http", family.at(lab.a.addr(family), 8080), "weight", 3)
    svcctl("add", "service", "shop/more:http", family.at(family.vip(21), 80))
    assert svcctl("diff", "-f", "-", input=saved, expect=DIFFERENT).stdout.splitlines() == [
        f"- service shop/more:http/tcp/{family.name}",
        f"~ backend {family.at(lab.a.addr(family), 8080)} of {service}"]
    svcctl("restore", "-f", "-", input=saved)
    assert svcctl("diff", "-f", "-", input=saved).stdout == ""


@pytest.mark.row("CTL-01", "TX-10")
def test_prune_deletes_what_the_file_does_not_name(lab, svcctl, tables, family):
    """CTL-01: apply --prune deletes what else its owner has, says so, and nothing of other owners."""
    svcctl("add", "service", "shop/old:http", family.at(family.vip(21), 80))
    svcctl("--owner", "other", "add", "service", "shop/theirs:http", family.at(family.vip(22), 80))
    text = manifests(lab, family, family.vip(20), (8080, (lab.a, READY)))
    assert svcctl("apply", "--prune", "--dry-run", "-f", "-", input=text).stdout.splitlines() == [
        "service/shop/web created (dry run)", "service/shop/old deleted (dry run)"]
    assert "- service shop/old:http" in svcctl("diff", "--prune", "-f", "-", input=text,
                                               expect=DIFFERENT).stdout
    assert svcctl("apply", "--prune", "-f", "-", input=text).stdout.splitlines() == [
        "service/shop/web created", "service/shop/old deleted"]
    assert {s["name"] for s in svcctl.json("list")} == {"shop/web:http", "shop/theirs:http"}
    assert svcctl("apply", "--prune", "-f", "-", input=text).stdout == "service/shop/web unchanged\n"


def service(family, spec, ingress, *endpoints):
    """A LoadBalancer Service web with node port 30080; each endpoint is a pod, its node and more."""
    four = family.bits == 32
    slices = ", ".join(f'{{addresses: ["{pod.addr(family)}"], nodeName: {node}{more}}}'
                       for pod, node, more in endpoints)
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: shop}}
spec: {{type: LoadBalancer, clusterIP: {json.dumps(family.vip(20))}, {spec}
  ports: [{{port: 80, nodePort: 30080}}]}}
status: {{loadBalancer: {{ingress: [{{ip: {json.dumps(ingress)}}}]}}}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: web-x, namespace: shop, labels: {{kubernetes.io/service-name: web}}}}
addressType: {"IPv4" if four else "IPv6"}
ports: [{{name: "", port: 8080}}]
endpoints: [{slices}]
---
"""


INGRESS = {32: "203.0.113.9", 128: "fd00:203::9"}


@pytest.mark.row("CTL-01", "FE-04", "FE-06", "EP-02", "EP-08", "EP-09")
@pytest.mark.parametrize("policy", ["Cluster", "Local"])
def test_node_ports_and_load_balancers(lab, svcctl, family, policy):
    """FE-04, FE-06: the primary address and the ingress IP answer, by externalTrafficPolicy."""
    ingress = INGRESS[family.bits]
    text = service(family, f"externalTrafficPolicy: {policy},", ingress,
                   (lab.a, "here", ""), (lab.d, "there", ""))
    done = svcctl("apply", "--node", "HERE", "--pod-cidr", str(family.pods), "-f", "-", input=text)
    assert done.stdout == "service/shop/web created\n" and done.stderr == ""
    for address, port in (lab.node.addr(family), 30080), (ingress, 80):
        # pods and the node are never bound to this node
        everyone(lab.c, address, port, "tcp", [lab.a, lab.d])
        everyone(lab.node, address, port, "tcp", [lab.a, lab.d])
        if policy == "Cluster":
            everyone(lab.outside, address, port, "tcp", [lab.a, lab.d])
        else:
            answers = only(lab.outside, address, port, "tcp", "a", times=8)
            assert {answer.peer for answer in answers} == {lab.outside.addr(family)}
    everyone(lab.c, family.vip(20), 80, "tcp", [lab.a, lab.d])
    # the wildcard is what this module may lack: then it says so and serves the rest
    able = "node-port" in svcctl.json("version")["module"]["capabilities"]
    done = svcctl("apply", "--node", "here", "--nodeport-addresses", "all", "-f", "-", input=text)
    assert ("not carried yet: nodePort of shop/web" in done.stderr) is not able
    assert attempt(lab.outside, ingress, 80).answer


@pytest.mark.row("EP-04", "EP-11")
def test_hints_for_the_zone_of_the_node(lab, svcctl, family):
    """EP-04: with hints for all, only those of the zone that the Node or --zone says are asked."""
    text = service(family, "", INGRESS[family.bits],
                   (lab.a, "here", ", hints: {forZones: [{name: one}]}"),
                   (lab.d, "there", ", hints: {forZones: [{name: two}]}"))
    text += ("apiVersion: v1\nkind: Node\nmetadata: {name: here, labels: "
             "{topology.kubernetes.io/zone: two}}\n")
    svcctl("apply", "--node", "here", "-f", "-", input=text)
    only(lab.c, family.vip(20), 80, "tcp", "d", times=8)
    svcctl("apply", "--node", "here", "--zone", "one", "-f", "-", input=text)
    only(lab.c, family.vip(20), 80, "tcp", "a", times=8)
    svcctl("apply", "--node", "here", "--zone", "three", "-f", "-", input=text)
    everyone(lab.c, family.vip(20), 80, "tcp", [lab.a, lab.d])


@pytest.mark.row("EP-10", "FE-07", "FE-08")
def test_what_is_left_out_is_told(lab, svcctl, family, tmp_path):
    """EP-10, FE-07, FE-08: apply says file, line, field, what it left out, and what would be right."""
    odd = "169.254.169.254" if family.bits == 32 else "fe80::1"
    path = tmp_path / "web.yaml"
    path.write_text(service(family, f"externalIPs: [{json.dumps(odd)}], "
                            "loadBalancerSourceRanges: [office],", INGRESS[family.bits],
                            (lab.a, "here", "")).replace(
        "endpoints: [", f"endpoints: [{{addresses: [{json.dumps(odd)}]}}, "))
    told = svcctl("apply", "--node", "here", "-f", path).stderr.splitlines()
    for parts in (("spec.externalIPs[0]", "not served"), ("endpoints[0]", "left out"),
                  ("spec.loadBalancerSourceRanges[0]", "'office'")):
        line, = (t for t in told if all(p in t for p in parts))
        assert line.startswith(f"svcctl: warning: {path}:") and "shop/web" in line
    only(lab.c, family.vip(20), 80, "tcp", "a", times=2)
    kinds = {f["type"] for s in svcctl.json("list") for f in s["frontends"]}
    assert "ExternalIP" not in kinds


@pytest.mark.row("FE-07", "CTL-01")
def test_external_ips_where_they_may_be(lab, svcctl, family):
    """FE-07: svcctl warns of an external IP that --external-ip-cidrs does not hold, and serves it."""
    external = "198.19.0.7" if family.bits == 32 else "fd00:198:19::7"
    text = service(family, f"externalIPs: [{json.dumps(external)}],", INGRESS[family.bits],
                   (lab.a, "here", ""))
    for cidrs, told in (("198.18.0.0/16,fd00:198:18::/64", True), ("198.19.0.0/16,fd00:198:19::/64", False)):
        done = svcctl("apply", "--node", "here", "--external-ip-cidrs", cidrs, "-f", "-", input=text)
        assert ("spec.externalIPs[0]" in done.stderr) is told
        only(lab.outside, external, 80, "tcp", "a", times=2)
