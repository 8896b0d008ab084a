# SPDX-License-Identifier: GPL-2.0
"""Reads expected.txt: sections of rows."""
import pathlib
import re
from dataclasses import dataclass

from lab.family import FAMILIES

from .engine import Settings

EXPECTED = pathlib.Path(__file__).resolve().parents[1] / "expected.txt"
EXTERNAL = ("NodePort", "LoadBalancer", "ExternalIP")
PLACES = ("ClusterIP", *EXTERNAL)
FRONTENDS = (*PLACES, "NodePort wire", "LoadBalancer node", "LoadBalancer proxy", *(f"{p} other port" for p in PLACES))
CONDITIONS = ("ready", "unsaid", "published", "nowhere", "ending", "unready", "gone")
HOSTS = ("a", "b", "d", "node", "node2")
CLIENTS = ("pod", "far-pod", "a", "b", "node", "hostnet", "outside")
RANGES = ("outside", "node", "pods", "elsewhere", "everyone")
RANGE = re.compile(rf"({'|'.join(RANGES)})( \((ipv4|ipv6|padded)\))?")
ANSWER = re.compile(rf"({'|'.join(HOSTS)})\*?")
NODE_PORTS = {"all": ("all",), "primary": ("primary",), "wire": ("172.18.0.0/24", "fd00:172:18::/64")}
PROTOCOLS = ("tcp", "udp")
ALL = frozenset((*(f.name for f in FAMILIES), *PROTOCOLS))


@dataclass(frozen=True)
class Row:
    """One line: a Service, and who sees what of it.

    endpoints: {host: condition}. expected: {client: frozenset of words}. services: names of the
    families and protocols that the Service has.
    """
    line: int
    endpoints: dict
    frontends: tuple
    policy: str
    ranges: tuple
    expected: dict
    services: frozenset


@dataclass(frozen=True)
class Section:
    """Rows that hold with the same settings. asked: the families and protocols that are tried."""
    title: str
    settings: Settings
    asked: frozenset
    rows: tuple


class Wrong(Exception):
    """The file is not as it should be."""


def _one_of(word, words):
    if word not in words:
        raise ValueError(f"{word!r} is none of {', '.join(words)}")
    return word


def _endpoints(text):
    pairs = [one.split(" ") for one in text.split(", ")] if text != "none" else []
    return {_one_of(host, HOSTS): _one_of(condition, CONDITIONS) for host, condition in pairs}


def _ranges(text):
    ranges = tuple(text.split(", ")) if text else ()
    for one in ranges:
        if not RANGE.fullmatch(one):
            raise ValueError(f"no such range: {one!r}")
    return ranges


def _cell(text):
    words = frozenset(text.split(","))
    if words not in ({"refused"}, {"silent"}) and not all(map(ANSWER.fullmatch, words)):
        raise ValueError(f"{text!r} says neither who answers, nor refused or silent")
    return words


def _row(number, header, line, services):
    cells = re.split(r"  +", line)
    if len(cells) != len(header):
        raise ValueError(f"{len(cells)} columns, not {len(header)}")
    row = dict(zip(header, cells))
    frontends = row.pop("frontends")
    return Row(number, _endpoints(row.pop("endpoints")),
               EXTERNAL if frontends == "external" else (_one_of(frontends, FRONTENDS),),
               _one_of(row.pop("policy"), ("Cluster", "Local")), _ranges(row.pop("ranges", "")),
               {_one_of(client, CLIENTS): _cell(text) for client, text in row.items()}, services)


def _only(names):
    """The families and protocols that are named; all families if none is, and so for protocols."""
    named = {_one_of(name, ALL) for name in names.split(", ")} if names else set()
    for kind in {f.name for f in FAMILIES}, set(PROTOCOLS):
        if not named & kind:
            named |= kind
    return frozenset(named)


def _section(title, words, rows):
    unknown = set(words) - {"pods", "node ports", "services", "asked"}
    if unknown:
        raise ValueError(f"unknown settings {', '.join(unknown)}")
    return Section(title, Settings(words["pods"], NODE_PORTS[words["node ports"]]),
                   _only(words.get("asked")), tuple(rows))


def read(path=EXPECTED):
    """All sections of the file."""
    sections, title, words, header, rows, number = [], None, {}, None, [], 0
    try:
        for number, line in enumerate([*path.read_text().splitlines(), "== "], 1):
            if line.startswith("== "):
                if title:
                    sections.append(_section(title, words, rows))
                title, words, header, rows = line[3:], {}, None, []
            elif line.startswith("endpoints "):
                header = re.split(r"  +", line)
            elif line and not line.startswith("#"):
                if header:
                    rows.append(_row(number, header, line, _only(words.get("services"))))
                else:
                    name, _, value = line.partition(": ")
                    words[name] = value
    except (ValueError, KeyError) as e:
        raise Wrong(f"{path.name}:{number}: {e}") from e
    return sections


def groups(sections):
    """{settings: sections}: what can be loaded and asked together."""
    found = {}
    for section in sections:
        found.setdefault(section.settings, []).append(section)
    return found
