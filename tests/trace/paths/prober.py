# SPDX-License-Identifier: GPL-2.0
"""Asks many frontends at once, with real packets, until each case has shown what it does."""
import errno
import os
import resource
import selectors
import socket
import struct
import time
from collections import deque

from lab.client import Answer
from lab.family import PROTOCOLS

AT_ONCE = 48                    # probes under way that expect to hear something
SILENCE = 2.0                   # seconds after which one that expects nothing, or knows nothing, is content
PATIENCE = 15.0                 # seconds after which one that expects something gives up
TRIES = 60                      # with three endpoints one is missed by chance once in 10^10
NOBODY_ELSE = 4                 # so often at least where another endpoint could answer
RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class Clock:
    """Seconds in which we could have heard something: a machine that stood still counts for little."""

    def __init__(self):
        self.now, self.seen = 0.0, time.monotonic()

    def turn(self):
        """Go on; the seconds now."""
        seen = time.monotonic()
        self.now += min(seen - self.seen, 0.5)
        self.seen = seen
        return self.now


def lines(path):
    """Of a file that this kernel may not have."""
    try:
        with open(path) as f:
            return [line.strip() for line in f]
    except FileNotFoundError:
        return []


class Probe:
    """One socket that asks once. Its word is None while nothing is known, else as in the table."""

    def __init__(self, case, hosts, now):
        self.case, self.hosts = case, hosts
        self.host, source = hosts.client(case.client, case.family)
        self.word, self.begin = None, now
        self.silent = case.expected == {"silent"}
        datagrams = case.protocol == "udp"
        with self.host:
            self.socket = socket.socket(case.family.af,
                                        socket.SOCK_DGRAM if datagrams else socket.SOCK_STREAM,
                                        PROTOCOLS[case.protocol])
        self.socket.setblocking(False)
        if source:
            self.socket.bind((source, 0))
        if not datagrams:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
        self.asked = self.forbidden = False
        try:
            self.socket.connect(case.destination(hosts.lab))
            if datagrams:
                self.ask()
        except BlockingIOError:
            pass
        except OSError as e:
            self.fail(e)

    def ask(self):
        self.socket.send(b"?\n")
        self.asked = True

    @property
    def waits_for(self):
        return selectors.EVENT_READ if self.asked else selectors.EVENT_WRITE

    def step(self):
        """Something has happened to the socket."""
        try:
            if self.asked:
                self.word = self.read(self.socket.recv(4096))
                return
            error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, os.strerror(error))
            self.ask()
        except BlockingIOError:
            pass
        except OSError as e:
            self.fail(e)

    def read(self, octets):
        if not octets:
            return "closed"
        answer = Answer.of(octets)
        if self.hosts.of_node(answer.peer):
            return answer.name + "*"
        mine = answer.peer == self.socket.getsockname()[0]
        return answer.name if mine else f"{answer.name}({answer.peer})"

    def fail(self, error):
        if error.errno == errno.ECONNREFUSED:
            self.word = "EPERM" if self.forbidden else "refused"
        elif error.errno == errno.EPERM and self.host is self.hosts.lab.node:
            # UDP's send() is told of what is dropped in LOCAL_OUT; so it is of what a
            # rule rejects there, and the refusal is then heard by the next call.
            self.asked = self.forbidden = True
        else:
            self.word = errno.errorcode.get(error.errno, str(error.errno))

    def late(self, now):
        unknown = not self.case.expected
        if now - self.begin > (SILENCE if self.silent or unknown else PATIENCE):
            self.word = "silent"
            if not self.silent and not unknown:
                self.testify(now)
        return self.word

    def testify(self, now):
        """Tell what the kernels on the way know of a probe that was to hear something."""
        _, port, *_ = self.socket.getsockname()
        print(f"{self.case}: silent from port {port} for {now - self.begin:.1f} s")
        for host in self.hosts.lab.node, self.hosts.lab.node2:
            with host:
                flows = [flow for flow in lines("/proc/net/nf_conntrack") if f"={port} " in flow]
                counts = [count for count in lines("/proc/net/snmp6") + lines("/proc/net/stat/nf_conntrack")
                          if not count.split()[-1] == "0"]
            print(f"{host}:", *flows, *counts, sep="\n  ")


class Question:
    """A case, and the words heard of it: {word: times}."""

    def __init__(self, case):
        self.case, self.heard = case, {}
        self.least = NOBODY_ELSE if case.several else 1

    @property
    def answered(self):
        tries = sum(self.heard.values())
        if set(self.heard) - self.case.expected:
            return True
        return tries >= TRIES or tries >= self.least and set(self.heard) == self.case.expected

    @property
    def right(self):
        return set(self.heard) == self.case.expected

    def __str__(self):
        heard = ",".join(sorted(self.heard)) or "not asked"
        return f"{self.case}: {heard}, not {','.join(sorted(self.case.expected))}"


def _allow_sockets():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def ask_all(cases, hosts, question=Question):
    """Ask until every case has shown all that is expected, or something else; the Questions.

    A case has client, family, protocol, expected (words; none: it is not known what to expect),
    several and destination(lab), as case.Case; question makes a Question of each. Those that expect
    silence are under way all the time and cost their wait only once.
    """
    _allow_sockets()
    questions = [question(case) for case in cases]
    loud = deque(q for q in questions if q.case.expected != {"silent"})
    quiet = deque(q for q in questions if q.case.expected == {"silent"})
    selector, flying, talking, looked = selectors.EpollSelector(), {}, 0, 0.0
    clock = Clock()

    def start(question):
        probe = Probe(question.case, hosts, clock.now)
        flying[probe] = question
        if probe.word:                                  # refused in the call itself
            end(probe)
        else:
            selector.register(probe.socket, probe.waits_for, probe)

    def end(probe):
        nonlocal talking
        if probe.socket in selector.get_map():
            selector.unregister(probe.socket)
        probe.socket.close()
        question = flying.pop(probe)
        question.heard[probe.word] = question.heard.get(probe.word, 0) + 1
        talking -= not probe.silent
        if not question.answered:
            loud.append(question)

    while loud or quiet or flying:
        started = []
        while quiet and len(flying) < 512:
            started.append(quiet.popleft())
        while loud and talking < AT_ONCE:
            started.append(loud.popleft())
            talking += started[-1].case.expected != {"silent"}
        for question in started:
            start(question)
        for key, _ in selector.select(0.2 if flying else 0):
            probe, waited = key.data, key.data.waits_for
            probe.step()
            if probe.word:
                end(probe)
            elif probe.waits_for != waited:
                selector.modify(probe.socket, probe.waits_for, probe)
        now = clock.turn()
        if now > looked + 0.5:
            looked = now
            for probe in [p for p in flying if p.late(now)]:
                end(probe)
    selector.close()
    return questions
