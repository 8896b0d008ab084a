# SPDX-License-Identifier: GPL-2.0
"""What puts Kubernetes objects in force on the node of the lab."""
from dataclasses import dataclass

from lab.family import FAMILIES

NODE = "node"                   # metadata.name of the Node whose namespace is lab.node
POD_DEVICE_PREFIX = "cali-"
SERVICE_CIDRS = tuple(str(f.services) for f in FAMILIES)
POD_CIDRS = tuple(str(f.pods) for f in FAMILIES)
EXTERNAL_CIDRS = ("198.19.0.0/16", "fd00:198:19::/64")


@dataclass(frozen=True)
class Settings:
    """How the proxy of the node is configured.

    detect: detectLocalMode: "ClusterCIDR" (POD_CIDRS), "InterfaceNamePrefix" (POD_DEVICE_PREFIX) or
    "none". node_ports: nodePortAddresses: ("all",), ("primary",) or CIDRs.
    """
    detect: str = "ClusterCIDR"
    node_ports: tuple = ("primary",)

    def __str__(self):
        return f"{self.detect}, node ports at {', '.join(self.node_ports)}"


class Engine:
    """Something that takes kube-proxy's place, or kube-proxy itself."""

    name = "none"

    def load(self, objects, settings):
        """Put exactly these objects (Services, EndpointSlices, Nodes) in force.

        Returns when they are: packets sent afterwards meet them and nothing of before.
        """
        raise NotImplementedError

    def close(self):
        """Leave nothing behind."""
