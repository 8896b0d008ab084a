# SPDX-License-Identifier: GPL-2.0
"""Fault injection: the n-th allocation or copy that a system call of this thread makes fails.

Needs the debug kernel (CONFIG_FAULT_INJECTION). See Documentation/fault-injection of the kernel.
"""
import errno
import os
import pathlib
import struct

from . import genl

DEBUGFS = pathlib.Path("/sys/kernel/debug")
# Only by fail-nth, of every size and context, and without a stack in the log for each.
COMMON = {"probability": 0, "times": -1, "verbose": 0}
SETUP = {"failslab": {**COMMON, "ignore-gfp-wait": "N", "cache-filter": "N"},
         "fail_page_alloc": {**COMMON, "ignore-gfp-wait": "N", "ignore-gfp-highmem": "Y",
                             "min-order": 1},
         "fail_usercopy": COMMON}
LOST = object()         # nobody knows what came of a request: the answer itself was lost


class Faults:
    """The fault of the calling thread. One at a time."""

    def __init__(self):
        for name, values in SETUP.items():
            for file, value in values.items():
                (DEBUGFS / name / file).write_text(f"{value}\n")
        self.fd = os.open("/proc/thread-self/fail-nth", os.O_RDWR)
        self.room = bytearray(1 << 16)

    def close(self):
        os.close(self.fd)

    def _arm(self, n):
        os.pwrite(self.fd, b"%d" % n, 0)

    def _disarm(self):
        """Was there a fault since it was armed?"""
        try:
            there = os.pread(self.fd, 16, 0).strip() == b"0"
        except OSError:                 # it met this very call
            there = False
        for _ in range(2):
            try:
                self._arm(0)
                break
            except OSError:
                pass
        return there

    def during(self, n, call):
        """Call with a fault at n. Returns (was there one?, what call returned or its errno)."""
        self._arm(n)
        try:
            result = call()
        except OSError as e:
            result = e.errno
        except MemoryError:
            result = errno.ENOMEM
        return self._disarm(), result

    def ask(self, n, tables, request):
        """Send a request with a fault at n.

        Returns (was there one?, errno or LOST, messages). Messages are None if a system call
        failed, which tells the caller that some may be missing.
        """
        sequence = struct.unpack_from("=I", request, 8)[0]
        octets = []

        def call():
            tables.socket.send(request)
            while True:
                length = tables.socket.recv_into(self.room)
                octets.append(bytes(self.room[:length]))
                kind, = struct.unpack_from("=H", octets[-1], 4)
                if kind in (genl.NLMSG_ERROR, genl.NLMSG_DONE):
                    return None

        limit = tables.socket.gettimeout()
        tables.socket.settimeout(0)     # the answer is there when send() is back, or never
        there, failed = self.during(n, call)
        if failed:
            octets += rest(tables.socket)
        tables.socket.settimeout(limit)
        number, messages = LOST if failed else None, []
        for kind, flags, its, body in split(octets):
            if its != sequence:
                continue
            if kind in (genl.NLMSG_ERROR, genl.NLMSG_DONE):
                number = -struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0
            else:
                messages.append((flags, body))
        return there, LOST if number is None else number, None if failed else messages


def rest(sock):
    """Everything that waits in a netlink socket that does not block; errors are thrown away."""
    octets = []
    for _ in range(1000):
        try:
            octets.append(sock.recv(1 << 16))
        except BlockingIOError:
            return octets
        except OSError:                 # told once
            continue
    raise AssertionError("there is no end to what the socket has")


def split(octets):
    """(type, flags, sequence, body) of the netlink messages in octets."""
    for one in octets:
        while one:
            length, kind, flags, sequence = struct.unpack_from("=IHHI", one)
            yield kind, flags, sequence, one[16:length]
            one = one[length + 3 & ~3:]
