# SPDX-License-Identifier: GPL-2.0
"""Processes that work beside the test: clients that never pause, floods, writers."""
import itertools
import json
import mmap
import os
import signal
import struct
import time

from . import client
from .wait import until


class Beside:
    """Runs step(n) for n = 0, 1, 2, … in a process of its own until stopped.

    What the last step returned that was not None is what stop() returns; it
    must be JSON. An exception in step ends the process and fails stop(). After
    each step it rests for so many times as long as that took: a flood that does
    not would leave a single processor no time to deliver what it sends.
    """

    def __init__(self, step, rest=0):
        self.count = mmap.mmap(-1, 4096)        # steps done, stop wanted
        self.pipe, end = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(end)
            return
        try:
            signal.alarm(0)
            result, n = None, 0
            while not self.count[8]:
                begin = time.monotonic()
                returned = step(n)
                if rest:
                    time.sleep(rest * (time.monotonic() - begin))
                result = result if returned is None else returned
                n += 1
                self.count[:8] = struct.pack("=Q", n)
            os.write(end, json.dumps(result).encode())
            os._exit(0)
        except BaseException as e:              # pylint: disable=broad-except
            os.write(2, f"{type(e).__name__}: {e}\n".encode())
        finally:
            os._exit(1)

    @property
    def steps(self):
        return struct.unpack_from("=Q", self.count)[0]

    def alive(self):
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def more(self, steps, limit=60):
        """Wait until it has done so many more steps."""
        goal = self.steps + steps
        until(lambda: self.steps >= goal or not self.alive(), f"{steps} more steps", limit)
        assert self.steps >= goal, "it died"

    def stop(self):
        """Let it finish its step and end; what it returned."""
        self.count[8] = 1
        with os.fdopen(self.pipe, "rb") as f:
            self.pipe = -1
            octets = f.read()
        pid, self.pid = self.pid, 0
        _, status = os.waitpid(pid, 0)
        assert status == 0, f"it died: {status:#x}"
        return json.loads(octets)

    def kill(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0
        if self.pipe >= 0:
            os.close(self.pipe)
            self.pipe = -1

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.kill()


# Of which each asking() takes one; below the ports that the kernel gives out.
PORTS = itertools.cycle(range(at, at + 5000) for at in range(10000, 30000, 5000))     # no server is there


def asking(host, destination, port, protocol="tcp", **how):
    """A client that asks without pause; stop() returns {name: answers} with failures under "".

    UDP asks from a port not used before (for the first 5,000 times): a datagram
    from one that conntrack still knows belongs to that flow and stays with its
    backend, which is not what is asked here.
    """
    tally = {"": []}
    ports = itertools.cycle(next(PORTS))

    def step(_):
        if protocol == "udp":
            how["source_port"] = next(ports)
        outcome = client.attempt(host, destination, port, protocol, **how)
        if outcome.answer:
            tally[outcome.answer.name] = tally.get(outcome.answer.name, 0) + 1
        else:
            tally[""].append(repr(outcome))
        return tally

    return Beside(step)
