"""Sealing the audit trail, soon after it was written, in whichever process is first (SECURITY R38)."""

import asyncio
from dataclasses import dataclass

from foundation.telemetry import count, logger
from foundation.times import to_text
from gateways.checkpoints import Checkpoints
from models.failures import as_refusal
from models.queries import audit
from resolvers.operation import House
from rules.access.keyring import KeyRing
from rules.audit_chain import Checkpoint, Head, Seal, is_genuine, sealed, signed

BATCH = 500
"""Rows sealed in one transaction: some milliseconds of the one writer of SQLite."""

log = logger("casegraph.audit")


@dataclass(frozen=True)
class Round:
    """What one round did. `heads`: of the chains that grew."""

    count: int
    heads: list[Head]


async def seal_new(house: House, *, thorough: bool = False) -> Round:
    """Gives every committed row that has none its seal, and keeps a checkpoint of each chain that grew.

    An ordinary round looks at the last rows; a `thorough` one at all of them. While another process seals, it does
    nothing. A crash at any point leaves a whole chain: places and seals are committed together.
    """
    ring, heads, total = house.keys, dict[str, Head](), 0
    async with house.database.reading() as session:
        after = 0 if thorough else await audit.look_back_from(session)
        if not await audit.unsealed(session, after=after, limit=1):
            return Round(0, [])
    while (seals := await _seal_some(house, ring, after)) is not None:
        total += len(seals)
        heads |= {s.place.organization_id: Head(s.place.organization_id, s.place.sequence, s.hash) for s in seals}
        if len(seals) < BATCH:
            break
        after = seals[-1].audit_id
    for head in heads.values():
        await _keep(house, ring, head)
    return Round(total, list(heads.values()))


async def _seal_some(house: House, ring: KeyRing, after: int) -> list[Seal] | None:
    """One transaction of it; None where another process is at it."""
    now = to_text(house.clock.now())
    try:
        async with house.database.transaction() as session:
            if not await audit.claim_sealing(session):
                return None
            heads: dict[str, Head] = {}
            seals: list[Seal] = []
            for line in await audit.unsealed(session, after=after, limit=BATCH):
                owner = audit.owner_of(line)
                head = heads.get(owner) or await audit.head_of(session, owner)
                seals.append(sealed(ring, head, line, now))
                heads[owner] = Head(owner, head.sequence + 1, seals[-1].hash)
            if seals:
                await audit.put_seals(session, seals)
            return seals
    except Exception as error:
        raise as_refusal(error) from error


async def _keep(house: House, ring: KeyRing, head: Head) -> None:
    """Where a chain stands, beside the database and in the log.

    A checkpoint is replaced by a later one of the same chain only. One that the chain does not pass through stays, and
    is told of: it is the proof that the chain was cut off, or made anew.
    """
    kept, now = Checkpoints(house.settings.data_dir), to_text(house.clock.now())
    seen = await asyncio.to_thread(kept.of, head.organization_id)
    if seen is not None and (seen.epoch == house.epoch or not is_genuine(ring, seen)):
        async with house.database.reading() as session:
            there = await audit.head_of(session, head.organization_id, at=seen.head.sequence)
        if there.hash != seen.head.hash or not is_genuine(ring, seen):
            count("audit.checkpoints_missed")
            log.error("an audit chain does not pass its checkpoint", organization=head.organization_id)
            return
        if seen.head.sequence >= head.sequence:
            return  # Another process went on from here already.
    await asyncio.to_thread(kept.keep, signed(ring, Checkpoint(head, house.epoch, ring.current, now)))
    log.info("audit head", organization=head.organization_id, sequence=head.sequence, hash=head.hash)
