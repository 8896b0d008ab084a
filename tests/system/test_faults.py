# SPDX-License-Identifier: GPL-2.0
"""Every allocation of every command fails once: nothing breaks, nothing leaks: TX-01, TX-09.

Leaks are found by the lab, which asks kmemleak when the run is over. Debug kernel only.
"""
import contextlib
import errno
import socket
import subprocess

import pytest

from lab import abi, genl, netns
from lab.family import V4, V6
from lab.faults import DEBUGFS, LOST, Faults
from lab.state import read
from lab.tables import Tables, backend, rule

pytestmark = [pytest.mark.faults, pytest.mark.row("TX-01", "TX-09")]
MOST = 1000             # faults of one call, far more than any has


@pytest.fixture(scope="module")
def faults():
    if not (DEBUGFS / "failslab").exists():
        pytest.fail("this kernel injects no faults: run these in the debug kernel")
    f = Faults()
    yield f
    f.close()


class Place:
    """A namespace of its own, with a listener to what happens there."""

    def __init__(self, *what):
        self.ns = netns.fresh()
        self.tables = Tables(self.ns, room=1 << 16)
        with self.ns:
            self.listener = genl.Family("nf_svc")
        self.listener.listen("events")
        if what:
            self.tables.change(*(r for w in what for r in w(self.tables)))

    def end(self):
        self.tables.close()
        self.listener.close()
        self.ns.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.end()


def addresses(family, start, count):
    return [backend(str(family.pods[n]), 8080) for n in range(start, start + count)]


def standing(t):
    """What is there before: services of both families, with and without backends."""
    for family in V4, V6:
        yield t.service("shop/web", family)
        yield t.backends("shop/web", family, "tcp", *addresses(family, 1, 5))
        yield t.frontend("shop/web", family.vip(1), 80, rules=[rule("pod", "local", True, "drop")])
        yield t.frontend("shop/web", family.vip(1), 81, exclusive=False)
        yield t.service("shop/none", family)
        yield t.frontend("shop/none", family.vip(2), 80)
    yield t.request(abi.CMD_SETTINGS_SET, [(abi.A_POD_DEVICE, "cali-*")])


# Steps of a transaction, by name: each is a request.
STEPS = {
    "service": lambda t: t.service("shop/new", V4),
    "service-again": lambda t: t.service("shop/web", V4, flags=abi.FLAG_REPLACE),
    "service-mh": lambda t: t.service("shop/web", V4, scheduler="mh"),
    "service-lc": lambda t: t.service("shop/none", V6, scheduler="lc"),
    "service-rr": lambda t: t.service("shop/web", V6, scheduler="rr"),
    "service-del": lambda t: t.service_del("shop/web", V6),
    "backends": lambda t: t.backends("shop/web", V4, "tcp", *addresses(V4, 3, 30)),
    "backends-many": lambda t: t.backends("shop/web", V6, "tcp", *addresses(V6, 3, 1000)),
    "backends-del": lambda t: t.backends_del("shop/web", V4, "tcp", *addresses(V4, 2, 2)),
    "frontend": lambda t: t.frontend("shop/none", V6.vip(9), 80),
    "frontend-moves": lambda t: t.frontend("shop/none", V4.vip(1), 80),
    "frontend-open": lambda t: t.frontend("shop/none", V4.vip(2), 80, exclusive=False),
    "frontend-del": lambda t: t.request(abi.CMD_FRONTEND_DEL, [
        (abi.A_FAMILY, V4.nf), (abi.A_PROTOCOL, 6), (abi.A_PORT, 80),
        (abi.A_ADDRESS, V4.pack(V4.vip(2)))]),
    "settings": lambda t: t.request(abi.CMD_SETTINGS_SET, [
        (abi.A_POD_CIDR, [(abi.A_CIDR_ADDRESS, bytes(4)), (abi.A_CIDR_PREFIX, 0)])] * 64),
    "settings-mark": lambda t: t.request(abi.CMD_SETTINGS_SET, [(abi.A_MASQUERADE_MARK, 0x4000)]),
}

# Commands that only read.
READING = {
    "info": (abi.CMD_INFO, [], 0),
    "service-get": (abi.CMD_SERVICE_GET, [(abi.A_NAME, "shop/web"), (abi.A_PROTOCOL, 6),
                                          (abi.A_FAMILY, V4.nf)], 0),
    "services": (abi.CMD_SERVICE_GET, [], genl.F_DUMP),
    "backends": (abi.CMD_BACKEND_GET, [], genl.F_DUMP),
    "backends-of": (abi.CMD_BACKEND_GET, [(abi.A_NAME, "shop/web"), (abi.A_PROTOCOL, 6),
                                          (abi.A_FAMILY, V6.nf)], genl.F_DUMP),
    "frontend-get": (abi.CMD_FRONTEND_GET, [
        (abi.A_PROTOCOL, 6), (abi.A_FAMILY, V4.nf), (abi.A_PORT, 80),
        (abi.A_ADDRESS, V4.pack(V4.vip(1)))], 0),
    "frontends": (abi.CMD_FRONTEND_GET, [], genl.F_DUMP),
    "settings-get": (abi.CMD_SETTINGS_GET, [], 0),
    "stats-get": (abi.CMD_STATS_GET, [], 0),
    "stats": (abi.CMD_STATS_GET, [], genl.F_DUMP),
    "explain": (abi.CMD_EXPLAIN, [
        (abi.A_FAMILY, V4.nf), (abi.A_PROTOCOL, 6), (abi.A_SOURCE, V4.pack("10.1.1.1")),
        (abi.A_ADDRESS, V4.pack(V4.vip(1))), (abi.A_PORT, 80)], 0),
    "claims": (abi.CMD_CLAIM_GET, [], genl.F_DUMP),
    "flows": (abi.CMD_FLOW_GET, [], genl.F_DUMP),
    "history": (abi.CMD_HISTORY_GET, [], genl.F_DUMP),
}


def content(messages):
    """What messages say, however much of it is in each: with less room there are more of them."""
    said = []
    for flags, body in messages:
        attributes = list(genl.parse(body[4:]))
        about = [a for a in attributes if a[0] != abi.A_BACKEND]
        said += [(flags, body[0], about, a) for a in attributes if a[0] == abi.A_BACKEND] or [
            (flags, body[0], about)]
    return said


def exhaust(once):
    """once(n) has a fault at n, as long as there are so many; how many there were."""
    n = 1
    while once(n):
        n += 1
        assert n < MOST, "no end of faults"
    assert n > 1, "no fault was met: nothing was tested"
    print(f"{n - 1} faults")
    return n - 1


def refusal(tables, *requests):
    """The errno that the last of requests gets."""
    try:
        tables.exchange(list(requests))
        return 0
    except genl.Refused as e:
        return e.errno


@pytest.mark.parametrize("step", STEPS)
def test_step(faults, step):
    """TX-01: a step that finds no memory is refused, and its transaction changes nothing."""
    with Place(standing) as place:
        t, before = place.tables, read(place.tables)

        def once(n):
            t.exchange([t.begin()])
            there, number, _ = faults.ask(n, t, STEPS[step](t))
            assert number in (0, errno.ENOMEM, errno.ENOBUFS, LOST) and (there or number == 0)
            assert read(t) == before, "something is seen before it is committed"
            t.steps = 1
            committed = refusal(t, t.commit())
            if number is LOST:
                assert committed in (0, errno.ECANCELED)
            else:
                assert committed == (errno.ECANCELED if number else 0)
            assert (read(t) == before) == bool(committed)
            if there and not committed:
                put_back(t, before)
            return there

        exhaust(once)


def put_back(t, before):
    """The state as it was."""
    t.clear()
    t.change(*standing(t))
    assert read(t) == before


@pytest.mark.parametrize("ending", ["commit", "abort", "close"])
@pytest.mark.parametrize("replace", [False, True], ids=["", "replace"])
def test_end_of_a_transaction(faults, ending, replace):
    """TX-01: COMMIT without memory changes nothing; ABORT and the end of a socket need none."""
    with Place(standing) as place:
        before = read(place.tables)
        after = None

        def once(n):
            nonlocal after
            t = Tables(place.ns, room=1 << 16)
            steps = [STEPS[s](t) for s in STEPS if s not in ("service-again", "service-del")]
            if replace:
                steps = t.simple("shop/new", V4.vip(3), 80, (str(V4.pods[9]), 80))
            t.exchange([t.begin(replace=replace), *steps])
            generation = t.generation()
            there, number = finish(t, n)
            moved = place.tables.generation() - generation
            now = read(place.tables)
            assert (now == before) != bool(moved)
            if ending == "commit":
                assert number in (0, LOST) and moved in (0, 1) or (there and not moved)
                assert number is LOST or bool(number) != bool(moved)
                assert number in (0, LOST, errno.ENOMEM, errno.ENOBUFS)
            else:
                assert not moved
            # What netlink refuses before the transaction sees it leaves it open.
            if number == 0 and ending != "close":
                assert refusal(t, t.request(abi.CMD_ABORT)) == errno.ENOTCONN
            t.close()
            if moved:
                assert after in (None, now), "the same transaction came to something else"
                after = now
                put_back(place.tables, before)
            return there

        def finish(t, n):
            if ending == "close":
                there, failed = faults.during(n, t.socket.close)
                assert not failed
                return there, 0
            request = (t.request(abi.CMD_ABORT) if ending == "abort" else
                       t.request(abi.CMD_COMMIT, [(abi.A_STEPS, t.steps)]))
            return faults.ask(n, t, request)[:2]

        if ending == "close":
            n = 1                       # may well need no memory at all
            while once(n):
                n += 1
        else:
            exhaust(once)
            assert (after is not None) == (ending == "commit")


@pytest.mark.parametrize("which", ["begin", "commit"])
def test_first_of_a_namespace(faults, which):
    """TX-01, TX-09: the tables, history and hooks that the first transaction makes."""
    def once(n):
        with Place() as place:
            t = place.tables
            empty = read(t)
            if which == "commit":
                t.exchange([t.begin(), *standing(t)])
            there, number, _ = faults.ask(n, t, t.begin() if which == "begin" else
                                          t.request(abi.CMD_COMMIT, [(abi.A_STEPS, t.steps)]))
            if number not in (0, LOST):
                assert there and read(t) == empty and t.generation() == 0
            refusal(t, t.request(abi.CMD_ABORT))
            t.change(*standing(t))          # all is well afterwards
            assert t.generation() in (1, 2)
            return there

    exhaust(once)


@pytest.mark.parametrize("what", READING)
def test_reading(faults, what):
    """TX-01: what reads gives the whole answer or an error, and changes nothing."""
    command, attributes, flags = READING[what]
    with Place(standing) as place:
        t = place.tables
        t.call(abi.CMD_CLAIM, [(abi.A_OWNER, "admin")])
        for n in range(5):
            t.change(t.service(f"shop/more-{n}", V4), t.backends(
                f"shop/more-{n}", V4, "tcp", *addresses(V4, 1, 300)))
        before = read(t)
        _, number, whole = faults.ask(0, t, t.request(command, attributes, flags))
        assert number == 0 and (whole or what == "flows")        # of which there are none

        def once(n):
            there, number, answer = faults.ask(n, t, t.request(command, attributes, flags))
            assert there or number == 0
            if number == 0 and answer is not None:
                assert content(answer) == content(whole), "an answer is cut short, and nobody was told"
            assert read(t) == before
            return there

        exhaust(once)


@pytest.mark.parametrize("command", ["CLAIM", "RELEASE"])
def test_claims(faults, command):
    """TX-09: a claim is made or not, ended or not."""
    with Place(standing) as place:
        t = place.tables
        owner = [(abi.A_OWNER, "admin")]

        def claims():
            return len(t.call(abi.CMD_CLAIM_GET, flags=genl.F_DUMP))

        def once(n):
            if claims():
                t.call(abi.CMD_RELEASE, owner)
            if command == "RELEASE":
                t.call(abi.CMD_CLAIM, owner)
            there, number, _ = faults.ask(n, t, t.request(getattr(abi, f"CMD_{command}"), owner))
            if number is not LOST:
                assert claims() == ((number == 0) == (command == "CLAIM"))
            return there

        exhaust(once)


def test_first_packet(faults):
    """DP-01: a flow that no record could be made of goes on, and is counted; none is counted twice."""
    with Place(standing) as place, contextlib.ExitStack() as sockets:
        t, vip = place.tables, V4.vip(1)
        with place.ns:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            subprocess.run(["ip", "route", "add", "local", str(V4.pods), "dev", "lo"], check=True)
            subprocess.run(["ip", "route", "add", str(V4.services), "dev", "lo"], check=True)
        t.change(*t.simple("shop/dns", vip, 53, (str(V4.pods[9]), 53), protocol="udp"))

        def once(n):
            with place.ns:
                client = sockets.enter_context(socket.socket(V4.af, socket.SOCK_DGRAM))
            client.connect((vip, 53))
            before, records = t.stats("shop/dns"), len(t.flows())
            there, sent = faults.during(n, lambda: client.send(b"?"))
            after = t.stats("shop/dns")
            new = after["flows"] - before["flows"]
            unrecorded = after["unrecorded"] - before["unrecorded"]
            assert there or (sent, new, unrecorded) == (1, 1, 0)
            assert new <= 1 and len(t.flows()) <= records + new - unrecorded
            once.unrecorded += unrecorded
            return there

        once.unrecorded = 0
        exhaust(once)
        assert once.unrecorded, "no record was ever refused its memory"
