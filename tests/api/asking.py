# SPDX-License-Identifier: GPL-2.0
"""Questions that two proxies are asked, and when their answers are the same."""
from dataclasses import dataclass

from lab.family import FAMILIES
from paths.prober import TRIES, Question

STICKY_TRIES = 4
ANSWERS_NOT = {"refused", "silent", "EPERM", "closed"}


@dataclass(frozen=True)
class Ask:
    """As paths.case.Case, but says all by itself: it goes over a wire.

    address: (address, port). hosts: endpoints that could answer. sticky: who asks again
    hears the same; which one is chance. expected: words; none: not known.
    """
    name: str
    client: str
    family: object
    protocol: str
    address: tuple
    hosts: frozenset
    sticky: bool = False
    expected: frozenset = frozenset()

    @property
    def several(self):
        return len(self.hosts) > 1 and not self.expected & ANSWERS_NOT

    def destination(self, _):
        return self.address

    def __str__(self):
        return self.name

    def pack(self):
        """As JSON has it."""
        return {"name": self.name, "client": self.client, "family": self.family.name,
                "protocol": self.protocol, "address": self.address, "hosts": sorted(self.hosts),
                "sticky": self.sticky, "expected": sorted(self.expected)}

    @classmethod
    def unpack(cls, said):
        family = next(f for f in FAMILIES if f.name == said["family"])
        return cls(said["name"], said["client"], family, said["protocol"], tuple(said["address"]),
                   frozenset(said["hosts"]), said["sticky"], frozenset(said["expected"]))

    def common(self, heard):
        """What of the words does not depend on chance."""
        words = frozenset(heard)
        if not self.sticky or len(words) != 1 or words & ANSWERS_NOT:
            return words
        word, = words
        return frozenset({"one" if self.client in self.hosts else "one" + "*" * word.endswith("*")})


class Open(Question):
    """A question of which nobody knows the answer: asked until there can be no more to hear."""

    @property
    def answered(self):
        tries = sum(self.heard.values())
        if self.case.sticky:
            return tries >= STICKY_TRIES
        names = {word.rstrip("*") for word in self.heard}
        return bool(names & ANSWERS_NOT) or tries >= TRIES or names == self.case.hosts


def question(case):
    """Open where nothing, or nothing certain, is expected."""
    return Question(case) if case.expected and not case.sticky else Open(case)
