"""Who works on a case."""

from collections.abc import Sequence

from foundation.errors import InvalidInput
from models import tables as rows
from models.queries import assignees
from resolvers.operation import Door
from rules.access.viewer import Viewer
from rules.investigation.refusals import UnknownPerson

MOST_ASSIGNEES = 50


async def people_named(door: Door, viewer: Viewer, words: Sequence[str]) -> list[rows.User]:
    """The people behind ids and names, each once, in the order given.

    Raises UnknownPerson with the place of the one that is not found. Only the own organisation's active people: a
    related organisation's follow with trust between them.
    """
    if len(words) > MOST_ASSIGNEES:
        raise InvalidInput(f"Assign at most {MOST_ASSIGNEES} people.", field="assignedTo", most=MOST_ASSIGNEES)
    people: dict[str, rows.User] = {}
    for position, person in enumerate(await assignees.find(door.session, viewer, words)):
        if person is None:
            raise UnknownPerson(field=f"assignedTo.{position}")
        people.setdefault(person.id, person)
    return list(people.values())
