"""Builders: people, organisations and cases, put there directly, so that a test says only what it is about."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlmodel import SQLModel

from foundation.ids import new_id
from models import tables as rows
from models.walls import EVERYTHING
from resolvers.operation import House, Operation
from rules.access.person import seal_personal
from rules.access.viewer import Role, Viewer, ViewerKind

# One statement, in words: it is asked some thousand times.
COUNTS = text(
    " UNION ALL ".join(
        f"SELECT '{name}', count(*) FROM \"{name}\"" for name in rows.METADATA.tables if name != "rate_window"
    )
)


@dataclass
class World:
    house: House
    operator: rows.Organization
    partner: rows.Organization
    admin: Viewer
    publisher: Viewer
    viewer: Viewer
    stranger: Viewer  # a publisher of the partner

    @classmethod
    async def make(cls, house: House) -> "World":
        now = house.clock.now()
        async with house.database.transaction(EVERYTHING) as session:
            organizations = [
                rows.Organization(name=name, type="private", is_publisher=True, created_at=now, updated_at=now)
                for name in ("Operator", "Partner")
            ]
            session.add_all(organizations)
            await session.flush()
            people = []
            for name, role, organization in (
                ("Ada", "admin", organizations[0]),
                ("Per", "publisher", organizations[0]),
                ("Vera", "viewer", organizations[0]),
                ("Sven", "publisher", organizations[1]),
            ):
                user_id = new_id()
                people.append(
                    rows.User(
                        id=user_id,
                        organization_id=organization.id,
                        name=name,
                        name_key=name.casefold(),
                        **seal_personal(house.keys, user_id, email=f"{name.casefold()}@example.org"),
                        role=role,
                        created_at=now,
                        updated_at=now,
                    )
                )
            session.add_all(people)
        ada, per, vera, sven = [viewer_of(person) for person in people]
        return cls(house, organizations[0], organizations[1], ada, per, vera, sven)

    def op(self, viewer: Viewer | None = None, **more: Any) -> Operation:
        """An operation of the publisher, unless another viewer is named."""
        return Operation(self.house, viewer or self.publisher, request_id="test-request", **more)

    async def case(self, owner: Viewer | None = None, **columns: Any) -> rows.Investigation:
        """A case row with nothing around it."""
        by, now = owner or self.publisher, self.house.clock.now()
        values: dict[str, Any] = {
            "organization_id": by.organization_id,
            "entity_type": "ip",
            "entity_value": "203.0.113.7",
            "window_start": now - timedelta(days=1),
            "window_end": now,
            "created_by": by.user_id,
            "domains_to_analyze": ["authentication"],
            "created_at": now,
            "updated_at": now,
            **columns,
        }
        row: rows.Investigation = await self.put(rows.Investigation(**values))
        return row

    async def evidence(self, case: rows.Investigation, **columns: Any) -> rows.Evidence:
        values: dict[str, Any] = {
            "investigation_id": case.id,
            "organization_id": case.organization_id,
            "domain": "authentication",
            "type": "login_pattern",
            "title": "286 failed log-ins in 10 minutes",
            "strength": 0.8,
            "reliability": 0.95,
            "log_odds": 2.2,
            "source": "authentication",
            "discovered_at": self.house.clock.now(),
            **columns,
        }
        row: rows.Evidence = await self.put(rows.Evidence(**values))
        return row

    async def put(self, row: Any) -> Any:
        async with self.house.database.transaction(EVERYTHING) as session:
            session.add(row)
        return row

    async def all(self, model: type[SQLModel], *where: Any) -> list[Any]:
        """Every row of a table that meets the conditions, by primary key."""
        async with self.house.database.reading(EVERYTHING) as session:
            keys = model.__table__.primary_key.columns  # type: ignore[attr-defined]
            return list((await session.scalars(select(model).where(*where).order_by(*keys))).all())

    async def counts(self) -> dict[str, int]:
        """How many rows each table holds: what a refusal must leave unchanged (but for its own audit row). Without the
        counts of limits: they are of requests, whatever became of them."""
        async with self.house.database.reading(EVERYTHING) as session:
            return {str(name): int(count) for name, count in await session.execute(COUNTS)}


def viewer_of(user: rows.User) -> Viewer:
    return Viewer(ViewerKind.USER, user.id, user.organization_id, Role(user.role), user.name)


def at(viewer: Viewer, **changes: Any) -> Viewer:
    return replace(viewer, **changes)


def minutes(count: float, since: datetime) -> datetime:
    return since + timedelta(minutes=count)
