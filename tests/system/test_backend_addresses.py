# SPDX-License-Identifier: GPL-2.0
"""Addresses that no backend may have, refused by the kernel itself: EP-10."""
import errno

import pytest

from lab import abi, genl
from lab.client import only
from lab.family import V4, V6, of
from lab.tables import backend

# address: a word of the reason
BAD = {
    "127.0.0.1": "loopback", "127.255.255.254": "loopback",
    "169.254.169.254": "link-local", "169.254.0.1": "link-local",
    "224.0.0.1": "multicast", "239.255.255.255": "multicast",
    "0.0.0.0": "unspecified", "255.255.255.255": "broadcast",
    "::1": "loopback", "::": "unspecified",
    "fe80::1": "link-local", "febf:ffff::1": "link-local",
    "ff02::1": "multicast", "ff0e::1234": "multicast",
}

# Legal neighbours of those.
GOOD = ["128.0.0.1", "126.255.255.255", "169.253.255.255", "169.255.0.0", "223.255.255.255",
        "fec0::1", "fd00::1", "2001:db8::7"]


@pytest.mark.row("EP-10")
@pytest.mark.parametrize("address", BAD)
def test_kernel_refuses_the_backend(lab, tables, address):
    """EP-10: the kernel refuses such a backend, and says why."""
    family = of(address)
    good = backend(lab.a.addr(family), 8080)
    tables.change(tables.service("shop/web:http", family), tables.backends(
        "shop/web:http", family, "tcp", good), tables.frontend("shop/web:http", family.vip(1), 80))
    before = tables.dump()
    with pytest.raises(genl.Refused) as e:
        tables.change(tables.backends("shop/web:http", family, "tcp", good, backend(address, 8080)))
    assert e.value.errno == errno.EINVAL
    assert BAD[address] in e.value.text.lower()
    assert e.value.attribute == (abi.A_BACKEND_ADDRESS, family.pack(address))
    assert tables.dump() == before
    only(lab.c, family.vip(1), 80, "tcp", "a", times=1)


@pytest.mark.row("EP-10")
@pytest.mark.parametrize("family", [V4, V6], ids=str)
def test_neighbours_of_those_are_taken(tables, family):
    """EP-10: nothing more than those is refused."""
    tables.change(tables.service("shop/web:http", family), tables.backends(
        "shop/web:http", family, "tcp", *(backend(a, 80) for a in GOOD if of(a) is family)))
    service, = tables.call(abi.CMD_SERVICE_GET, flags=genl.F_DUMP)
    count = dict(service.attributes)[abi.A_COUNT_BACKENDS]
    assert genl.u32(count) == len([a for a in GOOD if of(a) is family])


@pytest.mark.row("EP-10", "CTL-03")
@pytest.mark.parametrize("address", ["169.254.169.254", "::1"])
def test_svcctl_says_so(lab, svcctl, address):
    """EP-10: svcctl shows the kernel's reason."""
    family = of(address)
    done = svcctl("add", "service", "shop/web:http", family.at(family.vip(1), 80),
                  "backend", family.at(address, 80), expect=2)
    assert address in done.stderr and BAD[address] in done.stderr.lower()
