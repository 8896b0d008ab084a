#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""In the guest: instructions of a forwarded packet, from its driver to the next one's.

Prints one JSON object: {state: {what: instructions}}. See tests/bench/README.md.
"""
import json
import os
import statistics
import subprocess

RUN = "/sys/kernel/debug/nf_svc_bench/run"
UDP, TCP = 17, 6
SYN, FIN, PSH, ACK = 2, 1, 8, 16
TIMES = 64


class Family:
    def __init__(self, name, pods, vip, prefix):
        self.name, self.vip, self.prefix = name, vip, prefix
        self.client, self.backend, self.bystander = (f"{pods[0]}10", f"{pods[1]}11", f"{pods[1]}20")
        self.nets = [f"{p}{'0' if name == 'ipv4' else ''}/{prefix}" for p in pods]


FAMILIES = (Family("ipv4", ("10.244.1.", "10.244.2."), "10.96.33.7", 24),
            Family("ipv6", ("fd00:244:1::", "fd00:244:2::"), "fd00:96::3307", 64))
PORT, POD_PORT = 80, 8080


def sh(line, text=None):
    subprocess.run(line.split(), input=text, check=True, text=True,
                   stdout=subprocess.DEVNULL if line.startswith("sysctl") else None)


class Lane:
    """A client's flows to a place, answered by answerer (address, port)."""

    sports = iter(range(1024, 65000))

    def __init__(self, client, to, answerer):
        self.client, self.to, self.answerer = client, to, answerer

    def send(self, protocol, sport, count=1, step=0, reply=False, flags=0, seq=0, ack=0):
        """Instructions of packets of one kind: the middle one of count."""
        ends = (*self.answerer, self.client, sport) if reply else (self.client, sport, *self.to)
        with open(RUN, "w") as f:
            f.write(f"{int(reply)} {protocol} {ends[0]} {ends[1]} {ends[2]} {ends[3]} "
                    f"{count} {step} {flags} {seq} {ack}")
        with open(RUN) as f:
            left, least, middle, most = map(int, f.read().split())
        if left != count:
            raise SystemExit(f"{left} of {count} packets left: {ends}")
        return middle

    def take(self, number):
        """So many source ports that nobody has used."""
        return [next(self.sports) for _ in range(number)][0]

    def udp(self):
        sport = self.take(1)
        self.send(UDP, sport)
        self.send(UDP, sport, reply=True)
        there = self.send(UDP, sport, TIMES)
        back = self.send(UDP, sport, TIMES, reply=True)
        new = self.send(UDP, self.take(TIMES), TIMES, step=1)
        return {"UDP established": there, "UDP reply": back, "UDP new": new}

    def connection(self):
        """Ten packets, from SYN to the last ACK."""
        sport = self.take(1)
        packets = ((False, SYN, 1000, 0), (True, SYN | ACK, 5000, 1001), (False, ACK, 1001, 5001),
                   (False, PSH | ACK, 1001, 5001), (True, ACK, 5001, 1065),
                   (True, PSH | ACK, 5001, 1065), (False, ACK, 1065, 5065),
                   (False, FIN | ACK, 1065, 5065), (True, FIN | ACK, 5065, 1066),
                   (False, ACK, 1066, 5066))
        return sum(self.send(TCP, sport, reply=reply, flags=flags, seq=seq, ack=ack)
                   for reply, flags, seq, ack in packets)

    def measure(self):
        self.udp(), self.connection()       # caches, slabs, lazily made things
        return self.udp() | {"TCP connection": int(statistics.median(
            self.connection() for _ in range(5)))}


def prepare():
    sh(f"insmod {os.environ['NF_SVC_BENCH_KO']}")
    for name in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
        sh(f"sysctl -w {name}=1")
    for name in ("all", "bench0", "bench1"):
        sh(f"sysctl -w net.ipv4.conf.{name}.rp_filter=0")
    for i in range(2):
        sh(f"ip link set bench{i} up addrgenmode none")
        for family in FAMILIES:
            sh(f"ip route add {family.nets[i]} dev bench{i}")
    for family in FAMILIES:
        for address, device in ((family.client, 0), (family.backend, 1), (family.bystander, 1)):
            sh(f"ip neigh add {address} lladdr 02:00:00:00:00:01 dev bench{device} nud permanent")


def nft(text):
    sh("nft -f -", text)


CONNTRACK = """
table inet bench {
    chain see { type filter hook prerouting priority 0; ct state invalid counter; }
}
"""
NAT = CONNTRACK + """
table inet nat {
    chain there {
        type nat hook prerouting priority dstnat;
        %s
    }
    chain back { type nat hook postrouting priority srcnat; }
}
"""


def dnat():
    rules = []
    for family, ip in zip(FAMILIES, ("ip", "ip6")):
        place = (f"{family.backend}:{POD_PORT}" if ip == "ip" else
                 f"[{family.backend}]:{POD_PORT}")
        rules += [f"{ip} daddr {family.vip} {p} dport {PORT} dnat {ip} to {place}"
                  for p in ("udp", "tcp")]
    return "\n        ".join(rules)


def services(number):
    """As many services as that, of which the last two are asked."""
    lines = [f"add service bench/s{i}:a 10.97.{i // 250}.{i % 250 + 1}:80 backend 10.244.2.30:80"
             for i in range(number)]
    for protocol in "udp", "tcp":
        lines.append(f"add service bench/{protocol}:a " + " ".join(
            f"{_at(f.vip, PORT)}/{protocol}" for f in FAMILIES) + " " + " ".join(
                f"backend {_at(f.backend, POD_PORT)}" for f in FAMILIES))
    sh("svcctl batch", "\n".join(lines) + "\n")


def _at(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def lanes(family, service):
    """What is asked: others' traffic, and the service."""
    places = {"bystander": Lane(family.client, (family.bystander, PORT), (family.bystander, PORT))}
    if service:
        places["service"] = Lane(family.client, (family.vip, PORT), (family.backend, POD_PORT))
    return places


def measure(results, state, service):
    for family in FAMILIES:
        for name, lane in lanes(family, service).items():
            for what, instructions in lane.measure().items():
                results.setdefault(state, {})[f"{name}, {family.name}, {what}"] = instructions


def main():
    results = {}
    prepare()
    measure(results, "no conntrack", False)
    nft(CONNTRACK)
    measure(results, "conntrack", False)
    nft("flush ruleset")
    nft(NAT % "")
    measure(results, "conntrack, empty nat chains", False)
    nft("flush ruleset")
    nft(NAT % dnat())
    measure(results, "one nft DNAT rule each", True)
    nft("flush ruleset")
    services(0)
    measure(results, "nf_svc", True)
    services_more = 1000
    sh("svcctl flush --yes")
    services(services_more)
    measure(results, f"nf_svc, {services_more:,} services more", True)
    sh("svcctl flush --yes")
    sh("rmmod nf_svc")
    sh(f"insmod {os.environ['NF_SVC_UNWATCHED_KO']}")
    services(0)
    measure(results, "nf_svc without the hooks of heal.c", True)
    print(json.dumps(results))


main()
