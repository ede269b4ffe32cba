"""Search: the things that hold a text, each kind in the order of its keys, as the viewer may see them.

What a reader gets changed is searched as it was changed: its rows hold nothing else (models/queries/renditions.py).
"""

from collections.abc import Callable
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, bindparam, not_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from foundation.observables import search_forms
from models import tables as rows
from models.reading.case_filters import found_by_text
from models.reading.filters import Bind, JsonList, contains, folded
from models.reading.indicator_filters import looks_for
from models.reading.stored import Dialect
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer
from rules.search import Section

Key = str | int
Condition = Callable[[Bind, Dialect], ColumnElement[bool]]


def _exact(bind: Bind, dialect: Dialect) -> ColumnElement[bool]:
    return and_(looks_for().sql(rows.Indicator, bind, dialect), not_(col(rows.Indicator.revoked)))


def _indicator(bind: Bind, dialect: Dialect) -> ColumnElement[bool]:
    named = contains("name", "pattern").sql(rows.Indicator, bind, dialect)
    return and_(named, not_(looks_for().sql(rows.Indicator, bind, dialect)), not_(col(rows.Indicator.revoked)))


def _object(bind: Bind, dialect: Dialect) -> ColumnElement[bool]:
    one = rows.StixObject
    named = contains("name").sql(one, bind, dialect)
    return and_(named, col(one.type) != "indicator", not_(col(one.revoked)))


def _organization(bind: Bind, dialect: Dialect) -> ColumnElement[bool]:
    return contains("name", "domain").sql(rows.Organization, bind, dialect)


def _investigation(bind: Bind, dialect: Dialect) -> ColumnElement[bool]:
    one = rows.Investigation
    return and_(found_by_text().sql(one, bind, dialect), col(one.archived_at).is_(None))


_SECTIONS: dict[Section, tuple[Any, Condition]] = {
    Section.EXACT: (rows.Indicator, _exact),
    Section.INDICATOR: (rows.Indicator, _indicator),
    Section.OBJECT: (rows.StixObject, _object),
    Section.ORGANIZATION: (rows.Organization, _organization),
    Section.INVESTIGATION: (rows.Investigation, _investigation),
}


async def keys(
    session: AsyncSession, viewer: Viewer, section: Section, text: str, *, after: Key | None, limit: int
) -> list[Key]:
    """The first keys of a section behind `after`."""
    table, condition = _SECTIONS[section]
    dialect: Dialect = "sqlite" if session.get_bind().dialect.name == "sqlite" else "postgresql"
    forms = search_forms(text)
    given: dict[str, Any] = dict(viewer_parameters(viewer))

    def bind(type_: Any, part: str = "") -> Any:
        if isinstance(type_, JsonList):
            given["forms"] = orjson.dumps(forms).decode()
        elif type_.__class__.__name__ == "ARRAY":
            given["forms"] = forms
        else:
            given["text"] = folded(text)
            return bindparam("text", type_=type_)
        return bindparam("forms", type_=type_)

    statement = select(col(table.id)).where(condition(bind, dialect), visible(table))
    if after is not None:
        statement = statement.where(col(table.id) > after)
    found = await session.scalars(statement.order_by(col(table.id)).limit(limit), given)
    return list(found.all())
