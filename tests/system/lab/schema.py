# SPDX-License-Identifier: GPL-2.0
"""docs/svcctl.schema.json: what svcctl prints with -j is held against it."""
import functools
import json
import pathlib

import jsonschema
from jsonschema.exceptions import best_match

PATH = pathlib.Path(__file__).parents[3] / "docs/svcctl.schema.json"
DEFINITIONS = "#/$defs/"
LINES = ("stats-rate", "monitor")       # definitions of one line, where there may be many
LONG = 20       # of a longer array only so many are looked at: the validator is slow
FORMATS = jsonschema.FormatChecker(("ipv4", "ipv6"))
TAKES_ONE = {"-o", "--output", "-n", "--netns", "-w", "--wait", "-f", "--file", "--owner", "--color",
             "--node", "--service-cidr", "--pod-cidr", "--rate", "--count"}
NO_JSON = ("help", "bugreport")         # what they print is for people, with -j too


def exact(value):
    """The schema without what is there for a newer module: this one has no word that svcctl lacks."""
    if isinstance(value, dict):
        return {k: exact(v) for k, v in value.items() if k != "unknown"}
    return [exact(v) for v in value if v != "unknown"] if isinstance(value, list) else value


@functools.cache
def schema():
    return exact(json.loads(PATH.read_text(encoding="utf-8")))


def outputs():
    """Names of the definitions of all that commands print."""
    return [one["$ref"].removeprefix(DEFINITIONS) for one in schema()["anyOf"]]


@functools.cache
def validator(name):
    return jsonschema.Draft202012Validator(
        {"$defs": schema()["$defs"], "$ref": DEFINITIONS + name}, format_checker=FORMATS)


def cut(value):
    """The value with short arrays."""
    if isinstance(value, dict):
        return {k: cut(v) for k, v in value.items()}
    return [cut(v) for v in value[:LONG]] if isinstance(value, list) else value


def check(name, value):
    """See that a value obeys the definition of this name; the value."""
    short = cut(value)
    error = best_match(validator(name).iter_errors(short))
    assert error is None, f"{name}: {'.'.join(map(str, error.absolute_path))}: {error.message}"
    if Seen.now:
        Seen.now.see({"$ref": DEFINITIONS + name}, short)
    return value


def output_of(argv):
    """(verb, definition) of what svcctl prints with these arguments; None: not JSON."""
    json_wanted, rate = False, False
    words, rest = [], iter(map(str, argv))
    for word in rest:
        value = next(rest, None) if word in TAKES_ONE else None
        json_wanted |= word in ("-j", "--json") or (word in ("-o", "--output") and value == "json")
        rate |= word == "--rate"
        if word in ("-h", "--help", "-V", "--version"):
            return None
        if not word.startswith("-"):
            words.append(word)
    verb = words[0] if words else "list"
    return (verb, "stats-rate" if verb == "stats" and rate else verb) if json_wanted else None


def check_output(argv, text):
    """Check what svcctl printed, if that is JSON."""
    verb, name = output_of(argv) or (None, None)
    if not verb or not text or verb in NO_JSON:
        return
    assert name in outputs(), f"svcctl {verb}: prints with -j what the schema has no definition of: {text}"
    for document in text.splitlines() if name in LINES else [text]:
        check(name, json.loads(document))


class Seen:
    """Which definitions, keys and words of the schema came up in what was checked meanwhile."""
    now = None

    def __init__(self):
        self.places = set()

    def __enter__(self):
        Seen.now = self
        return self

    def __exit__(self, *exc):
        Seen.now = None

    def see(self, one, value, path=""):
        if "$ref" in one:
            parts = one["$ref"].removeprefix(DEFINITIONS).split("/")
            one, path = schema()["$defs"][parts[0]], parts[0]
            if len(parts) == 1:
                self.places.add(path)
            for _, key in zip(parts[1::2], parts[2::2]):
                one, path = one["properties"][key], f"{path}.{key}"
            self.see(one, value, path)
            return
        branches = one.get("anyOf") or one.get("oneOf")
        if branches:
            of_all = validator("list")
            self.see(next(b for b in branches if of_all.evolve(schema=b).is_valid(value)), value, path)
        elif "enum" in one:
            self.places.add(f"{path}: {value}")
        elif isinstance(value, dict):
            for key, item in value.items():
                self.places.add(f"{path}.{key}")
                self.see(one["properties"][key], item, f"{path}.{key}")
        elif isinstance(value, list):
            for item in value:
                self.see(one["items"], item, f"{path}[]")


def places():
    """All that Seen may have: "definition", "definition.key", "place: word"."""
    found = set(schema()["$defs"])

    def walk(one, path):
        found.update(f"{path}: {word}" for word in one.get("enum", ()))
        for key, item in one.get("properties", {}).items():
            found.add(f"{path}.{key}")
            walk(item, f"{path}.{key}")
        for branch in (*one.get("anyOf", ()), *one.get("oneOf", ())):
            walk(branch, path)
        if "items" in one:
            walk(one["items"], f"{path}[]")

    for name, one in schema()["$defs"].items():
        walk(one, name)
    return found
