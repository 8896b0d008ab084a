# SPDX-License-Identifier: GPL-2.0
"""What a test says of itself: TAP and JUnit, read into one kind of result."""
import dataclasses
import re
import xml.etree.ElementTree

ROW = re.compile(r"(?<![A-Za-z])([A-Z]{2,4})[-_](\d\d)(?!\d)")
TAP_RESULT = re.compile(r"^( *)(not )?ok\b *(\d+)? *-? *(.*)$")
TAP_PLAN = re.compile(r"^ *1\.\.(\d+)")
TAP_DIRECTIVE = re.compile(r"\s*# *(SKIP\w*|TODO)\b[ :]*(.*)$", re.IGNORECASE)


@dataclasses.dataclass
class Result:
    name: str
    outcome: str                # passed, failed or skipped
    rows: list = dataclasses.field(default_factory=list)
    seconds: float = 0.0
    detail: str = ""            # why it was skipped, or how it failed


def rows_in(text):
    """The ids of the behaviours that a test's name mentions, as FE-01 or FE_01."""
    return sorted({f"{area}-{number}" for area, number in ROW.findall(text)})


class Tap:
    """Reads TAP line by line. Of nested results (KTAP) only the innermost count,
    unless one that sums up others failed though none of them did."""

    def __init__(self):
        self.results = []
        self.planned = 0
        self.lines = 0          # of results, summing-up ones too
        self.inner = {}         # depth -> outcomes seen there and not summed up yet
        self.last = None

    def feed(self, line, now):
        plan, found = TAP_PLAN.match(line), TAP_RESULT.match(line)
        if plan:
            self.planned += int(plan[1])
        if not found:
            return
        depth, failed, text = len(found[1]), bool(found[2]), found[4].strip()
        self.lines += 1
        outcome, detail = ("failed" if failed else "passed"), ""
        directive = TAP_DIRECTIVE.search(text)
        if directive:
            text, detail = text[:directive.start()], directive[2] or "no reason given"
            if directive[1].upper().startswith("SKIP") and not failed:
                outcome = "skipped"
        inner = []
        for deeper in [d for d in self.inner if d > depth]:
            inner += self.inner.pop(deeper)
        self.inner.setdefault(depth, []).append(outcome)
        seconds = now - (self.last or now)
        self.last = now
        if inner and ("failed" in inner or outcome != "failed"):
            return
        self.results.append(Result(text, outcome, rows_in(text), seconds, detail))

    def complaint(self):
        """What is wrong with the stream as a whole, or nothing."""
        if self.planned != self.lines:
            return f"{self.planned} results were planned, {self.lines} came"
        return ""


def junit(path):
    """The results in a JUnit file; a <property name="row"> names a row."""
    results = []
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        name = f"{case.get('classname', '')}::{case.get('name', '')}"
        outcome, detail = "passed", ""
        for child in case:
            if child.tag in ("failure", "error"):
                outcome, detail = "failed", child.get("message") or child.text or ""
            elif child.tag == "skipped" and outcome == "passed":
                outcome, detail = "skipped", child.get("message") or "no reason given"
        rows = {p.get("value") for p in case.iter("property") if p.get("name") == "row"}
        results.append(Result(name, outcome, sorted(rows | set(rows_in(name))),
                              float(case.get("time") or 0), detail.strip()))
    return results
