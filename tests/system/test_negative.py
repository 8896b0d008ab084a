# SPDX-License-Identifier: GPL-2.0
"""Everything that can be wrong with a message, generated from include/nf_svc.yaml: TX-01, TX-08.

After each refusal the tables are what they were, the transaction is doomed, and the socket works.
"""
import errno
import pathlib
import re
import struct

import pytest

from lab import abi, genl
from lab.spec import Spec
from lab.spoil import NEEDED, spoilt, strangers
from lab.whole import Requests

SPEC = Spec()
HEADER = pathlib.Path(__file__).parents[2] / "include/uapi/linux/nf_svc.h"
DOCUMENTED = {getattr(errno, name) for name in re.findall(r"^ \*   (E[A-Z]+) ", HEADER.read_text(), re.M)}
MALFORMED = {errno.EINVAL, errno.ERANGE, errno.EOPNOTSUPP, errno.ENODEV}
OUTSIDE = {"begin", "commit", "abort", "claim", "release"}      # writes, but is no step
MODES = [(name, mode) for name, command in SPEC.commands.items() for mode in ("do", "dump")
         if getattr(command, mode) is not None]
WITH_ATTRIBUTES = [(name, mode) for name, mode in MODES if getattr(SPEC.commands[name], mode)]


class Bench:
    """A namespace with a service, and what is sent there."""

    def __init__(self, lab, tables, family):
        self.tables = tables
        tables.change(*tables.simple("shop/web:http", family.vip(1), 80, (lab.a.addr(family), 8080)))
        tables.change(*tables.simple("shop/theirs:http", family.vip(2), 80, (lab.b.addr(family), 8080)),
                      owner="somebody")
        self.whole = Requests(lab, family, tables)
        self.before = self.picture()

    def picture(self):
        """All that can be read, as it can be compared, but for the number of the last commit."""
        return self.tables.dump(), [m.attributes for m in
                                    self.tables.call(abi.CMD_CLAIM_GET, flags=genl.F_DUMP)]

    def request(self, command, **other):
        return self.whole.request(self.tables, command, **other)

    def flags(self, mode):
        return genl.F_DUMP if mode == "dump" else 0

    def frame(self, command, mode="do"):
        """The requests before a command, so that it is taken."""
        if command == "release":
            return [self.request("claim")]
        if SPEC.commands[command].writes and command not in ("begin", "claim"):
            return [self.request("begin")]
        return []

    def end(self, command, taken):
        """What comes after it, and the errno that has to be its answer."""
        if command in ("claim", "release"):
            return self.request("release"), 0 if taken == (command == "claim") else errno.ENOENT
        if command == "begin":
            return self.request("abort"), 0 if taken else errno.ENOTCONN
        if command in OUTSIDE:
            return self.request("abort"), errno.ENOTCONN if taken else 0
        if SPEC.commands[command].writes:
            return (self.request("abort"), 0) if taken else \
                (self.request("commit", steps=1), errno.ECANCELED)
        return None, 0

    def send(self, command, octets, mode="do"):
        """Send a message where it would be taken; its Refused or None. All else is as it was."""
        *before, error = self.tables.outcomes([*self.frame(command, mode), octets])
        assert before in ([], [None]), before
        generation = self.whole.values["generation"]
        last, number = self.end(command, error is None)
        if last:
            outcome, = self.tables.outcomes([last])
            assert (outcome.errno if outcome else 0) == number, f"then: {outcome}"
        if command == "commit" and error is None:
            self.whole.values["generation"] = generation = generation + 1
        assert self.picture() == self.before, "the tables have changed"
        assert self.tables.generation() == generation
        return error


@pytest.fixture
def bench(lab, tables, family):
    return Bench(lab, tables, family)


def well_said(error, octets, mode, case):
    """Is the refusal one that the header promises? What is wrong with it.

    What is not malformed may be refused for what it says: a backend that is
    deleted twice, say.
    """
    if error.errno not in DOCUMENTED & (MALFORMED if case.refused else DOCUMENTED):
        return f"errno {errno.errorcode[error.errno]}"
    if not error.text and error.offset is None and error.missing is None:
        return "no reason"
    # The end of a dump has no room for it before Linux 6.3 (netlink_dump_done()).
    told = error.missing is not None or mode == "do"
    if told and case.missing not in (None, error.missing):
        return f"{error.missing} is missing, not {case.missing}: {error.text}"
    if error.offset is not None:
        if not 20 <= error.offset <= len(octets) - 4:
            return f"offset {error.offset} of {len(octets)}"
        number = struct.unpack_from("=H", octets, error.offset + 2)[0] & 0x3fff
        if number not in case.named and case.missing is None:
            return f"names {number}, not {case.named}: {error.text}"
    return None


def verdict(bench, command, mode, case):
    """What is wrong with what became of a case, or None."""
    octets = bench.tables.request(SPEC.commands[command].number, case.attributes, bench.flags(mode))
    error = bench.send(command, octets, mode)
    if error is None:
        return "taken" if case.refused else None
    if case.refused is False:
        return f"refused: {error}"
    return well_said(error, octets, mode, case)


def wrong(bench, command, mode, cases):
    """Lines, one for each case that did not go as it should; at least one case there must be."""
    cases = list(cases)
    assert cases
    return [f"{case.what}: {said}" for case in cases if (said := verdict(bench, command, mode, case))]


@pytest.mark.row("TX-01", "TX-08")
@pytest.mark.parametrize("command, mode", WITH_ATTRIBUTES)
def test_each_attribute_missing_wrong_or_repeated(bench, command, mode):
    """TX-08: nothing malformed is taken, and each refusal has a documented errno and says what is wrong."""
    attributes = bench.whole.attributes(command, mode)
    taken = getattr(SPEC.commands[command], mode)
    octets = bench.tables.request(SPEC.commands[command].number, attributes, bench.flags(mode))
    assert bench.send(command, octets, mode) is None, "the whole request is taken"
    needed = {**NEEDED, "": NEEDED.get(f"{command} {mode}", NEEDED.get(command, ()))}
    assert wrong(bench, command, mode, spoilt(attributes, taken, needed)) == []


@pytest.mark.row("TX-01", "TX-08")
@pytest.mark.parametrize("command, mode", MODES)
def test_attributes_of_others(bench, command, mode):
    """TX-08: an attribute that the command does not take, known or not, is refused."""
    attributes, taken = bench.whole.attributes(command, mode), getattr(SPEC.commands[command], mode)
    others = {a.number for a in SPEC.attributes.values()}
    assert wrong(bench, command, mode, strangers(attributes, taken, others)) == []


def wholes(octets):
    """Lengths at which a message ends with a whole attribute, padded or not."""
    at = 20
    yield at
    while at < len(octets):
        length = struct.unpack_from("=H", octets, at)[0]
        end = at + length
        at += length + 3 & ~3
        yield from range(end, at + 1)


@pytest.mark.row("TX-01", "TX-08")
@pytest.mark.parametrize("command, mode", WITH_ATTRIBUTES)
def test_cut_at_every_byte(bench, command, mode):
    """TX-08: a message that ends in the middle of its header or of an attribute is refused."""
    octets = bench.tables.request(SPEC.commands[command].number, bench.whole.attributes(command, mode),
                                  bench.flags(mode))
    lines = []
    for n in range(16, len(octets)):
        error = bench.send(command, struct.pack("=I", n) + octets[4:n], mode)
        if error is None and n not in wholes(octets):
            lines.append(f"{n} of {len(octets)} octets: taken")
        elif error and error.errno not in DOCUMENTED:
            lines.append(f"{n} of {len(octets)} octets: {error}")
    assert lines == []
