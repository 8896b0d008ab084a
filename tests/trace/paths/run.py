# SPDX-License-Identifier: GPL-2.0
"""Sections of the table on an engine, and what came out as JSON lines."""
import json
import os
import pathlib

from lab import conntrack

from . import prober, table, world


def section(one, hosts, engine, every=1):
    """Load what a section needs, ask all of it; the Questions."""
    engine.load(world.objects(one.rows, hosts), one.settings)
    conntrack.flush(hosts.lab.node)
    return prober.ask_all(table.cases(one, every=every), hosts)


def lines(questions, engine):
    """One JSON object a case, each on its line."""
    for q in questions:
        yield json.dumps({"case": str(q.case), "engine": engine.name,
                          "expected": sorted(q.case.expected), "heard": dict(sorted(q.heard.items())),
                          "right": q.right}) + "\n"


def write(questions, engine, path=None):
    """Append them to a file; without path to trace-ENGINE.jsonl in $NF_SVC_OUT, if that is set."""
    if not path and not os.environ.get("NF_SVC_OUT"):
        return
    path = path or pathlib.Path(os.environ["NF_SVC_OUT"]) / f"trace-{engine.name}.jsonl"
    with open(path, "a", encoding="ascii") as f:
        f.writelines(lines(questions, engine))
