"""R36: request ids are tame, log lines are one JSON object each, and nothing a caller sent is in them.

The encoder itself is tried in tests/door/test_telemetry.py, secrets through every door in test_r39_logs.py.
"""

import io
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
import structlog

from app import make_app
from foundation import telemetry
from resolvers.operation import House

MARK = "mark-7f3a"
TAME = ["a", "A-b_c.9", "x" * 128]
WILD = ["", "x" * 129, "two words", "semi;colon", "qu\"ote", "tab\there", "caf\u00e9", "<script>"]  # fmt: skip


@pytest.fixture
def lines() -> Iterator[Callable[[], list[str]]]:
    root, state = logging.getLogger(), structlog.get_config()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    telemetry.configure(level="DEBUG", stream=stream)
    yield lambda: stream.getvalue().splitlines(keepends=True)
    root.handlers[:], root.level = before[0], before[1]
    structlog.configure(**state)


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=make_app(house, working=False), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as made:
        yield made


@pytest.mark.parametrize("path", ["/graphql", "/api/auth/login/", "/health", "/nowhere"])
async def test_only_tame_request_ids_are_taken_over(client: httpx.AsyncClient, path: str) -> None:
    for given in TAME:
        answer = await client.post(path, json={}, headers={"X-Request-ID": given, "X-Correlation-ID": given})
        assert (answer.headers["x-request-id"], answer.headers["x-correlation-id"]) == (given, given)
    for given in WILD:
        raw: Any = [(b"X-Request-ID", given.encode()), (b"X-Correlation-ID", given.encode())]
        answer = await client.post(path, json={}, headers=raw)
        assert len(answer.headers["x-request-id"]) == 36 and given not in answer.headers.values()


async def test_a_line_is_one_object_and_holds_nothing_that_was_sent(
    client: httpx.AsyncClient, lines: Callable[[], list[str]]
) -> None:
    controls = f"{MARK}\r\n\x1b[31m\x85\u2028"
    document = f"query Q($a: String) {{ viewer {{ id }} {MARK.replace('-', '_')} }} # {MARK}"
    login = "mutation($i: LoginInput!) { login(input: $i) { userErrors { code } } }"
    secret = {"username": controls, "password": MARK}
    await client.post("/graphql", json={"query": document, "variables": {"a": controls}})
    await client.post("/graphql", json={"query": login, "variables": {"i": secret}})
    await client.post(f"/graphql?token={MARK}", content=f"{{{MARK}", headers={"content-type": "application/json"})
    await client.post(f"/api/auth/login/?next={MARK}", json=secret)
    await client.get(f"/api/{MARK}/%0d%0a{MARK}?q={MARK}")
    agent: Any = [(b"User-Agent", controls.replace("\r\n", "").encode()), (b"Authorization", f"Bearer {MARK}".encode())]
    await client.get("/health", headers=agent)
    written = lines()
    assert len([line for line in written if json.loads(line)["event"] == "request"]) == 6
    for line in written:
        assert line.endswith("\n") and all(" " <= character <= "~" for character in line[:-1])
        assert {"event", "at", "level", "logger"} <= json.loads(line).keys()
        assert MARK not in line and MARK.replace("-", "_") not in line
    ids = {json.loads(line).get("request_id") for line in written if json.loads(line)["event"] == "request"}
    assert len(ids) == 6 and None not in ids
