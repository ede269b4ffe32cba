"""Conditions that only lists of cases and of their parts know."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, Text, cast, collate, exists, func, literal, not_, or_

from models import tables as rows
from models.base import UtcTime
from models.reading.filters import Bind, Filter, folded
from models.reading.stored import Dialect, sql_table


def found_by_text() -> Filter:
    """The entity's value or the case's ref (`INV-7`) contains the text, whatever the case of its ASCII letters."""

    def sql(table: Any, bind: Bind, dialect: Dialect) -> ColumnElement[bool]:
        c, text = sql_table(table).c, bind(Text())
        ref = literal("inv-") + cast(c.id, Text)
        if dialect == "postgresql":
            value = func.lower(collate(c.entity_value, "C"))
            return or_(func.strpos(value, text) > 0, func.strpos(ref, text) > 0)
        return or_(func.instr(func.lower(c.entity_value), text) > 0, func.instr(ref, text) > 0)

    def twin(row: Any, value: Any, _loaded: Any, _viewer: Any) -> bool:
        return value in folded(row.entity_value) or value in f"inv-{row.id}"

    return Filter(sql, twin, ("id", "entity_value"), convert=folded)


def unless_set(column: str) -> Filter:
    """With false (applied when nothing is given): only rows whose Boolean column is false. With true: all."""

    def sql(table: Any, bind: Bind, dialect: Dialect) -> ColumnElement[bool]:
        return or_(bind(Boolean()), not_(sql_table(table).c[column]))

    def twin(row: Any, value: Any, _loaded: Any, _viewer: Any) -> bool:
        return bool(value) or not getattr(row, column)

    return Filter(sql, twin, (column,), default=False)


def changed_since() -> Filter:
    """Evidence found, or judged by somebody, at this time or after it."""

    def sql(table: Any, bind: Bind, dialect: Dialect) -> ColumnElement[bool]:
        evidence, said = sql_table(table), sql_table(rows.Verification).alias("said")
        since = bind(UtcTime())
        judged = exists().where(said.c.evidence_id == evidence.c.id, said.c.at >= since)
        return or_(evidence.c.discovered_at >= since, judged)

    def twin(row: Any, value: Any, loaded: Any, _viewer: Any) -> bool:
        return row.discovered_at >= value or any(v.evidence_id == row.id and v.at >= value for v in loaded)

    return Filter(sql, twin, ("discovered_at",), loads=rows.Verification)
