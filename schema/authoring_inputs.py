"""What is said to make indicators, change them, and tell what was seen of them."""

from datetime import datetime

import strawberry

from foundation.words import IndicatorType, Tlp
from rules.sightings import SightingKind
from rules.trust import TrustLevelName
from schema.payloads import KEY_SAYS
from schema.scalars import Confidence

WHICH = "The indicator, by its global id or its STIX id."
PATTERN = "What it looks for, as a STIX pattern of at most 10,000 characters."
NAME, DESCRIPTION = "What it is called: at most 500 characters.", "What is said about it: at most 10,000 characters."
LABELS = "Words it is filed under: at most 50, each of 1 to 200 characters."
TYPES = "What it points to, such as `malicious-activity`: at most 50 words."


@strawberry.input(description="The indicator that is to be made: of a pattern, or of a type and a value.")
class CreateIndicatorInput:
    type: IndicatorType | None = strawberry.field(
        default=None, description="What kind of thing it looks for; needed where there is no pattern."
    )
    value: str | None = strawberry.field(
        default=None,
        description="The value it looks for, in any spelling. Together with a pattern: both must mean the same.",
    )
    pattern: str | None = strawberry.field(default=None, description=PATTERN)
    name: str | None = strawberry.field(default=None, description=NAME + " The value when left out.")
    description: str | None = strawberry.field(default=None, description=DESCRIPTION)
    labels: list[str] = strawberry.field(default_factory=list, description=LABELS)
    indicator_types: list[str] = strawberry.field(default_factory=list, description=TYPES)
    confidence: Confidence | None = strawberry.field(default=None, description="How sure one is: 0 to 100.")
    valid_from: datetime | None = strawberry.field(
        default=None, description="From when on it is worth looking for. Left out: from now on."
    )
    valid_until: datetime | None = strawberry.field(
        default=None, description="From when on it no longer is. Left out: there is no end."
    )
    tlp: Tlp = strawberry.field(
        default=Tlp.AMBER, description="How far it may be passed on. What is stricter than amber leaves nobody's house."
    )
    level: TrustLevelName = strawberry.field(
        default=TrustLevelName.TRUSTED, description="How much trust it asks of the organisations it is shared with."
    )
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="What is to be changed of an indicator. What is left out stays as it is.")
class UpdateIndicatorInput:
    indicator_id: strawberry.ID = strawberry.field(description=WHICH)
    type: IndicatorType | None = strawberry.field(
        default=None, description="What kind of thing it is to look for, together with the value."
    )
    value: str | None = strawberry.field(default=None, description="The value it is to look for, in any spelling.")
    pattern: str | None = strawberry.field(default=None, description=PATTERN)
    name: str | None = strawberry.field(default=strawberry.UNSET, description=NAME + " Null: none any more.")
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description=DESCRIPTION + " Null: none any more."
    )
    labels: list[str] | None = strawberry.field(default=None, description=LABELS + " In place of those it has.")
    indicator_types: list[str] | None = strawberry.field(default=None, description=TYPES + " In place of those it has.")
    confidence: Confidence | None = strawberry.field(
        default=strawberry.UNSET, description="How sure one is: 0 to 100. Null: nothing is said any more."
    )
    valid_from: datetime | None = strawberry.field(default=None, description="From when on it is worth looking for.")
    valid_until: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="From when on it no longer is. Null: there is no end any more."
    )
    tlp: Tlp | None = strawberry.field(default=None, description="How far it may be passed on.")
    level: TrustLevelName | None = strawberry.field(default=None, description="How much trust it asks of its readers.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="The indicator that is to be taken back.")
class WithdrawIndicatorInput:
    indicator_id: strawberry.ID = strawberry.field(description=WHICH)
    reason: str = strawberry.field(
        default="", description="Why, for the own audit trail: at most 2,000 characters. Nobody else is told."
    )
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="What is said of an indicator.")
class RecordSightingInput:
    indicator_id: strawberry.ID = strawberry.field(description=WHICH)
    kind: SightingKind = strawberry.field(default=SightingKind.SIGHTING, description="What is said.")
    seen_at: datetime | None = strawberry.field(default=None, description="When it was met. Left out: now.")
    count: int = strawberry.field(default=1, description="How often: 1 to 1,000,000.")
    note: str = strawberry.field(default="", description="What else there is to say: at most 2,000 characters.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)
