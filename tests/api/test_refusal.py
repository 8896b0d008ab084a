# SPDX-License-Identifier: GPL-2.0
"""What docs/differences.md says about time: how soon kube-proxy's refusal reaches a TCP client."""
import pytest

from lab.client import attempt
from test_engine import NODE_PORT, PORT, VIP, service

AT_ONCE, SECOND_SYN = 0.5, 0.9          # seconds: a busy machine is slow, a retransmission never early


@pytest.mark.parametrize("where", ["ClusterIP", "NodePort"])
@pytest.mark.parametrize("who", ["c", "outside", "node"])
def test_tcp_is_refused_at_once_over_ipv4_only(engine, net, family, who, where):
    engine.load([service()])
    to = (family.vip(VIP), PORT) if where == "ClusterIP" else (net.node.addr(family), NODE_PORT)
    outcomes = [attempt(getattr(net, who), *to) for _ in range(2)]
    assert all(o.refused for o in outcomes)
    soonest = min(o.seconds for o in outcomes)
    assert soonest < AT_ONCE if family.bits == 32 else soonest > SECOND_SYN
