# SPDX-License-Identifier: GPL-2.0
"""What conntrack was told not to track: DP-18."""
import pytest

from lab.client import attempt, only
from lab.family import V4
from lab.server import Server


@pytest.mark.row("DP-18")
@pytest.mark.parametrize("protocol", ["udp", "tcp"])
def test_node_local_dns(lab, svcctl, rules, family, protocol):
    """DP-18: untracked packets to an address that the node holds reach its socket, not a backend.

    As NodeLocal DNSCache has it: the cluster DNS address on a dummy device, a
    socket there, and NOTRACK both ways.
    """
    vip, f = family.vip(10), "ip" if family is V4 else "ip6"
    svcctl("add", "service", "kube-system/dns:dns", family.at(vip, 53, protocol),
           "backend", family.at(lab.a.addr(family), 8080))
    lab.node.ip(f"""
        link add nodelocaldns type dummy
        link set nodelocaldns up
        addr add {vip}/{family.bits} dev nodelocaldns {"nodad" if family.bits == 128 else ""}
    """)
    try:
        with Server((lab.node, (53, 8085), {family: vip}), protocols=[protocol]):
            only(lab.c, vip, 53, protocol, "a", times=2)
            rules(f"""
                table inet nodelocal {{
                    chain prerouting {{
                        type filter hook prerouting priority raw;
                        {f} daddr {vip} notrack
                    }}
                    chain output {{
                        type filter hook output priority raw;
                        {f} daddr {vip} notrack
                        {f} saddr {vip} notrack
                    }}
                }}""")
            for host in lab.c, lab.outside, lab.node:
                only(host, vip, 53, protocol, "node", times=2)
                only(host, vip, 8085, protocol, "node", times=1)        # unclaimed, and untracked
            lab.node.run("nft", "flush", "ruleset")
            only(lab.c, vip, 53, protocol, "a", times=2)
            assert attempt(lab.c, vip, 8085, protocol).refused
    finally:
        lab.node.ip("link del nodelocaldns")
