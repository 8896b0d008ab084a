# SPDX-License-Identifier: GPL-2.0
"""All or nothing, before or after: TX-01, TX-02, TX-03."""
import errno

import pytest

from lab import abi, genl
from lab.beside import Beside, asking
from lab.client import attempt, only
from lab.packets import Sink, Spray, settled
from lab.svcctl import REFUSED
from lab.tables import Tables, backend, rule
from lab.wait import until

PORT = 7000


def refused(tables, request):
    """The Refused that one request gets."""
    with pytest.raises(genl.Refused) as e:
        tables.exchange([request])
    return e.value


# Requests that are refused: (request, errno, attribute at fault or None, word of the reason).

def loopback(tables, family):
    address = "127.0.0.1" if family.bits == 32 else "::1"
    return (tables.backends("shop/web:http", family, "tcp", backend(address, 80)),
            errno.EINVAL, abi.A_BACKEND_ADDRESS, "loopback")


def weight(tables, family):
    return (tables.backends("shop/web:http", family, "tcp",
                            backend(str(family.pods[7]), 80, weight=65536)),
            errno.EINVAL, abi.A_BACKEND_WEIGHT, "65535")


def port(tables, family):
    return (tables.frontend("shop/web:http", family.vip(7), 65536),
            errno.EINVAL, abi.A_PORT, "65535")


def scheduler(tables, family):
    return (tables.request(abi.CMD_SERVICE_SET, tables.key("shop/new:http", "tcp", family) +
                           [(abi.A_FLAGS, abi.FLAG_CREATE), (abi.A_SCHEDULER, "fastest")]),
            None, abi.A_SCHEDULER, "random")


def no_such_service(tables, family):
    return (tables.frontend("shop/nobody:http", family.vip(7), 80), errno.ENOENT, None, "service")


def not_created(tables, family):
    return (tables.service("shop/nobody:http", family, flags=0), errno.ENOENT, None, "")


def owner(tables, family):
    return (tables.backends("shop/theirs:http", family, "tcp", backend(str(family.pods[7]), 80)),
            errno.EPERM, None, "owner")


def unknown_attribute(tables, family):
    return (tables.request(abi.CMD_SERVICE_SET, tables.key("shop/new:http", "tcp", family) +
                           [(abi.A_FLAGS, abi.FLAG_CREATE), (abi.A_MAX + 1, 7)]),
            errno.EINVAL, abi.A_MAX + 1, "")


def attribute_of_another_command(tables, family):
    return (tables.request(abi.CMD_SERVICE_SET, tables.key("shop/new:http", "tcp", family) +
                           [(abi.A_FLAGS, abi.FLAG_CREATE), (abi.A_PORT, 80)]), errno.EINVAL, abi.A_PORT, "")


BAD = [loopback, weight, port, scheduler, no_such_service,
       not_created, owner, unknown_attribute, attribute_of_another_command]


@pytest.fixture
def standing(lab, tables, family):
    """What is there before: one service of admin that answers, one of another owner."""
    tables.change(*tables.simple("shop/web:http", family.vip(1), 80, (lab.a.addr(family), 8080)))
    tables.change(*tables.simple("shop/theirs:http", family.vip(2), 80, (lab.a.addr(family), 8080)),
                  owner="somebody")
    return tables


@pytest.mark.smoke
@pytest.mark.row("TX-01")
@pytest.mark.parametrize("bad", BAD, ids=lambda f: f.__name__)
def test_error_in_the_middle_changes_nothing(lab, standing, family, bad):
    """TX-01: after an error in the middle nothing has changed; the ack names object, attribute, reason."""
    tables = standing
    before, generation = tables.dump(), tables.generation()
    request, number, attribute, word = bad(tables, family)

    def services(first, last):
        return [r for n in range(first, last)
                for r in tables.simple(f"shop/s{n}:http", family.vip(n), 80,
                                       (lab.b.addr(family), 8080))]

    tables.exchange([tables.begin(), *services(100, 120),
                     tables.backends("shop/web:http", family, "tcp", backend(lab.b.addr(family), 8080)),
                     tables.backends_del("shop/web:http", family, "tcp",
                                         backend(lab.a.addr(family), 8080))])
    error = refused(tables, request)
    assert number in (error.errno, None)
    assert error.text and word in error.text.lower(), f"the reason: {error.text!r}"
    assert error.request == request, "the object"
    if attribute is not None:
        assert error.offset is not None, error
        assert error.attribute[0] == attribute, error
    tables.exchange([*services(120, 140), tables.service_del("shop/web:http", family)])
    assert refused(tables, tables.commit()).errno == errno.ECANCELED

    assert tables.dump() == before and tables.generation() == generation
    only(lab.c, family.vip(1), 80, "tcp", "a", times=1)
    assert refused(tables, tables.commit()).errno == errno.ENOTCONN
    tables.change(*services(100, 101))          # and the next one may begin
    assert tables.generation() == generation + 1


@pytest.mark.row("TX-01")
def test_missing_attribute_is_named(standing, family):
    """TX-01: what was left out is named, too."""
    tables = standing
    tables.exchange([tables.begin()])
    error = refused(tables, tables.request(abi.CMD_FRONTEND_SET, [
        *tables.key("shop/web:http", "tcp", family), (abi.A_ADDRESS, family.pack(family.vip(3)))]))
    assert refused(tables, tables.commit()).errno == errno.ECANCELED
    assert error.errno == errno.EINVAL
    assert error.missing == abi.A_PORT
    assert error.text


@pytest.mark.row("TX-01", "CTL-03")
def test_svcctl_says_what_the_kernel_refused(lab, svcctl, tables, family):
    """TX-01: svcctl prints the extended ack, exits 2, and nothing has changed."""
    bad = "169.254.169.254" if family.bits == 32 else "fe80::1"
    before = tables.dump()
    done = svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80),
                  "backend", family.at(lab.a.addr(family), 8080),
                  "backend", family.at(bad, 8080),
                  "backend", family.at(lab.b.addr(family), 8080), expect=REFUSED)
    assert bad in done.stderr, "the object"
    assert "link-local" in done.stderr.lower(), "the reason"
    assert "shop/web:http" in done.stderr
    assert tables.dump() == before


@pytest.mark.row("TX-01", "TX-02")
def test_restore_with_an_error_changes_nothing(lab, svcctl, tables, family):
    """TX-01: a saved state with one backend that the kernel refuses is not restored in part."""
    for n in range(1, 20):
        tables.change(*tables.simple(f"shop/s{n}:http", family.vip(n), 80,
                                     (str(family.pods[1000 + n]), 8080)))
    saved = svcctl("save").stdout
    bad = "127.0.0.1" if family.bits == 32 else "::1"
    assert str(family.pods[1010]) in saved
    tables.change(tables.service_del("shop/s19:http", family))
    before, generation = tables.dump(), tables.generation()
    done = svcctl("restore", "-f", "-", input=saved.replace(str(family.pods[1010]), bad), expect=REFUSED)
    assert bad in done.stderr and "s10" in done.stderr
    assert tables.dump() == before and tables.generation() == generation
    svcctl("restore", "-f", "-", input=saved)
    assert svcctl("save").stdout == saved


def writer(lab, *transactions):
    """Commits the transactions in turn, without pause."""
    t = Tables(lab.node)
    requests = [[t.begin(**how), *(r for f in steps for r in f(t)), t.commit()]
                for how, steps in transactions]

    def step(n):
        t.exchange(requests[n % len(requests)])

    process = Beside(step)
    t.close()
    return process


class Probe:
    """New UDP flows from c; every one must be counted by one of the sinks that are allowed."""

    def __init__(self, lab, family, vip, **sinks):
        self.sinks = {name: Sink(lab.pod(name), family, PORT) for name in sinks}
        self.allowed = [name for name, allowed in sinks.items() if allowed]
        self.spray = Spray(lab.c, vip, 80)
        self.sent = 0

    def send(self, flows):
        self.spray.send(range(1024 + self.sent, 1024 + self.sent + flows))
        self.sent += flows

    def during(self, commits, steps, flows):
        """Send for as long as so many commits take, and at least so many flows."""
        commits.more(2)
        goal = commits.steps + steps
        while commits.steps < goal or self.sent < flows:
            if self.sent < 40000:
                self.send(50)
            else:
                commits.more(1)

    def result(self):
        counts = dict(zip(self.sinks, settled(self.sinks.values(), self.sent)))
        assert sum(counts.values()) == self.sent, f"of {self.sent} packets: {counts}"
        assert not any(n for name, n in counts.items() if name not in self.allowed), counts
        return counts

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for s in *self.sinks.values(), self.spray:
            s.close()


@pytest.mark.smoke
@pytest.mark.row("TX-02")
def test_never_between_two_states(lab, tables, family):
    """TX-02: a commit changes rule and backends at once: packets see the old or the new, never a mixture.

    State A: the rule says local set, that is {a}, and the cluster set {b}.
    State B: the rule says cluster set, that is {d}, and the local set {e}.
    A packet that saw the rule of one and the backends of the other would reach b or e.
    """
    vip = family.vip(2)

    def state(set, **sets):
        def requests(t):
            return [t.service("shop/web:http", family, "udp", abi.FLAG_CREATE | abi.FLAG_REPLACE),
                    t.backends("shop/web:http", family, "udp",
                               *(backend(lab.pod(p).addr(family), PORT, sets=s)
                                 for p, s in sets.items())),
                    t.frontend("shop/web:http", vip, 80, "udp",
                               [rule(c, set) for c in ("pod", "node", "outside")])]
        return {}, [requests]

    with writer(lab, state("local", a="local", b="cluster"),
                state("cluster", d="cluster", e="local")) as commits, \
            Probe(lab, family, vip, a=True, d=True, b=False, e=False) as probe:
        probe.during(commits, 150, 3000)
        counts = probe.result()
        commits.stop()
    assert counts["a"] > 100 and counts["d"] > 100


@pytest.mark.row("TX-02")
def test_full_replace_drops_no_packet(lab, tables, family):
    """TX-02: a full replace, in a loop, drops no packet of a service that stands in both states."""
    vip = family.vip(2)

    def state(*numbers):
        def requests(t):
            return [*t.simple("shop/web:http", vip, 80, (lab.a.addr(family), PORT), protocol="udp"),
                    *(r for n in numbers for r in t.simple(
                        f"shop/s{n}:http", family.vip(n), 80, (lab.b.addr(family), PORT)))]
        return {"replace": True}, [requests]

    with writer(lab, state(*range(100, 108)), state(), state(*range(104, 112))) as commits, \
            Probe(lab, family, vip, a=True) as probe:
        probe.during(commits, 60, 3000)
        probe.result()
        commits.stop()


@pytest.mark.row("TX-02")
def test_restore_in_a_loop_fails_no_request(lab, svcctl, family, protocol):
    """TX-02: svcctl restore in a loop costs a client not one request."""
    svcctl("add", "service", "shop/web:http", family.at(family.vip(2), 80, protocol),
           "backend", family.at(lab.a.addr(family), 8080))
    saved = svcctl("save").stdout
    with asking(lab.c, family.vip(2), 80, protocol) as client:
        for _ in range(4):
            client.more(5)
            svcctl("restore", "-f", "-", input=saved)
        client.more(5)
        tally = client.stop()
    assert tally.pop("") == [] and tally["a"] >= 25


@pytest.mark.row("TX-02")
def test_frontend_moves_between_services(lab, tables, family):
    """TX-02: a port renamed, that is a frontend given to another service at once, refuses nobody."""
    vip = family.vip(2)

    def named(port, pod, other):
        def requests(t):
            name = f"shop/web:{port}"
            return [*t.simple(name, vip, 80, (pod.addr(family), PORT), protocol="udp"),
                    t.service_del(f"shop/web:{other}", family, "udp")]
        return {}, [requests]

    tables.change(*tables.simple("shop/web:web", vip, 80, (lab.b.addr(family), PORT), protocol="udp"))
    with writer(lab, named("http", lab.a, "web"), named("web", lab.b, "http")) as commits, \
            Probe(lab, family, vip, a=True, b=True) as probe:
        probe.during(commits, 100, 3000)
        counts = probe.result()
        commits.stop()
    assert min(counts.values()) > 50


@pytest.mark.row("TX-02")
def test_commit_has_taken_effect_when_it_returns(lab, tables, family):
    """TX-02: the packet after the acknowledgement sees the new state."""
    vip = family.vip(2)
    none = tables.simple("shop/web:http", vip, 80, protocol="udp")
    for n in range(20):
        pod = (lab.a, lab.b)[n % 2]
        tables.change(*tables.simple("shop/web:http", vip, 80, (pod.addr(family), 8080),
                                     protocol="udp"), replace=True)
        # ports of their own: a port met again within the flow's time would have its backend
        only(lab.c, vip, 80, "udp", pod.name[-1], times=1, source_port=43000 + 2 * n)
        tables.change(*none, replace=True)
        assert attempt(lab.c, vip, 80, "udp", source_port=43001 + 2 * n).refused


@pytest.mark.row("TX-02", "DP-17")
def test_staged_end_of_the_last_frontend_is_not_seen(lab, tables, family):
    """TX-02: an open transaction that would take a namespace's last frontend takes nothing yet."""
    vip = family.vip(1)
    tables.change(*tables.simple("shop/web:http", vip, 80, (lab.a.addr(family), 8080)))
    tables.exchange([tables.begin(), tables.service_del("shop/web:http", family)])
    only(lab.c, vip, 80, "tcp", "a", times=200)     # longer than what the commit left takes to go
    tables.call(abi.CMD_ABORT)
    only(lab.c, vip, 80, "tcp", "a", times=20)


@pytest.mark.smoke
@pytest.mark.row("TX-03")
@pytest.mark.parametrize("death", ["killed", "socket closed"])
def test_dead_writer_leaves_nothing(lab, tables, family, death):
    """TX-03: what a writer that dies had begun is forgotten, and the next one may begin."""
    before = tables.dump()
    other = Tables(lab.node)
    other.exchange([other.begin(), *other.simple("shop/dead:http", family.vip(3), 80,
                                                 (lab.a.addr(family), 8080))])
    assert refused(tables, tables.begin()).errno == errno.EBUSY
    assert tables.dump() == before
    if death == "killed":
        with Beside(lambda n: None) as process:         # holds a copy of the socket
            process.more(1)
            other.close()
            assert refused(tables, tables.begin()).errno == errno.EBUSY
    else:
        other.close()

    def begins():
        try:
            return tables.exchange([tables.begin()])
        except genl.Refused as e:
            if e.errno != errno.EBUSY:
                raise
            return False

    until(begins, "the next writer begins")
    tables.call(abi.CMD_ABORT)
    assert tables.dump() == before
    tables.change(*tables.simple("shop/web:http", family.vip(3), 80, (lab.a.addr(family), 8080)))
    only(lab.c, family.vip(3), 80, "tcp", "a", times=1)


@pytest.mark.row("TX-04")
def test_only_if_the_generation_is_still_this(tables, family):
    """TX-04: the generation grows by one with each commit; BEGIN with another one is refused."""
    generation = tables.generation()
    assert tables.change(tables.service("shop/web:http", family)) == generation + 1
    assert refused(tables, tables.begin(generation=generation)).errno == errno.ESTALE
    tables.exchange([tables.begin(generation=generation + 1), tables.commit()])
    assert tables.generation() == generation + 2


@pytest.mark.row("TX-10")
def test_replace_keeps_to_its_owner(lab, standing, family):
    """TX-10: a replace with nothing takes away one owner's objects and nobody else's."""
    standing.change(replace=True)
    assert attempt(lab.c, family.vip(1), 80, timeout=0.3).answer is None
    only(lab.c, family.vip(2), 80, "tcp", "a", times=1)
