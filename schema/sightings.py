"""What was seen of an indicator, what is left of it, and who else reports it."""

from datetime import datetime

import strawberry

from models import tables as rows
from models.reading.filters import among, at_least
from resolvers.seen import created_by, producers
from rules import assertions as said
from rules.investigation import decay
from rules.sightings import SightingKind
from rules.trust import TRUST_LEVELS, TrustLevelName
from schema import ties
from schema.conditions import condition
from schema.faces import Node, batch, column, face, one, one_found, rule
from schema.identity import global_id
from schema.scalars import Confidence, Score


def level_of(required: int) -> TrustLevelName | None:
    """The word for how much trust is asked for; None where it is shared with nobody."""
    return next((level.name for level in TRUST_LEVELS if required <= level.level), None)


@face(rows.Sighting)
class Sighting(Node):
    """What one organisation says of an indicator after looking for it. Seen by that organisation and by the one whose
    indicator it is; everybody else who sees the indicator sees what all of it comes to, and not who said what."""

    id: strawberry.ID = global_id("Sighting")
    kind: SightingKind = column("What is said.")
    at: datetime = column("When it was met.")
    count: int = column("How often it was met.")
    note: str = column("What else is said, in words.")
    organization: ties.Organization | None = one("Who says it.", by="organization_id")
    reported_by: ties.User | None = one("Whose word it is; null when the viewer may not know.", by="reported_by")
    created_at: datetime = column("When it was recorded.")


@face(decay.Decay)
class DecayExplanation:
    """What is left of an indicator's confidence, and why: what was stated, times its freshness, times its standing."""

    at: datetime = column("The moment it is told for: now.")
    confidence: Confidence = column("What is left.", of="left")
    stated: Confidence = column("What its source states.")
    is_assumed: bool = column("Whether the source states nothing, so that an even chance is assumed.")
    since: datetime = column("When it was last seen, or else the beginning of its validity: from here on it decays.")
    age_days: float = column("How many days ago that was; below 0 where it is yet to come.")
    lifetime_days: float = column("After how many days nothing is left, by what it looks for.")
    speed: float = column(
        "How it gets there: 1 evenly, below 1 slowly at first. What is left is 1 - (age / lifetime)^(1 / speed)."
    )
    freshness: Score = column("What time has left of it.")
    vouched: int = column("How many organisations met it, by the newest word of each.")
    refuted: int = column("How many found it harmless or over, by the newest word of each.")
    standing: Score = column("What they have left of it: (vouched + 1) / (vouched + refuted + 1).")
    ended_because: str | None = column("Why nothing is left whatever its age; null where nothing ended it.")


@face(said.Assertion)
class IndicatorAssertion:
    """What one source says of the same thing: the organisation that shares it, and whoever that one says made it."""

    indicator: ties.Indicator | None = one("Its own indicator; of several the newest.", by="id")
    source: ties.Organization | None = one_found(
        producers,
        "The organisation that shares it; null when the viewer may not know.",
        needs=("organization_id", "tlp"),
    )
    created_by_ref: str | None = batch(
        created_by,
        "The STIX id of the identity that made it, where one is named; a pseudonym where the viewer may not know it.",
        needs=("id", "created_by_ref", "form_from"),
    )
    confidence: Confidence | None = column("How sure it is; null where it does not say.")
    first_seen: datetime = column("From when on it is reported.")
    last_seen: datetime = column("When it was last seen, as far as this source's own indicators tell.")
    level: TrustLevelName | None = rule(
        level_of, "How much trust it asks of its readers; null where it is shared with nobody."
    )


@strawberry.input(description="Which sightings. What is left out or null is no condition; all must hold.")
class SightingFilter:
    kind: list[SightingKind] | None = condition("That say one of these.")
    since: datetime | None = condition("Of what was met at this time or after it.")
    updated_since: datetime | None = condition("Only those recorded at this time or after it.")


SIGHTING_FILTERS = {"kind": among("kind"), "since": at_least("at"), "updated_since": at_least("created_at")}
