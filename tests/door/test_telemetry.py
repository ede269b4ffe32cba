"""Log lines: one encoder, one line, no secrets, the request's id (SECURITY R36)."""

import io
import json
import logging
from datetime import UTC, datetime

import pytest
import structlog

from foundation import telemetry
from foundation.clock import FixedClock


@pytest.fixture
def lines():
    root, state = logging.getLogger(), structlog.get_config()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    telemetry.configure(stream=stream, clock=FixedClock(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)))
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], root.level = before[0], before[1]
    structlog.configure(**state)


def test_a_line_is_one_object_with_its_request(lines):
    token = telemetry.request_id.set("req-1")
    telemetry.logger("casegraph.door").info("served", status=200)
    telemetry.request_id.reset(token)
    assert lines() == [
        {
            "event": "served",
            "status": 200,
            "level": "info",
            "logger": "casegraph.door",
            "at": "2026-01-02T03:04:05.000000Z",
            "request_id": "req-1",
        }
    ]


def test_lines_of_libraries_take_the_same_way(lines):
    logging.getLogger("uvicorn.error").warning("line one\r\nline two %s", "\x1b[31m")
    logging.getLogger("uvicorn.error").info('"WebSocket /graphql?token=x" [accepted]')
    (line,) = lines()
    assert line["event"] == "line one\r\nline two \x1b[31m"
    assert line["logger"] == "uvicorn.error"
    assert "request_id" not in line


def test_nothing_but_printable_ascii_is_written(capsys):
    text = telemetry.encode(None, "", {"event": "a\n\x1b\x7f\x85\u2028é\ud800"})
    assert text == '{"event": "a\\n\\u001b\\u007f\\u0085\\u2028\\u00e9\\ud800"}'


def test_secrets_are_blotted_out(lines):
    telemetry.logger("x").info(
        "tried Bearer abc.def-1 and cg_0123456789abcdef",
        password="hunter2",
        headers={"Authorization": "Bearer q", "accept": "a"},
        seen=["Basic dXNlcg==", {"apiKey": "k"}],
    )
    (line,) = lines()
    assert line["event"] == "tried [hidden] and [hidden]"
    assert line["password"] == "[hidden]"
    assert line["headers"] == {"Authorization": "[hidden]", "accept": "a"}
    assert line["seen"] == ["[hidden]", {"apiKey": "[hidden]"}]


def test_a_traceback_stays_in_its_line(lines):
    try:
        raise ValueError("broken\nin two")
    except ValueError:
        telemetry.logger("x").exception("surprise")
    (line,) = lines()
    assert line["level"] == "error"
    assert line["exception"].endswith("ValueError: broken\nin two")


def test_only_tame_request_ids_are_accepted():
    assert telemetry.accept_id("A-b_c.9") == "A-b_c.9"
    assert telemetry.accept_id("x" * 128) == "x" * 128
    for wild in (None, "", "x" * 129, "a b", "a\n", "é", "a\r\nSet-Cookie: x"):
        made = telemetry.accept_id(wild)
        assert len(made) == 36 and made != wild


def test_counters_count():
    before = telemetry.counters().get("test.counted", 0)
    telemetry.count("test.counted")
    telemetry.count("test.counted", 4)
    assert telemetry.counters()["test.counted"] == before + 5
