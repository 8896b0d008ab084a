# SPDX-License-Identifier: GPL-2.0
"""The list of what nf_svc does otherwise than kube-proxy: docs/differences.md, read by the equality run.

Its table has the columns "case", "kube-proxy", "nf_svc" and "why". A case is
described by terms between semicolons, each of which has to be true of it, or
one of its alternatives: "from node or from hostnet; ipv6; tcp". What both do is said
in the words of tests/trace/expected.txt.
"""
import pathlib
from dataclasses import dataclass, field

LIST = pathlib.Path(__file__).resolve().parents[2] / "docs/differences.md"
HEADER = ["case", "kube-proxy", "nf_svc", "why"]


class Wrong(Exception):
    """The list is not as it should be."""


@dataclass
class Difference:
    """One line of the list, and how many cases were seen to be of it."""
    line: int
    terms: list                 # of sets: one of each has to be true
    theirs: frozenset           # words: what kube-proxy does
    ours: frozenset
    why: str
    seen: int = field(default=0, compare=False)

    def covers(self, attributes, ours):
        return ours == self.ours and all(term & attributes for term in self.terms)


def _words(cell):
    return frozenset(word.strip() for word in cell.strip("` ").split(","))


def read(path=LIST):
    """The Differences of the table whose header is HEADER."""
    found, here = [], False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            here = False
        elif cells == HEADER:
            here = True
        elif here and not set(line) <= set("|-: "):
            if len(cells) != len(HEADER) or not all(cells):
                raise Wrong(f"{path.name}:{number}: {len(HEADER)} cells are needed, with something in each")
            case, theirs, ours, why = cells
            terms = [frozenset(a.strip() for a in term.split(" or ")) for term in case.split(";")]
            found.append(Difference(number, terms, _words(theirs), _words(ours), why))
            if found[-1].theirs == found[-1].ours:
                raise Wrong(f"{path.name}:{number}: no difference")
    return found


def of(attributes, ours, listed):
    """The Difference that covers a case, or None; two for one case are a mistake."""
    fitting = [d for d in listed if d.covers(attributes, ours)]
    if len(fitting) > 1:
        raise Wrong(f"lines {', '.join(str(d.line) for d in fitting)} are about the same case")
    return fitting[0] if fitting else None
