"""Matching: what meets what, in one look-up, however many indicators there are."""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, event, text

from cli.import_stix import Outcome, import_file
from foundation.observables import IndexKey
from models import tables as rows
from models.base import UtcTime
from models.queries.indicators import Match, Observed, any_held, cite, lookup, matching
from models.reading.visibility import viewer_parameters
from models.walls import EVERYTHING
from resolvers.indicators import import_stix
from rules.access.viewer import Viewer
from tests.intelligence.objects import bundle, indicator
from tests.world import World

REPOSITORY = Path(__file__).resolve().parents[2]
REPORTS = Path(os.environ.get("CASEGRAPH_TEST_DATA", REPOSITORY / ".." / "shared" / "data")) / "stix" / "reports"
labelled = pytest.mark.skipif(
    not (REPORTS / "truth.json").exists(),
    reason="the labelled reports are not at hand: set CASEGRAPH_TEST_DATA to the folder that holds stix/reports",
)


async def found(
    world: World, *observed: Observed, viewer: Viewer | None = None, moment: datetime | None = None
) -> list[Match]:
    async with world.house.database.reading(EVERYTHING) as session:
        return await matching(session, viewer or world.viewer, observed, at=moment)


async def names(world: World, *observed: Observed, **more: Any) -> list[int]:
    """The last digits of the STIX ids that match."""
    return sorted({int(match.stix_id[-12:]) for match in await found(world, *observed, **more)})


async def hold(world: World, *patterns: str) -> None:
    made = [indicator(n, pattern) for n, pattern in enumerate(patterns, 1)]
    results = await import_stix(world.op(), bundle=bundle(*made))
    assert [result["status"] for result in results] == ["created"] * len(patterns)


async def test_a_match_tells_what_met_what(world: World) -> None:
    sent = indicator(
        1, "[domain-name:value = 'Evil[.]example']", confidence=80, labels=["apt"], indicator_types=["benign"]
    )
    await import_stix(world.op(), bundle=bundle(sent))
    (match,) = await found(world, ("domain", "EVIL.example."), ("domain", "www.evil.example"))
    (row,) = await world.all(rows.Indicator)
    assert match == Match(
        observed=("domain", "EVIL.example."),
        key=match.key,
        indicator_id=row.id,
        stix_id=sent["id"],
        confidence=80,
        labels=("apt",),
        indicator_types=("benign",),
        valid_from=row.valid_from,
        valid_until=None,
        revoked=False,
        tlp="clear",
        created_by_ref=None,
        modified=row.modified,
        updated_at=row.updated_at,
        organization_id=world.operator.id,
        original_id=row.id,
        form_from=0,
        organization_name="Operator",
        granted=None,
    )
    assert tuple(match.key) == ("domain-name", "value", "evil.example")


async def test_what_meets_what(world: World) -> None:
    await hold(
        world,
        "[domain-name:value = '203.0.113.7']",
        "[ipv4-addr:value = '203.0.113.0/24']",
        "[ipv4-addr:value ISSUBSET '203.0.113.4/30'] OR [ipv4-addr:value = '198.51.100.1']",
        "[ipv6-addr:value = '2001:DB8::/48']",
        "[user-account:account_login = 'Eve']",
        "[email-addr:value = 'Eve@Evil.example']",
        "[app:id = 'com.evil']",
        "[domain-name:value = 'evil.example' AND ipv4-addr:value = '203.0.113.7']",
        "[domain-name:value LIKE '%.evil.example']",
    )
    assert await names(world, ("ip", "203.0.113.7")) == [1, 2, 3]
    assert await names(world, ("domain-name", "203[.]0[.]113[.]7")) == [1, 2, 3]
    assert await names(world, ("ip", "203.0.113.8")) == [2]
    assert await names(world, ("ip", "198.51.100.1"), ("ip", "203.0.114.1")) == [3]
    assert await names(world, ("ip", "2001:db8:0:ffff::1")) == [4]
    assert await names(world, ("ip", "2001:db9::1")) == []
    assert await names(world, ("user", "Eve")) == [5]
    assert await names(world, ("user", "eve")) == []
    assert await names(world, ("email", "eve@EVIL.example")) == [6]
    assert await names(world, ("app:id", "com.evil")) == [7]
    # Patterns that the index does not cover match nothing yet, and never half.
    assert await names(world, ("domain", "evil.example"), ("domain", "www.evil.example")) == []
    assert await found(world) == []
    assert await found(world, ("transaction", "t-1"), ("ip", "")) == []


async def test_two_observed_values_that_are_one(world: World) -> None:
    await hold(world, "[domain-name:value = 'evil.example']")
    matches = await found(
        world, ("domain", "evil.example"), ("domain-name", "EVIL.example"), ("domain", "evil.example")
    )
    assert [match.observed for match in matches] == [("domain", "evil.example"), ("domain-name", "EVIL.example")]


async def test_expired_and_revoked_are_out_of_force(world: World) -> None:
    until = "2026-02-01T00:00:00Z"
    await import_stix(
        world.op(),
        bundle=bundle(indicator(1), indicator(2, revoked=True), indicator(3, valid_until=until), indicator(4)),
    )
    seen: Observed = ("domain", "evil.example")
    matches = {int(match.stix_id[-1]): match for match in await found(world, seen)}
    assert list(matches) == [1, 2, 3, 4]
    end = matches[3].valid_until
    start = matches[1].valid_from
    assert end is not None
    for moment, expected in (
        (start - timedelta(microseconds=1), []),
        (start, [1, 3, 4]),
        (end - timedelta(microseconds=1), [1, 3, 4]),
        (end, [1, 4]),
    ):
        assert await names(world, seen, moment=moment) == expected
        assert [n for n, match in matches.items() if match.in_force(moment)] == expected


async def test_evidence_is_tied_to_what_it_rests_on(world: World) -> None:
    async with world.house.database.reading(EVERYTHING) as session:
        assert not await any_held(session, world.viewer)
    await hold(world, "[domain-name:value = 'evil.example']")
    async with world.house.database.reading(EVERYTHING) as session:
        assert await any_held(session, world.viewer)
        assert not await any_held(session, world.stranger)
    (match,) = await found(world, ("domain", "evil.example"))
    evidence = await world.evidence(await world.case())
    assert evidence.id is not None
    async with world.house.database.transaction(EVERYTHING) as session:
        await cite(session, [])
        await cite(session, [(evidence.id, match.indicator_id), (evidence.id, match.indicator_id)])
    assert [(tie.evidence_id, tie.indicator_id) for tie in await world.all(rows.EvidenceIndicator)] == [
        (evidence.id, match.indicator_id)
    ]


async def test_nobody_else_sees_a_match(world: World) -> None:
    await hold(world, "[domain-name:value = 'evil.example']")
    assert await found(world, ("domain", "evil.example"), viewer=world.stranger) == []


NUMBERS = {
    "sqlite": "(WITH RECURSIVE up(n) AS (SELECT :low UNION ALL SELECT n + 1 FROM up WHERE n < :high) SELECT n FROM up)",
    "postgresql": "(SELECT generate_series(CAST(:low AS bigint), CAST(:high AS bigint)) AS n)",
}
FILLING = (
    "INSERT INTO stix_version (id, object_id, organization_id, version, digest, content, revoked, tlp, added_at) "
    "SELECT n, 'o' || n, :owner, :now, '', '{}', false, 'clear', :now FROM ",
    "INSERT INTO stix_object (id, organization_id, stix_id, type, version_id, revoked, tlp, created_at, updated_at) "
    "SELECT 'o' || n, :owner, 'indicator--' || n, 'indicator', n, false, 'clear', :now, :now FROM ",
    "INSERT INTO indicator (id, organization_id, stix_id, version_id, pattern, pattern_type, is_indexed, labels, "
    "indicator_types, valid_from, revoked, tlp, created, modified, created_at, updated_at) "
    "SELECT 'o' || n, :owner, 'indicator--' || n, n, '', 'stix', true, '[]', "
    "'[]', :now, false, 'clear', :now, :now, :now, :now FROM ",
    "INSERT INTO indicator_index (type, path, value, indicator_id) "
    "SELECT 'domain-name', 'value', 'host-' || n || '.example', 'o' || n FROM ",
)


async def fill(world: World, count: int) -> None:
    """So many indicators, put there directly; in slices, since no statement may take ten seconds on a busy machine."""
    dialect = "sqlite" if world.house.database.is_sqlite else "postgresql"
    for statement in FILLING:
        made = text(f"{statement} {NUMBERS[dialect]} AS numbers")
        given: dict[str, Any] = {"owner": world.operator.id, "now": world.house.clock.now()}
        given = {name: value for name, value in given.items() if f":{name}" in made.text}
        if "now" in given:
            made = made.bindparams(bindparam("now", type_=UtcTime()))
        for low in range(1, count, 10_000):
            async with world.house.database.transaction(EVERYTHING) as session:
                await session.execute(made, {**given, "low": low, "high": min(low + 9_999, count)})
    if dialect == "postgresql":  # what is stored next takes the number after these
        async with world.house.database.transaction(EVERYTHING) as session:
            counter = "pg_get_serial_sequence('stix_version', 'id')"
            await session.execute(text(f"SELECT setval({counter}, :count)"), {"count": count})


async def plan_of(world: World, wanted: list[IndexKey]) -> str:
    """How the database goes about the look-up."""
    is_sqlite = world.house.database.is_sqlite
    given: dict[str, Any] = (
        {"wanted": json.dumps(wanted)}
        if is_sqlite
        else {f"{name}s": [getattr(key, name) for key in wanted] for name in IndexKey._fields}
    )
    explain = f"EXPLAIN {'QUERY PLAN' if is_sqlite else ''} {lookup(is_sqlite=is_sqlite, in_force=True)}"
    statement = text(explain).bindparams(bindparam("at", type_=UtcTime()))
    given |= {**viewer_parameters(world.viewer), "at": world.house.clock.now()}
    async with world.house.database.reading(EVERYTHING) as session:
        return "\n".join(str(line[-1]) for line in (await session.execute(statement, given)).all())


@pytest.mark.parametrize("count", [2_000, 200_000])
async def test_one_statement_by_the_index_however_many_there_are(world: World, count: int) -> None:
    await fill(world, count)
    statements: list[str] = []
    engine = world.house.database.reader.sync_engine

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "set_config" not in statement:  # which says to the second wall who asks
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        seen = [("domain", f"host-{n}.example") for n in range(0, 3 * count, count // 10)]
        assert len(await found(world, *seen)) == 10
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len([s for s in statements if "indicator_index" in s]) == len([s for s in statements if "SELECT" in s]) == 1

    plan = await plan_of(world, [IndexKey("domain-name", "value", f"host-{n}.example") for n in range(30)])
    if world.house.database.is_sqlite:
        assert "SEARCH indicator_index USING PRIMARY KEY (value=? AND type=? AND path=?)" in plan, plan
        assert "SEARCH indicator USING INDEX sqlite_autoindex_indicator_1 (id=?)" in plan, plan
    else:
        assert "Scan using pk_indicator_index" in plan, plan
        assert "Scan using pk_indicator on" in plan, plan


# ---- the labelled reports ----


def truth() -> dict[str, Any]:
    labels: dict[str, Any] = json.loads((REPORTS / "truth.json").read_text())
    return labels


@labelled
async def test_every_labelled_value_matches_as_labelled(world: World) -> None:
    outcome = Outcome()
    for path in sorted(REPORTS.glob("*.json")):
        if path.name != "truth.json":
            await import_file(world.house, world.operator.id, path, outcome)
    assert (outcome.refusals, outcome.broken) == ([], 0)
    assert len(await world.all(rows.Indicator)) == sum(truth()["indicators_per_report"].values())

    labels = truth()
    now = world.house.clock.now()
    positives = [(one["type"], one["value"]) for one in labels["positives"]]
    met: dict[Observed, set[str]] = {}
    for match in await found(world, *positives, moment=now):
        met.setdefault(match.observed, set()).add(match.stix_id)
    assert met == {(one["type"], one["value"]): set(one["indicators"]) for one in labels["positives"]}

    spelt = [(one["type"], one["value"]) for one in (*labels["normalised"], *labels["defanged"])]
    assert {match.observed for match in await found(world, *spelt, moment=now)} == set(spelt)
    others = [(one["type"], one["value"]) for one in (*labels["near_misses"], *labels["benign"])]
    assert len(others) == 55
    assert await found(world, *others) == []
