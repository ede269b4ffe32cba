"""Trust between the organisations of a world, put there directly."""

from models import tables as rows
from models.queries import rights
from models.walls import EVERYTHING
from rules.relationships import AccessLevel, RelationshipStatus, SharingPolicy, effect
from rules.trust import TrustLevelName
from tests.world import World


async def trust(
    world: World,
    trustor: rows.Organization,
    trustee: rows.Organization,
    level: TrustLevelName = TrustLevelName.RESTRICTED,
    access: AccessLevel = AccessLevel.READ,
    *,
    status: RelationshipStatus = RelationshipStatus.ACTIVE,
    policy: SharingPolicy | None = None,
) -> None:
    """The trustor shows the trustee that much, from now on."""
    now, policy = world.house.clock.now(), policy or SharingPolicy()
    comes_to = effect(
        status=status, level=level, access_level=access, policy=policy, was_active=True, valid_from=now,
        valid_until=None, now=now,
    )  # fmt: skip
    async with world.house.database.transaction(EVERYTHING) as session:
        held = [one for one in await world.all(rows.TrustRelationship)
                if (one.trustor_id, one.trustee_id) == (trustor.id, trustee.id)]  # fmt: skip
        row = held[0] if held else rows.TrustRelationship(
            trustor_id=trustor.id, trustee_id=trustee.id, level=str(level), policy=policy.wire(), valid_from=now,
            created_at=now, updated_at=now,
        )  # fmt: skip
        row.level, row.status, row.access_level = str(level), str(status), str(access)
        row.granted, row.tlp, row.strictest = comes_to.granted, comes_to.tlp, int(comes_to.strictest)
        row.kinds, row.max_age = comes_to.kinds, comes_to.max_age
        session.add(await session.merge(row))
        await session.flush()
        await rights.apply(session, rights.of_pair(reader_id=trustee.id, producer_id=trustor.id), now)
