"""Conditions that only lists of indicators know."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, and_, cast, exists, func, or_, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB

from foundation.observables import search_forms
from foundation.words import Tlp
from models import tables as rows
from models.base import UtcTime
from models.reading.case_filters import unless_set
from models.reading.filters import Bind, Filter, JsonList, among, at_least, contains, equals, is_among
from models.reading.stored import Dialect, sql_table
from models.reading.visibility import viewer_organization
from rules.nodes import key_of
from rules.trust import LEVEL_OF, Form, TrustLevelName


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


def shared_by() -> Filter:
    """This organisation (a global id) shares it, and the viewer may know that it does."""

    def sql(table: Any, bind: Bind, dialect: Dialect) -> ColumnElement[bool]:
        c, right = sql_table(table).c, sql_table(rows.Access).alias("naming")
        named = exists(
            select(right.c.level).where(
                right.c.reader_id == viewer_organization(),
                right.c.producer_id == c.organization_id,
                right.c.level > 0,
                right.c.form <= int(Form.LOW_NAMED),
            )
        )
        known = or_(c.organization_id == viewer_organization(), c.tlp == str(Tlp.CLEAR), named)
        return and_(c.organization_id == bind(Text()), known)

    def twin(row: Any, value: Any, loaded: Any, viewer: Any) -> bool:
        named = any(
            right.reader_id == viewer.organization_id
            and right.producer_id == value
            and right.level > 0
            and right.form <= Form.LOW_NAMED
            for right in loaded
        )
        known = value == viewer.organization_id or row.tlp == Tlp.CLEAR or named
        return bool(row.organization_id == value and known)

    return Filter(
        sql, twin, ("organization_id", "tlp"), convert=lambda id_: key_of("Organization", id_) or "", loads=rows.Access
    )


INDICATOR_FILTERS: Mapping[str, Filter] = {
    "type": among("type"),
    "value": looks_for(),
    "labels": holds_one_of("labels"),
    "confidence_min": at_least("confidence"),
    "valid_at": valid_at(),
    "source": shared_by(),
    "level": equals("required").read(lambda word: LEVEL_OF[TrustLevelName(word)]),
    "tlp": among("tlp"),
    "search": contains("name", "pattern"),
    "include_revoked": unless_set("revoked"),
    "updated_since": at_least("updated_at"),
}
"""By the names of the fields of the graph's IndicatorFilter."""
