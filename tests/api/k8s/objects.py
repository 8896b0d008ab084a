# SPDX-License-Identifier: GPL-2.0
"""Objects that the harness itself needs, as the API takes them."""
from lab.family import FAMILIES, V4

SENTINEL = "nf-svc-sentinel"            # the name, and the namespace, of the service that is waited for
LAST_VIP = 0xfefe                       # its address, far from those of tests


def namespace(name):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def node(host, name, pods):
    """The Node of a Host of lab.topology; pods are its pod CIDRs, by family."""
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
            "spec": {"podCIDR": pods[V4], "podCIDRs": [pods[f] for f in FAMILIES]},
            "status": {"addresses": [{"type": "InternalIP", "address": host.addr(f)}
                                     for f in FAMILIES]}}


def nodes(net):
    """The Nodes of lab.topology."""
    return [node(host, name, dict(zip(FAMILIES, (f"10.244.{n}.0/24", f"fd00:10:244:{n}::/64"))))
            for n, name, host in ((1, "node", net.node), (2, "node2", net.node2))]


def sentinel(generation):
    """A Service and its EndpointSlices whose only port is new with each generation.

    Its name is, too: so rules that lead anywhere from that port know both the
    Service and the slice of this generation, and whatever was written before.
    """
    port = 1 + generation % 65535
    meta = {"name": SENTINEL, "namespace": SENTINEL}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": meta,
               "spec": {"clusterIP": V4.vip(LAST_VIP), "clusterIPs": [f.vip(LAST_VIP) for f in FAMILIES],
                        "ipFamilyPolicy": "RequireDualStack", "ipFamilies": ["IPv4", "IPv6"],
                        "ports": [{"name": f"g{generation}", "port": port, "protocol": "TCP"}]}}
    slices = [{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": kind,
               "metadata": {"name": f"{SENTINEL}-{kind.lower()}", "namespace": SENTINEL,
                            "labels": {"kubernetes.io/service-name": SENTINEL}},
               "endpoints": [{"addresses": [str(family.pods[LAST_VIP])]}],
               "ports": [{"name": f"g{generation}", "port": 1, "protocol": "TCP"}]}
              for kind, family in (("IPv4", FAMILIES[0]), ("IPv6", FAMILIES[1]))]
    return port, [service, *slices]
