# SPDX-License-Identifier: GPL-2.0
"""A whole request of each command: all that the spec lets it have, with values that are taken."""
import struct

from . import abi
from .spec import Spec

class Requests:
    """Attributes of each command, for one address family; lab.spoil tells how they are written."""

    def __init__(self, lab, family, tables):
        self.spec = Spec()
        self.family = family
        pods = family.pods
        cidr = {"address": pods.network_address.packed, "prefix": pods.prefixlen}
        self.values = {
            "owner": "admin", "name": "shop/web:http", "protocol": 6, "family": family.nf,
            "address": family.pack(family.vip(1)), "port": 80, "scheduler": "wrr",
            "refuse-with": abi.REFUSE_UNREACH, "affinity-timeout": 60, "steps": 0,
            "backend": {"address": family.pack(lab.a.addr(family)), "port": 8080, "weight": 1,
                        "sets": abi.SET_CLUSTER},
            "kind": abi.KIND_CLUSTER_IP, "frontend-flags": abi.FRONTEND_EXCLUSIVE,
            "rule": {"class": abi.CLASS_POD, "set": abi.SET_LOCAL, "masquerade": 1,
                     "empty": abi.EMPTY_DROP},
            "source-range": cidr, "service-cidr": cidr, "pod-cidr": cidr, "node-port-cidr": cidr,
            "pod-device": "eth0", "masquerade-mark": 0x4000,
            "source": family.pack(lab.c.addr(family)), "source-port": 1000, "device": "lo",
            "generation": tables.generation()}

    def value(self, a, value):
        if a.type == "nest":
            return [(a.nest[name].number, self.value(a.nest[name], v)) for name, v in value.items()]
        if isinstance(value, int):
            return struct.pack("=Q" if a.type == "u64" else "=I", value)
        return value.encode() + b"\0" if isinstance(value, str) else value

    def attributes(self, command, mode="do", **other):
        """[(number, payload)]; other: values of these."""
        values = {**self.values, "flags": abi.FLAG_CREATE if command == "service-set" else 0,
                  **{name.replace("_", "-"): v for name, v in other.items()}}
        taken = getattr(self.spec.commands[command], mode)
        return [(a.number, self.value(a, values[name])) for name, a in taken.items()]

    def request(self, tables, command, **other):
        """The octets of one that is taken."""
        return tables.request(self.spec.commands[command].number, self.attributes(command, **other))
