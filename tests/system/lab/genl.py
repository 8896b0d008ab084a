# SPDX-License-Identifier: GPL-2.0
"""Generic netlink, as little of it as the tests need; extended acks in full."""
import os
import socket
import struct
from dataclasses import dataclass

NETLINK_GENERIC = 16
SO_RCVBUFFORCE, SOL_NETLINK = 33, 270
NETLINK_ADD_MEMBERSHIP, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK = 1, 11, 12
NLMSG_ERROR, NLMSG_DONE = 2, 3
F_REQUEST, F_MULTI, F_ACK, F_DUMP_INTR = 0x1, 0x2, 0x4, 0x10
F_DUMP, F_REPLACE, F_EXCL, F_CREATE = 0x300, 0x100, 0x200, 0x400
F_CAPPED, F_ACK_TLVS = 0x100, 0x200
NLA_NESTED = 0x8000
NLMSGERR_ATTR_MSG, NLMSGERR_ATTR_OFFS, NLMSGERR_ATTR_COOKIE, NLMSGERR_ATTR_MISS_TYPE = 1, 2, 3, 5
GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 16, 3, 1, 2
CTRL_ATTR_MCAST_GROUPS, CTRL_ATTR_MCAST_GRP_NAME, CTRL_ATTR_MCAST_GRP_ID = 7, 1, 2


class Refused(OSError):
    """The kernel's error, with what its extended ack said.

    text: the message; offset: of the attribute at fault, into the request;
    missing: type of the attribute that was left out; request: what it quotes;
    cookie: its cookie, or None.
    """

    def __init__(self, number, text, offset, missing, request, cookie):
        super().__init__(number, f"{os.strerror(number)}: {text}")
        self.text, self.offset, self.missing, self.request = text, offset, missing, request
        self.cookie = cookie

    @property
    def attribute(self):
        """Type and payload of the attribute at fault."""
        length, kind = struct.unpack_from("=HH", self.request, self.offset)
        return kind & 0x3fff, self.request[self.offset + 4:self.offset + length]


def align(octets):
    return octets + b"\0" * (-len(octets) % 4)


def attr(kind, value):
    """One attribute: a u32, a string, bytes, or a nest of (kind, value) pairs."""
    if isinstance(value, int):
        value = struct.pack("=I", value)
    elif isinstance(value, str):
        value = value.encode() + b"\0"
    elif isinstance(value, list):
        value = b"".join(attr(k, v) for k, v in value)
        kind |= NLA_NESTED
    return align(struct.pack("=HH", len(value) + 4, kind) + value)


def parse(octets):
    """(kind, payload) of each attribute in octets."""
    at = 0
    while at + 4 <= len(octets):
        length, kind = struct.unpack_from("=HH", octets, at)
        yield kind & 0x3fff, octets[at + 4:at + length]
        at += length + 3 & ~3


def u32(octets):
    return struct.unpack("=I", octets)[0]


@dataclass
class Message:
    """One answer: its command, flags, and attributes as (kind, payload) pairs."""
    command: int
    flags: int
    attributes: list


class Family:
    """A socket that speaks to one generic-netlink family in the namespace it was made in.

    room: what it reads at once, in octets; the kernel makes the rounds of a dump that large, from
    4 KiB to 32 KiB. receive: octets that the kernel keeps for it.
    """

    def __init__(self, name, version=1, room=1 << 20, receive=8 << 20):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.socket.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.socket.setsockopt(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1)
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, receive)
        except PermissionError:         # root of a user namespace only
            pass
        self.socket.bind((0, 0))
        self.socket.settimeout(60)
        self.sequence = 0
        self.room = room
        self.version = version
        self.id = GENL_ID_CTRL
        try:
            answer = self.call(CTRL_CMD_GETFAMILY, [(CTRL_ATTR_FAMILY_NAME, name)])
        except OSError:
            self.socket.close()
            raise
        told = dict(answer[0].attributes)
        self.id = struct.unpack("=H", told[CTRL_ATTR_FAMILY_ID])[0]
        groups = [dict(parse(nest)) for _, nest in parse(told.get(CTRL_ATTR_MCAST_GROUPS, b""))]
        self.groups = {g[CTRL_ATTR_MCAST_GRP_NAME].rstrip(b"\0").decode():
                       u32(g[CTRL_ATTR_MCAST_GRP_ID]) for g in groups}

    def request(self, command, attributes=(), flags=0):
        """The octets of one request; its sequence number is at 8."""
        self.sequence += 1
        body = struct.pack("=BBH", command, self.version, 0)
        body += b"".join(attr(k, v) for k, v in attributes)
        return struct.pack("=IHHII", len(body) + 16, self.id, flags | F_REQUEST | F_ACK,
                           self.sequence, 0) + body

    def call(self, command, attributes=(), flags=0):
        """Send one request; its answers. Raises Refused."""
        return self.exchange([self.request(command, attributes, flags)])[0]

    def exchange(self, requests):
        """Send requests as one buffer; for each the list of its answers.

        The kernel works through all of them; the first error is raised when the
        last has been answered.
        """
        answers, refused = self._work(requests)
        for error in refused.values():
            raise error
        return list(answers.values())

    def outcomes(self, requests):
        """The same, but nothing is raised: for each the Refused, or None if it was taken."""
        answers, refused = self._work(requests)
        return [refused.get(sequence) for sequence in answers]

    def _work(self, requests):
        self.socket.send(b"".join(requests))
        answers = {struct.unpack_from("=I", r, 8)[0]: [] for r in requests}
        waiting, refused = set(answers), {}
        while waiting:
            octets = self.socket.recv(self.room)
            while octets:
                length, kind, flags, sequence = struct.unpack_from("=IHHI", octets)
                one, octets = octets[16:length], octets[length + 3 & ~3:]
                if sequence not in waiting:
                    continue
                if kind == NLMSG_ERROR or kind == NLMSG_DONE:
                    waiting.discard(sequence)
                    if error := _refusal(one, kind, flags):
                        refused[sequence] = error
                else:
                    answers[sequence].append(Message(one[0], flags, list(parse(one[4:]))))
        return answers, refused

    def dump_rounds(self, command, attributes=()):
        """The answers of a dump, as many at a time as the kernel wrote in one round.

        The kernel is a round or two ahead of what has been read here.
        """
        self.socket.send(self.request(command, attributes, F_DUMP))
        while True:
            octets, answers = self.socket.recv(self.room), []
            while octets:
                length, kind, flags, _ = struct.unpack_from("=IHHI", octets)
                one, octets = octets[16:length], octets[length + 3 & ~3:]
                if kind == NLMSG_ERROR or kind == NLMSG_DONE:
                    if refused := _refusal(one, kind, flags):
                        raise refused
                    yield answers
                    return
                answers.append(Message(one[0], flags, list(parse(one[4:]))))
            yield answers

    def listen(self, *groups):
        """Join multicast groups of the family; events() reads what they are told from now on."""
        for group in groups:
            self.socket.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, self.groups[group])

    def events(self):
        """Each message that the groups are told, for ever; raises OSError ENOBUFS if some were missed."""
        while True:
            octets = self.socket.recv(self.room)
            while octets:
                length, _, flags, _ = struct.unpack_from("=IHHI", octets)
                one, octets = octets[16:length], octets[length + 3 & ~3:]
                yield Message(one[0], flags, list(parse(one[4:])))

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def _refusal(body, kind, flags):
    number = -struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0
    if not number:
        return None
    request, at = b"", 4
    if kind == NLMSG_ERROR:
        length = 16 if flags & F_CAPPED else u32(body[4:8])
        request, at = body[4:4 + length], 4 + (length + 3 & ~3)
    tlvs = dict(parse(body[at:])) if flags & F_ACK_TLVS else {}
    text = tlvs.get(NLMSGERR_ATTR_MSG, b"").rstrip(b"\0").decode()
    offset, missing = tlvs.get(NLMSGERR_ATTR_OFFS), tlvs.get(NLMSGERR_ATTR_MISS_TYPE)
    return Refused(number, text, u32(offset) if offset else None,
                   u32(missing) if missing else None, request, tlvs.get(NLMSGERR_ATTR_COOKIE))
