#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Do uapi/linux/nf_svc.h and nf_svc.yaml say the same?

usage: tests/spec/drift.py HEADER SPEC [SCHEMA]

Every enum, every name in it, every constant and multicast group is in the spec with the same value,
every attribute with the same type, and nothing else is; commands take and give attributes that there are; all is documented; the spec
obeys the kernel's SCHEMA. Prints what differs.
"""
import re
import sys

import jsonschema
import yaml

# What C has beside of it: the 0 of commands and attributes, which is refused, and ends of enums.
IN_C_ONLY = r"NF_SVC_(CMD|A(_\w+)?)_UNSPEC|__\w+"
# A multicast message that has the number of a command; it has no name of its own in C.
NOTIFICATION = "-ntf"


def header_tables(text):
    """{enum, "constants" or "types": {name: value}}"""
    constants = {}
    for name, value in re.findall(r"^#define (NF_SVC_\w+) (.*?)(?: /\*.*)?$", text, re.M):
        constants[name] = value.strip('"') if value.startswith('"') else eval(value, {}, dict(constants))
    types = dict(re.findall(r"^ \* @(NF_SVC_A_\w+): (flag|u32|u64|string|binary|nest)\b", text, re.M))
    tables = {"constants": constants, "types": types}
    for enum, body in re.findall(r"enum\s+(\w+)\s*\{(.*?)\}", re.sub(r"/\*.*?\*/", "", text, flags=re.S),
                                 re.S):
        names, value, ends = {}, -1, set()
        for entry in filter(None, map(str.strip, body.split(","))):
            name, _, expression = map(str.strip, entry.partition("="))
            names[name] = value = eval(expression, {}, names) if expression else value + 1
            if expression.startswith("__"):
                ends.add(name)
        tables[enum] = {n: v for n, v in names.items()
                        if n not in ends and not re.fullmatch(IN_C_ONLY, n)}
    return tables


def upper(prefix, name):
    return f"{prefix}{name}".upper().replace("-", "_")


def number_of(op):
    mode = op.get("do") or op.get("dump")
    return mode["request"]["value"] if mode else op["value"]


def spec_tables(spec):
    """The same of the spec."""
    constants = {"NF_SVC_GENL_NAME": spec["name"], "NF_SVC_GENL_VERSION": spec.get("version", 1)}
    types = {upper(s["name-prefix"], a["name"]): a["type"] for s in spec["attribute-sets"]
             for a in s["attributes"] if a["type"] != "pad"}
    tables = {"constants": constants, "types": types}
    for d in spec["definitions"]:
        if d["type"] == "const":
            constants[upper("nf-svc-", d["name"])] = d["value"]
        else:
            tables[d["enum-name"]] = {
                upper(d["name-prefix"], entry["name"]): 1 << n if d["type"] == "flags" else n
                for n, entry in enumerate(d["entries"])}
    for group in spec["mcast-groups"]["list"]:
        constants[upper("nf-svc-group-", group["name"])] = group["name"]
    for s in spec["attribute-sets"]:
        tables[s["enum-name"]] = {upper(s["name-prefix"], attribute["name"]): n
                                  for n, attribute in enumerate(s["attributes"], 1)}
    ops = spec["operations"]
    tables[ops["enum-name"]] = {upper(ops["name-prefix"], op["name"]): number_of(op)
                                for op in ops["list"] if not op["name"].endswith(NOTIFICATION)}
    return tables


def differences(header, spec):
    """Lines that say where the two do not agree."""
    for table in sorted(header.keys() | spec.keys()):
        if table not in spec or table not in header:
            yield f"{table} is not in the {'spec' if table in header else 'header'}"
        ours, theirs = spec.get(table, {}), header.get(table, {})
        for name in sorted(ours.keys() | theirs.keys()):
            if name not in ours:
                yield f"{table}: {name} is missing in the spec ({theirs[name]} in the header)"
            elif name not in theirs:
                yield f"{table}: {name} is not in the header"
            elif ours[name] != theirs[name]:
                yield f"{table}: {name} is {ours[name]} in the spec, {theirs[name]} in the header"


def references(spec):
    """Lines about what the spec names and has not."""
    sets = {s["name"]: {a["name"] for a in s["attributes"]} for s in spec["attribute-sets"]}
    kinds = {d["name"] for d in spec["definitions"] if d["type"] in ("enum", "flags")}
    for s in spec["attribute-sets"]:
        for a in s["attributes"]:
            if a.get("nested-attributes", s["name"]) not in sets:
                yield f"{s['name']}.{a['name']}: no set {a['nested-attributes']}"
            if "enum" in a and a["enum"] not in kinds:
                yield f"{s['name']}.{a['name']}: no enum {a['enum']}"
    ops = {op["name"]: op for op in spec["operations"]["list"]}
    for name, op in ops.items():
        lists = [op.get(mode, {}).get(way, {}) for mode in ("do", "dump") for way in ("request", "reply")]
        for attributes in [part.get("attributes", []) for part in lists + [op.get("event", {})]]:
            for a in attributes:
                if a not in sets.get(op.get("attribute-set"), ()):
                    yield f"{name}: no attribute {a!r}"
        command = ops.get(name.removesuffix(NOTIFICATION))
        if name.endswith(NOTIFICATION) and (not command or number_of(command) != op["value"]):
            yield f"{name}: it is not told with the number of its command"


def undocumented(spec):
    things = [*spec["operations"]["list"], *(a for s in spec["attribute-sets"] for a in s["attributes"]),
              *(e for d in spec["definitions"] for e in d.get("entries", ()))]
    for thing in things:
        if not re.match(r"\w|'", thing.get("doc", "")):
            yield f"{thing['name']}: no doc"


def main(header, path, schema=None):
    with open(header, encoding="utf-8") as f:
        in_header = header_tables(f.read())
    with open(path, encoding="utf-8") as f:
        spec = yaml.safe_load(f)
    wrong = []
    if schema:
        with open(schema, encoding="utf-8") as f:
            errors = jsonschema.Draft7Validator(yaml.safe_load(f)).iter_errors(spec)
        wrong += [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in errors]
    wrong += [*differences(in_header, spec_tables(spec)), *references(spec), *undocumented(spec)]
    print(*(f"{path}: {line}" for line in wrong), sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
