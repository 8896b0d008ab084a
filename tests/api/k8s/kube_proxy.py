# SPDX-License-Identifier: GPL-2.0
"""The real kube-proxy in a namespace, and what its rules have of a service."""
import json
import socket

from lab.family import FAMILIES, V6

from .program import Program

HEALTH, METRICS = 10256, 10249          # ports on 127.0.0.1
MODES = ("nftables", "iptables")


def configuration(mode, node, kubeconfig, settings):
    """A KubeProxyConfiguration as the lab needs it; settings (its fields) go over it."""
    quick = {"minSyncPeriod": "100ms", "syncPeriod": "30s"}
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration",
        "mode": mode, "hostnameOverride": node, "nftables": quick, "iptables": quick,
        "detectLocalMode": "ClusterCIDR", "clusterCIDR": ",".join(str(f.pods) for f in FAMILIES),
        "healthzBindAddress": f"127.0.0.1:{HEALTH}", "metricsBindAddress": f"127.0.0.1:{METRICS}",
        "clientConnection": {"kubeconfig": str(kubeconfig), "qps": 200, "burst": 400},
        # Of these, namespaces either have no sysctl or have the lab's.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s",
                      "tcpCloseWaitTimeout": "0s"},
        "oomScoreAdj": 0, **settings}


class KubeProxy:
    """Runs from construction to stop(); its rules stay until remove_rules() or the namespace's end.

    host: the node's Host; node: the name of its Node object, which is there
    already. settings are fields of KubeProxyConfiguration, such as
    nodePortAddresses=["192.0.2.0/24"].
    """

    def __init__(self, plane, host, node="node", mode="nftables", **settings):
        assert mode in MODES, mode
        self.host, self.mode = host, mode
        where = plane.folder / "kube-proxy.json"
        where.write_text(json.dumps(configuration(mode, node, plane.kubeconfig("system:kube-proxy"),
                                                  settings)))
        self.program = Program(host, plane.folder / "kube-proxy.log", "kube-proxy", f"--config={where}")
        try:
            self.program.wait_for(self._healthy, "kube-proxy is healthy", 60)
        except BaseException:
            self.stop()
            raise

    def _healthy(self):
        try:
            with self.host:
                s = socket.create_connection(("127.0.0.1", HEALTH), 1.0)
            with s:
                s.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
                return s.recv(64).split()[1:2] == [b"200"]
        except OSError:
            return False

    def forwards(self, family, address, port):
        """Do its rules lead TCP to address:port to any endpoint?"""
        if self.mode == "nftables":
            table = "ip6" if family is V6 else "ip"
            return self.host.run("nft", "get", "element", table, "kube-proxy", "service-ips",
                                 f"{{ {address} . tcp . {port} }}", check=False).returncode == 0
        rules = self.host.run("ip6tables" if family is V6 else "iptables", "-t", "nat",
                              "-S", "KUBE-SERVICES", check=False).stdout.splitlines()
        return any(f"-d {address}/" in rule and f"--dport {port} " in rule for rule in rules)

    def wait_for(self, condition, what, limit=30.0):
        """Wait until condition() is true, as long as kube-proxy runs."""
        self.program.wait_for(condition, what, limit)

    def stop(self):
        self.program.stop()

    def remove_rules(self):
        """Remove all rules of the namespace, once it has been stopped."""
        self.host.nft("flush ruleset")
