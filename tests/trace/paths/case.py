# SPDX-License-Identifier: GPL-2.0
"""One question of the table: a client that asks one frontend of a row."""
from dataclasses import dataclass

from lab.family import FAMILIES

from . import world
from .table import PROTOCOLS, Row


@dataclass(frozen=True)
class Case:
    """One client that asks one frontend."""
    row: Row
    frontend: str
    client: str
    family: object
    protocol: str

    @property
    def expected(self):
        return self.row.expected[self.client]

    @property
    def several(self):
        """Could another endpoint answer than those that are expected?"""
        return len(self.row.endpoints) > 1 and not self.expected & {"refused", "silent"}

    def destination(self, lab):
        """(address, port) that is asked."""
        return world.destination(self.row, self.frontend, self.family, lab)

    def __str__(self):
        endpoints = "+".join(f"{h}-{c}" for h, c in self.row.endpoints.items()) or "none"
        ranges = ",".join(self.row.ranges).replace(" ", "") or "-"
        return (f"{self.row.line}/{endpoints}/{self.frontend.replace(' ', '-')}/{self.row.policy}/"
                f"{ranges}/{self.client}/{self.family}/{self.protocol}")


def cases(sections, every=1):
    """The cases of sections; with every > 1 one of so many."""
    found = [Case(row, frontend, client, family, protocol)
             for section in sections
             for row in section.rows for frontend in row.frontends for client in row.expected
             for family in FAMILIES if family.name in section.asked
             for protocol in PROTOCOLS if protocol in section.asked]
    return found[::every]
