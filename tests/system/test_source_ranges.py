# SPDX-License-Identifier: GPL-2.0
"""Sources that may ask a frontend, and addresses that are services' alone: FE-08, FE-13."""
import errno
import ipaddress

import pytest

from lab import abi, genl
from lab.client import attempt, only
from lab.family import V4, V6
from lab.packets import Sniffer
from lab.tables import backend


def cidr(kind, network):
    return kind, [(abi.A_CIDR_ADDRESS, network.network_address.packed),
                  (abi.A_CIDR_PREFIX, network.prefixlen)]


def block(address, prefix):
    return ipaddress.ip_network(f"{address}/{prefix}", strict=False)


def guarded(tables, family, address, *networks, backends=()):
    """Requests for a service whose one frontend lets only these ask."""
    name = "shop/web:lb"
    return [tables.service(name, family),
            *([tables.backends(name, family, "tcp", *(backend(*b) for b in backends))]
              if backends else []),
            tables.request(abi.CMD_FRONTEND_SET, tables.key(name, "tcp", family) + [
                (abi.A_ADDRESS, family.pack(address)), (abi.A_PORT, 80),
                (abi.A_KIND, abi.KIND_LOAD_BALANCER),
                *(cidr(abi.A_SOURCE_RANGE, n) for n in networks)])]


@pytest.mark.smoke
@pytest.mark.row("FE-08")
def test_only_sources_in_a_range_are_answered(lab, tables, client, family):
    """FE-08: clients in a range are answered; a pod, the node and others that are not are dropped, counted."""
    vip = family.vip(20)
    serving = [(lab.a.addr(family), 8080)]
    mine = block(client.addr(family), family.bits)
    tables.change(*guarded(tables, family, vip, mine, backends=serving))
    only(client, vip, 80, "tcp", "a", times=3)
    # Two ranges of which the first one is not it; then none that is.
    elsewhere = block("198.51.100.0", 24) if family is V4 else block("2001:db8:51::", 48)
    tables.change(*guarded(tables, family, vip, elsewhere, mine))
    only(client, vip, 80, "tcp", "a", times=3)
    tables.change(*guarded(tables, family, vip, elsewhere))
    outcome = attempt(client, vip, 80, timeout=0.5)
    assert outcome.answer is None and not outcome.refused
    stats = tables.stats("shop/web:lb")
    assert stats["source_range"] >= 1 and stats["flows"] == 6


@pytest.mark.row("FE-08")
def test_ranges_come_before_the_verdict_of_no_endpoint(lab, tables, family):
    """FE-08: who may not ask is dropped also where nobody serves; who may is refused at once."""
    vip = family.vip(20)
    tables.change(*guarded(tables, family, vip, block(lab.outside.addr(family), family.bits)))
    assert not attempt(lab.c, vip, 80, timeout=0.5).refused
    assert attempt(lab.outside, vip, 80).refused


@pytest.mark.row("FE-08")
def test_a_zero_prefix_is_open(lab, tables, family, client):
    """FE-08: /0 lets everyone ask."""
    everything = block("0.0.0.0" if family is V4 else "::", 0)
    tables.change(*guarded(tables, family, family.vip(20), everything,
                           backends=[(lab.a.addr(family), 8080)]))
    only(client, family.vip(20), 80, "tcp", "a", times=2)


@pytest.mark.row("FE-08", "TX-08")
def test_ranges_are_read_as_set_and_limited(tables, family):
    """TX-08: ranges come back as they were set; the wrong family and too many are refused, by name."""
    networks = [block(family.pods[n << 8], family.bits - 8) for n in range(64)]
    tables.change(*guarded(tables, family, family.vip(20), *networks))
    one, = tables.call(abi.CMD_FRONTEND_GET, flags=genl.F_DUMP)
    told = [dict(genl.parse(o)) for k, o in one.attributes if k == abi.A_SOURCE_RANGE]
    assert [(t[abi.A_CIDR_ADDRESS], genl.u32(t[abi.A_CIDR_PREFIX])) for t in told] == [
        (n.network_address.packed, n.prefixlen) for n in networks]
    generation = tables.generation()
    for wrong, number in ((networks + networks[:1], errno.ENOSPC),
                          ([block("10.0.0.0", 8) if family is not V4 else block("fd00::", 8)],
                           errno.EINVAL)):
        with pytest.raises(genl.Refused) as e:
            tables.change(*guarded(tables, family, family.vip(20), *wrong))
        assert e.value.errno == number and e.value.attribute[0] == abi.A_SOURCE_RANGE
    assert tables.generation() == generation


@pytest.fixture
def service_cidr(lab, tables, family):
    """The service CIDR is known, one service is in it."""
    tables.change(*tables.simple("shop/web:http", family.vip(1), 80, (lab.a.addr(family), 8080)),
                  tables.request(abi.CMD_SETTINGS_SET, [cidr(abi.A_SERVICE_CIDR, family.services)]))


@pytest.mark.row("FE-13")
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_an_address_that_no_service_has_is_dropped(lab, tables, service_cidr, client, family, protocol):
    """FE-13: a new flow to an address of the service CIDR that nobody has leaves no trace, and is counted."""
    before = tables.stats().get("service_cidr", 0)
    with Sniffer(lab.node, "up0") as up:
        outcome = attempt(client, family.vip(77), 80, protocol, timeout=0.5)
        assert outcome.answer is None and not outcome.refused
        assert not up.to(family.vip(77), outgoing=True)
    assert tables.stats()["service_cidr"] > before
    assert family.vip(77) not in lab.node.run("conntrack", "-L", "-f", str(family)).stdout
    only(client, family.vip(1), 80, "tcp", "a", times=2)


@pytest.mark.row("FE-13")
def test_what_the_node_holds_is_left_alone(lab, tables, service_cidr, family):
    """FE-13: an address of the service CIDR that is the node's own, and every other one, pass."""
    address = family.vip(78)
    lab.node.ip(f"link add dummy0 type dummy\nlink set dummy0 up\n"
                f"addr add {address}/{family.bits} dev dummy0" + ("" if family is V4 else " nodad"))
    try:
        assert attempt(lab.c, address, 81).refused, "the node itself refuses"
    finally:
        lab.node.ip("link del dummy0")
    answers = only(lab.c, lab.b.addr(family), 8080, "tcp", "b", times=2)
    assert {a.peer for a in answers} == {lab.c.addr(family)}


@pytest.mark.row("FE-13", "FE-10")
def test_services_of_others_in_the_service_cidr_go_on(lab, service_cidr, family):
    """FE-13: what somebody else's DNAT takes is not nobody's, in whatever order the two came."""
    to = family.at(lab.b.addr(family), 8080)
    ip = "ip" if family is V4 else "ip6"
    lab.node.nft("".join(f"""
        add table {ip} others
        add chain {ip} others {hook} {{ type nat hook {hook} priority -100; }}
        add rule {ip} others {hook} {ip} daddr {family.vip(77)} tcp dport 80 dnat to {to}
        """ for hook in ("prerouting", "output")))
    try:
        for host in lab.c, lab.outside, lab.node:
            only(host, family.vip(77), 80, "tcp", "b", times=2)
            assert attempt(host, family.vip(77), 81, timeout=0.3).answer is None
    finally:
        lab.node.run("nft", "delete", "table", ip, "others")


@pytest.mark.row("FE-13", "TX-04")
def test_a_service_cidr_is_not_everything(tables, svcctl, family):
    """FE-13: a service CIDR of prefix 0 is refused with the reason, by the module and before it by svcctl."""
    everything = [(abi.A_CIDR_ADDRESS, bytes(family.bits // 8)), (abi.A_CIDR_PREFIX, 0)]
    with pytest.raises(genl.Refused) as refused:
        tables.change(tables.request(abi.CMD_SETTINGS_SET, [(abi.A_SERVICE_CIDR, everything)]))
    assert refused.value.errno == errno.EINVAL and refused.value.attribute[0] == abi.A_SERVICE_CIDR
    cidr = f"{'0.0.0.0' if family is V4 else '::'}/0"
    done = svcctl("set", "settings", "service-cidr", cidr, expect=1)
    assert f"service-cidr {cidr}: every address" in done.stderr


@pytest.mark.row("TX-05")
def test_settings_with_every_list_at_its_limit_can_be_read(tables):
    """TX-05: the reply has room for all of it."""
    lists = {kind: [(kind, [(abi.A_CIDR_ADDRESS, V6.pack(f"fd00:{n:x}::")), (abi.A_CIDR_PREFIX, 32)])
                    for n in range(1, 65)]
             for kind in (abi.A_POD_CIDR, abi.A_SERVICE_CIDR, abi.A_NODE_PORT_CIDR)}
    lists[abi.A_POD_DEVICE] = [(abi.A_POD_DEVICE, f"device-of-15-{n:02}") for n in range(64)]
    tables.change(tables.request(abi.CMD_SETTINGS_SET, [one for some in lists.values() for one in some]),
                  owner="o" * 63)
    try:
        told, = tables.call(abi.CMD_SETTINGS_GET)
        assert {kind: sum(k == kind for k, _ in told.attributes) for kind in lists} == dict.fromkeys(lists, 64)
    finally:
        tables.clear()
