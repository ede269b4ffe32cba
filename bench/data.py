"""Fills an empty, migrated database with a deterministic data set, and prints an API key to read it by.

    python -m bench.data postgresql://.../bench [--cases 2000]

A case has 30 pieces of evidence, 20 timeline events and 2 domains; a piece of evidence rests on 5 of the records.
"""

import argparse
import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, text

from gateways.jobs import migrate_engine
from migrations.run import upgrade
from models import tables as rows
from models.database import Database
from models.reading.stored import columns_of, sql_table
from models.walls import EVERYTHING
from rules.access import tokens

START = datetime(2026, 1, 1, tzinfo=UTC)
ORGANIZATION, PEOPLE = "bench-organization", [f"bench-user-{n}" for n in range(20)]
EVIDENCE, EVENTS, RECORDS_OF_EVIDENCE, CHUNK = 30, 20, 5, 2_000
EMPTY = {"str": "", "int": 0, "float": 0.0, "bool": False, "time": START, "json": [], "sealed": ""}
KEY = "cg_" + "bench" * 8 + "key"


def whole(table: Any, **given: Any) -> dict[str, Any]:
    """A row with something in every column."""
    return {n: given.get(n, None if s.nullable else EMPTY[s.kind]) for n, s in columns_of(table).items()}


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes, microseconds=7)


def people() -> Iterator[tuple[Any, dict[str, Any]]]:
    yield rows.Organization, whole(rows.Organization, id=ORGANIZATION, name="Bench", type="private", is_active=True)
    for n, key in enumerate(PEOPLE):
        yield (
            rows.User,
            whole(
                rows.User,
                id=key,
                organization_id=ORGANIZATION,
                name=f"Person {n}",
                name_key=key,
                role="viewer",
                kind="service",
                is_active=True,
            ),
        )
    yield (
        rows.ApiKey,
        whole(
            rows.ApiKey,
            id="bench-key",
            user_id=PEOPLE[0],
            organization_id=ORGANIZATION,
            name="bench",
            prefix="cg_bench",
            digest=tokens.digest(KEY),
            scopes=["read"],
            created_by=PEOPLE[0],
            expires_at=START + timedelta(days=36500),
        ),
    )


def records(count: int) -> Iterator[tuple[Any, dict[str, Any]]]:
    for n in range(1, count + 1):
        yield (
            rows.ActivityRecord,
            whole(
                rows.ActivityRecord,
                id=n,
                organization_id=ORGANIZATION,
                kind="login",
                time=at(n),
                source="sshd",
                identity=f"line {n}",
                outcome="failure",
                user=f"user{n % 97}",
                ip=f"203.0.113.{n % 250}",
                count=1,
            ),
        )


def case(n: int, records: int) -> Iterator[tuple[Any, dict[str, Any]]]:
    common = {"investigation_id": n, "organization_id": ORGANIZATION}
    yield (
        rows.Investigation,
        whole(
            rows.Investigation,
            id=n,
            organization_id=ORGANIZATION,
            entity_type="ip",
            entity_value=f"198.51.{n // 250}.{n % 250}",
            window_start=at(n),
            window_end=at(n + 60),
            phase="complete",
            status="complete",
            priority="medium",
            risk_score=(n % 100) / 100,
            confidence=0.75,
            quality_score=0.5,
            created_by=PEOPLE[n % 20],
            domains_to_analyze=["authentication", "network"],
            analysis_depth="standard",
            created_at=at(n),
            updated_at=at(n),
        ),
    )
    for name in ("authentication", "network"):
        yield (
            rows.DomainAnalysis,
            whole(
                rows.DomainAnalysis,
                **common,
                id=2 * n + (name == "network"),
                name=name,
                status="complete",
                risk_score=0.5,
                confidence=0.25,
                evidence_count=15,
            ),
        )
    for i in range(EVENTS):
        yield (
            rows.TimelineEvent,
            whole(
                rows.TimelineEvent,
                **common,
                id=n * EVENTS + i,
                timestamp=at(n + i),
                actor_type="agent",
                actor_name="authentication",
                action="analysis_completed",
                summary="Something was done.",
                success=True,
            ),
        )
    for i in range(EVIDENCE):
        key = n * EVIDENCE + i
        yield (
            rows.Evidence,
            whole(
                rows.Evidence,
                **common,
                id=key,
                domain="authentication",
                type="login_pattern",
                title=f"Finding number {i}",
                description="Many failed log-ins in a short time.",
                strength=i / EVIDENCE,
                reliability=0.9,
                severity="medium",
                supports=True,
                verification_status="unverified",
                source="sshd",
                created_by=PEOPLE[i % 20],
                discovered_at=at(n + i),
                raw_data={"count": i, "names": ["root", "admin"]},
            ),
        )
        for k in range(RECORDS_OF_EVIDENCE):
            yield rows.EvidenceActivity, {"evidence_id": key, "record_id": (key * 7 + k * 13) % records + 1}


async def fill(url: str, cases: int) -> None:
    count = cases * 10
    database = Database(url)
    order = [
        rows.Organization,
        rows.User,
        rows.ApiKey,
        rows.ActivityRecord,
        rows.Investigation,
        rows.DomainAnalysis,
        rows.TimelineEvent,
        rows.Evidence,
        rows.EvidenceActivity,
    ]
    waiting: dict[Any, list[dict[str, Any]]] = {table: [] for table in order}

    async def write() -> None:
        async with database.transaction(EVERYTHING) as session:
            for table in order:
                if waiting[table]:
                    await session.execute(insert(sql_table(table)), waiting[table])
                    waiting[table].clear()

    def everything() -> Iterator[tuple[Any, dict[str, Any]]]:
        yield from people()
        yield from records(count)
        for n in range(1, cases + 1):
            yield from case(n, count)

    for number, (table, row) in enumerate(everything()):
        waiting[table].append(row)
        if number % CHUNK == 0:
            await write()
    await write()
    async with database.engine.connect() as connection:
        await connection.execute(text("analyze"))
    await database.close()


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("url")
    options.add_argument("--cases", type=int, default=2_000)
    given = options.parse_args()
    migrate_engine(given.url)
    upgrade(given.url)
    asyncio.run(fill(given.url, given.cases))
    print(KEY)


if __name__ == "__main__":
    main()
