"""A server of this checkout, on SQLite and a free port, as `casegraph serve` ships it, with two administrators."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
NAME, OTHER, PASSWORD = "bench-admin", "bench-other", "a-Password-for-benches-1"


@dataclass
class Server:
    port: int
    pid: int

    def client(self) -> "Client":
        return Client(self.port)

    def cpu_s(self) -> float:
        """What all its threads have had of the processor, in nanoseconds' steps."""
        folder = Path(f"/proc/{self.pid}/task")
        total = 0
        for task in folder.iterdir():
            with contextlib.suppress(OSError):
                total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9


class Client:
    """One connection that stays open."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.token = ""

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        return self.send(path, json.dumps(body).encode())

    def send(self, path: str, body: bytes) -> tuple[int, Any]:
        headers = {"content-type": "application/json", "accept": "application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        self._connection.request("POST", path, body, headers)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def sign_in(self, name: str = NAME) -> None:
        status, told = self.post("/api/auth/login", {"username": name, "password": PASSWORD})
        if status != 200:
            raise SystemExit(f"Signing in: {status} {told}")
        self.token = told["tokens"]["access"]


@contextlib.contextmanager
def served(**settings: str) -> Iterator[Server]:
    """`settings`: CASEGRAPH_ variables, by what follows the prefix."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        held.close()
        environment = {**os.environ, "CASEGRAPH_DATA_DIR": folder, "CASEGRAPH_LOG_LEVEL": "ERROR"}
        environment |= {f"CASEGRAPH_{name.upper()}": value for name, value in settings.items()}
        command = [sys.executable, "-m", "cli"]
        for name in (NAME, OTHER):
            subprocess.run(
                [*command, "create-admin", name, "--organization", "Bench", "--password-stdin"],
                cwd=ROOT, env=environment, input=PASSWORD.encode(), stdout=subprocess.DEVNULL, check=True,
            )  # fmt: skip
        process = subprocess.Popen([*command, "serve", "--port", str(port)], cwd=ROOT, env=environment)
        try:
            for _ in range(240):
                with contextlib.suppress(OSError, http.client.HTTPException):
                    http.client.HTTPConnection("127.0.0.1", port, timeout=5).request("GET", "/live")
                    break
                time.sleep(0.25)
            yield Server(port, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
