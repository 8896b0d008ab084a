# SPDX-License-Identifier: GPL-2.0
"""Limits: stated, kept, and errors, not truncation: TX-08, TX-09."""
import contextlib
import errno
import subprocess

import pytest

from lab import abi, conntrack, genl
from lab.client import Conversation
from lab.module import load, unload
from lab.tables import Tables, backend, number, u64
from lab.wait import until


@pytest.fixture
def loaded_with(lab, tables):
    """Function: the module loaded anew with parameters; its empty tables. Afterwards as it was."""
    sockets = []

    def load_with(*parameters):
        tables.close()
        unload()
        load(*parameters)
        sockets.append(Tables(lab.node))
        return sockets[-1]

    yield load_with
    for t in sockets:
        t.close()
    unload()
    load()


def limits(tables):
    values = dict(tables.call(abi.CMD_INFO)[0].attributes)
    return [genl.u32(values[getattr(abi, f"A_LIMIT_{n}")]) for n in ("SERVICES", "FRONTENDS", "BACKENDS")]


@pytest.mark.row("TX-08", "DP-01")
def test_flows_past_the_limit_go_on(lab, loaded_with, family):
    """TX-08: they are served and counted, but not recorded; a record that goes makes room."""
    tables = loaded_with("limit_flows=2")
    tables.change(*tables.simple("shop/dns:dns", family.vip(1), 53, (lab.a.addr(family), 8080), protocol="udp"))
    with contextlib.ExitStack() as stack:
        flows = [stack.enter_context(Conversation(lab.c, family.vip(1), 53, "udp")) for _ in range(4)]
        assert {f.ask().name for f in flows} == {"a"}
        assert tables.backend_flows("shop/dns:dns") == {(lab.a.addr(family), 8080): 2}
        assert tables.stats()["unrecorded"] == tables.stats("shop/dns:dns")["unrecorded"] == 2
        assert number(tables.call(abi.CMD_INFO)[0], abi.A_LIMIT_FLOWS) == 2
        assert {f.ask().name for f in flows} == {"a"}
        conntrack.flush(lab.node)
        until(lambda: not tables.flows(), "the records go")
        assert flows[0].ask().name == "a"
        assert len(tables.flows()) == 1
    tables.clear()


def too_many(tables, *requests):
    """Requests of one transaction of which the last is refused: the Refused; nothing has changed."""
    before = tables.dump()
    tables.exchange([tables.begin(), *requests[:-1]])
    with pytest.raises(genl.Refused) as e:
        tables.exchange([requests[-1]])
    with pytest.raises(genl.Refused) as c:
        tables.exchange([tables.commit()])
    assert c.value.errno == errno.ECANCELED and tables.dump() == before
    assert e.value.errno == errno.ENOSPC
    return e.value.text


@pytest.mark.row("TX-08")
def test_at_the_limit_and_one_above(loaded_with, family):
    """TX-08: what INFO states may be used to the last; one more is refused, by name, without an effect."""
    tables = loaded_with("limit_services=3", "limit_frontends=5", "limit_backends=4")
    assert limits(tables) == [3, 5, 4]
    names = [f"shop/web{n}:http" for n in range(4)]
    pods = [backend(str(family.pods[n]), 80) for n in range(300, 305)]
    vips = [family.vip(n) for n in range(1, 7)]
    tables.change(*(tables.service(n, family) for n in names[:3]),
                  tables.backends(names[0], family, "tcp", *pods[:4]),
                  *(tables.frontend(names[0], v, 80) for v in vips[:5]))
    assert "LIMIT_SERVICES" in too_many(tables, tables.service(names[3], family))
    assert "LIMIT_FRONTENDS" in too_many(tables, tables.frontend(names[1], vips[5], 80))
    assert "LIMIT_BACKENDS" in too_many(tables, tables.backends(names[0], family, "tcp", pods[4]))
    # One that goes makes room in the same transaction; one that is there needs none.
    tables.change(tables.service_del(names[2], family), tables.service(names[3], family),
                  tables.backends_del(names[0], family, "tcp", pods[0]),
                  tables.backends(names[0], family, "tcp", pods[4], *pods[1:4]),
                  tables.frontend(names[1], vips[0], 80))
    tables.clear()


@pytest.mark.row("TX-08", "CTL-03")
@pytest.mark.parametrize("parameter", ["limit_services=0", "limit_frontends=0", "limit_backends=0",
                                       "limit_backends=65537", "limit_flows=0", "limit_retiring=0"])
def test_senseless_parameters_are_refused(loaded_with, parameter):
    """TX-08: the module does not load with a limit that cannot be."""
    with pytest.raises(subprocess.CalledProcessError):
        loaded_with(parameter)
    log = subprocess.run(["dmesg"], check=True, capture_output=True, text=True).stdout
    assert "limit_" in log.splitlines()[-1]


def begins(tables):
    """BEGIN; False: too much waits to be freed."""
    try:
        tables.exchange([tables.begin()])
    except genl.Refused as e:
        if e.errno != errno.EAGAIN:
            raise
        return False
    return True


@pytest.mark.limit(600)
@pytest.mark.row("TX-09")
def test_memory_that_waits_is_bounded(loaded_with, family):
    """TX-09: a writer without pause waits in BEGIN before more than the limit waits to be freed."""
    tables = loaded_with("limit_retiring=1")
    values = dict(tables.call(abi.CMD_INFO)[0].attributes)
    assert u64(values[abi.A_LIMIT_RETIRING]) == 1 << 20
    many = [backend(str(family.pods[256 + n]), 80) for n in range(20000)]
    tables.change(tables.service("shop/large:http", family),
                  *(tables.backends("shop/large:http", family, "tcp", *many[at:at + 500])
                    for at in range(0, 20000, 500)), batch=4)
    most = 0
    for n in range(60):         # each replaces a configuration of more than half a MiB
        while not begins(tables):
            pass
        tables.exchange([
            tables.backends("shop/large:http", family, "tcp",
                            backend(str(family.pods[256]), 80, weight=2 + n % 2)),
            tables.commit()])
        most = max(most, number(tables.call(abi.CMD_INFO)[0], abi.A_RETIRING))
    assert 0 < most < (1 << 20) + 700000       # the limit, and one more
    tables.clear()


@pytest.mark.row("TX-09")
def test_what_a_transaction_takes_back_is_bounded(loaded_with, family):
    """TX-09: a transaction that makes and takes back without end is stopped; all of it is counted."""
    tables = loaded_with("limit_retiring=1")
    tables.exchange([tables.begin(), tables.service("shop/web:http", family)])
    with pytest.raises(genl.Refused) as e:
        for n in range(100000):
            tables.exchange([tables.frontend("shop/web:http", family.vip(1), 80, exclusive=k)
                             for k in (False, True)])
    assert e.value.errno == errno.ENOSPC and "LIMIT_RETIRING" in e.value.text
    assert 1000 < n < 20000
    tables.call(abi.CMD_ABORT)
    assert number(tables.call(abi.CMD_INFO)[0], abi.A_RETIRING) >= 1 << 20
    until(lambda: not number(tables.call(abi.CMD_INFO)[0], abi.A_RETIRING), "all of it is freed")
