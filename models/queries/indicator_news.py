"""Whom a change of indicators concerns, and what each of them may see of it."""

from collections.abc import Collection, Mapping
from typing import Any

import orjson
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models import tables as rows
from models.reading.filters import JsonList, binder
from models.reading.indicator_filters import INDICATOR_FILTERS
from models.reading.stored import Dialect
from models.reading.visibility import viewer_parameters, visible
from rules.access.viewer import Viewer
from rules.trust import Right

AT_ONCE = 500
"""Keys in one statement, far below what either driver takes."""


async def readers(session: AsyncSession, producer_id: str) -> list[tuple[str, Right]]:
    """The organisations that may see something of this one, and what."""
    right = rows.Access
    columns = (
        col(right.reader_id), col(right.level), col(right.tlp), col(right.form), col(right.kinds), col(right.max_age),
    )  # fmt: skip
    statement = (
        select(*columns)
        .where(col(right.producer_id) == producer_id, col(right.level) > 0)
        .order_by(col(right.reader_id))
    )
    return [(row[0], Right(*row[1:])) for row in (await session.execute(statement)).all()]


async def forms_of(
    session: AsyncSession, viewer: Viewer, originals: Collection[str], filters: Mapping[str, Any]
) -> dict[str, str]:
    """Of these indicators (keys of the originals) those that the viewer may see and that fit: to each the key of the
    form he sees. `filters`: values by the names of INDICATOR_FILTERS, converted."""
    one = rows.Indicator
    dialect: Dialect = "sqlite" if session.get_bind().dialect.name == "sqlite" else "postgresql"
    given: dict[str, Any] = dict(viewer_parameters(viewer))

    def bind(name: str) -> Any:
        def parameter(path: str, type_: Any) -> Any:
            key = f"wished_{path.removeprefix('filter.').replace('.', '_')}"
            value = filters[name]
            given[key] = orjson.dumps(list(value)).decode() if isinstance(type_, JsonList) else value
            return bindparam(key, type_=type_)

        return binder(parameter, name)

    fits = [INDICATOR_FILTERS[name].sql(one, bind(name), dialect) for name in filters]
    found: dict[str, str] = {}
    wanted = sorted(originals)
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        statement = select(col(one.original_id), col(one.id)).where(col(one.original_id).in_(some), visible(one), *fits)
        found.update((original, key) for original, key in (await session.execute(statement, given)).all())
    return found
