# SPDX-License-Identifier: GPL-2.0
"""Who asks and who serves: the hosts of lab.topology, and a pod of a third node.

The third node's pod is played by outside: replies to it pass this node, as they
must. (Replies between the pods of node2 would not, were they served here.)
"""
from lab.family import V4, V6
from lab.server import Server

SERVED = 8080                   # every server's port
FAR_POD = {V4: "10.244.3.1", V6: "fd00:10:244:3::1"}
FAR_CIDR = {V4: "10.244.3.0/24", V6: "fd00:10:244:3::/64"}


class Hosts:
    """The clients and servers of the table in a Topology.

    pods_serve: the pods are already serving at SERVED.
    """

    def __init__(self, lab, pods_serve=False):
        self.lab = lab
        lab.outside.sysctl("net.ipv4.ip_forward", 0)
        lab.outside.ip(f"addr add {FAR_POD[V4]}/32 dev lo\n"
                       f"addr add {FAR_POD[V6]}/128 dev lo nodad")
        lab.node.ip("\n".join(f"route add {FAR_CIDR[f]} via {lab.outside.addr(f)}" for f in (V4, V6)))
        pods = [] if pods_serve else [lab.pod(name) for name in lab.PODS]
        self.server = Server(*((host, (SERVED,)) for host in (lab.node, lab.node2, *pods)),
                             protocols=("tcp", "udp"))

    def client(self, name, family):
        """(host, the address that it binds to or None)."""
        if name == "far-pod":
            return self.lab.outside, FAR_POD[family]
        if name == "hostnet":
            return self.lab.node, self.lab.wire(family, 1)
        return {"pod": self.lab.c, "node": self.lab.node, "outside": self.lab.outside,
                "a": self.lab.a, "b": self.lab.b}[name], None

    def server_address(self, name, family):
        """Where the endpoint of that name is."""
        return getattr(self.lab, name).addr(family)

    def of_node(self, address):
        """Is it an address of the node?"""
        return address in {a for f in (V4, V6) for a in (self.lab.node.addr(f), self.lab.wire(f, 1))}

    def close(self):
        self.server.stop()
        self.lab.outside.ip(f"addr del {FAR_POD[V4]}/32 dev lo\naddr del {FAR_POD[V6]}/128 dev lo")
        self.lab.node.ip("\n".join(f"route del {FAR_CIDR[f]}" for f in (V4, V6)))
