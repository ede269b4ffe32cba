"""Bringing a database to the shape this version needs, one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from foundation.errors import CommandRefused

# One number for all processes of all versions: whoever holds it migrates.
ADVISORY_LOCK = 7_203_114_556


class NewerSchema(Exception):
    """The database was made by a newer version of casegraph."""


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    except OperationalError as error:
        # Never the driver's own text: it may hold the address with its password.
        at = engine.url
        place = f"{at.database} on {at.host}:{at.port or 5432} (as {at.username})" if at.host else at.database
        raise CommandRefused(
            f"The database {place} does not answer, or does not let this process in. Check CASEGRAPH_DATABASE_URL."
        ) from error
    finally:
        engine.dispose()


def config(connection: Connection | None = None) -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.attributes["connection"] = connection
    return made


def head() -> str:
    """The revision this version of the code needs."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""


def revision(url: str) -> str | None:
    """The revision a database stands at; None for one that was never migrated."""
    with _connection(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _known(revision: str | None) -> bool:
    scripts = ScriptDirectory.from_config(config()).walk_revisions()
    return revision is None or revision in {script.revision for script in scripts}


def upgrade(url: str) -> None:
    """Migrates to `head`. Raises NewerSchema rather than touch what it does not know."""
    with _connection(url) as connection:
        if url.startswith("sqlite"):
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.commit()
        else:
            # A lock of the session: migrations commit one by one, and it must outlast them all.
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": ADVISORY_LOCK})
            connection.commit()
        if not _known(MigrationContext.configure(connection).get_current_revision()):
            raise NewerSchema("This database was made by a newer casegraph. Install that version, or restore a backup.")
        connection.rollback()
        command.upgrade(config(connection), "head")
        connection.commit()
