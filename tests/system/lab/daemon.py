# SPDX-License-Identifier: GPL-2.0
"""svcsyncd in a namespace, following a directory of manifests or an API server, and what it tells."""
import json
import os
import signal
import subprocess
import urllib.request

from . import netns
from .wait import until

CIDRS = "10.96.0.0/16,fd00:10:96::/112"


class Daemon:
    """svcsyncd of host; folder holds its manifests, its state and its log.

    kubeconfig: of the API server that it follows instead of the manifests.
    """

    def __init__(self, host, folder, *flags, kubeconfig=None):
        self.host, self.folder, self.flags, self.kubeconfig = host, folder, flags, kubeconfig
        self.manifests = folder / "manifests"
        self.manifests.mkdir()
        self.log = folder / "log"
        self.log.touch()
        self.process = None

    def start(self, *flags, wait=True, limit=20.0):
        """Start it; returns when everything is in the kernel, unless told not to wait."""
        source = (["--kubeconfig", self.kubeconfig] if self.kubeconfig else
                  ["--source", self.manifests, "--service-cidr", CIDRS])
        words = ["svcsyncd", *source, "--state-dir", self.folder / "state", "--v", "2",
                 *self.flags, *flags]
        mark = len(self.text())
        with self.host, self.log.open("ab") as log:
            self.process = subprocess.Popen([str(w) for w in words], stderr=log,
                                            preexec_fn=netns.end_with_parent)
        if wait:
            self.said("all is in the kernel", since=mark, limit=limit)
        return self

    def text(self):
        return self.log.read_text()

    def said(self, *parts, since=0, limit=10.0):
        """Wait for a line of the log that has all parts; the line."""
        def line():
            return next((one for one in self.text()[since:].splitlines()
                         if all(str(p) in one for p in parts)), None)
        try:
            return until(line, f"svcsyncd says {parts}", limit)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{self.text()}") from None

    def put(self, name, text):
        """Write a manifest as good programs do: beside it first, then renamed."""
        text = text if isinstance(text, str) else json.dumps({"apiVersion": "v1", "kind": "List",
                                                              "items": text})
        new = self.manifests / f".{name}.new"
        new.write_text(text)
        new.rename(self.manifests / name)

    def remove(self, name):
        (self.manifests / name).unlink()

    def end(self, how=signal.SIGTERM):
        """Its exit status."""
        if self.process is None:
            return None
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(how)
        return process.wait(20)

    def get(self, path, port=10256, address="127.0.0.1"):
        """(status, headers, body) of a GET on the host."""
        with self.host:
            try:
                with urllib.request.urlopen(f"http://{address}:{port}{path}", timeout=10) as answer:
                    return answer.status, answer.headers, answer.read().decode()
            except urllib.error.HTTPError as e:
                return e.code, e.headers, e.read().decode()

    def metric(self, name):
        """The value of a metric, with its labels as they are written."""
        for line in self.get("/metrics", 10249)[2].splitlines():
            if line.rpartition(" ")[0] == name:
                return float(line.rpartition(" ")[2])
        raise AssertionError(f"no metric {name}")

    def resident(self):
        with open(f"/proc/{self.process.pid}/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def service(name, family, ports=((80, "TCP"),), namespace="shop", **spec):
    """A Service; ports are (number, protocol), named as their protocol if there are several."""
    return {"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"ipFamilies": ["IPv4" if family.bits == 32 else "IPv6"],
                     "ports": [{"name": protocol.lower(), "port": port, "protocol": protocol}
                               for port, protocol in ports], **spec}}


def endpoint(pod, family, node=None, **conditions):
    return {"addresses": [pod.addr(family)], **({"nodeName": node} if node else {}),
            "conditions": conditions or {"ready": True}}


def endpoints(name, family, *these, ports=((8080, "TCP"),), namespace="shop"):
    """Its EndpointSlice."""
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": f"{name}-1", "namespace": namespace,
                         "labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4" if family.bits == 32 else "IPv6",
            "ports": [{"name": protocol.lower(), "port": port, "protocol": protocol}
                      for port, protocol in ports],
            "endpoints": list(these)}
