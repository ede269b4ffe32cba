"""Two tenants with a row in every table: the one who looks, and the one of whom nothing may be seen.

Both are random worlds gathered into one organisation each. Every text of the second that is no key and no member of an
enumeration holds a mark, and a table that no random world fills gets rows of its own, so that a new table is planted on
the day it is made.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import GraphQLEnumType, get_named_type
from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint, insert
from sqlalchemy.schema import sort_tables

from foundation.ids import to_global, to_ref
from models import tables as rows
from models.reading.stored import columns_of, is_table, sql_table
from models.walls import EVERYTHING
from resolvers.operation import House
from rules.access.person import seal_personal
from rules.access.viewer import Role, Viewer, ViewerKind
from rules.nodes import NAMED, NUMBERED, PREFIXES
from schema.faces import SOURCES, FaceField
from schema.selecting import DEFINITION
from tests.graph.random_events import streams
from tests.graph.random_world import Maker, whole

Rows = dict[str, list[dict[str, Any]]]
MARK = "Zq7mark"
OURS = {"installation", "warning_list", "warning_entry"}  # facts of the installation, nobody's
SAID = {"title", "reason", "source", "actor"}  # what an event says in words
REF_OF = {kind: prefix for prefix, kind in PREFIXES.items()}


@dataclass(frozen=True)
class Tenant:
    rows: Rows
    organization_id: str
    viewer: Viewer

    def ids(self) -> dict[str, list[str]]:
        """Global ids, refs and STIX ids of all that is a node, by kind."""
        found: dict[str, list[str]] = {}
        for face, source in SOURCES.items():
            kind = face.__strawberry_definition__.name  # type: ignore[attr-defined]
            if not is_table(source) or kind not in NAMED | NUMBERED:
                continue
            for row in self.rows.get(sql_table(source).name, []):
                here = found.setdefault(kind, [])
                here.append(to_global(kind, row["id"]))
                if kind in REF_OF:
                    here.append(to_ref(REF_OF[kind], row["id"]))
                if "stix_id" in row:
                    here.append(row["stix_id"])
        return found


class Settler:
    """Moves a random world into one organisation, with keys of its own."""

    def __init__(self, house: House, seed: int, number: int, word: str, enums: set[tuple[str, str]]) -> None:
        self.house, self.seed, self.number, self.word, self.enums = house, seed, number, word, enums
        self.start = house.clock.now().replace(hour=0)
        self.offset = 10_000 * number
        self.keys: dict[str, str] = {}

    def settle(self) -> Tenant:
        made: Rows = Maker(self.seed, self.start).rows()
        self._gather(made)
        tables = list(sort_tables(rows.METADATA.tables.values()))
        made = {table.name: [self._moved(table, row) for row in made.get(table.name, [])] for table in tables}
        made.update(streams(Random(self.seed), made, self.start))
        for user in made["user_account"]:
            address = f"{user['id'][-6:]}{self.word}@example.org"
            user.update(
                seal_personal(self.house.keys, user["id"], email=address, first_name=self.word, last_name=self.word)
            )
        for event in made["event"]:
            event["data"] = {name: self.word if name in SAID else told for name, told in event["data"].items()}
        for table in tables:
            if not made[table.name] and table.name not in OURS:
                one, two = (self._invented(table, n, made) for n in (1, 2))
                made[table.name] = [one] if clash(table, one, two) else [one, two]
        made = {
            name: [whole(row, rows.METADATA.tables[name], self.start) for row in some] for name, some in made.items()
        }
        viewer = Viewer(
            ViewerKind.USER,
            self._key("user-0"),
            self._key("organization-0"),
            Role.ADMIN,
            "Looks",
            session_id=made["login_session"][0]["id"],
        )
        return Tenant(made, viewer.organization_id, viewer)

    def _gather(self, made: Rows) -> None:
        """One organisation out of three, and what is unique within one or everywhere made so."""
        for row in (row for some in made.values() for row in some):
            if "organization_id" in row:
                row["organization_id"] = "organization-0"
        del made["organization"][1:]
        named = {}
        for n, row in enumerate(made["stix_object"]):
            row["stix_id"] = named[row["id"]] = f"{row['type']}--00000000-0000-4000-8000-{n:012d}"
        for row in made["indicator"]:
            row["stix_id"] = named[row["id"]]

    def _key(self, text: str) -> str:
        return self.keys.setdefault(text, f"00000000-0000-4000-{8000 + self.number}-{len(self.keys) + 1:012d}")

    def _moved(self, table: Table, row: dict[str, Any]) -> dict[str, Any]:
        return {name: self._cell(table, name, value) for name, value in row.items()}

    def _cell(self, table: Table, name: str, value: Any) -> Any:
        column = table.c[name]
        alone = column.primary_key and len(table.primary_key) == 1
        is_key = alone or bool(column.foreign_keys) or (name.endswith("_id") and name != "stix_id")
        if is_key and isinstance(value, int):
            return value + self.offset
        if isinstance(value, str) and (name in ("id", "created_by", "verified_by") or is_key):
            return value if value == "" or name == "external_id" else self._key(value)
        if table.name == "organization":
            return f"Organisation {self.number}" if name == "name" else value  # named to everybody
        if isinstance(value, dict):
            return {**value, "mark": self.word}
        if isinstance(value, str) and name == "stix_id":
            return value
        if isinstance(value, str) and (table.name, name) not in self.enums:
            return f"{value} {self.word} {table.name}.{name}"
        return value

    def _invented(self, table: Table, n: int, made: Rows) -> dict[str, Any]:
        """A row for a table that the random world knows nothing of."""
        row: dict[str, Any] = {}
        for name, stored in columns_of(table).items():
            column = table.c[name]
            target = next(iter(column.foreign_keys), None)
            if target is not None:
                pointed = made[target.column.table.name]
                row[name] = pointed[(n - 1) % len(pointed)][target.column.name]
            elif name == "organization_id":
                row[name] = made["organization"][0]["id"]
            elif name in ("user_id", "actor_id"):
                row[name] = made["user_account"][0]["id"]
            elif stored.kind == "int":
                row[name] = self.offset + n
            elif name == "id":
                row[name] = self._key(f"{table.name} {n}")
            elif stored.kind == "str":
                row[name] = f"{self.word} {table.name}.{name} {n}"
            elif stored.kind == "json":
                row[name] = {"mark": self.word}
            elif stored.kind == "sealed":
                row[name] = ""
            else:
                row[name] = {"float": 0.4242, "bool": False, "time": self.start}[stored.kind]
        return row


def clash(table: Table, one: dict[str, Any], two: dict[str, Any]) -> bool:
    """Whether the table takes only one of the two rows."""
    alone = [key.columns for key in table.constraints if isinstance(key, UniqueConstraint | PrimaryKeyConstraint)]
    alone += [index.columns for index in table.indexes if index.unique]
    return any(all(one[column.name] == two[column.name] for column in columns) for columns in alone)


def speaks(table: Table, enums: set[tuple[str, str]]) -> bool:
    """Whether it has a column for free text, which always holds some."""
    return any(
        columns_of(table)[column.name].kind in ("str", "json")
        and not (column.nullable or column.primary_key or column.foreign_keys or column.name.endswith("_id"))
        and (table.name, column.name) not in enums
        for column in table.columns
    )


def enumerated(schema: Any) -> set[tuple[str, str]]:
    """(table, column) of all that the graph shows as a member of an enumeration."""
    found = set()
    for face, source in SOURCES.items():
        type_ = schema.type_map.get(face.__strawberry_definition__.name)  # type: ignore[attr-defined]
        if type_ is None or not is_table(source):
            continue
        for field in type_.fields.values():
            made = field.extensions.get(DEFINITION)
            if isinstance(made, FaceField) and isinstance(get_named_type(field.type), GraphQLEnumType):
                found |= {(sql_table(source).name, need) for need in made.source.needs}
    return found


async def plant(
    house: House, tenant: Tenant, *, only: frozenset[str] = frozenset(), but: frozenset[str] = frozenset()
) -> None:
    """Puts the rows of a tenant into the database: of some tables only, or of all but some."""
    async with house.database.transaction(EVERYTHING) as session:
        for table in sort_tables(rows.METADATA.tables.values()):
            some = tenant.rows.get(table.name)
            if some and table.name not in but and (not only or table.name in only):
                await session.execute(insert(table), some)
