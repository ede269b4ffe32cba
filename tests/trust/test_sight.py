"""What the other side is shown follows trust at once: in the graph, and in a collection that is half walked."""

from datetime import timedelta
from typing import Any

from foundation.clock import FixedClock
from foundation.times import to_text
from models import tables as rows
from models.queries import pages
from resolvers.indicators import import_stix
from tests.conftest import NOON
from tests.intelligence.objects import bundle, indicator
from tests.trust.sides import Sides
from tests.trust.test_metrics import CLEAR


async def test_it_follows_at_once(sides: Sides, clock: FixedClock) -> None:
    world, ours, theirs = sides.world, sides.world.publisher, sides.world.stranger
    things = [indicator(n, f"[domain-name:value = 'x{n}.example']", object_marking_refs=[CLEAR]) for n in range(3)]
    await import_stix(world.op(), bundle=bundle(*things))
    (home,) = await world.all(rows.Collection, rows.Collection.organization_id == ours.organization_id)
    position = 0

    async def seen() -> int:
        found = await sides.graph.ask(theirs, "{ indicators { totalCount } }")
        return int(found["indicators"]["totalCount"])

    async def polled() -> list[bool]:
        """What came since the poller was last here: whether each is the word that it is gone."""
        nonlocal position
        await seen()  # whoever opens a door carries out what is due
        async with world.house.database.reading() as session:
            found, _ = await pages.page(session, home.id, theirs.organization_id, after=position, limit=100)
        position = found[-1].position if found else position
        return [one.is_revoked for one in found]

    async def change(mutation: str, **given: Any) -> None:
        clock.forward(seconds=1)
        assert (await sides.trust(ours, mutation, relationshipId=id, **given))[1] is None

    assert (await seen(), await polled()) == (0, [])
    id = await sides.propose(ours, theirs, "PUBLIC")  # noqa: A001
    assert (await seen(), await polled()) == (0, [])
    await sides.trust(theirs, "answer", relationshipId=id, approve=True)
    assert (await seen(), await polled()) == (0, [])  # they ask for more
    await change("change", level="TRUSTED")
    assert (await seen(), await polled()) == (3, [False] * 3)
    await change("change", suspended=True)
    assert (await seen(), await polled()) == (0, [True] * 3)
    await change("change", suspended=False, validUntil=to_text(NOON + timedelta(hours=1)))
    assert (await seen(), await polled()) == (3, [False] * 3)
    await change("change", policy={"blockedIndicatorTypes": ["DOMAIN"]})
    assert (await seen(), await polled()) == (0, [True] * 3)
    await change("change", policy={})
    clock.at = NOON + timedelta(hours=1)
    # What was shown meanwhile is taken back: nobody keeps a list of who asked for it.
    assert (await seen(), await polled()) == (0, [True] * 3)
