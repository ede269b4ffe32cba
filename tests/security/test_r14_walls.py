"""R14, the second wall: without the condition in the statement PostgreSQL still gives nothing foreign away."""

import pytest
from sqlalchemy import text, true
from sqlalchemy.exc import DBAPIError

from foundation.ids import to_global
from models import tables as rows
from models.reading.visibility import VISIBLE
from models.walls import EVERYTHING, NOBODY, WALLED, wall_of
from resolvers.operation import House
from tests.graph.asking import Graph
from tests.world import World

ACTIVITY = {"activity_record", "activity_entity"}
LISTS = """query ($ids: [ID!]!) {
  investigations { totalCount edges { node { id evidence { totalCount edges { node { title } } } } } }
  activity(filter: {}) { totalCount edges { node { source } } }
  nodes(ids: $ids) { id }
}"""
NOTHING = {"totalCount": 0, "edges": []}


@pytest.fixture
def postgres(house: House) -> House:
    if house.database.is_sqlite:
        pytest.skip("SQLite has no row level security.")
    return house


def test_what_belongs_to_a_case_is_walled() -> None:
    parts = {
        name
        for name, table in rows.METADATA.tables.items()
        if {"investigation_id", "organization_id"} <= {*table.c.keys()}
    }
    assert parts | {"investigation"} | ACTIVITY == WALLED


async def test_the_database_agrees_and_the_product_is_no_superuser(postgres: House) -> None:
    async with postgres.database.reading() as session:
        guarded = await session.execute(
            text(
                "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, count(p.polname) FROM pg_class c "
                "JOIN pg_policy p ON p.polrelid = c.oid GROUP BY 1, 2"
            )
        )
        assert {tuple(row) for row in guarded} == {(name, True, 1) for name in WALLED}
        mighty = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        assert await session.scalar(text(mighty)) is False


async def case_with_parts(world: World) -> tuple[int, list[str]]:
    now = world.house.clock.now()
    case = await world.case()
    evidence = await world.evidence(case)
    record = await world.put(
        rows.ActivityRecord(
            organization_id=case.organization_id, kind="login", time=now, source="sshd", identity="1", ingested_at=now
        )
    )
    await world.put(rows.EvidenceActivity(evidence_id=evidence.id, record_id=record.id))
    named = {"Investigation": case.id, "Evidence": evidence.id, "ActivityRecord": record.id}
    return case.id, [to_global(kind, key) for kind, key in named.items()]


async def test_a_statement_without_its_condition(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite the same slip shows everything, which proves that the condition is really gone."""
    for table in list(VISIBLE):
        if table.name in WALLED:
            monkeypatch.setitem(VISIBLE, table, true())
    number, ids = await case_with_parts(world)
    await world.case(entity_value="198.51.100.77")
    graph = Graph(world.house, "planned")
    told = await graph.ask(world.stranger, LISTS, ids=ids)
    if world.house.database.is_sqlite:
        assert (told["investigations"]["totalCount"], [node["id"] for node in told["nodes"]]) == (2, ids)
        return
    assert told == {"investigations": NOTHING, "activity": NOTHING, "nodes": [None] * 3}
    now = world.house.clock.now()
    assigned = rows.InvestigationAssignee(investigation_id=number, user_id=world.stranger.user_id, assigned_at=now)
    await world.put(assigned)
    told = await graph.ask(world.stranger, LISTS, ids=ids)
    assert [edge["node"]["id"] for edge in told["investigations"]["edges"]] == ids[:1]
    assert (told["investigations"]["totalCount"], told["activity"]["totalCount"]) == (1, 1)
    assert [node["id"] for node in told["nodes"]] == ids
    assert (await graph.ask(world.viewer, LISTS, ids=ids))["investigations"]["totalCount"] == 2


async def test_a_transaction_touches_what_its_viewer_may(postgres: House, world: World) -> None:
    case = await world.case()
    await world.evidence(case)
    count = text("SELECT count(*) FROM evidence")
    seen = {}
    for name, wall in {
        "nobody": NOBODY,
        "own": wall_of(world.viewer),
        "stranger": wall_of(world.stranger),
        "everything": EVERYTHING,
    }.items():
        async with postgres.database.reading(wall) as session:
            seen[name] = await session.scalar(count)
    assert seen == {"nobody": 0, "own": 1, "stranger": 0, "everything": 1}
    for statement in (
        "UPDATE evidence SET title = 'x'",
        "DELETE FROM evidence",
        f"UPDATE investigation SET organization_id = '{world.stranger.organization_id}'",
    ):
        async with postgres.database.transaction(wall_of(world.stranger)) as session:
            assert (await session.execute(text(statement))).rowcount == 0  # type: ignore[attr-defined]
    with pytest.raises(DBAPIError, match="row-level security"):
        async with postgres.database.transaction(wall_of(world.stranger)) as session:
            session.add(rows.Note(
                investigation_id=case.id, organization_id=case.organization_id, body="x", visibility="all",
                created_at=postgres.clock.now(),
            ))  # fmt: skip
    with pytest.raises(DBAPIError, match="row-level security"):
        async with postgres.database.transaction(wall_of(world.publisher)) as session:
            gift = f"UPDATE investigation SET organization_id = '{world.stranger.organization_id}'"
            await session.execute(text(gift))


async def test_who_asked_is_forgotten_with_the_statement(postgres: House, world: World) -> None:
    await case_with_parts(world)
    await Graph(postgres, "planned").ask(world.viewer, LISTS, ids=["INV-1"])
    pool = postgres.database.planner._pool  # type: ignore[attr-defined]
    for _ in range(pool.get_size()):
        async with pool.acquire() as connection:
            left = await connection.fetchval("SELECT current_setting('casegraph.organization', true)")
            assert (left or "", await connection.fetchval("SELECT count(*) FROM investigation")) == ("", 0)
