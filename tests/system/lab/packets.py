# SPDX-License-Identifier: GPL-2.0
"""Raw packets: what passes a device, and many new flows for the price of one socket."""
import errno
import select
import socket
import struct
import time
from dataclasses import dataclass

from . import family as families
from .family import PROTOCOLS, V4, V6
from .wait import until

SO_RCVBUFFORCE = 33
ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 0x0003, 0x0800, 0x86DD
PACKET_OUTGOING = 4
FIN, SYN, PSH, ACK = 0x01, 0x02, 0x08, 0x10


@dataclass(frozen=True)
class Packet:
    """The parts of an IP packet that tests look at; payload begins at the L4 header."""
    source: str
    destination: str
    protocol: int
    payload: bytes
    outgoing: bool

    @property
    def ports(self):
        return struct.unpack_from("!HH", self.payload)


def parse(octets, ethertype, outgoing):
    if ethertype == ETH_P_IP and len(octets) >= 20:
        ihl = (octets[0] & 15) * 4
        return Packet(V4.unpack(octets[12:16]), V4.unpack(octets[16:20]), octets[9],
                      octets[ihl:], outgoing)
    if ethertype == ETH_P_IPV6 and len(octets) >= 40:
        return Packet(V6.unpack(octets[8:24]), V6.unpack(octets[24:40]), octets[6],
                      octets[40:], outgoing)
    return None


class Sniffer:
    """All IP packets of one device of a host since the Sniffer was made."""

    def __init__(self, host, device):
        with host:
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
            self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
            self.socket.bind((device, ETH_P_ALL))
        self.socket.setblocking(False)
        self.seen = []

    def packets(self):
        while True:
            try:
                octets, (_, ethertype, kind, *_) = self.socket.recvfrom(65535)
            except BlockingIOError:
                return self.seen
            packet = parse(octets, ethertype, kind == PACKET_OUTGOING)
            if packet:
                self.seen.append(packet)

    def to(self, address, outgoing=None, protocol=None):
        """Packets to address, of one direction and one protocol (its number) if told.

        Say it where another test's connection to the address may still be ending.
        """
        return [p for p in self.packets()
                if p.destination == address and outgoing in (None, p.outgoing)
                and protocol in (None, p.protocol)]

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.socket.close()


def _sum(octets):
    if len(octets) % 2:
        octets += b"\0"
    return sum(struct.unpack(f"!{len(octets) // 2}H", octets))


def _fold(total):
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff or 0xffff


def checksum(source, destination, protocol, octets):
    """Of a packet of TCP or UDP, from its header on, between two addresses."""
    family = families.of(source)
    return _fold(_sum(family.pack(source)) + _sum(family.pack(destination)) + PROTOCOLS[protocol] +
                 len(octets) + _sum(octets))


def send_segment(host, source, destination, flags, seq=0, ack=0, payload=b""):
    """Send one TCP segment out of host's (address, port) that no socket of it knows of."""
    family = families.of(destination[0])
    header = struct.pack("!HHIIBBHHH", source[1], destination[1], seq, ack, 0x50, flags, 64240, 0, 0)
    octets = header + payload
    check = checksum(source[0], destination[0], "tcp", octets)
    with host:
        raw = socket.socket(family.af, socket.SOCK_RAW, PROTOCOLS["tcp"])
    with raw:
        raw.bind((source[0], 0))
        raw.sendto(octets[:16] + struct.pack("!H", check) + octets[18:], (destination[0], 0))


class Spray:
    """Sends one packet a flow, from any source port of host, without waiting for an answer.

    A UDP datagram of one byte, or a TCP SYN.
    """

    def __init__(self, host, destination, port, protocol="udp"):
        family = families.of(destination)
        number = PROTOCOLS[protocol]
        with host:
            self.socket = socket.socket(family.af, socket.SOCK_RAW, number)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self.to = (destination, 0)
        # All of the L4 header but the source port, and where its checksum is in that.
        if protocol == "udp":
            self.tail, self.check = struct.pack("!HHH", port, 9, 0) + b"?", 4
        else:
            self.tail, self.check = struct.pack("!HIIBBHHH", port, 1, 0, 0x50, SYN, 64240, 0, 0), 14
        length = 2 + len(self.tail)
        self.partial = (_sum(family.pack(host.addr(family))) + _sum(family.pack(destination)) +
                        number + length + _sum(b"\0\0" + self.tail))

    def send(self, ports):
        tail, check = bytearray(self.tail), self.check
        to, partial = self.to, self.partial

        def taken(packet):
            try:
                return self.socket.sendto(packet, to)
            except OSError as e:
                if e.errno != errno.ENOBUFS:
                    raise
                return 0                # the way is full for now, and nothing was sent

        for port in ports:
            struct.pack_into("!H", tail, check, _fold(partial + port))
            packet = port.to_bytes(2, "big") + tail
            if not taken(packet):
                until(lambda packet=packet: taken(packet), "there is room for a packet")

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class Sink:
    """Counts the first packets of flows that reach a host at a port, and answers none."""

    def __init__(self, host, family, port, protocol="udp"):
        self.host, self.protocol, self.port = host, protocol, port
        kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_RAW
        with host:
            self.socket = socket.socket(family.af, kind, PROTOCOLS[protocol])
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.header = 20 if family is V4 and protocol == "tcp" else 0
        self.socket.bind((host.addr(family), port if protocol == "udp" else 0))
        self.socket.setblocking(False)
        self.flows = {}                 # (source, port) of each flow: packets

    def drain(self):
        recvfrom, head = self.socket.recvfrom, self.header
        while True:
            try:
                octets, peer = recvfrom(2048)
            except BlockingIOError:
                return len(self.flows)
            if self.protocol == "tcp":
                source, port = struct.unpack_from("!HH", octets, head)
                if port != self.port or octets[head + 13] & 0x3f != SYN:
                    continue
                flow = (peer[0], source)
            else:
                flow = peer[:2]
            self.flows[flow] = self.flows.get(flow, 0) + 1

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def settled(sinks, expected, limit=10.0):
    """Wait until the sinks have taken expected flows together; the count of each."""
    end = time.monotonic() + limit
    while True:
        counts = [s.drain() for s in sinks]
        left = end - time.monotonic()
        if sum(counts) >= expected or left <= 0:
            return counts
        select.select([s.socket for s in sinks], [], [], left)


class Icmp:
    """A raw ICMP socket of a host that looks at what concerns one address."""

    def __init__(self, host, destination):
        self.family = families.of(destination)
        self.destination = destination
        with host:
            self.socket = socket.socket(self.family.af, socket.SOCK_RAW, self.family.icmp)
        self.socket.setblocking(False)
        self.seen = []                  # (type, code, octets after the ICMP header)

    def ping(self, data=b"nf_svc"):
        kind = 8 if self.family is V4 else 128
        echo = struct.pack("!BBHHH", kind, 0, 0, 4711, 1) + data
        if self.family is V4:           # for ICMPv6 the kernel does it
            echo = struct.pack("!BBH", kind, 0, _fold(_sum(echo))) + echo[4:]
        self.socket.sendto(echo, (self.destination, 0))

    def received(self):
        while True:
            try:
                octets, _ = self.socket.recvfrom(65535)
            except BlockingIOError:
                return self.seen
            if self.family is V4:
                octets = octets[(octets[0] & 15) * 4:]
            self.seen.append((octets[0], octets[1], octets[8:]))

    def replies(self):
        """Echo replies to ping()."""
        return [s for s in self.received() if s[0] == (0 if self.family is V4 else 129)]

    def unreachable(self, limit):
        """Wait for a destination unreachable that quotes a packet to the address.

        Returns (type, code), or None.
        """
        address = self.family.pack(self.destination)
        end = time.monotonic() + limit
        while True:
            for kind, code, quoted in self.received():
                at = slice(16, 20) if self.family is V4 else slice(24, 40)
                if kind == (3 if self.family is V4 else 1) and quoted[at] == address:
                    return kind, code
            left = end - time.monotonic()
            if left <= 0:
                return None
            select.select([self.socket], [], [], left)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.socket.close()
