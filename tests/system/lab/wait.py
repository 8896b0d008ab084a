# SPDX-License-Identifier: GPL-2.0
"""Time: conditions waited for with a limit, and what this machine can be held to."""
import functools
import time


def until(condition, what, limit=10.0):
    """Wait until condition() is true and return what it returned."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit} s: {what}")
        time.sleep(0.01)


@functools.cache
def emulated():
    """Is every instruction of this machine emulated (ten to twenty times slower)?"""
    with open("/proc/cpuinfo") as f:
        return "TCG" in f.read()


def at_once():
    """Seconds within which "at once" has happened: far below the second after which TCP asks again."""
    return 0.5 if emulated() else 0.1
