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
