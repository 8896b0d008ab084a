# SPDX-License-Identifier: GPL-2.0
"""svcctl apply of Services that are asked from outside, and of a node's own ways: FE-04 to FE-15, DP-05."""
import json

import pytest

from lab.client import attempt, everyone, only
from lab.family import FAMILIES

POD_CIDRS = ",".join(str(f.pods) for f in FAMILIES)


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


@pytest.mark.row("FE-04")
def test_node_port_addresses_are_one_setting_of_the_node(lab, svcctl, family):
    """FE-04: where node ports answer holds for all of them, and is primary unless it is said."""
    text = service(family, "", INGRESS[family.bits], (lab.a, "here", ""))
    up, wire = lab.node.addr(family), lab.wire(family, 1)

    def apply(*words):
        done = svcctl("apply", "--node", "here", *words, "-f", "-", input=text)
        return {address: bool(attempt(lab.outside, address, 30080, timeout=0.3).answer)
                for address in (up, wire)}, done.stderr

    assert apply() == ({up: True, wire: False}, "")
    assert apply("--nodeport-addresses", "all") == ({up: True, wire: True}, "")
    assert apply() == ({up: True, wire: False}, "")
    there, told = apply("--nodeport-addresses", f"{wire}/{family.bits}")
    assert there == {up: False, wire: True}
    assert f"node ports are served at every {'IPv6' if family.bits == 32 else 'IPv4'} address" in told
    assert apply("--nodeport-addresses", "primary") == ({up: True, wire: False}, "")


@pytest.mark.row("DP-05")
def test_masquerade_all(lab, svcctl, family):
    """DP-05: with --masquerade-all a pod that asks a ClusterIP is masqueraded, too."""
    text = service(family, "", INGRESS[family.bits], (lab.d, "there", ""))
    words = "apply", "--node", "here", "--pod-cidr", str(family.pods), "-f", "-"
    svcctl(*words, input=text)
    assert {a.peer for a in only(lab.c, family.vip(20), 80, "tcp", "d", times=2)} == {lab.c.addr(family)}
    svcctl(*words, "--masquerade-all", input=text)
    assert {a.peer for a in only(lab.c, family.vip(20), 80, "tcp", "d", times=2)} == {lab.wire(family, 1)}


@pytest.mark.row("FE-15")
@pytest.mark.parametrize("detect", ["pod-cidr", "pod-device"])
def test_internal_cluster_ips(lab, svcctl, tables, family, detect):
    """FE-15: a ClusterIP is served to clients outside, masqueraded, unless they are kept out by one switch."""
    text = service(family, "", INGRESS[family.bits], (lab.d, "there", ""))
    svcctl("set", "settings", detect, POD_CIDRS if detect == "pod-cidr" else "cali*")
    words = "apply", "--node", "here", "-f", "-"
    vip = family.vip(20)
    assert svcctl(*words, input=text).stderr == ""
    assert {a.peer for a in only(lab.outside, vip, 80, "tcp", "d", times=2)} == {lab.wire(family, 1)}
    assert svcctl(*words, "--internal-cluster-ips", input=text).stderr == ""
    outcome = attempt(lab.outside, vip, 80, timeout=0.3)
    assert not outcome.answer and not outcome.refused
    assert tables.stats("shop/web")["internal"] >= 1
    only(lab.outside, INGRESS[family.bits], 80, "tcp", "d", times=1)
    for host in lab.c, lab.node:
        only(host, vip, 80, "tcp", "d", times=2)

    later = "198.51.100.7" if family.bits == 32 else "2001:db8:7::7"
    lab.node.ip(f"addr add {later}/{family.bits} dev up0" + ("" if family.bits == 32 else " nodad"))
    try:
        only(lab.node, vip, 80, "tcp", "d", times=1, source=later)
    finally:
        lab.node.ip(f"addr del {later}/{family.bits} dev up0")
    svcctl(*words, input=text)
    only(lab.outside, vip, 80, "tcp", "d", times=1)


@pytest.mark.row("FE-15", "CTL-03")
def test_what_cannot_be_kept_internal_is_not_applied(lab, svcctl, tables, family):
    """FE-15: where it is not known what a pod is nothing is served, and the error says what to give."""
    text = service(family, "", INGRESS[family.bits], (lab.d, "there", ""))
    other = next(f for f in FAMILIES if f is not family)
    words = "apply", "--node", "here", "--internal-cluster-ips", "-f", "-"
    generation = tables.generation()
    for more in (), ("--pod-cidr", str(other.pods)):
        done = svcctl(*words, *more, input=text, expect=1)
        assert "cannot be kept from clients outside" in done.stderr and "pods' CIDRs" in done.stderr
    assert tables.generation() == generation
    svcctl(*words, "--pod-cidr", str(family.pods), input=text)


@pytest.mark.row("FE-15")
def test_an_internal_frontend_tells_nobody_outside_whether_it_serves(lab, svcctl, family):
    """FE-15: what is kept out is dropped without an answer, not refused, when there is no backend either."""
    svcctl("add", "service", "shop/none:http", family.at(family.vip(21), 80))
    internal = "set", "frontend", family.at(family.vip(21), 80), "internal", "yes"
    assert "only this node may ask" in svcctl(*internal).stderr
    svcctl("set", "settings", "pod-cidr", str(family.pods))
    assert svcctl(*internal).stderr == ""
    assert attempt(lab.c, family.vip(21), 80).refused
    for port, protocol in (80, "tcp"), (81, "tcp"), (80, "udp"):
        outcome = attempt(lab.outside, family.vip(21), port, protocol, timeout=0.3)
        assert not outcome.answer and not outcome.refused
        assert attempt(lab.c, family.vip(21), port, protocol).refused
    answer = svcctl.json("explain", family.at(family.vip(21), 81), "from", lab.outside.addr(family), "dev", "up0")
    assert (answer["verdict"], answer["reason"]) == ("drop", "internal")
    svcctl("set", "frontend", family.at(family.vip(21), 80), "internal", "no")
    assert attempt(lab.outside, family.vip(21), 81).refused


@pytest.mark.row("FE-13")
def test_the_service_cidr_is_for_services(lab, svcctl, family):
    """FE-13: with --service-cidr an address in it that no Service has gets no packet any more."""
    text = service(family, "", INGRESS[family.bits], (lab.a, "here", ""))
    svcctl("apply", "--node", "here", "--service-cidr", str(family.services), "-f", "-", input=text)
    answer = svcctl.json("explain", family.at(family.vip(99), 80), "from", lab.c.addr(family))
    assert (answer["verdict"], answer["reason"]) == ("drop", "service-cidr")
    outcome = attempt(lab.c, family.vip(99), 80, timeout=0.3)
    assert not outcome.answer and not outcome.refused


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
