"""Matching: which indicators look for what was observed. One look-up in the index, however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ARRAY, Select, Text, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from foundation.observables import IndexKey, lookup_keys
from models import tables as rows
from models.reading.filters import JsonList
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer

Observed = tuple[str, str]  # STIX object type (`domain-name`) or entity type (`domain`), and the value as it was seen


@dataclass(frozen=True, slots=True)
class Match:
    """An indicator and what it met.

    `key` is the comparison of its pattern: of type `domain-name` with an address for its value where somebody filed an
    address as a domain name, and with a network for its value where the address lies in it. `confidence` is 0 to 100,
    None where the source states none.
    """

    observed: Observed
    key: IndexKey
    indicator_id: str
    stix_id: str
    confidence: int | None
    labels: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime | None
    revoked: bool
    tlp: str
    modified: datetime
    updated_at: datetime
    organization_id: str
    organization_name: str

    def in_force(self, at: datetime) -> bool:
        """Whether it says anything about that time: an expired or revoked indicator never scores."""
        return not self.revoked and self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


async def matching(
    session: AsyncSession, viewer: Viewer, observed: Sequence[Observed], *, at: datetime | None = None
) -> list[Match]:
    """The indicators the viewer may see that look for one of the observed values, in the order of their STIX ids.

    One statement. With `at` only those in force at that time: what is to be scored passes it. Values are normalised as
    those in patterns are; exactly equal ones match, and an address meets the networks it lies in.
    """
    met: dict[IndexKey, list[Observed]] = {}
    for one in dict.fromkeys(observed):
        for key in lookup_keys(*one):
            met.setdefault(key, []).append(one)
    if not met:
        return []
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    given: dict[str, Any] = (
        {"wanted": orjson.dumps([*met]).decode()}
        if is_sqlite
        else {name: [getattr(key, name) for key in met] for name in IndexKey._fields}
    )
    if at is not None:
        given["at"] = at
    statement = lookup(is_sqlite=is_sqlite, in_force=at is not None)
    found = await session.execute(statement, {**given, **viewer_parameters(viewer)})
    matches = [
        Match(one, IndexKey(type_, path, value), *facts[:3], tuple(facts[3]), *facts[4:])
        for type_, path, value, *facts in found.all()
        for one in met[IndexKey(type_, path, value)]
    ]
    return sorted(matches, key=lambda match: (match.stix_id, match.indicator_id, match.key, match.observed))


def lookup(*, is_sqlite: bool, in_force: bool) -> Select[Any]:
    """The statement: the wanted keys first, each an entry of the index, then its indicator by its key."""
    key, indicator, owner = rows.IndicatorKey, rows.Indicator, rows.Organization
    if is_sqlite:
        listed = func.json_each(bindparam("wanted", type_=JsonList())).table_valued("value", name="wanted")
        parts = {name: func.json_extract(listed.c.value, f"$[{n}]") for n, name in enumerate(IndexKey._fields)}
    else:
        arrays = [bindparam(name, type_=ARRAY(Text)) for name in IndexKey._fields]
        listed = func.unnest(*arrays).table_valued(*IndexKey._fields, name="wanted").render_derived()
        parts = {name: listed.c[name] for name in IndexKey._fields}
    statement = (
        select(
            col(key.type),
            col(key.path),
            col(key.value),
            col(indicator.id),
            col(indicator.stix_id),
            col(indicator.confidence),
            col(indicator.labels),
            col(indicator.valid_from),
            col(indicator.valid_until),
            col(indicator.revoked),
            col(indicator.tlp),
            col(indicator.modified),
            col(indicator.updated_at),
            col(indicator.organization_id),
            col(owner.name),
        )
        .select_from(listed)
        .join(key, and_(*(col(getattr(key, name)) == part for name, part in parts.items())))
        .join(indicator, col(indicator.id) == col(key.indicator_id))
        .join(owner, col(owner.id) == col(indicator.organization_id))
        .where(visible(indicator))
    )
    if in_force:
        at = bindparam("at", type_=col(indicator.valid_from).type)
        statement = statement.where(
            ~col(indicator.revoked),
            col(indicator.valid_from) <= at,
            or_(col(indicator.valid_until).is_(None), col(indicator.valid_until) > at),
        )
    return statement
