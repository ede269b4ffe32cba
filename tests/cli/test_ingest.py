"""`casegraph ingest` from the command line: each format, again, and what it says of lines it could not read."""

import sqlite3
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from cli import main
from cli.ingest import FORMATS
from cli.migrate import prepare
from foundation.settings import Settings

AT = "2026-11-21T12:00:00.000000Z"
FILES = {
    "sshd": b"Jan  2 03:04:05 bastion sshd[7]: Failed password for root from 192.0.2.7 port 5 ssh2\nno syslog line\n",
    "azure-ad": b'{"id": "s-1", "time": "2026-01-02T03:04:05Z", "user": "Ada@Example.com", "ip": "192.0.2.7", '
    b'"result": "50126"}\n{"id": "s-2", "ip": "192.0.2.7", "result": "0"}\n',
    "json-lines": b'{"kind": "connection", "time": "2026-01-02T03:04:05Z", "source": "flows", "ip": "192.0.2.7", '
    b'"details": {"peer": "198.51.100.9"}}\n{"kind": "visit"}\n',
}
EXPECTED = {
    "sshd": ("login", "sshd", "failure", "root"),
    "azure-ad": ("login", "azure_ad", "failure", "ada@example.com"),
    "json-lines": ("connection", "flows", "unknown", None),
}


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASEGRAPH_DATA_DIR", str(tmp_path / "data"))
    settings = Settings()
    prepare(settings)
    path = settings.data_dir / "casegraph.db"
    named = "id, name, description, domain, type, is_publisher, is_verified, is_active, created_at, updated_at"
    values = f"'o', 'Bank', '', '', 'private', 0, 0, 1, '{AT}', '{AT}'"
    rows(path, f"INSERT INTO organization ({named}) VALUES ({values})")
    return path


def rows(path: Path, statement: str) -> list[tuple]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(statement).fetchall()
        connection.commit()
    return found


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_becomes_records_once(
    form: str, database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "log"
    file.write_bytes(FILES[form])
    for created, known in ((1, 0), (0, 1)):
        assert main(["ingest", form, str(file)]) == 0
        said = capsys.readouterr()
        assert said.out == (f"2 lines: {created} new records, {known} known already, 0 of no interest, 1 malformed\n")
        assert [line.partition(":")[0] for line in said.err.splitlines() if line.startswith("line ")] == ["line 2"]
    assert rows(database, 'SELECT kind, source, outcome, "user" FROM activity_record') == [EXPECTED[form]]
    assert rows(database, "SELECT value FROM activity_entity WHERE type = 'ip'") == [("192.0.2.7",)]


def test_a_grown_file_adds_only_what_is_new(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "log"
    line = orjson.dumps({"kind": "dns", "time": AT, "source": "dns", "ip": "192.0.2.7", "domain": "a.example"}) + b"\n"
    for lines in (2, 2, 5):
        file.write_bytes(line * lines)
        assert main(["ingest", "json-lines", str(file)]) == 0
        assert rows(database, "SELECT count(*) FROM activity_record") == [(lines,)]
