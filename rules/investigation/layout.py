"""Where nodes stand: rings around the entity, with slots reserved so that a node keeps its place when others arrive.

The circle is cut into twelve sectors: one for each of the nine domains, and one each for tools, decisions and shared
indicators. Within a sector places are handed out ring by ring, by the node's rank among those of its sector. Evidence
of a case is numbered in the order it was committed, so what comes later takes a later place and moves nobody.
"""

import math
from dataclasses import dataclass

from rules.investigation.words import DomainName

SECTORS: tuple[str, ...] = (*DomainName, "tools", "decisions", "indicators")
_WIDTH = 2 * math.pi / len(SECTORS)

# Units are those of the drawing, whose nodes are about 40 across.
DOMAIN_RADIUS = 200.0
FIRST_RING, RING_STEP = 340.0, 90.0
_SPACING = 60.0
# The part of a sector that is used: the rest keeps neighbouring sectors apart.
_USED = 0.85


@dataclass(frozen=True, slots=True)
class Position:
    """Where a node stands; the entity is at (0, 0), y grows downwards."""

    x: float
    y: float


CENTRE = Position(0.0, 0.0)


def sector_head(sector: str) -> Position:
    """The place of a domain, on the inner ring in the middle of its sector."""
    return _at(DOMAIN_RADIUS, _middle(sector))


def slot(sector: str, rank: int) -> Position:
    """The place of the node of that rank, from 0, in a sector."""
    ring = 0
    room = _room(ring)
    while rank >= room:
        rank -= room
        ring += 1
        room = _room(ring)
    share = (rank + 0.5) / room - 0.5
    return _at(_radius(ring), _middle(sector) + share * _WIDTH * _USED)


def _radius(ring: int) -> float:
    return FIRST_RING + RING_STEP * ring


def _room(ring: int) -> int:
    return max(1, int(_radius(ring) * _WIDTH * _USED / _SPACING))


def _middle(sector: str) -> float:
    return SECTORS.index(sector) * _WIDTH - math.pi / 2


def _at(radius: float, angle: float) -> Position:
    # Two digits: below what can be seen, and above where platforms' sines differ. Adding 0.0 turns -0.0 into 0.0.
    return Position(round(radius * math.cos(angle), 2) + 0.0, round(radius * math.sin(angle), 2) + 0.0)
