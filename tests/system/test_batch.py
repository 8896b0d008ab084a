# SPDX-License-Identifier: GPL-2.0
"""svcctl batch: lines of commands as one transaction: CTL-01, CTL-02, CTL-03, TX-01."""
import concurrent.futures
import contextlib
import threading
import time

import pytest

from lab.client import everyone, only
from lab.family import V4, V6
from lab.svcctl import NOT_FOUND, NOT_PERMITTED, OK, REFUSED, USAGE
from lab.tables import Tables

MANY = 1000         # services of a large batch, two lines each


@pytest.fixture
def batch(svcctl):
    """Function: run a batch of lines from the standard input."""
    def run(*lines, options=(), expect=OK):
        return svcctl("batch", *options, input="\n".join(lines) + "\n", expect=expect)
    return run


def add(lab, family, name="shop/web:http", n=1, pod="a"):
    return (f"add service {name} {family.at(family.vip(n), 80)} "
            f"backend {family.at(lab.pod(pod).addr(family), 8080)}")


@pytest.mark.smoke
@pytest.mark.row("CTL-01", "TX-01")
def test_later_lines_see_what_earlier_ones_did(lab, tables, batch, svcctl, family):
    """CTL-01: a service is made, changed, and another one goes, in one commit; comments are passed over."""
    svcctl(*add(lab, family, "shop/old:http", 2).split())
    generation = tables.generation()
    batch("# what the release brings",
          "",
          add(lab, family),
          f"\tadd  backend shop/web:http {family.at(lab.b.addr(family), 8080)}  weight 3 # a second one",
          f"set backend {family.at(family.vip(1), 80)} {family.at(lab.a.addr(family), 8080)} weight 0",
          f"add frontend shop/web:http {family.at(family.vip(3), 81)}",
          "set service shop/web:http refuse-with icmp",
          f"set frontend {family.at(family.vip(3), 81)} exclusive no rule pod masquerade yes",
          "del service shop/old:http",
          add(lab, family, "shop/new:http", 2, "c"),
          f"del frontend {family.at(family.vip(1), 80)}")
    assert tables.generation() == generation + 1
    only(lab.c, family.vip(3), 81, "tcp", "b")
    only(lab.d, family.vip(2), 80, "tcp", "c")
    services = {s["name"]: s for s in svcctl.json("list")}
    web = services["shop/web:http"]
    assert services.keys() == {"shop/web:http", "shop/new:http"}
    assert sorted(b["weight"] for b in web["backends"]) == [0, 3] and web["refuseWith"] == "icmp"
    frontend, = web["frontends"]
    assert not frontend["exclusive"] and frontend["rules"]["pod"]["masquerade"]


@pytest.mark.row("CTL-01")
def test_services_of_both_families_and_settings(lab, batch, svcctl):
    """CTL-01: settings set by a line count for the services of later lines."""
    batch("set settings pod-cidr 10.244.0.0/16,fd00:10:244::/48",
          f"add service shop/web:http 10.96.0.1:80 [fd00:10:96::1]:80 "
          f"backend {lab.a.addresses[V4]}:8080 backend [{lab.a.addresses[V6]}]:8080",
          "set settings pod-device cali-*")
    rules = [f["rules"] for s in svcctl.json("list") for f in s["frontends"]]
    assert len(rules) == 2 and all(r["outside"]["masquerade"] for r in rules)
    saved = svcctl("save").stdout
    assert "10.244.0.0/16" in saved and "cali-*" in saved


WRONG = {
    "no such command": ("frobnicate", USAGE, "frobnicate: no such command"),
    "not in a batch": ("flush", USAGE, "add, set and del"),
    "an option": ("--owner shop add service", USAGE, "options"),
    "a word": ("set service shop/web:http colour red", USAGE, "colour"),
    "no service": ("del service shop/none:http", NOT_FOUND, "no such service"),
    "another owner's": ("del service shop/theirs:http", NOT_PERMITTED, "shop"),
    "the kernel: there already": ("add service shop/theirs:http {vip}", NOT_PERMITTED, "another owner"),
    "the kernel: an address": ("add backend shop/web:http {loopback}", REFUSED, "loopback"),
    # what comes behind it is wrong here, and known to be so before the kernel sees any of it
    "the kernel, before a word": ("add backend shop/web:http {loopback}\nset service shop/web:http colour red",
                                  REFUSED, "loopback"),
    "the kernel, before no service": ("add frontend shop/web:http {theirs}\nadd backend {nowhere} {vip}",
                                      NOT_PERMITTED, "another"),
}


@pytest.mark.row("TX-01", "CTL-02", "CTL-03")
@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("options", [[], ["--dry-run"]], ids=["", "dry"])
def test_a_wrong_line_is_named_and_nothing_is_changed(lab, tables, batch, svcctl, family, wrong, options):
    """TX-01: all or nothing; CTL-03: the line, what is wrong with it; CTL-02: its exit code."""
    svcctl("--owner", "shop", *add(lab, family, "shop/theirs:http", 5).split())
    loopback = family.at("127.0.0.1" if family is V4 else "::1", 80)
    line, status, says = WRONG[wrong]
    before, generation = tables.dump(), tables.generation()
    done = batch(add(lab, family), "# the next one is wrong",
                 line.format(vip=family.at(family.vip(7), 80), loopback=loopback,
                             theirs=family.at(family.vip(5), 80), nowhere=family.at(family.vip(8), 80)),
                 *(f"add backend shop/web:http {family.at(str(family.pods[n]), 80)}" for n in range(600, 700)),
                 options=options, expect=status)
    assert done.stderr.startswith("svcctl: stdin:3: ") and says in done.stderr, done.stderr
    assert done.stdout == "" and done.stderr.count("\n") == 1
    assert tables.dump() == before and tables.generation() == generation


@pytest.mark.row("CTL-01", "TX-01")
def test_dry_run_changes_nothing(lab, tables, batch, family):
    """CTL-01: --dry-run asks the kernel, too, and changes nothing."""
    before, generation = tables.dump(), tables.generation()
    batch(add(lab, family), options=["--dry-run"])
    assert tables.dump() == before and tables.generation() == generation
    batch(options=["-f", "/dev/null"])
    assert tables.generation() == generation + 1, "an empty batch is a commit of nothing"


@pytest.mark.row("CTL-01")
def test_a_file_and_an_owner(lab, svcctl, family, tmp_path):
    """CTL-01: -f reads a file and names it; --owner holds for all lines."""
    path = tmp_path / "release.batch"
    path.write_text(add(lab, family))           # no newline at its end
    svcctl("--owner", "shop", "batch", "-f", path)
    assert [s["owner"] for s in svcctl.json("list")] == ["shop"]
    done = svcctl("--owner", "shop", "batch", "-f", path, expect=REFUSED)
    assert done.stderr.startswith(f"svcctl: {path}:1: service shop/web:http")
    path.write_bytes(b"# fine\nadd\0service\n")
    assert f"{path}:2: a NUL byte" in svcctl("batch", "-f", path, expect=USAGE).stderr
    assert "release.none" in svcctl("batch", "-f", f"{path}.none".replace("batch.", ""), expect=USAGE).stderr


@pytest.mark.row("CTL-01", "TX-04")
def test_others_that_write_meanwhile_do_no_harm(lab, tables, svcctl, batch, family):
    """TX-04: it waits for another writer, if it is to, and is planned on what that one leaves."""
    lines = add(lab, family, "shop/other:http", 2), f"add backend shop/web:http {family.at(lab.b.addr(family), 8080)}"
    with contextlib.closing(Tables(lab.node)) as other:
        other.exchange([other.begin(), *other.simple("shop/web:http", family.vip(1), 80,
                                                     (lab.a.addr(family), 8080))])
        done = batch(*lines, options=["--wait", "0"], expect=REFUSED)
        assert "another process has a transaction open" in done.stderr
        with concurrent.futures.ThreadPoolExecutor() as pool:
            waiting = pool.submit(batch, *lines, options=["--wait", "30"])
            time.sleep(1)
            assert not waiting.done(), "it waits"
            other.exchange([other.commit()])
            waiting.result()
    everyone(lab.c, family.vip(1), 80, "tcp", [lab.a, lab.b])
    everyone(lab.c, family.vip(2), 80, "tcp", [lab.a])


@pytest.mark.row("CTL-01", "TX-03")
def test_a_busy_writer_does_not_starve_it(lab, tables, batch, family):
    """TX-03: a batch is planned once, however often others commit meanwhile."""
    halt = threading.Event()

    def write():
        with contextlib.closing(Tables(lab.node)) as other:
            while not halt.is_set():
                with contextlib.suppress(OSError):
                    other.change(*other.simple("busy/s:http", family.vip(9), 80), owner="busy")

    with concurrent.futures.ThreadPoolExecutor() as pool:
        writing = pool.submit(write)
        try:
            batch(*(add(lab, family, f"shop/web-{n}:http", 20 + n) for n in range(200)), options=["--wait", "30"])
        finally:
            halt.set()
        writing.result()


@pytest.mark.row("CTL-01", "TX-01")
def test_a_large_batch(lab, tables, batch, svcctl, family):
    """TX-01: thousands of lines are one commit; the last but one being wrong undoes them all."""
    lines = []
    for n in range(MANY):
        lines += [f"add service many/s{n}:http {family.at(family.vip(100 + n), 80)}",
                  f"add backend many/s{n}:http {family.at(str(family.pods[300 + n]), 80)}"]
    generation = tables.generation()
    done = batch(*lines, lines[0], lines[1], expect=REFUSED)
    assert done.stderr.startswith(f"svcctl: stdin:{2 * MANY + 1}: service many/s0:http")
    assert tables.generation() == generation
    batch(*lines)
    assert tables.generation() == generation + 1
    names = svcctl("list", "-o", "name").stdout.split()
    assert len([n for n in names if n.startswith("many/")]) == MANY
