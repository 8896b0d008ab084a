# SPDX-License-Identifier: GPL-2.0
"""kube-proxy as an engine: give it Kubernetes objects, and its rules are there."""
from lab import conntrack
from lab.family import FAMILIES

from . import objects as own
from .control_plane import ControlPlane
from .kube_proxy import KubeProxy
from .rest import CLUSTER_WIDE, key, path


class KubeProxyEngine:
    """Real kube-proxy, fed by a real API server, in node of a lab.topology.

    load(objects) makes the API server hold exactly these Services (status too),
    EndpointSlices and Nodes, and returns when the rules show them. The lab's own
    Nodes, "node" and "node2", are there unless objects has others of that name.
    Other settings, fields of KubeProxyConfiguration, start kube-proxy anew.
    """

    def __init__(self, net, mode="nftables"):
        self.name = f"kube-proxy-{mode}"
        self.net, self.mode, self.settings = net, mode, {}
        self.loaded, self.spaces, self.generation, self.proxy = {}, {"default"}, 0, None
        self.plane = ControlPlane(net.node)
        try:
            self.api = self.plane.admin
            self.load([])
        except BaseException:
            self.close()
            raise

    def load(self, objects, **settings):
        """Hold exactly these objects. Raises rest.Refused with each one that the API refuses."""
        wanted = {key(o): o for o in [*own.nodes(self.net), *objects]}
        assert len({key(o) for o in objects}) == len(objects), "an object is there twice"
        before, self.loaded = self.loaded, wanted
        gone = [o for k, o in before.items() if wanted.get(k) != o]
        new = [o for k, o in wanted.items() if before.get(k) != o]
        # Of a changed Node it would end by itself, or tell nobody that it has seen it.
        if settings != self.settings or any(o["kind"] == "Node" for o in gone + new):
            self._stop_proxy()
        self._make_namespaces(new)
        self.api.each(self.api.delete, gone)
        self.api.each(self.api.create, new)
        if not self.proxy:
            self.settings = settings
            self.proxy = KubeProxy(self.plane, self.net.node, "node", self.mode, **settings)
        self._wait()
        conntrack.flush(self.net.node)

    def change(self, *steps):
        """Hold these objects instead; what differs is changed in place, and flows go on.

        steps are lists of objects, written one list after the other. What none of
        them has is deleted first; Services before their slices, which the garbage
        collector of a cluster deletes later. Returns when the rules show the last one.
        """
        objects = [o for step in steps for o in step]
        wanted = {key(o): o for o in [*own.nodes(self.net), *objects]}
        before, self.loaded = self.loaded, wanted
        gone = [o for k, o in before.items() if k not in wanted]
        for services in True, False:
            self.api.each(self.api.delete, [o for o in gone if (o["kind"] == "Service") == services])
            if gone:
                self._wait()
        for step in steps:
            self._make_namespaces(step)
            self.api.each(self.api.create, [o for o in step if key(o) not in before])
            self.api.each(lambda o: self.api.request("PATCH", path(*key(o)), o),
                          [o for o in step if before.get(key(o), o) != o])
            self._wait()

    def _make_namespaces(self, objects):
        for space in {o["metadata"].get("namespace", "default") for o in objects
                      if o["kind"] not in CLUSTER_WIDE} - self.spaces:
            self.api.create(own.namespace(space))
            self.spaces.add(space)

    def _wait(self):
        """Wait until the rules have the sentinel of a new generation: all else came before it."""
        self.generation += 1
        port, sentinels = own.sentinel(self.generation)
        self._make_namespaces(sentinels)
        for obj in sentinels:
            if self.generation == 1:
                self.api.create(obj)
            else:
                self.api.request("PATCH", path(*key(obj)), obj)
        for family in FAMILIES:
            self.proxy.wait_for(lambda family=family: self.proxy.forwards(
                family, family.vip(own.LAST_VIP), port), f"the rules of {family}")

    def become(self, mode):
        """Be kube-proxy in another mode from the next load() on; no rule and no object is left until then."""
        self._stop_proxy()
        self.api.each(self.api.delete, [o for o in self.loaded.values() if o["kind"] != "Node"])
        self.loaded = {k: o for k, o in self.loaded.items() if o["kind"] == "Node"}
        self.mode, self.name = mode, f"kube-proxy-{mode}"

    def _stop_proxy(self):
        if self.proxy:
            self.proxy.stop()
            self.proxy.remove_rules()
            self.proxy = None

    def close(self):
        """End everything. The namespace of the node still has the rules, if it had any."""
        if self.proxy:
            self.proxy.stop()
            self.proxy = None
        self.plane.stop()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()
