# SPDX-License-Identifier: GPL-2.0
"""UDP clients that ask without pause while a service changes: one that keeps its socket, one that does not."""
import threading
import time

from lab.client import Conversation
from lab.wait import emulated, until

ANSWER = 0.3 if emulated() else 0.05        # seconds that an answer is waited for


class Asker(threading.Thread):
    """Asks until stopped, out of one socket or out of a new one each time.

    log has (when it was sent, who answered) of each datagram; nobody is "lost",
    or "refused" where the socket was told.
    """

    def __init__(self, host, address, port, new_sockets):
        super().__init__(daemon=True)
        self.where, self.new_sockets = (host, address, port, "udp"), new_sockets
        self.log, self.ended = [], False
        self.start()

    def _ask(self, conversation):
        begin = time.monotonic()
        try:
            name = conversation.ask().name
        except TimeoutError:
            name = "lost"
        except OSError:
            name = "refused"
        self.log.append((begin, name))
        time.sleep(max(0, begin + 0.005 - time.monotonic()))            # a pace, not a wait

    def run(self):
        while not self.ended:
            with Conversation(*self.where, timeout=ANSWER) as c:
                self._ask(c)
                while not self.ended and not self.new_sockets:
                    self._ask(c)

    def first(self, name, since=0.0):
        """When the first datagram was sent that name answered, or None."""
        return next((when for when, who in self.log if who == name and when >= since), None)

    def stop(self):
        self.ended = True
        self.join()


class Watch:
    """Both of them, at one address; begins with the one that keeps its socket."""

    def __init__(self, host, address, port=80):
        self.where = (host, address, port)
        self.old, self.new = Asker(*self.where, False), None
        until(lambda: len(self.old.log) > 1, "it asks")

    def change(self, change, name, limit=8.0):
        """Change a service so that name serves, and wait until both know, or the limit has passed."""
        self.new = Asker(*self.where, True)
        change()
        until(lambda: self.new.first(name), f"{name} answers a new client", 30)
        since = self.new.first(name)
        end = time.monotonic() + limit
        while not self.old.first(name) and time.monotonic() < end:
            time.sleep(0.005)                       # a condition with a limit whose passing is an answer
        self.stop()
        moved = self.old.first(name)
        sent = [who for when, who in self.old.log if since <= when and (not moved or when < moved)]
        return Moved(bool(moved), max(0.0, (moved or end) - since), len(sent))

    def stop(self):
        for asker in self.old, self.new:
            if asker:
                asker.stop()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()


class Moved:
    """How an old flow fared once new ones were served."""

    def __init__(self, moved, seconds, lost):
        self.moved, self.seconds, self.lost = moved, seconds, lost

    @property
    def figures(self):
        return {"moved": self.moved, "later_than_new_clients_ms": round(1000 * self.seconds),
                "datagrams_lost": self.lost}

    def __repr__(self):
        return str(self.figures)
