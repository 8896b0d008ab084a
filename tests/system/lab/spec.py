# SPDX-License-Identifier: GPL-2.0
"""The family as include/nf_svc.yaml tells it: commands, and what they may be given."""
import pathlib
from dataclasses import dataclass

import yaml

FILE = pathlib.Path(__file__).parents[3] / "include/nf_svc.yaml"


@dataclass
class Attribute:
    """One attribute; nest: {name: Attribute}, or None."""
    name: str
    number: int
    type: str
    many: bool
    least: int
    most: int
    shortest: int
    longest: int
    nest: dict


@dataclass
class Command:
    """One command; do and dump: what a request of this kind may be given, or None."""
    name: str
    number: int
    writes: bool
    do: dict
    dump: dict


class Spec:
    """commands: {name: Command}; attributes: {name: Attribute}, those of all commands."""

    def __init__(self):
        with open(FILE, encoding="utf-8") as f:
            self.yaml = yaml.load(f, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        self.definitions = {d["name"]: d for d in self.yaml["definitions"]}
        self.sets = {s["name"]: s["attributes"] for s in self.yaml["attribute-sets"]}
        self.attributes = self.read_set("nf_svc")
        ops = [op for op in self.yaml["operations"]["list"] if "do" in op or "dump" in op]
        self.commands = {op["name"]: self.read_command(op) for op in ops}

    def read_command(self, op):
        def taken(mode):
            names = op[mode]["request"].get("attributes", []) if mode in op else None
            return names if names is None else {n: self.attributes[n] for n in names}

        number = op.get("do", op.get("dump"))["request"]["value"]
        return Command(op["name"], number, "flags" in op and "do" in op, taken("do"), taken("dump"))

    def read_set(self, name):
        return {a["name"]: self.read_attribute(n, a) for n, a in enumerate(self.sets[name], 1)}

    def read_attribute(self, number, a):
        checks = a.get("checks", {})
        most = checks.get("max", (1 << {"u64": 64}.get(a["type"], 32)) - 1)
        if "enum" in a:
            entries = len(self.definitions[a["enum"]]["entries"])
            most = (1 << entries) - 1 if a.get("enum-as-flags") else entries - 1
        return Attribute(a["name"], number, a["type"], a.get("multi-attr", False), checks.get("min", 0),
                         most, self.length(checks, "min-len"), self.length(checks, "max-len"),
                         self.read_set(a["nested-attributes"]) if a["type"] == "nest" else None)

    def length(self, checks, which):
        """A number, or the name of one."""
        value = checks.get(which, 0)
        return self.definitions[value]["value"] if value in self.definitions else value
