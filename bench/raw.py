"""The raw limit: the same answers from a Starlette handler with statements written by hand. No GraphQL, no identity, no
limits; only the condition on the organisation, which every statement of the product carries too.

    DATABASE_URL=postgresql://... uvicorn bench.raw:app --no-access-log
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.data import ORGANIZATION
from foundation.ids import from_global, to_global

NESTED_RECORDS = """
    select p.key, r.time, r.kind, r.ip, r."user", r.outcome from unnest($1::bigint[]) p(key) cross join lateral (
      select a.id, a.time, a.kind, a.ip, a."user", a.outcome from activity_record a
      join evidence_activity l on l.record_id = a.id
      where l.evidence_id = p.key and a.organization_id = $2 order by a.time desc, a.id desc limit 5) r"""
LISTED_EVIDENCE = """
    select p.key, e.id, e.title, e.strength, e.discovered_at from unnest($1::bigint[]) p(key) cross join lateral (
      select id, title, strength, discovered_at from evidence
      where investigation_id = p.key and organization_id = $2 order by discovered_at desc, id desc limit 5) e"""


def to_text(time: datetime) -> str:
    """Six digits and Z. PostgreSQL's times are UTC here, which saves the conversion."""
    return f"{time.isoformat(timespec='microseconds')[:-6]}Z"


def node(value: dict[str, Any]) -> dict[str, Any]:
    return {"node": value}


async def point(pool: Any, key: int) -> Any:
    (row,) = await pool.fetch(
        """select entity_type, entity_value, status, priority, phase, confidence, risk_score, created_at, updated_at
        from investigation where id = $1 and organization_id = $2""",
        key,
        ORGANIZATION,
    )
    type_, value, status, priority, phase, confidence, risk, created, updated = row
    return {
        "investigation": {
            "id": to_global("Investigation", key),
            "entity": {"type": type_.upper(), "value": value},
            "status": status.upper(),
            "priority": priority.upper(),
            "phase": phase.upper(),
            "confidence": confidence,
            "riskScore": risk,
            "createdAt": to_text(created),
            "updatedAt": to_text(updated),
        }
    }


async def nested(pool: Any, key: int) -> Any:
    async with pool.acquire() as connection:
        await connection.fetch("select 1 from investigation where id = $1 and organization_id = $2", key, ORGANIZATION)
        found = await connection.fetch(
            """select id, domain, type, strength, reliability, title, description, discovered_at from evidence
            where investigation_id = $1 and organization_id = $2 order by discovered_at desc, id desc limit 50""",
            key,
            ORGANIZATION,
        )
        records = await connection.fetch(NESTED_RECORDS, [row[0] for row in found], ORGANIZATION)
        events = await connection.fetch(
            """select id, timestamp, actor_type, actor_name, action, success, summary from timeline_event
            where investigation_id = $1 and organization_id = $2 order by timestamp, id limit 50""",
            key,
            ORGANIZATION,
        )
        domains = await connection.fetch(
            """select id, name, risk_score, confidence, evidence_count, status from domain_analysis
            where investigation_id = $1 and organization_id = $2 order by id""",
            key,
            ORGANIZATION,
        )
    below: dict[int, list[Any]] = {row[0]: [] for row in found}
    for k, time, kind, ip, user, outcome in records:
        below[k].append(
            node({"time": to_text(time), "kind": kind.upper(), "ip": ip, "user": user, "outcome": outcome.upper()})
        )
    return {
        "investigation": {
            "id": to_global("Investigation", key),
            "evidence": {
                "edges": [
                    node(
                        {
                            "id": to_global("Evidence", i),
                            "domain": d.upper(),
                            "type": t.upper(),
                            "strength": s,
                            "reliability": r,
                            "title": title,
                            "description": text,
                            "discoveredAt": to_text(at),
                            "activity": {"edges": below[i]},
                        }
                    )
                    for i, d, t, s, r, title, text, at in found
                ]
            },
            "timeline": {
                "edges": [
                    node(
                        {
                            "id": to_global("TimelineEvent", i),
                            "timestamp": to_text(at),
                            "actorType": kind.upper(),
                            "actorName": name,
                            "action": action.upper(),
                            "success": success,
                            "summary": summary,
                        }
                    )
                    for i, at, kind, name, action, success, summary in events
                ]
            },
            "domains": [
                {
                    "id": to_global("DomainAnalysis", i),
                    "name": name.upper(),
                    "riskScore": risk,
                    "confidence": confidence,
                    "evidenceCount": count,
                    "status": status.upper(),
                }
                for i, name, risk, confidence, count, status in domains
            ],
        }
    }


async def listed(pool: Any, first: int) -> Any:
    async with pool.acquire() as connection:
        cases = await connection.fetch(
            """select id, entity_type, entity_value, status, risk_score from investigation
            where organization_id = $1 and archived_at is null order by created_at desc, id desc limit $2""",
            ORGANIZATION,
            first,
        )
        found = await connection.fetch(LISTED_EVIDENCE, [row[0] for row in cases], ORGANIZATION)
    below: dict[int, list[Any]] = {row[0]: [] for row in cases}
    for k, i, title, strength, at in found:
        below[k].append(
            node({"id": to_global("Evidence", i), "title": title, "strength": strength, "discoveredAt": to_text(at)})
        )
    return {
        "investigations": {
            "edges": [
                node(
                    {
                        "id": to_global("Investigation", i),
                        "entity": {"type": type_.upper(), "value": value},
                        "status": status.upper(),
                        "riskScore": risk,
                        "evidence": {"edges": below[i]},
                    }
                )
                for i, type_, value, status, risk in cases
            ]
        }
    }


async def answer(request: Request) -> Response:
    pool = request.app.state.pool
    body = orjson.loads(await request.body())
    given = body["variables"]
    if "first" in given:
        data = await listed(pool, given["first"])
    else:
        located = from_global(given["id"])
        assert located
        data = await (point if body["query"].startswith("query P") else nested)(pool, int(located[1]))
    return Response(orjson.dumps({"data": data}), media_type="application/json")


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    app.state.pool = await asyncpg.create_pool(
        os.environ["DATABASE_URL"], min_size=1, max_size=4, server_settings={"jit": "off"}
    )
    yield
    await app.state.pool.close()


app = Starlette(routes=[Route("/graphql", answer, methods=["POST"])], lifespan=lifespan)
