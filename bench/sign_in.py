"""Whether a name that exists is told by the time its refusal takes. Prints the ratio of medians, in turns.

    python -m bench.sign_in [--pairs 60]

Limits are set out of the way but not off: what they count is part of the time. Both names are of one length, and which
of the two comes first changes from pair to pair.
"""

import argparse
import statistics
import time

from bench.served import NAME, Client, served


def took_ms(client: Client, name: str) -> float:
    begun = time.perf_counter()
    status, told = client.post("/api/auth/login", {"username": name, "password": "Not-the-password-1"})
    spent = (time.perf_counter() - begun) * 1000
    assert (status, told["code"]) == (400, "INVALID_CREDENTIALS"), told
    return spent


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--pairs", type=int, default=60)
    pairs = options.parse_args().pairs
    wide = {"limit_account": "100000/900", "limit_sign_in": "100000/60", "limit_sign_in_total": "100000/60"}
    with served(limit_anonymous="off", anonymous_deadline_s="60", **wide) as server:
        client = server.client()
        known, unknown = list[float](), list[float]()
        for n in range(pairs + 3):
            ways = [(NAME, known), (f"nobody-{n:0{len(NAME) - 7}}", unknown)]
            for name, found in ways if n % 2 else reversed(ways):
                found.append(took_ms(client, name))
        del known[:3], unknown[:3]
    ratios = sorted(one / other for one, other in zip(known, unknown, strict=True))
    low, high = ratios[len(ratios) // 4], ratios[3 * len(ratios) // 4]
    middle = statistics.median(known) / statistics.median(unknown)
    print(f"known {statistics.median(known):.1f} ms, unknown {statistics.median(unknown):.1f} ms: {middle:.3f}")
    print(f"pair by pair: median {statistics.median(ratios):.3f}, the middle half from {low:.3f} to {high:.3f}")


if __name__ == "__main__":
    main()
