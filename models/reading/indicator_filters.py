"""Conditions that only lists of indicators know."""

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, and_, cast, exists, func, or_, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB

from foundation.observables import search_forms
from models import tables as rows
from models.base import UtcTime
from models.reading.filters import Bind, Filter, JsonList, is_among
from models.reading.stored import Dialect, sql_table


def looks_for() -> Filter:
    """The pattern looks for this value, whatever it is and however it was written down."""

    def sql(table: Any, bind: Bind, dialect: Dialect) -> ColumnElement[bool]:
        key = sql_table(rows.IndicatorKey).alias("looked_for")
        # Not EXISTS: the few indicators of a value are found first, instead of asking each of very many.
        found: ColumnElement[bool] = sql_table(table).c.id.in_(
            select(key.c.indicator_id).where(is_among(key.c.value, bind, dialect))
        )
        return found

    def twin(row: Any, value: Any, loaded: Any, _viewer: Any) -> bool:
        return any(key.indicator_id == row.id and key.value in value for key in loaded)

    return Filter(sql, twin, ("id",), convert=search_forms, loads=rows.IndicatorKey)


def holds_one_of(column: str) -> Filter:
    """The list in this JSON column holds one of the words; an empty list lets nothing through."""

    def sql(table: Any, bind: Bind, dialect: Dialect) -> ColumnElement[bool]:
        words = type_coerce(sql_table(table).c[column], Text)
        if dialect == "postgresql":
            held: ColumnElement[bool] = cast(words, JSONB).has_any(bind(ARRAY(Text())))
            return held
        mine = func.json_each(words).table_valued("value", name="mine")
        wanted = func.json_each(bind(JsonList())).table_valued("value", name="wanted")
        return exists(select(mine.c.value).where(mine.c.value.in_(select(wanted.c.value))))

    def twin(row: Any, value: Any, _loaded: Any, _viewer: Any) -> bool:
        return any(word in value for word in getattr(row, column))

    return Filter(sql, twin, (column,))


def valid_at() -> Filter:
    """Valid at this time, by what its source says; whether it was revoked is another question."""

    def sql(table: Any, bind: Bind, dialect: Dialect) -> ColumnElement[bool]:
        c, at = sql_table(table).c, bind(UtcTime())
        return and_(c.valid_from <= at, or_(c.valid_until.is_(None), c.valid_until > at))

    def twin(row: Any, value: Any, _loaded: Any, _viewer: Any) -> bool:
        return row.valid_from <= value and (row.valid_until is None or value < row.valid_until)

    return Filter(sql, twin, ("valid_from", "valid_until"))
