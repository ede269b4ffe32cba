"""An audit trail to look after: rows written by the door, and damage done behind its back."""

import sqlite3
from contextlib import closing
from typing import Any

import psycopg

from models import tables as rows
from rules.access.actions import Action
from rules.access.viewer import Viewer
from tests.databases import mighty
from tests.world import World


async def write(world: World, *targets: str, by: Viewer | None = None) -> None:
    """One audit row for each target."""
    for target in targets:
        async with world.op(by).write(Action.NOTE_ADD, target=target):
            pass


def tamper(url: str, *statements: str) -> None:
    """What somebody with the database's own shell does: the triggers are no obstacle to who may drop them."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            named = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'"
            for (trigger,) in connection.execute(named).fetchall():
                connection.execute(f"DROP TRIGGER {trigger}")
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        return
    with psycopg.connect(mighty(url)) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(statement.encode())


async def seals(world: World, organization_id: str | None = None) -> list[Any]:
    wanted = organization_id or world.operator.id
    found = await world.all(rows.AuditSeal, rows.AuditSeal.organization_id == wanted)
    return sorted(found, key=lambda seal: seal.sequence)
