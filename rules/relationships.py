"""What a trust relationship comes to: its life cycle, its policy, and the right that both amount to.

Two approvals make one active (D12). The trustor's people alone decide how far it goes; the trustee may refuse it. What
was active once and no longer is grants nothing, and no group makes up for it (D11).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from foundation.words import IndicatorType, Tlp, Word
from rules.trust import ANY_AGE, EVERY_KIND, LEVEL_OF, PAIR_TLP, TLP_RANK, Form, TrustLevelName


class RelationshipType(Word):
    """What kind of relationship it is. A description: how much it shows is the level's to say."""

    BILATERAL = "bilateral", "Between two organisations."
    COMMUNITY = "community", "Between members of one community."
    HIERARCHICAL = "hierarchical", "Between an organisation and one above it."
    FEDERATION = "federation", "Between communities."


class RelationshipStatus(Word):
    """Where a relationship stands."""

    PENDING = "pending", "Proposed; at least one side has not agreed yet."
    ACTIVE = "active", "In force."
    SUSPENDED = "suspended", "Put on hold by the trustor: nothing is shown meanwhile."
    REVOKED = "revoked", "Taken back, or refused."
    EXPIRED = "expired", "Its validity has ended."


ENDED: Final = (RelationshipStatus.REVOKED, RelationshipStatus.EXPIRED)
"""It shows nothing for good; only a new proposal begins it again."""


class Approval(Word):
    """What one side says to a relationship."""

    PENDING = "pending", "Nothing yet."
    APPROVED = "approved", "It agrees."
    REJECTED = "rejected", "It refuses."


class AccessLevel(Word):
    """What the trustee may do with what it sees."""

    NONE = "none", "Nothing: the relationship shows nothing."
    READ = "read", "Read it."
    SUBSCRIBE = "subscribe", "Read it, and be told of changes."
    CONTRIBUTE = "contribute", "All that, and add sightings."
    FULL = "full", "Everything a relationship can allow."


STIX_KINDS: Final = (
    *("attack-pattern", "campaign", "course-of-action", "grouping", "identity", "incident", "infrastructure"),
    *("intrusion-set", "location", "malware", "malware-analysis", "note", "observed-data", "opinion", "report"),
    *("threat-actor", "tool", "vulnerability", "relationship", "sighting", "marking-definition"),
)
_OBSERVABLE: Final = "observable"
_OTHER: Final = "other"
KINDS: Final = {
    word: 1 << bit
    for bit, word in enumerate(
        (*(f"indicator:{kind}" for kind in IndicatorType), "indicator", *STIX_KINDS, _OBSERVABLE, _OTHER)
    )
}
"""Every kind of object a policy may allow or block, as a bit. `indicator` is one that looks for none of the types, or
for several of them."""


def kind_bit(stix_type: str, indicator_type: IndicatorType | None = None, *, is_observable: bool = False) -> int:
    """The bit of an object. An unknown type is `other`."""
    if stix_type == "indicator" and indicator_type is not None:
        return KINDS[f"indicator:{indicator_type}"]
    if is_observable:
        return KINDS[_OBSERVABLE]
    return KINDS.get(stix_type, KINDS[_OTHER])


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingPolicy:
    """What the trustor lets through within the level. Empty sets allow every type; what is blocked is blocked."""

    allowed_types: frozenset[str] = frozenset()  # STIX types
    blocked_types: frozenset[str] = frozenset()
    allowed_indicator_types: frozenset[str] = frozenset()
    blocked_indicator_types: frozenset[str] = frozenset()
    max_tlp: Tlp = Tlp.AMBER
    max_age_days: int | None = None
    require_anonymization: bool = False
    allow_attribution: bool = False

    def wire(self) -> dict[str, Any]:
        """As JSON, each set in order."""
        return {
            "allowed_types": sorted(self.allowed_types),
            "blocked_types": sorted(self.blocked_types),
            "allowed_indicator_types": sorted(self.allowed_indicator_types),
            "blocked_indicator_types": sorted(self.blocked_indicator_types),
            "max_tlp": str(self.max_tlp),
            "max_age_days": self.max_age_days,
            "require_anonymization": self.require_anonymization,
            "allow_attribution": self.allow_attribution,
        }

    @classmethod
    def read(cls, wire: dict[str, Any]) -> "SharingPolicy":
        """Of what `wire` wrote; what is missing has its default."""
        sets = ("allowed_types", "blocked_types", "allowed_indicator_types", "blocked_indicator_types")
        return cls(
            **{name: frozenset(wire.get(name, ())) for name in sets},
            max_tlp=Tlp(wire.get("max_tlp", Tlp.AMBER)),
            max_age_days=wire.get("max_age_days"),
            require_anonymization=wire.get("require_anonymization", False),
            allow_attribution=wire.get("allow_attribution", False),
        )

    @property
    def kinds(self) -> int:
        """The bits of what is let through."""
        bits = 0
        for word, bit in KINDS.items():
            kind, _, indicator_type = word.partition(":")
            kinds = _lets(kind, self.allowed_types, self.blocked_types)
            types = not indicator_type or _lets(
                indicator_type, self.allowed_indicator_types, self.blocked_indicator_types
            )
            # An indicator of no one type passes where no type of indicators is singled out.
            if word == "indicator" and (self.allowed_indicator_types or self.blocked_indicator_types):
                types = False
            bits |= bit if kinds and types else 0
        return EVERY_KIND if bits == sum(KINDS.values()) else bits


def _lets(word: str, allowed: frozenset[str], blocked: frozenset[str]) -> bool:
    return word not in blocked and (not allowed or word in allowed)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a relationship comes to, as its row keeps it. `granted` None: it says nothing, and groups count."""

    granted: int | None
    tlp: int = 0
    strictest: int = Form.NONE
    kinds: int = 0
    max_age: int = 0


def effect(
    *,
    status: RelationshipStatus,
    level: TrustLevelName,
    access_level: AccessLevel,
    policy: SharingPolicy,
    was_active: bool,
    valid_from: datetime,
    valid_until: datetime | None,
    now: datetime,
) -> Effect:
    """What a reader gets of it at `now`. `was_active`: it has been in force before, so that losing it is a decision."""
    if status is RelationshipStatus.PENDING and not was_active:
        return Effect(None)
    if status in (RelationshipStatus.REVOKED, RelationshipStatus.EXPIRED) and not was_active:
        return Effect(None)  # it ended before it began: nothing was ever shown by it
    if now < valid_from and not was_active:
        return Effect(None)
    is_over = now < valid_from or (valid_until is not None and now >= valid_until)
    if status is not RelationshipStatus.ACTIVE or access_level is AccessLevel.NONE or is_over:
        return Effect(0)
    strictest = Form.NONE
    if policy.require_anonymization:
        strictest = Form.LOW_NAMED if policy.allow_attribution else Form.LOW
    return Effect(
        LEVEL_OF[level],
        min(TLP_RANK[policy.max_tlp], PAIR_TLP),
        strictest,
        policy.kinds,
        ANY_AGE if policy.max_age_days is None else policy.max_age_days,
    )


def turns_at(
    status: RelationshipStatus, valid_from: datetime, valid_until: datetime | None, now: datetime
) -> datetime | None:
    """When it begins or ends by itself; None: never, as long as nobody changes it."""
    if status in ENDED:
        return None
    return valid_from if status is RelationshipStatus.ACTIVE and now < valid_from else valid_until
