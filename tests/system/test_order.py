# SPDX-License-Identifier: GPL-2.0
"""Commands out of order, writers that die anywhere: TX-03, TX-08."""
import errno

import pytest

from lab import abi, genl
from lab.beside import Beside
from lab.spec import Spec
from lab.tables import Tables, backend
from lab.wait import until
from lab.whole import Requests

SPEC = Spec()
READS = {name for name, command in SPEC.commands.items() if not command.writes}
OUTSIDE = {"begin", "commit", "abort", "claim", "release"}
STEPS = set(SPEC.commands) - READS - OUTSIDE

# What a socket has said before, and what each command gets then (steps: every other that writes).
STATES = {
    "nothing": ([], {"begin": 0, "commit": errno.ENOTCONN, "abort": errno.ENOTCONN, "claim": 0,
                     "release": errno.ENOENT, "steps": errno.ENOTCONN}),
    "open": (["begin"], {"begin": errno.EALREADY, "commit": 0, "abort": 0, "claim": 0,
                         "release": errno.ENOENT, "steps": 0}),
    "doomed": (["begin", "bad"], {"begin": errno.EALREADY, "commit": errno.ECANCELED, "abort": 0,
                                  "claim": 0, "release": errno.ENOENT, "steps": 0}),
    "ended": (["begin", "abort"], {"begin": 0, "commit": errno.ENOTCONN, "abort": errno.ENOTCONN,
                                   "claim": 0, "release": errno.ENOENT, "steps": errno.ENOTCONN}),
    "claimed": (["claim"], {"begin": 0, "commit": errno.ENOTCONN, "abort": errno.ENOTCONN,
                            "claim": 0, "release": 0, "steps": errno.ENOTCONN}),
}


@pytest.fixture
def whole(lab, family, tables):
    """Requests for a namespace in which each of them can be taken."""
    tables.change(*tables.simple("shop/web:http", family.vip(1), 80, (lab.a.addr(family), 8080)))
    return Requests(lab, family, tables)


def octets(tables, whole, word, steps=0):
    if word == "bad":
        return tables.request(abi.CMD_SERVICE_DEL)
    return whole.request(tables, word, **({"steps": steps} if word == "commit" else {}))


@pytest.mark.row("TX-08")
@pytest.mark.parametrize("state", STATES)
def test_each_command_in_each_state(lab, tables, whole, state):
    """TX-08: what comes when it may not gets the errno that the header promises, and changes nothing."""
    said, outcomes = STATES[state]
    before, generation = tables.dump(), tables.generation()
    got = {}
    for command in SPEC.commands:
        if command in READS and SPEC.commands[command].do is None:
            continue
        whole.values["generation"] = tables.generation()
        with Tables(lab.node) as one:
            *_, last = one.outcomes([*(octets(one, whole, word) for word in said),
                                     octets(one, whole, command)])
            got[command] = last.errno if last else 0
        assert tables.dump() == before, command
    wanted = {c: 0 if c in READS else outcomes.get(c, outcomes["steps"]) for c in got}
    assert got == wanted
    # An empty transaction is a commit, too.
    assert tables.generation() == generation + sum(not e for c, e in got.items() if c == "commit")


def begins(tables, whole):
    """Would a writer be let in? It is not kept."""
    error, _ = tables.outcomes([octets(tables, whole, "begin"), octets(tables, whole, "abort")])
    if error and error.errno != errno.EBUSY:
        raise error
    return not error


@pytest.mark.row("TX-03")
def test_a_writer_killed_after_each_message(lab, tables, whole, family):
    """TX-03: wherever a writer dies, its transaction is as if it had never been, or is committed."""
    before = tables.dump()
    name = "shop/dying:http"
    words = [tables.begin(), *tables.simple(name, family.vip(3), 80, (lab.a.addr(family), 8080)),
             tables.backends_del(name, family, "tcp", backend(lab.a.addr(family), 8080)),
             tables.service_del("shop/web:http", family)]
    assert len(words) == 6
    for n in range(1, len(words) + 1):
        def writes(step, n=n):
            if not step:
                writes.socket = Tables(lab.node)
                writes.socket.exchange(words[:n])

        with Beside(writes) as writer:
            writer.more(1)
            assert not begins(tables, whole), n
        until(lambda: begins(tables, whole), "the next writer begins")
        assert tables.dump() == before, n
    with pytest.raises(genl.Refused):
        tables.call(abi.CMD_ABORT)
