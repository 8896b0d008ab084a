# SPDX-License-Identifier: GPL-2.0
"""One source port, two services, the same backend: DP-08."""
import pytest

from lab.client import Answer, Conversation
from lab.family import FAMILIES

PORT = 31000            # neither the kernel nor lab.client gives it to anybody


@pytest.fixture(params=["source kept", "masqueraded"])
def client(request, lab, svcctl):
    """A client whose source is kept (a pod) or masqueraded (outside, with a pod CIDR set)."""
    if request.param == "source kept":
        return lab.c
    svcctl("set", "settings", "pod-cidr", ",".join(str(f.pods) for f in FAMILIES))
    return lab.outside


@pytest.fixture
def vips(lab, svcctl, family, protocol, client):
    """Two services with one backend."""
    for n in 1, 2:
        svcctl("add", "service", f"shop/web{n}:http", family.at(family.vip(n), 80, protocol),
               "backend", family.at(lab.a.addr(family), 8080))
    return family.vip(1), family.vip(2)


@pytest.mark.row("DP-08")
def test_two_services_from_one_source_port(vips, protocol, client):
    """DP-08: two connections from one source port to two services with one backend both work."""
    with Conversation(client, vips[0], 80, protocol, source_port=PORT) as one, \
            Conversation(client, vips[1], 80, protocol, source_port=PORT) as two:
        for _ in range(3):
            first, second = one.ask(), two.ask()
            assert (first.name, second.name) == ("a", "a")
            assert (first.peer, first.peer_port) != (second.peer, second.peer_port)


@pytest.mark.row("DP-08")
@pytest.mark.parametrize("protocol", ["udp"])
def test_one_datagram_socket_asks_two_services(vips, protocol, client):
    """DP-08: both answers to one socket come from the address that was asked."""
    with Conversation(client, vips[0], 80, protocol, source_port=PORT, connect=False) as c:
        for _ in range(3):
            for vip in vips:
                c.socket.sendto(b"?\n", (vip, 80))
            answers = [c.socket.recvfrom(4096) for _ in vips]
            assert {peer[0] for _, peer in answers} == set(vips)
            assert len({Answer.of(octets).peer_port for octets, _ in answers}) == 2
