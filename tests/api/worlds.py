# SPDX-License-Identifier: GPL-2.0
"""Worlds out of dice: Services of all kinds, changed step by step, and who asks them what.

A world is rows of tests/trace (paths.table.Row) with more to them: one Service
each, of which everything follows from its row. So docs/differences.md describes
its cases, too.
"""
import dataclasses
from dataclasses import dataclass
from random import Random

from k8s import objects
from lab.family import FAMILIES
from paths import table, world
from paths.case import Case

ZONE = "topology.kubernetes.io/zone"
ZONES = {"node": "zone-1", "node2": "zone-2"}
HIDDEN = {"labels": {"service.kubernetes.io/service-proxy-name": "somebody-else"}}
TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "LoadBalancer")
FRONTENDS = {
    "ClusterIP": ("ClusterIP", "ExternalIP", "ClusterIP other port"),
    "NodePort": ("ClusterIP", "ExternalIP", "NodePort", "NodePort wire", "NodePort other port"),
    "LoadBalancer": ("ClusterIP", "ExternalIP", "NodePort", "LoadBalancer", "LoadBalancer other port"),
}
SERVICES = (frozenset(table.ALL), frozenset(table.ALL), frozenset({"ipv4", "ipv6", "tcp"}),
            frozenset({"ipv4", "tcp", "udp"}), frozenset({"ipv6", "tcp", "udp"}))
USABLE = frozenset(table.CONDITIONS) - {"unready", "gone"}
MOST = 12                       # Services at once
STEADY = 1                      # line of the Service that never changes


@dataclass(frozen=True)
class Wide(table.Row):
    """A row and what the table has no columns for.

    policy is the external one. hints: "", "all" endpoints have one, or "some". slices: the endpoints
    are spread over so many.
    """
    kind: str = "LoadBalancer"
    internal: str = "Cluster"
    affinity: bool = False
    hints: str = ""
    slices: int = 1
    hidden: bool = False

    def service(self, lab):
        obj = world.service(self, lab)
        spec, meta = obj["spec"], obj["metadata"]
        balanced, external = self.kind == "LoadBalancer", self.kind != "ClusterIP"
        spec.update(type=self.kind, internalTrafficPolicy=self.internal,
                    externalTrafficPolicy=self.policy if external else None,
                    sessionAffinity="ClientIP" if self.affinity else "None",
                    loadBalancerSourceRanges=spec.get("loadBalancerSourceRanges") if balanced else None,
                    healthCheckNodePort=world.HEALTH_PORT + self.line
                    if balanced and self.policy == "Local" else None)
        if not external:
            for port in spec["ports"]:
                del port["nodePort"]
        if not balanced:
            del obj["status"]
        if self.hidden:
            meta.update(HIDDEN)
        return obj

    def slices_of(self, hosts):
        """Its EndpointSlices: as many, whatever it has."""
        for family in FAMILIES:
            if family.name not in self.services:
                continue
            whole = world.slice_of(self, family, hosts)
            if self.hints:
                for number, endpoint in enumerate(whole["endpoints"]):
                    zone = ZONES.get(endpoint.get("nodeName"), "zone-3")
                    if self.hints == "all" or number:
                        endpoint["hints"] = {"forZones": [{"name": zone}]}
            for n in range(self.slices):
                yield {**whole, "metadata": {**whole["metadata"], "name": f"{whole['metadata']['name']}-{n}"},
                       "endpoints": whole["endpoints"][n::self.slices]}

    def objects(self, hosts):
        return [self.service(hosts.lab), *self.slices_of(hosts)]

    def at(self, frontend):
        """The row as the table has it for one frontend."""
        if frontend.startswith("ClusterIP"):
            return dataclasses.replace(self, policy=self.internal)
        if self.kind == "ClusterIP":
            return dataclasses.replace(self, policy="Cluster")
        return self


class World:
    """Rows that change; everything follows from the seed."""

    def __init__(self, seed):
        self.dice, self.next = Random(seed), STEADY + 1
        steady = Wide(STEADY, {"a": "ready", "d": "ready"}, ("ClusterIP",), "Cluster", (),
                      self._clients(), SERVICES[0])
        self.rows = {STEADY: steady}
        for _ in range(self.dice.randint(4, MOST - 2)):
            self._add()

    def _clients(self):
        return {client: frozenset() for client in table.CLIENTS}

    def _endpoints(self):
        hosts = self.dice.sample(table.HOSTS, self.dice.choice((0, 1, 1, 2, 2, 3)))
        return {host: self.dice.choice(("ready", "ready", "ready", *table.CONDITIONS)) for host in hosts}

    def _ranges(self):
        return tuple(self.dice.sample(table.RANGES, self.dice.randint(1, 2))) if self.dice.random() < 0.3 else ()

    def _add(self):
        dice, kind = self.dice, self.dice.choice(TYPES)
        affinity, policy = dice.random() < 0.2, dice.choice(("Cluster", "Local"))
        frontends = FRONTENDS[kind]
        # Frontends share the choice: asked at once, one would change what the other hears.
        self.rows[self.next] = Wide(
            self.next, self._endpoints(), (dice.choice(frontends),) if affinity else frontends, policy,
            self._ranges() if kind == "LoadBalancer" else (), self._clients(), dice.choice(SERVICES), kind,
            policy if affinity and kind != "ClusterIP" else dice.choice(("Cluster", "Cluster", "Local")),
            affinity, dice.choice(("", "", "", "all", "some")), dice.choice((1, 1, 2)), dice.random() < 0.05)
        self.next += 1

    def step(self):
        """Change one to four things."""
        for _ in range(self.dice.randint(1, 4)):
            self._change()

    def _change(self):
        changing = [line for line in self.rows if line != STEADY]
        what = self.dice.choice(("endpoints", "endpoints", "endpoints", "policy", "internal", "ranges",
                                 "hints", "add", "remove"))
        if what == "add" and len(self.rows) < MOST or not changing:
            self._add()
            return
        row = self.rows[self.dice.choice(changing)]
        if what == "remove":
            del self.rows[row.line]
        elif what == "endpoints":
            self._replace(row, endpoints=self._endpoints())
        elif what == "policy" and row.kind != "ClusterIP" and not row.affinity:
            self._replace(row, policy=world.OPPOSITE[row.policy])
        elif what == "internal" and not row.affinity:
            self._replace(row, internal=world.OPPOSITE[row.internal])
        elif what == "ranges" and row.kind == "LoadBalancer":
            self._replace(row, ranges=self._ranges())
        elif what == "hints":
            self._replace(row, hints=self.dice.choice(("", "all", "some")))

    def _replace(self, row, **fields):
        self.rows[row.line] = dataclasses.replace(row, **fields)

    def objects(self, hosts):
        """(Services, everything else) as they are now."""
        found = [o for row in self.rows.values() for o in row.objects(hosts)]
        return ([o for o in found if o["kind"] == "Service"], [o for o in found if o["kind"] != "Service"])

    def cases(self, number):
        """So many of the cases, at random."""
        found = [Case(row.at(frontend), frontend, client, family, protocol)
                 for row in self.rows.values() for frontend in row.frontends for client in row.expected
                 for family in FAMILIES for protocol in table.PROTOCOLS
                 if family.name in row.services]
        return self.dice.sample(found, min(number, len(found)))


def nodes(lab):
    """Both Nodes, in zones."""
    found = objects.nodes(lab)
    for node in found:
        node["metadata"]["labels"] = {ZONE: ZONES[node["metadata"]["name"]]}
    return found


def usable(case):
    """Names of the endpoints that could answer."""
    return {host for host, condition in case.row.endpoints.items() if condition in USABLE}
