# SPDX-License-Identifier: GPL-2.0
"""The table of tests/trace: every kind of client at every kind of frontend: FE-*, EP-*, REJ-01."""
import pathlib
import sys

import pytest

from lab import conntrack

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "trace"))
from paths import run, table  # noqa: E402  pylint: disable=wrong-import-position
from paths.engine_nf_svc import NfSvc  # noqa: E402
from paths.hosts import Hosts  # noqa: E402

GROUPS = table.groups(table.read())
ROWS = ("FE-01", "FE-04", "FE-06", "FE-07", "FE-08", "FE-12", "FE-15", "EP-01", "EP-02", "EP-03",
        "EP-05", "EP-07", "EP-08", "EP-09", "DP-03", "DP-04", "DP-05", "REJ-01")
SAMPLE = 11                     # one case of so many; shares no factor with the number of clients


@pytest.fixture(scope="module")
def hosts(lab):
    hosts = Hosts(lab, pods_serve=True)
    yield hosts
    hosts.close()


@pytest.fixture
def engine(lab, tables):
    return NfSvc(lab.node)


def check(settings, hosts, engine, every=1):
    """Ask what the table asks, keep the answers, tell all that is wrong at once."""
    questions = run.group(settings, GROUPS[settings], hosts, engine, every)
    run.write(questions, engine)
    conntrack.flush(hosts.lab.node)
    wrong = [str(q) for q in questions if not q.right]
    assert not wrong, "\n".join([f"{len(wrong)} of {len(questions)} cases:", *wrong])


@pytest.mark.row(*ROWS)
@pytest.mark.parametrize("settings", GROUPS, ids=str)
def test_sample(hosts, engine, settings):
    """Cases of all kinds: see tests/trace/expected.txt."""
    check(settings, hosts, engine, every=SAMPLE)


@pytest.mark.smoke
@pytest.mark.row(*ROWS)
def test_small_sample(hosts, engine):
    """A few cases of most kinds."""
    check(next(iter(GROUPS)), hosts, engine, every=SAMPLE * 3)


@pytest.mark.trace
@pytest.mark.limit(1200)
@pytest.mark.row(*ROWS)
@pytest.mark.parametrize("settings", GROUPS, ids=str)
def test_every_case(hosts, engine, settings):
    """Every case: see tests/trace/expected.txt."""
    check(settings, hosts, engine)
