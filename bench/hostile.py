"""What hostile documents cost, against a plain point query in turns; and what a neighbour notices of them.

    python -m bench.hostile [--rounds 7] [--requests 60] [--seconds 5]

The cost is the processor time of the server's process, so that the load generator does not count. No document is sent
twice: a cache must not make the attacker's work ours. The first table is measured with limits switched off, because
with them most of it would be refused for its number; the second with everything as it is shipped.
"""

import argparse
import itertools
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable

from bench.served import OTHER, Client, Server, served

POINT = "query P($id: ID!) { investigation(id: $id) { ref status phase riskScore } }"
CREATE = """mutation { createInvestigation(input: { entity: {type: IP, value: "203.0.113.7"},
  timeWindow: {start: "2026-11-20T12:00:00Z", end: "2026-11-21T12:00:00Z"} }) { investigation { id } } }"""
CONTROL = "a plain query, for comparison"
_numbers = itertools.count(1)


def bomb(n: int) -> str:
    """The 730 bytes, or so, that take limiters eight seconds which follow every path."""
    chain = " ".join(f"fragment F{i} on Query{{...F{i + 1} ...F{i + 1}}}" for i in range(19))
    return f"{{...F0}} {chain} fragment F19 on Query{{__typename}}#{n}"


DOCUMENTS: dict[str, Callable[[int], str]] = {
    "fragment bomb": bomb,
    "1,000 aliases": lambda n: "{" + " ".join(f"a{i}:__typename" for i in range(1000)) + f"}}#{n}",
    "660 aliases": lambda n: "{" + " ".join(f"a{i}:__typename" for i in range(660)) + f"}}#{n}",
    "400 times one field": lambda n: "{viewer{" + "role " * 400 + "}" * 2 + f"#{n}",
    "5,000 levels": lambda n: "{a" * 5000 + "}" * 5000 + f"#{n}",
    "50 levels": lambda n: "{viewer" + "{organization" * 50 + "{id}" + "}" * 51 + f"#{n}",
    "a flood of directives": lambda n: "{__typename " + "@a" * 1000 + f"}}#{n}",
    "500 unknown fields": lambda n: "{" + " ".join(f"u{i}" for i in range(480)) + f"}}#{n}",
    "100 definitions": lambda n: "{__typename}" + " ".join(f"fragment F{i} on X{{y}}" for i in range(99)) + f"#{n}",
    "100 kB of nothing": lambda n: "{nothing}" + "#" + "x" * 99_000 + str(n),
    "graphs of a page": lambda n: f"{{investigations{{edges{{node{{graph(maxNodes:2000){{nodes{{key}}}}}}}}}}}}#{n}",
}
"""Names to documents that differ by their number."""


def graph(query: str) -> bytes:
    return json.dumps({"query": query}).encode()


def batch(_: int) -> bytes:
    return json.dumps([{"query": f"{{__typename}}#{next(_numbers)}"} for _ in range(100)]).encode()


def hostile() -> dict[str, Callable[[], bytes]]:
    made = {name: (lambda make=make: graph(make(next(_numbers)))) for name, make in DOCUMENTS.items()}
    return {**made, "a batch of 100": lambda: batch(0), CONTROL: lambda: graph("{viewer{role}}")}


def cost_ms(server: Server, client: Client, bodies: list[bytes]) -> float:
    """Processor time of the server for one of them."""
    before = server.cpu_s()
    for body in bodies:
        client.send("/graphql", body)
    return (server.cpu_s() - before) / len(bodies) * 1000


def prepared(server: Server) -> tuple[Client, bytes]:
    client = server.client()
    client.sign_in()
    _, told = client.send("/graphql", graph(CREATE))
    case = told["data"]["createInvestigation"]["investigation"]["id"]
    point = json.dumps({"query": POINT, "variables": {"id": case}}).encode()
    time.sleep(3)  # the case's own analysis is over by then
    assert client.send("/graphql", point)[1]["data"]["investigation"]
    return client, point


def costs(rounds: int, requests: int) -> None:
    with served(rate_limits="off") as server:
        client, point = prepared(server)
        cost_ms(server, client, [point] * 200)
        print(f"{'document':34} {'bytes':>7} {'ms CPU':>7} {'times a point query':>20}")
        for name, make in hostile().items():
            body = make()
            _, told = client.send("/graphql", body)
            assert name == CONTROL or ("errors" in told and not any((told.get("data") or {}).values())), (name, told)
            pairs = [
                (
                    cost_ms(server, client, [point] * requests),
                    cost_ms(server, client, [make() for _ in range(requests)]),
                )
                for _ in range(rounds)
            ]
            ratio = statistics.median(theirs / ours for ours, theirs in pairs)
            print(f"{name:34} {len(body):7} {statistics.median(p[1] for p in pairs):7.2f} {ratio:20.2f}")


def neighbour(port: int, token: str, point: bytes, seconds: float, every_s: float = 0.02) -> list[float]:
    """Latencies, in ms, of somebody who asks fifty times a second."""
    client, found = Client(port), []
    client.token = token
    ends = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < ends:
        status, _ = client.send("/graphql", point)
        assert status == 200, status
        found.append((time.perf_counter() - begun) * 1000)
        time.sleep(max(0.0, every_s - (time.perf_counter() - begun)))
    return found


def latencies(rounds: int, seconds: float) -> None:
    """Alone and under attack in turns: one attacker who sends as fast as he is answered, known or not."""
    with served() as server:
        client, point = prepared(server)
        neighbour(server.port, client.token, point, 2)
        other = server.client()
        other.sign_in(OTHER)
        print(f"{'attack':34} {'who':>8} {'median':>8} {'p95':>8}   times that alone")
        for known, name in itertools.product((False, True), hostile()):
            medians, tails = [], []
            for _ in range(rounds):
                alone = neighbour(server.port, client.token, point, seconds)
                attacker = multiprocessing.Process(
                    target=attack, args=(server.port, other.token if known else "", name), daemon=True
                )
                attacker.start()
                attacked = neighbour(server.port, client.token, point, seconds)
                attacker.terminate()
                attacker.join()
                medians.append(statistics.median(attacked) / statistics.median(alone))
                tails.append(p95(attacked) / p95(alone))
            who = "known" if known else "nobody"
            print(f"{name:34} {who:>8} {statistics.median(medians):8.2f} {statistics.median(tails):8.2f}")


def attack(port: int, token: str, name: str) -> None:
    """In a process of its own: in one with the neighbour it would wait for the same interpreter."""
    client, make = Client(port), hostile()[name]
    client.token = token
    while True:
        client.send("/graphql", make())


def p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--requests", type=int, default=60)
    options.add_argument("--seconds", type=float, default=5)
    given = options.parse_args()
    costs(given.rounds, given.requests)
    latencies(max(1, given.rounds // 2), given.seconds)


if __name__ == "__main__":
    main()
