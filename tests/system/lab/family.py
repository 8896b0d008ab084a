# SPDX-License-Identifier: GPL-2.0
"""The two address families and three protocols, and how they are written."""
import ipaddress
import socket

PROTOCOLS = {"tcp": socket.IPPROTO_TCP, "udp": socket.IPPROTO_UDP, "sctp": socket.IPPROTO_SCTP}


class Family:
    """What a test needs to be written once for both families."""

    def __init__(self, name, af, nf, bits, services, pods, icmp):
        self.name = name
        self.af = af
        self.nf = nf                    # NFPROTO_*
        self.bits = bits
        self.services = ipaddress.ip_network(services)
        self.pods = ipaddress.ip_network(pods)
        self.icmp = icmp                # IPPROTO_ICMP or IPPROTO_ICMPV6

    def __repr__(self):
        return self.name

    def vip(self, n):
        """The n-th address of the service CIDR."""
        return str(self.services[n])

    def at(self, address, port, protocol=None):
        """address:port[/protocol] as svcctl takes it."""
        text = f"[{address}]:{port}" if self.bits == 128 else f"{address}:{port}"
        return f"{text}/{protocol}" if protocol else text

    def pack(self, address):
        return socket.inet_pton(self.af, address)

    def unpack(self, octets):
        return socket.inet_ntop(self.af, octets)


V4 = Family("ipv4", socket.AF_INET, 2, 32, "10.96.0.0/16", "10.244.0.0/16", socket.IPPROTO_ICMP)
V6 = Family("ipv6", socket.AF_INET6, 10, 128, "fd00:10:96::/112", "fd00:10:244::/48",
            socket.IPPROTO_ICMPV6)
FAMILIES = (V4, V6)


def by_nf(number):
    """The family of an NFPROTO_*."""
    return next(f for f in FAMILIES if f.nf == number)


def of(address):
    return V6 if ":" in address else V4
