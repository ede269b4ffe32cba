"""Alembic's environment: our tables, and no others (DBOS keeps its own beside them)."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from models.base import JsonText, PlainText, UtcTime
from models.tables import METADATA


def ours(_object: Any, name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
    """What stands in the database and not in our metadata belongs to someone else."""
    return not (kind == "table" and reflected and compared is None) and name != "alembic_version"


def written(kind: str, value: Any, _context: Any) -> str | Literal[False]:
    """How our types are spelt in a migration."""
    if kind == "type" and isinstance(value, (PlainText, UtcTime, JsonText)):
        return f"{type(value).__name__}()"
    return False


def run(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        # What a migration does to rows it does to all of them, whosesoever they are (models/walls.py).
        connection.exec_driver_sql("SET casegraph.everything = 'on'")
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        include_object=ours,
        render_item=written,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
