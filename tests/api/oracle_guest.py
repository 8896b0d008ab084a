# SPDX-License-Identifier: GPL-2.0
"""The guest's side of tests/api/oracle: svcsyncd and nf_svc on the node of a lab.topology of its own."""
import json
import pathlib
import signal
import socket
import sys
import tempfile

sys.dont_write_bytecode = True
TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / folder) for folder in ("api", "system", "trace")]

import worlds  # noqa: E402
from asking import Ask, question  # noqa: E402
from k8s.objects import SENTINEL  # noqa: E402
from lab.api_server import OUTSIDE, ApiServer  # noqa: E402
from lab.beside import asking  # noqa: E402
from lab.daemon import Daemon  # noqa: E402
from lab.family import FAMILIES, V4  # noqa: E402
from lab.svcctl import Svcctl  # noqa: E402
from lab.topology import Topology, lift_icmp_limits  # noqa: E402
from lab.wait import until  # noqa: E402
from paths import engine, prober  # noqa: E402
from paths.hosts import Hosts  # noqa: E402

ORACLE = 6445


def shows(svcctl, port):
    """Has the kernel both families of the sentinel of this port?"""
    mine = [s for s in svcctl.json("list") if s["name"].startswith(f"{SENTINEL}/")
            and any(f["port"] == port for f in s["frontends"])]
    return {":" in b["address"] for s in mine for b in s["backends"]} == {":" in str(f.pods) for f in FAMILIES}


def serve(lines, svcctl, hosts):
    """Do what is asked; the client that asks all the time begins with the first question."""
    steady = None
    for line in lines:
        order = json.loads(line)
        if order.get("stop"):
            tally = steady.stop()
            failed = tally.pop("")
            return {"requests": sum(tally.values()), "failed": failed[:20]}
        until(lambda: shows(svcctl, order["port"]), f"the sentinel at {order['port']}", 60)
        if not steady:
            steady = asking(hosts.lab.c, V4.vip(256 + worlds.STEADY), 80, timeout=15.0)
            steady.more(1)
        asks = [Ask.unpack(one) for one in order["asks"]]
        heard = [sorted(q.heard) for q in prober.ask_all(asks, hosts, question)]
        lines.write(json.dumps({"heard": heard}) + "\n")
        lines.flush()
    raise RuntimeError("nobody asks any more")


def main():
    net = Topology("oracle")
    lift_icmp_limits(net.node)
    hosts, server = Hosts(net), ApiServer(net)
    folder = pathlib.Path(tempfile.mkdtemp())
    daemon = Daemon(net.node, folder, "--hostname-override", "node", "--nodeport-addresses", "all",
                    "--cluster-cidr", ",".join(engine.POD_CIDRS), "--external-ip-cidrs",
                    ",".join(engine.EXTERNAL_CIDRS), kubeconfig=server.kubeconfig(folder / "kubeconfig"))
    daemon.start(limit=60)
    try:
        with socket.create_connection((OUTSIDE, ORACLE)) as s, s.makefile("rw") as lines:
            last = serve(lines, Svcctl(net.node), hosts)
            lines.write(json.dumps(last) + "\n")
    except BaseException:
        print(daemon.text()[-4000:], file=sys.stderr)
        raise
    status = daemon.end(signal.SIGTERM)
    server.close()
    hosts.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
