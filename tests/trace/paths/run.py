# SPDX-License-Identifier: GPL-2.0
"""The table on an engine, and what came out as JSON lines."""
import json
import os
import pathlib

from lab import conntrack

from . import prober, table, world
from .case import cases


def group(settings, sections, hosts, engine, every=1):
    """Load and ask sections of the same settings; the Questions."""
    engine.load(world.objects([row for s in sections for row in s.rows], hosts), settings)
    conntrack.flush(hosts.lab.node)
    return prober.ask_all(cases(sections, every), hosts)


def everything(sections, hosts, engine, every=1, path=None):
    """All sections, told and written group by group; all Questions."""
    asked = []
    for settings, same in table.groups(sections).items():
        questions = group(settings, same, hosts, engine, every)
        write(questions, engine, path)
        wrong = [q for q in questions if not q.right]
        print(f"{len(questions) - len(wrong)} of {len(questions)} right: {settings}", flush=True)
        print("".join(f"  {q}\n" for q in wrong), end="", flush=True)
        asked += questions
    return asked


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
