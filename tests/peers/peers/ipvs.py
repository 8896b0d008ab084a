# SPDX-License-Identifier: GPL-2.0
"""IPVS, set as kube-proxy 1.37's mode ipvs sets it; of the rules that it has beside only that for masquerade."""
import subprocess

from lab import conntrack

DEVICE = "kube-ipvs0"           # holds the ClusterIPs: IPVS looks at what is for the node itself
# The rule brings conntrack and NAT for all packets of the node.
MASQUERADE = "POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE --random-fully".split()
# pkg/proxy/ipvs/proxier.go; conn_reuse_mode is left as it is from Linux 5.9 on, and that is 1.
SETTINGS = {"conntrack": 1, "expire_nodest_conn": 1, "expire_quiescent_template": 1}


def here():
    """Can this kernel do it?"""
    return not subprocess.run(["modprobe", "-a", "ip_vs", "ip_vs_rr"], capture_output=True, check=False).returncode


class Ipvs:
    """IPVS in the node of a lab.topology."""

    name = "ipvs"

    def __init__(self, net):
        self.net, self.node, self.family, self.loaded = net, net.node, None, {}
        for name, value in SETTINGS.items():
            self.node.sysctl(f"net.ipv4.vs.{name}", value)
        self.node.ip(f"link add {DEVICE} type dummy\nlink set {DEVICE} up")
        self._masquerade("-A")

    def _masquerade(self, option):
        for command in "iptables", "ip6tables":
            self.node.run(command, "-w", "-t", "nat", option, *MASQUERADE)

    def _where(self, service):
        option = {"tcp": "-t", "udp": "-u"}[service.protocol]
        return option, self.family.at(self.family.vip(service.vip), service.port)

    def _backend(self, service, name):
        return "-r", self.family.at(self.net.pod(name).addr(self.family), service.target)

    def load(self, family, *services):
        """Hold exactly these, and forget all flows that conntrack knows; IPVS cannot forget its own."""
        self.node.run("ipvsadm", "-C")
        self.node.run("ip", "addr", "flush", "dev", DEVICE)
        conntrack.flush(self.node)
        self.family, self.loaded = family, {}
        self.change(*services)

    def change(self, *services):
        """Hold exactly these from now on."""
        before, self.loaded = self.loaded, {s.name: s for s in services}
        for name, service in before.items():
            if name not in self.loaded:
                self.node.run("ipvsadm", "-D", *self._where(service))
        for name, service in self.loaded.items():
            if name not in before:
                self._add(service)
            self._backends(service, before[name].backends if name in before else ())

    def _add(self, service):
        nodad = ["nodad"] if self.family.bits == 128 else []
        self.node.run("ip", "addr", "add", f"{self.family.vip(service.vip)}/{self.family.bits}", "dev", DEVICE, *nodad)
        self.node.run("ipvsadm", "-A", *self._where(service), "-s", "rr")

    def _backends(self, service, before):
        for backend in service.backends:
            if backend not in before:
                self.node.run("ipvsadm", "-a", *self._where(service), *self._backend(service, backend), "-m", "-w", 1)
        for backend in before:
            if backend not in service.backends:
                self._remove(service, backend)

    def _remove(self, service, backend):
        """As kube-proxy does: of UDP at once, of TCP once no connection is left."""
        of = *self._where(service), *self._backend(service, backend)
        if service.protocol == "udp":
            self.node.run("ipvsadm", "-d", *of)
        else:
            self.node.run("ipvsadm", "-e", *of, "-m", "-w", 0)

    def close(self):
        self.node.run("ipvsadm", "-C")
        self.node.run("ip", "link", "del", DEVICE)
        self._masquerade("-D")
