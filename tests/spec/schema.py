#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Is the schema of svcctl's JSON a good one, and of this svcctl?

usage: tests/spec/schema.py SCHEMA FOLDER

It is valid; all that it defines is used and described; objects have no other keys than those it
names; each command whose source in FOLDER prints JSON has a definition of its name; keys and words
are those of the sources. Prints what is wrong.
"""
import json
import pathlib
import re
import sys

import jsonschema

DEFINITION = "#/$defs/"
# Words of the sources that text has and JSON never has: packets' protocols are numbers there.
NOT_IN_JSON = {"icmpv6"}


def subschemas(schema, path="", named=False):
    """(path, is it a definition or property?, schema) of all there are in a schema, itself too."""
    yield path or "schema", named, schema
    for key in "$defs", "properties":
        for name, one in schema.get(key, {}).items():
            yield from subschemas(one, f"{path}.{name}" if path else name, True)
    for key in "anyOf", "oneOf":
        for one in schema.get(key, ()):
            yield from subschemas(one, path)
    if "items" in schema:
        yield from subschemas(schema["items"], f"{path}[]")


def target(schema, one):
    """What a $ref leads to, or None."""
    for part in one["$ref"].removeprefix("#/").split("/"):
        schema = schema.get(part, {})
    return schema or None


def description(schema, one):
    """Of its own, or of what it refers to."""
    while one and "description" not in one:
        one = target(schema, one) if "$ref" in one else None
    return one["description"] if one else ""


def used(schema):
    """Names of definitions that the root leads to."""
    names, new = set(), [{k: v for k, v in schema.items() if k != "$defs"}]
    while new:
        for _, _, one in subschemas(new.pop()):
            name = one.get("$ref", "").removeprefix(DEFINITION).split("/")[0]
            if name and name not in names and name in schema["$defs"]:
                names.add(name)
                new.append(schema["$defs"][name])
    return names


def sins(schema):
    for path, named, one in subschemas(schema):
        if "$ref" in one and not target(schema, one):
            yield f"{path}: nothing is at {one['$ref']}"
        elif named and not re.match(r"[\w(]", description(schema, one)):
            yield f"{path}: no description"
        if one.get("type") == "object" or "properties" in one:
            if one.get("additionalProperties") is not False:
                yield f"{path}: it allows other keys"
            for name in sorted(set(one.get("required", ())) - set(one.get("properties", ()))):
                yield f"{path}: it requires {name}, and does not allow it"
            if "required" not in one:
                yield f"{path}: nothing is required"
    for name in sorted(set(schema["$defs"]) - used(schema)):
        yield f"{name}: nothing refers to it"


def differences(schema, folder):
    """Between the schema and the sources."""
    sources = {path: path.read_text(encoding="utf-8") for path in sorted(pathlib.Path(folder).rglob("*.[ch]"))}
    literals = {text for source in sources.values() for text in re.findall(r'\\?"([\w*/-]+)\\?"', source)}
    keys, words = set(), set()
    for _, _, one in subschemas(schema):
        keys |= set(one.get("properties", ()))
        words |= set(one.get("enum", ())) | ({one["const"]} if "const" in one else set())
    for path, source in sources.items():
        added = re.findall(r'(?:cJSON_Add\w+ToObject|\badd_\w+|\w+_add_text)\(\s*\w+,\s*"(\w+)"', source)
        yield from (f"{path}: {key} is a key, and not in the schema" for key in added if key not in keys)
        told = re.findall(r'\{ \w+, "([\w-]+)" \}', source) if path.name == "words.c" else ()
        yield from (f"{path}: {word} is a word, and not in the schema" for word in told
                    if word not in words | keys | NOT_IN_JSON)
        verb = re.search(r'\.verb = "(\w+)"', source)
        if verb and re.search(r"cJSON|OUTPUT_JSON", source) and verb[1] not in schema["$defs"]:
            yield f"{path}: {verb[1]} prints JSON, and has no definition"
    yield from (f"{key}: a key that no source has" for key in sorted(keys - literals))
    yield from (f"{word}: a word that no source has" for word in sorted(words - literals))


def main(path, folder):
    with open(path, encoding="utf-8") as f:
        schema = json.load(f)
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
        wrong = [*sins(schema), *differences(schema, folder)]
    except jsonschema.SchemaError as e:
        wrong = [f"{'.'.join(map(str, e.absolute_path))}: {e.message}"]
    print(*(f"{path}: {line}" for line in wrong), sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
