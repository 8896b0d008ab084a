# SPDX-License-Identifier: GPL-2.0
"""What becomes of a packet, by the model; and the same as EXPLAIN tells it."""
from dataclasses import dataclass

from . import abi, genl
from .state import backend, every, first, has, rule, string


@dataclass(frozen=True)
class Packet:
    """The first packet of a flow; device None: the node sends it itself."""
    family: int
    protocol: int
    source: bytes
    source_port: int
    address: bytes
    port: int
    device: str | None

    def attributes(self):
        """What EXPLAIN takes."""
        attributes = [(abi.A_FAMILY, self.family), (abi.A_PROTOCOL, self.protocol),
                      (abi.A_SOURCE, self.source), (abi.A_ADDRESS, self.address)]
        if self.source_port:
            attributes.append((abi.A_SOURCE_PORT, self.source_port))
        if self.port:
            attributes.append((abi.A_PORT, self.port))
        if self.device:
            attributes.append((abi.A_DEVICE, self.device))
        return attributes


@dataclass(frozen=True)
class Fate:
    """What becomes of it, as far as it goes; chosen None: not told."""
    verdict: int
    of: int
    reason: int | None = None
    service: str | None = None
    scheduler: str | None = None
    owner: str | None = None
    kind: int | None = None
    refuse_with: int | None = None
    rule: tuple | None = None
    candidates: frozenset | None = None     # (address, port)
    passed_over: frozenset | None = None
    chosen: tuple | None = None
    masquerade: int | None = None


def class_of(state, packet):
    """Pod, node or outside."""
    if state.settings and has(state.settings.pods, packet.source):
        return abi.CLASS_POD
    for name in state.settings.devices if state.settings and packet.device else ():
        if packet.device == name or name.endswith("*") and packet.device.startswith(name[:-1]):
            return abi.CLASS_POD
    return abi.CLASS_OUTSIDE if packet.device else abi.CLASS_NODE


def takers(service, of):
    """Backends of a set that take new flows."""
    return frozenset(b for b, (weight, sets) in service.backends.items() if weight and sets & of)


def frontend_of(state, packet, held, source_class):
    """The frontend that a packet asks for; a verdict and a reason if there is none."""
    of, settings = (packet.port, packet.protocol, packet.family), state.settings
    if frontend := state.frontends.get((packet.address, *of)):
        return frontend, None
    there = [f for k, f in state.frontends.items() if k[0] == packet.address]
    if any(f.flags & abi.FRONTEND_EXCLUSIVE for f in there):
        if source_class == abi.CLASS_OUTSIDE and any(f.flags & abi.FRONTEND_INTERNAL for f in there):
            return None, (abi.VERDICT_DROP, abi.DROP_INTERNAL)
        return None, (abi.VERDICT_REFUSE, abi.DROP_UNCLAIMED)
    listed = [c for c in settings.node_ports if len(c[0]) == len(packet.address)] if settings else ()
    if packet.address in held and (not listed or has(listed, packet.address)):
        if frontend := state.frontends.get((b"", *of)):
            return frontend, None
    if (settings and not there and has(settings.services, packet.address)
            and packet.address not in held):
        return None, (abi.VERDICT_DROP, abi.DROP_SERVICE_CIDR)
    return None, (abi.VERDICT_PASS, None)


def judge(state, packet, held, chosen=None):
    """The Fate that is due. Which of the candidates is chosen the ABI leaves open: chosen is.

    held: addresses that are the node's.
    """
    of = class_of(state, packet)
    frontend, verdict = frontend_of(state, packet, held, of)
    if not frontend:
        return Fate(verdict[0], of, verdict[1])
    service = state.services[frontend.service]
    rule = frontend.rules[of]
    use, masquerade, empty = rule
    about = {"service": frontend.service[0], "owner": service.owner, "scheduler": service.scheduler, "kind": frontend.kind,
             "refuse_with": service.refuse_with, "rule": rule,
             "passed_over": frozenset(service.backends) - takers(service, use)}
    if frontend.flags & abi.FRONTEND_INTERNAL and of == abi.CLASS_OUTSIDE:
        return Fate(abi.VERDICT_DROP, of, abi.DROP_INTERNAL, **about)
    if frontend.ranges and not has(frontend.ranges, packet.source):
        return Fate(abi.VERDICT_DROP, of, abi.DROP_SOURCE_RANGE, **about)
    here, other = takers(service, use), takers(service, abi.SET_CLUSTER | abi.SET_LOCAL)
    if not other:
        return Fate(abi.VERDICT_REFUSE, of, abi.DROP_NO_BACKEND, **about)
    if not here:
        return Fate(abi.VERDICT_DROP if empty == abi.EMPTY_DROP else abi.VERDICT_REFUSE, of,
                    abi.DROP_SET_EMPTY, **about)
    hairpin = (chosen or (len(here) == 1 and min(here)) or (None,))[0] == packet.source
    return Fate(abi.VERDICT_FORWARD, of, candidates=here, chosen=chosen,
                masquerade=1 if masquerade else 2 if hairpin else 0, **about)


def told(tables, packet):
    """The Fate that EXPLAIN tells."""
    attributes = tables.call(abi.CMD_EXPLAIN, packet.attributes())[0].attributes
    a = first(attributes)

    def number(kind):
        return genl.u32(a[kind]) if kind in a else None

    backends = [backend(b)[0] for b in every(attributes, abi.A_BACKEND)]
    assert len(set(backends)) == len(backends) == (number(abi.A_CANDIDATES) or 0)
    rules = dict(rule(r) for r in every(attributes, abi.A_RULE))
    assert len(rules) == len(every(attributes, abi.A_RULE)) and len(rules) in (0, 3)
    passed = [backend(b)[0] for b in every(attributes, abi.A_PASSED_OVER)]
    assert len(set(passed)) == len(passed) == (number(abi.A_PASSED_OVER_COUNT) or 0)
    return Fate(number(abi.A_VERDICT), number(abi.A_CLASS), number(abi.A_DROP_REASON),
                string(a[abi.A_NAME]) if abi.A_NAME in a else None,
                string(a[abi.A_SCHEDULER]) if abi.A_SCHEDULER in a else None,
                string(a[abi.A_OWNER]) if abi.A_OWNER in a else None,
                number(abi.A_KIND), number(abi.A_REFUSE_WITH), rules.get(number(abi.A_CLASS)),
                frozenset(backends) if backends else None,
                frozenset(passed) if rules else None,
                backend(a[abi.A_CHOSEN])[0] if abi.A_CHOSEN in a else None,
                number(abi.A_MASQUERADE))
