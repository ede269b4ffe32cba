"""What is read of STIX objects beside their columns: their text, and which versions there are."""

from collections import defaultdict
from collections.abc import Generator, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select

from models import tables as rows
from models.reading.lookup import Lookup, Question
from models.reading.stored import sql_table

_version = sql_table(rows.StixVersion).c

Asking = Generator[Question, list[tuple[Any, ...]], Any]

CONTENTS = Lookup(lambda given: select(_version.id, _version.content).where(given.among(_version.id, "versions")))
VERSIONS = Lookup(
    lambda given: (
        select(_version.object_id, _version.version)
        .where(given.among(_version.object_id, "objects"))
        .order_by(_version.version, _version.id)
    )
)


def read_contents(rows: Sequence[tuple[int]]) -> Asking:
    """(version_id) of objects -> the objects as they were sent. One statement."""
    found = yield CONTENTS.of(versions=list(dict.fromkeys(version for (version,) in rows)))
    contents = {version: orjson.loads(text) for version, text in found}
    return [contents.get(version) for (version,) in rows]


def list_versions(rows: Sequence[tuple[str]]) -> Asking:
    """(id) of objects -> the times of their versions, oldest first. One statement."""
    versions: dict[str, list[datetime]] = defaultdict(list)
    for key, version in (yield VERSIONS.of(objects=list(dict.fromkeys(key for (key,) in rows)))):
        versions[key].append(version)
    return [versions[key] for (key,) in rows]
