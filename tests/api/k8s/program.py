# SPDX-License-Identifier: GPL-2.0
"""Programs of Kubernetes: where they are, and one that runs in a namespace."""
import functools
import pathlib
import subprocess

from lab.wait import until

HERE = pathlib.Path(__file__).resolve().parent.parent


@functools.cache
def folder():
    """Where etcd, kube-apiserver and kube-proxy are; built when they are not there yet."""
    done = subprocess.run([HERE / "build"], stdout=subprocess.PIPE, text=True, check=True)
    return pathlib.Path(done.stdout.strip())


class Program:
    """A running program of ns; what it says goes to a file. It never outlives this process."""

    def __init__(self, ns, log, name, *arguments):
        self.name, self.log = name, log
        with ns, open(log, "ab") as out:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", folder() / name, *map(str, arguments)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)

    def wait_for(self, condition, what, limit):
        """Wait until condition() is true, as long as the program runs; limit is in seconds."""
        def now():
            assert self.running, f"{self.name} has ended, {what} did not come"
            return condition()
        try:
            return until(now, what, limit)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{self.tail()}") from None

    @property
    def running(self):
        return self.process.poll() is None

    def tail(self, lines=20):
        """The last lines that it said."""
        text = pathlib.Path(self.log).read_text(errors="replace")
        return "".join(f"  {self.name}: {line}\n" for line in text.splitlines()[-lines:])

    def stop(self, limit=5.0):
        """End it and wait for that; without mercy after limit seconds."""
        if self.running:
            self.process.terminate()
            try:
                self.process.wait(limit)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
