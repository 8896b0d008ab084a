# SPDX-License-Identifier: GPL-2.0
"""watch-print as a process: what the watch tells its sink, line by line."""
import base64
import json
import pathlib
import subprocess
import threading

from k8s.control_plane import API
from lab.wait import until

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = TOP / "build/api/watch-print"
SERVICES, SLICES, NODE, CIDRS = "Services", "EndpointSlices", "this Node", "ServiceCIDRs"
KINDS = (SERVICES, SLICES, NODE, CIDRS)
LIMIT = 30.0            # seconds


def build():
    """Build watch-print, with sanitizers."""
    subprocess.run(["make", "-s", "-j2", "-C", TOP / "tests/api/watch"], check=True)


def kubeconfig(where, plane, server=f"https://127.0.0.1:{API}", ca=None, user=None, **cluster):
    """Write a kubeconfig that verifies the server; user instead of system:kube-proxy's token."""
    ca = ca or pathlib.Path(plane.folder, "certs/apiserver.crt").read_bytes()
    user = user or {"token": plane.tokens["system:kube-proxy"]}
    where.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "lab", "cluster": {
            "server": server, "certificate-authority-data": base64.b64encode(ca).decode(), **cluster}}],
        "users": [{"name": "me", "user": user}],
        "contexts": [{"name": "c", "context": {"cluster": "lab", "user": "me"}}]}))
    return where


class Watch:
    """A running watch-print of ns. events are what it has printed until now."""

    def __init__(self, ns, *arguments, program=PROGRAM, env=None):
        self.events, self.changed = [], threading.Condition()
        with ns:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", program, *map(str, arguments)], env=env,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def said(self, since=0, **what):
        """The events from number since on that have these fields."""
        return [e for e in self.events[since:] if what.items() <= e.items()]

    def wait(self, since=0, limit=LIMIT, **what):
        """Wait for an event that has these fields; the event."""
        def now():
            assert self.process.poll() is None, self.process.stderr.read()
            return self.said(since, **what)
        try:
            return until(now, f"event {what}", limit)[0]
        except AssertionError as e:
            raise AssertionError(f"{e}; last events: {self.events[-8:]}") from None

    def wait_synced(self, since=0):
        """Wait until each kind was listed, or is missing."""
        def now():
            assert self.process.poll() is None, self.process.stderr.read()
            return all(self.said(since, event="listed", kind=kind)
                       or self.said(since, event="missing", kind=kind) for kind in KINDS)
        try:
            until(now, "all kinds", LIMIT)
        except AssertionError as e:
            raise AssertionError(f"{e}; last events: {self.events[-8:]}") from None

    def troubles(self, since=0):
        """Texts of trouble, None: all is well again."""
        return [e["text"] for e in self.said(since, event="trouble")]

    def wait_trouble(self, part, since=0):
        """Wait for trouble whose text has this part."""
        return until(lambda: [t for t in self.troubles(since) if t and part in t],
                     f"trouble with '{part}', last events: {self.events[-8:]}", LIMIT)[0]

    @property
    def mark(self):
        """Number of the next event."""
        return len(self.events)

    def stop(self):
        """End it; what its sanitizers complain of fails. The counts that it printed last."""
        self.process.terminate()
        self.process.wait(LIMIT)
        self.reader.join(LIMIT)
        said = self.process.stderr.read()
        assert self.process.returncode == 0 and not said, said
        return self.events[-1]

    def __enter__(self):
        return self

    def __exit__(self, kind, *exc):
        if kind:
            self.process.kill()
            self.process.wait()
        elif self.process.poll() is None:
            self.stop()
