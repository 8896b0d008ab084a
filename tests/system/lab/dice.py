# SPDX-License-Identifier: GPL-2.0
"""Random requests and packets: few names, addresses and ports, so that they meet."""
from . import abi
from .family import FAMILIES, PROTOCOLS
from .model import SCHEDULERS
from .model_explain import Packet

OWNERS = ("admin", "svcsyncd")
NAMES = ("shop/web:http", "shop/db", "a", "ns/" + "x" * 252)
PORTS = (80, 443)
UNKNOWN = (abi.A_MAX + 1, 7)


class Dice:
    """Requests as (command, attributes).

    random: a random.Random. family: most of what is rolled is of this one. serving: {family:
    addresses that backends may have}. clients: {family: ((address, device), …)} of packets.
    held: {family: addresses of the node}.
    """

    def __init__(self, random, family, serving, clients, held):
        self.random, self.family, self.serving, self.clients = random, family, serving, clients
        self.held = held

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def pick(self, things):
        return self.random.choice(sorted(things))

    def a_family(self):
        return self.family if self.chance(85) else self.random.choice(FAMILIES)

    # --- what requests are made of

    def key(self, tx=None, there=80):
        """NAME, PROTOCOL and FAMILY: with a chance of there percent, of what the writer has."""
        keys = [k for k, s in tx.state.services.items() if s.owner == tx.owner] if tx else ()
        if keys and self.chance(there):
            name, protocol, family = self.pick(keys)
        else:
            name, protocol = self.pick(NAMES), self.pick(PROTOCOLS.values())
            family = self.a_family().nf
        return [(abi.A_NAME, name), (abi.A_PROTOCOL, protocol), (abi.A_FAMILY, family)]

    def of(self, key):
        return next(f for f in FAMILIES if f.nf == dict(key)[abi.A_FAMILY])

    def vip(self, family):
        return family.pack(family.vip(self.random.randrange(1, 5)))

    def maybe(self, percent, kind, *values):
        return [(kind, self.random.choice(values))] if self.chance(percent) else []

    def backend(self, family, sets=None):
        nest = [(abi.A_BACKEND_ADDRESS, self.pick(self.serving[family])),
                (abi.A_BACKEND_PORT, self.random.choice((8080, 9090)))]
        nest += self.maybe(50, abi.A_BACKEND_WEIGHT, 0, 1, 1, 7, 65535)
        if sets is not None:
            nest.append((abi.A_BACKEND_SETS, sets))
        return abi.A_BACKEND, self.shuffled(nest)

    def rules(self):
        classes = self.random.sample(range(abi.CLASS_MAX + 1), self.random.randrange(4))
        return [(abi.A_RULE, self.shuffled(
            [(abi.A_RULE_CLASS, c)] + self.maybe(60, abi.A_RULE_SET, abi.SET_CLUSTER, abi.SET_LOCAL)
            + self.maybe(50, abi.A_RULE_MASQUERADE, 0, 1)
            + self.maybe(80, abi.A_RULE_EMPTY, abi.EMPTY_REFUSE, abi.EMPTY_DROP))) for c in classes]

    def shuffled(self, things):
        things = list(things)
        self.random.shuffle(things)
        return things

    # --- requests

    def service_set(self, tx):
        key = self.key(tx, 40)
        flags = 0
        if dict(key)[abi.A_NAME] and self.chance(92):
            flags |= abi.FLAG_CREATE
        flags |= self.chance(8) and abi.FLAG_EXCL
        flags |= self.chance(15) and abi.FLAG_REPLACE
        return abi.CMD_SERVICE_SET, key + [(abi.A_FLAGS, flags)] + self.maybe(
            30, abi.A_REFUSE_WITH, abi.REFUSE_RESET, abi.REFUSE_UNREACH) + self.maybe(
            20, abi.A_SCHEDULER, *SCHEDULERS, *SCHEDULERS, "fastest") + self.maybe(
            15, abi.A_AFFINITY_TIMEOUT, 0, 1, 60, 86400, 86401)

    def service_del(self, tx):
        return abi.CMD_SERVICE_DEL, self.key(tx, 95)

    def backend_set(self, tx):
        key = self.key(tx, 96)
        # Often all of one set: then the other one is empty.
        sets = self.random.choice(((None,), (1,), (2,), (2, 0), (None, 0, 1, 2, 3)))
        return abi.CMD_BACKEND_SET, key + self.maybe(5, abi.A_FLAGS, 0, abi.FLAG_EXCL) + [
            self.backend(self.of(key), self.random.choice(sets))
            for _ in range(self.random.randrange(1, 5))]

    def backend_del(self, tx):
        key = self.key(tx, 96)
        there = tx.state.services.get(tuple(v for _, v in key))
        family = self.of(key)
        if there and there.backends and self.chance(90):
            address, port = self.pick(there.backends)
        else:
            address, port = self.pick(self.serving[family]), 8080
        return abi.CMD_BACKEND_DEL, key + [
            (abi.A_BACKEND, [(abi.A_BACKEND_ADDRESS, address), (abi.A_BACKEND_PORT, port)])]

    def frontend_set(self, tx):
        key = self.key(tx, 96)
        family = self.of(key)
        address = self.random.choice([[]] + 4 * [[(abi.A_ADDRESS, self.vip(family))]] + [
            [(abi.A_ADDRESS, self.pick(self.held[family]))]])
        ranges = self.cidrs(abi.A_SOURCE_RANGE, family) if self.chance(20) else []
        kind = (self.maybe(30, abi.A_KIND, *range(abi.KIND_MAX + 1)) if address or self.chance(5) else
                [(abi.A_KIND, abi.KIND_NODE_PORT)])
        return abi.CMD_FRONTEND_SET, key + address + ranges + [
            (abi.A_PORT, self.pick(PORTS))] + self.maybe(4, abi.A_FLAGS, abi.FLAG_EXCL) + kind + self.maybe(
            60, abi.A_FRONTEND_FLAGS, 0, abi.FRONTEND_INTERNAL,
            *((abi.FRONTEND_EXCLUSIVE, abi.FRONTEND_EXCLUSIVE | abi.FRONTEND_INTERNAL) if address else ())
            ) + self.rules()

    def frontend_del(self, tx):
        there = [k for k, f in tx.state.frontends.items()
                 if tx.state.services[f.service].owner == tx.owner]
        family = self.a_family()
        key = (self.pick(there) if there and self.chance(92) else
               (self.vip(family), self.pick(PORTS), self.pick(PROTOCOLS.values()), family.nf))
        return abi.CMD_FRONTEND_DEL, self.shuffled(
            one for one in zip((abi.A_ADDRESS, abi.A_PORT, abi.A_PROTOCOL, abi.A_FAMILY), key)
            if one != (abi.A_ADDRESS, b""))

    def cidrs(self, kind, family, addresses=None):
        """Some blocks around the clients' addresses, or others; often none."""
        cidrs = []
        for _ in range(self.random.choice((0, 0, 1, 2))):
            least = 1 if kind == abi.A_SERVICE_CIDR and self.chance(97) else 0
            prefix = self.random.choice((least, 1, family.bits // 2, family.bits - 8,
                                         family.bits - 1, family.bits))
            address = int.from_bytes(self.random.choice(
                addresses or [a for a, _ in self.clients[family]]), "big")
            address = address >> family.bits - prefix << family.bits - prefix
            cidrs.append((kind, [(abi.A_CIDR_ADDRESS, address.to_bytes(family.bits // 8, "big")),
                                 (abi.A_CIDR_PREFIX, prefix)]))
        return cidrs

    def settings_set(self, tx):
        cidrs = []
        for family in FAMILIES:
            cidrs += self.cidrs(abi.A_POD_CIDR, family)
            cidrs += self.cidrs(abi.A_SERVICE_CIDR, family, [self.vip(family)])
            cidrs += self.cidrs(abi.A_NODE_PORT_CIDR, family, self.held[family])
        return abi.CMD_SETTINGS_SET, self.shuffled(
            cidrs + self.maybe(40, abi.A_POD_DEVICE, "cali-*", "cali-a", "up0", "*", "up")
            + self.maybe(20, abi.A_POD_DEVICE, "wire0", "cali-c")
            + self.maybe(20, abi.A_MASQUERADE_MARK, 0, 0x4000, 1 << 31, 3))

    STEPS = (service_set,) * 5 + (backend_set,) * 6 + (frontend_set,) * 6 + (
        service_del, backend_del, backend_del, frontend_del, settings_set)

    def step(self, tx):
        """A request that may well be taken."""
        if self.chance(60) and not any(s.owner == tx.owner for s in tx.state.services.values()):
            return self.service_set(tx)
        return self.random.choice(self.STEPS)(self, tx)

    def begin(self, generation):
        return abi.CMD_BEGIN, [(abi.A_OWNER, self.pick(OWNERS))] + self.maybe(
            15, abi.A_FLAGS, abi.FLAG_REPLACE) + self.maybe(
            30, abi.A_GENERATION, *(g.to_bytes(8, "little") for g in (generation,) * 4 + (
                generation + 1, (generation or 1) - 1)))

    def spoilt(self, request):
        """The same, malformed in one way."""
        command, attributes = request
        attributes = list(attributes)
        at = self.random.randrange(len(attributes)) if attributes else 0
        if not attributes or self.chance(15):
            attributes.insert(at, self.random.choice((UNKNOWN, (abi.A_FLOWS, 1), (abi.A_COMM, "x"))))
        elif self.chance(25):
            del attributes[at]
        else:
            attributes[at] = self.spoilt_attribute(*attributes[at])
        return command, attributes

    def spoilt_attribute(self, kind, value):
        if isinstance(value, list) and value and self.chance(80):
            at = self.random.randrange(len(value))
            value = [*value[:at], self.spoilt_attribute(*value[at]), *value[at + 1:]]
        elif isinstance(value, list):
            value = [*value, (200, 7)]
        elif isinstance(value, bytes):
            value = self.random.choice((b"\x7f" + value[1:], b"\xff" * len(value),
                                        bytes(len(value)), value[:3], value + b"\0", value * 2))
        elif isinstance(value, int):
            value = self.random.choice((0, 4, 129, 65536, 0xffffffff))
        else:
            value = self.random.choice(("", value + " ", "x" * 256, "a*b"))
        return kind, value

    # --- packets

    def packet(self, model):
        """Mostly one that some frontend waits for."""
        family = self.family
        address, device = self.random.choice(self.clients[family])
        there = sorted(k for k in model.state.frontends if k[3] == family.nf)
        if there and self.chance(75):
            to, port, protocol, _ = self.random.choice(there)
            to = to or self.pick(self.held[family])
        else:
            to = self.vip(family) if self.chance(80) else self.pick(self.held[family])
            port = self.random.choice((*PORTS, 81))
            protocol = self.pick((*PROTOCOLS.values(), family.icmp))
        if protocol == family.icmp:
            port = 0
        return Packet(family.nf, protocol, address,
                      self.random.choice((0, 1, 40000, 65535)) if port else 0, to, port, device)
