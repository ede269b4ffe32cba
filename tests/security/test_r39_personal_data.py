"""Personal data is sealed at rest, bound to its place, and found by a blind index (SECURITY R39)."""

import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import psycopg
import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from cli import main
from migrations import personal
from models import tables as rows
from models.queries.sealed import sealed_tables
from models.walls import EVERYTHING, WALLED
from resolvers import totp
from resolvers.attempts import InvalidCredentials
from resolvers.operation import House, Operation
from resolvers.registration import register
from rules.access.keyring import KeyRing
from rules.access.personal_data import CannotOpen, blind_index, blind_indexes, key_id, seal, unseal
from rules.access.viewer import ANONYMOUS
from tests.graph.asking import Graph
from tests.security.keeping import PASSWORD, keeping, person, signed_in
from tests.world import World, viewer_of

OLD = KeyRing("old", {"old": b"o" * 32})
RING = KeyRing("new", {"new": b"n" * 32, "old": b"o" * 32})
PLACE = {"table": "user_account", "row_id": "u-1", "column": "email"}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_opens_where_it_was_sealed(text: str) -> None:
    sealed = seal(RING, text, **PLACE)
    assert sealed.startswith("v1.new.") and key_id(sealed) == "new"
    assert unseal(RING, sealed, **PLACE) == text
    assert seal(RING, text, **PLACE) != sealed, "two sealings never look alike"


@pytest.mark.parametrize(
    "moved",
    [
        {"table": "other"},
        {"row_id": "u-2"},
        {"column": "first_name"},
        {"table": "user_accountu-1", "row_id": ""},  # the same letters, parted elsewhere
    ],
    ids=str,
)
def test_a_value_copied_elsewhere_does_not_open(moved: dict[str, str]) -> None:
    with pytest.raises(CannotOpen):
        unseal(RING, seal(RING, "ada@example.org", **PLACE), **{**PLACE, **moved})


def test_every_changed_character_is_noticed() -> None:
    sealed = seal(RING, "ada@example.org", **PLACE)
    for at, letter in enumerate(sealed):
        for other in "AB":
            if other != letter:
                with pytest.raises(CannotOpen):
                    unseal(RING, sealed[:at] + other + sealed[at + 1 :], **PLACE)


@pytest.mark.parametrize(
    "nonsense", ["", "ada@example.org", "v1.new.", "v1.new.AAAA", "v1.gone.AAAA", "v1..AA", "...."]
)
def test_what_is_not_sealed_is_never_handed_on(nonsense: str) -> None:
    with pytest.raises(CannotOpen) as told:
        unseal(RING, nonsense, **PLACE)
    assert "ada@example.org" not in str(told.value)


def test_old_keys_open_and_the_current_one_seals() -> None:
    assert unseal(RING, seal(OLD, "Ada", **PLACE), **PLACE) == "Ada"
    with pytest.raises(CannotOpen, match="new"):
        unseal(OLD, seal(RING, "Ada", **PLACE), **PLACE)


def test_the_index_of_a_text_is_one_under_each_key() -> None:
    assert blind_indexes(RING, "ada@example.org") == (
        blind_index(RING, "ada@example.org"),
        blind_index(OLD, "ada@example.org"),
    )
    assert len({*blind_indexes(RING, "ada@example.org"), *blind_indexes(RING, "per@example.org")}) == 4
    assert key_id(blind_index(OLD, "x")) == "old"


PERSONAL = ("zenobia", "aurelian-zen", "septimia-zen", "odaenathus", "septimius-ode")


@pytest.fixture
async def house(house: House) -> House:
    return keeping(house)


def stored(url: str, folder: Path) -> bytes:
    """Everything a thief of the disk gets: the files of SQLite, or each row of each table of PostgreSQL as text."""
    if url.startswith("sqlite"):
        return b"".join(path.read_bytes() for path in sorted(folder.glob("casegraph.db*")))
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
            "WHERE schemaname IN ('public', 'dbos')"
        ).fetchall()
        found = [connection.execute(f"SELECT t::text FROM {name} t").fetchall() for (name,) in tables]
    return "\n".join(row for table in found for (row,) in table).encode()


async def test_nothing_personal_lies_on_the_disk(house: House, url: str, tmp_path: Path) -> None:
    made = await person(
        house, "queen", email="Zenobia@Palmyra.example", first_name="Aurelian-Zen", last_name="Septimia-Zen"
    )
    assert (await signed_in(house, "ZENOBIA@palmyra.example")).personal == made.personal
    for name, password in (
        ("zenobia@palmyra.example", "wrong-Horse-9"),
        ("zenobia@elsewhere.example", "wrong-Horse-9"),
    ):
        with pytest.raises(InvalidCredentials):
            await signed_in(house, name, password)
    registering = Operation(house, ANONYMOUS, request_id="r-1", client="192.0.2.1")
    await register(
        registering, name="king", password=PASSWORD, password_confirm=PASSWORD, organization="Palmyra",
        email="odaenathus@palmyra.example", first_name="Septimius-Ode", last_name="Odaenathus",
    )  # fmt: skip
    queen = Operation(house, viewer_of(made.user), request_id="r-2")
    enrolment = await totp.begin_enrolment(queen, password=PASSWORD)
    await totp.confirm_enrolment(queen, code=pyotp.TOTP(enrolment.secret).at(house.clock.now()))
    lies = stored(url, tmp_path).lower()
    assert b"queen" in lies and b"king" in lies, "what people sign in by stays readable"
    digest = sha256(b"zenobia@elsewhere.example").hexdigest()
    for word in (*PERSONAL, enrolment.secret.lower(), digest, PASSWORD.lower(), "wrong-horse"):
        assert word.encode() not in lies, word


def test_every_sealed_column_is_found_by_a_rotation() -> None:
    found = {f"{t.table.name}.{column}" for t in sealed_tables() for column in (*t.texts, *t.indexes)}
    assert found == {f"user_account.{c}" for c in ("email", "email_key", "first_name", "last_name")} | {
        "feed.credentials",
        "organization.contact_email",
        "installation.secret",
        "totp_seed.seed",
    }
    # Who rotates keys sees nobody's cases: what is sealed behind that wall would be passed over in silence.
    assert WALLED.isdisjoint(t.table.name for t in sealed_tables())


@pytest.mark.parametrize("column", ["email", "email_key", "first_name", "last_name"])
async def test_the_database_takes_nothing_in_the_clear(world: World, column: str) -> None:
    with pytest.raises(Exception, match="sealed values only"):
        async with world.house.database.transaction(EVERYTHING) as session:
            row = await session.get(rows.User, world.admin.user_id)
            setattr(row, column, "ada@example.org")


NAMES = "{ viewer { user { name email firstName lastName } } }"


@pytest.mark.parametrize("mode", ["planned", "plain"])
async def test_what_does_not_open_is_an_error_of_its_field_and_is_not_shown(world: World, mode: str) -> None:
    async with world.house.database.transaction(EVERYTHING) as session:
        ada = await session.get(rows.User, world.admin.user_id)
        per = await session.get(rows.User, world.publisher.user_id)
        assert ada and per
        ada.email = per.email  # a value that is genuine, in another row
    told = await Graph(world.house, mode).tell(world.admin, NAMES)
    assert told.data == {"viewer": {"user": {"name": "Ada", "email": None, "firstName": "", "lastName": ""}}}
    assert told.codes == {"viewer.user.email": "INTERNAL_SERVER_ERROR"}


async def test_rows_in_the_clear_are_sealed_once(world: World, url: str) -> None:
    """As versions before this one left them; `v1.` may also begin an address."""
    clear = "UPDATE user_account SET email = :email, email_key = :email, first_name = :first WHERE id = :id"
    async with world.house.database.transaction(EVERYTHING) as session:
        for viewer, email in ((world.admin, "v1.ada@example.org"), (world.viewer, "vera@example.org")):
            await session.execute(text(clear), {"email": email, "first": "Clear", "id": viewer.user_id})
    assert personal.is_clear(url)
    assert personal.seal_rows(url, lambda: world.house.keys) == 2
    assert not personal.is_clear(url)
    assert personal.seal_rows(url, lambda: pytest.fail("there is nothing to seal")) == 0
    assert b"v1.ada@" not in "".join(str(u.email) for u in await world.all(rows.User)).encode()
    told = await Graph(world.house, "planned").ask(world.admin, NAMES)
    assert told["viewer"]["user"] == {
        "name": "Ada",
        "email": "v1.ada@example.org",
        "firstName": "Clear",
        "lastName": "",
    }


def test_a_backup_holds_neither_an_address_nor_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASEGRAPH_DATA_DIR", str(tmp_path / "data"))
    made = ["create-admin", "queen", "--organization", "Palmyra", "--email", "zenobia@palmyra.example"]
    assert main(made) == 0
    assert main(["backup", str(tmp_path / "copy.db")]) == 0
    copy, held = (tmp_path / "copy.db").read_bytes(), (tmp_path / "data" / "keys.json").read_text()
    assert b"queen" in copy and b"zenobia" not in copy
    for secret in held.split('"'):
        assert len(secret) != 44 or secret.encode() not in copy
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        assert connection.execute("SELECT count(*) FROM installation WHERE key LIKE 'key:%'").fetchone() == (1,)
