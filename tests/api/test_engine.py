# SPDX-License-Identifier: GPL-2.0
"""The harness itself: objects go in, packets find what they say, nothing stays behind."""
import pytest

from k8s.objects import nodes
from k8s.rest import Refused
from lab.client import attempt, everyone, only
from lab.family import FAMILIES, V4

PORT, NODE_PORT, TARGET = 80, 30080, 8080
VIP = 1000


def service(name="web", **spec):
    """A dual-stack NodePort Service with one TCP port."""
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"type": "NodePort", "clusterIP": V4.vip(VIP),
                     "clusterIPs": [f.vip(VIP) for f in FAMILIES],
                     "ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "RequireDualStack",
                     "ports": [{"port": PORT, "nodePort": NODE_PORT, "targetPort": TARGET}], **spec}}


def slices(net, *pods, name="web"):
    """Its EndpointSlices, with the pods of these names as ready endpoints."""
    return [{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
             "addressType": family.name.replace("ip", "IP"),
             "metadata": {"name": f"{name}-{family.name}",
                          "labels": {"kubernetes.io/service-name": name}},
             "endpoints": [{"addresses": [net.pod(p).addr(family)], "conditions": {"ready": True},
                            "nodeName": net.PODS[p][0]} for p in pods],
             "ports": [{"port": TARGET}]} for family in FAMILIES]


@pytest.fixture
def frontends(net, family):
    """The client and the address of each frontend."""
    node = net.node.addr(family)
    return [(net.c, family.vip(VIP), PORT), (net.outside, node, NODE_PORT), (net.node, node, NODE_PORT)]


def test_backends_answer(engine, net, frontends):
    engine.load([service(), *slices(net, "a", "d")])
    for client, address, port in frontends:
        everyone(client, address, port, "tcp", {"a", "d"})


def test_no_endpoints_are_refused(engine, net, frontends):
    engine.load([service(), *slices(net)])
    for client, address, port in frontends:
        assert attempt(client, address, port).refused


def test_another_load_replaces(engine, net, frontends):
    engine.load([service(), *slices(net, "a")])
    engine.load([service(), *slices(net, "b")])
    for client, address, port in frontends:
        only(client, address, port, "tcp", "b", times=4)


def test_gone_after_an_empty_load(engine, net, frontends):
    engine.load([service(), *slices(net, "a", "d")])
    engine.load([])
    for client, address, port in frontends:
        assert not attempt(client, address, port, timeout=0.3).answer


def test_a_load_balancer_address_is_in_the_status(engine, net, family):
    lb = {V4: "203.0.113.7"}.get(family, "2001:db8:7::7")
    balanced = {**service(type="LoadBalancer"), "status": {"loadBalancer": {"ingress": [{"ip": lb}]}}}
    engine.load([balanced, *slices(net, "b")])
    only(net.outside, lb, PORT, "tcp", "b", times=4)


def test_a_new_zone_is_seen(engine, net, frontends):
    """Nodes can be loaded as well: endpoints are chosen by the zone of this one."""
    own = nodes(net)
    own[0]["metadata"]["labels"] = {"topology.kubernetes.io/zone": "here"}
    hinted = slices(net, "a", "b")
    for each in hinted:
        for endpoint, zone in zip(each["endpoints"], ("here", "there")):
            endpoint.update(zone=zone, hints={"forZones": [{"name": zone}]})
    engine.load([*own, service(trafficDistribution="PreferClose"), *hinted])
    for client, address, port in frontends:
        only(client, address, port, "tcp", "a", times=6)


def test_a_refusal_names_the_object(engine, net):
    with pytest.raises(Refused, match="Service/default/odd"):
        engine.load([service("odd", clusterIP="192.0.2.77", clusterIPs=["192.0.2.77"])])
    engine.load([])
