"""Chance against the doors: whatever is made up, nothing is a fault of ours. `make fuzz` spends more on it.

`CASEGRAPH_FUZZ` is how many examples each operation gets.
"""

import asyncio
import os
from collections import Counter
from contextlib import suppress
from typing import Any

import orjson
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.graphql import nodes
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from foundation import telemetry
from foundation.cursors import BadCursor, Cursors
from foundation.errors import Malformed
from foundation.strict_json import read_json
from tests.graph.asking import SCHEMA
from tests.rest.shapes import DOCUMENT
from tests.security.callers import caller
from tests.security.test_hostile_inputs import ONCE
from tests.security.test_r40_headers import changed
from tests.security.wire import serving
from tests.world import World

EXAMPLES = int(os.environ.get("CASEGRAPH_FUZZ", "3"))
BUDGET = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    derandomize=EXAMPLES < 50,  # the suite says the same each time; `make fuzz` looks further each time
    suppress_health_check=list(HealthCheck),
)
MANY = settings(BUDGET, max_examples=EXAMPLES * 50)
INTROSPECTION = SCHEMA.introspect()

for name, texts in {
    "DateTime": st.sampled_from(["2026-11-20T00:00:00Z", "now", "", "9999-12-31T23:59:59.999999999+14:00"]),
    "Cursor": st.text(max_size=40),
    "Confidence": st.integers(-5, 200).map(str),
    "Score": st.floats(-1, 2, allow_nan=False).map(str),
    "JSON": st.sampled_from(['{"type": "bundle", "objects": [5]}', "{}", "5", '"x"', '{"a": [{"b": null}]}']),
}.items():
    schemathesis.graphql.scalar(name, texts.map(nodes.String))


def all_of(schema: Any) -> list[Any]:
    return [found.ok() for found in schema.get_all_operations()]


async def tokens(world: World, count: int) -> list[dict[str, str]]:
    return [(await caller(world, "publisher")).headers for _ in range(count)]


@ONCE
@pytest.mark.filterwarnings("ignore")  # what the generators' libraries warn of each other is no concern of ours
async def test_no_made_up_call_of_rest_is_a_fault_of_ours(world: World) -> None:
    """And each answer has a documented status, and the shape that is documented for it."""
    operations = all_of(schemathesis.openapi.from_dict(DOCUMENT))
    signed_in = await tokens(world, len(operations))
    seen: Counter[int] = Counter()
    house = changed(world.house, rate_limits=False)
    async with serving(house) as port:

        def fuzz() -> None:
            for operation, token in zip(operations, signed_in, strict=True):
                for mode in GenerationMode:
                    for headers in ({}, token):
                        run(operation, mode, headers)

        def run(operation: Any, mode: GenerationMode, headers: dict[str, str]) -> None:
            @BUDGET
            @given(operation.as_strategy(mode))
            def one(case: Any) -> None:
                response = case.call(base_url=f"http://127.0.0.1:{port}", headers=headers)
                seen[response.status_code] += 1
                checks = [not_a_server_error, response_schema_conformance]
                if mode is GenerationMode.POSITIVE:
                    checks.append(status_code_conformance)
                case.validate_response(response, checks=checks)

            with suppress(Unsatisfiable):  # where nothing is taken, nothing can be wrong with it
                one()

        await asyncio.to_thread(fuzz)
    assert max(seen) < 500 and sum(seen.values()) > len(operations)
    print("\nREST:", dict(seen))


@ONCE
@pytest.mark.filterwarnings("ignore")
async def test_no_made_up_document_is_a_fault_of_ours(world: World) -> None:
    operations = all_of(schemathesis.graphql.from_dict(INTROSPECTION))
    signed_in = await tokens(world, len(operations))
    seen: Counter[str] = Counter()
    before = telemetry.counters().get("graphql.surprises", 0)
    async with serving(changed(world.house, rate_limits=False)) as port:

        def fuzz() -> None:
            for operation, token in zip(operations, signed_in, strict=True):
                run(operation, token)

        def run(operation: Any, token: dict[str, str]) -> None:
            @settings(BUDGET, max_examples=max(1, EXAMPLES // 3))
            @given(operation.as_strategy())
            def one(case: Any) -> None:
                response = case.call(base_url=f"http://127.0.0.1:{port}/graphql", headers=token)
                assert response.status_code in (200, 401), response.text  # some of them end the session
                codes = [error["extensions"]["code"] for error in response.json().get("errors", ())]
                seen.update(codes or ["answered"])
                assert "INTERNAL_SERVER_ERROR" not in codes, (case.body, response.text)

            one()

        await asyncio.to_thread(fuzz)
    assert telemetry.counters().get("graphql.surprises", 0) == before
    print("\nGraphQL:", dict(seen))


@MANY
@given(
    st.binary(max_size=200) | st.text(st.sampled_from('{}[]":,\\u0d8 1e9-.ntNa\x00é😀'), max_size=80).map(str.encode)
)
def test_no_bytes_are_a_fault_of_the_reader(data: bytes) -> None:
    try:
        value = read_json(data, max_bytes=150)
    except Malformed as refusal:
        assert refusal.status in (400, 413)
    else:
        assert orjson.loads(orjson.dumps(value)) == value


CURSORS = Cursors(lambda: (b"k" * 32,))
SEALED = CURSORS.seal("cases", ["2026-01-01", 7])


@MANY
@given(
    st.text(max_size=120)
    | st.binary(max_size=90).map(lambda raw: raw.hex())
    | st.tuples(st.integers(0, len(SEALED) - 1), st.characters(codec="ascii")).map(
        lambda change: SEALED[: change[0]] + change[1] + SEALED[change[0] + 1 :]
    )
)
def test_no_text_is_a_cursor_but_ours(text: str) -> None:
    try:
        opened = CURSORS.open("cases", text)
    except BadCursor:
        return
    # Base64 leaves bits at its end unused: such a twin says the same, and nothing else.
    assert opened == ["2026-01-01", 7]


@MANY
@given(st.lists(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20), max_size=5), st.text())
def test_a_cursor_opens_for_its_own_purpose_alone(values: list[Any], purpose: str) -> None:
    sealed = CURSORS.seal("cases", [*(v for v in values if not isinstance(v, str) or v.isascii())])
    assert CURSORS.open("cases", sealed) == [v for v in values if not isinstance(v, str) or v.isascii()]
    if purpose != "cases" and purpose.isprintable():
        with pytest.raises(BadCursor):
            CURSORS.open(purpose, sealed)
