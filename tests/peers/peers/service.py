# SPDX-License-Identifier: GPL-2.0
"""A service as every peer is told of it."""
from dataclasses import dataclass

PORT, TARGET = 80, 8080


@dataclass(frozen=True)
class Service:
    """One port of a ClusterIP, in one address family; backends are names of pods."""
    name: str
    vip: int                    # the n-th address of the service CIDR
    backends: tuple = ()
    protocol: str = "tcp"
    node_port: int = 0
    port: int = PORT
    target: int = TARGET        # the port at the backends
