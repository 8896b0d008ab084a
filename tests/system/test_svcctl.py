# SPDX-License-Identifier: GPL-2.0
"""svcctl's manners: CTL-02, CTL-03."""
import json
import os
import pathlib
import pty
import shutil
import subprocess
import tempfile

import pytest

from lab import schema
from lab.client import attempt, only
from lab.svcctl import NOT_FOUND, NOT_PERMITTED, OK, REFUSED, USAGE
from lab.wait import until

NOBODY = 65534


@pytest.fixture
def web(lab, svcctl, family):
    """Two services, one of them without backends; the address of the first."""
    svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80),
           "backend", family.at(lab.a.addr(family), 8080),
           "backend", family.at(lab.b.addr(family), 8080), "weight", 7, "sets", "cluster,local",
           "backend", family.at(lab.d.addr(family), 8080), "sets", "none")
    svcctl("add", "service", "shop/averylongname:metrics", family.at(family.vip(2), 9100, "udp"),
           "refuse-with", "icmp")
    return family.vip(1)


@pytest.mark.row("CTL-02")
def test_table_is_aligned(svcctl, web, family):
    """CTL-02: list is a table: a header, one row a service, columns aligned, no colour in a pipe."""
    text = svcctl("list").stdout
    header, *rows = text.splitlines()
    assert len(rows) == 2 and "\033" not in text
    for title, words in (("NAME", ("shop/averylongname:metrics", "shop/web:http")),
                         ("PROTO", ("udp", "tcp")),
                         ("FRONTENDS", (family.at(family.vip(2), 9100), family.at(web, 80)))):
        at = header.index(title)
        assert [row[at:].split()[0] for row in rows] == list(words), title
        assert all(row[at - 1] == " " for row in rows if at)
    assert "2/3" in rows[1] and "0/0" in rows[0]


@pytest.mark.row("CTL-02")
def test_json_has_everything(lab, svcctl, web, family):
    """CTL-02: -j and -o json give programs the same, in full."""
    listed = svcctl.json("list")
    assert svcctl("list", "-o", "json").stdout == svcctl("-j", "list").stdout
    service = next(s for s in listed if s["name"] == "shop/web:http")
    assert (service["protocol"], service["family"]) == ("tcp", str(family))
    assert (service["owner"], service["scheduler"]) == ("admin", "random")
    frontend, = service["frontends"]
    assert (frontend["address"], frontend["port"], frontend["exclusive"]) == (web, 80, True)
    assert frontend["rules"]["pod"] == {"set": "cluster", "masquerade": False, "empty": "refuse"}
    backends = {b["address"]: b for b in service["backends"]}
    assert backends[lab.b.addr(family)]["weight"] == 7
    assert backends[lab.b.addr(family)]["sets"] == ["cluster", "local"]
    assert backends[lab.d.addr(family)]["state"] == "draining"
    assert svcctl("list", "-o", "name").stdout.split() == ["shop/averylongname:metrics",
                                                           "shop/web:http"]


@pytest.mark.row("CTL-02", "REJ-01")
def test_stats_count(lab, svcctl, web, family):
    """CTL-02: stats shows what happened, in all and for each service, as a table and as JSON."""
    before = svcctl.json("stats")["total"]      # the tables may be those of the test before
    only_ab = {a.name for a in (only_one(lab.c, web) for _ in range(4))}
    assert only_ab <= {"a", "b"}
    assert attempt(lab.outside, web, 81).refused
    assert attempt(lab.node, family.vip(2), 9100, "udp").refused
    stats = svcctl.json("stats")
    services = {s["name"]: s for s in stats["services"]}
    assert services["shop/web:http"]["flows"] == 4
    assert services["shop/averylongname:metrics"]["drops"]["no-backend"] == 1
    assert stats["total"]["flows"] == before["flows"] + 4
    for reason in "unclaimed", "no-backend":
        assert stats["total"]["drops"][reason] == before["drops"][reason] + 1
    line = next(x for x in svcctl("stats").stdout.splitlines() if "averylongname" in x)
    assert "no-backend 1" in line
    assert f"unclaimed {before['drops']['unclaimed'] + 1}" in svcctl("stats").stdout


def only_one(host, vip):
    outcome = attempt(host, vip, 80)
    assert outcome.answer
    return outcome.answer


def at_terminal(host, *argv, **environment):
    """What a program writes to a terminal."""
    parent, child = pty.openpty()
    with host:
        process = subprocess.Popen(argv, stdout=child, stdin=child,
                                   env=os.environ | {"TERM": "xterm"} | environment)
    os.close(child)
    octets = b""
    while True:
        try:
            octets += os.read(parent, 65536)
        except OSError:         # the last writer is gone
            break
    os.close(parent)
    assert process.wait() == 0
    return octets.decode()


@pytest.mark.row("CTL-02")
def test_colour_only_at_a_terminal(lab, svcctl, web):
    """CTL-02: colour at a terminal, none in a pipe, none with NO_COLOR."""
    assert "\033[" in at_terminal(lab.node, "svcctl", "list")
    assert "\033[" not in at_terminal(lab.node, "svcctl", "list", NO_COLOR="1")
    assert "\033[" not in svcctl("list").stdout


CODES = [
    ("list", OK), ("list -j", OK), ("version", OK), ("help", OK), ("list --help", OK),
    ("bogus", USAGE), ("list --bogus", USAGE), ("add", USAGE), ("add service", USAGE),
    ("add service shop/x:http", USAGE), ("add service shop/x:http 10.96.0.9", USAGE),
    ("add service shop/x:http 10.96.0.9:99999", USAGE), ("explain", USAGE), ("list -o yaml", USAGE),
    ("add backend shop/web:http 127.0.0.1:80", REFUSED),
    ("show shop/nobody", NOT_FOUND), ("del service shop/nobody:http", NOT_FOUND),
    ("del frontend 10.96.9.9:80", NOT_FOUND),
    ("set backend shop/web:http 10.244.9.9:80 weight 1", NOT_FOUND),
    ("add backend shop/nobody:http 10.244.9.9:80", NOT_FOUND),
]


@pytest.mark.row("CTL-02")
def test_exit_codes(lab, svcctl):
    """CTL-02: 0 done, 1 wrong usage, 2 refused by the kernel, 4 not found; errors go to stderr."""
    svcctl("add", "service", "shop/web:http", "10.96.0.1:80", "backend", "10.244.1.1:8080")
    for words, code in CODES:
        done = svcctl(words, expect=code)
        if code == OK:
            assert done.stdout and not done.stderr, done
        else:
            assert done.stderr.startswith("svcctl: ") and not done.stdout, done


@pytest.mark.row("CTL-02", "TX-07")
def test_not_permitted(lab, svcctl, tables, web, family):
    """CTL-02: without the right exit 5 and nothing changed; reading is allowed."""
    before = tables.dump()
    # Nobody may not look into the folder of the build, if that is in root's home.
    folder = pathlib.Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    program = shutil.copy(shutil.which("svcctl"), folder)

    def as_nobody(*words):
        with lab.node:
            return subprocess.run([program, *words], user=NOBODY, group=NOBODY, extra_groups=[],
                                  capture_output=True, text=True, check=False)

    done = as_nobody("add", "service", "shop/x:http", family.at(family.vip(9), 80))
    assert done.returncode == NOT_PERMITTED, done
    assert "permi" in done.stderr.lower()
    assert as_nobody("flush", "--yes").returncode == NOT_PERMITTED
    assert tables.dump() == before
    for words in ["history"], ["monitor", "--count", "1"]:
        done = as_nobody(*words)
        assert done.returncode == NOT_PERMITTED and "root" in done.stderr, done
    done = as_nobody("status", "-j")
    status = schema.check("status", json.loads(done.stdout))
    assert done.returncode == OK and status["claims"] is None and status["lastCommit"] is None
    assert "root" in as_nobody("status").stdout
    listed = as_nobody("list", "-j")
    assert listed.returncode == OK and len(schema.check("list", json.loads(listed.stdout))) == 2


@pytest.mark.row("CTL-02", "TX-10")
def test_other_owners_objects_are_not_touched(lab, svcctl, web, family):
    """TX-10: an object of another owner is not changed, flush takes its owner's objects only."""
    svcctl("--owner", "svcsyncd", "add", "service", "kube-system/dns:dns", family.at(family.vip(10), 53),
           "backend", family.at(lab.a.addr(family), 8080))
    done = svcctl("--owner", "svcsyncd", "del", "service", "shop/web:http", expect=NOT_PERMITTED)
    assert "admin" in done.stderr
    svcctl("flush", "--yes")
    assert svcctl("list", "-o", "name").stdout.split() == ["kube-system/dns:dns"]
    only(lab.c, family.vip(10), 53, "tcp", "a", times=1)


@pytest.mark.row("CTL-02", "CTL-01")
def test_save_and_restore(lab, svcctl, tables, web, family):
    """CTL-01: restore reads what save wrote, is idempotent, and replaces what came since."""
    svcctl("set", "settings", "pod-cidr", str(family.pods), "pod-device", "cali*")
    saved = svcctl("save").stdout
    before = tables.dump()
    svcctl("restore", "-f", "-", input=saved)
    assert tables.dump() == before
    svcctl("add", "service", "shop/new:http", family.at(family.vip(3), 80))
    svcctl("del", "service", "shop/averylongname:metrics")
    svcctl("set", "settings", "pod-cidr", "192.0.2.0/24")
    svcctl("restore", "-f", "-", input=saved)
    assert tables.dump() == before
    svcctl("flush", "--yes")
    svcctl("restore", "-f", "-", input=saved)
    assert tables.dump() == before
    assert svcctl("save").stdout == saved


@pytest.mark.row("CTL-01")
def test_show(lab, svcctl, web, family):
    """CTL-01: show tells all of one service, found by its name or by its address."""
    text = svcctl("show", "shop/web:http").stdout
    for pod in lab.a, lab.b, lab.d:
        assert family.at(pod.addr(family), 8080) in text
    assert family.at(web, 80) in text and "draining" in text
    assert svcctl("show", family.at(web, 80)).stdout == text


# What was wrong (or where), and what would be right.
WRONG = [
    ("add service shop/x:http 10.96.0.9:99999", ["99999", "65535"]),
    ("add service shop/x:http 10.96.0.999:80", ["10.96.0.999"]),
    ("add service shop/x:http 010.096.000.009:80", ["010.096.000.009"]),
    ("add service shop/x:http 10.96.0.9:80/icmp", ["icmp", "tcp", "udp", "sctp"]),
    ("add service shop/x:http 10.96.0.9:80 backend 10.244.1.1", ["10.244.1.1", "port"]),
    ("add service shop/x:http 10.96.0.9:80 backend 10.244.1.1:80 weight 65536", ["65536", "65535"]),
    ("add service shop/x:http 10.96.0.9:80 backend 10.244.1.1:80 sets both", ["both", "cluster", "local"]),
    ("add service shop/x:http 10.96.0.9:80 backend [fd00::1]:80", ["fd00::1"]),
    ("add service shop/x:http 10.96.0.9:80 scheduler fastest", ["fastest", "random"]),
    ("add service shop/x:http 10.96.0.9:80 refuse-with silence", ["silence", "reset", "icmp"]),
    ("add backend shop/web:http 169.254.169.254:80", ["169.254.169.254", "link-local"]),
    ("add backend shop/web 10.244.1.2:80", ["shop/web:http", "port is missing"]),
    ("add backend 10.244.1.2:80 shop/web:http", ["shop/web:http", "a name where a backend"]),
    ("add service shop/x:http 10.96.0.0/24:80", ["10.96.0.0/24:80", "after the /"]),
    ("list --dry-run=client", ["--dry-run", "takes no value"]),
    ("delete service shop/web:http", ["svcctl del"]),
    ("list -n shop", ["shop", "not those of Kubernetes"]),
    ("show 10.244.1.1:8080", ["10.244.1.1:8080", "svcctl list 10.244.1.1:8080"]),
    ("set frontend 10.96.0.1:81/udp exclusive no", ["10.96.0.1:81/udp: no such"]),
    ("add service shop/x:http 10.96.0.1:80", ["svcctl show 10.96.0.1:80"]),
    ("lost", ["lost", "help"]),
    ("del service shop/wed:http", ["shop/wed:http"]),
    ("set settings pod-cidr 10.244.0.1/16", ["10.244.0.1/16", "10.244.0.0/16"]),
    ("apply -f /nowhere/at/all.yaml", ["/nowhere/at/all.yaml", "No such file"]),
]


@pytest.mark.row("CTL-03")
@pytest.mark.parametrize("words, parts", WRONG, ids=[w for w, _ in WRONG])
def test_errors_say_what_would_be_right(svcctl, tables, words, parts):
    """CTL-03: an error says what was wrong, where, and what would be right; nothing has changed."""
    svcctl("add", "service", "shop/web:http", "10.96.0.1:80", "backend", "10.244.1.1:8080")
    before = tables.dump()
    done = svcctl.host.run("svcctl", *words.split(), check=False)
    assert done.returncode in (USAGE, REFUSED, NOT_FOUND)
    missing = [p for p in parts if p not in done.stderr]
    assert not missing, f"no {missing} in {done.stderr!r}"
    assert tables.dump() == before


@pytest.mark.row("CTL-03")
def test_the_settings_have_an_owner(svcctl, tables):
    """CTL-03: settings of another owner are not changed, and it is said whose they are."""
    svcctl("--owner", "joe", "set", "settings", "pod-cidr", "10.244.0.0/16")
    before = tables.dump()
    done = svcctl("set", "settings", "pod-cidr", "10.245.0.0/16", expect=NOT_PERMITTED)
    assert "owner joe" in done.stderr and "--owner joe" in done.stderr
    assert tables.dump() == before


@pytest.mark.row("CTL-01", "FE-12")
def test_an_address_of_the_node_is_not_exclusive(svcctl, lab, family):
    """CTL-01, FE-12: a service on the node's own address leaves its other ports to the node."""
    place = family.at(lab.node.addr(family), 81)
    done = svcctl("add", "service", "shop/x:http", place)
    assert "not exclusive" in done.stderr
    flags, = [f["exclusive"] for s in json.loads(svcctl("-j", "save").stdout)["services"]
              for f in s["frontends"]]
    assert not flags
    done = svcctl("set", "frontend", place, "exclusive", "yes")
    assert "SSH" in done.stderr
    svcctl("add", "service", "shop/y:http", family.at(family.vip(2), 80))
    assert svcctl("-j", "explain", family.at(family.vip(2), 81), "from",
                  lab.outside.addr(family)).stdout.count('"unclaimed"')


@pytest.mark.row("TX-03")
def test_waits_for_another_writer(svcctl, tables, family):
    """TX-03: while another writer is at work svcctl waits as long as it is told, then says so."""
    tables.exchange([tables.begin(owner="svcsyncd")])
    done = svcctl("--wait", "0", "add", "service", "shop/x:http", family.at(family.vip(1), 80),
                  expect=REFUSED)
    assert "transaction" in done.stderr
    with svcctl.host:
        waiting = subprocess.Popen(["svcctl", "--wait", "30", "add", "service", "shop/x:http",
                                    family.at(family.vip(1), 80)])
    until(lambda: "S" in state_of(waiting.pid), "svcctl sleeps")
    assert waiting.poll() is None
    tables.exchange([tables.commit()])
    assert waiting.wait(60) == OK
    assert svcctl("list", "-o", "name").stdout.split() == ["shop/x:http"]


def state_of(pid):
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rpartition(") ")[2].split()[0]


def completions(*words):
    """What bash offers for the last of words."""
    script = ("source <(svcctl help @bash); COMP_WORDS=(svcctl \"$@\"); COMP_CWORD=$#; _svcctl; "
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True,
                          check=True, timeout=60)
    return done.stdout.split()


@pytest.mark.row("CTL-01")
def test_completion_offers_what_there_is(svcctl):
    """CTL-01: commands, their second words, their options and the values of these."""
    verbs = {line.split()[0] for line in svcctl("help").stdout.partition("commands:\n")[2]
             .partition("\n\n")[0].splitlines()}
    assert set(completions("")) == verbs
    assert completions("mon") == ["monitor"]
    assert completions("--owner", "x", "add", "") == ["service", "backend", "frontend"]
    assert completions("monitor", "--d") == ["--drops"]
    assert completions("list", "-o", "w") == ["wide"]
    assert {"--file", "--prune", "--json"} <= set(completions("apply", "-"))


@pytest.mark.row("CTL-01")
def test_manual_names_every_command_and_option(svcctl):
    """CTL-01: the manual page is made of the tables that the program reads."""
    page = svcctl("help", "@scdoc").stdout
    text = svcctl("help").stdout
    commands = [line[2:17].strip() for line in text.partition("commands:\n")[2].partition("\n\n")[0].splitlines()]
    assert len(commands) > 20
    for command in commands:
        assert f"## svcctl {command}\n" in page
        for line in svcctl("help", *command.split()).stdout.splitlines():
            if line.startswith("  ") and "--" in line[:8]:
                assert f"*{line[line.index('--'):].split()[0]}*" in page
    for option in ("json", "output", "netns", "wait"):
        assert f"*--{option}*" in page
    assert "10.96.33.7:80 \\\\\n" in page, "scdoc takes one backslash away"
