# SPDX-License-Identifier: GPL-2.0
"""Real kube-proxy, in any of its modes, told by a real API server."""
class KubeProxyPeer:
    """A KubeProxyEngine in one of its modes."""

    def __init__(self, net, engine, mode):
        self.name, self.net, self.engine, self.family = f"kube-proxy-{mode}", net, engine, None
        engine.become(mode)

    def _service(self, service):
        vip = self.family.vip(service.vip)
        port = {"port": service.port, "targetPort": service.target, "protocol": service.protocol.upper()}
        if service.node_port:
            port["nodePort"] = service.node_port
        return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": service.name, "namespace": "shop"},
                "spec": {"type": "NodePort" if service.node_port else "ClusterIP",
                         "clusterIP": vip, "clusterIPs": [vip], "ipFamilyPolicy": "SingleStack",
                         "ipFamilies": [self._kind()], "ports": [port]}}

    def _kind(self):
        return self.family.name.replace("ip", "IP")

    def _slice(self, service):
        return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": self._kind(),
                "metadata": {"name": service.name, "namespace": "shop",
                             "labels": {"kubernetes.io/service-name": service.name}},
                "endpoints": [{"addresses": [self.net.pod(b).addr(self.family)],
                               "conditions": {"ready": True}, "nodeName": self.net.PODS[b][0]}
                              for b in service.backends],
                "ports": [{"port": service.target, "protocol": service.protocol.upper()}]}

    def load(self, family, *services):
        """Hold exactly these, and forget all flows."""
        self.family = family
        self.engine.load([o for s in services for o in (self._service(s), self._slice(s))])

    def change(self, *services, endpoints_first=False):
        """Hold exactly these from now on; returns when the rules show it."""
        steps = [[self._service(s) for s in services], [self._slice(s) for s in services]]
        self.engine.change(*(reversed(steps) if endpoints_first else steps))

    def close(self):
        """No rule of it is left."""
        self.engine.become("nftables")
