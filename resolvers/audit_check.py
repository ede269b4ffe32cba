"""Holding the audit trail against its seals and checkpoints: what `verify-audit` and `auditVerification` tell."""

import asyncio
from dataclasses import dataclass

from gateways.checkpoints import Checkpoints
from models.queries import audit
from resolvers.operation import House
from rules.audit_chain import Checkpoint, Fault, Head, Line, Seal, Walk, is_genuine

CHUNK = 1_000
"""Places read at once: a few milliseconds of work between two turns of the loop."""

MOVED_WITHIN = 10_000
"""How far behind a bad place a row is looked for that once stood there."""


@dataclass(frozen=True)
class ChainCheck:
    """One chain, as far as it was walked. `head`: the last good place; `fault`: the first bad one, if any.

    `is_whole`: the walk ended at the end of the chain, or at a fault. `earlier`: a checkpoint of another history of
    this installation (there was a restore since), which binds this chain to nothing.
    """

    organization_id: str
    checked: int
    head: Head
    is_whole: bool
    fault: Fault | None = None
    earlier: Checkpoint | None = None


async def check_chain(house: House, organization_id: str, *, after: int = 0, limit: int | None = None) -> ChainCheck:
    """Walks at most `limit` places behind `after`, whose own seal is believed."""
    ring = house.keys
    checkpoints = Checkpoints(house.settings.data_dir)
    seen = await asyncio.to_thread(checkpoints.of, organization_id)
    past = await asyncio.to_thread(checkpoints.earlier, organization_id)
    if seen is not None and seen.epoch != house.epoch and is_genuine(ring, seen):
        past.append(seen)
        seen = None
    # The longest: what was cut off is told by it alone, however many lines were sealed under a new epoch since.
    earlier = max((one for one in past if is_genuine(ring, one)), key=lambda one: one.head.sequence, default=None)
    async with house.database.reading() as session:
        head = await audit.head_of(session, organization_id, at=after) if after else Head(organization_id)
    walk = Walk(ring, head, seen)
    at, is_whole = head.sequence, walk.fault is not None
    while not is_whole and (limit is None or walk.checked < limit):
        size = CHUNK if limit is None else min(CHUNK, limit - walk.checked)
        async with house.database.reading() as session:
            chunk = await audit.places(session, organization_id, after=at, limit=size)
        bad = next(((seal, line) for seal, line in chunk if not walk.take(seal, line)), None)
        if bad is not None:
            await _explain(house, walk, *bad)
        elif len(chunk) < size:
            walk.end()
        is_whole = walk.fault is not None or len(chunk) < size
        at = walk.head.sequence
    return ChainCheck(organization_id, walk.checked, walk.head, is_whole, walk.fault, earlier)


async def _explain(house: House, walk: Walk, bad: Seal, line: Line | None) -> None:
    """A seal that fails may be that of a row which now stands elsewhere: then the rows were moved."""
    at, last = bad.place.sequence, bad.place.sequence + MOVED_WITHIN
    while at < last:
        async with house.database.reading() as session:
            chunk = await audit.places(session, bad.place.organization_id, after=at, limit=CHUNK)
        if walk.explain(bad, line, [(seal, row) for seal, row in chunk if row is not None]) or len(chunk) < CHUNK:
            return
        at = chunk[-1][0].place.sequence


async def check_all(house: House) -> tuple[list[ChainCheck], int]:
    """Every chain there is, or ought to be; and how many rows are not sealed yet."""
    async with house.database.reading() as session:
        found = await audit.chains(session)
        waiting = await audit.count_unsealed(session, None)
    expected = await asyncio.to_thread(Checkpoints(house.settings.data_dir).organizations)
    return [await check_chain(house, name) for name in sorted({*found, *expected})], waiting
