# SPDX-License-Identifier: GPL-2.0
"""One stage of a check: a command with a time limit, its log and its results."""
import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time
import xml.etree.ElementTree

from runner.results import Result, Tap, junit

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
# Exit statuses of tests/vm/run that are not the script's own.
LAB_TROUBLE = {99: "trouble in the kernel log", 124: "no end in time",
               125: "the lab or the guest failed"}
talking = threading.Lock()


def say(text):
    with talking:
        print(text, flush=True)


@dataclasses.dataclass
class Stage:
    """kind says what the command gives: "tap" on stdout, "junit" in
    $NF_SVC_OUT/system.xml, "script" (its exit status is the one result) or
    "step" (a preparation: only its failure is a result)."""
    name: str
    kernel: str
    command: list
    kind: str
    limit: int                          # seconds
    needs: str = ""                     # a stage that has to succeed before
    folder: pathlib.Path = PROJECT / "build/check"
    results: list = dataclasses.field(default_factory=list)
    seconds: float = 0.0
    process: subprocess.Popen = None

    @property
    def out(self):
        return self.folder / self.name

    @property
    def log(self):
        return self.out / "log"

    def count(self, outcome):
        return sum(r.outcome == outcome for r in self.results)

    def fail(self, why):
        self.results.append(Result(f"stage {self.name}", "failed", detail=why))
        say(f"{self.name:>12} | FAILED: {why}")

    def run(self):
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir(parents=True)
        started = time.monotonic()
        tap = Tap() if self.kind == "tap" else None
        say(f"{self.name:>12} | starts: {' '.join(map(str, self.command))}")
        try:
            self.carry_out(tap)
        except OSError as error:
            self.fail(f"cannot be started: {error}")
        self.seconds = time.monotonic() - started
        say(f"{self.name:>12} | {self.seconds:.0f} s: {self.count('passed')} passed, "
            f"{self.count('failed')} failed, {self.count('skipped')} skipped")

    def carry_out(self, tap):
        # Should we be killed, the command is told to end, too.
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "--", *map(str, self.command)],
            cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, "NF_SVC_OUT": str(self.out), "CMOCKA_MESSAGE_OUTPUT": "TAP"})
        reader = threading.Thread(target=self.read, args=(tap,), daemon=True)
        reader.start()
        late = False
        try:
            self.process.wait(self.limit)
        except subprocess.TimeoutExpired:
            late = True
        left = self.stop() and not late
        reader.join(5)
        status = self.process.returncode
        trouble = LAB_TROUBLE.get(status, "")
        self.collect(tap, trouble)
        if late:
            self.fail(f"no end after {self.limit} s")
        elif self.kind == "script":
            why = trouble or (f"exit status {status}" if status else "")
            self.results.append(Result(self.name, "failed" if status else "passed", detail=why))
        elif trouble:
            self.fail(trouble)
        elif status and not self.count("failed"):
            self.fail(f"exit status {status}, with no failed test")
        elif self.kind in ("tap", "junit") and not self.results:
            self.fail("ran no test at all")
        if left:
            self.fail("left processes behind")

    def read(self, tap):
        with open(self.log, "wb") as log:
            for raw in self.process.stdout:
                log.write(raw)
                log.flush()
                line = raw.decode(errors="replace").rstrip("\r\n")
                if tap:
                    tap.feed(line, time.monotonic())
                say(f"{self.name:>12} | {line}")

    def collect(self, tap, trouble):
        if tap:
            self.results += tap.results
            if tap.complaint() and not trouble:
                self.fail(tap.complaint())
        if self.kind == "junit":
            try:
                self.results += junit(self.out / "system.xml")
            except (OSError, xml.etree.ElementTree.ParseError) as error:
                if not trouble:
                    self.fail(f"no results: {error}")

    def stop(self):
        """Ends the command and all it started; tells whether any was left over."""
        if not self.process:
            return False
        left = not self.gone_within(0.0 if self.process.poll() is None else 1.0)
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.gone_within(0.0):
                break
            os.killpg(self.process.pid, number)
            self.gone_within(15.0)
        return left

    def gone_within(self, seconds):
        until = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() >= until:
                return False
            time.sleep(0.02)
        return True

    def alive(self):
        """Is any process of the command's group running? Zombies do not count."""
        if self.process.poll() is None:
            return True
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                state, _, group = path.read_text().rpartition(")")[2].split()[:3]
            except (OSError, ValueError):
                continue
            if int(group) == self.process.pid and state not in "ZX":
                return True
        return False
