# SPDX-License-Identifier: GPL-2.0
"""What the fuzzer does: a program is a list of operations, and a file of the corpus one a line.

    ["send", SOCKET, COMMAND, FLAGS, ATTRIBUTES, TAIL]  TAIL: octets after the attributes, in hex
    ["read", SOCKET, TIMES]     with little room: a dump is left half read
    ["close", SOCKET]           and a new one is opened
    ["die", SOCKET]             a copy of the process is killed with a transaction of its own open
    ["packet", FAMILY, PROTOCOL, ADDRESS, PORT]         sent by this host

ATTRIBUTES is a list of [kind, value]; a value is a number (u32), a text (with NUL), a list (a nest),
{"x": hex}, or null for the number of messages since BEGIN, which COMMIT wants.
"""
import json
import os
import signal
import socket
import struct

from lab import abi, genl
from lab.family import FAMILIES
from lab.tables import CHANGES

SOCKETS = 3
WRITERS = CHANGES | {abi.CMD_BEGIN, abi.CMD_COMMIT, abi.CMD_ABORT}


def plain(value):
    """A value of lab.dice as a program has it."""
    if isinstance(value, bytes):
        return {"x": value.hex()}
    if isinstance(value, (list, tuple)):
        return [[k, plain(v)] for k, v in value]
    return value


def dumps(program):
    return "".join(json.dumps(op) + "\n" for op in program)


def loads(text):
    return [json.loads(line) for line in text.splitlines() if line and not line.startswith("#")]


class Host:
    """Sockets of one namespace, and what became of what they sent."""

    def __init__(self, ns):
        self.ns = ns
        self.committed = self.sent = self.refused = 0
        self.families = [self.open() for _ in range(SOCKETS)]
        self.steps = [0] * SOCKETS

    def open(self):
        with self.ns:
            family = genl.Family("nf_svc")
        family.socket.setblocking(False)
        return family

    def encode(self, value, at):
        """The attribute value that lab.genl takes."""
        if value is None:
            return self.steps[at]
        if isinstance(value, dict):
            return bytes.fromhex(value["x"])
        if isinstance(value, list):
            return [(k & 0x7fff, self.encode(v, at)) for k, v in value]
        return value & 0xffffffff if isinstance(value, int) else value

    def run(self, program):
        for op in program:
            getattr(self, "do_" + op[0])(*op[1:])
        for family in self.families:
            drain(family.socket)

    def do_send(self, at, command, flags, attributes, tail=""):
        family = self.families[at]
        if command == abi.CMD_BEGIN:
            self.steps[at] = 0
        request = family.request(command & 0xff, self.encode(attributes, at), flags & 0xffff)
        request += bytes.fromhex(tail)
        request = struct.pack("=I", len(request)) + request[4:]
        self.steps[at] += command in CHANGES
        self.sent += 1
        try:
            family.socket.send(request)
        except OSError:
            return
        if not flags & genl.F_DUMP:
            number = drain(family.socket)
            self.refused += number != 0
            self.committed += command == abi.CMD_COMMIT and number == 0

    def do_read(self, at, times):
        for _ in range(min(times, 100)):
            try:
                self.families[at].socket.recv(4096)
            except OSError:
                return

    def do_close(self, at):
        self.families[at].close()
        self.families[at] = self.open()
        self.steps[at] = 0

    def do_die(self, at):
        pid = os.fork()
        if not pid:
            try:
                for op in (["send", at, abi.CMD_ABORT, 0, []],
                           ["send", at, abi.CMD_BEGIN, 0, [[abi.A_OWNER, "admin"]]],
                           ["send", at, abi.CMD_SERVICE_SET, 0, [
                               [abi.A_NAME, "a"], [abi.A_PROTOCOL, 6], [abi.A_FAMILY, 2],
                               [abi.A_FLAGS, abi.FLAG_CREATE]]]):
                    self.families[at] = self.open()
                    self.run([op])
            finally:
                os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(pid, 0)

    def do_packet(self, nf, protocol, address, port):
        family = next((f for f in FAMILIES if f.nf == nf), FAMILIES[0])
        kind = socket.SOCK_DGRAM if protocol == socket.IPPROTO_UDP else socket.SOCK_STREAM
        with self.ns:
            s = socket.socket(family.af, kind)
        with s:
            s.setblocking(False)
            try:
                s.connect((family.vip(address % 8), port & 0xffff))
                s.send(b"?")
            except (OSError, OverflowError):
                pass


def drain(sock):
    """Read all that waits; the last errno that came, None if none did."""
    number = None
    for _ in range(10000):
        try:
            octets = sock.recv(1 << 16)
        except BlockingIOError:
            return number
        except OSError:
            continue
        while len(octets) >= 20:
            length, kind = struct.unpack_from("=IH", octets)
            if kind == genl.NLMSG_ERROR:
                number = -struct.unpack_from("=i", octets, 16)[0]
            octets = octets[length + 3 & ~3:]
    raise AssertionError("there is no end to what the socket has")
