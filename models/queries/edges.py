"""The edges that objects draw, kept in line with their newest versions."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import bindparam, delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from formats.stix.edges import Edge
from models import tables as rows

MOST_AT_ONCE = 10_000
"""Parameters of one statement; PostgreSQL takes 32,767. A report may name thousands of objects."""

_ENDS = ("near", "far")
_ARRIVED = [
    text(
        f"UPDATE stix_edge SET {end} = (SELECT o.id FROM stix_object o WHERE o.organization_id = :organization "  # noqa: S608
        f"AND o.stix_id = stix_edge.{end}) WHERE organization_id = :organization AND {end} IN :arrived"
    ).bindparams(bindparam("arrived", expanding=True))
    for end in _ENDS
]


async def write(
    session: AsyncSession,
    organization_id: str,
    drawn: Mapping[str, Collection[Edge]],
    *,
    arrived: Collection[str],
) -> None:
    """`drawn`: of each object that has a new newest version, by key, the edges it draws now. `arrived`: the STIX ids of
    objects that the organisation did not hold before; their rows are there."""
    for statement in _ARRIVED if arrived else ():
        await session.execute(statement, {"organization": organization_id, "arrived": sorted(arrived)})
    await session.execute(delete(rows.StixEdge).where(col(rows.StixEdge.via_id).in_(sorted(drawn))))
    named = {end for edges in drawn.values() for edge in edges for end in (edge.source, edge.target)}
    held = await _held(session, organization_id, named)
    made = [
        {
            "near": held.get(near, near),
            "far": held.get(far, far),
            "relationship": edge.relationship,
            "outward": outward,
            "via_id": key,
            "organization_id": organization_id,
        }
        for key, edges in drawn.items()
        for edge in edges
        for near, far, outward in ((edge.source, edge.target, True), (edge.target, edge.source, False))
    ]
    if made:
        await session.execute(insert(rows.StixEdge), made)


async def _held(session: AsyncSession, organization_id: str, stix_ids: Collection[str]) -> dict[str, str]:
    """The keys of objects that the organisation holds, by their STIX ids."""
    stored, found = rows.StixObject, dict[str, str]()
    for some in batched(sorted(stix_ids), MOST_AT_ONCE):
        statement = select(col(stored.stix_id), col(stored.id)).where(
            col(stored.organization_id) == organization_id, col(stored.stix_id).in_(some)
        )
        found.update((row[0], row[1]) for row in await session.execute(statement))
    return found


def batched(items: Sequence[str], count: int) -> Iterator[Sequence[str]]:
    return (items[at : at + count] for at in range(0, len(items), count))
