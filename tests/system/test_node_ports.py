# SPDX-License-Identifier: GPL-2.0
"""Frontends of every node address: FE-04, FE-14, DP-05."""
import errno

import pytest

from lab import abi, genl
from lab.client import attempt, everyone, only
from lab.family import FAMILIES, V4, V6
from lab.tables import rule
from lab.wait import at_once, until

PORT = 30080


def wildcard(tables, name, family, port=PORT, protocol="tcp", rules=()):
    """FRONTEND_SET without ADDRESS."""
    return tables.request(abi.CMD_FRONTEND_SET, tables.key(name, protocol, family) + [
        (abi.A_PORT, port), (abi.A_KIND, abi.KIND_NODE_PORT), *rules])


@pytest.fixture
def node_port(lab, tables, family):
    """Gives a function that makes a NodePort with backends a and d, sources masqueraded."""
    def make(protocol="tcp", name="shop/web:http"):
        rules = [rule(c, masquerade=True) for c in ("pod", "node", "outside")]
        tables.change(*tables.simple(name, family.vip(1), 80, (lab.a.addr(family), 8080),
                                     (lab.d.addr(family), 9090), protocol=protocol),
                      wildcard(tables, name, family, protocol=protocol, rules=rules))
    return make


def node_cidrs(tables, *cidrs):
    """SETTINGS with these NODE_PORT_CIDRs: (family, address, prefix)."""
    tables.change(tables.request(abi.CMD_SETTINGS_SET, [(abi.A_NODE_PORT_CIDR, [
        (abi.A_CIDR_ADDRESS, f.pack(a)), (abi.A_CIDR_PREFIX, p)]) for f, a, p in cidrs]))


@pytest.mark.smoke
@pytest.mark.row("FE-04", "DP-05")
def test_at_every_address_of_the_node(lab, node_port, client, family, protocol):
    """FE-04: it answers at each address of the node, over each protocol, whoever asks; DP-05: masqueraded."""
    node_port(protocol)
    for address in lab.node.addr(family), lab.wire(family, 1):
        answers = everyone(client, address, PORT, protocol, [lab.a, lab.d])
        assert {(a.name, a.port) for a in answers} == {("a", 8080), ("d", 9090)}
        assert {a.peer for a in answers} <= {lab.node.addr(family), lab.wire(family, 1)}


@pytest.mark.row("FE-04")
def test_not_at_other_addresses(lab, node_port, family):
    """FE-04: another node's address, a pod's or a ClusterIP at that port is not it."""
    node_port()
    for address in lab.wire(family, 2), lab.b.addr(family):
        outcome = attempt(lab.c, address, PORT)
        assert outcome.answer is None and outcome.refused
    assert attempt(lab.node, "127.0.0.1" if family is V4 else "::1", PORT).refused
    assert attempt(lab.c, lab.node.addr(family), PORT + 1).refused, "the node itself answers there"


@pytest.mark.row("FE-04")
def test_addresses_are_followed(lab, node_port, family):
    """FE-04: an address that the node gets serves at once, one that it loses does not any more."""
    node_port()
    address = "198.51.100.7" if family is V4 else "2001:db8:7::7"
    assert attempt(lab.outside, address, PORT, timeout=0.5).answer is None
    nodad = "" if family is V4 else " nodad"
    lab.node.ip(f"addr add {address}/{family.bits} dev up0{nodad}")
    try:
        everyone(lab.outside, address, PORT, "tcp", [lab.a, lab.d])
    finally:
        lab.node.ip(f"addr del {address}/{family.bits} dev up0")
    assert attempt(lab.outside, address, PORT, timeout=0.5).answer is None


@pytest.mark.row("FE-04")
def test_only_at_chosen_addresses(lab, tables, node_port, family):
    """FE-04: with CIDRs of its family only at addresses in these; those of the other say nothing."""
    node_port()
    first, second = lab.node.addr(family), lab.wire(family, 1)
    node_cidrs(tables, (family, first, family.bits))
    everyone(lab.c, first, PORT, "tcp", [lab.a, lab.d])
    assert attempt(lab.c, second, PORT).refused
    other = next(f for f in FAMILIES if f is not family)
    node_cidrs(tables, (other, other.vip(0), other.services.prefixlen))
    everyone(lab.c, second, PORT, "tcp", [lab.a, lab.d])


@pytest.mark.row("FE-14")
def test_an_address_goes_before_the_wildcard(lab, tables, node_port, family):
    """FE-14: a frontend of a node's very address and port wins; other addresses keep the NodePort."""
    node_port()
    tables.change(*tables.simple("shop/other:http", lab.node.addr(family), PORT,
                                 (lab.b.addr(family), 8080)))
    only(lab.c, lab.node.addr(family), PORT, "tcp", "b")
    everyone(lab.c, lab.wire(family, 1), PORT, "tcp", [lab.a, lab.d])
    tables.change(tables.service_del("shop/other:http", family))
    everyone(lab.c, lab.node.addr(family), PORT, "tcp", [lab.a, lab.d])


@pytest.mark.row("FE-14")
def test_an_exclusive_address_has_no_node_ports(lab, tables, node_port, family):
    """FE-12, FE-14: an address that is a service's alone refuses what no frontend of it claims."""
    node_port()
    address = family.vip(9)
    lab.node.ip(f"link add dummy0 type dummy\nlink set dummy0 up\n"
                f"addr add {address}/{family.bits} dev dummy0" + ("" if family is V4 else " nodad"))
    try:
        everyone(lab.c, address, PORT, "tcp", [lab.a, lab.d])
        tables.change(*tables.simple("shop/alone:http", address, 80, (lab.b.addr(family), 8080)))
        outcome = attempt(lab.c, address, PORT)
        assert outcome.refused and outcome.seconds < at_once()
    finally:
        lab.node.ip("link del dummy0")


@pytest.mark.row("FE-04", "TX-01")
def test_it_is_read_as_it_was_set(tables, node_port, family):
    """FE-04: GET, dump and delete know a frontend without ADDRESS; EXCLUSIVE is refused for it."""
    node_port()
    key = [(abi.A_PROTOCOL, 6), (abi.A_FAMILY, family.nf), (abi.A_PORT, PORT)]
    one, = tables.call(abi.CMD_FRONTEND_GET, key)
    a = dict(one.attributes)
    assert abi.A_ADDRESS not in a and genl.u32(a[abi.A_KIND]) == abi.KIND_NODE_PORT
    dump = tables.call(abi.CMD_FRONTEND_GET, flags=genl.F_DUMP)
    assert sum(abi.A_ADDRESS not in dict(m.attributes) for m in dump) == 1
    with pytest.raises(genl.Refused) as e:
        tables.change(tables.request(abi.CMD_FRONTEND_SET, tables.key("shop/web:http", "tcp", family) + [
            (abi.A_PORT, PORT), (abi.A_FRONTEND_FLAGS, abi.FRONTEND_EXCLUSIVE)]))
    assert e.value.errno == errno.EINVAL and "KIND NODE_PORT" in e.value.text
    with pytest.raises(genl.Refused) as e:
        tables.change(tables.request(abi.CMD_FRONTEND_SET, tables.key("shop/web:http", "tcp", family) + [
            (abi.A_PORT, PORT), (abi.A_KIND, abi.KIND_NODE_PORT),
            (abi.A_FRONTEND_FLAGS, abi.FRONTEND_EXCLUSIVE)]))
    assert e.value.errno == errno.EINVAL and e.value.attribute[0] == abi.A_FRONTEND_FLAGS
    tables.change(tables.request(abi.CMD_FRONTEND_DEL, key))
    with pytest.raises(genl.Refused) as e:
        tables.call(abi.CMD_FRONTEND_GET, key)
    assert e.value.errno == errno.ENOENT


@pytest.mark.row("FE-04", "TX-02")
def test_aborted_and_deleted_wildcards_leave_nothing(lab, tables, node_port, family):
    """TX-02: one that was only staged is not seen, the last one's end is; and it may come again."""
    node_port()
    tables.exchange([tables.begin(), tables.service_del("shop/web:http", family)])
    everyone(lab.c, lab.node.addr(family), PORT, "tcp", [lab.a, lab.d])
    tables.call(abi.CMD_ABORT)
    everyone(lab.c, lab.node.addr(family), PORT, "tcp", [lab.a, lab.d])
    for _ in range(3):
        tables.change(tables.service_del("shop/web:http", family))
        until(lambda: attempt(lab.c, lab.node.addr(family), PORT).refused, "it is gone", 5)
        node_port()
        everyone(lab.c, lab.node.addr(family), PORT, "tcp", [lab.a, lab.d])


@pytest.mark.row("FE-04")
def test_not_at_link_local_addresses(lab, tables):
    """FE-04: IPv6's link-local addresses of the node, which other hosts may have as well, are left alone."""
    tables.change(*tables.simple("shop/web:http", V6.vip(1), 80, (lab.a.addr(V6), 8080)),
                  wildcard(tables, "shop/web:http", V6))
    lab.node.ip("addr add fe80::1/64 dev up0 nodad")
    try:
        told = {address: genl.u32(tables.explain(lab.outside.addr(V6), address, PORT, device="up0")[
            abi.A_VERDICT][0]) for address in ("fe80::1", lab.node.addr(V6))}
    finally:
        lab.node.ip("addr del fe80::1/64 dev up0")
    assert told == {"fe80::1": abi.VERDICT_PASS, lab.node.addr(V6): abi.VERDICT_FORWARD}
