# SPDX-License-Identifier: GPL-2.0
"""Programs: such as a writer would send, and what becomes of them when they are broken."""
import copy
import json
import random as _random

from lab import abi, genl
from lab.dice import Dice
from lab.family import FAMILIES
from lab.model import Model
from program import SOCKETS, plain

LIMITS = (0, 1, 2, 3, 4, 7, 8, 15, 16, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x10000,
          0x7fffffff, 0x80000000, 0xffffffff)
READS = (abi.CMD_SERVICE_GET, abi.CMD_BACKEND_GET, abi.CMD_FRONTEND_GET, abi.CMD_STATS_GET,
         abi.CMD_CLAIM_GET, abi.CMD_HISTORY_GET, abi.CMD_INFO, abi.CMD_SETTINGS_GET)
MOST = 60               # operations of a program


class Grammar:
    def __init__(self, seed):
        self.random = _random.Random(seed)
        addresses = {f: [f.pack(str(f.pods[n])) for n in range(1, 30)] for f in FAMILIES}
        self.dice = [Dice(self.random, f, addresses,
                          {g: [(a, d) for a in addresses[g] for d in (None, "lo")] for g in FAMILIES},
                          {g: addresses[g][:2] for g in FAMILIES})
                     for f in FAMILIES]

    def chance(self, percent):
        return self.random.random() * 100 < percent

    # --- new ones

    def transaction(self):
        """One that would be taken, if the namespace were empty; and some that read beside it."""
        dice, model = self.random.choice(self.dice), Model()
        at, program = self.random.randrange(2), []

        def send(command, attributes, flags=0):
            program.append(["send", at, command, flags, plain(attributes)])

        def take(request):
            model.request(at, *request)
            send(*request)

        take((abi.CMD_BEGIN, [(abi.A_OWNER, "admin")] + dice.maybe(
            30, abi.A_FLAGS, abi.FLAG_REPLACE)))
        for _ in range(self.random.randrange(1, 12)):
            for _ in range(8):
                step = dice.step(model.tx)
                if not copy.deepcopy(model).request(at, *step):
                    break
            take(step)
            if self.chance(10):
                program.append(self.reading(dice, model))
        program.append(["send", at, abi.CMD_COMMIT, 0, [[abi.A_STEPS, None]]])
        for _ in range(self.random.randrange(4)):
            program.append(self.reading(dice, model))
        return program

    def reading(self, dice, model):
        at = self.random.randrange(SOCKETS)
        if self.chance(25):
            return ["packet", dice.family.nf, self.random.choice((6, 17)),
                    self.random.randrange(1, 5), self.random.choice((80, 443, 81))]
        if self.chance(25):
            return ["send", at, abi.CMD_EXPLAIN, 0, plain(dice.packet(model).attributes())]
        command = self.random.choice(READS)
        key = plain(dice.key()) if command != abi.CMD_INFO and self.chance(50) else []
        return ["send", at, command, self.random.choice((0, genl.F_DUMP)), key]

    def other(self):
        """What interferes."""
        at = self.random.randrange(SOCKETS)
        owner = [[abi.A_OWNER, self.random.choice(("admin", "x", "svcsyncd"))]]
        return self.random.choice((
            ["close", at], ["read", at, self.random.randrange(4)], ["die", at],
            ["send", at, abi.CMD_ABORT, 0, []], ["send", at, abi.CMD_BEGIN, 0, owner],
            ["send", at, abi.CMD_CLAIM, 0, owner], ["send", at, abi.CMD_RELEASE, 0, owner],
            ["send", at, self.random.choice(READS), genl.F_DUMP, []]))

    # --- broken ones

    def broken(self, program, corpus):
        program = json.loads(json.dumps(program))
        for _ in range(self.random.choice((1, 1, 1, 2, 4))):
            self.random.choice((self.insert, self.delete, self.swap, self.repeat, self.splice,
                                self.alter, self.alter, self.alter, self.alter))(program, corpus)
        return program[:MOST] or self.transaction()

    def place(self, program):
        return self.random.randrange(len(program)) if program else 0

    def insert(self, program, corpus):
        program.insert(self.place(program), self.other())

    def delete(self, program, corpus):
        if program:
            del program[self.place(program)]

    def swap(self, program, corpus):
        if program:
            a, b = self.place(program), self.place(program)
            program[a], program[b] = program[b], program[a]

    def repeat(self, program, corpus):
        if program:
            program.insert(self.place(program), copy.deepcopy(self.random.choice(program)))

    def splice(self, program, corpus):
        other = self.random.choice(corpus) if corpus else self.transaction()
        start = self.random.randrange(len(other))
        at = self.place(program)
        program[at:at] = copy.deepcopy(other[start:start + self.random.randrange(1, 12)])

    def alter(self, program, corpus):
        """One message is not what it should be."""
        messages = [op for op in program if op[0] == "send"]
        if not messages:
            return
        op = self.random.choice(messages)
        what = self.random.randrange(20)
        if what == 0:
            op[1] = self.random.randrange(SOCKETS)
        elif what == 1:
            op[2] = self.random.randrange(abi.CMD_MAX + 3)
        elif what == 2:
            op[3] = self.random.choice((0, genl.F_DUMP, 0x100, 0x200, 0x400, 0x800, 0xffff))
        elif what == 3:
            op[5:] = [self.random.randbytes(self.random.randrange(1, 20)).hex()]
        else:
            self.alter_attributes(op[4])

    def alter_attributes(self, attributes):
        random = self.random
        at = random.randrange(len(attributes)) if attributes else 0
        nests = [a for a in attributes if isinstance(a[1], list)]
        if nests and self.chance(50):
            return self.alter_attributes(random.choice(nests)[1])
        what = random.randrange(7)
        if what == 0 or not attributes:
            attributes.insert(at, [random.randrange(abi.A_MAX + 4), self.any_value()])
        elif what == 1:
            del attributes[at]
        elif what == 2:
            attributes[at:at] = [copy.deepcopy(attributes[at])] * random.choice((1, 2, 70))
        elif what == 3:
            attributes[at][0] = random.randrange(abi.A_MAX + 4)
        elif what == 4:
            random.shuffle(attributes)
        else:
            attributes[at][1] = self.alter_value(attributes[at][1])

    def any_value(self):
        random = self.random
        return random.choice((
            random.choice(LIMITS), "x" * random.choice((0, 1, 15, 16, 63, 64, 255, 256, 4000)),
            {"x": random.randbytes(random.choice((0, 1, 2, 3, 4, 5, 8, 15, 16, 17, 64))).hex()},
            [[random.randrange(8), random.choice(LIMITS)] for _ in range(random.randrange(5))],
            [[1, [[1, [[1, [[1, 1]]]]]]]]))

    def alter_value(self, value):
        random = self.random
        if self.chance(15) or value is None:
            return self.any_value()
        if isinstance(value, int):
            return random.choice((value + 1, value - 1, value ^ 1 << random.randrange(32),
                                  random.choice(LIMITS)))
        if isinstance(value, dict):
            octets = bytearray.fromhex(value["x"])
            if octets:
                octets[random.randrange(len(octets))] = random.choice((0, 1, 127, 224, 254, 255))
            return {"x": bytes(octets[:random.choice((len(octets), 3, 4, 16))]).hex()}
        if isinstance(value, str):
            return random.choice((value[:-1], value + "x", value + " ", value + "\0x", value + "é"))
        return value[:-1]
