# SPDX-License-Identifier: GPL-2.0
"""The network that the tests run in: two nodes, five pods, a client outside.

                        outside   192.0.2.2   2001:db8::2
                           | eth0
                           |
                           | up0  192.0.2.1   2001:db8::1
    +--------------------- node ---------------------+
    |  the tables under test are in this namespace   |
    +---+-------------+-------------+----------------+
      | cali-a      | cali-b      | cali-c         | wire0  172.18.0.1  fd00:172:18::1
      |             |             |                |
      | eth0        | eth0        | eth0           | wire0  172.18.0.2  fd00:172:18::2
      a             b             c              node2 ----------+
   10.244.1.1   10.244.1.2   10.244.1.3            | cali-d      | cali-e
   fd00:10:244:1::1   ::2          ::3             |             |
                                                   d             e
                                                10.244.2.1    10.244.2.2
                                                fd00:10:244:2::1   ::2

Pods hang on routed veths as with Calico: a /32 and a /128 each, the default
route by a link-local next hop. The nodes reach each other's pods by plain
routes. Service addresses (10.96.0.0/16, fd00:10:96::/112) are routed nowhere:
a packet to one of them that the node does not take leaves by up0.
"""
from . import netns
from .family import V4, V6

POD_GATEWAY = {V4: "169.254.1.1", V6: "fe80::ecee:eeff:feee:eeee"}
POD_GATEWAY_MAC = "ee:ee:ee:ee:ee:ee"

UP = {V4: "192.0.2", V6: "2001:db8:"}
WIRE = {V4: "172.18.0", V6: "fd00:172:18:"}


def dotted(prefix, n):
    return f"{prefix}:{n}" if ":" in prefix else f"{prefix}.{n}"


def lift_icmp_limits(host):
    """Let it answer every packet with an ICMP error: clients of many tests are refused every second."""
    host.sysctl("net.ipv4.icmp_ratemask", 0)
    host.sysctl("net.ipv6.icmp.ratemask", 0)


class Host(netns.Namespace):
    """A namespace with one address of each family that is its own."""

    def __init__(self, ns, v4, v6):
        self.name, self.fd = ns.name, ns.fd
        self.addresses = {V4: v4, V6: v6}

    def addr(self, family):
        return self.addresses[family]


class Topology:
    """All hosts by name; see the picture above."""

    PODS = {"a": ("node", 1), "b": ("node", 2), "c": ("node", 3), "d": ("node2", 1), "e": ("node2", 2)}

    def __init__(self, prefix="lab"):
        self.prefix = prefix
        names = ["node", "node2", "outside", *self.PODS]
        made = dict(zip(names, netns.create(*(f"{prefix}-{n}" for n in names))))
        self.node = Host(made["node"], dotted(UP[V4], 1), dotted(UP[V6], 1))
        self.node2 = Host(made["node2"], dotted(WIRE[V4], 2), dotted(WIRE[V6], 2))
        self.outside = Host(made["outside"], dotted(UP[V4], 2), dotted(UP[V6], 2))
        for name, (node, n) in self.PODS.items():
            third = 1 if node == "node" else 2
            setattr(self, name, Host(made[name], f"10.244.{third}.{n}", f"fd00:10:244:{third}::{n}"))
        self.hosts = [self.node, self.node2, self.outside, *(getattr(self, p) for p in self.PODS)]
        self._link()
        self._address()

    def wire(self, family, n):
        """The address of node (1) or node2 (2) on the wire between them."""
        return dotted(WIRE[family], n)

    def pod(self, name):
        return getattr(self, name)

    def _link(self):
        p = self.prefix
        script = [f"link add up0 netns {p}-node type veth peer name eth0 netns {p}-outside",
                  f"link add wire0 netns {p}-node type veth peer name wire0 netns {p}-node2"]
        for pod, (node, _) in self.PODS.items():
            script.append(f"link add cali-{pod} address {POD_GATEWAY_MAC} netns {p}-{node} "
                          f"type veth peer name eth0 netns {p}-{pod}")
        netns.Namespace(f"{p}-node").ip("\n".join(script))

    def _address(self):
        for host in self.node, self.node2:
            host.sysctl("net.ipv4.ip_forward", 1)
            host.sysctl("net.ipv6.conf.all.forwarding", 1)
        self._node(self.node, 1, 2, {"up0": UP, "wire0": WIRE}, dotted(UP[V4], 2), dotted(UP[V6], 2))
        self._node(self.node2, 2, 1, {"wire0": WIRE}, dotted(WIRE[V4], 1), dotted(WIRE[V6], 1))
        self.outside.ip(f"""
            link set lo up
            link set eth0 up
            addr add {self.outside.addr(V4)}/24 dev eth0
            addr add {self.outside.addr(V6)}/64 dev eth0 nodad
            route add default via {self.node.addr(V4)}
            route add default via {self.node.addr(V6)}
        """)
        for pod in self.PODS:
            host = self.pod(pod)
            host.ip(f"""
                link set lo up
                link set eth0 up
                addr add {host.addr(V4)}/32 dev eth0
                addr add {host.addr(V6)}/128 dev eth0 nodad
                neigh add {POD_GATEWAY[V4]} lladdr {POD_GATEWAY_MAC} dev eth0 nud permanent
                route add {POD_GATEWAY[V4]} dev eth0 scope link
                route add default via {POD_GATEWAY[V4]} dev eth0
                route add default via {POD_GATEWAY[V6]} dev eth0
            """)

    def _node(self, host, index, other, devices, gateway4, gateway6):
        script = ["link set lo up"]
        for dev, net in devices.items():
            n = 1 if host is self.node else 2
            script += [f"link set {dev} up", f"addr add {dotted(net[V4], n)}/24 dev {dev}",
                       f"addr add {dotted(net[V6], n)}/64 dev {dev} nodad"]
        for pod, (node, _) in self.PODS.items():
            if host is getattr(self, node):
                script += [f"link set cali-{pod} up",
                           f"route add {self.pod(pod).addr(V4)} dev cali-{pod}",
                           f"route add {self.pod(pod).addr(V6)} dev cali-{pod}"]
        script += [f"route add 10.244.{other}.0/24 via {dotted(WIRE[V4], other)}",
                   f"route add fd00:10:244:{other}::/64 via {dotted(WIRE[V6], other)}",
                   f"route add default via {gateway4}", f"route add default via {gateway6}"]
        host.ip("\n".join(script))

    def delete(self):
        script = "".join(f"netns del {h.name}\n" for h in self.hosts)
        for host in self.hosts:
            host.close()
        netns.subprocess.run(["ip", "-batch", "-"], input=script, text=True, check=True)
