# SPDX-License-Identifier: GPL-2.0
"""The names of include/uapi/linux/nf_svc.h, read from it, without their prefix NF_SVC_.

    abi.CMD_BEGIN, abi.A_NAME, abi.A_BACKEND_PORT, abi.SET_LOCAL, abi.CAP_IPV6, …
"""
import pathlib
import re

HEADER = pathlib.Path(__file__).resolve().parents[3] / "include/uapi/linux/nf_svc.h"


def _read(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    names = {}
    for body in re.findall(r"enum\s+\w+\s*\{(.*?)\}", text, flags=re.S):
        value = -1
        for entry in filter(None, map(str.strip, body.split(","))):
            name, _, expression = map(str.strip, entry.partition("="))
            value = eval(expression, {}, names) if expression else value + 1
            names[name] = value
    return {n.removeprefix("NF_SVC_"): v for n, v in names.items() if n.startswith("NF_SVC_")}


_names = _read(HEADER.read_text())
globals().update(_names)


def name_of(prefix, value):
    """The name that begins with prefix and has this value, without the prefix, lower case."""
    return next(n.removeprefix(prefix).lower() for n, v in _names.items()
                if n.startswith(prefix) and v == value and n != prefix + "MAX")
