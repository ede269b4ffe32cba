"""What a reader gets of the objects at their places: as they were sent wherever that is possible, without parsing."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from foundation.errors import InvalidInput
from foundation.times import from_microseconds, from_text, microseconds, to_text
from models.database import Session
from models.queries import collections
from models.queries.pages import Placed
from resolvers.operation import Operation

_TIME: Final = re.compile(r'"(?:modified|created)"\s*:\s*"([0-9TZ:.-]{20,40})"', re.ASCII)


@dataclass(frozen=True, slots=True)
class Named:
    """An object without its content. `version` as the object writes it."""

    stix_id: str
    version: str


async def texts_of(op: Operation, session: Session, placed: Sequence[Placed], most_bytes: int) -> list[bytes | None]:
    """JSON text for each place, in order, until there are more than so many bytes; None where nothing is shown."""
    exact = [one.version_id for one in placed if not one.is_masked and not one.is_revoked]
    contents = await collections.contents_of(session, exact, most_bytes=most_bytes)
    texts: list[bytes | None] = []
    for one in placed:
        if one.is_masked or one.is_revoked:
            texts.append(None)
        elif (content := contents.get(one.version_id)) is None:
            break
        else:
            texts.append(_text(content, one).encode())
    return texts


async def names_of(op: Operation, session: Session, placed: Sequence[Placed], most_bytes: int) -> list[Named | None]:
    """The id and version of each place, likewise."""
    own = [one.version_id for one in placed if one.has_own_modified]
    contents = await collections.contents_of(session, own, most_bytes=most_bytes)
    ids = await collections.stix_ids_of(session, [one.object_id for one in placed if not one.is_masked])
    names: list[Named | None] = []
    for one in placed:
        if one.is_masked or one.is_revoked:
            names.append(None)
        elif not one.has_own_modified:
            names.append(Named(ids[one.object_id], to_text(from_microseconds(one.modified))))
        elif (content := contents.get(one.version_id)) is None:
            break
        else:
            names.append(Named(ids[one.object_id], _version(content, one.modified)))
    return names


def keys_of_pseudonyms(op: Operation, stix_ids: Iterable[str]) -> list[str]:
    """The keys of the objects that the caller may know by these ids instead of their own."""
    return []


def _text(content: str, one: Placed) -> str:
    if not one.has_own_modified:
        value = orjson.loads(content)
        if "modified" in value:
            value["modified"] = to_text(from_microseconds(one.modified))
        content = orjson.dumps(value).decode()
    if '"spec_version"' in content:
        return content
    # Observables may leave it out, and some pollers take an object without it for one of STIX 2.0.
    return '{"spec_version":"2.1",' + content.lstrip()[1:]


def _version(content: str, modified: int) -> str:
    """The time as the object writes it: of all that stand in its text, the one that is its version."""
    for found in _TIME.finditer(content):
        try:
            if microseconds(from_text(found[1])) == modified:
                return found[1]
        except InvalidInput:
            continue
    return to_text(from_microseconds(modified))
