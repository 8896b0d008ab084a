# SPDX-License-Identifier: GPL-2.0
"""Which backend a new flow gets: DP-01, the schedulers beside random (test_choice.py)."""
import contextlib
import threading

import pytest

from lab import abi, conntrack, genl, netns
from lab import family as families
from lab.client import Conversation, attempt, everyone, only
from lab.flows import PORT, Flows, assert_fair, chi_squared_p
from lab.packets import Spray
from lab.svcctl import REFUSED
from lab.tables import Tables, backend, backend_of, number, rule, text
from lab.wait import until
from test_apply import READY, manifests

pytestmark = pytest.mark.row("DP-01")

TURNS = ("rr", "wrr")
HASHES = ("mh", "mh-source")
COUNTS = ("lc",)
NEW = TURNS + HASHES + COUNTS
WEB = "shop/web:http"


def chosen(tables, source, vip, source_port=0, protocol="tcp", device=None):
    """(address, port) of the backend that such a packet would get, or None."""
    answer = tables.explain(source, vip, 80, protocol, source_port, device)
    nests = answer.get(abi.A_CHOSEN)
    return nests and backend_of(families.of(vip), nests[0])


@pytest.fixture(params=["tcp", "udp"])
def protocol(request):
    return request.param


# --- shares

@pytest.mark.smoke
@pytest.mark.parametrize("scheduler", TURNS)
def test_equal_weights_in_turn(lab, tables, family, protocol, scheduler):
    """DP-01: each backend in turn: of 10,000 flows none gets one more than another needs to."""
    with Flows(lab, tables, family, protocol, (1, 1, 1), scheduler=scheduler) as flows:
        first = [flows.one() for _ in range(9)]
        assert first[:3] == first[3:6] == first[6:] and sorted(first[:3]) == [0, 1, 2]
        assert sorted(flows.send(10000)) == [3333, 3333, 3334]


def test_rr_does_not_weigh(lab, tables, family):
    """DP-01: with rr a weight that is not 0 makes no difference."""
    with Flows(lab, tables, family, "udp", (1, 7, 65535), scheduler="rr") as flows:
        assert flows.send(3000) == [1000, 1000, 1000]


@pytest.mark.parametrize("weights", [(1, 2, 5), (100, 300, 600), (65535, 0, 65535)], ids=str)
def test_wrr_weighs_exactly(lab, tables, family, protocol, weights):
    """DP-01: with wrr each backend gets exactly its share of each round, and of a part of it nearly."""
    with Flows(lab, tables, family, protocol, weights, scheduler="wrr") as flows:
        total = sum(weights)
        if total <= 10000:
            assert flows.send(total * 8) == [8 * w for w in weights]
        for count, weight in zip(flows.send(1000), weights):
            assert abs(count - 1000 * weight / total) <= 8


@pytest.mark.parametrize("weights", [(1, 1, 1), (1, 2, 5), (65535, 0, 20000)], ids=str)
def test_mh_is_fair(lab, tables, family, protocol, weights):
    """DP-01: 10,000 flows over three backends pass a chi-squared test with mh, by weight."""
    with Flows(lab, tables, family, protocol, weights, scheduler="mh") as flows:
        if 0 in weights:
            counts = flows.send(10000)
            assert counts[1] == 0
            assert abs(counts[0] - 10000 * weights[0] / sum(weights)) < 5 * 42
        else:
            assert_fair(flows, weights)


def test_mh_source_is_fair(lab, tables, family):
    """DP-01: so do 1,500 clients with mh-source."""
    pods = (lab.a, lab.b, lab.d)
    tables.change(*tables.simple(WEB, family.vip(1), 80, *((p.addr(family), PORT) for p in pods),
                                 protocol="udp", scheduler="mh-source"))

    seen = [address for address, _ in spread(lab, tables, family, "mh-source", 1500)]
    assert chi_squared_p([seen.count(p.addr(family)) for p in pods], (1, 1, 1)) > 1e-6


@pytest.mark.smoke
def test_mh_source_keeps_a_client(lab, svcctl, family, protocol):
    """DP-01: with mh-source all flows of a client go to one backend, through every frontend."""
    pods = (lab.a, lab.b, lab.d, lab.e)
    svcctl("add", "service", WEB, family.at(family.vip(1), 80, protocol),
           family.at(family.vip(2), 80, protocol), "scheduler", "mh-source",
           *(w for pod in pods for w in ("backend", family.at(pod.addr(family), 8080))))
    for client in lab.c, lab.outside, lab.node, lab.a:
        name = attempt(client, family.vip(1), 80, protocol).answer.name
        for n in (1, 2):
            only(client, family.vip(n), 80, protocol, name, times=8)


@pytest.mark.parametrize("scheduler", NEW)
def test_sctp_reaches_all(lab, svcctl, family, scheduler):
    """DP-01: SCTP associations are scheduled as others are."""
    svcctl("add", "service", WEB, family.at(family.vip(1), 80, "sctp"), "scheduler", scheduler,
           *(w for pod in (lab.a, lab.b, lab.d) for w in ("backend", family.at(pod.addr(family), 8080))))
    if scheduler == "mh-source":
        only(lab.c, family.vip(1), 80, "sctp", attempt(lab.c, family.vip(1), 80, "sctp").answer.name)
    else:
        everyone(lab.c, family.vip(1), 80, "sctp", [lab.a, lab.b, lab.d])


# --- least flows

@pytest.mark.parametrize("weights", [(1, 1, 1), (1, 2, 5)], ids=str)
def test_lc_levels(lab, tables, family, weights):
    """DP-01: with lc backends have flows by weight, whatever they had before; what is over does not count."""
    def weigh(weights):
        tables.change(tables.backends(WEB, family, "udp", *(
            backend(pod.addr(family), PORT, weight) for pod, weight in zip(flows.pods, weights))))

    total = sum(weights)
    with Flows(lab, tables, family, "udp", (1, 0, 0), scheduler="lc") as flows:
        assert flows.send(20 * weights[0]) == [20 * weights[0], 0, 0]
        weigh(weights)
        late = flows.send(20 * (total - weights[0]))
        assert late == [0, 20 * weights[1], 20 * weights[2]]
        assert flows.send(10 * total) == [10 * w for w in weights]
        conntrack.flush(lab.node)
        until(lambda: not any(tables.backend_flows(WEB).values()), "all of them are over")
        assert flows.send(10 * total) == [10 * w for w in weights]


def test_lc_counts_connections(lab, tables, family):
    """DP-01: a TCP connection counts until it is closed."""
    pods = (lab.a, lab.b, lab.d)
    tables.change(*tables.simple(WEB, family.vip(1), 80, *((p.addr(family), 8080) for p in pods),
                                 scheduler="lc"))
    with contextlib.ExitStack() as stack:
        asking = [stack.enter_context(Conversation(lab.c, family.vip(1), 80, "tcp")) for _ in range(12)]
        names = [c.ask().name for c in asking]
        assert sorted(names) == ["a"] * 4 + ["b"] * 4 + ["d"] * 4
        for c, name in zip(asking, names):
            if name == "b":
                c.close()
        until(lambda: tables.backend_flows(WEB)[lab.b.addr(family), 8080] == 0, "its connections are over")
        for _ in range(4):
            assert stack.enter_context(Conversation(lab.c, family.vip(1), 80, "tcp")).ask().name == "b"


def test_lc_of_many(lab, tables, family):
    """DP-01: of more than 64 backends lc looks at others each time, and comes to all of them."""
    serve(tables, family, 200, "lc")
    with Spray(lab.c, family.vip(1), 80, "udp") as spray:
        spray.send(range(2000, 2400))
        until(lambda: sum(tables.backend_flows(WEB).values()) == 400, "all are recorded")
    counts = tables.backend_flows(WEB).values()
    assert len(counts) == 200 and max(counts) - min(counts) <= 2


# --- weights and sets

@pytest.mark.parametrize("scheduler", NEW)
def test_weight_zero_gets_no_new_flow(lab, tables, family, protocol, scheduler):
    """DP-01: weight 0 gets none; with all weights 0 the service refuses; one backend gets all."""
    def weigh(*weights):
        tables.change(tables.backends(WEB, family, protocol, *(
            backend(pod.addr(family), PORT, weight) for pod, weight in zip(flows.pods, weights))))

    with Flows(lab, tables, family, protocol, (1, 0, 1), scheduler=scheduler) as flows:
        assert flows.send(300)[1] == 0
        weigh(0, 65535, 0)
        assert flows.send(300) == [0, 300, 0]
        weigh(0, 0, 0)
        assert attempt(lab.c, flows.vip, 80, protocol).refused
        weigh(0, 0, 7)
        assert flows.send(50) == [0, 0, 50]
        tables.change(tables.backends_del(WEB, family, protocol, *(
            backend(pod.addr(family), PORT) for pod in flows.pods)))
        assert attempt(lab.c, flows.vip, 80, protocol).refused
        weigh(1)
        assert flows.send(50) == [50, 0, 0]


@pytest.mark.parametrize("scheduler", NEW)
def test_each_set_has_its_own(lab, svcctl, tables, family, scheduler):
    """DP-01: cluster and local set are each gone through by themselves."""
    a, b, d, e = (pod.addr(family) for pod in (lab.a, lab.b, lab.d, lab.e))
    vip, local = family.vip(1), family.vip(2)
    tables.change(
        tables.service(WEB, family, scheduler=scheduler),
        tables.backends(WEB, family, "tcp", backend(a, 8080, 1, "local"), backend(b, 8080, 1, "both"),
                        backend(d, 8080, 1, "cluster"), backend(e, 8080, 5, "none")),
        tables.frontend(WEB, vip, 80),
        tables.frontend(WEB, local, 80, rules=[rule(c, "local") for c in ("pod", "node", "outside")]))
    # One client may always have the same, and one that has flows of both sets too many.
    both = scheduler not in ("mh-source", "lc")
    for _ in range(3):
        seen = {attempt(client, vip, 80).answer.name for client in (lab.c, lab.outside) for _ in range(8)}
        assert seen <= {"b", "d"} and (len(seen) == 2 or not both)
        seen = {attempt(client, local, 80).answer.name for client in (lab.c, lab.outside) for _ in range(8)}
        assert seen <= {"a", "b"} and (len(seen) == 2 or not both)
    svcctl("set", "backend", WEB, family.at(b, 8080), "weight", "0")
    only(lab.c, vip, 80, "tcp", "d", times=6)
    only(lab.c, local, 80, "tcp", "a", times=6)


# --- commits

@pytest.mark.parametrize("scheduler", TURNS)
def test_a_commit_does_not_begin_anew(lab, svcctl, tables, family, scheduler):
    """DP-01: whose turn is next is known over a commit that leaves the backends as they are."""
    with Flows(lab, tables, family, "udp", (1, 1, 1), scheduler=scheduler) as flows:
        seen = []
        for n in range(12):
            seen.append(flows.one())
            svcctl("set", "service", WEB, "refuse-with", ("icmp", "reset")[n % 2])
        assert seen[:3] * 4 == seen and sorted(seen[:3]) == [0, 1, 2]


def test_services_do_not_begin_with_the_same(lab, tables, family):
    """DP-01: the first flows of many services are spread, too. All the same: once in 3^39."""
    pods = (lab.a, lab.b, lab.d)
    first = set()
    for n in range(1, 41):
        tables.change(*tables.simple(f"shop/s{n}", family.vip(n), 80,
                                     *((p.addr(family), 8080) for p in pods), scheduler="rr"))
        first.add(chosen(tables, lab.c.addr(family), family.vip(n)))
    assert len(first) > 1


@pytest.mark.limit(900)        # KCSAN looks at each of 40,000 flows
def test_change_under_traffic(lab, tables, family, protocol):
    """DP-01: schedulers, weights and backends change while flows begin: none is lost."""
    with Flows(lab, tables, family, protocol, (1, 1, 1)) as flows:
        ended = threading.Event()
        sent = []

        def send():
            while not ended.is_set() and len(sent) * 50 < 40000:
                first = flows.next + 50 * len(sent)
                flows.spray.send(range(first, first + 50))
                sent.append(50)

        sender = threading.Thread(target=send)
        sender.start()
        try:
            for n in range(30):
                until(lambda n=n: len(sent) > n or not sender.is_alive(), "flows begin")
                scheduler = (*NEW, "random")[n % 5]
                gone, kept = flows.pods[n % 3], flows.pods[(n + 1) % 3]
                tables.change(
                    tables.service(WEB, family, protocol, scheduler=scheduler),
                    tables.backends(WEB, family, protocol, backend(kept.addr(family), PORT, n % 4 + 1)),
                    tables.backends_del(WEB, family, protocol, backend(gone.addr(family), PORT)))
                tables.change(tables.backends(
                    WEB, family, protocol, backend(gone.addr(family), PORT, n % 3)))
        finally:
            ended.set()
            sender.join()
        total = sum(sent)
        until(lambda: sum(s.drain() for s in flows.sinks) >= total, f"all of {total} flows arrive", 60)
        assert sum(s.drain() for s in flows.sinks) == total


# --- Maglev

def serve(tables, family, count, scheduler="mh", gone=()):
    """A service of so many backends, those at some places left out."""
    tables.change(
        tables.service(WEB, family, "udp", abi.FLAG_CREATE | abi.FLAG_REPLACE, scheduler=scheduler),
        *(tables.backends(WEB, family, "udp", *(
            backend(str(family.pods[1000 + n]), 8080)
            for n in range(at, min(at + 200, count)) if n not in gone)) for at in range(0, count, 200)),
        tables.frontend(WEB, family.vip(1), 80, "udp"))


def spread(lab, tables, family, scheduler, flows=400):
    """The backends of so many different flows, or clients."""
    if scheduler == "mh":
        packets = [(lab.c.addr(family), n) for n in range(1, flows + 1)]
    else:
        packets = [(str(family.pods[n]), 0) for n in range(1, flows + 1)]
    seen = []
    for at in range(0, flows, 20):
        for answer in tables.exchange([tables.question(source, family.vip(1), 80, "udp", port)
                                       for source, port in packets[at:at + 20]]):
            seen.append(backend_of(family, dict(answer[0].attributes)[abi.A_CHOSEN]))
    return seen


@pytest.mark.parametrize("scheduler,count", [("mh", 3), ("mh", 10), ("mh", 100), ("mh-source", 10)])
def test_mh_moves_few(lab, tables, family, scheduler, count):
    """DP-01: with one of N backends less at most 2 % of the others' flows move; when it is back all are as before."""
    serve(tables, family, count, scheduler)
    before = spread(lab, tables, family, scheduler)
    gone = str(family.pods[1000 + count // 2])
    serve(tables, family, count, scheduler, {count // 2})
    now = spread(lab, tables, family, scheduler)
    others = [(b, n) for b, n in zip(before, now) if b[0] != gone]
    assert len(others) < len(before) and all(n[0] != gone for n in now)
    assert sum(b != n for b, n in others) <= 0.02 * len(others)
    serve(tables, family, count, scheduler)
    assert spread(lab, tables, family, scheduler, 100) == before[:100]


def test_mh_agrees_on_all_nodes(lab, tables, family):
    """DP-01: another node, with these backends in other sets and put in in another order, chooses the same."""
    def all_of(tables, order, *sets):
        tables.change(tables.service(WEB, family, "udp", scheduler="mh"),
                      *(tables.backends(WEB, family, "udp", backend(str(family.pods[1000 + n]), 8080, n % 3 + 1,
                                                                    sets[n % len(sets)])) for n in order),
                      tables.frontend(WEB, family.vip(1), 80, "udp"))
        return spread(lab, tables, family, "mh", 200)

    here = all_of(tables, range(12), "cluster")
    ns = netns.fresh()
    try:
        with Tables(ns) as there:
            assert all_of(there, reversed(range(12)), "both", "cluster", "cluster") == here
    finally:
        ns.close()


@pytest.mark.row("DP-14")
@pytest.mark.parametrize("scheduler", HASHES)
def test_mh_is_a_function_of_the_packet(lab, tables, family, scheduler):
    """DP-14: datagrams of one 5-tuple have one backend, even when conntrack forgot the flow between."""
    def packets():
        for s in flows.sinks:
            s.drain()
        return sum(sum(s.flows.values()) for s in flows.sinks)

    with Flows(lab, tables, family, "udp", (1, 1, 1), scheduler=scheduler) as flows:
        flows.send(100)
        conntrack.flush(lab.node)
        flows.spray.send(range(flows.next - 100, flows.next))
        until(lambda: packets() == 200, "each datagram again")
        assert sum(len(s.flows) for s in flows.sinks) == 100, "a flow changed its backend"


@pytest.mark.row("TX-09")
def test_tables_are_counted(lab, tables, family):
    """TX-09: the memory of a Maglev table that was replaced counts as long as it is not freed."""
    serve(tables, family, 10)
    until(lambda: not number(tables.call(abi.CMD_INFO)[0], abi.A_RETIRING), "what was there is freed")
    *_, info = tables.exchange([        # in one go: the kernel has no time to free it
        tables.begin(), tables.backends(WEB, family, "udp", backend(str(family.pods[1000]), 8080, 2)),
        tables.commit(), tables.request(abi.CMD_INFO)])
    assert 2 * 16381 < number(info[0], abi.A_RETIRING) < 3 * 16381
    until(lambda: not number(tables.call(abi.CMD_INFO)[0], abi.A_RETIRING), "all of it is freed")


def test_mh_of_many(lab, tables, family):
    """DP-01: 2,000 backends have the largest table; without 100 of them few flows of the others move."""
    serve(tables, family, 2000)
    before = spread(lab, tables, family, "mh")
    assert len(set(before)) > 300
    gone = set(range(0, 2000, 20))
    serve(tables, family, 2000, gone=gone)
    away = {str(family.pods[1000 + n]) for n in gone}
    now = spread(lab, tables, family, "mh")
    others = [(b, n) for b, n in zip(before, now) if b[0] not in away]
    assert sum(b != n for b, n in others) <= 0.05 * len(others)


# --- explain, svcctl, manifests

@pytest.mark.row("CTL-01")
@pytest.mark.parametrize("scheduler", TURNS + COUNTS)
def test_explain_takes_no_turn(lab, tables, family, scheduler):
    """CTL-01: explain says whose turn is next, as often as it is asked; then that one gets the flow."""
    with Flows(lab, tables, family, "udp", (1, 2, 1), scheduler=scheduler) as flows:
        for _ in range(12):
            told = {chosen(tables, lab.c.addr(family), flows.vip, port, "udp", "cali-c")
                    for port in (0, 0, 1, 65535)}
            address, _ = told.pop()
            assert not told and flows.pods[flows.one()].addr(family) == address


@pytest.mark.row("CTL-01")
@pytest.mark.parametrize("scheduler", HASHES)
def test_explain_knows_the_hash(lab, tables, family, protocol, scheduler):
    """CTL-01: explain says which backend a hash chooses; with mh only if the source port is known."""
    with Flows(lab, tables, family, protocol, (1, 2, 1), scheduler=scheduler) as flows:
        for _ in range(20):
            address, _ = chosen(tables, lab.c.addr(family), flows.vip, flows.next, protocol, "cali-c")
            assert flows.pods[flows.one()].addr(family) == address
        assert (chosen(tables, lab.c.addr(family), flows.vip, None, protocol) is None) == (scheduler == "mh")


@pytest.mark.row("CTL-01")
def test_svcctl_knows_schedulers(lab, svcctl, tables, family):
    """CTL-01: svcctl tells which there are, sets, shows and saves them; an unknown one is refused by name."""
    known = svcctl.json("version")["module"]["schedulers"]
    assert {"random", *NEW} <= set(known)
    at = family.at(family.vip(1), 80)
    backends = [w for pod in (lab.a, lab.b) for w in ("backend", family.at(pod.addr(family), 8080))]
    svcctl("add", "service", WEB, at, "scheduler", "wrr", *backends)
    for name in known:
        svcctl("set", "service", WEB, "scheduler", name)
        assert svcctl.json("list")[0]["scheduler"] == name
        explained = svcctl.json("explain", at, "from", lab.c.addr(family), "dev", "cali-c")
        assert explained["service"]["scheduler"] == name
        saved = svcctl("-j", "save").stdout
        svcctl("flush", "--yes")
        svcctl("restore", "-f", "-", input=saved)
        assert svcctl.json("list")[0]["scheduler"] == name
    refused = svcctl("set", "service", WEB, "scheduler", "fastest", expect=REFUSED)
    assert all(name in refused.stderr for name in ("fastest", *known))
    service, = tables.call(abi.CMD_SERVICE_GET, flags=genl.F_DUMP)
    assert text(service, abi.A_SCHEDULER) == known[-1]


@pytest.mark.row("CTL-01")
def test_annotation(lab, svcctl, family):
    """DP-01: a Service's annotation chooses; one that the module does not have is told, and random used."""
    def apply(annotations):
        done = svcctl("apply", "-f", "-", input=manifests(
            lab, family, family.vip(20), (8080, (lab.a, READY), (lab.b, READY))).replace(
            "name: web, namespace: shop}", f"name: web, namespace: shop{annotations}}}", 1))
        service, = svcctl.json("list")
        return service["scheduler"], done.stderr

    assert apply("") == ("random", "")
    for name in (*NEW, "random"):
        assert apply(f", annotations: {{nf-svc.io/scheduler: {name}}}") == (name, "")
    scheduler, said = apply(", annotations: {nf-svc.io/scheduler: fastest}")
    assert scheduler == "random" and "fastest" in said and "nf-svc.io/scheduler" in said
