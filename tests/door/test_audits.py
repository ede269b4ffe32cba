"""The published suite for GraphQL over HTTP, and the clients graphql-ws and graphql-sse, against a running server.

They are npm packages: `npm install --no-package-lock` in tests/door/clients brings them. Without node or without the
packages these tests are skipped and say so; under CASEGRAPH_TEST_REQUIRE_ALL they fail instead.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from foundation.settings import Mode
from schema.door import GraphQLDoor
from tests.door import graph, server

CLIENTS = Path(__file__).parent / "clients"
NODE = shutil.which("node")
MISSING = (
    "node is not installed"
    if NODE is None
    else ""
    if (CLIENTS / "node_modules" / "graphql-http").is_dir()
    else f"npm install has not been run in {CLIENTS.name}/"
)

# What the standard leaves open and we decline: a GET never runs anything, whoever asks.
DECLINED = {"5A70", "D6D5", "6A70"}


@pytest.fixture(scope="module")
def url():
    if MISSING:
        if os.environ.get("CASEGRAPH_TEST_REQUIRE_ALL"):
            raise RuntimeError(f"{MISSING}, and this run must not do without it.")
        pytest.skip(MISSING)
    desk = graph.desk(Mode.DEVELOPMENT)
    with server.running(GraphQLDoor(graph.schema, desk, settings=desk.settings)) as at:
        yield f"http://{at}/graphql"


def node(script, *arguments):
    assert NODE is not None
    done = subprocess.run(
        [NODE, CLIENTS / script, *arguments], capture_output=True, text=True, timeout=60, cwd=CLIENTS, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_graphql_over_http_audits(url):
    results = {result["id"]: result for result in node("http.mjs", url)}
    assert len(results) >= 60
    failed = {id_: result["name"] for id_, result in results.items() if result["status"] != "ok"}
    assert set(failed) == DECLINED, failed
    assert all(results[id_]["name"].startswith("MAY ") for id_ in DECLINED)


def counted(*numbers):
    return [{"data": {"count": {"number": number}}} for number in numbers]


def test_clients_of_both_streaming_protocols(url):
    (seen,) = node("clients.mjs", url, "ada")
    (made,) = seen["socket"].pop("mutation")
    assert made["data"] == {"make": None}
    assert made["errors"][0]["extensions"]["contractCode"] == "CONFLICT"
    assert seen["socket"] == {
        "query": [{"data": {"me": "ada"}}],
        "subscription": counted(1, 2, 3),
        "parse": [{"thrown": ["GRAPHQL_PARSE_FAILED"]}],
        "validation": [{"thrown": ["GRAPHQL_VALIDATION_FAILED"]}],
        "coercion": [{"thrown": ["BAD_USER_INPUT"]}],
        "refused": [{"thrown": ["BAD_USER_INPUT"]}],
    }
    assert seen["together"] == [1, 2, 3, 4, 5]
    assert seen["stopped"] == [*counted(1), True]
    assert seen["events"] == ["opened", "connected", "pong"]
    assert seen["stranger"] == [{"thrown": "4403"}]
    stream = seen["stream"]
    assert stream["query"] == [{"data": {"me": "ada"}}]
    assert stream["subscription"] == counted(1, 2, 3)
    assert stream["mutation"][0]["data"] == {"make": None}
    codes = {name: stream[name][0]["errors"][0]["extensions"]["code"] for name in ("parse", "validation", "refused")}
    assert codes == {
        "parse": "GRAPHQL_PARSE_FAILED",
        "validation": "GRAPHQL_VALIDATION_FAILED",
        "refused": "BAD_USER_INPUT",
    }
