# SPDX-License-Identifier: GPL-2.0
"""Owners and who writes for them; who may write at all: TX-03, TX-07, TX-10."""
import errno
import os
import pathlib
import struct
import subprocess

import pytest

from lab import abi, genl
from lab.beside import Beside
from lab.module import gap
from lab.tables import Tables, text
from lab.wait import until


@pytest.fixture
def other(lab):
    with Tables(lab.node) as t:
        yield t


def claim(tables, owner="daemon"):
    return tables.call(abi.CMD_CLAIM, [(abi.A_OWNER, owner)])


def refused(call, *args):
    """The Refused of a call, with its cookie as a pid."""
    with pytest.raises(genl.Refused) as e:
        call(*args)
    e.value.pid = struct.unpack("=I", e.value.cookie)[0] if e.value.cookie else None
    return e.value


def claims(tables):
    """{owner: (pid, comm)}"""
    return {text(m, abi.A_OWNER): (genl.u32(dict(m.attributes)[abi.A_PID]), text(m, abi.A_COMM))
            for m in tables.call(abi.CMD_CLAIM_GET, flags=genl.F_DUMP)}


@pytest.mark.smoke
@pytest.mark.row("TX-10", "TX-03")
def test_a_claimed_owner_is_written_by_one_socket(tables, other, family):
    """TX-10: while a socket has claimed an owner another gets EUSERS and the first's pid; others write on."""
    claim(tables)
    assert claims(other) == {"daemon": (os.getpid(), pathlib.Path("/proc/self/comm").read_text().strip())}
    for call in (lambda: claim(other), lambda: other.exchange([other.begin("daemon")])):
        e = refused(call)
        assert (e.errno, e.pid) == (errno.EUSERS, os.getpid()) and "claimed" in e.text
    # So it is if a transaction is open, too: that one will end.
    tables.exchange([tables.begin("admin")])
    assert refused(lambda: other.exchange([other.begin("daemon")])).errno == errno.EUSERS
    tables.call(abi.CMD_ABORT)
    tables.change(tables.service("shop/web:http", family), owner="daemon")
    other.change(other.service("shop/mine:http", family), owner="admin")
    claim(tables)       # again: it has it already
    tables.call(abi.CMD_RELEASE, [(abi.A_OWNER, "daemon")])
    assert claims(other) == {}
    other.change(other.service_del("shop/web:http", family), owner="daemon")
    assert refused(tables.call, abi.CMD_RELEASE, [(abi.A_OWNER, "daemon")]).errno == errno.ENOENT
    claim(other)
    assert refused(tables.call, abi.CMD_RELEASE, [(abi.A_OWNER, "daemon")]).errno == errno.ENOENT


@pytest.mark.row("TX-10")
def test_an_open_transaction_names_its_process(tables, other):
    """TX-10, TX-03: who is in the way of a BEGIN is told by the extended ack's cookie."""
    tables.exchange([tables.begin("admin")])
    e = refused(lambda: other.exchange([other.begin("daemon")]))
    assert (e.errno, e.pid) == (errno.EBUSY, os.getpid())
    tables.call(abi.CMD_ABORT)


@pytest.mark.row("TX-10", "TX-03")
@pytest.mark.parametrize("death", ["killed", "socket closed"])
def test_a_claim_ends_with_its_socket(lab, tables, death):
    """TX-10: a writer that dies holds nothing; another may claim."""
    first = Tables(lab.node)
    claim(first)
    if death == "killed":
        with Beside(lambda n: None) as process:         # holds a copy of the socket
            process.more(1)
            first.close()
            assert refused(claim, tables).errno == errno.EUSERS
    else:
        first.close()

    def claimed():
        try:
            return claim(tables) is not None
        except genl.Refused as e:
            assert e.errno == errno.EUSERS
            return False

    until(claimed, "the owner is free")
    assert list(claims(tables)) == ["daemon"]


@pytest.mark.row("TX-10")
def test_claim_comes_with_and_goes_with_notice(lab, tables, other):
    """TX-06, TX-10: listeners are told of claims, and of their end when a socket is closed."""
    other.listen("events")
    events = other.events()
    with Tables(lab.node) as first:
        claim(first)
        m = next(events)
        assert (m.command, text(m, abi.A_OWNER)) == (abi.CMD_CLAIM, "daemon")
    m = next(events)
    assert (m.command, text(m, abi.A_OWNER)) == (abi.CMD_RELEASE, "daemon")
    assert genl.u32(dict(m.attributes)[abi.A_PID]) == os.getpid()


@pytest.mark.row("TX-10", "TX-08")
def test_claims_have_a_limit(tables, other):
    """TX-08: 64 claimed owners; one more is refused, and free again afterwards."""
    for n in range(64):
        claim(tables, f"owner{n}")
    e = refused(claim, other, "one-too-many")
    assert e.errno == errno.ENOSPC and "NF_SVC_CLAIMS_MAX" in e.text
    assert len(claims(other)) == 64
    tables.call(abi.CMD_RELEASE, [(abi.A_OWNER, "owner5")])
    claim(other, "one-too-many")
    assert len(claims(other)) == 64


# Runs as root of a user namespace and of a network namespace that is its.
STRANGER = """
import sys
sys.path.insert(0, {system!r})
from lab import abi, genl
t = genl.Family("nf_svc")
t.call(abi.CMD_INFO)
t.call(abi.CMD_SERVICE_GET, flags=genl.F_DUMP)
for command, attributes in ((abi.CMD_BEGIN, [(abi.A_OWNER, "x")]), (abi.CMD_CLAIM, [(abi.A_OWNER, "x")])):
    try:
        t.call(command, attributes)
        print("done")
    except genl.Refused as e:
        print(e.errno, e.text)
t.listen("events")
t.listen("drops")
"""


def as_stranger():
    """What STRANGER prints: two lines."""
    system = str(pathlib.Path(__file__).parent)
    done = subprocess.run(["unshare", "--user", "--map-root-user", "--net", "python3", "-B", "-c",
                           STRANGER.format(system=system)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.smoke
@pytest.mark.row("TX-07")
def test_root_of_a_user_namespace_reads_only(tables):
    """TX-07: CAP_NET_ADMIN of a user namespace is not enough to write, and the reason says what would be."""
    for line in as_stranger():
        number, _, reason = line.partition(" ")
        assert int(number) == errno.EPERM and "userns=1" in reason


@pytest.mark.row("TX-07")
def test_parameter_lets_user_namespaces_write(tables):
    """TX-07: with userns=1 the administrator of a user namespace writes to its network namespaces."""
    tables.close()
    with gap("userns=1"):
        pass
    try:
        assert as_stranger() == ["done", "done"]
    finally:
        with gap():
            pass


# Runs as nobody.
NOBODY = """
import os, sys
sys.path.insert(0, {system!r})
from lab import abi, genl
t = genl.Family("nf_svc")
os.setgroups([])
os.setuid(65534)
t.call(abi.CMD_INFO)
t.call(abi.CMD_SERVICE_GET, flags=genl.F_DUMP)
for what in (lambda: t.call(abi.CMD_CLAIM_GET, flags=genl.F_DUMP),
             lambda: t.call(abi.CMD_HISTORY_GET, flags=genl.F_DUMP),
             lambda: genl.Family("nf_svc").listen("events"), lambda: genl.Family("nf_svc").listen("drops")):
    try:
        what()
        print("done")
    except OSError as e:
        print(e.errno)
"""


@pytest.mark.row("TX-07")
def test_processes_are_told_to_administrators_only(lab, tables):
    """TX-07: who wrote, who claims and what was dropped is not told to everybody who may read the tables."""
    system = str(pathlib.Path(__file__).parent)
    done = lab.node.run("python3", "-B", "-c", NOBODY.format(system=system), check=False)
    assert done.stdout.split() == [str(errno.EPERM)] * 4, done
