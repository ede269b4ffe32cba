"""The second wall: on PostgreSQL the database itself keeps the rows of cases and of activity to whom they belong.

The first wall is the condition in every statement (`models/reading/visibility.py`). This one is row level security on
the tables below, which are never shared except case by case: its policies (see the migrations) compare each row with
settings of the transaction, so a statement that forgot its condition still returns nothing foreign. Where nothing is
set, nothing is seen. SQLite has no such thing.

Who asks is said in two ways. A transaction sets it first (`Wall.open`). A planned read carries it in its own statement
(`carried`), for a trip of its own would cost a point query a tenth of its time.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from rules.access.viewer import Viewer

WALLED = frozenset(
    {
        "investigation", "domain_analysis", "risk_point", "case_history", "evidence", "evidence_verification",
        "timeline_event", "note", "activity_record", "activity_entity", "case_watch",
    }
)  # fmt: skip
"""A test holds this against the policies in the database, and against the tables whose rows belong to cases."""

_OPEN = text(
    "SELECT set_config('casegraph.organization', :organization, true), set_config('casegraph.user', :user, true), "
    "set_config('casegraph.everything', :everything, true)"
)


class Wall(NamedTuple):
    """Whose rows a transaction may touch: those of an organisation, and of the cases this user is called into."""

    organization_id: str = ""
    user_id: str = ""
    everything: bool = False

    async def open(self, session: AsyncSession) -> None:
        """First thing in the transaction; it ends with it."""
        if self == NOBODY or session.get_bind().dialect.name == "sqlite":
            return
        everything = "on" if self.everything else ""
        given = {"organization": self.organization_id, "user": self.user_id, "everything": everything}
        await session.execute(_OPEN, given)


NOBODY = Wall()
"""Sees no row of any case."""

EVERYTHING = Wall(everything=True)
"""For work on the whole installation, which finds out for itself whom a row concerns. Named where it is used."""


def wall_of(viewer: Viewer) -> Wall:
    return Wall(viewer.organization_id, viewer.user_id)


def carried(statement: str, tables: Iterable[Any], given: int) -> str | None:
    """The statement behind the wall: it sets who asks and then reads, in one trip. None where it reads no table that
    is walled.

    `given`: its own parameters; the organisation and the user follow as the next two. The inner query depends on the
    value of the outer one, so it cannot begin before that is computed; OFFSET 0 keeps the two apart.
    """
    if WALLED.isdisjoint(table.name for table in tables):
        return None
    return (
        f"SELECT r.* FROM (SELECT set_config('casegraph.organization', ${given + 1}::text, true) AS a, "  # noqa: S608
        f"set_config('casegraph.user', ${given + 2}::text, true) AS b OFFSET 0) w CROSS JOIN LATERAL "
        f"(SELECT t.* FROM ({statement}) t WHERE w.a IS NOT NULL AND w.b IS NOT NULL OFFSET 0) r"
    )
