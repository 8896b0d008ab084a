# SPDX-License-Identifier: GPL-2.0
"""svcctl monitor, running beside a test."""
import json
import select
import subprocess

from . import abi, schema
from .wait import until


def monitor(lab, tables, *options):
    """A running `svcctl monitor -j`; it listens when this returns."""
    with lab.node:
        process = subprocess.Popen(["svcctl", "monitor", "-j", *options], stdout=subprocess.PIPE, text=True)
    # Claims are told too, so one that is heard says that it listens.
    def heard():
        tables.call(abi.CMD_CLAIM, [(abi.A_OWNER, "listening")])
        tables.call(abi.CMD_RELEASE, [(abi.A_OWNER, "listening")])
        return select.select([process.stdout], [], [], 0.05)[0]

    until(heard, "svcctl monitor listens")
    return process


def next_event(process):
    """Its next line that is not about listening."""
    while True:
        event = schema.check("monitor", json.loads(process.stdout.readline()))
        if event.get("owner") != "listening":
            return event


def end(process):
    process.terminate()
    process.wait(10)
