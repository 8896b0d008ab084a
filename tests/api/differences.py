# SPDX-License-Identifier: GPL-2.0
"""The list of what nf_svc does otherwise than kube-proxy: docs/differences.md, read by the equality run.

Its table has the columns "case", "kube-proxy", "nf_svc" and "why". A case is
described by terms between semicolons, each of which has to be true of it, or
one of its alternatives: "from node or from hostnet; ipv6; tcp". What both do is said
in the words of tests/trace/expected.txt; EPERM: UDP's send() fails so, and the
next call says ECONNREFUSED.
"""
import pathlib
from dataclasses import dataclass, field

LIST = pathlib.Path(__file__).resolve().parents[2] / "docs/differences.md"
MODES = {"nftables", "iptables"}        # of kube-proxy
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

    def possible(self, mode):
        """Can it be seen with kube-proxy in this mode?"""
        return all(mode in term for term in self.terms if term & MODES)

    def covers(self, true, ours):
        """Is it about a case of which these terms are true and where nf_svc does this?"""
        return ours == self.ours and all(term & true for term in self.terms)


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


def attributes(case, settings, mode):
    """All terms that are true of a case of tests/trace, with kube-proxy in this mode."""
    row = case.row
    true = {mode, case.frontend, row.policy, f"from {case.client}", str(case.family), case.protocol}
    true.add("ranges" if row.ranges else "no ranges")
    true.add("usable endpoints" if set(row.endpoints.values()) - {"unready", "gone"}
             else "no usable endpoints")
    if not row.endpoints.keys() & {"a", "b", "node"}:
        true.add("no local endpoints")
    if case.protocol not in row.services:
        true.add("protocol that the Service has not")
    if (case.frontend, settings.node_ports[0]) in (("NodePort", "172.18.0.0/24"), ("NodePort wire", "primary")):
        true.add("address without node ports")
    return true


def of(true, ours, listed):
    """The Difference that covers a case of which these terms are true, or None; two are a mistake."""
    fitting = [d for d in listed if d.covers(true, ours)]
    if len(fitting) > 1:
        raise Wrong(f"lines {', '.join(str(d.line) for d in fitting)} are about the same case")
    return fitting[0] if fitting else None
