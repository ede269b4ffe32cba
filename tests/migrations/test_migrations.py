"""The tables under test are the migrated ones, and they are what the code says."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from migrations import run
from models.tables import METADATA


def test_the_migrated_tables_are_the_declared_ones(url: str) -> None:
    with run._connection(url) as connection:
        context = MigrationContext.configure(connection)
        mine = [d for d in compare_metadata(context, METADATA) if not _foreign(d)]
    assert mine == []


def _foreign(difference: object) -> bool:
    """What DBOS keeps beside our tables."""
    if not isinstance(difference, tuple):
        return False
    kind, thing = difference[0], difference[1]
    table = getattr(thing, "table", thing)
    return kind in ("remove_table", "remove_index") and getattr(table, "name", "") not in METADATA.tables


def test_migrating_twice_changes_nothing(url: str) -> None:
    run.upgrade(url)
    assert run.revision(url) == run.head()


def test_a_newer_schema_is_left_alone(url: str) -> None:
    with run._connection(url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()
    try:
        with pytest.raises(run.NewerSchema):
            run.upgrade(url)
        assert run.revision(url) == "9999"
    finally:
        with run._connection(url) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": run.head()})
            connection.commit()
