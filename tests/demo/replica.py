# SPDX-License-Identifier: GPL-2.0
"""A replica of the image-processing backend: a process that serves from its pod.

Whoever POSTs a picture of dots and hashes gets its negative back, and the name
of the replica in the header Server. One connection is one request. A datagram is
answered with the name of the replica and what was in it.
"""
import os
import re
import selectors
import signal
import socket

from lab.server import listen

NEGATIVE = bytes.maketrans(b".#", b"#.")
LENGTH = re.compile(rb"^content-length: *(\d+)", re.I | re.M)


class Replica:
    """The process, and when the Service had it: seconds of the monotonic clock.

    joined: when the change began that let it in.
    left: when the change had taken effect after which it gets no new request.
    """

    def __init__(self, pod, name, port):
        self.pod, self.name = pod, name
        self.joined = self.left = None
        listeners = [listen(pod, family, protocol, port)
                     for family in pod.addresses for protocol in ("tcp", "udp")]
        self.pid = os.fork()
        if not self.pid:
            try:
                _serve(name, listeners)
            finally:
                os._exit(1)
        for listener in listeners:
            listener.close()

    def may_have_answered(self, request):
        return (self.joined is not None and self.joined < request.ended and
                (self.left is None or request.begun < self.left))

    def stop(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0


def reply(name, request):
    """The answer to the octets of a request; None while some are missing."""
    head, end, picture = request.partition(b"\r\n\r\n")
    length = LENGTH.search(head)
    if not end or len(picture) < int(length[1] if length else 0):
        return None
    return (f"HTTP/1.0 200 OK\r\nServer: {name}\r\nContent-Length: {len(picture)}\r\n\r\n".encode()
            + picture.translate(NEGATIVE))


def _serve(name, listeners):
    selector = selectors.EpollSelector()

    def accept(listener):
        connection, _ = listener.accept()
        request = bytearray()
        selector.register(connection, selectors.EVENT_READ, lambda: read(connection, request))

    def read(connection, request):
        try:
            octets = connection.recv(65536)
            request += octets
            answer = reply(name, request)
            if octets and answer is None:
                return
            connection.sendall(answer or b"")
        except OSError:         # the client has gone
            pass
        selector.unregister(connection)
        connection.close()

    def echo(listener):
        try:
            octets, client = listener.recvfrom(65536)
            listener.sendto(f"{name} ".encode() + octets, client)
        except OSError:         # an ICMP error of before: the client has gone
            pass

    for listener in listeners:
        serve = accept if listener.type == socket.SOCK_STREAM else echo
        selector.register(listener, selectors.EVENT_READ,
                          lambda serve=serve, which=listener: serve(which))
    while True:
        for key, _ in selector.select():
            key.data()
