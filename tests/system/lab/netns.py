# SPDX-License-Identifier: GPL-2.0
"""Network namespaces, entered by setns() so that no step costs an exec.

A socket belongs to the namespace that it was made in, whatever its process does
afterwards. So one process can hold the sockets of every pod:

    with pod:
        s = socket.socket()     # the pod's
    s.connect(...)              # still the pod's, called from anywhere

What is entered is entered for the calling thread only; programs started inside
run there.
"""
import ctypes
import os
import signal
import subprocess
import threading

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
RUN = "/run/netns"

_libc = ctypes.CDLL(None, use_errno=True)
_home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
_entered = threading.local()


def _setns(fd):
    if _libc.setns(fd, CLONE_NEWNET):
        e = ctypes.get_errno()
        raise OSError(e, os.strerror(e))


def end_with_parent():
    """Have the kernel kill this process, a fork, when its parent is gone."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Namespace:
    """A named network namespace, as `ip netns` makes them."""

    def __init__(self, name):
        self.name = name
        self.fd = os.open(f"{RUN}/{name}", os.O_RDONLY | os.O_CLOEXEC)

    def __enter__(self):
        stack = _entered.__dict__.setdefault("stack", [_home])
        _setns(self.fd)
        stack.append(self.fd)
        return self

    def __exit__(self, *exc):
        _entered.stack.pop()
        _setns(_entered.stack[-1])

    def __repr__(self):
        return self.name

    def run(self, *argv, input=None, check=True, timeout=120):
        """Run a program here; returns its CompletedProcess with text in stdout and stderr."""
        with self:
            done = subprocess.run([str(a) for a in argv], input=input, capture_output=True,
                                  text=True, timeout=timeout)
        if check and done.returncode:
            raise AssertionError(f"{self.name}: {' '.join(map(str, argv))}: exit "
                                 f"{done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def ip(self, script):
        """Run the lines of script as one `ip -batch`."""
        return self.run("ip", "-batch", "-", input=lines(script))

    def nft(self, script):
        return self.run("nft", "-f", "-", input=lines(script))

    def sysctl(self, name, value=None):
        """Read, or set, one of this namespace's sysctls (net.…)."""
        path = "/proc/sys/" + name.replace(".", "/")
        with self:
            if value is None:
                with open(path) as f:
                    return f.read().strip()
            with open(path, "w") as f:
                f.write(str(value))

    def close(self):
        """Forget the namespace without deleting it."""
        os.close(self.fd)
        self.fd = -1

    def delete(self):
        """Delete it. It ends when its last process, socket and reference are gone."""
        self.close()
        subprocess.run(["ip", "netns", "del", self.name], check=True)


def fresh():
    """A namespace without a name: it ends with its last socket and close()."""
    if _libc.unshare(CLONE_NEWNET):
        e = ctypes.get_errno()
        raise OSError(e, os.strerror(e))
    try:
        ns = Namespace.__new__(Namespace)
        ns.name, ns.fd = "fresh", os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        return ns
    finally:
        _setns(_entered.__dict__.setdefault("stack", [_home])[-1])


def lines(script):
    return "".join(line.strip() + "\n" for line in script.splitlines() if line.strip())


def create(*names):
    """Create namespaces ready for routed test networks and return them in this order."""
    there = [n for n in names if os.path.exists(f"{RUN}/{n}")]
    script = "".join(f"netns del {n}\n" for n in there) + "".join(f"netns add {n}\n" for n in names)
    subprocess.run(["ip", "-batch", "-"], input=script, text=True, check=True)
    made = [Namespace(n) for n in names]
    for ns in made:
        for which in "all", "default":
            ns.sysctl(f"net.ipv6.conf.{which}.accept_dad", 0)
            ns.sysctl(f"net.ipv6.conf.{which}.accept_ra", 0)
            ns.sysctl(f"net.ipv4.conf.{which}.rp_filter", 1)
    return made
