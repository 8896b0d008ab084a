# SPDX-License-Identifier: GPL-2.0
"""Runs that end by surprise: what they leave bears their pid, and the next run removes it."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

PREFIX = "nfsvcapi"


def own_prefix():
    """The beginning of the names of this process's namespaces."""
    return f"{PREFIX}{os.getpid()}"


def new_folder():
    """A folder of this process."""
    return pathlib.Path(tempfile.mkdtemp(prefix=f"{own_prefix()}-"))


def _runs(pid):
    """Is there such a process? A zombie does not count."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _dead(folder):
    """What in folder belongs to runs that are gone."""
    for path in pathlib.Path(folder).glob(f"{PREFIX}*"):
        pid = re.match(rf"{PREFIX}(\d+)-", path.name)
        if pid and not _runs(pid[1]):
            yield path


def sweep():
    """Remove the namespaces and folders of runs that were killed."""
    for path in _dead("/run/netns"):
        subprocess.run(["ip", "netns", "del", path.name], check=False, capture_output=True)
    for path in _dead(tempfile.gettempdir()):
        shutil.rmtree(path, ignore_errors=True)


def end_by_exception(leave):
    """Have signals that ask to end call leave(text), which raises: so that everything is stopped."""
    def end(number, _):
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)         # not while cleaning up
        leave(f"ended by {signal.Signals(number).name}")

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
