# SPDX-License-Identifier: GPL-2.0
"""What can be wrong with a request, generated from the spec.

A request's attributes are here a list of (number, payload); the payload of a nest is such a list.
"""
import struct
from typing import NamedTuple

from . import genl

OPAQUE = 0x3fff         # the largest type an attribute can have
NET_BYTEORDER = 0x4000

# Attributes that the header (and CAPABILITIES) wants, of commands by name and of nests by "nest.name".
KEY = {"name", "protocol", "family"}
PLACE = {"protocol", "family", "port"}
NEEDED = {
    "begin": {"owner"}, "claim": {"owner"}, "release": {"owner"}, "commit": {"steps"},
    "service-set": KEY, "service-del": KEY, "service-get": KEY,
    "backend-set": KEY | {"backend"}, "backend-del": KEY | {"backend"}, "backend-get": KEY,
    "frontend-set": KEY | PLACE, "frontend-del": PLACE, "frontend-get": PLACE, "frontend-get dump": KEY,
    "flow-get": KEY,
    "explain": {"family", "protocol", "source", "address"},
    ".backend": {"address", "port"}, ".rule": {"class"},
    ".pod-cidr": {"address", "prefix"}, ".service-cidr": {"address", "prefix"},
    ".source-range": {"address", "prefix"}, ".node-port-cidr": {"address", "prefix"},
}

# Values that are wrong for reasons that the spec does not know.
NUMBERS = {"affinity-timeout": (86401, (1 << 32) - 1), "protocol": (256, 1 << 31), "family": (0, 1, 7, 11, 1 << 31), "set": (0, 3),
           "masquerade-mark": (3, 0xc000, (1 << 32) - 1)}
TEXTS = {"owner": ("a b", "é", "a/b", ""), "name": ("a b", "é", "a\tb", "a\x7f", ""),
         "scheduler": ("fastest", ""), "pod-device": ("*eth", "e*h", ""), "device": ("no-such-device",)}


class Spoilt(NamedTuple):
    """A request; refused: must it be (True), may it (None), must it not (False)?

    named: the types one of which the extended ack has to name, if it names one; missing: what it
    has to say is missing, or None.
    """
    what: str
    attributes: list
    refused: bool
    named: set
    missing: int = None


def wrong_payloads(a, payload):
    """(what, payload) that the attribute must not have."""
    if a.type in ("u32", "u64"):
        size, code = {"u32": (4, "=I"), "u64": (8, "=Q")}[a.type]
        for n in [*range(size), size + 1, 2 * size]:
            yield f"{n} octets", (payload * 2)[:n]
        top = (1 << 8 * size) - 1
        wrong = {v for v in (a.least - 1, a.most + 1, top) if 0 <= v <= top and not a.least <= v <= a.most}
        for value in sorted(wrong | set(NUMBERS.get(a.name, ()))):
            yield f"{value}", struct.pack(code, value)
    elif a.type == "string":
        yield "no octets", b""
        yield "without NUL", payload.rstrip(b"\0")
        yield "too long", b"x" * ((a.longest or 15) + 1) + b"\0"
        for text in TEXTS.get(a.name, ()):
            yield repr(text), text.encode() + b"\0"
    elif a.type == "binary":
        for n in {0, 1, a.shortest - 1, a.shortest + 1, a.longest - 1, a.longest + 1, 64,
                  a.shortest + a.longest - len(payload)}:
            yield f"{n} octets", (payload * 16)[:n]
    elif a.type == "nest":
        last = max(inner.number for inner in a.nest.values())
        for number in 0, last + 1, OPAQUE:
            yield f"type {number} in it", payload + [(number, b"\0\0\0\0")]
        deep = payload
        for _ in range(10):
            deep = [(a.number, deep)]
        yield "itself in itself", deep
        whole = b"".join(genl.attr(*one) for one in payload)
        for n in 1, 2, 3:
            yield f"{n} octets too many in it", (a.number | genl.NLA_NESTED, whole + b"\1" * n)
        for garbage in b"\xff" * 8, b"\3\0\1\0", b"\0" * 4, b"\x40\0\1\0\0\0\0\0":
            yield f"{garbage.hex()} in it", (a.number | genl.NLA_NESTED, whole + garbage)
        yield "without its flag", (a.number, whole)


def spoilt(attributes, taken, needed, place=""):
    """Every Spoilt of attributes; taken: {name: Attribute} of this place; needed: {place: names}."""
    by_number = {a.number: a for a in taken.values()}
    for i, (number, payload) in enumerate(attributes):
        a = by_number[number]

        def instead(*others, at=i):
            return attributes[:at] + list(others) + attributes[at + 1:]

        must = a.name in needed.get(place, ())
        # Without an address it is another frontend, which need not be there.
        yield Spoilt(f"{a.name} missing", instead(), None if a.name == "address" and not must else must,
                     set(by_number), a.number if must else None)
        yield Spoilt(f"{a.name} twice", instead((number, payload), (number, payload)), None,
                     {number, *(inner.number for inner in (a.nest or {}).values())})
        for what, wrong in wrong_payloads(a, payload):
            one = wrong if isinstance(wrong, tuple) else (number, wrong)
            inner = {k for k, _ in wrong} if isinstance(wrong, list) else set(range(16))
            yield Spoilt(f"{a.name}: {what}", instead(one), True, {number} | inner)
        if a.nest is None:
            yield Spoilt(f"{a.name} as a nest", instead((number | genl.NLA_NESTED, payload)), True,
                         {number})
            continue
        yield Spoilt(f"{a.name} in network order",
                     instead((number | genl.NLA_NESTED | NET_BYTEORDER,
                              b"".join(genl.attr(*one) for one in payload))), None, {number})
        for s in spoilt(payload, a.nest, needed, f".{a.name}"):
            yield s._replace(what=f"{a.name}.{s.what}", attributes=instead((number, s.attributes)),
                             named=s.named | {number})


def strangers(attributes, taken, others):
    """Spoilts with an attribute that the command does not take: others' and unknown ones."""
    numbers = {a.number for a in taken.values()}
    last = max(others)
    for number in [*sorted(others - numbers), 0, last + 1, last + 100, OPAQUE]:
        for n in 0, 4:
            yield Spoilt(f"type {number} with {n} octets", attributes + [(number, b"\1" * n)], True,
                         {number})
