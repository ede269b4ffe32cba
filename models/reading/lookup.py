"""What a batch may ask the database: a statement made once, whose tables are all guarded by visibility.

EVIDENCE_OF_CASES = Lookup(
    lambda given: select(e.c.id, e.c.title).where(given.among(e.c.investigation_id, "cases")).order_by(e.c.id))

def draw(rows, *, viewer, max_nodes=300):
    evidence = yield EVIDENCE_OF_CASES.of(cases=[key for (key,) in rows])    # tuples of Python values
    return [...]
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Select, Table, bindparam
from sqlalchemy.sql import visitors
from sqlalchemy.types import TypeEngine

from models.reading.filters import is_among
from models.reading.selection import Request
from models.reading.statements import Ask, Run, Statement, bind, compiled, visible
from models.reading.stored import Dialect, Kind, as_python, kind_of, sql_table


class Given:
    """The parameters of a lookup, by name."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def value(self, name: str, type_: TypeEngine[Any]) -> Any:
        return bindparam(f"given_{name}", type_=type_)

    def among(self, column: Any, name: str) -> ColumnElement[bool]:
        """The column holds one of the values of this list parameter."""
        return is_among(column, lambda type_, part="": self.value(name, type_), self._dialect)


class Made(NamedTuple):
    statement: Statement
    kinds: tuple[Kind, ...]


class Lookup:
    """`write` gives a `select` of columns. `ties`: link tables in it, which have no visibility of their own."""

    def __init__(self, write: Callable[[Given], Select[Any]], *, ties: Sequence[Any] = ()) -> None:
        self._write = write
        self._ties = {sql_table(tie) for tie in ties}

    def of(self, **given: Any) -> "Question":
        return Question(self, given)

    @cached_property
    def _made(self) -> dict[Dialect, Made]:
        return {}

    def made(self, dialect: Dialect) -> Made:
        if (made := self._made.get(dialect)) is None:
            text = self._write(Given(dialect))
            for table in _tables(text):
                if table not in self._ties:
                    text = text.where(visible(table))
            kinds = tuple(kind_of(column.type) for column in text.selected_columns)
            made = self._made[dialect] = Made(compiled(text, dialect), kinds)
        return made


def _tables(text: Select[Any]) -> list[Table]:
    found = [e for source in text.get_final_froms() for e in visitors.iterate(source) if isinstance(e, Table)]
    return list(dict.fromkeys(found))


class Question(NamedTuple):
    lookup: Lookup
    given: Mapping[str, Any]

    def run(self, request: Request, dialect: Dialect) -> Run:
        return bind(self.lookup.made(dialect).statement, Ask((), request, None, self.given))

    def read(self, rows: Sequence[Any], dialect: Dialect) -> list[tuple[Any, ...]]:
        kinds = self.lookup.made(dialect).kinds
        return [tuple(as_python(k, v, dialect, orjson.loads) for k, v in zip(kinds, row, strict=True)) for row in rows]
