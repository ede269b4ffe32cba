"""However many indicators there are, a page of them, a look at one and a search by id read by index, for their owner
and for those they are shared with.

`CASEGRAPH_TEST_INDICATORS=100000` fills that many; by default fewer.
"""

import os
import sqlite3
import time
from typing import Any

import asyncpg
from sqlalchemy import text, update

from models import tables as rows
from models.reading.origins import Page
from models.reading.statements import NO_PARENT, Ask, bind, by_key, by_other_key, by_pseudonym, page_of_children
from models.reading.window import window_of
from models.walls import EVERYTHING
from resolvers.operation import Operation
from resolvers.reading import driver_of, request_of
from rules.access.viewer import Viewer
from rules.trust import Form
from tests.intelligence.test_matching import fill
from tests.sharing.partners import grant
from tests.world import World

COUNT = int(os.environ.get("CASEGRAPH_TEST_INDICATORS", "3000"))
COLUMNS = ["id", "name", "pattern", "created_at", "updated_at", "modified"]
ORDERS = {"newest": ("created_at", True), "oldest": ("created_at", False), "updated": ("updated_at", True)}
ORDERS |= {"modified": ("modified", True)}


class Plans:
    """Asks a database how it goes about a statement, and for how long."""

    def __init__(self, world: World) -> None:
        self.world, self.is_sqlite = world, world.house.database.is_sqlite

    async def of(self, viewer: Viewer, statement: Any, keys: list[Any], window: Any = None) -> tuple[str, int, float]:
        """(plan, rows, ms) of the statement."""
        request = request_of(Operation(self.world.house, viewer), {})
        run = bind(statement, Ask(keys, request, window))
        (given,) = run.parameters
        url = self.world.house.settings.database_url
        if self.is_sqlite:
            connection = sqlite3.connect(url.removeprefix("sqlite:///"))
            plan = "\n".join(str(row[-1]) for row in connection.execute(f"EXPLAIN QUERY PLAN {run.text}", given))
            begun = time.perf_counter()
            count = len(connection.execute(run.text, given).fetchall())
            took = time.perf_counter() - begun
            connection.close()
            return plan, count, 1000 * took
        server = await asyncpg.connect(url)
        plan = "\n".join(row[0] for row in await server.fetch(f"EXPLAIN {run.text}", *given))
        begun = time.perf_counter()
        count = len(await server.fetch(run.text, *given))
        took = time.perf_counter() - begun
        await server.close()
        return plan, count, 1000 * took


async def test_pages_and_looks_are_found_by_index(world: World) -> None:
    await fill(world, COUNT)
    async with world.house.database.transaction(EVERYTHING) as session:
        for table in (rows.Indicator, rows.StixObject):
            await session.execute(
                update(table).values(required=10, tlp_rank=0, kind=1, form_to=5, original_id=table.id)
            )
    await grant(world, world.stranger.organization_id, Form.MEDIUM)
    if not world.house.database.is_sqlite:
        async with world.house.database.transaction(EVERYTHING) as session:
            await session.execute(text("ANALYZE indicator"))
    plans, dialect = Plans(world), driver_of(Operation(world.house, world.viewer)).dialect
    async with world.house.database.reading() as session:
        one = (await session.execute(rows.Indicator.__table__.select().limit(1))).mappings().one()  # type: ignore[attr-defined]
    page = Page(orders=ORDERS)
    asked: list[tuple[str, Any, list[Any], Any]] = []
    for order in ORDERS:
        window = window_of(page, rows.Indicator, {"order_by": order}, world.house.cursors)
        made = page_of_children(page, rows.Indicator, COLUMNS, window, dialect, 1)
        asked.append((f"page {order}", made, [NO_PARENT], window))
    asked += [
        ("by key", by_key(rows.Indicator, COLUMNS, dialect), [one["id"]], None),
        ("by stix id", by_other_key(rows.Indicator, "stix_id", dialect), [one["stix_id"]], None),
        ("by pseudonym", by_pseudonym(rows.Indicator, dialect), [one["id"]], None),
    ]
    for viewer, who in ((world.viewer, "owner"), (world.stranger, "partner")):
        for name, statement, keys, window in asked:
            plan, count, took = await plans.of(viewer, statement, keys, window)
            print(f"{dialect} {COUNT} {who} {name}: {count} rows in {took:.1f} ms")
            assert count == (21 if window else name != "by pseudonym"), (name, plan)
            for bad in ("SCAN indicator", "Seq Scan on indicator"):
                assert bad not in plan, (who, name, plan)
