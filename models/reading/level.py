"""Everything picked of the rows of one concrete type at one place of a selection: its columns, its children, and the
generated functions that shape its rows."""

from collections.abc import Callable, Generator, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, ClassVar

import orjson

from models.reading.origins import Origin
from models.reading.parts import Child, Found, Got, Part
from models.reading.selection import Pick, Request
from models.reading.stored import Dialect, as_python, columns_of, is_table, key_name

TRUTH = {0: False, 1: True, None: None}


class DatabaseTrouble(Exception):
    """A statement failed. Nothing after it on this connection may be trusted, so the whole root fails."""


class Level:
    """`heads`: the picks of each place that shows these rows (the edges of a connection may be asked for twice)."""

    kinds: ClassVar[dict[type[Origin], Callable[[Pick, "Level"], Part]]] = {}
    """Origin -> the class that plans it; the modules of the kinds register themselves."""

    def __init__(
        self,
        name: str,
        source: Any,
        heads: Sequence[Sequence[Pick]],
        dialect: Dialect,
        *,
        also: Sequence[str] = (),
        places: Sequence[str] = (),
    ) -> None:
        self.name, self.source, self.dialect = name, source, dialect
        self.is_table = is_table(source)
        self.stored = columns_of(source) if self.is_table else {}
        self.columns: list[str] = []
        self.children: list[Child] = []
        self.places = places  # the columns a cursor may hold, in this order
        self.scope: dict[str, Any] = {
            "datetime": datetime, "UTC": UTC, "parse": datetime.fromisoformat, "truth": TRUTH, "loads": orjson.loads,
        }  # fmt: skip
        self.heads = [[self.part(pick) for pick in picks] for picks in heads]
        bodies = [self.fields(parts) for parts in self.heads]  # all of them first: each may add columns
        for column in also:
            self.at(column)
        self._shapers = [self._generate(body) for body in bodies]
        # One attribute more, because attrgetter gives a bare value for a single name.
        self.read = attrgetter(*self.columns, "__class__") if self.columns else lambda _: ("",)

    # ---- what parts lean on while the level is made ----

    def part(self, pick: Pick) -> Part:
        return self.kinds[type(pick.origin)](pick, self)

    def at(self, column: str) -> int:
        """The place of a column among the row's values; asking for it has it selected."""
        if column not in self.columns:
            if self.is_table and column not in self.stored:
                raise LookupError(f"{self.name}: there is no column {column}.")
            self.columns.append(column)
        return self.columns.index(column)

    def key(self) -> int:
        return self.at(key_name(self.source) if self.is_table else "id")

    def stands(self, column: str) -> str:
        """The local variable of a shaper that holds the column as it is stored."""
        return f"r{self.at(column)}"

    def raw(self, column: str) -> str:
        """The column as Python knows it, as source."""
        x = self.stands(column)
        kind = self.stored[column].kind if self.is_table else "str"
        if kind == "json":
            return f"(None if {x} is None else loads({x}))"
        if self.dialect == "sqlite" and kind == "bool":
            return f"truth[{x}]"
        if self.dialect == "sqlite" and kind == "time":
            return f"(None if {x} is None else parse({x}))"
        return x

    def known(self, column: str, row: Any) -> Any:
        """What `raw` writes, done at once."""
        value = row[1 + self.columns.index(column)]
        return as_python(self.stored[column].kind, value, self.dialect, orjson.loads) if self.is_table else value

    def bound(self, value: Any) -> str:
        """A name under which generated code finds this object."""
        name = f"g{len(self.scope)}"
        self.scope[name] = value
        return name

    def adopt(self, child: Child) -> str:
        """Registers a child; gives the name of its lookup in a shaper."""
        child.number = len(self.children)
        self.children.append(child)
        return f"m{child.number}"

    def fields(self, parts: Sequence[Part]) -> str:
        # Response keys are the client's text inside generated code: always quoted. The rest are our own names.
        return "{" + ", ".join(f"{part.pick.key!r}: {part.expression()}" for part in parts) + "}"

    def _generate(self, body: str) -> Callable[..., list[Any]]:
        row = ", ".join(["_", *(f"r{i}" for i in range(len(self.columns))), *([] if self.is_table else ["_"])])
        maps = "".join(f"m{i}, " for i in range(len(self.children)))
        source = (
            "def shape(rows, q, cursor, m):\n"
            " viewer, now, ring, pseudonyms, args = q.viewer, q.now, q.ring, q.pseudonyms, q.args\n"
            f" {f'{maps}= m' if maps else 'pass'}\n"
            f" return [{body} for {row}, in rows]\n"
        )
        exec(compile(source, f"<plan of {self.name}>", "exec"), self.scope)  # noqa: S102
        shaper: Callable[..., list[Any]] = self.scope["shape"]
        return shaper

    # ---- running ----

    def fetch(self, rows: list[Any], request: Request) -> Generator[Any, Any, Got]:
        """Everything below these rows. Below no rows nothing is fetched, checked or refused."""
        got = Got(rows)
        if rows:
            for child in self.children:
                try:
                    got.found.append((yield from child.fetch(rows, request)))
                except DatabaseTrouble:
                    raise
                except Exception as error:  # Whatever it is, it is this field's.
                    got.found.append(Found(failed=error))
        return got

    def shape(self, got: Got, request: Request, head: int = 0, cursor: Any = None) -> list[Any]:
        """The rows as answers; raises on the first surprise."""
        if not got.rows:
            return []
        maps = [_assembled(child, found, request) for child, found in zip(self.children, got.found, strict=True)]
        return self._shapers[head](got.rows, request, cursor, maps)


def _assembled(child: Child, found: Found, request: Request) -> Any:
    if found.failed is not None:
        raise found.failed
    return child.assemble(found, request)
