# SPDX-License-Identifier: GPL-2.0
"""Dumps: of any size, whole or said to be interrupted: TX-05."""
import contextlib
import errno

import pytest

from lab import abi, genl
from lab.beside import Beside
from lab.tables import Tables, backend, text

MANY = 300      # services: a dump of several rounds
ROOM = 8192     # octets: how much of it one round holds


@pytest.fixture
def many(tables, family):
    """MANY services with a frontend and two backends each; their names."""
    names = [f"shop/s{n}:http" for n in range(MANY)]
    requests = []
    for n, name in enumerate(names):
        requests += tables.simple(name, family.vip(n + 10), 80, (str(family.pods[n + 10]), 8080),
                                  (str(family.pods[n + 10]), 8081))
    tables.change(*requests)
    return names


def names_of(messages):
    return [text(m, abi.A_NAME) for m in messages]


def backends_of(messages):
    """(service, backend) pairs; a service may take several messages."""
    return [(text(m, abi.A_NAME), octets) for m in messages
            for kind, octets in m.attributes if kind == abi.A_BACKEND]


def interrupted(messages):
    return any(m.flags & genl.F_DUMP_INTR for m in messages)


DUMPS = pytest.mark.parametrize("command", [abi.CMD_SERVICE_GET, abi.CMD_BACKEND_GET,
                                            abi.CMD_FRONTEND_GET, abi.CMD_STATS_GET],
                                ids=["services", "backends", "frontends", "stats"])


@pytest.mark.smoke
@pytest.mark.row("TX-05")
@DUMPS
def test_staging_beside_a_dump_does_not_move_it(lab, tables, family, many, command):
    """TX-05: what others stage and abort between two rounds neither hides nor repeats an object."""
    with Tables(lab.node, room=ROOM) as reader, Tables(lab.node) as other:
        rounds = reader.dump_rounds(command)
        messages = next(rounds)
        assert 0 < len(messages) < MANY
        # Staged in one round, gone in the next: each moves what lies in a bucket beside it.
        staged = [r for i in range(150) for r in (
            other.service(f"shop/new{i}:http", family),
            other.frontend(f"shop/new{i}:http", family.vip(1000 + i), 80))]
        for more in rounds:
            messages += more
            other.exchange([other.begin(), *staged])
            messages += next(rounds, [])
            other.call(abi.CMD_ABORT)
    assert not interrupted(messages)
    if command == abi.CMD_BACKEND_GET:
        assert sorted(backends_of(messages)) == sorted(backends_of(tables.call(command, flags=genl.F_DUMP)))
        assert len(backends_of(messages)) == 2 * MANY
    else:
        assert sorted(names_of(messages)) == sorted(many)


@pytest.mark.row("TX-05")
def test_staging_beside_a_dump_of_large_services(lab, tables, family):
    """TX-05: the same where rounds end inside of services, and few buckets hold what is staged."""
    names = [f"shop/s{n}:http" for n in range(25)]
    for name in names:
        tables.change(tables.service(name, family), tables.backends(
            name, family, "tcp", *(backend(str(family.pods[256 + n]), 8080) for n in range(150))))
    with Tables(lab.node, room=ROOM) as reader, Tables(lab.node) as other:
        messages = []
        staged = [other.service(f"shop/new{i}:http", family) for i in range(25)]
        rounds = reader.dump_rounds(abi.CMD_BACKEND_GET)
        for more in rounds:
            messages += more
            other.exchange([other.begin(), *staged])
            messages += next(rounds, [])
            other.call(abi.CMD_ABORT)
    assert not interrupted(messages)
    seen = backends_of(messages)
    assert len(seen) == len(set(seen)) == 25 * 150


@pytest.mark.row("TX-05")
@DUMPS
def test_commit_beside_a_dump_interrupts_it(lab, tables, family, many, command):
    """TX-05: a commit between two rounds is told with the next message."""
    with Tables(lab.node, room=ROOM) as reader, Tables(lab.node) as other:
        rounds = reader.dump_rounds(command)
        messages = next(rounds)
        assert 0 < len(messages) < MANY and not interrupted(messages)
        other.change(*(other.service_del(name, family) for name in many[::2]))
        for more in rounds:
            messages += more
    assert interrupted(messages)
    again = tables.call(command, flags=genl.F_DUMP)
    assert not interrupted(again)
    assert sorted(set(names_of(again))) == sorted(many[1::2])


@pytest.mark.row("TX-05")
def test_a_large_service_takes_several_messages(lab, tables, family):
    """TX-05: a thousand backends of one service are dumped whole, alone and among others."""
    backends = [backend(str(family.pods[256 + n]), 8080) for n in range(1000)]
    requests = [r for n in range(5) for r in
                tables.simple(f"shop/small{n}:http", family.vip(10 + n), 80,
                              (str(family.pods[10 + n]), 8080))]
    requests.append(tables.service("shop/large:http", family))
    for at in range(0, 1000, 500):
        requests.append(tables.backends("shop/large:http", family, "tcp", *backends[at:at + 500]))
    tables.change(*requests, batch=4)

    one = tables.call(abi.CMD_BACKEND_GET, tables.key("shop/large:http", "tcp", family), genl.F_DUMP)
    assert len(one) > 1 and set(names_of(one)) == {"shop/large:http"}
    every = tables.call(abi.CMD_BACKEND_GET, flags=genl.F_DUMP)
    assert set(names_of(every)) == {"shop/large:http", *(f"shop/small{n}:http" for n in range(5))}

    def addresses(messages):
        return [dict(genl.parse(octets))[abi.A_BACKEND_ADDRESS]
                for m in messages if text(m, abi.A_NAME) == "shop/large:http"
                for kind, octets in m.attributes if kind == abi.A_BACKEND]

    expected = sorted(family.pack(str(family.pods[256 + n])) for n in range(1000))
    assert sorted(addresses(one)) == expected and sorted(addresses(every)) == expected


@pytest.mark.row("TX-05")
def test_dump_of_one_service(lab, tables, family):
    """TX-05: a service key asks for what that one has, were it hundreds of frontends; another's is left out."""
    frontends = [(family.vip(100 + n), 80) for n in range(400)]
    tables.change(*tables.simple("shop/other:http", family.vip(10), 80),
                  tables.service("shop/web:http", family),
                  *(tables.frontend("shop/web:http", *f) for f in frontends))
    key = tables.key("shop/web:http", "tcp", family)
    messages = tables.call(abi.CMD_FRONTEND_GET, key, genl.F_DUMP)
    assert set(names_of(messages)) == {"shop/web:http"}
    assert sorted(dict(m.attributes)[abi.A_ADDRESS] for m in messages) == \
        sorted(family.pack(a) for a, _ in frontends)
    assert tables.call(abi.CMD_BACKEND_GET, key, genl.F_DUMP) == []
    for there in True, False:           # any tables at all
        for command in abi.CMD_FRONTEND_GET, abi.CMD_BACKEND_GET:
            with pytest.raises(genl.Refused) as e:
                tables.call(command, tables.key("shop/nobody:http", "tcp", family), genl.F_DUMP)
            assert e.value.errno == errno.ENOENT and "no such service" in e.value.text
        if there:
            tables.clear()


@pytest.mark.row("TX-08")
@pytest.mark.parametrize("what", ["service dump", "frontend dump", "frontend"])
def test_key_of_the_other_kind_is_refused(lab, tables, family, what):
    """TX-08: an attribute that would be passed over is refused, and the reason says how to ask."""
    tables.change(*tables.simple("shop/web:http", family.vip(10), 80))
    service = tables.key("shop/web:http", "tcp", family)
    frontend = [(abi.A_PROTOCOL, 6), (abi.A_FAMILY, family.nf),
                (abi.A_ADDRESS, family.pack(family.vip(10))), (abi.A_PORT, 80)]
    command, attributes, flags = {
        "service dump": (abi.CMD_SERVICE_GET, service, genl.F_DUMP),
        "frontend dump": (abi.CMD_FRONTEND_GET, frontend, genl.F_DUMP),
        "frontend": (abi.CMD_FRONTEND_GET, service[:1] + frontend, 0),
    }[what]
    with pytest.raises(genl.Refused) as e:
        tables.call(command, attributes, flags)
    assert e.value.errno == errno.EINVAL and "NLM_F_DUMP" in str(e.value)


@pytest.mark.limit(600)
@pytest.mark.row("TX-05", "DP-17")
def test_a_hundred_readers_during_commits(lab, tables, family):
    """TX-05: each dump of a hundred sockets is of one commit, or says that it was interrupted."""
    names = [f"shop/s{n}:http" for n in range(20)]
    pods = [str(family.pods[256 + n]) for n in range(20)]

    def weigh(weight):
        tables.change(*(tables.service(n, family) for n in names), *(
            tables.backends(n, family, "tcp", *(backend(p, 80, weight) for p in pods)) for n in names))

    def reader():
        sockets = [Tables(lab.node, room=ROOM) for _ in range(10)]
        whole, broken = 0, 0

        def step(n):
            nonlocal whole, broken
            messages = sockets[n % 10].call(abi.CMD_BACKEND_GET, flags=genl.F_DUMP)
            if interrupted(messages):
                broken += 1
                return whole, broken
            whole += 1
            seen = backends_of(messages)
            weights = {dict(genl.parse(octets))[abi.A_BACKEND_WEIGHT] for _, octets in seen}
            assert len(seen) == len(names) * len(pods) and len(weights) == 1, weights
            return whole, broken

        return Beside(step)

    weigh(1)
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(reader()) for _ in range(10)]
        for n in range(20):
            weigh(2 + n)
        for r in readers:
            r.more(3, limit=300)            # ten of them, and KCSAN, on two processors
        counts = [r.stop() for r in readers]
    whole, broken = map(sum, zip(*counts))
    assert whole >= 10 and broken > 0, (whole, broken)
