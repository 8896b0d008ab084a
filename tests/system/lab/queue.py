# SPDX-License-Identifier: GPL-2.0
"""A program behind an nft queue: it accepts each packet, one after the other."""
import contextlib
import select
import socket
import struct
import threading

NETLINK_NETFILTER, SUBSYSTEM = 12, 3 << 8
PACKET, VERDICT, CONFIG = SUBSYSTEM | 0, SUBSYSTEM | 1, SUBSYSTEM | 2
F_REQUEST, F_ACK = 0x1, 0x4
CFG_CMD, CFG_PARAMS, PACKET_HDR, VERDICT_HDR = 1, 2, 1, 2
BIND, COPY_META, ACCEPT = 1, 1, 1


def message(kind, flags, queue, attribute, payload):
    body = struct.pack("=BBH", 0, 0, socket.htons(queue))
    body += struct.pack("=HH", len(payload) + 4, attribute) + payload + b"\0" * (-len(payload) % 4)
    return struct.pack("=IHHII", len(body) + 16, kind, flags, 1, 0) + body


@contextlib.contextmanager
def accepting(host, number):
    """Whatever comes into this queue of host's goes on; yields how many there were, as a list."""
    with host:
        s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    for attribute, payload in ((CFG_CMD, struct.pack("!BBH", BIND, 0, 0)),
                               (CFG_PARAMS, struct.pack("!IB", 0, COPY_META))):
        s.send(message(CONFIG, F_REQUEST | F_ACK, number, attribute, payload))
        error, = struct.unpack_from("=i", s.recv(4096), 16)
        assert not error, f"queue {number}: {error}"
    stop, seen = threading.Event(), []

    def work():
        while not stop.is_set():
            if not select.select([s], [], [], 0.05)[0]:
                continue
            octets = s.recv(65536)
            if struct.unpack_from("=H", octets, 4)[0] != PACKET:
                continue
            at = 20
            while struct.unpack_from("=H", octets, at + 2)[0] & 0x3fff != PACKET_HDR:
                at += struct.unpack_from("=H", octets, at)[0] + 3 & ~3
            identity, = struct.unpack_from("!I", octets, at + 4)
            seen.append(identity)
            s.send(message(VERDICT, F_REQUEST, number, VERDICT_HDR, struct.pack("!II", ACCEPT, identity)))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()
        s.close()
