# SPDX-License-Identifier: GPL-2.0
"""svcctl status, history and monitor: CTL-01, CTL-02, REJ-02, TX-10."""
import json
import os
import subprocess

import pytest

from lab import abi, schema
from lab.client import attempt
from lab.monitor import end, monitor, next_event
from lab.svcctl import REFUSED
from lab.tables import Tables
from lab.wait import until


@pytest.mark.smoke
@pytest.mark.row("CTL-01", "TX-06")
def test_monitor_tells_commits(lab, svcctl, tables, family):
    """CTL-01: what is done with svcctl is seen by svcctl monitor as it happens, and then by history."""
    process = monitor(lab, tables)
    svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80),
           "backend", family.at(lab.a.addr(family), 8080))
    changed, commit = next_event(process), next_event(process)
    assert changed == {
        "event": "changed", "generation": commit["generation"], "change": "added", "owner": "admin",
        "name": "shop/web:http", "protocol": "tcp", "family": family.name,
        "frontends": {"added": 1, "deleted": 0}, "backends": {"added": 1, "changed": 0, "deleted": 0}}
    assert commit["event"] == "commit" and commit["command"] == "svcctl"
    assert commit["services"] == {"added": 1, "changed": 0, "deleted": 0}
    end(process)
    last = json.loads(svcctl("history", "-j").stdout)[-1]
    assert last == {k: v for k, v in commit.items() if k != "event"}
    table = svcctl("history").stdout.splitlines()
    assert table[0].split() == ["GENERATION", "WHEN", "OWNER", "PID", "COMMAND", "CHANGED"]
    assert table[-1].endswith("services +1, frontends +1, backends +1")


@pytest.mark.row("CTL-01", "REJ-02")
def test_monitor_drops(lab, svcctl, tables, family):
    """REJ-02: a refused packet is shown with its reason and its service; --count ends it."""
    svcctl("add", "service", "shop/none:http", family.at(family.vip(2), 80))
    process = monitor(lab, tables, "--drops")
    assert attempt(lab.c, family.vip(2), 80).refused
    event = next_event(process)
    end(process)
    assert (event["event"], event["reason"], event["verdict"], event["service"]) == \
        ("dropped", "no-backend", "refuse", "shop/none:http")
    assert (event["source"], event["address"], event["port"], event["device"]) == \
        (lab.c.addr(family), family.vip(2), 80, "cali-c")


@pytest.mark.row("CTL-01")
def test_monitor_ends_after_count(lab, svcctl, tables, family):
    """CTL-01: --count N ends it by itself."""
    process = monitor(lab, tables, "--drops", "--count", "2")
    for command in abi.CMD_CLAIM, abi.CMD_RELEASE:      # it may have heard one event only
        tables.call(command, [(abi.A_OWNER, "listening")])
    assert process.wait(10) == 0
    lines = process.stdout.read().splitlines()
    assert [schema.check("monitor", json.loads(line))["owner"] for line in lines] == ["listening"] * 2


@pytest.mark.row("CTL-01", "TX-10")
def test_status_and_who_is_in_the_way(lab, svcctl, tables, family):
    """TX-10, CTL-03: status names who claimed an owner, and a refusal names the process in the way."""
    svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80))
    with Tables(lab.node) as daemon:
        daemon.call(abi.CMD_CLAIM, [(abi.A_OWNER, "svcsyncd")])
        status = json.loads(svcctl("status", "-j").stdout)
        assert [(c["owner"], c["pid"]) for c in status["claims"]] == [("svcsyncd", os.getpid())]
        assert (status["services"], status["frontends"]) == (1, 1)
        assert status["lastCommit"]["services"]["added"] == 1
        assert f"owner svcsyncd: claimed by python3[{os.getpid()}]" in svcctl("status").stdout
        done = svcctl("--owner", "svcsyncd", "--wait", "0", "flush", "--yes", expect=REFUSED)
        assert f"claimed by another process: process {os.getpid()} (python3)" in done.stderr
        daemon.exchange([daemon.begin("admin")])
        done = svcctl("--wait", "0", "flush", "--yes", expect=REFUSED)
        assert f"process {os.getpid()}" in done.stderr
    assert json.loads(svcctl("status", "-j").stdout)["claims"] == []


@pytest.mark.row("CTL-01")
def test_rates_are_of_their_interval(lab, svcctl, tables, family):
    """CTL-01: stats --rate shows what happened since the last line, of the services that had something."""
    for n, name in enumerate(("busy", "idle", "none"), 1):
        svcctl("add", "service", f"shop/{name}:http", family.at(family.vip(n), 80),
               *(["backend", family.at(lab.a.addr(family), 8080)] if name != "none" else []))
    for _ in range(5):                  # of before
        attempt(lab.c, family.vip(1), 80)
        attempt(lab.c, family.vip(2), 80)
    with lab.node:
        process = subprocess.Popen(["svcctl", "stats", "--rate", "1", "-j"], stdout=subprocess.PIPE, text=True)
    first = schema.check("stats-rate", json.loads(process.stdout.readline()))
    assert first["services"] == [] and first["total"]["flows"] == 0 and first["seconds"] >= 1
    asked = 0

    def told():
        """All that was asked since is in the lines that came since, and nothing else."""
        line = schema.check("stats-rate", json.loads(process.stdout.readline()))
        for service in line["services"]:
            flows[service["name"]] = flows.get(service["name"], 0) + service["flows"]
            refused[service["name"]] = refused.get(service["name"], 0) + service["drops"].get("no-backend", 0)
        return flows.get("shop/busy:http") == asked

    flows, refused = {}, {}
    for _ in range(7):
        asked += 1
        attempt(lab.c, family.vip(1), 80)
    assert attempt(lab.c, family.vip(3), 80).refused
    until(told, "the flows are told")
    end(process)
    assert set(flows) == {"shop/busy:http", "shop/none:http"} and refused["shop/none:http"] == 1
    done = svcctl("stats", "--rate", "1", "--count", "1")
    assert done.stdout.splitlines()[-1].split() == ["total", "-", "-", "0.0", "0.0", "0.0", "-"]
    assert "--rate" in svcctl("stats", "--count", "1", expect=1).stderr


@pytest.mark.row("CTL-01")
def test_bugreport_has_everything(lab, svcctl, tables, family):
    """CTL-01: one text with what somebody else needs to understand this node, of the namespace asked for."""
    svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80),
           "backend", family.at(lab.a.addr(family), 8080))
    text = svcctl("bugreport").stdout
    sections = {s.partition("\n")[0]: s.partition("\n")[2] for s in ("\n" + text).split("\n== ")[1:]}
    assert list(sections) == ["system", "parameters of the module", "version", "status", "history", "list",
                              "stats", "sysctls", "netfilter hooks"]
    assert "(failed)" not in text
    assert "limit_services: 262144" in sections["parameters of the module"]
    assert "shop/web:http" in sections["list"] and "svcctl" in sections["history"]
    assert "net/ipv4/ip_forward: 1" in sections["sysctls"]
    assert sections["netfilter hooks"].strip()
