"""On which warning lists the values of indicators stand."""

from collections.abc import Generator, Sequence
from typing import Any

from sqlalchemy import select

from models import tables as rows
from models.reading.lookup import Lookup, Question
from models.reading.stored import sql_table
from rules.warning_lists import Entry, EntryKind, entries_for

_list, _entry = sql_table(rows.WarningList).c, sql_table(rows.WarningEntry).c

NAMED = ("type", "value")
LISTED = Lookup(
    lambda given: (
        select(_entry.kind, _entry.value, _list.name)
        .join(sql_table(rows.WarningList), _list.id == _entry.list_id)
        .where(given.among(_entry.value, "values"))
        .order_by(_list.name)
    ),
    ties=(rows.WarningEntry,),
)


def warnings_of(
    rows: Sequence[tuple[str | None, str | None]],
) -> Generator[Question, list[tuple[Any, ...]], list[list[str]]]:
    """(type, value) of indicators -> the names of the lists that each stands on. One statement."""
    wanted = [entries_for(*row) for row in rows]
    values = sorted({entry.value for entries in wanted for entry in entries})
    found = [(Entry(EntryKind(kind), value), name) for kind, value, name in (yield LISTED.of(values=values))]
    return [list(dict.fromkeys(name for entry, name in found if entry in entries)) for entries in wanted]
