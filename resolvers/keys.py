"""Keys: those a database was used with are there; and everything sealed is put under a new one while the house runs."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from foundation.errors import CommandRefused
from foundation.ids import secret_bytes
from foundation.settings import Settings
from gateways.keys import KeyFile
from models.database import Database
from models.queries import installation, sealed
from models.queries.sealed import SealedTable
from resolvers.operation import Operation
from rules.access.actions import Action
from rules.access.keyring import KeyRing
from rules.access.names import normalised
from rules.access.personal_data import CannotOpen, blind_index, key_id, seal, unseal
from rules.pseudonyms import SECRET_BYTES

BATCH = 200  # rows that are held at once: some milliseconds of work
PAUSE_S = 0.2  # before rows that somebody else holds are tried again
LATE = timedelta(minutes=5)
"""How long after it was replaced a process may still have used a key: it looks every second, a machine may hang."""
LONGEST_ACCESS = timedelta(minutes=60)  # no access token can be set to live longer


async def keys_of(settings: Settings, database: Database) -> KeyFile:
    """The keys of the data folder, which must be those this database was used with. Raises CommandRefused."""
    needed = await installation.key_ids(database)
    keys = KeyFile(settings.data_dir, make=not needed)
    if missing := needed - keys.ring.masters.keys():
        raise CommandRefused(
            f"This database was used with the key {min(missing)}, which is not in {keys.path}. "
            "Put the right key file there."
        )
    if keys.ring.current not in needed:
        await installation.note_key(database, keys.ring.current)
    return keys


async def sharing_secret(database: Database, ring: KeyRing) -> bytes:
    """The secret of pseudonyms: made at first need, sealed, and the same ever after."""
    place = {"table": "installation", "row_id": installation.SHARING, "column": "secret"}
    made = seal(ring, secret_bytes(SECRET_BYTES).hex(), **place)
    return bytes.fromhex(unseal(ring, await installation.secret_of(database, installation.SHARING, made), **place))


@dataclass
class Progress:
    """How far re-sealing has come. `damaged`: places that no key opens, as `table.column of key`."""

    total: int
    done: int = 0
    damaged: list[str] = field(default_factory=list)


async def reseal(op: Operation) -> AsyncIterator[Progress]:
    """Puts everything sealed under the current key, a batch a transaction, telling after each how far it is.

    May be cut off anywhere and begun again: a row is whole under one key or the other. Nobody waits for it: a row that
    somebody is changing is left until he is done.
    """
    op.check(Action.KEYS_ROTATE)
    kid = op.house.keys.current
    async with op.read(Action.KEYS_ROTATE) as session:
        progress = Progress(await sealed.count_stale(session, kid))
    yield progress
    for table in sealed.sealed_tables():
        passed_over: set[str] = set()
        while True:
            async with op.read(Action.KEYS_ROTATE) as session:
                keys = await sealed.stale_keys(session, table, kid, passed_over, BATCH)
            if not keys:
                break
            done = await _reseal_batch(op, table, keys, passed_over, progress)
            if not done and not passed_over.intersection(keys):
                await asyncio.sleep(PAUSE_S)
            yield progress


async def _reseal_batch(
    op: Operation, table: SealedTable, keys: list[str], passed_over: set[str], progress: Progress
) -> int:
    ring, name = op.house.keys, table.table.name
    async with op.write(Action.KEYS_ROTATE, table=name, key=ring.current) as door:
        changed = 0
        for row in await sealed.held(door.session, table, keys):
            key = row[table.key]
            try:
                values = resealed(ring, table, str(key), row)
            except CannotOpen as damage:
                passed_over.add(key)
                progress.damaged.append(str(damage))
                continue
            await sealed.put(door.session, table, key, values)
            changed += 1
        door.unit.details["rows"] = changed
    progress.done += changed
    return changed


def resealed(ring: KeyRing, table: SealedTable, row_id: str, row: dict[str, str | None]) -> dict[str, str]:
    """The columns of one row that are not yet under the current key, under it. Raises CannotOpen."""
    values: dict[str, str] = {}
    for column in table.texts:
        stored = row[column]
        if stored and key_id(stored) != ring.current:
            place = {"table": table.table.name, "row_id": row_id, "column": column}
            values[column] = seal(ring, unseal(ring, stored, **place), **place)
    for index, column in table.indexes.items():
        stored, found = row[index], row[column]
        if stored and key_id(stored) != ring.current:
            text = unseal(ring, found or "", table=table.table.name, row_id=row_id, column=column)
            values[index] = blind_index(ring, normalised(text))
    return values


async def why_kept(op: Operation, kid: str, replaced_at: datetime) -> str | None:
    """Why an old key cannot be dropped yet, in words that follow "It is kept:"; None when nothing needs it."""
    now, until = op.clock.now(), replaced_at + LATE
    async with op.read(Action.KEYS_ROTATE) as session:
        if await sealed.is_needed(session, kid):
            return "something is still sealed with it. Run rotate-keys without --retire first."
        if count := await sealed.live_tokens(session, until, now):
            return f"{count} sign-ins rest on it, each until it is refreshed, ended or runs out."
    if now < until + LONGEST_ACCESS:
        return "access tokens of before may still be in use, up to an hour."
    return None
