"""A feed of our own TAXII server: what a partner has in its collection comes in object for object, and is followed."""

import pytest

from models import tables as rows
from resolvers.operation import House
from tests.feeds.test_polling import added, calling, walk
from tests.intelligence.objects import indicator, malware
from tests.taxii.conftest import Door, door, house
from tests.world import World

__all__ = ["calling", "door", "house"]


@pytest.mark.parametrize("secret", ["basic", "bearer"])
async def test_a_partners_collection_comes_in_and_is_followed(
    world: World, calling: House, door: Door, secret: str
) -> None:
    count = 1_001 if secret == "basic" else 1
    objects = [malware(1, name="Snow ☃"), *(indicator(n) for n in range(count))]
    for start in range(0, len(objects), 1_000):
        await door.push(*objects[start : start + 1_000], key=door.strange)
    credentials = {
        "basic": {"auth": "BASIC", "username": "anybody", "secret": door.strange},
        "bearer": {"auth": "BEARER", "secret": door.strange},
    }[secret]
    async with door.on_a_port() as address:
        await added(
            world, calling, None, url=f"{address}/taxii2/main/", remoteCollection=door.homes["theirs"],
            credentials=credentials,
        )  # fmt: skip
        feed = await walk(world, calling)
        assert (feed.last_error, feed.created_count, feed.refused_count) == (None, len(objects), 0)
        assert feed.pages == (2 if secret == "basic" else 1)
        # Nothing new: nothing comes.
        feed = await walk(world, calling)
        assert (feed.last_error, feed.created_count, feed.unchanged_count) == (None, len(objects), 0)
        # The partner takes one back, and so do we.
        gone = {**indicator(0), "modified": "2026-02-03T04:05:06.000Z", "revoked": True}
        await door.push(gone, key=door.strange)
        feed = await walk(world, calling)
        assert (feed.last_error, feed.updated_count) == (None, 1)
    kept = await world.all(rows.StixObject, rows.StixObject.form_from == 0)
    ours, theirs = (
        {(one.stix_id, one.modified, one.revoked) for one in kept if one.organization_id == owner.id}
        for owner in (world.operator, world.partner)
    )
    assert ours == theirs and len(ours) == len(objects)
