# SPDX-License-Identifier: GPL-2.0
"""Servers that tell a client who answered and which source address they saw.

Each line (or datagram) that a client sends is answered with

    NAME PORT PEER-ADDRESS PEER-PORT

NAME and PORT are the server's, the peer is the client as the server saw it. A
stream stays open until the client closes it.
"""
import os
import selectors
import signal
import socket

from . import netns
from .family import PROTOCOLS


def sctp_here():
    """Can this kernel speak SCTP?"""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_SCTP).close()
        return True
    except OSError:
        return False


def listen(host, family, protocol, port, address=None):
    """A bound (and listening) socket of host; on its own address unless told otherwise."""
    datagrams = protocol == "udp"
    with host:
        s = socket.socket(family.af, socket.SOCK_DGRAM if datagrams else socket.SOCK_STREAM,
                          PROTOCOLS[protocol])
    if family.bits == 128:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if protocol == "tcp":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address or host.addr(family), port))
    if not datagrams:
        s.listen(128)
    return s


class Server:
    """One process that serves for any number of hosts.

    where: (host, ports) or (host, ports, {family: address}). Listens at every
    port on the host's own address of each family, or on those given, over TCP,
    UDP and, where the kernel has it, SCTP.
    """

    def __init__(self, *where, protocols=("tcp", "udp", "sctp")):
        sockets = []
        if not sctp_here():
            protocols = [p for p in protocols if p != "sctp"]
        for host, ports, *addresses in where:
            label = host.name.rpartition("-")[2]
            for family, address in (addresses[0] if addresses else host.addresses).items():
                for protocol in protocols:
                    sockets += [(listen(host, family, protocol, port, address), label, protocol,
                                 port) for port in ports]
        self.pid = os.fork()
        if not self.pid:
            try:
                netns.end_with_parent()
                _serve(sockets)
            finally:
                os._exit(1)
        for s, *_ in sockets:
            s.close()

    def stop(self):
        """End the process, with all its connections."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()


def _serve(sockets):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    selector = selectors.EpollSelector()

    def answer(name, port, peer):
        return f"{name} {port} {peer[0]} {peer[1]}\n".encode()

    def datagram(s, name, port):
        while True:
            try:
                data, peer = s.recvfrom(65535)
                s.sendto(answer(name, port, peer), peer)
            except BlockingIOError:
                return
            except OSError:         # an ICMP error of an earlier answer
                continue

    def accept(s, name, port):
        try:
            c, peer = s.accept()
        except OSError:
            return
        c.setblocking(False)
        selector.register(c, selectors.EVENT_READ, lambda: stream(c, answer(name, port, peer)))

    def stream(c, text):
        try:
            data = c.recv(65535)
            if data:
                c.send(text * max(1, data.count(b"\n")))
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        selector.unregister(c)
        c.close()

    for s, name, protocol, port in sockets:
        s.setblocking(False)
        serve = datagram if protocol == "udp" else accept
        selector.register(s, selectors.EVENT_READ,
                          lambda serve=serve, s=s, name=name, port=port: serve(s, name, port))
    while True:
        for key, _ in selector.select():
            key.data()
