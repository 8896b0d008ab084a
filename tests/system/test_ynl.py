# SPDX-License-Identifier: GPL-2.0
"""The kernel's own client of netlink specs drives the module by include/nf_svc.yaml: TX-01, TX-06, TX-08."""
import ipaddress
import pathlib
import sys

import pytest

from lab.client import only

PROJECT = pathlib.Path(__file__).parents[2]
YNL = PROJECT / "build/ynl/tools/net/ynl"


def packed(address):
    """An address as YNL takes bytes."""
    return ipaddress.ip_address(address).packed.hex()


def unpacked(text):
    return str(ipaddress.ip_address(bytes.fromhex(text)))


@pytest.fixture
def client(lab, tables):
    """Function: a new socket of the kernel's client in node."""
    if not YNL.is_dir():
        pytest.skip("no build/ynl: run tests/spec/fetch on the host first")
    sys.path.insert(0, str(YNL))
    try:
        from lib import YnlFamily           # the kernel's

        class Client(YnlFamily):
            """It knows no pad, of which machines that align 64-bit numbers send some."""

            def _decode(self, attrs, space, *more):
                pads = {a.value for a in self.attr_sets[space].attrs.values() if a["type"] == "pad"}
                return super()._decode([a for a in attrs if a.type not in pads], space, *more)

        def new():
            with lab.node:
                return Client(str(PROJECT / "include/nf_svc.yaml"), schema="")

        yield new
    finally:
        sys.path.remove(str(YNL))


@pytest.fixture
def ynl(client):
    return client()


def service(family):
    return {"name": "shop/web:http", "protocol": 6, "family": family.nf}


def make(lab, ynl, family):
    key = service(family)
    answers = ynl.do_multi([
        ("begin", {"owner": "ynl"}, []),
        ("service-set", {**key, "flags": {"create"}, "refuse-with": "unreach"}, []),
        ("backend-set", {**key, "backend": [
            {"address": packed(lab.a.addr(family)), "port": 8080, "sets": {"cluster", "local"}},
            {"address": packed(lab.b.addr(family)), "port": 8080, "weight": 0}]}, []),
        ("frontend-set", {**key, "address": packed(family.vip(1)), "port": 80,
                          "frontend-flags": {"exclusive"},
                          "rule": [{"class": "pod", "set": {"local"}, "empty": "drop"}]}, []),
        ("commit", {"steps": 3}, [])])
    return answers[-1]["generation"]


@pytest.mark.row("TX-01")
def test_a_transaction_and_what_it_made(lab, tables, ynl, family):
    """TX-01: what is set by the spec is carried, and read back by the spec with its names."""
    generation = make(lab, ynl, family)
    only(lab.c, family.vip(1), 80, "tcp", "a", times=5)
    info = ynl.do("info", {})
    assert info["generation"] == generation == tables.generation() and "events" in info["capabilities"]
    assert {"random", "rr", "wrr", "mh", "mh-source", "lc"} <= set(info["known-scheduler"])
    one, = ynl.dump("service-get", {})
    assert one == {**service(family), "owner": "ynl", "scheduler": "random", "refuse-with": "unreach",
                   "affinity-timeout": 0, "count-backends": 2, "count-frontends": 1}
    assert ynl.do("service-get", service(family)) == one
    backends = [b for m in ynl.dump("backend-get", service(family)) for b in m["backend"]]
    assert {(unpacked(b["address"]), b["weight"], frozenset(b["sets"])) for b in backends} == {
        (lab.a.addr(family), 1, frozenset({"cluster", "local"})),
        (lab.b.addr(family), 0, frozenset({"cluster"}))}
    assert [unpacked(f["backend"][0]["address"]) for f in ynl.dump("flow-get", service(family))] == \
        5 * [lab.a.addr(family)]
    frontend, = ynl.dump("frontend-get", {})
    assert unpacked(frontend["address"]) == family.vip(1) and frontend["kind"] == "cluster-ip"
    assert {"class": "pod", "set": {"local"}, "masquerade": 0, "empty": "drop"} in frontend["rule"]
    last = ynl.dump("history-get", {})[-1]
    assert (last["generation"], last["owner"], last["backends-added"]) == (generation, "ynl", 2)
    assert ynl.do("stats-get", {})["flows"] == 5


@pytest.mark.row("CTL-01")
def test_explain_by_the_spec(lab, tables, ynl, family):
    """CTL-01: what would happen to a packet, in the spec's words."""
    make(lab, ynl, family)
    packet = {"family": family.nf, "protocol": 6, "source": packed(lab.c.addr(family)),
              "address": packed(family.vip(1)), "port": 80, "device": "lo"}
    told = ynl.do("explain", packet)
    assert (told["verdict"], told["class"], told["name"], told["owner"], told["candidates"]) == \
        ("forward", "outside", "shop/web:http", "ynl", 1)
    assert [unpacked(b["address"]) for b in told["backend"]] == [lab.a.addr(family)]
    assert told["scheduler"] == "random" and "affinity-timeout" not in told
    assert ynl.do("explain", {**packet, "address": packed(family.vip(2))}) == {
        "verdict": "pass", "class": "outside"}
    assert ynl.do("explain", {**packet, "port": 81})["drop-reason"] == "unclaimed"


@pytest.mark.row("TX-08")
def test_a_refusal_names_the_attribute(lab, ynl, family):
    """TX-08: the extended ack of a refusal is decoded by the spec."""
    from lib import NlError                 # the kernel's
    for command, attributes, named in (
            ("begin", {"owner": "a b"}, ".owner"),
            ("explain", {"family": family.nf, "protocol": 6, "source": packed(family.vip(1)),
                         "address": packed(family.vip(1)), "port": 65536}, ".port")):
        with pytest.raises(NlError) as e:
            ynl.do(command, attributes)
        assert e.value.nl_msg.extack["bad-attr"] == named and e.value.nl_msg.extack["msg"]


@pytest.mark.row("TX-06")
def test_notifications_by_the_spec(lab, client, ynl, family):
    """TX-06: what the group is told is in the spec."""
    listener = client()
    listener.ntf_subscribe("events")
    generation = make(lab, ynl, family)
    listener.check_ntf()
    told = listener.async_msg_queue
    assert [m["name"] for m in told] == ["changed", "committed"]
    changed, committed = (m["msg"] for m in told)
    assert changed["change"] == "added" and changed["backends-added"] == 2
    assert committed["generation"] == generation
    told.clear()
    ynl.do("claim", {"owner": "ynl"})
    claim, = ynl.dump("claim-get", {})
    ynl.do("release", {"owner": "ynl"})
    listener.check_ntf()
    assert [(m["name"], m["msg"]) for m in told] == [("claim-ntf", claim), ("release-ntf", claim)]
