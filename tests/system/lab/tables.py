# SPDX-License-Identifier: GPL-2.0
"""The module's tables of one namespace, written and read over netlink without svcctl."""
import errno
import struct
from typing import NamedTuple

from . import abi, family as families, genl
from .family import PROTOCOLS

# A rule is (set, masquerade, empty); a frontend's rules are {class: rule}.
CLASSES = {"pod": abi.CLASS_POD, "node": abi.CLASS_NODE, "outside": abi.CLASS_OUTSIDE}
SETS = {"cluster": abi.SET_CLUSTER, "local": abi.SET_LOCAL, "none": 0,
        "both": abi.SET_CLUSTER | abi.SET_LOCAL}

# What a COMMIT counts as its steps.
CHANGES = {abi.CMD_SERVICE_SET, abi.CMD_SERVICE_DEL, abi.CMD_BACKEND_SET, abi.CMD_BACKEND_DEL,
           abi.CMD_FRONTEND_SET, abi.CMD_FRONTEND_DEL, abi.CMD_SETTINGS_SET}


def backend(address, port, weight=None, sets=None):
    """The pair (BACKEND, nest) of one backend."""
    nest = [(abi.A_BACKEND_ADDRESS, families.of(address).pack(address)), (abi.A_BACKEND_PORT, port)]
    if weight is not None:
        nest.append((abi.A_BACKEND_WEIGHT, weight))
    if sets is not None:
        nest.append((abi.A_BACKEND_SETS, SETS[sets]))
    return abi.A_BACKEND, nest


def rule(of, set="cluster", masquerade=False, empty="refuse"):
    return abi.A_RULE, [(abi.A_RULE_CLASS, CLASSES[of]), (abi.A_RULE_SET, SETS[set]),
                        (abi.A_RULE_MASQUERADE, int(masquerade)),
                        (abi.A_RULE_EMPTY, abi.EMPTY_DROP if empty == "drop" else abi.EMPTY_REFUSE)]


class Tables(genl.Family):
    """A netlink socket in host's namespace that speaks nf_svc."""

    def __init__(self, host, **more):
        self.steps = 0
        with host:
            super().__init__("nf_svc", **more)

    # One message each; these go between begin and commit.

    def begin(self, owner="admin", replace=False, generation=None):
        attributes = [(abi.A_OWNER, owner)]
        if replace:
            attributes.append((abi.A_FLAGS, abi.FLAG_REPLACE))
        if generation is not None:
            attributes.append((abi.A_GENERATION, struct.pack("=Q", generation)))
        return self.request(abi.CMD_BEGIN, attributes)

    def commit(self, steps=None):
        """COMMIT; exchange() fills in how many messages went before, unless steps says."""
        return self.request(abi.CMD_COMMIT, [] if steps is None else [(abi.A_STEPS, steps)])

    def exchange(self, requests):
        counted = []
        for request in requests:
            command = request[16]
            if command == abi.CMD_BEGIN:
                self.steps = 0
            elif command in CHANGES:
                self.steps += 1
            elif command == abi.CMD_COMMIT and len(request) == 20:
                request += genl.attr(abi.A_STEPS, self.steps)
                request = struct.pack("=I", len(request)) + request[4:]
            counted.append(request)
        return super().exchange(counted)

    def key(self, name, protocol, family):
        return [(abi.A_NAME, name), (abi.A_PROTOCOL, PROTOCOLS[protocol]), (abi.A_FAMILY, family.nf)]

    def service(self, name, family, protocol="tcp", flags=abi.FLAG_CREATE, **more):
        attributes = self.key(name, protocol, family)
        if "refuse_with" in more:
            attributes.append((abi.A_REFUSE_WITH, more["refuse_with"]))
        if more.get("scheduler"):
            attributes.append((abi.A_SCHEDULER, more["scheduler"]))
        return self.request(abi.CMD_SERVICE_SET, attributes + [(abi.A_FLAGS, flags)])

    def service_del(self, name, family, protocol="tcp"):
        return self.request(abi.CMD_SERVICE_DEL, self.key(name, protocol, family))

    def backends(self, name, family, protocol, *backends):
        return self.request(abi.CMD_BACKEND_SET, self.key(name, protocol, family) + list(backends))

    def backends_del(self, name, family, protocol, *backends):
        return self.request(abi.CMD_BACKEND_DEL, self.key(name, protocol, family) + list(backends))

    def frontend(self, name, address, port, protocol="tcp", rules=(), exclusive=True):
        family = families.of(address)
        return self.request(abi.CMD_FRONTEND_SET, self.key(name, protocol, family) + [
            (abi.A_ADDRESS, family.pack(address)), (abi.A_PORT, port),
            (abi.A_FRONTEND_FLAGS, abi.FRONTEND_EXCLUSIVE if exclusive else 0), *rules])

    # Whole steps.

    def change(self, *requests, owner="admin", replace=False, batch=200):
        """One transaction of requests; its generation."""
        steps = [self.begin(owner, replace), *requests, self.commit()]
        for at in range(0, len(steps), batch):
            answers = self.exchange(steps[at:at + batch])
        return number(answers[-1][0], abi.A_GENERATION)

    def simple(self, name, vip, port, *backends, protocol="tcp", rules=(), scheduler=None):
        """The requests for a service with one frontend; backends are (address, port, …)."""
        family = families.of(vip)
        return [self.service(name, family, protocol, scheduler=scheduler),
                *([self.backends(name, family, protocol, *(backend(*b) for b in backends))]
                  if backends else []),
                self.frontend(name, vip, port, protocol, rules)]

    def clear(self):
        """Delete everything that anyone has here, settings and a begun transaction too."""
        try:
            self.call(abi.CMD_ABORT)
        except genl.Refused:
            pass
        owners = {text(m, abi.A_OWNER) for m in self.call(abi.CMD_SERVICE_GET, flags=genl.F_DUMP)}
        settings = self.call(abi.CMD_SETTINGS_GET)
        for m in settings:
            if m.attributes:
                self.change(self.request(abi.CMD_SETTINGS_SET), owner=text(m, abi.A_OWNER))
        for owner in owners:
            self.change(owner=owner, replace=True)

    def pods(self, *cidrs, devices=()):
        """What a pod is, from now on."""
        nests = []
        for cidr in cidrs:
            address, _, prefix = cidr.partition("/")
            nests.append((abi.A_POD_CIDR, [
                (abi.A_CIDR_ADDRESS, families.of(address).pack(address)),
                (abi.A_CIDR_PREFIX, int(prefix))]))
        self.change(self.request(abi.CMD_SETTINGS_SET,
                                 nests + [(abi.A_POD_DEVICE, d) for d in devices]))

    def generation(self):
        return number(self.call(abi.CMD_INFO)[0], abi.A_GENERATION)

    def dump(self):
        """Everything there is, comparable: services, backends, frontends, settings."""
        return [sorted((m.command, sorted(map(standing, m.attributes))) for m in self.call(c, flags=f)) for c, f in
                ((abi.CMD_SERVICE_GET, genl.F_DUMP), (abi.CMD_BACKEND_GET, genl.F_DUMP),
                 (abi.CMD_FRONTEND_GET, genl.F_DUMP), (abi.CMD_SETTINGS_GET, 0))]

    def stats(self, name=None):
        """Counters of the namespace, or of one service: flows, masquerades and drops by reason."""
        messages = self.call(abi.CMD_STATS_GET, flags=genl.F_DUMP if name else 0)
        counters = {"flows": 0, "masqueraded": 0, "healed": 0, "unrecorded": 0, "uncounted": 0}
        for m in messages:
            if name and text(m, abi.A_NAME) != name:
                continue
            for kind, octets in m.attributes:
                if kind == abi.A_FLOWS:
                    counters["flows"] += u64(octets)
                elif kind == abi.A_MASQUERADED:
                    counters["masqueraded"] += u64(octets)
                elif kind == abi.A_HEALED:
                    counters["healed"] += u64(octets)
                elif kind == abi.A_UNRECORDED:
                    counters["unrecorded"] += u64(octets)
                elif kind == abi.A_UNCOUNTED:
                    counters["uncounted"] += u64(octets)
                elif kind == abi.A_DROP:
                    nest = dict(genl.parse(octets))
                    reason = abi.name_of("DROP_", genl.u32(nest[abi.A_DROP_CODE]))
                    counters[reason] = counters.get(reason, 0) + u64(nest[abi.A_DROP_COUNT])
        return counters

    def backend_flows(self, name):
        """{(address, port): flows} of the backends of a service."""
        flows = {}
        for m in self.call(abi.CMD_BACKEND_GET, flags=genl.F_DUMP):
            if text(m, abi.A_NAME) != name:
                continue
            family = families.by_nf(number(m, abi.A_FAMILY))
            for kind, octets in m.attributes:
                if kind == abi.A_BACKEND:
                    nest = dict(genl.parse(octets))
                    flows[backend_of(family, octets)] = genl.u32(nest[abi.A_BACKEND_FLOWS])
        return flows

    def flows(self, key=(), backend=None):
        """The records of flows, of a service or backend, sorted."""
        attributes = [*(self.key(*key) if key else []), *([backend] if backend else [])]
        return sorted(map(Flow.of, self.call(abi.CMD_FLOW_GET, attributes, genl.F_DUMP)))

    def explain(self, source, destination, port, protocol="tcp", source_port=0, device=None):
        """What would happen: the answer's attributes as {kind: [payload, …]}."""
        request = self.question(source, destination, port, protocol, source_port, device)
        answer = {}
        for kind, octets in self.exchange([request])[0][0].attributes:
            answer.setdefault(kind, []).append(octets)
        return answer

    def question(self, source, destination, port, protocol="tcp", source_port=0, device=None):
        """The request for that."""
        family = families.of(destination)
        attributes = [(abi.A_FAMILY, family.nf), (abi.A_PROTOCOL, PROTOCOLS[protocol]),
                      (abi.A_SOURCE, family.pack(source)), (abi.A_ADDRESS, family.pack(destination)),
                      (abi.A_PORT, port)]
        if source_port is not None:
            attributes.append((abi.A_SOURCE_PORT, source_port))
        if device:
            attributes.append((abi.A_DEVICE, device))
        return self.request(abi.CMD_EXPLAIN, attributes)


class Flow(NamedTuple):
    """The record of a flow: places are (address, port), state is a word."""
    service: str
    protocol: int
    source: tuple
    frontend: tuple
    backend: tuple
    state: str
    age: int

    @classmethod
    def of(cls, message):
        a = dict(message.attributes)
        family = families.by_nf(number(message, abi.A_FAMILY))
        return cls(text(message, abi.A_NAME), number(message, abi.A_PROTOCOL),
                   (family.unpack(a[abi.A_SOURCE]), number(message, abi.A_SOURCE_PORT)),
                   (family.unpack(a[abi.A_ADDRESS]), number(message, abi.A_PORT)),
                   backend_of(family, a[abi.A_BACKEND]),
                   abi.name_of("FLOW_", number(message, abi.A_FLOW_STATE)),
                   number(message, abi.A_FLOW_AGE))


def standing(attribute):
    """An attribute without what traffic changes: how many flows a backend has."""
    kind, octets = attribute
    if kind != abi.A_BACKEND:
        return attribute
    return kind, tuple(a for a in genl.parse(octets) if a[0] != abi.A_BACKEND_FLOWS)


def u64(octets):
    return struct.unpack("=Q", octets)[0]


def number(message, kind):
    octets = dict(message.attributes)[kind]
    return u64(octets) if len(octets) == 8 else genl.u32(octets)


def text(message, kind):
    octets = dict(message.attributes).get(kind)
    return octets.rstrip(b"\0").decode() if octets is not None else None


def backend_of(family, octets):
    """(address, port) of a BACKEND or CHOSEN nest."""
    nest = dict(genl.parse(octets))
    return family.unpack(nest[abi.A_BACKEND_ADDRESS]), genl.u32(nest[abi.A_BACKEND_PORT])


def loaded():
    """Is the module there?"""
    try:
        genl.Family("nf_svc").close()
        return True
    except OSError as e:
        if e.errno != errno.ENOENT:
            raise
        return False
