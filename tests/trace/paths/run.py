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


def all_sections(sections, hosts, engine, words="", every=1, path=None):
    """Those with words in their title, told and written one by one; all Questions."""
    asked = []
    for one in sections:
        if words not in one.title:
            continue
        questions = section(one, hosts, engine, every)
        write(questions, engine, path)
        wrong = [q for q in questions if not q.right]
        print(f"{len(questions) - len(wrong)} of {len(questions)} right: {one.title}", flush=True)
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
