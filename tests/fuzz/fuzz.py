# SPDX-License-Identifier: GPL-2.0
"""Looks for programs that take the module along new paths; see run."""
import hashlib
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "system"), str(HERE)]

from grammar import Grammar  # noqa: E402
from kcov import Kcov  # noqa: E402
from lab import netns  # noqa: E402
from lab.tables import Tables  # noqa: E402
from program import Host, dumps, loads  # noqa: E402

CLEAR = 40              # programs that meet what those before them left
HEAD = "# SPDX-License-Identifier: GPL-2.0"
TOLD = 10               # seconds between two lines of progress


class Fuzzer:
    def __init__(self, seed, out):
        self.ns = netns.fresh()
        self.ns.ip("""
            link set lo up
            addr add 10.244.255.1/32 dev lo
            route add 10.96.0.0/16 dev lo
            route add 10.244.0.0/16 dev lo
            addr add fd00:10:244:ffff::1/128 dev lo
            route add fd00:10:96::/112 dev lo
            route add fd00:10:244::/48 dev lo
        """)
        self.grammar, self.out = Grammar(seed), out
        self.host = Host(self.ns)
        self.kcov = Kcov()
        self.seen, self.corpus, self.programs = set(), [], 0

    def run(self, program):
        """Were there new edges?"""
        if self.out:
            (self.out / "last").write_text(dumps(program))
        if self.programs % CLEAR == 0:
            self.clear()
        self.programs += 1
        self.kcov.reset()
        self.host.run(program)
        new = self.kcov.edges() - self.seen
        self.seen |= new
        return bool(new)

    def clear(self):
        for at in range(len(self.host.families)):
            self.host.do_close(at)
        with Tables(self.ns) as t:
            t.clear()

    def keep(self, program):
        self.corpus.append(program)
        if self.out:
            text = dumps(program)
            name = hashlib.sha1(text.encode()).hexdigest()[:10]
            (self.out / f"{name}.json").write_text(f"{HEAD}\n{text}")

    def step(self):
        if not self.corpus or self.grammar.chance(15):
            program = self.grammar.transaction()
        else:
            # What was found last is tried most.
            newest = self.corpus[-20:] if self.grammar.chance(40) else self.corpus
            program = self.grammar.broken(self.grammar.random.choice(newest), self.corpus)
        if self.run(program):
            self.keep(program)

    def tell(self, begin):
        h = self.host
        print(f"{time.monotonic() - begin:5.0f} s: {self.programs} programs, {h.sent} messages, "
              f"{h.refused} refused, {h.committed} commits, {len(self.seen)} edges, "
              f"corpus {len(self.corpus)}", flush=True)


def main():
    seconds = float(sys.argv[1])
    seed = int(os.environ.get("NF_SVC_SEED", time.time_ns()))
    out = pathlib.Path(os.environ["NF_SVC_OUT"]) if "NF_SVC_OUT" in os.environ else None
    print(f"seed {seed}: NF_SVC_SEED={seed} begins with the same programs")
    begin = time.monotonic()
    fuzzer = Fuzzer(seed, out)
    for path in sorted((HERE / "corpus").glob("*.json")):
        program = loads(path.read_text())
        if fuzzer.run(program):
            fuzzer.corpus.append(program)
    fuzzer.tell(begin)
    known, told = len(fuzzer.seen), begin
    while time.monotonic() < begin + seconds:
        fuzzer.step()
        if time.monotonic() > told + TOLD:
            told = time.monotonic()
            fuzzer.tell(begin)
    fuzzer.tell(begin)
    print(f"edges: {known} by the corpus, {len(fuzzer.seen)} now")
    if not fuzzer.host.committed:
        sys.exit("fuzz: no transaction was committed: nothing was tested")
    if not fuzzer.seen:
        sys.exit("fuzz: no edge was seen: the module is not built with NF_SVC_KCOV=1")


if __name__ == "__main__":
    main()
