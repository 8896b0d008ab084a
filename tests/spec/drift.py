#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Do uapi/linux/nf_svc.h and nf_svc.yaml say the same?

usage: tests/spec/drift.py HEADER SPEC [SCHEMA]

Every constant and every name of an enum is in the spec with the same value, and
nothing else is; the spec obeys the kernel's SCHEMA. Prints what differs.
"""
import re
import sys

import jsonschema
import yaml


def header_names(text):
    """{name: value} of the enums, without their ends, and of the numeric constants."""
    names = {name: int(value) for name, value in
             re.findall(r"^#define (NF_SVC_\w+) (\d+)\b", text, re.M)}
    for body in re.findall(r"enum\s+\w+\s*\{(.*?)\}", re.sub(r"/\*.*?\*/", "", text, flags=re.S), re.S):
        value = -1
        for entry in filter(None, map(str.strip, body.split(","))):
            name, _, expression = map(str.strip, entry.partition("="))
            value = eval(expression, {}, names) if expression else value + 1
            names[name] = value
    # The ends of enums are of C, as is the refused 0 of attributes and commands.
    ends = {f"NF_SVC_{e}MAX" for e in
            ("CMD_", "A_", "A_BACKEND_", "A_RULE_", "A_CIDR_", "A_DROP_", "CLASS_", "EMPTY_", "REFUSE_",
             "KIND_", "VERDICT_", "DROP_", "CHANGE_")}
    return {n: v for n, v in names.items() if not n.startswith("__") and n not in ends
            and not re.fullmatch(r"NF_SVC_(CMD|A(_\w+)?)_UNSPEC", n) and n != "NF_SVC_GENL_VERSION"}


def spec_name(prefix, name):
    return f"{prefix}{name}".upper().replace("-", "_")


def spec_names(spec):
    """The same of the spec."""
    names = {}
    for d in spec["definitions"]:
        if d["type"] == "const":
            names[spec_name("nf-svc-", d["name"])] = d["value"]
            continue
        for n, entry in enumerate(d["entries"]):
            names[spec_name(d["name-prefix"], entry["name"])] = 1 << n if d["type"] == "flags" else n
    for attributes in spec["attribute-sets"]:
        for n, attribute in enumerate(attributes["attributes"], 1):
            names[spec_name(attributes["name-prefix"], attribute["name"])] = n
    prefix = spec["operations"]["name-prefix"]
    for op in spec["operations"]["list"]:
        mode = op.get("do") or op.get("dump")
        names[spec_name(prefix, op["name"])] = mode["request"]["value"] if mode else op["value"]
    return names


def main(header, path, schema=None):
    with open(header, encoding="utf-8") as f:
        text = f.read()
    with open(path, encoding="utf-8") as f:
        spec = yaml.safe_load(f)
    wrong = []
    if schema:
        with open(schema, encoding="utf-8") as f:
            errors = jsonschema.Draft7Validator(yaml.safe_load(f)).iter_errors(spec)
        wrong += [f"{path}: {'/'.join(map(str, e.absolute_path))}: {e.message}" for e in errors]
    in_header, in_spec = header_names(text), spec_names(spec)
    for name in sorted(in_header.keys() | in_spec.keys()):
        if name not in in_spec:
            wrong.append(f"{path}: {name} is missing ({header}: {in_header[name]})")
        elif name not in in_header:
            wrong.append(f"{path}: {name} is not in {header}")
        elif in_header[name] != in_spec[name]:
            wrong.append(f"{path}: {name} is {in_spec[name]}, in {header} {in_header[name]}")
    groups = set(re.findall(r'#define NF_SVC_GROUP_\w+ "(\w+)"', text))
    if groups != {g["name"] for g in spec["mcast-groups"]["list"]}:
        wrong.append(f"{path}: other multicast groups than in {header}: {sorted(groups)}")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
