# SPDX-License-Identifier: GPL-2.0
"""Clients of the answering servers: who answered, which source it saw, how long it took."""
import errno
import itertools
import socket
import time
from dataclasses import dataclass

from . import family as families
from .family import PROTOCOLS


# Source ports of UDP, in turn: one that the kernel picks may be that of a flow which conntrack
# still knows, and so would not be of a new flow.
_ports = itertools.cycle(range(33000, 60000))


@dataclass(frozen=True)
class Answer:
    """What a server said; see lab.server."""
    name: str
    port: int
    peer: str
    peer_port: int

    @classmethod
    def of(cls, octets):
        name, port, peer, peer_port = octets.decode().split("\n")[0].split(" ")
        return cls(name, int(port), peer, int(peer_port))


@dataclass(frozen=True)
class Outcome:
    """One attempt: an answer, or the error (its errno) that ended it, and the seconds it took."""
    answer: Answer | None
    error: int
    seconds: float

    @property
    def refused(self):
        return self.error == errno.ECONNREFUSED

    def __repr__(self):
        what = self.answer or errno.errorcode.get(self.error, self.error)
        return f"<{what} in {self.seconds:.3f} s>"


class Conversation:
    """A TCP, UDP or SCTP socket of host, connected to destination:port."""

    def __init__(self, host, destination, port, protocol="tcp", source=None, source_port=0,
                 timeout=5.0, connect=True):
        family = families.of(destination)
        kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
        with host:
            self.socket = socket.socket(family.af, kind, PROTOCOLS[protocol])
        self.socket.settimeout(timeout)
        self.to = (destination, port)
        if family.bits == 128:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if source_port:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if protocol == "sctp":                              # single-homed
            source = source or host.addr(family)
        try:
            if protocol == "udp" and not source_port:
                self.bind_anew(source or "")
            elif source or source_port:
                self.socket.bind((source or "", source_port))
            if connect:
                self.connect()
        except OSError:
            self.socket.close()
            raise

    def bind_anew(self, source):
        """To a port that has not been used for long."""
        for port in _ports:
            try:
                return self.socket.bind((source, port))
            except OSError as e:            # another process of the tests has it
                if e.errno != errno.EADDRINUSE:
                    raise

    def connect(self):
        self.socket.connect(self.to)

    @property
    def source_port(self):
        return self.socket.getsockname()[1]

    def ask(self):
        """Send a line, return the Answer."""
        self.socket.send(b"?\n")
        octets = self.socket.recv(4096)
        if not octets:
            raise ConnectionResetError(errno.ECONNRESET, "closed without an answer")
        return Answer.of(octets)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def attempt(host, destination, port, protocol="tcp", **how):
    """Ask once with a new socket; never raises."""
    begin = time.monotonic()
    try:
        with Conversation(host, destination, port, protocol, **how) as c:
            answer, error = c.ask(), 0
    except TimeoutError:
        answer, error = None, errno.ETIMEDOUT
    except OSError as e:
        answer, error = None, e.errno
    return Outcome(answer, error, time.monotonic() - begin)


def ask(host, destination, port, protocol="tcp", **how):
    """Ask once with a new socket; an attempt that is not answered fails the test."""
    outcome = attempt(host, destination, port, protocol, **how)
    assert outcome.answer, f"{host} asked {destination} {port}/{protocol}: {outcome}"
    return outcome.answer


def everyone(host, destination, port, protocol, expected, limit=80, **how):
    """Ask until every one of expected has answered, and nobody else; all the answers.

    With two backends of equal weight, 80 times the same one is chance once in 10^24.
    """
    expected = {n.name.rpartition("-")[2] if hasattr(n, "name") else n for n in expected}
    answers = []
    while {a.name for a in answers} != expected:
        answers.append(ask(host, destination, port, protocol, **how))
        assert answers[-1].name in expected, f"{answers[-1]} answered, not one of {expected}"
        assert len(answers) < limit, f"after {limit} only {({a.name for a in answers})} answered"
    return answers


def only(host, destination, port, protocol, name, times=12, **how):
    """Ask times times and see that name alone answers; the answers."""
    answers = [ask(host, destination, port, protocol, **how) for _ in range(times)]
    assert {a.name for a in answers} == {name}
    return answers
