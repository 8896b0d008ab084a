# SPDX-License-Identifier: GPL-2.0
"""What nf_svc has to do, in Python: written from the ABI's text, not from the module's code.

Model.request() takes what Tables.request() takes and returns the errno that is
due, 0 if none. lab.model_form says which messages are malformed.
"""
import copy
import errno
from dataclasses import dataclass, field

from . import abi
from .family import V4, V6
from .model_form import Malformed, check, needs, plain_address, serving_address
from .state import DEFAULT_RULE, SETTINGS_CIDRS, Frontend, Service, Settings, State
from .tables import CHANGES

AFFINITY_TIMEOUT_MAX = 86400
SCHEDULERS = ("random", "rr", "wrr", "mh", "mh-source", "lc")


class Refusal(Exception):
    """A request is refused; args[0] is the errno."""


@dataclass
class Transaction:
    socket: object
    owner: str
    replace: bool
    state: State
    taken: int = 0
    refused: bool = False
    given: set = field(default_factory=set)         # services that it set
    touched: set = field(default_factory=set)       # services that it set or changed
    replaced: set = field(default_factory=set)      # services that keep only what it sets
    kept: set = field(default_factory=set)          # frontends that it set


class Model:
    """One namespace. A socket is anything that can be compared."""

    def __init__(self, generation=0):
        self.generation = generation
        self.state = State()
        self.tx = None
        self.claims = {}

    def request(self, socket, command, attributes):
        """What becomes of a request; 0 or the errno."""
        try:
            check(command, attributes)
            one = {}
            for kind, value in attributes:
                one[kind] = value           # of repeated ones netlink takes the last
            if command in CHANGES:
                self._step(socket, command, one, attributes)
            else:
                self._OTHERS[command](self, socket, one)
        except (Malformed, Refusal) as e:
            return e.args[0]
        return 0

    def close(self, socket):
        """The socket is closed."""
        if self.tx and self.tx.socket == socket:
            self.tx = None
        self.claims = {o: s for o, s in self.claims.items() if s != socket}

    # --- transactions

    def _begin(self, socket, a):
        needs(a, abi.A_OWNER)
        owner = a[abi.A_OWNER]
        if self.tx and self.tx.socket == socket:
            raise Refusal(errno.EALREADY)
        if self.claims.get(owner, socket) != socket:
            raise Refusal(errno.EUSERS)
        if self.tx:
            raise Refusal(errno.EBUSY)
        if abi.A_GENERATION in a and a[abi.A_GENERATION] != self.generation.to_bytes(8, "little"):
            raise Refusal(errno.ESTALE)
        self.tx = Transaction(socket, owner, bool(a.get(abi.A_FLAGS, 0) & abi.FLAG_REPLACE),
                              copy.deepcopy(self.state))

    def _mine(self, socket):
        if not self.tx or self.tx.socket != socket:
            raise Refusal(errno.ENOTCONN)
        return self.tx

    def _commit(self, socket, a):
        needs(a, abi.A_STEPS)
        tx = self._mine(socket)
        self.tx = None
        if tx.refused or tx.taken != a[abi.A_STEPS]:
            raise Refusal(errno.ECANCELED)
        for key in list(tx.state.frontends):
            if tx.state.frontends[key].service in tx.replaced and key not in tx.kept:
                del tx.state.frontends[key]
        if tx.replace:
            for key, service in list(tx.state.services.items()):
                if service.owner == tx.owner and key not in tx.given:
                    self._drop(tx, key)
        self.state = tx.state
        self.generation += 1

    def _abort(self, socket, a):
        self._mine(socket)
        self.tx = None

    def _claim(self, socket, a):
        needs(a, abi.A_OWNER)
        if self.claims.setdefault(a[abi.A_OWNER], socket) != socket:
            raise Refusal(errno.EUSERS)

    def _release(self, socket, a):
        needs(a, abi.A_OWNER)
        if self.claims.get(a[abi.A_OWNER]) != socket:
            raise Refusal(errno.ENOENT)
        del self.claims[a[abi.A_OWNER]]

    _OTHERS = {abi.CMD_BEGIN: _begin, abi.CMD_COMMIT: _commit, abi.CMD_ABORT: _abort,
               abi.CMD_CLAIM: _claim, abi.CMD_RELEASE: _release}

    # --- the steps of one

    def _step(self, socket, command, a, attributes):
        tx = self._mine(socket)
        before = copy.deepcopy(tx)
        try:
            self._STEPS[command](self, tx, a, attributes)
        except (Malformed, Refusal):
            self.tx = before                # nothing has changed, not even the transaction,
            self.tx.refused = True          # but that it cannot be committed
            raise
        tx.taken += 1

    def _key(self, a):
        needs(a, abi.A_NAME, abi.A_PROTOCOL, abi.A_FAMILY)
        return a[abi.A_NAME], a[abi.A_PROTOCOL], a[abi.A_FAMILY]

    def _owned(self, tx, key):
        """The service of a key, which must be there and the transaction's owner's."""
        if key not in tx.state.services:
            raise Refusal(errno.ENOENT)
        if tx.state.services[key].owner != tx.owner:
            raise Refusal(errno.EPERM)
        return tx.state.services[key]

    def _touched(self, tx, key):
        service = self._owned(tx, key)
        if tx.replace and key not in tx.given:
            raise Refusal(errno.ENOENT)
        tx.touched.add(key)
        return service

    def _drop(self, tx, key):
        for frontend in tx.state.frontends_of(key):
            del tx.state.frontends[frontend]
            tx.kept.discard(frontend)
        del tx.state.services[key]
        for keys in tx.given, tx.touched, tx.replaced:
            keys.discard(key)

    def _service_set(self, tx, a, _):
        key = self._key(a)
        flags = a.get(abi.A_FLAGS, 0)
        if a.get(abi.A_SCHEDULER, "random") not in SCHEDULERS:
            raise Refusal(errno.EINVAL)
        if a.get(abi.A_AFFINITY_TIMEOUT, 0) > AFFINITY_TIMEOUT_MAX:
            raise Refusal(errno.ERANGE)
        if key in tx.state.services:
            self._owned(tx, key)
            if flags & abi.FLAG_EXCL:
                raise Refusal(errno.EEXIST)
            if flags & abi.FLAG_REPLACE and key in tx.touched:
                raise Refusal(errno.EINVAL)
        elif flags & abi.FLAG_CREATE:
            tx.state.services[key] = Service(tx.owner)
        else:
            raise Refusal(errno.ENOENT)
        service = tx.state.services[key]
        if key not in tx.given and (tx.replace or flags & abi.FLAG_REPLACE):
            tx.replaced.add(key)
            service.backends = {}
        tx.given.add(key)
        tx.touched.add(key)
        service.refuse_with = a.get(abi.A_REFUSE_WITH, service.refuse_with)
        service.scheduler = a.get(abi.A_SCHEDULER, service.scheduler)
        service.affinity = a.get(abi.A_AFFINITY_TIMEOUT, service.affinity)

    def _service_del(self, tx, a, _):
        key = self._key(a)
        self._owned(tx, key)
        self._drop(tx, key)

    def _backends(self, tx, a, attributes, family):
        nests = [dict(v) for k, v in attributes if k == abi.A_BACKEND]
        if not nests:
            raise Malformed(errno.EINVAL)
        for nest in nests:
            needs(nest, abi.A_BACKEND_ADDRESS, abi.A_BACKEND_PORT)
            serving_address(family, nest[abi.A_BACKEND_ADDRESS])
            yield (nest[abi.A_BACKEND_ADDRESS], nest[abi.A_BACKEND_PORT]), nest

    def _backend_set(self, tx, a, attributes):
        key = self._key(a)
        service = self._touched(tx, key)
        for which, nest in self._backends(tx, a, attributes, key[2]):
            if which in service.backends and a.get(abi.A_FLAGS, 0) & abi.FLAG_EXCL:
                raise Refusal(errno.EEXIST)
            service.backends[which] = (nest.get(abi.A_BACKEND_WEIGHT, 1),
                                       nest.get(abi.A_BACKEND_SETS, abi.SET_CLUSTER))

    def _backend_del(self, tx, a, attributes):
        key = self._key(a)
        service = self._touched(tx, key)
        for which, _ in self._backends(tx, a, attributes, key[2]):
            if which not in service.backends:
                raise Refusal(errno.ENOENT)
            del service.backends[which]

    def _frontend_key(self, a):
        needs(a, abi.A_PROTOCOL, abi.A_FAMILY, abi.A_PORT)
        if abi.A_ADDRESS in a:
            plain_address(a[abi.A_FAMILY], a[abi.A_ADDRESS])
        return a.get(abi.A_ADDRESS, b""), a[abi.A_PORT], a[abi.A_PROTOCOL], a[abi.A_FAMILY]

    def _frontend_owned(self, tx, key):
        owner = tx.state.services[tx.state.frontends[key].service].owner
        if owner != tx.owner:
            raise Refusal(errno.EPERM)

    def _frontend_set(self, tx, a, attributes):
        service, key = self._key(a), self._frontend_key(a)
        if abi.A_ADDRESS not in a and (a.get(abi.A_FRONTEND_FLAGS, 0) & abi.FRONTEND_EXCLUSIVE or
                                       a.get(abi.A_KIND) != abi.KIND_NODE_PORT):
            raise Refusal(errno.EINVAL)
        rules = {}
        for nest in (dict(v) for k, v in attributes if k == abi.A_RULE):
            needs(nest, abi.A_RULE_CLASS)
            use = nest.get(abi.A_RULE_SET, abi.SET_CLUSTER)
            if nest[abi.A_RULE_CLASS] in rules or use not in (abi.SET_CLUSTER, abi.SET_LOCAL):
                raise Refusal(errno.EINVAL)
            rules[nest[abi.A_RULE_CLASS]] = (use, nest.get(abi.A_RULE_MASQUERADE, 0),
                                             nest.get(abi.A_RULE_EMPTY, abi.EMPTY_REFUSE))
        ranges = self._cidrs(attributes, abi.A_SOURCE_RANGE)
        if any(len(address) != {V4.nf: 4, V6.nf: 16}[key[3]] for address, _ in ranges):
            raise Refusal(errno.EINVAL)
        self._touched(tx, service)
        if key in tx.state.frontends:
            self._frontend_owned(tx, key)
            if a.get(abi.A_FLAGS, 0) & abi.FLAG_EXCL:
                raise Refusal(errno.EEXIST)
        tx.state.frontends[key] = Frontend(
            service, a.get(abi.A_KIND, abi.KIND_CLUSTER_IP), a.get(abi.A_FRONTEND_FLAGS, 0),
            tuple(rules.get(c, DEFAULT_RULE) for c in range(abi.CLASS_MAX + 1)), ranges)
        tx.kept.add(key)

    def _frontend_del(self, tx, a, _):
        key = self._frontend_key(a)
        if key not in tx.state.frontends:
            raise Refusal(errno.ENOENT)
        self._frontend_owned(tx, key)
        del tx.state.frontends[key]
        tx.kept.discard(key)

    def _settings_set(self, tx, a, attributes):
        # The settings that were there before, not those that it has set itself.
        if self.state.settings and self.state.settings.owner != tx.owner:
            raise Refusal(errno.EPERM)
        lists = [self._cidrs(attributes, kind) for kind in SETTINGS_CIDRS]
        if any(not prefix for _, prefix in lists[SETTINGS_CIDRS.index(abi.A_SERVICE_CIDR)]):
            raise Refusal(errno.EINVAL)
        devices = tuple(value for kind, value in attributes if kind == abi.A_POD_DEVICE)
        if any(not d or "*" in d[:-1] for d in devices):
            raise Refusal(errno.EINVAL)
        mark = a.get(abi.A_MASQUERADE_MARK, 0)
        if mark.bit_count() > 1:
            raise Refusal(errno.EINVAL)
        tx.state.settings = (Settings(tx.owner, devices, *lists, mark)
                             if devices or mark or any(lists) else None)

    def _cidrs(self, attributes, which):
        cidrs = []
        for nest in (dict(value) for kind, value in attributes if kind == which):
            needs(nest, abi.A_CIDR_ADDRESS, abi.A_CIDR_PREFIX)
            address, prefix = nest[abi.A_CIDR_ADDRESS], nest[abi.A_CIDR_PREFIX]
            bits = len(address) * 8
            if bits not in (32, 128) or prefix > bits or (
                    int.from_bytes(address, "big") & (1 << bits - prefix) - 1):
                raise Refusal(errno.EINVAL)
            cidrs.append((address, prefix))
        return tuple(cidrs)

    _STEPS = {abi.CMD_SERVICE_SET: _service_set, abi.CMD_SERVICE_DEL: _service_del,
              abi.CMD_BACKEND_SET: _backend_set, abi.CMD_BACKEND_DEL: _backend_del,
              abi.CMD_FRONTEND_SET: _frontend_set, abi.CMD_FRONTEND_DEL: _frontend_del,
              abi.CMD_SETTINGS_SET: _settings_set}
