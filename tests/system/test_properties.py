# SPDX-License-Identifier: GPL-2.0
"""Random transactions against a model of the ABI: TX-01, TX-02, TX-05, FE-01.

NF_SVC_SEEDS=FIRST-LAST runs those seeds instead of the fixed ones, TOGETHER in a test.
"""
import collections
import copy
import errno
import os
import random

import pytest

from lab import abi, genl
from lab.client import attempt
from lab.dice import Dice, OWNERS
from lab.family import FAMILIES, PROTOCOLS
from lab.model import Model
from lab.model_explain import judge, told
from lab.state import first, read
from lab.tables import CHANGES, Tables as Plain

TRANSACTIONS, EXPLAINED, PROBED = 14, 25, 2     # a seed; after each transaction
TOGETHER = 3            # seeds of one test
SERVING = ("a", "b", "d", "e")


def groups():
    """The seeds, as many at a time as meet all fates of packets between them."""
    start, _, end = os.environ.get("NF_SVC_SEEDS", f"1-{TOGETHER}").partition("-")
    last = int(end or start)
    return [range(n, n + TOGETHER) for n in range(int(start), last + 1, TOGETHER)]


class Tables(Plain):
    """Sends what it is told, a COMMIT without STEPS too."""

    exchange = genl.Family.exchange


class Writer:
    """A socket, and the model beside it: both get every request and have to agree."""

    def __init__(self, lab, model, seen, name):
        self.lab, self.model, self.seen, self.name = lab, model, seen, name
        self.tables = Tables(lab.node)
        self.sent = 0

    def send(self, request):
        """Returns the errno that both gave."""
        command, attributes = request
        # One of a transaction that was refused something may be refused for what that left; such
        # a transaction comes to nothing anyway.
        doubtful = command in CHANGES and self.model.tx and self.model.tx.refused
        due = self.model.request(self.name, command, attributes)
        try:
            self.tables.call(command, attributes)
            got = 0
        except genl.Refused as e:
            got = e.errno
            assert e.text, f"{request}: no reason"
        assert got == due or doubtful, (f"{request}: the kernel says {errno.errorcode.get(got, got)}, "
                                        f"the model {errno.errorcode.get(due, due)}")
        self.sent = 0 if command == abi.CMD_BEGIN and not got else self.sent + (command in CHANGES)
        self.seen[command, got] += 1
        return got

    def close(self):
        self.model.close(self.name)
        self.tables.close()

    def reopen(self):
        """As if the process had died."""
        self.close()
        self.tables = Tables(self.lab.node)


def foreseen(packet, scheduler):
    """Can be told which backend a packet gets that no client's memory decides?"""
    if scheduler in ("rr", "wrr", "mh-source", "lc"):
        return True
    return packet.source_port > 0 and (scheduler == "mh" or packet.protocol == PROTOCOLS["udp"])


class World:
    """The kernel and the model of one seed."""

    def __init__(self, lab, tables, family, seed, seen):
        self.lab, self.tables, self.family = lab, tables, family
        self.random = random.Random(f"{seed} {family}")
        self.model = Model(tables.generation())
        self.seen = seen
        self.hosts = {lab.a: "cali-a", lab.c: "cali-c", lab.outside: "up0", lab.node: None}
        self.dice = Dice(self.random, family,
                         {f: [f.pack(lab.pod(p).addr(f)) for p in SERVING] for f in FAMILIES},
                         {f: [(f.pack(h.addr(f)), d) for h, d in self.hosts.items()]
                          for f in FAMILIES}, {f: self.held(f) for f in FAMILIES})
        self.writers = [Writer(lab, self.model, self.seen, n) for n in range(2)]
        self.source_port = 20000 + seed % 100 * 100

    def held(self, family):
        """Addresses of the node."""
        return [family.pack(a) for a in (self.lab.node.addr(family), self.lab.wire(family, 1))]

    def judge(self, packet, chosen=None):
        held = self.held(next(f for f in FAMILIES if f.nf == packet.family))
        return judge(self.model.state, packet, held, chosen)

    def close(self):
        for w in self.writers:
            w.close()

    def taken_step(self, writer):
        """A step that will be taken, if a few throws find one."""
        for _ in range(12):
            step = self.dice.step(self.model.tx)
            if not copy.deepcopy(self.model).request(writer.name, *step):
                break
        return step

    def transaction(self):
        """One of a random kind, on one socket, the other interfering."""
        dice, model = self.dice, self.model
        writer, other = dice.shuffled(self.writers)
        good = dice.chance(65)
        spoil = 30 if not good and dice.chance(60) else 0
        if dice.chance(15):
            writer.send((self.random.choice((abi.CMD_CLAIM, abi.CMD_RELEASE)),
                         [(abi.A_OWNER, dice.pick(OWNERS))]))
        begin = dice.begin(model.generation)
        writer.send(dice.spoilt(begin) if dice.chance(spoil / 5) else begin)
        for _ in range(self.random.randrange(1, 18)):
            if model.tx:
                step = self.taken_step(writer) if good else dice.step(model.tx)
            else:
                step = abi.CMD_SERVICE_DEL, dice.key()
            writer.send(dice.spoilt(step) if dice.chance(spoil) else step)
            if dice.chance(6):
                other.send(step if dice.chance(50) else dice.begin(model.generation))
            if dice.chance(2):
                writer.send(begin)
        if dice.chance(30):
            self.agree(explained=3)             # of what is staged nothing is seen
        if dice.chance(4):
            writer.reopen()
        elif dice.chance(6):
            writer.send((abi.CMD_ABORT, []))
        elif dice.chance(3):
            writer.send((abi.CMD_COMMIT, []))   # refused, and goes on
        writer.send((abi.CMD_COMMIT, [(abi.A_STEPS, writer.sent + dice.chance(5))]))
        for w in self.writers:
            if model.tx and model.tx.socket == w.name:
                w.send((abi.CMD_ABORT, []))

    def agree(self, explained):
        """The kernel shows what the model has, and says of packets what the model says."""
        state = self.model.state
        assert read(self.tables) == state
        assert self.tables.generation() == self.model.generation
        if not self.model.tx:
            info = first(self.tables.call(abi.CMD_INFO)[0].attributes)
            assert genl.u32(info[abi.A_COUNT_SERVICES]) == len(state.services)
            assert genl.u32(info[abi.A_COUNT_FRONTENDS]) == len(state.frontends)
        for _ in range(explained):
            packet = self.dice.packet(self.model)
            fate = told(self.tables, packet)
            if fate.verdict != abi.VERDICT_FORWARD:
                assert fate.chosen is None, packet
            elif not state.services[fate.service, packet.protocol, packet.family].affinity:
                assert (fate.chosen is not None) == foreseen(packet, fate.scheduler), packet
            assert fate.chosen is None or fate.chosen in fate.candidates, packet
            assert fate == self.judge(packet, fate.chosen), packet
            self.seen["explained", fate.verdict] += 1

    def probe(self):
        """A real packet goes where the model sends it."""
        host, device = self.random.choice(list(self.hosts.items()))
        packet = self.dice.packet(self.model)
        protocol = next((n for n, p in PROTOCOLS.items() if p == packet.protocol), None)
        if protocol not in ("tcp", "udp"):
            return
        packet = type(packet)(packet.family, packet.protocol, self.family.pack(host.addr(self.family)),
                              self.source_port, packet.address, packet.port, device)
        self.source_port += 1
        fate = self.judge(packet)
        if fate.verdict == abi.VERDICT_PASS and packet.address in self.held(self.family):
            return                              # the node itself answers
        answered = fate.verdict == abi.VERDICT_FORWARD
        outcome = attempt(host, self.family.unpack(packet.address), packet.port, protocol,
                          source=host.addr(self.family), source_port=packet.source_port,
                          timeout=0.3 if fate.verdict in (abi.VERDICT_PASS, abi.VERDICT_DROP) else 5)
        about = f"{packet}: {fate}, but {outcome}"
        assert bool(outcome.answer) == answered, about
        assert outcome.refused == (fate.verdict == abi.VERDICT_REFUSE), about
        if answered:
            who = self.family.pack(self.lab.pod(outcome.answer.name).addr(self.family))
            assert (who, outcome.answer.port) in fate.candidates, about
            if host is not self.lab.node:
                masqueraded = outcome.answer.peer != host.addr(self.family)
                assert masqueraded == (fate.masquerade == 1 or who == packet.source), about
        self.seen["probed", fate.verdict] += 1


@pytest.mark.row("TX-01", "TX-02", "TX-05", "FE-01")
@pytest.mark.parametrize("together", groups(), ids=lambda g: f"{g[0]}-{g[-1]}")
def test_kernel_does_what_the_model_does(lab, tables, family, together):
    """TX-01: whatever is sent in whatever order: same errno, same tables, same fate of packets."""
    seen = collections.Counter()
    for seed in together:
        print(f"seed {seed}")
        tables.clear()
        world = World(lab, tables, family, seed, seen)
        try:
            for n in range(TRANSACTIONS):
                print(f"transaction {n}")
                world.transaction()
                world.agree(EXPLAINED)
                for _ in range(PROBED):
                    world.probe()
        finally:
            world.close()
    print(dict(seen))
    assert seen[abi.CMD_COMMIT, 0] >= len(together) * TRANSACTIONS / 4, "hardly any was committed"
    assert seen[abi.CMD_COMMIT, errno.ECANCELED] > 0
    verdicts = [seen["explained", v] for v in range(abi.VERDICT_MAX + 1)]
    assert sum(verdicts) >= len(together) * TRANSACTIONS * EXPLAINED
    assert all(verdicts) or (together[0] > TOGETHER and sum(map(bool, verdicts)) >= 3), verdicts
    assert seen["probed", abi.VERDICT_FORWARD] and seen["probed", abi.VERDICT_REFUSE]
