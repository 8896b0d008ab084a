# SPDX-License-Identifier: GPL-2.0
"""The story of make demo: a Service of three replicas, asked 3,000 times while two are replaced.

What is printed after a $ is what runs, on the node, in the folder manifests.
"""
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from datagrams import Talk  # noqa: E402
from front_end import PICTURE, Failed, Traffic  # noqa: E402
from lab.family import FAMILIES, V4, V6  # noqa: E402
from lab.topology import Topology  # noqa: E402
from replica import Replica  # noqa: E402

SERVICE = {V4: "10.96.33.7", V6: "fd00:10:96::3307"}     # as in the manifests
PORT, POD_PORT = 80, 8080
POD_CIDRS = ",".join(str(f.pods) for f in FAMILIES)


class Cluster(Topology):
    """Two nodes, joined by a wire; the Service's table is in the first, where the front end is."""

    PODS = {"front-end": ("node", 10), "images-1": ("node", 11), "images-2": ("node", 12),
            "images-3": ("node2", 13), "images-4": ("node2", 14), "images-5": ("node", 15)}


def say(text=""):
    print(text, flush=True)


def title(text):
    say(f"== {text}\n")


def table(head, rows):
    """rows: (name, number, …); numbers stand right, 0 as a dot."""
    widths = [max(len(row[0]) for row in (head, *rows)), *(max(6, len(h)) for h in head[1:])]

    def line(cells):
        return "  " + "  ".join([cells[0].ljust(widths[0])] +
                                [str(c or ".").rjust(w) for c, w in zip(cells[1:], widths[1:])])
    say(line(head))
    for row in rows:
        say(line(row))
    say()


class Demo:
    def __init__(self):
        self.cluster = None
        self.replicas, self.traffic, self.problems = {}, [], []
        self.talk = None

    def begin(self):
        self.cluster = Cluster(prefix="demo")
        self.replicas = {name: Replica(self.cluster.pod(name), name, POD_PORT)
                         for name in Cluster.PODS if name != "front-end"}

    def command(self, line, quiet=False):
        """Run a command on the node, and show it and what it prints; its output."""
        if not quiet:
            say(f"$ {line}")
        done = self.cluster.node.run(*line.split(), check=False)
        if not quiet:
            say(done.stdout)
        if done.returncode:
            raise Failed(f"exit status {done.returncode} of: {line}\n{done.stderr}")
        return done.stdout

    def problem(self, text):
        say(f"FAILED: {text}")
        self.problems.append(text)

    def ask(self, total, *families):
        """The front end, ready to ask the Service."""
        self.traffic.append(Traffic(self.cluster.pod("front-end"), [SERVICE[f] for f in families],
                                    PORT, total))
        self.traffic[-1].start()
        return self.traffic[-1]

    def fault(self, request):
        """Why this request failed; None if a replica answered it that had to."""
        if request.error:
            return request.error
        replica = self.replicas.get(request.replica)
        if not replica or not replica.may_have_answered(request):
            return f"{request.replica} answered a request that began or ended out of its time"
        return None

    def finish(self, traffic, expected):
        """See the traffic to its end. All of the expected replicas have to have answered."""
        traffic.allow(traffic.total)
        traffic.wait(lambda: traffic.finished == traffic.total,
                     f"{traffic.total} requests are done")
        silent = expected - {r.replica for r in traffic.requests}
        if silent:
            self.problem(f"no answer came from {', '.join(sorted(silent))}")

    def introduce(self):
        say(f"""\
== nf_svc in Linux {os.uname().release}

An image-processing backend runs in three pods, images-1 to images-3. A front end
needs one address for all of them that works whatever becomes of each: a Service.
Elsewhere kube-proxy writes packet-filter rules for it. Here a kernel module does
the work, and svcctl gives it the manifests.

Two nodes and their pods, each a network namespace; the front end's node is ours:
""")
        pods = [("pod", "on", "IPv4", "IPv6"), *(
            (name, node, *(self.cluster.pod(name).addr(f) for f in FAMILIES))
            for name, (node, _) in list(Cluster.PODS.items())[:4])]
        for name, node, v4, v6 in pods:
            say(f"  {name:10}  {node:6}  {v4:12}  {v6}")
        say()

    def create(self):
        title("One Service, three replicas")
        joined = time.monotonic()
        for name in "images-1", "images-2", "images-3":
            self.replicas[name].joined = joined
        self.command(f"svcctl apply -f images.yaml --pod-cidr {POD_CIDRS}")
        self.command("svcctl list")
        say("The kernel tells what it would do with a packet, by the same lookup:\n")
        self.command(f"svcctl explain {SERVICE[V4]}:{PORT} from "
                     f"{self.cluster.pod('front-end').addr(V4)}")

    def share(self):
        title("1,000 requests, IPv4 and IPv6 in turn")
        say("Each is a new connection. The front end sends a picture, a replica sends back its\n"
            "negative and its own name. The first one:\n")
        traffic = self.ask(1000, V4, V6)
        traffic.allow(traffic.total)
        traffic.wait(lambda: traffic.finished, "the first request is done")
        answer = [line for line in traffic.requests[0].text.splitlines() if line]
        width = max(len(line) for line in PICTURE.decode().splitlines()) + 8
        for n, line in enumerate(["POST /negative", "", "", *PICTURE.decode().splitlines()]):
            say("  " + line.ljust(width) + (answer[n] if n < len(answer) else ""))
        say()
        expected = {"images-1", "images-2", "images-3"}
        self.finish(traffic, expected)
        say("All 1,000 are done. Who answered:\n")
        table(("", "IPv4", "IPv6"), [
            (name, *(sum(r.replica == name and r.to[0] == SERVICE[f] for r in traffic.requests)
                     for f in FAMILIES)) for name in sorted(expected)])

    def replace(self, family, old, new, changed, gone, before):
        """1,000 requests over family, while new takes the place of old among those before."""
        old, new = self.replicas[old], self.replicas[new]
        traffic = self.ask(1000, family)
        traffic.allow(300)
        traffic.wait(lambda: len(traffic.requests) == 300, "300 requests have begun")
        say(f"300 have begun, {traffic.finished} of them are done. Now {new.name} is ready, and "
            f"{old.name}\nterminates. The requests go on meanwhile.\n")
        traffic.allow(600)
        new.joined = time.monotonic()
        self.command(f"svcctl apply -f {changed}")
        old.left = time.monotonic()
        begun = traffic.begun()

        traffic.allow(700)
        self.command(f"svcctl show default/images:http/{family}")
        traffic.wait(lambda: len(traffic.requests) == 700 and traffic.finished >= begun,
                     "what had begun before is done")
        in_hand = sum(r.replica == old.name and r.begun < old.left < r.ended
                      for r in traffic.requests)
        say(f"{old.name} is draining: it gets no new request, and finishes those it has. It had\n"
            f"{in_hand} in hand when svcctl returned. They are answered, so its pod can end.\n")

        traffic.allow(850)
        self.command(f"svcctl apply -f {gone}")
        ended = time.monotonic()
        old.stop()
        self.finish(traffic, before - {old.name} | {new.name})
        say(f"The process of {old.name} is killed, and the rest of the 1,000 is done too.\n"
            "Who answered what began at which time:\n")
        times = (0, new.joined, old.left, ended, float("inf"))
        table((f"{old.name} is", "ready", "changing", "draining", "gone"), [
            (name, *(sum(r.replica == name and a <= r.begun < b for r in traffic.requests)
                     for a, b in zip(times, times[1:]))) for name in sorted(before | {new.name})])

    def count(self):
        title("3,000 requests")
        say("The kernel has counted them as well:\n")
        self.command("svcctl stats")
        flows = json.loads(self.command("svcctl -j stats", quiet=True))["total"]["flows"]
        if flows != sum(t.begun() for t in self.traffic):
            self.problem(f"the kernel counted {flows} flows")
        say("And the node has no packet-filter rule for any of this. The list is empty:\n")
        if self.command("nft list ruleset"):
            self.problem("there are rules")

    def expect(self, names, expected):
        if names != {expected}:
            self.problem(f"{', '.join(sorted(names))} answered, not {expected} alone")

    def heal(self):
        title("A client that never stops talking")
        say("A flow of UDP has no end that anybody could see: while its client goes on sending it\n"
            "stays where it began. So the front end keeps one socket, and asks who is there, a\n"
            "thousand times.\n")
        service, backends = "default/images:who", {
            f"{self.cluster.pod(name).addr(V4)}:{POD_PORT}": name
            for name in ("images-1", "images-4")}
        self.command(f"svcctl add service {service} {SERVICE[V4]}:{PORT}/udp " +
                     " ".join(f"backend {place}" for place in backends))
        self.talk = Talk(self.cluster.pod("front-end"), SERVICE[V4], PORT)
        first, = names = self.talk.ask(1)
        place = next(p for p, name in backends.items() if name == first)
        other = next(name for name in backends.values() if name != first)
        names |= self.talk.ask(299)
        self.expect(names, first)
        say(f"300 are answered, all by {first}. It is to go, so it drains: this flow stays.\n")
        self.command(f"svcctl set backend {service} {place} sets none")
        self.expect(self.talk.ask(300), first)
        say(f"600 are answered, all by {first}. Now it is taken away, and its process is killed.\n")
        self.command(f"svcctl del backend {service} {place}")
        self.replicas[first].stop()
        self.expect(self.talk.ask(400), other)
        say(f"All 1,000 are answered, the last 400 by {other}: with its next datagram the flow began\n"
            "anew. With kube-proxy it goes on to the pod that is gone until its conntrack entry has\n"
            "been looked for and deleted.\n")
        healed = json.loads(self.command("svcctl -j stats", quiet=True))["total"]["healed"]
        if healed != 1:
            self.problem(f"the kernel counted {healed} flows that began anew")
        self.command("svcctl status")

    def tell(self):
        self.introduce()
        self.create()
        self.share()
        title("A replica is replaced in the middle of traffic, IPv4")
        say("Every roll-out of a new version does this to each replica, and no client may notice.\n"
            "1,000 requests more, some two dozen of them under way at any time.\n")
        self.replace(V4, "images-2", "images-4", "images-4-for-2.yaml", "images-2-gone.yaml",
                     {"images-1", "images-2", "images-3"})
        title("The same over IPv6")
        self.command(f"svcctl explain [{SERVICE[V6]}]:{PORT} from "
                     f"{self.cluster.pod('front-end').addr(V6)}")
        self.replace(V6, "images-3", "images-5", "images-5-for-3.yaml", "images-3-gone.yaml",
                     {"images-1", "images-3", "images-4"})
        self.count()
        self.heal()

    def judge(self):
        """How many requests the right replica answered, and what happened to the others."""
        faults = [self.fault(r) for t in self.traffic for r in t.requests[:t.finished]]
        talked = self.talk.answered if self.talk else 0
        return faults.count(None) + talked, [f for f in faults if f] + (
            self.talk.faults if self.talk else [])

    def end(self):
        for replica in self.replicas.values():
            replica.stop()
        if self.cluster:
            self.cluster.delete()


def main():
    demo = Demo()
    for part in demo.begin, demo.tell:
        try:
            part()
        except Failed as e:
            demo.problem(str(e))
            break
        except Exception as e:      # whatever it is, the last line tells
            demo.problem(f"{type(e).__name__}: {e}")
            break
    answered, failed = demo.judge()     # before replicas with requests in hand are stopped
    demo.end()
    for text in sorted(set(failed)):
        say(f"FAILED: {failed.count(text)} times: {text}")
    failures = len(failed) + len(demo.problems)
    say(f"demo: {answered} answered, {failures} failed")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
