"""How plans are kept, run, bounded, interrupted, and read as values."""

import asyncio
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import Integer, column, func, literal, select

from foundation import telemetry
from foundation.errors import Forbidden, Unauthenticated, Unavailable
from foundation.ids import to_global
from models import tables as rows
from models.reading import run
from models.reading.lookup import Lookup
from models.reading.origins import Batch, Link
from models.reading.plan import Plan, Plans
from models.reading.selection import Pick, Selection, Wanted, computed, one_row, rows_of, value
from models.reading.statements import Run, by_key
from models.reading.text import to_json
from resolvers import reading
from rules.access.actions import Action
from rules.access.viewer import ANONYMOUS, Viewer
from tests.reading.graph import SCHEMA, Context
from tests.world import World, at


def counted(before: dict[str, int]) -> dict[str, int]:
    return {k: n - before.get(k, 0) for k, n in telemetry.counters().items() if n != before.get(k, 0)}


def codes(result: Any) -> list[str]:
    return [str((error.extensions or {}).get("code")) for error in result.errors or ()]


def decoded(data: Any) -> Any:
    return orjson.loads(orjson.dumps(data))


# ---- plans are made once ----


async def test_a_plan_serves_every_viewer_and_every_value(world: World) -> None:
    case = await world.case()
    text = "query($id: ID!, $n: Int) { investigation(id: $id) { evidence(first: $n) { totalCount } } }"
    for number, (viewer, n) in enumerate([(world.publisher, 1), (world.viewer, 2), (world.stranger, 3)]):
        before = telemetry.counters()
        id_ = decoded(await identify(world, case.id))
        result = await SCHEMA.execute(text, {"id": id_, "n": n}, context_value=Context(world.op(viewer)))
        made = counted(before)
        assert made.get("reading.plans", 0) == (2 if number == 0 else 0)  # the id's own document, and this one
        expected = None if viewer is world.stranger else {"evidence": {"totalCount": 0}}
        assert decoded(result.data) == {"investigation": expected}


async def identify(world: World, key: int | None) -> str:
    result = await SCHEMA.execute("{ investigations { edges { node { id } } } }", context_value=Context(world.op()))
    return decoded(result.data)["investigations"]["edges"][0]["node"]["id"]  # type: ignore[no-any-return]


async def test_conditions_choose_the_plan(world: World) -> None:
    await world.case()
    text = "query($no: Boolean!) { investigations { totalCount edges @include(if: $no) { node { entityValue } } } }"
    for no in (True, False, True):
        result = await SCHEMA.execute(text, {"no": no}, context_value=Context(world.op()))
        assert ("edges" in decoded(result.data)["investigations"]) is no


def test_the_least_recently_used_plan_goes_first() -> None:
    plans = Plans(size=2)
    made: list[str] = []

    def make(name: str) -> Plan:
        made.append(name)
        return Plan(Selection(one_row(rows.Note, {"body": value("body")})).pick, [], "sqlite")

    for name in ("a", "b", "a", "c", "a", "b"):
        plans.of(name, lambda name=name: make(name))  # type: ignore[misc]
    assert made == ["a", "b", "c", "b"]
    assert len(plans) == 2


async def test_abstract_types_are_planned_when_they_appear(world: World) -> None:
    """A document may name every type behind an interface; only those that are met cost a plan."""
    case = await world.case()
    id_ = await identify(world, case.id)
    text = """query($id: ID!) { node(id: $id) { __typename
      ... on Investigation { status } ... on Evidence { title } ... on User { name } } }"""
    result = await SCHEMA.execute(text, {"id": id_}, context_value=Context(world.op()))
    assert decoded(result.data) == {"node": {"__typename": "Investigation", "status": "RUNNING"}}
    plans = reading.driver_of(world.op()).plans._plans
    plan = next(p for p in reversed(plans.values()) if p.pick.name == "node")
    assert list(plan.pick.kinds._made) == ["Investigation"]


async def test_fragments_that_double_at_every_link_are_refused(world: World) -> None:
    links = 12
    case = " ".join(f"fragment F{n} on Evidence {{ a: investigation {{ ...G{n} }} }}" for n in range(links))
    back = " ".join(
        f"fragment G{n} on Investigation {{ a: evidence {{ edges {{ node {{ ...F{n + 1} }} }} }}"
        f" b: evidence {{ edges {{ node {{ ...F{n + 1} }} }} }} }}"
        for n in range(links)
    )
    text = f"{{ evidence {{ edges {{ node {{ ...F0 }} }} }} }} {case} {back} fragment F{links} on Evidence {{ title }}"
    result = await SCHEMA.execute(text, context_value=Context(world.op()))
    assert result.data == {"evidence": None}
    assert [e.message for e in result.errors or ()] == ["This document asks for too much at once."]


# ---- statements ----


@pytest.mark.parametrize("count", [3, 60])
async def test_the_number_of_steps_does_not_grow_with_the_rows(world: World, count: int) -> None:
    for n in range(count):
        case = await world.case(entity_value=f"host-{n}", created_by=world.publisher.user_id)
        await world.evidence(case, title="x")
    text = """{ investigations(first: 100) { totalCount edges { node { createdBy { name } notes { body }
      evidence(first: 5) { edges { node { title activity { edges { node { ip } } } } } } } } } }"""
    before = telemetry.counters()
    result = await SCHEMA.execute(text, context_value=Context(world.op()))
    assert decoded(result.data)["investigations"]["totalCount"] == count
    # cases, their count, people, notes, evidence, activity
    assert counted(before)["reading.steps"] == 6


async def test_below_no_rows_nothing_is_asked_or_refused(world: World) -> None:
    text = """{ investigations { edges { node {
      evidence(after: "rubbish") { totalCount } graph(size: 1000) { hidden } } } } }"""
    before = telemetry.counters()
    result = await SCHEMA.execute(text, context_value=Context(world.op()))
    assert (decoded(result.data), result.errors) == ({"investigations": {"edges": []}}, None)
    assert counted(before)["reading.steps"] == 1


def test_a_table_about_which_nobody_has_decided_cannot_be_read() -> None:
    for dialect in ("sqlite", "postgresql"):
        with pytest.raises(LookupError, match="does not say who may see"):
            by_key(rows.Stream, ["key"], dialect)
        with pytest.raises(LookupError, match="does not say who may see"):
            Lookup(lambda given: select(rows.Stream.__table__.c.key)).made(dialect)  # type: ignore[attr-defined]


async def test_what_a_batch_asks_is_guarded_by_visibility(world: World) -> None:
    mine, theirs = await world.case(), await world.case(owner=world.stranger)
    case = rows.Investigation.__table__.c  # type: ignore[attr-defined]
    asked = Lookup(lambda given: select(case.id, case.created_at).where(given.among(case.id, "ids")).order_by(case.id))

    def batch() -> Any:
        return (yield asked.of(ids=[mine.id, theirs.id]))

    now = world.house.clock.now()
    assert await reading.read_batch(world.op(), batch()) == [(mine.id, now)]
    assert await reading.read_batch(world.op(world.stranger), batch()) == [(theirs.id, now)]
    assert await reading.read_batch(world.op(ANONYMOUS), batch()) == []


async def test_keys_that_no_row_can_have_are_absent(world: World) -> None:
    await world.case()
    text = "query($id: ID!) { investigation(id: $id) { status } }"
    for key in ("9" * 30, "-1", "x", "1.0", "", "1" * 19 + "9"):
        id_ = to_global("Investigation", key)
        result = await SCHEMA.execute(text, {"id": id_}, context_value=Context(world.op()))
        assert (result.data, result.errors) == ({"investigation": None}, None)


async def test_text_that_no_database_can_hold_is_refused(world: World) -> None:
    text = "query($s: String) { investigations(filter: {search: $s}) { totalCount } }"
    for bad in ("a\0b", "\ud800"):
        result = await SCHEMA.execute(text, {"s": bad}, context_value=Context(world.op()))
        assert result.data == {"investigations": None}
        assert codes(result) == ["BAD_USER_INPUT"]


async def test_one_faulty_row_of_a_batch_is_that_rows_error(world: World) -> None:
    for entity in ("a", "broken", "b"):
        await world.case(entity_value=entity)
    drawn = "{ investigations(orderBy: ENTITY) { edges { node { entityValue graph { hidden } } } } }"
    result = await SCHEMA.execute(drawn, context_value=Context(world.op()))
    assert result.data == {"investigations": None}  # the graph may not be null, so this goes up to the root
    assert [e.path for e in result.errors or ()] == [["investigations", "edges", 2, "node", "graph"]]
    calls: list[int] = []

    def fragile(rows: list[tuple[int]]) -> list[int]:
        calls.append(len(rows))
        if 2 in [key for (key,) in rows]:
            raise ValueError("two")
        return [key for (key,) in rows]

    selection = Selection(rows_of(rows.Investigation, {"key": batched(fragile, "id")}))
    with pytest.raises(ValueError, match="two"):
        await reading.read_values(world.op(), Action.GRAPH_READ, selection, {})
    assert calls == [3, 1, 1, 1]


def batched(call: Any, *needs: str) -> Wanted:
    return Wanted(Batch(needs, call=call))


# ---- who may ----


async def test_the_action_is_checked_before_anything_runs(world: World) -> None:
    before = telemetry.counters()
    for viewer, code in ((ANONYMOUS, "UNAUTHENTICATED"), (at(world.viewer, scopes=frozenset()), "FORBIDDEN")):
        for mode in ("planned", "reference"):
            result = await SCHEMA.execute(
                "{ investigations { totalCount } }", context_value=Context(world.op(viewer), mode)
            )
            assert result.data == {"investigations": None}
            assert codes(result) == [code]
    assert "reading.steps" not in counted(before)


# ---- constant selections ----

CASE = Selection(
    one_row(
        rows.Investigation,
        {
            "number": value("id"),
            "since": value("created_at"),
            "escalates": value("auto_escalation_enabled"),
            "domains": value("domains_to_analyze"),
            "span": computed(lambda window_start, window_end: window_end - window_start),
            "creator": one_row(rows.User, {"name": value("name")}, by="created_by"),
            "evidence": rows_of(rows.Evidence, {"title": value("title")}, by="investigation_id", order=("title", True)),
            "people": rows_of(
                rows.User, {"name": value("name")}, link=Link(rows.InvestigationAssignee, "investigation_id", "user_id")
            ),
        },
    )
)


async def test_a_constant_selection_gives_python_values(world: World) -> None:
    case = await world.case()
    for title in ("a", "b"):
        await world.evidence(case, title=title)
    await world.put(
        rows.InvestigationAssignee(
            investigation_id=case.id, user_id=world.viewer.user_id, assigned_at=world.house.clock.now()
        )
    )
    expected = {
        "number": case.id,
        "since": world.house.clock.now(),
        "escalates": True,
        "domains": ["authentication"],
        "span": timedelta(days=1),
        "creator": {"name": world.publisher.name},
        "evidence": [{"title": "b"}, {"title": "a"}],
        "people": [{"name": world.viewer.name}],
    }
    assert await reading.read_values(world.op(), Action.GRAPH_READ, CASE, {"key": case.id}) == expected
    assert await reading.read_values(world.op(world.stranger), Action.GRAPH_READ, CASE, {"key": case.id}) is None
    assert await reading.read_values(world.op(), Action.GRAPH_READ, CASE, {"key": 10**40}) is None


@pytest.mark.parametrize(("viewer", "refusal"), [("stranger", None), (ANONYMOUS, Unauthenticated)], ids=str)
async def test_a_constant_selection_is_checked_too(world: World, viewer: Any, refusal: Any) -> None:
    who: Viewer = getattr(world, viewer) if isinstance(viewer, str) else viewer
    if refusal is None:
        assert await reading.read_values(world.op(who), Action.GRAPH_READ, CASE, {"key": 1}) is None
        with pytest.raises(Forbidden):
            await reading.read_values(world.op(who), Action.AUDIT_READ, CASE, {"key": 1})
    else:
        with pytest.raises(refusal):
            await reading.read_values(world.op(who), Action.GRAPH_READ, CASE, {"key": 1})


# ---- drivers ----


def endless(dialect: str) -> Run:
    """A statement that would run for hours."""
    if dialect == "postgresql":
        return Run("select pg_sleep(3600)", [()])
    numbers = select(literal(1, Integer).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select((column("n") + 1).label("n")).select_from(numbers))
    return Run(str(select(func.max(numbers.c.n)).compile(compile_kwargs={"literal_binds": True})), [()])


def quick() -> Run:
    return Run("select 1", [()])


async def test_a_statement_ends_at_its_time_limit_and_its_connection_serves_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "STATEMENT_TIMEOUT_S", 0.2)
    driver = run.driver_for(world.house.database.url, connections=1)

    def steps(step: Run) -> Any:
        return [tuple(row) for row in (yield step)]

    with pytest.raises(Unavailable):
        await driver.drive(steps(endless(driver.dialect)))
    assert await driver.drive(steps(quick())) == [(1,)]
    await driver.close()


async def test_a_request_that_is_given_up_frees_its_connection(world: World) -> None:
    driver = run.driver_for(world.house.database.url, connections=1)

    def steps(step: Run) -> Any:
        return [tuple(row) for row in (yield step)]

    reads = asyncio.ensure_future(driver.drive(steps(endless(driver.dialect))))
    await asyncio.sleep(0.2)
    reads.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reads
    assert await asyncio.wait_for(driver.drive(steps(quick())), 5) == [(1,)]
    await driver.close()


async def test_nothing_can_be_written_through_the_reading(world: World) -> None:
    driver = reading.driver_of(world.op())

    def steps() -> Any:
        return (yield Run("update note set body = 'x'", [()]))

    with pytest.raises(Exception, match=r"readonly|read-only"):
        await driver.drive(steps())


async def test_one_request_does_not_take_all_connections(world: World) -> None:
    """Ten roots at once hold two connections, so another request gets its turn."""
    await world.case()
    roots = " ".join(
        f"r{n}: investigations {{ totalCount explained: edges {{ node {{ explanation }} }} }}" for n in range(10)
    )
    result = await SCHEMA.execute(f"{{ {roots} }}", context_value=Context(world.op()))
    assert result.errors is None
    assert len(decoded(result.data)) == 10


# ---- text ----


def test_lone_surrogates_are_escaped_where_orjson_refuses_them() -> None:
    data = {"a": "\ud800", "b": [orjson.Fragment(b'{"c":1}'), 1.5, None]}
    assert to_json(data) == b'{"a":"\\ud800","b":[{"c":1},1.5,null]}'


def test_a_pick_has_no_kinds_unless_they_are_given() -> None:
    one, other = Pick("a", "a", CASE.pick.origin, "", "T"), Pick("b", "b", CASE.pick.origin, "", "T")
    assert len(one.kinds) == len(other.kinds) == 0
