# SPDX-License-Identifier: GPL-2.0
"""What happens is told and remembered: TX-06, REJ-02."""
import contextlib
import errno
import os
import time

import pytest

from lab import abi, genl
from lab.client import attempt
from lab.packets import Spray
from lab.tables import Tables, backend, number, rule, text
from lab.wait import until

COUNTS = [n for n in dir(abi) if n.startswith(("A_SERVICES_", "A_FRONTENDS_", "A_BACKENDS_"))]


@pytest.fixture
def listener(lab, tables):
    """A socket that is told of commits; empty tables."""
    with Tables(lab.node) as t:
        t.listen("events")
        yield t


def counts(message):
    """The counts of a CHANGED or COMMITTED that are not 0: {"backends_added": 2, …}."""
    values = dict(message.attributes)
    return {n.removeprefix("A_").lower(): genl.u32(values[getattr(abi, n)])
            for n in COUNTS if getattr(abi, n) in values}


def commit(events):
    """The next commit: what it changed as {service: (change, counts)}, and its COMMITTED."""
    changed = {}
    for m in events:
        if m.command == abi.CMD_COMMITTED:
            return changed, m
        assert m.command == abi.CMD_CHANGED
        change = abi.name_of("CHANGE_", genl.u32(dict(m.attributes)[abi.A_CHANGE]))
        key = text(m, abi.A_NAME), change
        assert key not in changed
        changed[key] = counts(m)


@pytest.mark.smoke
@pytest.mark.row("TX-06")
def test_each_commit_is_told(lab, tables, listener, family):
    """TX-06: a commit tells each service that it changed and how much, then who made it."""
    events = listener.events()
    pods = [(str(family.pods[n]), 8080) for n in range(300, 306)]
    vips = [family.vip(n) for n in range(1, 5)]
    generation = tables.change(*tables.simple("shop/web:http", vips[0], 80, *pods[:3]),
                               *tables.simple("shop/api:http", vips[1], 80, pods[0]))
    changed, m = commit(events)
    assert changed == {
        ("shop/web:http", "added"): {"frontends_added": 1, "backends_added": 3},
        ("shop/api:http", "added"): {"frontends_added": 1, "backends_added": 1}}
    assert number(m, abi.A_GENERATION) == generation
    assert counts(m) == {"services_added": 2, "frontends_added": 2, "backends_added": 4}
    assert (text(m, abi.A_OWNER), genl.u32(dict(m.attributes)[abi.A_PID])) == ("admin", os.getpid())

    tables.change(
        tables.backends("shop/web:http", family, "tcp", backend(*pods[0], weight=5), backend(*pods[1]),
                        backend(*pods[4])),
        tables.backends_del("shop/web:http", family, "tcp", backend(*pods[2])),
        # The frontend moves, and gets another rule.
        tables.frontend("shop/web:http", vips[1], 80, rules=[rule("pod", masquerade=True)]),
        tables.frontend("shop/api:http", vips[2], 80))
    changed, m = commit(events)
    assert changed == {
        ("shop/web:http", "changed"): {"frontends_added": 1, "backends_added": 1, "backends_changed": 1,
                                       "backends_deleted": 1},
        ("shop/api:http", "changed"): {"frontends_added": 1, "frontends_deleted": 1}}

    # What ends as it was is no change; what came and went neither.
    tables.change(tables.service("shop/web:http", family), tables.service("shop/brief:http", family),
                  tables.frontend("shop/brief:http", vips[3], 80),
                  tables.service_del("shop/brief:http", family))
    assert commit(events)[0] == {}

    # A whole owner is replaced: only the difference is told.
    tables.change(*tables.simple("shop/web:http", vips[0], 80, pods[0]), replace=True)
    changed, m = commit(events)
    assert changed == {
        ("shop/web:http", "changed"): {"frontends_deleted": 1, "backends_changed": 1,
                                       "backends_deleted": 2},
        ("shop/api:http", "deleted"): {"frontends_deleted": 1, "backends_deleted": 1}}
    assert abi.A_REPLACED in dict(m.attributes) and abi.A_NOT_LISTED not in dict(m.attributes)


@pytest.mark.row("TX-06")
def test_refused_and_aborted_are_not_told(tables, listener, family):
    """TX-06: what did not happen is not told."""
    events = listener.events()
    tables.exchange([tables.begin(), tables.service("shop/web:http", family)])
    tables.call(abi.CMD_ABORT)
    with pytest.raises(genl.Refused):
        tables.change(tables.service_del("shop/nobody:http", family))
    generation = tables.change(tables.service("shop/web:http", family))
    assert number(commit(events)[1], abi.A_GENERATION) == generation


@pytest.mark.row("TX-06")
def test_commits_are_told_once_and_in_order(tables, listener, family):
    """TX-06: the generations of what is told have no hole and no repetition."""
    events = listener.events()
    first = tables.generation()
    for n in range(200):
        tables.change(tables.service(f"shop/web{n % 3}:http", family),
                      *tables.simple(f"shop/x{n}:http", family.vip(n + 1), 80))
    told = [number(commit(events)[1], abi.A_GENERATION) for _ in range(200)]
    assert told == list(range(first + 1, first + 201))


@pytest.mark.row("TX-06")
def test_a_slow_listener_is_told_that_it_missed_some(lab, tables, family):
    """TX-06: ENOBUFS, then what comes after; the hole shows in the generations."""
    with Tables(lab.node, receive=4096) as slow:
        slow.listen("events")
        for n in range(300):
            tables.change(*tables.simple(f"shop/web{n}:http", family.vip(n + 1), 80))
        with pytest.raises(OSError) as e:
            events = slow.events()
            for _ in range(1000):
                next(events)
        assert e.value.errno == errno.ENOBUFS
        slow.socket.settimeout(0.2)
        try:                    # what was left in the buffer
            for _ in slow.events():
                pass
        except TimeoutError:
            pass
        slow.socket.settimeout(60)
        generation = tables.change(tables.service_del("shop/web0:http", family))
        assert number(commit(slow.events())[1], abi.A_GENERATION) == generation


@pytest.mark.row("TX-06")
def test_too_many_changes_are_not_listed(tables, listener, family):
    """TX-06: over 1024 changed services a commit says that it does not list them; 1024 it lists."""
    events = listener.events()
    tables.change(*(tables.service(f"shop/web{n}:http", family) for n in range(1024)))
    changed, m = commit(events)
    assert len(changed) == 1024 and abi.A_NOT_LISTED not in dict(m.attributes)
    tables.change(*(tables.service(f"shop/new{n}:http", family) for n in range(1025)))
    changed, m = commit(events)
    assert not changed and abi.A_NOT_LISTED in dict(m.attributes)
    assert counts(m) == {"services_added": 1025}


def history(tables):
    return tables.call(abi.CMD_HISTORY_GET, flags=genl.F_DUMP)


@pytest.mark.smoke
@pytest.mark.row("TX-06")
def test_history_remembers_the_last_commits(tables, family):
    """TX-06: who made the last 128 commits, when, and how much each changed."""
    begin = time.time_ns()
    generation = tables.change(*tables.simple("shop/web:http", family.vip(1), 80,
                                              (str(family.pods[7]), 80)), owner="daemon")
    m = history(tables)[-1]
    values = dict(m.attributes)
    assert m.command == abi.CMD_COMMITTED
    assert number(m, abi.A_GENERATION) == generation
    assert (text(m, abi.A_OWNER), genl.u32(values[abi.A_PID])) == ("daemon", os.getpid())
    assert begin <= number(m, abi.A_TIME) <= time.time_ns()
    assert counts(m) == {"services_added": 1, "frontends_added": 1, "backends_added": 1}
    for _ in range(130):
        generation = tables.change(tables.service("shop/web:http", family), owner="daemon")
    assert [number(m, abi.A_GENERATION) for m in history(tables)] == \
        list(range(generation - 127, generation + 1))
    tables.change(owner="daemon", replace=True)
    until(lambda: tables.stats()["flows"] == 0, "the tables go")
    m = history(tables)[-1]         # it outlives the tables
    assert counts(m) == {"services_deleted": 1, "frontends_deleted": 1, "backends_deleted": 1}


@pytest.mark.row("TX-05", "TX-06")
def test_a_dump_of_history_ends_and_has_no_hole(lab, tables, family):
    """TX-05: it ends with what was the last commit at its start; what was overwritten meanwhile is told."""
    def commits(n):
        for _ in range(n):
            generation = tables.change(tables.service("shop/web:http", family))
        return generation

    last = commits(130)
    with Tables(lab.node, room=4096) as slow:
        rounds = slow.dump_rounds(abi.CMD_HISTORY_GET)
        first = next(rounds)
        seen = [number(m, abi.A_GENERATION) for m in first]
        commits(5)
        for answers in rounds:
            assert not any(m.flags & genl.F_DUMP_INTR for m in answers)
            seen += [number(m, abi.A_GENERATION) for m in answers]
    assert seen == list(range(last - 127, last + 1)) and len(first) < 64

    last = commits(1)
    with Tables(lab.node, room=4096) as slow:
        rounds = slow.dump_rounds(abi.CMD_HISTORY_GET)
        first = next(rounds)
        commits(127)
        rest = [m for answers in rounds for m in answers]
    assert any(m.flags & genl.F_DUMP_INTR for m in rest)
    assert number(rest[-1], abi.A_GENERATION) == last


@pytest.mark.smoke
@pytest.mark.row("REJ-02")
def test_a_refused_packet_is_told(lab, tables, family):
    """REJ-02: who asked, for what, by which device, why it was refused and by which service."""
    vip = family.vip(1)
    tables.change(*tables.simple("shop/none:http", vip, 80))
    with Tables(lab.node) as listener:
        listener.listen("drops")
        events = listener.events()
        for client, port, reason, service in ((lab.c, 80, "no_backend", "shop/none:http"),
                                              (lab.node, 80, "no_backend", "shop/none:http"),
                                              (lab.c, 81, "unclaimed", None)):
            assert attempt(client, vip, port).refused
            m = next(events)
            values = dict(m.attributes)
            assert m.command == abi.CMD_DROPPED
            assert abi.name_of("DROP_", genl.u32(values[abi.A_DROP_REASON])) == reason
            assert family.unpack(values[abi.A_ADDRESS]) == vip and genl.u32(values[abi.A_PORT]) == port
            assert (abi.A_DEVICE in values) == (client is not lab.node)
            if client is lab.c:
                assert family.unpack(values[abi.A_SOURCE]) == lab.c.addr(family)
            assert genl.u32(values[abi.A_PROTOCOL]) == 6
            if service:
                assert text(m, abi.A_NAME) == service
            else:
                assert abi.A_NAME not in values


@pytest.mark.row("REJ-02")
def test_a_flood_of_drops_is_told_in_part(lab, tables, family):
    """REJ-02: what was not told is counted in what is told next: together they are all."""
    vip = family.vip(1)
    tables.change(*tables.simple("shop/none:http", vip, 80, protocol="udp"))
    with Tables(lab.node) as listener, Spray(lab.c, vip, 80) as spray:
        listener.listen("drops")
        listener.socket.setblocking(False)
        told, lost, begin = 0, 0, time.monotonic()

        def read():
            nonlocal told, lost
            with contextlib.suppress(BlockingIOError):
                for m in listener.events():
                    told += 1
                    lost += genl.u32(dict(m.attributes).get(abi.A_LOST, bytes(4)))

        def all_told():
            spray.send([999])           # once there is room again it tells of those before it
            read()
            return told + lost == tables.stats("shop/none:http")["no_backend"] >= 20000

        for first in range(1024, 21024, 1000):
            spray.send(range(first, first + 1000))
            read()                      # a slow machine may be told more than a socket holds
        until(all_told, "all 20,000 are told, or counted as lost", 60)
        # As many as at once may be, or less where others were told just before; then 1,000 a second.
        assert 0 < told <= 1000 * (2 + time.monotonic() - begin) and lost > 0
