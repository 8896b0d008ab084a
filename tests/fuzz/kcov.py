# SPDX-License-Identifier: GPL-2.0
"""Which paths a thread takes through code that is built with KCOV_INSTRUMENT: nf_svc alone here."""
import ctypes
import fcntl
import mmap
import os

ENTRIES = 1 << 18
# From uapi/linux/kcov.h: _IOR('c', 1, unsigned long), _IO('c', 100), _IO('c', 101).
INIT_TRACE, ENABLE, DISABLE, TRACE_PC = 0x80086301, 0x6364, 0x6365, 0


class Kcov:
    """The paths of the thread that made it."""

    def __init__(self):
        self.fd = os.open("/sys/kernel/debug/kcov", os.O_RDWR)
        fcntl.ioctl(self.fd, INIT_TRACE, ENTRIES)
        # Python's own mmap() believes the file's size, which is 0.
        map_ = ctypes.CDLL(None, use_errno=True).mmap
        map_.restype = ctypes.c_void_p
        map_.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long)
        at = map_(None, ENTRIES * 8, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, self.fd, 0)
        if at == ctypes.c_void_p(-1).value:
            raise OSError(ctypes.get_errno(), "kcov cannot be mapped")
        self.words = memoryview((ctypes.c_uint64 * ENTRIES).from_address(at)).cast("B").cast("Q")
        fcntl.ioctl(self.fd, ENABLE, TRACE_PC)

    def reset(self):
        self.words[0] = 0

    def edges(self):
        """Pairs of basic blocks that followed each other since reset()."""
        places = self.words[1:1 + self.words[0]].tolist()
        return {a ^ b << 1 for a, b in zip(places, places[1:])}
