# SPDX-License-Identifier: GPL-2.0
"""The front end: a client that keeps asking the Service, several requests under way at a time."""
import socket
import threading
import time
from collections import deque

from lab import family
from replica import NEGATIVE

PICTURE = b"""\
............
..#......#..
..##....##..
..########..
.##.####.##.
.##########.
..###..###..
...######...
"""
UNDER_WAY = 24          # begun and not yet finished, at any time
LIMIT = 20              # seconds for a step of one request, before it has failed
ENOUGH = 10             # failed requests after which it gives up


class Failed(Exception):
    """Something that the demo promises did not happen."""


class Request:
    """One request on a TCP connection of its own.

    begun, ended: seconds of the monotonic clock, before the connection is asked
    for and after the last octet of the answer. text: the answer. replica: who
    gave it; None as long as there is none. error: why there is none.
    """

    def __init__(self, address, port):
        self.to = (address, port)
        self.replica = self.error = None
        self.text = ""
        self.ended = float("inf")
        self.begun = time.monotonic()

    def begin(self):
        """Connect, and send all but the second half of the picture."""
        try:
            self.socket = socket.socket(family.of(self.to[0]).af)
            self.socket.settimeout(LIMIT)
            self.socket.connect(self.to)
            half = len(PICTURE) // 2
            self.rest = PICTURE[half:]
            self.socket.sendall(b"POST /negative HTTP/1.0\r\nContent-Length: %d\r\n\r\n%b"
                                % (len(PICTURE), PICTURE[:half]))
        except OSError as e:
            self.error = f"cannot connect: {e}"

    def finish(self):
        """Send the rest of it and read the answer."""
        if not self.error:
            try:
                with self.socket:
                    self.socket.sendall(self.rest)
                    self._read()
            except (OSError, ValueError) as e:
                self.error = str(e)
        self.ended = time.monotonic()

    def _read(self):
        octets = b""
        while more := self.socket.recv(65536):
            octets += more
        self.text = octets.decode()
        head, _, picture = octets.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.0 200 "):
            raise ValueError(f"not an answer: {octets!r}")
        if picture != PICTURE.translate(NEGATIVE):
            raise ValueError(f"not the negative: {octets!r}")
        self.replica = head.partition(b"Server: ")[2].split(b"\r\n")[0].decode()


class Traffic(threading.Thread):
    """Asks addresses in turn until total requests are done.

    It begins only as many as it is allowed to, so that a change made meanwhile
    has requests before it, during it and after it on a machine of any speed.
    Requests are finished in the order in which they began.
    """

    def __init__(self, pod, addresses, port, total):
        super().__init__(daemon=True)
        self.pod, self.addresses, self.port, self.total = pod, addresses, port, total
        self.requests = []
        self.allowed = self.finished = self.failed = 0
        self.over = False
        self.changed = threading.Condition()

    def allow(self, number):
        with self.changed:
            self.allowed = number
            self.changed.notify_all()

    def begun(self):
        """How many requests have begun."""
        with self.changed:
            return len(self.requests)

    def wait(self, condition, what, limit=180):
        """Until condition() is true; it looks at this object only."""
        with self.changed:
            self.changed.wait_for(lambda: condition() or self.over, limit)
            if not condition():
                raise Failed(f"not within {limit} s: {what}" if not self.over else
                             f"the front end gave up before {what}")

    def run(self):
        open_ones = deque()
        try:
            with self.pod:
                for i in range(self.total):
                    with self.changed:
                        if not self.changed.wait_for(lambda: self.allowed > i, LIMIT * 6):
                            return
                        request = Request(self.addresses[i % len(self.addresses)], self.port)
                        self.requests.append(request)
                        self.changed.notify_all()
                    open_ones.append(request)
                    request.begin()
                    if len(open_ones) > UNDER_WAY:
                        self._finish(open_ones.popleft())
                    if self.failed >= ENOUGH:
                        return
        finally:
            for request in open_ones:
                self._finish(request)
            with self.changed:
                self.over = True
                self.changed.notify_all()

    def _finish(self, request):
        request.finish()
        with self.changed:
            self.finished += 1
            self.failed += request.replica is None
            self.changed.notify_all()
