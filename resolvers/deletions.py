"""Taking objects out of a collection: whoever had one is told that it is gone."""

from collections.abc import Sequence

from foundation.errors import InvalidInput
from models.queries import collections
from models.queries.collections import Held
from models.queries.pages import Versions
from resolvers import sharing
from resolvers.collections import ObjectNotFound, writable
from resolvers.operation import Operation
from rules.access.actions import Action


async def delete_object(op: Operation, name: str, stix_id: str, versions: Versions) -> None:
    """Takes an object of the caller's organisation out of sharing, or some of its older versions.

    Raises CollectionNotFound, ObjectNotFound, Forbidden; InvalidInput where the newest is to go and older ones to stay.
    """
    shelf = await writable(op, name, Action.COLLECTION_DELETE)
    async with op.write(Action.COLLECTION_DELETE, target=stix_id) as door:
        held = await collections.held_in(door.session, shelf.row.id, op.viewer.organization_id, stix_id)
        gone = _chosen(held, versions)
        if not gone or not any(one.is_live for one in held):
            raise ObjectNotFound
        if len(gone) == len(held):
            await sharing.withdraw(door, op.viewer, [held[0].object_id])
        elif any(one.is_live for one in gone):
            raise InvalidInput(
                "The newest version goes with the whole object: leave match[version] out, or send a newer one.",
                field="match[version]",
            )
        else:
            await collections.erase(door.session, held[0].object_id, [one.version_id for one in gone])


def _chosen(held: Sequence[Held], versions: Versions) -> list[Held]:
    oldest = min((one.modified for one in held), default=0)
    return [
        one
        for one in held
        if versions.every
        or (versions.last and one.is_live)
        or (versions.first and one.modified == oldest)
        or one.modified in versions.times
    ]
