"""Matching: which indicators look for what was observed. One look-up in the index, however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from sqlalchemy import bindparam, exists, func, insert, or_, select, text, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from foundation.observables import IndexKey, lookup_keys
from foundation.words import Tlp
from models import tables as rows
from models.base import UtcTime
from models.indicators import ASKED
from models.reading.stored import Dialect, sql_table
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer
from rules.investigation.catalogue import UNSTATED_CONFIDENCE
from rules.trust import Form

Observed = tuple[str, str]  # STIX object type (`domain-name`) or entity type (`domain`), and the value as it was seen


@dataclass(frozen=True, slots=True)
class Match:
    """An indicator and what it met.

    `key` is the comparison of its pattern: of type `domain-name` with an address for its value where somebody filed an
    address as a domain name, and with a network for its value where the address lies in it. `confidence` is 0 to 100,
    None where the source states none. `organization_name` is None where the viewer may not know whose it is; `granted`
    is the level of trust that the viewer's organisation grants that one, None where it has said nothing.
    """

    observed: Observed
    key: IndexKey
    indicator_id: str
    stix_id: str
    confidence: int | None
    labels: tuple[str, ...]
    indicator_types: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime | None
    revoked: bool
    tlp: str
    created_by_ref: str | None
    modified: datetime
    updated_at: datetime
    organization_id: str
    original_id: str
    form_from: int
    organization_name: str | None
    granted: int | None

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
        {"wanted": orjson.dumps([list(key) for key in met]).decode()}
        if is_sqlite
        else {f"{name}s": [getattr(key, name) for key in met] for name in IndexKey._fields}
    )
    if at is not None:
        given["at"] = at
    asked = text(lookup(is_sqlite=is_sqlite, in_force=at is not None))
    statement = asked.columns(*_SHOWN, _OWNER.name, sql_table(rows.TrustRelationship).c.granted)
    if at is not None:
        statement = statement.bindparams(bindparam("at", type_=UtcTime()))
    found = await session.execute(statement, {**given, **viewer_parameters(viewer)})
    matches = []
    for type_, path, value, *facts in found.all():
        key = IndexKey(type_, path, value)
        facts[3:5] = map(tuple, facts[3:5])  # labels and indicator types
        matches += [Match(one, key, *facts) for one in met[key]]
    return sorted(matches, key=lambda match: (match.stix_id, match.indicator_id, match.key, match.observed))


async def any_held(session: AsyncSession, viewer: Viewer) -> bool:
    """Whether there are indicators to be looked through: that none of them matched is an answer, else there is none."""
    statement = select(exists(select(col(rows.Indicator.id)).where(visible(rows.Indicator))))
    return bool(await session.scalar(statement, viewer_parameters(viewer)))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An indicator beyond the index, whose pattern is to be asked as a whole. `version_id` is the version it is of."""

    indicator_id: str
    version_id: int
    stix_id: str
    pattern: str
    confidence: int | None
    labels: tuple[str, ...]
    indicator_types: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime | None
    created_by_ref: str | None
    organization_name: str


async def beyond_index(
    session: AsyncSession, viewer: Viewer, *, at: datetime, most: int
) -> tuple[list[Candidate], int]:
    """The STIX patterns of the viewer's organisation that are in force and not covered by the index: the `most` of
    which their source is surest, in a fixed order, and how many there are in all.

    A source that says nothing of its confidence counts as half sure. One that is not valid yet counts: lists are
    written after the fact.
    """
    indicator = rows.Indicator
    asked = (
        ASKED,
        visible(indicator),
        col(indicator.organization_id) == viewer.organization_id,
        ~col(indicator.revoked),
        or_(col(indicator.valid_until).is_(None), col(indicator.valid_until) > at),
    )
    given = viewer_parameters(viewer)
    total = await session.scalar(select(func.count()).select_from(indicator).where(*asked), given) or 0
    if not total:
        return [], 0
    sure = func.coalesce(col(indicator.confidence), _UNSTATED)
    statement = (
        select(*(getattr(indicator, name) for name in _ASKED_FOR), col(rows.Organization.name))
        .join(rows.Organization, col(rows.Organization.id) == col(indicator.organization_id))
        .where(*asked)
        .order_by(sure.desc(), col(indicator.stix_id))
        .limit(most)
    )
    found = []
    for row in (await session.execute(statement, given)).all():
        values = list(row)
        values[5:7] = map(tuple, values[5:7])  # labels and indicator types
        found.append(Candidate(*values))
    return found, total


async def stop_matching(session: AsyncSession, viewer: Viewer, asked: Candidate, because: str) -> bool:
    """Takes an indicator out of what is asked, as long as it is of the version that was; whether it was."""
    indicator = rows.Indicator
    statement = (
        update(indicator)
        .where(
            col(indicator.id) == asked.indicator_id,
            col(indicator.version_id) == asked.version_id,
            col(indicator.organization_id) == viewer.organization_id,
            col(indicator.not_matched_because).is_(None),
        )
        .values(not_matched_because=because)
        .returning(col(indicator.id))
    )
    return (await session.scalar(statement)) is not None


_UNSTATED = round(100 * UNSTATED_CONFIDENCE)
_ASKED_FOR = (
    "id", "version_id", "stix_id", "pattern", "confidence", "labels", "indicator_types", "valid_from", "valid_until",
    "created_by_ref",
)  # fmt: skip


async def cite(session: AsyncSession, links: Sequence[tuple[int, str]]) -> None:
    """Ties evidence to the indicators it rests on: (evidence, indicator), each once."""
    if links:
        given = [{"evidence_id": evidence, "indicator_id": indicator} for evidence, indicator in dict.fromkeys(links)]
        await session.execute(insert(rows.EvidenceIndicator), given)


_KEY, _INDICATOR, _OWNER = (sql_table(table).c for table in (rows.IndicatorKey, rows.Indicator, rows.Organization))
_SHOWN = (
    *(_KEY[name] for name in IndexKey._fields),
    *(
        _INDICATOR[name]
        for name in (
            "id", "stix_id", "confidence", "labels", "indicator_types", "valid_from", "valid_until", "revoked", "tlp",
            "created_by_ref", "modified", "updated_at", "organization_id", "original_id", "form_from",
        )
    ),
)  # fmt: skip
_NAME = f"""CASE WHEN organization.id = :viewer_reader_id OR EXISTS (
  SELECT 1 FROM access naming WHERE naming.reader_id = :viewer_reader_id AND naming.producer_id = organization.id
    AND (naming.form <= {Form.LOW_NAMED:d} OR indicator.tlp = '{Tlp.CLEAR}')
) THEN organization.name END"""  # noqa: S608 - our own names
# What a relationship says goes before what groups come to; that one may see nothing is said by many and means nothing.
_GRANTED = """COALESCE((SELECT trust_relationship.granted FROM trust_relationship
 WHERE trust_relationship.trustor_id = :viewer_reader_id AND trust_relationship.trustee_id = organization.id),
 (SELECT given.level FROM access given
 WHERE given.producer_id = :viewer_reader_id AND given.reader_id = organization.id AND given.level > 0))"""
_COLUMNS = ", ".join((*(f"{column.table.name}.{column.name}" for column in _SHOWN), _NAME, _GRANTED))
_EQUAL = " AND ".join(f"indicator_index.{name} = {{{name}}}" for name in IndexKey._fields)

# Written out, because the order matters more than the databases know: first the wanted keys, for each its entries in
# the index, for each entry its indicator. What either database believes about the size of the tables may be days old,
# and led astray by it they would read all indicators of the organisation. CROSS JOIN in SQLite and OFFSET 0 in
# PostgreSQL are what keeps them from turning the order round.
_SQLITE = f"""
SELECT {_COLUMNS}
FROM json_each(:wanted) AS wanted
CROSS JOIN indicator_index
  ON {_EQUAL.format(**{name: f"json_extract(wanted.value, '$[{n}]')" for n, name in enumerate(IndexKey._fields)})}
CROSS JOIN indicator ON indicator.id = indicator_index.indicator_id
CROSS JOIN organization ON organization.id = indicator.organization_id
WHERE {{conditions}}
"""  # noqa: S608 - our own names
_POSTGRES = f"""
SELECT {_COLUMNS}
FROM unnest(CAST(:types AS text[]), CAST(:paths AS text[]), CAST(:values AS text[])) AS wanted(type, path, value)
CROSS JOIN LATERAL (
  SELECT * FROM indicator_index WHERE {_EQUAL.format(**{name: f"wanted.{name}" for name in IndexKey._fields})} OFFSET 0
) AS indicator_index
CROSS JOIN LATERAL (
  SELECT * FROM indicator WHERE indicator.id = indicator_index.indicator_id AND {{conditions}} OFFSET 0
) AS indicator
JOIN organization ON organization.id = indicator.organization_id
"""  # noqa: S608 - our own names
_IN_FORCE = """NOT indicator.revoked AND indicator.valid_from <= :at
  AND (indicator.valid_until IS NULL OR indicator.valid_until > :at)"""


def lookup(*, is_sqlite: bool, in_force: bool) -> str:
    """The statement. Its parameters are the wanted keys, the viewer's and, with `in_force`, the time."""
    dialect = "sqlite" if is_sqlite else "postgresql"
    conditions = [f"({_visible(dialect)})", *([_IN_FORCE] if in_force else [])]
    return (_SQLITE if is_sqlite else _POSTGRES).format(conditions=" AND ".join(conditions))


@cache
def _visible(dialect: Dialect) -> str:
    """Who may see an indicator, with the viewer's parameters by their names.

    Written as part of a statement on indicators: alone, its subqueries would each ask for some indicator, not for this.
    """
    named = sqlite.dialect(paramstyle="named") if dialect == "sqlite" else PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]
    whole = str(select(_INDICATOR.id).where(visible(rows.Indicator)).compile(dialect=named))
    return whole.partition("WHERE")[2]
