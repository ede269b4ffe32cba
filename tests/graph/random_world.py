"""Random rows for every table of the product, with equal keys, nulls, hidden rows and faults in them.

Every second world holds no faults, so that the generated shapers are proven too and not only the walker.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert
from sqlalchemy.schema import sort_tables

from foundation.ids import to_global, to_ref
from models import tables as rows
from models.reading.stored import columns_of
from models.walls import EVERYTHING
from resolvers.operation import House
from rules.access.person import seal_personal
from rules.access.viewer import Role, Viewer, ViewerKind
from tests.graph.authors import Pool
from tests.graph.random_events import streams
from tests.graph.random_intelligence import intelligence

BIG = 2**40  # more than GraphQL's Int can show
WORDS = (
    "203.0.113.7",
    "203.0.113.8",
    "alice",
    "Alice",
    "INV-1",
    "authentication",
    "sshd",
    "Evil.example",
    "apt",
    "uses",
    "malware",
    "",
)
Table = list[dict[str, Any]]


@dataclass
class RandomWorld:
    house: House
    rows: dict[str, Table]
    viewers: list[Viewer]
    pool: Pool


class Maker:
    def __init__(self, seed: int, start: datetime) -> None:
        self.random, self.start, self.clean = Random(seed), start, seed % 2 == 0
        self.size = self.random.choice((4, 9, 16)) if seed else 9

    def maybe(self, value: Any, chance: float = 0.3) -> Any:
        return None if self.random.random() < chance else value

    def fault(self, right: Any, wrong: Any, chance: float = 0.02) -> Any:
        return wrong if not self.clean and self.random.random() < chance else right

    def of(self, *values: Any) -> Any:
        return self.random.choice(values)

    def when(self) -> datetime:
        return self.start + timedelta(days=self.random.randrange(4), microseconds=self.of(0, 0, 5))

    def score(self) -> float:
        return float(self.fault(self.of(0.0, 0.25, 0.5, 0.5, 0.97, 1.0), 1.5))

    def flag(self) -> bool:
        return self.random.random() < 0.5

    def rows(self) -> dict[str, Table]:
        organizations = [f"organization-{i}" for i in range(3)]
        users = [f"user-{i}" for i in range(7)]
        homes = {u: organizations[0 if i < 4 else 1 if i < 6 else 2] for i, u in enumerate(users)}
        out: dict[str, Table] = {}
        out["organization"] = [
            {
                "id": o,
                "name": f"Organisation {i}",
                "description": self.of("", "words"),
                "domain": "example.org",
                "type": self.fault(self.of("private", "government"), "odd"),
                "is_publisher": self.flag(),
                "is_verified": self.flag(),
                "is_active": i < 2,
                "created_at": self.when(),
                "updated_at": self.when(),
            }
            for i, o in enumerate(organizations)
        ]
        out["user_account"] = [
            {
                "id": u,
                "organization_id": homes[u],
                "name": f"name {self.random.randrange(4)}",
                "name_key": f"key {i}",
                "email": self.maybe(f"{u}@example.org"),
                "email_key": None,
                "role": self.fault(self.of("viewer", "publisher", "admin"), "odd", 0.15),
                "kind": self.fault(self.of("person", "service"), "odd", 0.15),
                "is_platform_admin": False,
                "is_active": True,
                "must_change_password": self.flag(),
                "password_hash": None,
                "totp_since": self.maybe(self.when()),
                "created_at": self.when(),
                "updated_at": self.when(),
            }
            for i, u in enumerate(users)
        ]
        out["login_session"] = [
            {
                "id": f"session-{i}",
                "user_id": u,
                "organization_id": homes[u],
                "user_agent": "a browser",
                "created_at": self.when(),
                "last_used_at": self.when(),
                "expires_at": self.when(),
                "ended_at": self.maybe(self.when()),
                "end_reason": self.maybe("signed out"),
            }
            for i, u in enumerate(self.of(*users) for _ in range(self.size))
        ]
        out["api_key"] = [
            {
                "id": f"api-key-{i}",
                "user_id": u,
                "organization_id": homes[u],
                "name": "agent",
                "prefix": "cg_abc",
                "digest": f"digest-{i}",
                "scopes": self.of([], ["read"], ["read", "activity:write"]),
                "created_by": self.of(*users),
                "created_at": self.when(),
                "expires_at": self.when(),
                "last_used_at": self.maybe(self.when()),
                "revoked_at": self.maybe(self.when()),
            }
            for i, u in enumerate(self.of(*users) for _ in range(4))
        ]
        out["device"] = [
            {
                "id": f"device-{i}",
                "user_id": u,
                "digest": f"device digest {i}",
                "user_agent": "a browser",
                "created_at": self.when(),
                "last_used_at": self.when(),
                "expires_at": self.when(),
                "revoked_at": self.maybe(self.when()),
            }
            for i, u in enumerate(self.of(*users) for _ in range(self.size))
        ]
        out["recovery_code"] = [
            {
                "id": f"recovery-code-{i}",
                "user_id": u,
                "digest": "some",
                "created_at": self.when(),
                "used_at": self.maybe(self.when()),
            }
            for i, u in enumerate(self.of(*users) for _ in range(self.size))
        ]
        self.cases(out, organizations, users)
        return out

    def cases(self, out: dict[str, Table], organizations: list[str], users: list[str]) -> None:
        count = self.size // 2 + 2
        whose = {i: self.of(*organizations[:1] * 3, *organizations) for i in range(1, count + 1)}
        out["investigation"] = [
            {
                "id": i,
                "organization_id": o,
                "entity_type": self.fault(self.of("ip", "user"), "odd"),
                "entity_value": self.of("203.0.113.7", "203.0.113.8", "alice"),
                "window_start": self.start + timedelta(days=i),
                "window_end": self.start + timedelta(days=i, hours=1),
                "phase": self.fault(self.of("initiation", "analysis", "complete"), "odd"),
                "status": self.fault(self.of("running", "paused", "complete"), "odd"),
                "priority": self.of("low", "medium", "critical"),
                "progress_percent": self.fault(self.of(0, 50, 100), BIG),
                "estimated_completion": self.maybe(self.when()),
                "risk_score": self.score(),
                "confidence": self.score(),
                "quality_score": self.score(),
                "trigger_reason": self.maybe("ALICE was seen"),
                "domains_to_analyze": self.fault(
                    self.of([], ["authentication"], ["network", "authentication"]), ["odd"]
                ),
                "analysis_depth": self.of("standard", "deep"),
                "external_intel_enabled": self.flag(),
                "auto_escalation_enabled": self.flag(),
                "created_by": self.maybe(self.of(*users)),
                "run": self.of(1, 2),
                "thresholds_told": self.fault(self.of([], ["high_risk"]), ["odd"]),
                "catalogue_hash": self.maybe("abc"),
                "records_seen": self.fault(self.of(0, 5), BIG),
                "completion_reason": self.maybe(self.fault("analysis_complete", "odd", 0.3)),
                "completed_at": self.maybe(self.when()),
                "archived_at": self.maybe(self.when(), 0.7),
                "archive_reason": self.maybe("old"),
                "created_at": self.when(),
                "updated_at": self.when(),
            }
            for i, o in whose.items()
        ]
        out["investigation_assignee"] = [
            {"investigation_id": i, "user_id": u, "assigned_at": self.when()}
            for i in whose
            for u in users
            if self.random.random() < 0.25
        ]
        cases = list(whose)
        out["domain_analysis"] = [
            {
                "id": 10 * i + n,
                "investigation_id": i,
                "organization_id": whose[i],
                "name": self.fault(name, f"odd{n}"),
                "status": self.of("pending", "complete"),
                "progress_percent": 10 * n,
                "risk_score": self.score(),
                "confidence": self.score(),
                "evidence_count": self.of(0, 3),
                "records_seen": self.of(0, 7),
                "summary": self.maybe("Nothing found."),
                "agent": self.maybe("agent"),
                "catalogue_hash": self.maybe("abc"),
                "run": 1,
                "started_at": self.maybe(self.when()),
                "finished_at": self.maybe(self.when()),
                "updated_at": self.when(),
            }
            for i in cases
            for n, name in enumerate(self.of(("authentication", "network"), ("network", "authentication")))
            if self.random.random() < 0.7
        ]
        out["risk_point"] = [
            {
                "id": n,
                "investigation_id": i,
                "organization_id": whose[i],
                "timestamp": self.when(),
                "score": self.score(),
                "delta": self.of(-0.25, 0.0, 0.5),
                "confidence": self.score(),
                "source": "prior",
                "reason": "assumed",
                "run": 1,
            }
            for n, i in enumerate((self.of(*cases) for _ in range(self.size)), 1)
        ]
        self.findings(out, whose, users)
        out |= intelligence(self, organizations, [row["id"] for row in out["evidence"]])
        out["note"] = [
            {
                "id": n,
                "investigation_id": i,
                "organization_id": whose[i],
                "author_id": self.maybe(self.of(*users)),
                "type": self.fault(self.of("comment", "flag"), "odd"),
                "visibility": self.of("private", "team", "all"),
                "body": self.of("words", "words", "more words"),
                "created_at": self.when(),
            }
            for n, i in enumerate((self.of(*cases) for _ in range(self.size)), 1)
        ]

    def findings(self, out: dict[str, Table], whose: dict[int, str], users: list[str]) -> None:
        cases = list(whose)
        found = [(n, self.of(*cases)) for n in range(1, 2 * self.size)]
        out["evidence"] = [
            {
                "id": n,
                "investigation_id": i,
                "organization_id": whose[i],
                "domain": self.fault(self.of("authentication", "network"), "odd"),
                "type": self.fault("login_pattern", "odd"),
                "code": self.maybe(self.of("burst", "case", "user", self.fault("burst", "odd", 0.3))),
                "title": self.fault(self.of("one", "two", "Two"), "poison"),
                "description": "",
                "strength": self.score(),
                "reliability": self.score(),
                "reliability_is_default": self.flag(),
                "supports": self.flag(),
                "log_odds": self.of(-1.5, 0.0, 2.25),
                "correlated_group": self.maybe(self.of("a", "b")),
                "own_telemetry": self.flag(),
                "severity": self.fault(self.of("low", "high"), "odd"),
                "technique": self.maybe("T1110"),
                "measured": self.maybe(self.of(1.5, 3.0)),
                "threshold": self.maybe(2.5),
                "verification_status": self.fault(self.of("unverified", "verified", "false_positive"), "odd"),
                "source": "sshd",
                "summary": "",
                "details": self.of("", "more"),
                "raw_data": self.maybe(self.of({}, {"a": [1, 2.5, None, "é"]}, {"b": {"c": True}})),
                "record_count": self.fault(self.of(0, 4), BIG),
                "window_start": self.maybe(self.when()),
                "window_end": self.maybe(self.when()),
                "freshest_at": self.maybe(self.when()),
                "created_by": self.maybe(self.of(*users)),
                "run": 1,
                "superseded": self.random.random() < 0.2,
                "discovered_at": self.when(),
            }
            for n, i in found
        ]
        out["evidence_verification"] = [
            {
                "id": n,
                "evidence_id": e,
                "investigation_id": i,
                "organization_id": whose[i],
                "status": self.fault(self.of("verified", "disputed"), "odd"),
                "reason": self.of("", "seen"),
                "verified_by": self.maybe(self.of(*users)),
                "at": self.when(),
            }
            for n, (e, i) in enumerate((self.of(*found) for _ in range(self.size)), 1)
        ]
        out["timeline_event"] = [
            {
                "id": n,
                "investigation_id": i,
                "organization_id": whose[i],
                "timestamp": self.when(),
                "actor_type": self.fault(self.of("agent", "system"), "odd"),
                "actor_name": self.of("worker", "Ada"),
                "action": self.fault(self.of("tool_call", "evidence_found", "user_action"), "odd"),
                "summary": "",
                "duration_ms": self.maybe(self.fault(5, BIG, 0.2)),
                "success": self.flag(),
                "input_data": self.maybe({"a": 1}),
                "output_data": self.maybe({"b": [1]}),
                "risk_delta": self.maybe(0.25),
                "evidence_refs": self.of([], [f"EV-{found[0][0]}", "EV-99"]),
                "run": 1,
            }
            for n, i in enumerate((self.of(*cases) for _ in range(self.size)), 1)
        ]
        records = range(1, 2 * self.size)
        homes = {n: self.of("organization-0", "organization-0", "organization-1") for n in records}
        entities = {n: self.of("203.0.113.7", "203.0.113.8") for n in records}
        out["activity_record"] = [
            {
                "id": n,
                "organization_id": homes[n],
                "kind": self.fault(self.of("login", "connection"), "odd"),
                "time": self.when(),
                "source": "sshd",
                "identity": f"line {n}",
                "external_id": self.maybe("x"),
                "outcome": self.fault(self.of("success", "failure"), "odd"),
                "user": self.maybe("alice"),
                "ip": self.maybe(entities[n]),
                "device": None,
                "domain": None,
                "email": None,
                "transaction": None,
                "country": self.maybe("AT"),
                "latitude": self.maybe(48.25),
                "longitude": self.maybe(16.5),
                "user_agent": None,
                "amount": self.maybe(9.75),
                "currency": None,
                "bytes_in": self.maybe(self.of(10, BIG)),
                "bytes_out": self.maybe(7),
                "duration_ms": self.maybe(3),
                "count": self.fault(self.of(1, 2), BIG),
                "details": self.maybe({"port": 22}),
                "ingested_at": self.when(),
            }
            for n in records
        ]
        out["activity_entity"] = [
            {"record_id": n, "type": "ip", "value": entities[n], "organization_id": homes[n], "time": self.when()}
            for n in records
            if self.random.random() < 0.8
        ]
        out["evidence_activity"] = [
            {"evidence_id": e, "record_id": n} for e, _ in found for n in records if self.random.random() < 0.15
        ]


async def fill(house: House, seed: int) -> RandomWorld:
    """Puts a random world into an empty database."""
    start = house.clock.now().replace(hour=0)
    made = Maker(seed, start).rows()
    made.update(streams(Random(seed), made, start))
    for user in made["user_account"]:
        user.update(seal_personal(house.keys, user["id"], email=user["email"], first_name="A", last_name=user["name"]))
    for name, some in made.items():
        made[name] = [whole(row, rows.METADATA.tables[name], start) for row in some]
    async with house.database.transaction(EVERYTHING) as session:
        for table in sort_tables(rows.METADATA.tables.values()):
            if made.get(table.name):
                await session.execute(insert(table), made[table.name])
    viewers = [
        Viewer(ViewerKind.USER, "user-0", "organization-0", Role.PUBLISHER, "name 0", session_id="session-0"),
        Viewer(ViewerKind.USER, "user-1", "organization-0", Role.ADMIN, "name 0"),
        Viewer(ViewerKind.USER, "user-4", "organization-1", Role.VIEWER, "name 2"),
        Viewer(ViewerKind.SERVICE, "user-2", "organization-0", Role.VIEWER, "name 1", scopes=frozenset({"read"})),
    ]
    return RandomWorld(house, made, viewers, Pool(made, ids_of(made), WORDS, start, house.cursors))


def whole(row: dict[str, Any], table: Any, start: datetime) -> dict[str, Any]:
    """The row with something in every column."""
    empty = {"str": "", "int": 0, "float": 0.0, "bool": False, "time": start, "json": [], "sealed": ""}
    stored = columns_of(table)
    assert row.keys() <= stored.keys(), row.keys() - stored.keys()
    return {n: row[n] if n in row else None if s.nullable else empty[s.kind] for n, s in stored.items()}


def ids_of(made: dict[str, Table]) -> dict[str, list[str]]:
    """Ids for arguments, by their names."""
    kinds = {
        "investigation": ("Investigation", "INV"),
        "evidence": ("Evidence", "EV"),
        "timeline_event": ("TimelineEvent", "EVT"),
        "user_account": ("User", ""),
        "organization": ("Organization", ""),
        "note": ("Note", ""),
        "activity_record": ("ActivityRecord", ""),
        "risk_point": ("RiskPoint", ""),
        "domain_analysis": ("DomainAnalysis", ""),
        "evidence_verification": ("Verification", ""),
        "login_session": ("Session", ""),
        "device": ("Device", ""),
        "api_key": ("ApiKey", ""),
        "indicator": ("Indicator", ""),
        "stix_object": ("StixObject", ""),
    }
    by_kind: dict[str, list[str]] = {}
    for table, (kind, prefix) in kinds.items():
        by_kind[kind] = [to_global(kind, row["id"]) for row in made[table]]
        by_kind[kind] += [to_ref(prefix, row["id"]) for row in made[table]] if prefix else []
    for table in ("indicator", "stix_object"):
        by_kind[kinds[table][0]] += [row["stix_id"] for row in made[table]] * 2
    odd = [to_global("Investigation", 10**30), to_global("Investigation", "x"), to_global("Unheard", 1), "INV-99999"]
    every = [i for ids in by_kind.values() for i in ids]
    return {
        **by_kind,
        "TouchPayload": by_kind["Investigation"],
        "id": [*every, *by_kind["Investigation"] * 3, *by_kind["Evidence"], *odd],
        "ids": [*every, *odd],
        "assignedTo": by_kind["User"],
        "investigationId": by_kind["Investigation"],
    }
