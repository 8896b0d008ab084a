# SPDX-License-Identifier: GPL-2.0
"""What a namespace holds, in a form in which the model's and the kernel's can be compared.

    services    {(name, protocol, family): Service}
    frontends   {(address, port, protocol, family): Frontend}; address b"": every one of the node
    settings    Settings, or None

Addresses are octets, everything else is as in the ABI.
"""
from dataclasses import dataclass, field
from typing import NamedTuple

from . import abi, genl

SETTINGS_CIDRS = (abi.A_POD_CIDR, abi.A_SERVICE_CIDR, abi.A_NODE_PORT_CIDR)
DEFAULT_RULE = (abi.SET_CLUSTER, 0, abi.EMPTY_REFUSE)


@dataclass
class Service:
    owner: str
    scheduler: str = "random"
    refuse_with: int = abi.REFUSE_RESET
    affinity: int = 0           # seconds
    backends: dict = field(default_factory=dict)        # (address, port): (weight, sets)


class Frontend(NamedTuple):
    service: tuple
    kind: int
    flags: int
    rules: tuple        # by class: (set, masquerade, empty)
    ranges: tuple = ()  # CIDRs: (address, prefix)


class Settings(NamedTuple):
    """pods, services, node_ports: CIDRs; mark: one bit, or 0."""
    owner: str
    devices: tuple
    pods: tuple
    services: tuple
    node_ports: tuple
    mark: int = 0


@dataclass
class State:
    services: dict = field(default_factory=dict)
    frontends: dict = field(default_factory=dict)
    settings: Settings | None = None

    def frontends_of(self, key):
        return [k for k, f in self.frontends.items() if f.service == key]


def string(octets):
    return octets.rstrip(b"\0").decode()


def first(attributes):
    """{kind: payload} of attributes that come once."""
    return dict(attributes)


def every(attributes, kind):
    return [octets for k, octets in attributes if k == kind]


def key_of(a):
    return string(a[abi.A_NAME]), genl.u32(a[abi.A_PROTOCOL]), genl.u32(a[abi.A_FAMILY])


def backend(octets):
    """((address, port), (weight, sets)) of a BACKEND that the kernel wrote."""
    b = dict(genl.parse(octets))
    return ((b[abi.A_BACKEND_ADDRESS], genl.u32(b[abi.A_BACKEND_PORT])),
            (genl.u32(b[abi.A_BACKEND_WEIGHT]), genl.u32(b[abi.A_BACKEND_SETS])))


def rule(octets):
    """(class, rule) of a RULE that the kernel wrote."""
    r = {k: genl.u32(v) for k, v in genl.parse(octets)}
    return (r[abi.A_RULE_CLASS],
            (r[abi.A_RULE_SET], r[abi.A_RULE_MASQUERADE], r[abi.A_RULE_EMPTY]))


def cidr(octets):
    c = dict(genl.parse(octets))
    return c[abi.A_CIDR_ADDRESS], genl.u32(c[abi.A_CIDR_PREFIX])


def has(cidrs, octets):
    """Is an address in one of some CIDRs?"""
    return any(len(address) == len(octets) and not (
        int.from_bytes(octets, "big") ^ int.from_bytes(address, "big")) >> len(octets) * 8 - prefix
        for address, prefix in cidrs)


def _frontend(attributes):
    a = first(attributes)
    rules = dict(rule(r) for r in every(attributes, abi.A_RULE))
    assert sorted(rules) == list(range(abi.CLASS_MAX + 1)), rules
    name, protocol, family = key_of(a)
    return ((a.get(abi.A_ADDRESS, b""), genl.u32(a[abi.A_PORT]), protocol, family),
            Frontend((name, protocol, family), genl.u32(a[abi.A_KIND]),
                     genl.u32(a[abi.A_FRONTEND_FLAGS]),
                     tuple(rules[c] for c in sorted(rules)),
                     tuple(map(cidr, every(attributes, abi.A_SOURCE_RANGE)))))


def read(tables):
    """The State that the kernel shows; its counts are checked on the way."""
    state, counts, owners = State(), {}, {}
    for m in tables.call(abi.CMD_SERVICE_GET, flags=genl.F_DUMP):
        a = first(m.attributes)
        key = key_of(a)
        assert key not in state.services, f"{key} is dumped twice"
        state.services[key] = Service(string(a[abi.A_OWNER]), string(a[abi.A_SCHEDULER]),
                                      genl.u32(a[abi.A_REFUSE_WITH]),
                                      genl.u32(a[abi.A_AFFINITY_TIMEOUT]))
        counts[key] = (genl.u32(a[abi.A_COUNT_BACKENDS]), genl.u32(a[abi.A_COUNT_FRONTENDS]))
    for m in tables.call(abi.CMD_BACKEND_GET, flags=genl.F_DUMP):
        key = key_of(first(m.attributes))
        for which, how in map(backend, every(m.attributes, abi.A_BACKEND)):
            assert which not in state.services[key].backends, f"{which} of {key} is dumped twice"
            state.services[key].backends[which] = how
    for m in tables.call(abi.CMD_FRONTEND_GET, flags=genl.F_DUMP):
        key, frontend = _frontend(m.attributes)
        assert key not in state.frontends, f"{key} is dumped twice"
        state.frontends[key] = frontend
        owners[key] = string(first(m.attributes)[abi.A_OWNER])
    settings = tables.call(abi.CMD_SETTINGS_GET)[0].attributes
    if settings:
        state.settings = Settings(
            string(first(settings)[abi.A_OWNER]),
            tuple(map(string, every(settings, abi.A_POD_DEVICE))),
            *(tuple(map(cidr, every(settings, kind))) for kind in SETTINGS_CIDRS),
            mark=genl.u32(first(settings).get(abi.A_MASQUERADE_MARK, bytes(4))))

    for key, service in state.services.items():
        assert counts[key] == (len(service.backends), len(state.frontends_of(key))), key
    for key, frontend in state.frontends.items():
        assert owners[key] == state.services[frontend.service].owner, key
    return state
