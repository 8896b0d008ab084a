# SPDX-License-Identifier: GPL-2.0
"""Backends are replaced under steady traffic, and no request fails: DP-09 to DP-11."""
import contextlib
import threading
import time

import pytest

from lab.beside import Beside, asking
from lab.client import Answer, Conversation
from lab.wait import until

QUICK, LONG = 10, 200


class Stream(threading.Thread):
    """Sends a datagram each millisecond from one socket, whatever comes back."""

    def __init__(self, host, destination, port):
        super().__init__(daemon=True)
        self.conversation = Conversation(host, destination, port, "udp", timeout=0.001)
        self.sent, self.answers, self.errors, self.over = 0, [], [], False
        self.flying, self.paused = 0, False     # most that were under way at once

    def run(self):
        s = self.conversation.socket
        due = time.monotonic()
        while not self.over:
            try:
                if not self.paused and time.monotonic() >= due:
                    s.send(b"?\n")
                    self.sent += 1
                    self.flying = max(self.flying, self.sent - len(self.answers))
                    due = time.monotonic() + 0.001
                self.answers.append(Answer.of(s.recv(4096)).name)
            except TimeoutError:
                continue
            except OSError as e:
                self.errors.append(repr(e))

    def settle(self, lost=0):
        """Send nothing until all has been answered, but for so many at most."""
        self.paused = True
        until(lambda: self.sent - len(self.answers) <= lost, f"all but {lost} are answered", 30)
        self.paused = False

    def more(self, number=50):
        goal = len(self.answers) + number
        until(lambda: len(self.answers) >= goal, f"{number} more answers", 60)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        self.over = True
        self.join()
        self.conversation.close()


@pytest.mark.row("DP-11")
@pytest.mark.parametrize("client", ["c", "outside", "node"])
def test_not_one_datagram_moves(lab, svcctl, tables, family, client):
    """DP-11: a stream stays while its backend drains and policies change; then what is in flight may be lost."""
    a, b = (family.at(pod.addr(family), 8080) for pod in (lab.a, lab.b))
    place = family.at(family.vip(1), 80, "udp")
    svcctl("add", "service", "shop/web:udp", place, "backend", a)
    with Stream(getattr(lab, client), family.vip(1), 80) as stream:
        stream.more()
        for line in (f"add backend shop/web:udp {b} sets cluster,local",
                     f"set backend shop/web:udp {a} sets none",            # terminating, but serving
                     f"set backend shop/web:udp {a} sets cluster,local",
                     f"set backend shop/web:udp {a} sets cluster",         # no hint for here any more
                     *(f"set frontend {place} rule {c} set local" for c in ("pod", "node", "outside")),
                     f"set backend shop/web:udp {a} weight 0"):
            svcctl(*line.split())
            stream.more()
        stream.settle()
        assert set(stream.answers) == {"a"}
        stream.more()
        flying = stream.flying
        svcctl("del", "backend", "shop/web:udp", a)
        until(lambda: "b" in stream.answers, "the other one answers", 30)
        stream.more()
        # What is under way when the backend goes: one, on an idle machine.
        stream.settle(lost=flying)
    names = stream.answers
    assert names[names.index("b"):] == ["b"] * (len(names) - names.index("b"))
    assert not stream.errors
    stats = tables.stats("shop/web:udp")
    assert (stats["flows"], stats["healed"]) == (2, 1)


def keeping(host, destination, protocol):
    """A client that asks fifty times on each connection, or for ever from one UDP socket."""
    conversations = []

    def step(n):
        if not conversations or (protocol != "udp" and n % 50 == 0):
            while conversations:
                conversations.pop().close()
            conversations.append(Conversation(host, destination, 80, protocol, timeout=20))
        conversations[0].ask()
        return n

    return Beside(step)


def replaced(svcctl, family, old, new, clients):
    """All of old drain for new, and go; each client has asked at every stage."""
    services = "shop/web:tcp", "shop/web:udp"
    places = {pod: family.at(pod.addr(family), 8080) for pod in (*old, *new)}
    for stage in ([f"add backend {s} {places[p]}" for s in services for p in new] +
                  [f"set backend {s} {places[p]} sets none" for s in services for p in old],
                  [f"del backend {s} {places[p]}" for s in services for p in old]):
        svcctl("batch", input="\n".join(stage) + "\n")
        for client in clients:
            client.more(2, limit=120)


def roll(lab, svcctl, family, rounds):
    here, there = (lab.a, lab.d), (lab.b, lab.e)
    vip = family.vip(1)
    for protocol in "tcp", "udp":
        svcctl("add", "service", f"shop/web:{protocol}", family.at(vip, 80, protocol),
               *(w for p in here for w in ("backend", family.at(p.addr(family), 8080))))
    with contextlib.ExitStack() as stack:
        askers = [stack.enter_context(asking(host, vip, 80, protocol, timeout=20))
                  for host in (lab.c, lab.outside) for protocol in ("tcp", "udp")]
        keepers = [stack.enter_context(keeping(lab.c, vip, protocol)) for protocol in ("tcp", "udp")]
        for _ in range(rounds):
            replaced(svcctl, family, here, there, askers + keepers)
            here, there = there, here
        tallies = [p.stop() for p in askers]
        for p in keepers:
            p.stop()
    for tally in tallies:
        assert not tally[""], tally[""][:5]
        assert {"a", "b", "d", "e"} >= set(tally) - {""}
        assert sum(n for name, n in tally.items() if name) >= 4 * rounds


@pytest.mark.row("DP-10", "DP-11")
def test_rolling_replacement(lab, svcctl, family):
    """DP-10, DP-11: all backends replaced time and again under load; no request fails."""
    roll(lab, svcctl, family, QUICK)


@pytest.mark.rolling
@pytest.mark.limit(3000)
@pytest.mark.row("DP-10", "DP-11")
def test_rolling_replacement_two_hundred_times(lab, svcctl, family):
    """DP-10, DP-11: the same, 200 rounds in each family."""
    roll(lab, svcctl, family, LONG)
