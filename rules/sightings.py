"""What organisations say of an indicator once they have looked for it, and who may say it."""

from datetime import datetime, timedelta
from typing import Final

from foundation.words import Word
from rules.investigation.decay import Standing
from rules.relationships import AccessLevel

MAY_CONTRIBUTE: Final = frozenset({AccessLevel.CONTRIBUTE, AccessLevel.FULL})
"""What a partner must have been granted to say something of another's indicator."""


class SightingKind(Word):
    """What somebody says who looked for an indicator."""

    SIGHTING = "sighting", "It was met, and it was what the indicator says. Its decay begins anew."
    FALSE_POSITIVE = "false_positive", "It was met, and it was harmless."
    EXPIRY = "expiry", "It is over. Its holder ends it by this; of anybody else it is one voice against it."


def seen_by_masked(standing: Standing) -> Standing:
    """For those who may not have the indicator as it is: the day, and not the moment, of what others met."""
    return Standing(
        last_seen=_day(standing.last_seen),
        over_at=_day(standing.over_at),
        vouched=standing.vouched,
        refuted=standing.refuted,
    )


def after(standing: Standing, kind: SightingKind, at: datetime, *, by_holder: bool, before: SightingKind | None,
          is_newest: bool) -> Standing:  # fmt: skip
    """The standing after one more word. `before`: the newest word of the same organisation until now; `is_newest`:
    whether this one takes its place (words may be brought late)."""
    vouched, refuted = standing.vouched, standing.refuted
    if is_newest:
        vouched += (kind is SightingKind.SIGHTING) - (before is SightingKind.SIGHTING)
        refuted += (kind is not SightingKind.SIGHTING) - (before is not None and before is not SightingKind.SIGHTING)
    last_seen, over_at = standing.last_seen, standing.over_at
    if kind is SightingKind.SIGHTING:
        last_seen = max(last_seen or at, at)
    if kind is SightingKind.EXPIRY and by_holder:
        over_at = max(over_at or at, at)
    return Standing(last_seen=last_seen, over_at=over_at, vouched=vouched, refuted=refuted)


def _day(time: datetime | None) -> datetime | None:
    return (
        None
        if time is None
        else time - timedelta(hours=time.hour, minutes=time.minute, seconds=time.second, microseconds=time.microsecond)
    )
