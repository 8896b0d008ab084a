# SPDX-License-Identifier: GPL-2.0
"""nf_svc as a peer among others: told by svcctl."""
from lab import conntrack
from lab.svcctl import Svcctl
from lab.tables import Tables


class NfSvc:
    """nf_svc in the node of a lab.topology."""

    name = "nf_svc"

    def __init__(self, net):
        self.net, self.svcctl, self.family, self.loaded = net, Svcctl(net.node), None, {}

    def _key(self, service):
        return f"shop/{service.name}:p"

    def _backend(self, service, name):
        return self.family.at(self.net.pod(name).addr(self.family), service.target)

    def _new(self, service):
        f, key = self.family, self._key(service)
        backends = "".join(f" backend {self._backend(service, b)}" for b in service.backends)
        yield f"add service {key} {f.at(f.vip(service.vip), service.port, service.protocol)} family {f}{backends}"
        if service.node_port:
            yield f"add frontend {key} *:{service.node_port}/{service.protocol}"

    def _changed(self, before, service):
        key = self._key(service)
        for backend in service.backends:
            if backend not in before.backends:
                yield f"add backend {key} {self._backend(service, backend)}"
        for backend in before.backends:
            if backend not in service.backends:
                yield f"del backend {key} {self._backend(service, backend)}"

    def load(self, family, *services):
        """Hold exactly these, and forget all flows."""
        with Tables(self.net.node) as tables:
            tables.clear()
        conntrack.flush(self.net.node)
        self.family, self.loaded = family, {}
        self.change(*services)

    def change(self, *services):
        """Hold exactly these from now on, in one transaction."""
        before, self.loaded = self.loaded, {s.name: s for s in services}
        lines = [f"del service {self._key(s)}" for n, s in before.items() if n not in self.loaded]
        for name, service in self.loaded.items():
            lines += (self._changed(before[name], service) if name in before else self._new(service))
        if lines:
            self.svcctl("batch", input="".join(f"{line}\n" for line in lines))

    def close(self):
        self.load(self.family)
