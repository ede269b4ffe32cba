"""A copy while in use, put back while not: rows are there, sign-ins are over, the epoch is new."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cli import main
from cli.migrate import prepare
from foundation.settings import Settings
from migrations import run
from workers import sole


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASEGRAPH_DATA_DIR", str(tmp_path / "data"))
    made = Settings()
    prepare(made)
    return made


def rows(path: Path, statement: str) -> list[tuple]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(statement).fetchall()
        connection.commit()
    return found


def test_what_was_backed_up_comes_back(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    database = settings.data_dir / "casegraph.db"
    at = "2026-11-21T12:00:00.000000Z"
    named = "id, name, description, domain, type, is_publisher, is_verified, is_active, created_at, updated_at"
    values = f"'o', 'Kept', '', '', 'private', 0, 0, 1, '{at}', '{at}'"
    rows(database, f"INSERT INTO organization ({named}) VALUES ({values})")
    epoch = rows(database, "SELECT value FROM installation WHERE key = 'epoch'")
    assert main(["backup", str(tmp_path / "copy.db")]) == 0
    rows(database, "UPDATE organization SET name = 'Lost'")
    assert main(["backup", str(tmp_path / "copy.db")]) == 1  # overwrites nothing
    assert main(["restore", str(tmp_path / "copy.db")]) == 0
    assert rows(database, "SELECT name FROM organization") == [("Kept",)]
    assert rows(database, "SELECT value FROM installation WHERE key = 'epoch'") != epoch
    assert sorted(path.name for path in settings.data_dir.iterdir()) == ["casegraph.db", "casegraph.db.serving"]
    assert "overwrites nothing" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"no database at all " * 100], ids=["empty", "nonsense"])
def test_nonsense_replaces_nothing(settings: Settings, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "nonsense").write_bytes(content)
    before = (settings.data_dir / "casegraph.db").read_bytes()
    assert main(["restore", str(tmp_path / "nonsense")]) == 1
    assert (settings.data_dir / "casegraph.db").read_bytes() == before
    assert not (settings.data_dir / "casegraph.db.restoring").exists()


def test_a_database_in_use_is_not_replaced(settings: Settings, tmp_path: Path) -> None:
    assert main(["backup", str(tmp_path / "copy.db")]) == 0
    held = sole.take_alone(settings.data_dir / "casegraph.db")
    try:
        assert main(["restore", str(tmp_path / "copy.db")]) == 1
    finally:
        sole.let_go(held)


def test_migrate_says_where_the_database_stands(settings: Settings, capsys: pytest.CaptureFixture) -> None:
    assert main(["migrate"]) == 0
    assert capsys.readouterr().out == f"sqlite: {run.head()} -> {run.head()}\n"


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setenv("CASEGRAPH_DATABASE_URL", "mysql://x")
    assert main(["migrate"]) == 2
    assert "CASEGRAPH_DATABASE_URL: " in capsys.readouterr().err
