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
from .table import RANGE

PORT, OTHER_PORT = 80, 81
NODE_PORT, OTHER_NODE_PORT, HEALTH_PORT = 30100, 32700, 32000     # the first and the last plus the line
OPPOSITE = {"Cluster": "Local", "Local": "Cluster"}
NAMES = {4: "IPv4", 6: "IPv6"}
BLOCKS = {"LoadBalancer": ("198.18.0.0", "fd00:198:18::"), "ExternalIP": ("198.19.0.0", "fd00:198:19::"),
          "LoadBalancer proxy": ("198.18.128.0", "fd00:198:18:1::")}
CONDITIONS = {"ready": (True, True, False), "ending": (False, True, True),
              "unready": (False, False, False), "gone": (False, False, True)}
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
    return address(row, kind, family), OTHER_PORT if other else PORT


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


def service(row, lab):
    """The Service of a row, with its status."""
    internal = row.frontends[0].startswith("ClusterIP")
    policies = (row.policy, OPPOSITE[row.policy])
    ips = {kind: [address(row, kind, f) for f in FAMILIES] for kind in ("ClusterIP", *BLOCKS)}
    spec = {"type": "LoadBalancer", "clusterIP": ips["ClusterIP"][0], "clusterIPs": ips["ClusterIP"],
            "ipFamilies": [name_of(f) for f in FAMILIES], "ipFamilyPolicy": "RequireDualStack",
            "externalIPs": ips["ExternalIP"],
            "internalTrafficPolicy": policies[not internal],
            "externalTrafficPolicy": policies[internal],
            "ports": [{"name": p, "protocol": p.upper(), "port": PORT, "targetPort": SERVED,
                       "nodePort": NODE_PORT + row.line} for p in ("tcp", "udp")]}
    if spec["externalTrafficPolicy"] == "Local":
        spec["healthCheckNodePort"] = HEALTH_PORT + row.line
    if row.ranges:
        spec["loadBalancerSourceRanges"] = [c for text in row.ranges for c in _range(text, lab)]
    ingress = [{"ip": ip, "ipMode": "VIP"} for ip in ips["LoadBalancer"]]
    ingress += [{"ip": ip, "ipMode": "Proxy"} for ip in ips["LoadBalancer proxy"]]
    return {"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": f"line-{row.line}", "namespace": "default"},
            "spec": spec, "status": {"loadBalancer": {"ingress": ingress}}}


def _endpoint(host, condition, family, hosts):
    ready, serving, terminating = CONDITIONS[condition]
    return {"addresses": [hosts.server_address(host, family)],
            "nodeName": "node2" if host in ("d", "node2") else NODE,
            "conditions": {"ready": ready, "serving": serving, "terminating": terminating}}


def slice_of(row, family, hosts):
    """The EndpointSlice of a row for a family."""
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": f"line-{row.line}-{family}", "namespace": "default",
                         "labels": {"kubernetes.io/service-name": f"line-{row.line}"}},
            "addressType": name_of(family),
            "ports": [{"name": p, "protocol": p.upper(), "port": SERVED} for p in ("tcp", "udp")],
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
            found += [slice_of(row, family, hosts) for family in FAMILIES]
    return found
