# SPDX-License-Identifier: GPL-2.0
"""Rows of the table as Kubernetes objects: plain dicts that a real API server takes too.

Everything of a row follows from its line in the table: the Service line-N with
its addresses and node port. Services are dual-stack and without selector, their
slices are written by hand.
"""
import ipaddress

from lab.family import FAMILIES, V4

from .engine import NODE
from .hosts import SERVED
from .table import PROTOCOLS, RANGE

PORT, OTHER_PORT = 80, 81
PORT_AT_NODE = 8100             # plus the line: all such load balancers share the node's address
NODE_PORT, OTHER_NODE_PORT, HEALTH_PORT = 30100, 32700, 32000     # the first and the last plus the line
OPPOSITE = {"Cluster": "Local", "Local": "Cluster"}
NAMES = {4: "IPv4", 6: "IPv6"}
BLOCKS = {"LoadBalancer": ("198.18.0.0", "fd00:198:18::"), "ExternalIP": ("198.19.0.0", "fd00:198:19::"),
          "LoadBalancer proxy": ("198.18.128.0", "fd00:198:18:1::")}
CONDITIONS = {"ready": (True, True, False), "unsaid": (None, None, None),
              "published": (True, False, True), "nowhere": (True, True, False),
              "ending": (False, True, True), "unready": (False, False, False),
              "gone": (False, False, True)}
ELSEWHERE = ("198.51.100.0/24", "2001:db8:51::/48")


def name_of(family):
    """The family as Kubernetes writes it."""
    return NAMES[family.services.version]


def _of(pair, family):
    return pair[0] if family is V4 else pair[1]


def address(row, frontend, family):
    """The address of a row's ClusterIP, LoadBalancer or ExternalIP."""
    if frontend == "ClusterIP":
        return family.vip(256 + row.line)
    return str(ipaddress.ip_address(_of(BLOCKS[frontend], family)) + row.line)


def destination(row, frontend, family, lab):
    """(address, port) at which a frontend of the table is asked."""
    kind, other = frontend.removesuffix(" other port"), frontend.endswith(" other port")
    if kind.startswith("NodePort"):
        host = lab.wire(family, 1) if kind.endswith(" wire") else lab.node.addr(family)
        return host, OTHER_NODE_PORT if other else NODE_PORT + row.line
    if kind == "LoadBalancer node":
        return lab.node.addr(family), _port(row)
    return address(row, kind, family), OTHER_PORT if other else _port(row)


def _port(row):
    return PORT_AT_NODE + row.line if "LoadBalancer node" in row.frontends else PORT


def _range(text, lab):
    """The CIDRs that a word of the table means."""
    which, _, how = RANGE.fullmatch(text).groups()
    found = []
    for family in FAMILIES:
        if how not in (None, "padded", family.name):
            continue
        cidr = {"outside": f"{lab.outside.addr(family)}/{family.bits}",
                "node": f"{lab.node.addr(family)}/{family.bits}",
                "pods": str(family.pods),
                "elsewhere": _of(ELSEWHERE, family),
                "everyone": _of(("0.0.0.0/0", "::/0"), family)}[which]
        found.append(f" {cidr} " if how == "padded" else cidr)
    return found


def _families(row):
    return [f for f in FAMILIES if f.name in row.services]


def _ports(row, **more):
    return [{"name": p, "protocol": p.upper(), **more} for p in PROTOCOLS if p in row.services]


def _ingress(row, lab):
    """Its load-balancer IPs."""
    ips = [address(row, "LoadBalancer", f) for f in FAMILIES]
    if "LoadBalancer node" in row.frontends:
        ips += [lab.node.addr(f) for f in FAMILIES]
    return [{"ip": ip, "ipMode": "VIP"} for ip in ips] + [
        {"ip": address(row, "LoadBalancer proxy", f), "ipMode": "Proxy"} for f in FAMILIES]


def service(row, lab):
    """The Service of a row, with its status."""
    internal = row.frontends[0].startswith("ClusterIP")
    policies = (row.policy, OPPOSITE[row.policy])
    families = _families(row)
    ips = [address(row, "ClusterIP", f) for f in families]
    spec = {"type": "LoadBalancer", "clusterIP": ips[0], "clusterIPs": ips,
            "ipFamilies": [name_of(f) for f in families],
            "ipFamilyPolicy": "RequireDualStack" if len(families) > 1 else "SingleStack",
            "externalIPs": [address(row, "ExternalIP", f) for f in FAMILIES],
            "internalTrafficPolicy": policies[not internal],
            "externalTrafficPolicy": policies[internal],
            "ports": _ports(row, port=_port(row), targetPort=SERVED, nodePort=NODE_PORT + row.line)}
    if spec["externalTrafficPolicy"] == "Local":
        spec["healthCheckNodePort"] = HEALTH_PORT + row.line
    if row.ranges:
        spec["loadBalancerSourceRanges"] = [c for text in row.ranges for c in _range(text, lab)]
    return {"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": f"line-{row.line}", "namespace": "default"},
            "spec": spec, "status": {"loadBalancer": {"ingress": _ingress(row, lab)}}}


def _endpoint(host, condition, family, hosts):
    said = dict(zip(("ready", "serving", "terminating"), CONDITIONS[condition]))
    endpoint = {"addresses": [hosts.server_address(host, family)],
                "conditions": {k: v for k, v in said.items() if v is not None}}
    if condition != "nowhere":
        endpoint["nodeName"] = "node2" if host in ("d", "node2") else NODE
    return endpoint


def slice_of(row, family, hosts):
    """The EndpointSlice of a row for a family."""
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": f"line-{row.line}-{family}", "namespace": "default",
                         "labels": {"kubernetes.io/service-name": f"line-{row.line}"}},
            "addressType": name_of(family),
            "ports": _ports(row, port=SERVED),
            "endpoints": [_endpoint(h, c, family, hosts) for h, c in row.endpoints.items()]}


def nodes(lab):
    """Both Nodes with their addresses."""
    return [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
             "status": {"addresses": [{"type": "InternalIP", "address": host.addr(f)} for f in FAMILIES]}}
            for name, host in ((NODE, lab.node), ("node2", lab.node2))]


def objects(rows, hosts):
    """Everything that a section's rows need."""
    found = nodes(hosts.lab)
    for row in rows:
        found.append(service(row, hosts.lab))
        if row.endpoints:
            found += [slice_of(row, family, hosts) for family in _families(row)]
    return found
