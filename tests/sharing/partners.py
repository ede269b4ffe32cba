"""Who shares with whom, and what: for tests that look through a partner's eyes."""

from typing import Any

from sqlalchemy import delete
from sqlmodel import col

from models import tables as rows
from models.queries import rights
from resolvers.indicators import import_stix
from resolvers.operation import Operation
from rules.access.viewer import Role, Viewer, ViewerKind
from rules.trust import ANY_AGE, EVERY_KIND, PAIR_TLP, Form, TrustLevelName
from tests.intelligence.objects import bundle, indicator, malware, number
from tests.world import World

GREEN = {"object_marking_refs": ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]}
IDENTITY: dict[str, Any] = {
    "type": "identity",
    "spec_version": "2.1",
    "id": f"identity--{number(5)}",
    "created": "2026-01-01T00:00:00.000Z",
    "modified": "2026-01-01T00:00:00.000Z",
    "name": "The Bank",
    "identity_class": "organization",
    **GREEN,
}
BY = {"created_by_ref": IDENTITY["id"]}
VICTIM = indicator(1, "[ipv4-addr:value = '10.1.2.3']", name="Inside 10.1.2.3", labels=["inside"], **BY, **GREEN)
FOE = indicator(2, "[ipv4-addr:value = '198.51.100.7']", name="Callback", **GREEN)
CLEAR = indicator(3, "[domain-name:value = 'evil.example']", name="For everybody")
FAMILY = malware(4, **BY, **GREEN)
MEANS: dict[str, Any] = {
    "type": "relationship",
    "spec_version": "2.1",
    "id": f"relationship--{number(6)}",
    "created": "2026-01-01T00:00:00.000Z",
    "modified": "2026-01-01T00:00:00.000Z",
    "relationship_type": "indicates",
    "source_ref": VICTIM["id"],
    "target_ref": FAMILY["id"],
    **BY,
    **GREEN,
}
OBJECTS: tuple[dict[str, Any], ...] = (IDENTITY, VICTIM, FOE, CLEAR, FAMILY, MEANS)


async def share(world: World, *objects: Any, level: TrustLevelName = TrustLevelName.RESTRICTED) -> dict[str, str]:
    """The operator shares these; their keys by STIX id."""
    made = await import_stix(Operation(world.house, world.publisher), bundle=bundle(*objects), level=level)
    assert {one["status"] for one in made} <= {"created", "updated"}
    return {one["stix_id"]: one["object_id"] for one in made}


async def grant(world: World, reader_id: str, form: Form | None, *, level: int = 90) -> None:
    """The operator lets an organisation see what it shares in this form; None: nothing any more."""
    now, told = world.house.clock.now(), rows.TrustRelationship
    row = told(
        trustor_id=world.operator.id, trustee_id=reader_id, level="restricted", status="active", valid_from=now,
        granted=0 if form is None else level, tlp=PAIR_TLP, strictest=int(form or 0), kinds=EVERY_KIND,
        max_age=ANY_AGE, created_at=now, updated_at=now,
    )  # fmt: skip
    async with world.house.database.transaction() as session:
        await session.execute(delete(told).where(col(told.trustee_id) == reader_id))
        session.add(row)
        await session.flush()
        await rights.apply(session, rights.of_pair(reader_id=reader_id, producer_id=world.operator.id), now)


async def another(world: World, name: str = "Third") -> Viewer:
    """A viewer of one more organisation."""
    now = world.house.clock.now()
    made = await world.put(rows.Organization(name=name, type="private", created_at=now, updated_at=now))
    return Viewer(ViewerKind.USER, "", made.id, Role.VIEWER, name)
