# SPDX-License-Identifier: GPL-2.0
"""Packets out of tunnels whose devices carry metadata, as Open vSwitch's: REJ-01, FE-01."""
import pytest

from lab.client import attempt, only
from lab.family import V4

FAR_MAC, NEAR_MAC = "02:00:00:00:77:02", "02:00:00:00:77:01"


@pytest.fixture
def tunnel(lab, family):
    """VXLAN between outside and the node, whose end is in metadata mode: all goes that way."""
    near, far = ("10.77.0.1", "10.77.0.2") if family is V4 else ("fd00:77::1", "fd00:77::2")
    length, whole = (24, 32) if family is V4 else (64, 128)
    nodad = "" if family is V4 else "nodad"
    vips = [family.vip(1), family.vip(9)]
    lab.node.ip(f"""
        link add metadata address {NEAR_MAC} type vxlan dstport 4789 external
        link set metadata up
        addr add {near}/{length} dev metadata {nodad}
        neigh add {far} lladdr {FAR_MAC} dev metadata nud permanent
        route add {far}/{whole} dev metadata encap ip id 7 dst {lab.outside.addr(V4)}
    """)
    lab.outside.ip(f"""
        link add tunnel address {FAR_MAC} type vxlan id 7 dstport 4789 remote {lab.node.addr(V4)}
        link set tunnel up
        addr add {far}/{length} dev tunnel {nodad}
        neigh add {near} lladdr {NEAR_MAC} dev tunnel nud permanent
    """ + "\n".join(f"route add {vip} via {near} dev tunnel" for vip in vips))
    yield vips
    lab.outside.ip("link del tunnel")
    lab.node.ip("link del metadata")


@pytest.mark.row("REJ-01", "FE-01")
def test_out_of_a_metadata_tunnel(lab, svcctl, tables, family, tunnel):
    """REJ-01: served and refused; 6.1's nf_send_reset() would take the metadata for a route and crash."""
    served, refused = tunnel
    svcctl("add", "service", "shop/web:http", family.at(served, 80),
           "backend", family.at(lab.a.addr(family), 8080))
    svcctl("add", "service", "shop/none:http", family.at(refused, 80))
    svcctl("add", "service", "shop/none:dns", family.at(refused, 53, "udp"))
    only(lab.outside, served, 80, "tcp", "a", times=2)
    assert attempt(lab.outside, refused, 80).refused
    assert attempt(lab.outside, refused, 53, "udp").refused
    assert tables.stats("shop/none:http")["no_backend"] == 1
