"""R3: keys are made by chance and kept closed; rotated on a live database, old ones last as long as they are needed."""

import asyncio
import base64
import json
from pathlib import Path

import pytest

from cli import keys as command
from cli import main
from foundation.clock import FixedClock
from foundation.errors import CommandRefused
from gateways.keys import KeyFile
from models import tables as rows
from models.queries import installation, sealed
from models.walls import EVERYTHING
from resolvers import identities, keys
from resolvers.audit_check import check_all
from resolvers.operation import House
from resolvers.people import EmailTaken, NewPerson
from resolvers.sealing import seal_new
from rules.access.keyring import KeyRing, weakness
from rules.access.personal_data import key_id
from rules.access.tokens import BadToken
from tests.security.keeping import Watch, keeping, key_file, operator, person, signed_in
from tests.world import World

# Drawn once, by chance: a key that nothing is wrong with.
GOOD = base64.b64decode("8J3Xr0cVb6cBqk0lZ9m3T1w5uYgQe7oHnKxPd2RfA+s=")


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def house(house: House, watch: Watch) -> House:
    return keeping(house, watch=watch)


def ring_of(folder: Path, **masters: bytes) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / "keys.json"
    text = {kid: base64.b64encode(master).decode() for kid, master in masters.items()}
    path.write_text(json.dumps({"current": next(iter(masters)), "keys": text}))
    path.chmod(0o600)
    return path


def test_the_key_file_is_made_closed_and_opened_by_nobody_else(tmp_path: Path) -> None:
    made = KeyFile(tmp_path / "data")
    path = tmp_path / "data" / "keys.json"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert KeyFile(tmp_path / "data").ring == made.ring
    path.chmod(0o640)
    with pytest.raises(PermissionError, match="chmod 600"):
        KeyFile(tmp_path / "data")
    path.chmod(0o600)
    path.parent.chmod(0o770)
    with pytest.raises(PermissionError, match="chmod 700"):
        KeyFile(tmp_path / "data")


@pytest.mark.parametrize(
    ("master", "why"),
    [
        (b"k" * 32, "repeats"),
        (bytes(32), "repeats"),
        (b"changeme" * 4, "repeats"),
        (b"0123456789abcdef0123456789abcdef", "typed"),
        (b"Correct horse battery staple, 9!", "typed"),
        (bytes(range(32)), "counts"),
        (bytes(range(255, 191, -2)), "counts"),
        (GOOD[:31], "damaged"),
        (b"", "damaged"),
    ],
)  # fmt: skip
def test_a_key_not_drawn_by_chance_is_refused_at_the_start(
    master: bytes, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASEGRAPH_DATA_DIR", str(tmp_path / "data"))
    ring_of(tmp_path / "data", k1=master)
    before = (tmp_path / "data" / "keys.json").read_bytes()
    assert main(["create-admin", "ada", "--organization", "Ground"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and why in said
    assert base64.b64encode(master).decode() not in said or not master
    assert (tmp_path / "data" / "keys.json").read_bytes() == before
    assert weakness(GOOD) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"current": "a", "keys": {}}', '{"current": "a", "keys": {"a": 5}}'])
def test_a_damaged_file_is_named_and_left_alone(text: str, tmp_path: Path) -> None:
    path = ring_of(tmp_path / "data", a=GOOD)
    path.write_text(text)
    with pytest.raises(CommandRefused, match="damaged"):
        KeyFile(tmp_path / "data")
    assert path.read_text() == text


async def test_a_database_is_not_opened_without_its_keys(house: House, tmp_path: Path) -> None:
    used = await keys.keys_of(house.settings, house.database)
    assert await installation.key_ids(house.database) == {used.ring.current}
    used.path.rename(tmp_path / "away")
    with pytest.raises(CommandRefused, match="Put the key file back"):
        await keys.keys_of(house.settings, house.database)
    assert not used.path.exists(), "no new keys are made over missing ones"
    ring_of(used.path.parent, other=GOOD)
    with pytest.raises(CommandRefused, match=used.ring.current):
        await keys.keys_of(house.settings, house.database)
    assert await installation.key_ids(house.database) == {used.ring.current}


async def stored_kids(world: World) -> set[str | None]:
    users = await world.all(rows.User)
    return {key_id(v) for u in users for v in (u.email, u.email_key, u.first_name, u.last_name) if v}


async def test_a_rotation_changes_every_key_and_breaks_nothing(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    house, file = world.house, key_file(world.house)
    old = file.ring.current
    await person(house, "root", email="Root@example.org", first_name="Rosa", last_name="Root")
    before, cursor = await signed_in(house, "root"), house.cursors.seal("a list", [7])
    with file.alone():
        assert await command.rotate(house, file, wait_s=0) == 0
    new = file.ring.current
    assert (new != old, set(file.ring.masters), set(file.held.replaced)) == (True, {old, new}, {old})
    assert await stored_kids(world) == {new}
    assert "5 rows sealed anew" in capsys.readouterr().out
    assert (await identities.viewer_of_token(house, before.access_token)).name == "root"
    assert house.cursors.open("a list", cursor) == [7]
    after = await signed_in(house, "root@EXAMPLE.org")
    assert (after.personal.email, after.personal.first_name, after.personal.last_name) == (
        "Root@example.org", "Rosa", "Root",
    )  # fmt: skip
    assert await installation.key_ids(house.database) >= {new}
    audit = [e for e in await world.all(rows.Audit) if e.action == "keys.rotate"]
    # Looking for what is left is an administrative read, which is noted too, without details.
    assert {e.actor_name for e in audit} == {"operator"}
    assert [e.details for e in audit if e.details] == [{"table": "user_account", "key": new, "rows": 5}]


async def test_the_secret_of_pseudonyms_stays_when_keys_are_rotated(house: House) -> None:
    file = key_file(house)
    made = await keys.sharing_secret(house.database, file.ring)
    with file.alone():
        assert await command.rotate(house, file, wait_s=0) == 0
    new = file.ring.current
    async with house.database.reading() as session:
        row = await session.get(rows.Installation, installation.SHARING)
    assert row is not None and (row.value, key_id(row.secret)) == ("", new)
    alone = KeyRing(new, {new: file.ring.masters[new]})
    assert await keys.sharing_secret(house.database, alone) == made and len(made) == 32


async def test_another_process_learns_of_it_within_a_second(house: House, watch: Watch) -> None:
    elsewhere, file = keeping(house, watch=watch), key_file(house)
    with file.alone():
        coming = file.add()
        assert coming not in elsewhere.keys.masters
        watch.seconds += 1
        assert coming in elsewhere.keys.masters and elsewhere.keys.current != coming
        file.promote(coming, house.clock.now())
        watch.seconds += 1
        assert elsewhere.keys.current == coming
        with pytest.raises(CommandRefused), key_file(elsewhere).alone():
            pass
    file.path.write_text("half of a fi")
    watch.seconds += 1
    assert elsewhere.keys.current == coming, "what cannot be read is not obeyed"


async def test_an_address_is_given_once_while_two_keys_are_current(house: House, watch: Watch) -> None:
    """One process has noticed the new key, the other has not: their blind indexes of one address differ."""
    late = keeping(house, watch=watch)
    file = key_file(house)
    with file.alone():
        coming = file.add()
        watch.seconds += 1
        assert coming in late.keys.masters
        file.promote(coming, house.clock.now())
    assert late.keys.current != house.keys.current
    made = await asyncio.gather(
        *(person(h, f"{n}{i}", email=f"same{i}@example.org") for i in range(2) for n, h in (("a", house), ("b", late))),
        return_exceptions=True,
    )
    assert [sum(isinstance(m, NewPerson) for m in made[i : i + 2]) for i in (0, 2)] == [1, 1]
    assert all(isinstance(m, NewPerson | EmailTaken) for m in made)
    for h in (house, late):
        assert (await signed_in(h, "same1@example.org")).personal.email == "same1@example.org"


async def test_a_rotation_under_writes_misses_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    house = world.house
    elsewhere = keeping(house)
    monkeypatch.setattr(keys, "BATCH", 2)
    for i in range(5):
        await person(house, f"before{i}", email=f"before{i}@example.org", first_name="First")
    done = asyncio.Event()

    async def writing() -> int:
        i = 0
        while not done.is_set() or i < 3:
            await person(elsewhere, f"during{i}", email=f"during{i}@example.org", first_name="First")
            assert (await signed_in(elsewhere, f"before{i % 5}@example.org")).personal.first_name == "First"
            i += 1
        return i

    work = asyncio.create_task(writing())
    with key_file(house).alone():
        for _ in range(2):
            assert await command.rotate(house, key_file(house), wait_s=0.1) == 0
    done.set()
    made = await work
    assert len(house.keys.masters) == 3
    assert await stored_kids(world) == {house.keys.current}
    for name in ("before0", "before4", "during0", f"during{made - 1}"):
        assert (await signed_in(elsewhere, f"{name}@example.org")).personal.email == f"{name}@example.org"


async def test_a_rotation_cut_off_is_finished_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    house, file = world.house, key_file(world.house)
    monkeypatch.setattr(keys, "BATCH", 1)
    with file.alone():
        coming = file.add()  # and here the process dies
        assert await command.rotate(house, file, wait_s=0) == 0
        assert (file.ring.current, len(file.ring.masters)) == (coming, 2), "the key that was coming is taken"
        newer = file.add()
        file.promote(newer, house.clock.now())
        async for progress in keys.reseal(operator(house)):
            if progress.done == 2:
                break  # here too
        assert await stored_kids(world) == {coming, newer}
        assert (await signed_in_all(house)) == 4
        capsys.readouterr()
        assert await command.rotate(house, file, wait_s=0) == 0
    assert "had been cut off" in capsys.readouterr().out
    assert (file.ring.current, len(file.ring.masters)) == (newer, 3)
    assert await stored_kids(world) == {newer}


async def signed_in_all(house: House) -> int:
    """How many of the world's four addresses are found."""
    found = 0
    for name in ("ada", "per", "vera", "sven"):
        with pytest.raises(EmailTaken):
            await person(house, f"not-{name}", email=f"{name}@example.org")
        found += 1
    return found


async def test_what_does_not_open_is_named_and_keeps_its_key(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    house, file = world.house, key_file(world.house)
    old = file.ring.current
    async with house.database.transaction(EVERYTHING) as session:
        ada = await session.get(rows.User, world.admin.user_id)
        per = await session.get(rows.User, world.publisher.user_id)
        assert ada and per
        ada.email = per.email
    with file.alone():
        assert await command.rotate(house, file, wait_s=0) == 1
        assert f"user_account.email of {world.admin.user_id} does not open" in capsys.readouterr().err
        assert await command.rotate(house, file, wait_s=0) == 1, "and it keeps nobody from the next rotation"
        assert len(file.ring.masters) == 3
        await command.retire(house, file)
    assert f"{old} is kept: something is still sealed with it" in capsys.readouterr().out


async def test_old_keys_go_when_nothing_needs_them(
    world: World, clock: FixedClock, capsys: pytest.CaptureFixture[str]
) -> None:
    house, file = world.house, key_file(world.house)
    old = file.ring.current
    await person(house, "root")
    before = await signed_in(house, "root")
    await seal_new(house)  # the audit trail, with the old key

    async def retired() -> str:
        with file.alone():
            assert await command.retire(house, file) == 0
        return capsys.readouterr().out

    assert await retired() == "There is no old key.\n"
    with file.alone():
        await command.rotate(house, file, wait_s=0)
    capsys.readouterr()
    assert "1 sign-ins rest on it" in await retired()
    (users,) = [t for t in sealed.sealed_tables() if t.table.name == "user_account"]
    async with house.database.transaction(EVERYTHING) as session:
        await sealed.put(session, users, world.admin.user_id, {"first_name": f"v1.{old}.{'A' * 40}"})
    assert "something is still sealed with it" in await retired()
    async with house.database.transaction(EVERYTHING) as session:
        await sealed.put(session, users, world.admin.user_id, {"first_name": ""})
    clock.forward(days=8)
    assert await retired() == f"{old} is gone.\n"
    assert set(file.ring.masters) == {file.ring.current}
    assert (await check_all(house))[0] and not any(chain.fault for chain in (await check_all(house))[0])
    assert await installation.key_ids(house.database) == {file.ring.current}
    with pytest.raises(BadToken):
        await identities.viewer_of_token(house, before.access_token)
    assert (await signed_in(house, "root")).account.user.name == "root"
