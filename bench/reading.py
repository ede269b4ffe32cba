"""Reading over HTTP: this server, the raw limit and PostGraphile, in turns, on one database. Prints ratios.

    python -m bench.data postgresql://.../bench
    python -m bench.reading postgresql://.../bench --postgraphile FOLDER --node NODE [--rounds 3] [--seconds 2]

FOLDER has had `npm install postgraphile@5 graphql@16 pg`; without it PostGraphile is left out. NODE is version 22 or
newer. Needs `wrk`. Every server answers each operation once before it is timed, and an answer with errors ends the run.
CPU is that of the server's processes and of PostgreSQL together; it is steadier than wall time on a shared machine.
"""

import argparse
import contextlib
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bench.data import KEY
from bench.documents import OPERATIONS, bodies

ROOT = Path(__file__).parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
CONFIGURATION = """
import { makePgService } from "postgraphile/adaptors/pg";
import { makeV4Preset } from "postgraphile/presets/v4";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
export default {
  extends: [PostGraphileAmberPreset, makeV4Preset({ disableDefaultMutations: true })],
  pgServices: [makePgService({ connectionString: process.env.DATABASE_URL, schemas: ["public"] })],
  grafserv: { port: Number(process.env.PORT), host: "127.0.0.1", watch: false, graphiql: false },
};
"""
SCRIPT = """
local bodies, n = {}, 0
for line in io.lines(os.getenv("BODIES")) do bodies[#bodies + 1] = line end
local headers = { ["content-type"] = "application/json", ["accept"] = "application/json",
                  ["authorization"] = os.getenv("AUTHORIZATION") }
request = function() n = n + 1; return wrk.format("POST", nil, headers, bodies[(n - 1) % #bodies + 1]) end
done = function(s, l, r)
  io.write(string.format("RESULT %d %d %d %d\\n", s.requests, s.duration, l:percentile(99),
    s.errors.status + s.errors.connect + s.errors.read + s.errors.timeout))
end
"""


class Target(NamedTuple):
    name: str
    dialect: str
    command: list[str]
    port: int
    environment: dict[str, str]
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"


class Measured(NamedTuple):
    rate: float  # answers a second
    cpu_ms: float  # of server and database, for one answer
    p99_ms: float


def targets(url: str, folder: str, node: str) -> Iterator[Target]:
    python = sys.executable
    raw = [python, "-m", "uvicorn", "bench.raw:app", "--port", "8401", "--no-access-log", "--log-level", "warning"]
    yield Target("raw", "ours", raw, 8401, {"DATABASE_URL": url}, ROOT)
    environment = {"CASEGRAPH_DATABASE_URL": url, "CASEGRAPH_RATE_LIMITS": "off", "CASEGRAPH_LOG_LEVEL": "WARNING"}
    environment["CASEGRAPH_DATA_DIR"] = tempfile.mkdtemp(prefix="bench-")
    yield Target("casegraph", "ours", [python, "-m", "cli", "serve", "--port", "8402"], 8402, environment, ROOT)
    if folder:
        (Path(folder) / "bench.config.mjs").write_text(CONFIGURATION)
        peer = [node, "node_modules/.bin/postgraphile", "-C", "bench.config.mjs"]
        yield Target("PostGraphile", "postgraphile", peer, 8403, {"DATABASE_URL": url, "PORT": "8403"}, Path(folder))


@contextlib.contextmanager
def running(target: Target) -> Iterator[int]:
    process = subprocess.Popen(
        target.command,
        cwd=target.folder,
        env={**os.environ, **target.environment},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(240):
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                post(target, bodies(target.dialect, "point", 1)[0])
                break
            if process.poll() is not None:
                raise SystemExit(f"{target.name} ended before it answered.")
            time.sleep(0.25)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def post(target: Target, body: str) -> Any:
    headers = {"content-type": "application/json", "accept": "application/json", "authorization": f"Bearer {KEY}"}
    request = urllib.request.Request(target.url, body.encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.loads(response.read())


def cpu_s(root: int) -> float:
    """CPU of a process, its threads and its children, those that have ended among them."""
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += sum(int(field) for field in fields[11:15])
            for thread in Path(f"/proc/{pid}/task").iterdir():
                waiting += [int(child) for child in (thread / "children").read_text().split()]
    return total / TICKS


def postmaster(url: str) -> int:
    """The process of the database server, when it runs on this machine."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                line = (folder / "cmdline").read_text().split("\0")
                if line[0].endswith("postgres") and "-D" in line:
                    return int(folder.name)
    return 0


def measure(target: Target, pid: int, database: int, operation: str, seconds: float, connections: int) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        asked, script = Path(folder, "bodies"), Path(folder, "load.lua")
        asked.write_text("\n".join(bodies(target.dialect, operation)))
        script.write_text(SCRIPT)
        before = cpu_s(pid) + cpu_s(database)
        run = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", str(script), target.url],
            env={**os.environ, "BODIES": str(asked), "AUTHORIZATION": f"Bearer {KEY}"},
            capture_output=True,
            text=True,
            timeout=seconds + 60,
            check=True,
        )
        spent = cpu_s(pid) + cpu_s(database) - before
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+)", run.stdout)
    assert found, run.stdout
    count, micros, p99, errors = map(int, found.groups())
    if errors or not count:
        raise SystemExit(f"{target.name}: {errors} of {count} answers to {operation} failed.")
    return Measured(count / micros * 1e6, spent / count * 1000, p99 / 1000)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("url")
    options.add_argument("--postgraphile", default="")
    options.add_argument("--node", default="node")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=int, default=2)
    options.add_argument("--connections", type=int, default=8)
    given = options.parse_args()
    everyone = list(targets(given.url, given.postgraphile, given.node))
    database = postmaster(given.url)
    measured: dict[tuple[str, str], list[Measured]] = {}
    with contextlib.ExitStack() as leaving:
        pids = [(target, leaving.enter_context(running(target))) for target in everyone]
        sizes = {operation: check(everyone, operation) for operation in OPERATIONS}
        for _ in range(given.rounds):
            for operation in OPERATIONS:
                for target, pid in pids:
                    one = measure(target, pid, database, operation, given.seconds, given.connections)
                    measured.setdefault((operation, target.name), []).append(one)
    report(everyone, measured, sizes)


def check(everyone: list[Target], operation: str) -> int:
    """Every server answers, ours byte for byte as the raw limit does; gives the size of the answer."""
    answers = {target.name: post(target, bodies(target.dialect, operation, 1)[0]) for target in everyone}
    for name, answer in answers.items():
        if answer.get("errors"):
            raise SystemExit(f"{name} answers {operation} with {answer['errors'][:1]}")
    if answers["raw"] != answers["casegraph"]:
        raise SystemExit(f"The raw limit and casegraph answer {operation} differently.")
    return len(json.dumps(answers["casegraph"], separators=(",", ":")))


def report(everyone: list[Target], measured: dict[tuple[str, str], list[Measured]], sizes: dict[str, int]) -> None:
    for operation in OPERATIONS:
        print(f"{operation} ({sizes[operation]} B)")
        ours = measured[operation, "casegraph"]
        for target in everyone:
            own = measured[operation, target.name]
            rates = [mine.rate / theirs.rate for mine, theirs in zip(ours, own, strict=True)]
            cpus = [theirs.cpu_ms / mine.cpu_ms for mine, theirs in zip(ours, own, strict=True) if mine.cpu_ms]
            middle = [statistics.median(values) for values in zip(*own, strict=True)]
            ratios = f"{statistics.median(rates):.2f} times as fast, by CPU {statistics.median(cpus or [0]):.2f}"
            rate, cpu, p99 = middle
            print(f"  {target.name:13} {rate:6.0f}/s {cpu:7.2f} ms CPU, p99 {p99:.0f} ms; casegraph is {ratios}")


if __name__ == "__main__":
    main()
