"""R38: the audit trail is complete, append-only and shows tampering.

What each act leaves in the trail is in test_r38_acts.py; how rows come to be sealed in tests/audit.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli import main
from gateways.checkpoints import Checkpoints
from gateways.keys import KeyFile
from models import tables as rows
from resolvers.audit_check import check_chain
from resolvers.operation import House
from resolvers.sealing import seal_new
from rules.access.keyring import KeyRing
from tests.audit.trail import seals, tamper, write
from tests.world import World

Verify = Callable[[], Awaitable[tuple[int, Any]]]
TARGETS = ("one", "two", "three", "four", "five")


@pytest.fixture
def house(house: House) -> House:
    """With the very keys that the command will find."""
    return replace(house, key_source=KeyFile(house.settings.data_dir).ring)


@pytest.fixture
async def trail(world: World) -> World:
    """Five sealed rows."""
    await write(world, *TARGETS)
    assert (await seal_new(world.house)).count == len(TARGETS)
    return world


@pytest.fixture
def verify(house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Verify:
    """Runs `casegraph verify-audit` on the database of the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASEGRAPH_DATABASE_URL", house.settings.database)
    monkeypatch.setenv("CASEGRAPH_DATA_DIR", str(house.settings.data_dir))

    async def run() -> tuple[int, Any]:
        code = await asyncio.to_thread(main, ["verify-audit", "--json"])  # it has a loop of its own
        told = json.loads(capsys.readouterr().out)
        assert code == (0 if told["ok"] else 1)
        return code, told

    return run


ONE_BYTE = "UPDATE audit SET actor_name = 'Pes' WHERE id = 3"
DAMAGE: dict[str, tuple[list[str], str, int, int | None]] = {
    "one byte": ([ONE_BYTE], "edited", 3, 3),
    "outcome": (["UPDATE audit SET outcome = 'refused' WHERE id = 1"], "edited", 1, 1),
    "details": (["UPDATE audit SET details = '{ }' WHERE id = 5"], "edited", 5, 5),
    "owner": (["UPDATE audit SET organization_id = '' WHERE id = 2"], "edited", 2, 2),
    "null": (["UPDATE audit SET target = NULL WHERE id = 4"], "edited", 4, 4),
    "seal": (["UPDATE audit_seal SET hash = hash || '0' WHERE sequence = 4"], "edited", 4, 4),
    "key": (["UPDATE audit_seal SET key_id = 'other' WHERE sequence = 4"], "unknown_key", 4, 4),
    "row gone": (["DELETE FROM audit WHERE id = 2"], "deleted", 2, 2),
    "row and seal gone": (
        ["DELETE FROM audit WHERE id = 2", "DELETE FROM audit_seal WHERE sequence = 2"], "deleted", 2, None,
    ),
    "first seal gone": (["DELETE FROM audit_seal WHERE sequence = 1"], "deleted", 1, None),
    "seals of two rows exchanged": (
        [f"UPDATE audit_seal SET audit_id = 100 + {n} WHERE sequence = {n}" for n in (2, 4)]
        + [f"UPDATE audit_seal SET audit_id = {6 - n} WHERE sequence = {n}" for n in (2, 4)],
        "reordered", 2, 4,
    ),
    "places exchanged": (
        [f"UPDATE audit_seal SET sequence = 100 + {n} WHERE audit_id = {n}" for n in (2, 4)]
        + [f"UPDATE audit_seal SET sequence = {6 - n} WHERE audit_id = {n}" for n in (2, 4)],
        "reordered", 2, 4,
    ),
    "rows exchanged": (
        [f"UPDATE audit SET id = 100 + {n} WHERE id = {n}" for n in (2, 4)]
        + [f"UPDATE audit SET id = {6 - n} WHERE id = 100 + {n}" for n in (2, 4)],
        "reordered", 2, 2,
    ),
    "end cut off": (
        ["DELETE FROM audit_seal WHERE sequence > 3", "DELETE FROM audit WHERE id > 3"], "truncated", 4, None,
    ),
    "all cut off": (["DELETE FROM audit_seal", "DELETE FROM audit"], "truncated", 1, None),
}  # fmt: skip


async def test_an_undamaged_trail_passes(trail: World, verify: Verify) -> None:
    code, told = await verify()
    last = (await seals(trail))[-1]
    assert (code, told) == (0, {
        "ok": True,
        "unsealed": 0,
        "chains": [{
            "organization": trail.operator.id, "ok": True, "checked": 5, "firstBad": None, "earlierCheckpoint": None,
            "head": {"sequence": 5, "hash": last.hash},
        }],
    })  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
async def test_damage_by_the_databases_own_shell_is_named(trail: World, url: str, verify: Verify, name: str) -> None:
    statements, damage, sequence, row = DAMAGE[name]
    tamper(url, *statements)
    _, told = await verify()
    (chain,) = [chain for chain in told["chains"] if not chain["ok"]]
    assert chain["organization"] == trail.operator.id
    assert chain["firstBad"] == {"sequence": sequence, "row": row, "damage": damage}
    assert chain["checked"] == (sequence - 1)


async def test_a_byte_that_makes_text_no_text_is_named_too(trail: World, url: str, verify: Verify) -> None:
    if not url.startswith("sqlite"):
        pytest.skip("PostgreSQL keeps no text that is none")
    tamper(url, "UPDATE audit SET target = CAST(x'ff' AS TEXT) WHERE id = 3")
    assert (await verify())[1]["chains"][0]["firstBad"] == {"sequence": 3, "row": 3, "damage": "edited"}


async def test_a_trail_cut_off_and_sealed_anew_is_told_by_the_checkpoint(
    trail: World, url: str, verify: Verify
) -> None:
    tamper(url, "DELETE FROM audit_seal WHERE sequence > 3", "UPDATE audit SET target = 'other' WHERE id = 4")
    trail.house.clock.forward(seconds=1)  # type: ignore[attr-defined]
    await seal_new(trail.house)
    replaced = {"sequence": 5, "row": 5, "damage": "replaced"}
    assert (await verify())[1]["chains"][0]["firstBad"] == replaced
    await write(trail, "six", "seven")
    await seal_new(trail.house)
    assert (await verify())[1]["chains"][0]["firstBad"] == replaced, "what comes after does not cover it"


@pytest.mark.parametrize("change", ['"sequence": 5', '"signature": "'])
async def test_a_forged_checkpoint_is_no_excuse(trail: World, verify: Verify, change: str) -> None:
    (path,) = Checkpoints(trail.house.settings.data_dir).folder.iterdir()
    path.write_text(path.read_text().replace(change, change[:-1] + "4"))
    assert (await verify())[1]["chains"][0]["firstBad"]["damage"] in ("forged_checkpoint", "unknown_key")


async def test_what_the_last_moment_holds_is_told_as_unsealed(trail: World, verify: Verify) -> None:
    await write(trail, "six")
    code, told = await verify()
    assert (code, told["unsealed"], told["chains"][0]["checked"]) == (0, 1, 5)


async def test_a_restore_begins_anew_and_is_told(trail: World, url: str, verify: Verify) -> None:
    tamper(
        url,
        "DELETE FROM audit_seal WHERE sequence > 3",
        "DELETE FROM audit WHERE id > 3",
        "UPDATE installation SET value = 'another-epoch' WHERE key = 'epoch'",
    )
    try:
        before = await verify()
        await write(trail, "six")
        await seal_new(replace(trail.house, epoch="another-epoch"))
        after = await verify()
    finally:
        tamper(url, f"UPDATE installation SET value = '{trail.house.epoch}' WHERE key = 'epoch'")
    for code, told in (before, after):
        assert (code, told["chains"][0]["earlierCheckpoint"]["sequence"]) == (0, 5)
    assert after[1]["chains"][0]["checked"] == 4, "sealing went on, and hides nothing"


async def test_who_has_not_the_key_cannot_seal(trail: World, url: str) -> None:
    """Seals made with another key under the same name do not verify."""
    forger = replace(trail.house, key_source=KeyRing(trail.house.keys.current, {trail.house.keys.current: b"f" * 32}))
    tamper(url, "DELETE FROM audit_seal", ONE_BYTE)
    await seal_new(forger)
    found = (await check_chain(trail.house, trail.operator.id)).fault
    assert found is not None and found.sequence in (1, 5)


async def test_the_command_says_it_in_words(
    trail: World, url: str, verify: Verify, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(url, ONE_BYTE)
    assert await asyncio.to_thread(main, ["verify-audit"]) == 1
    assert f"{trail.operator.id}: DAMAGED at 3, row 3: edited." in capsys.readouterr().out
    assert len(await trail.all(rows.Audit)) == 5, "checking writes nothing"
