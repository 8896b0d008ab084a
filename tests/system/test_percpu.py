# SPDX-License-Identifier: GPL-2.0
"""Memory per CPU: a service without traffic costs none. Wants possible_cpus=128."""

import pytest

from lab.client import only

SERVICES = 2000
# kB that it may grow by though nobody needs them: the kernel keeps four pages of each CPU ready
# (PCPU_EMPTY_POP_PAGES_HIGH in mm/percpu.c), and others may take one meanwhile.
ROOM = 5 * 4 * 128

pytestmark = pytest.mark.percpu


def percpu():
    """kB of memory that is there once for each CPU."""
    with open("/proc/meminfo") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("Percpu:"))


@pytest.mark.row("TX-09")
def test_idle_services_cost_no_memory_per_cpu(lab, tables, family):
    """2,000 services without traffic cost no per-CPU memory, one with traffic some bytes a CPU."""
    with open("/sys/devices/system/cpu/possible") as f:
        possible = f.read().strip()
    assert possible == "0-127", f"possible CPUs are {possible}: boot with possible_cpus=128"
    tables.change(*tables.simple("shop/first:http", family.vip(1), 80, (lab.a.addr(family), 8080)))
    only(lab.c, family.vip(1), 80, "tcp", "a", times=1)
    before = percpu()
    tables.change(*(r for n in range(2, SERVICES + 2) for r in tables.simple(
        f"shop/s{n}:http", family.vip(n), 80, (lab.a.addr(family), 8080))))
    idle = percpu()
    for n in range(2, 12):
        only(lab.c, family.vip(n), 80, "tcp", "a", times=1)
        assert tables.stats(f"shop/s{n}:http")["flows"] == 1
    used = percpu()
    print(f"Percpu: {before} kB, {idle} kB with {SERVICES} idle services, {used} kB after traffic to 10")
    assert idle - before <= ROOM
    assert used - idle <= ROOM
    assert tables.stats()["uncounted"] == 0
