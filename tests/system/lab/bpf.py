# SPDX-License-Identifier: GPL-2.0
"""BPF programs that do nothing, made without a compiler."""
import contextlib
import ctypes
import os
import platform
import struct

PROG_LOAD, LINK_CREATE = 5, 28                  # enum bpf_cmd
SCHED_CLS, XDP = 3, 6                           # enum bpf_prog_type
ATTACH_XDP, ATTACH_TCX_INGRESS = 37, 46         # enum bpf_attach_type
SYS_BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]

_libc = ctypes.CDLL(None, use_errno=True)


def _bpf(command, attributes):
    octets = ctypes.create_string_buffer(attributes, 128)
    fd = _libc.syscall(SYS_BPF, command, octets, 128)
    if fd < 0:
        e = ctypes.get_errno()
        raise OSError(e, os.strerror(e))
    return fd


def _program(kind, verdict):
    """r0 = verdict; exit."""
    code = struct.pack("=BBhi BBhi", 0xb7, 0, 0, verdict, 0x95, 0, 0, 0)
    octets, licence = ctypes.create_string_buffer(code), ctypes.create_string_buffer(b"GPL")
    return _bpf(PROG_LOAD, struct.pack("=IIQQ", kind, 2, ctypes.addressof(octets),
                                       ctypes.addressof(licence)))


@contextlib.contextmanager
def attached(host, index, kind, verdict, attach_type):
    """Such a program at a device, by a link: it goes with the block."""
    with host:
        program = _program(kind, verdict)
        try:
            link = _bpf(LINK_CREATE, struct.pack("=IIII", program, index, attach_type, 0))
        finally:
            os.close(program)
    try:
        yield
    finally:
        os.close(link)


def xdp(host, index):
    """XDP_PASS."""
    return attached(host, index, XDP, 2, ATTACH_XDP)


def tcx(host, index):
    """TCX_NEXT, of Linux 6.6 and later."""
    return attached(host, index, SCHED_CLS, -1, ATTACH_TCX_INGRESS)
