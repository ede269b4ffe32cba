"""What trust between organisations is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import strawberry

from foundation.words import IndicatorType, Tlp
from models import tables as rows
from models.reading import trust as reading
from models.reading.filters import Filter, among, at_least, contains, equals
from models.reading.origins import Spot
from rules import relationships, trust, trust_metrics
from rules.access.actions import Action
from rules.groups import GroupRole
from rules.nodes import key_of, locate
from rules.relationships import AccessLevel, Approval, RelationshipStatus, RelationshipType
from rules.trust import TrustLevelName
from rules.trust_history import TrustAction
from schema import ties
from schema.conditions import condition
from schema.faces import Connection, Node, batch, column, connection, face, many, one, one_of, rule
from schema.identity import global_id
from schema.scalars import JSON, Score

_NAMED = {level.name: level for level in trust.TRUST_LEVELS}


@face(trust.TrustLevel)
class TrustLevel:
    """How far one organisation trusts another."""

    name: TrustLevelName = column("Its name.")
    level: int = column("Its height, from 0 to 100: a higher one reveals more.")
    description: str = column("What it is for.")


def _levels(given: Sequence[tuple[()]]) -> list[list[trust.TrustLevel]]:
    return [list(trust.TRUST_LEVELS) for _ in given]


def _named(given: Sequence[tuple[str]]) -> list[trust.TrustLevel]:
    return [_NAMED[TrustLevelName(name)] for (name,) in given]


def _high(given: Sequence[tuple[int]]) -> list[trust.TrustLevel]:
    return [trust.BY_LEVEL[level] for (level,) in given]


def _policies(given: Sequence[tuple[dict[str, object]]]) -> list[relationships.SharingPolicy]:
    return [relationships.SharingPolicy.read(policy) for (policy,) in given]


def _allowed(allowed_types: frozenset[str]) -> list[str]:
    return sorted(allowed_types)


def _blocked(blocked_types: frozenset[str]) -> list[str]:
    return sorted(blocked_types)


def _allowed_indicators(allowed_indicator_types: frozenset[str]) -> list[IndicatorType]:
    return [IndicatorType(word) for word in sorted(allowed_indicator_types)]


def _blocked_indicators(blocked_indicator_types: frozenset[str]) -> list[IndicatorType]:
    return [IndicatorType(word) for word in sorted(blocked_indicator_types)]


@face(relationships.SharingPolicy)
class SharingPolicy:
    """What a trustor lets through within a level. It only ever narrows."""

    allowed_types: list[str] = rule(_allowed, "The STIX types that are let through; empty: all.")
    blocked_types: list[str] = rule(_blocked, "The STIX types that are held back, whatever else is said.")
    allowed_indicator_types: list[IndicatorType] = rule(
        _allowed_indicators, "What indicators may look for to be let through; empty: anything."
    )
    blocked_indicator_types: list[IndicatorType] = rule(
        _blocked_indicators, "What indicators that are held back look for."
    )
    max_tlp: Tlp = column("The strictest marking that is let through. What is stricter than amber is never.")
    max_age_days: int | None = column("How old an object may be when it is shared, in days; null: of any age.")
    require_anonymization: bool = column("Whether victims are masked even for a restricted level.")
    allow_attribution: bool = column("Whether names of those behind an object are told where victims are masked.")


@dataclass(frozen=True)
class Answer:
    """What one side says."""

    organization_id: str
    answer: str


def _approvals(given: Sequence[tuple[str, str, str, str]]) -> list[list[Answer]]:
    return [[Answer(trustor, says), Answer(trustee, answers)] for trustor, says, trustee, answers in given]


@face(Answer)
class TrustApproval:
    """What one side says to a relationship."""

    organization: ties.Organization | None = one("The side.", by="organization_id")
    answer: Approval = column("What it says.")


@face(rows.TrustEvent)
class TrustEvent:
    """Something that happened to a relationship or a group."""

    at: datetime = column("When.")
    action: TrustAction = column("What happened.")
    organization: ties.Organization | None = one("Whose people did it.", by="organization_id")
    actor: ties.User | None = one("Who did it; null outside the own organisation, and where nobody did.", by="actor_id")
    details: JSON = column("What else there is to say: levels before and after, the names of what changed.")


@face(rows.TrustRelationship)
class TrustRelationship(Node):
    """What one organisation, the trustor, lets another, the trustee, see of what it shares. These two alone know it."""

    id: strawberry.ID = global_id("TrustRelationship")
    trustor: ties.Organization | None = one("Who grants; null while it is not active.", by="trustor_id")
    trustee: ties.Organization | None = one("Who receives; null while it is not active.", by="trustee_id")
    level: TrustLevel = batch(_named, "How far.", needs=("level",))
    type: RelationshipType = column("What kind of relationship it is.")
    status: RelationshipStatus = column("Where it stands.")
    approvals: list[TrustApproval] = batch(
        _approvals,
        "What the two sides say, the trustor first: it is in force when both approve.",
        needs=("trustor_id", "trustor_approval", "trustee_id", "trustee_approval"),
        bound=2,
    )
    access_level: AccessLevel = column("What the trustee may do with what it sees.")
    policy: SharingPolicy | None = batch(_policies, "What is let through within the level.", needs=("policy",))
    metadata: JSON = column("What the trustor notes of it.", of="details")
    valid_from: datetime = column("From when it is in force, once both sides agree.")
    valid_until: datetime | None = column("When it ends; null: it is taken back or it stays.")
    history: list[TrustEvent] = many(
        "What happened to it, first happened first.", by="relationship_id", order=("id", False), bound=100
    )
    created_at: datetime = column("When it was first proposed.")
    updated_at: datetime = column("When it last changed.")


@face(reading.Membership)
class TrustMembership:
    """An organisation in a group."""

    organization: ties.Organization | None = one("Which.", by="id")
    role: GroupRole = column("What it may do in the group.")
    is_active: bool = column("True: it agreed, sees and is seen. False: it was asked and has not answered yet.")
    agreed_level: TrustLevelName | None = column("The level it agreed to; null while it has not answered.")
    since: datetime = column("When it was asked.")


@face(rows.TrustGroup)
class TrustGroup(Node):
    """Organisations that trust each other alike. Known to its members and those it asked to join."""

    id: strawberry.ID = global_id("TrustGroup")
    name: str = column("What it is called.")
    description: str = column("What it is for.")
    level: TrustLevel = batch(_named, "How far its members are asked to trust each other.", needs=("level",))
    level_in_force: TrustLevel = batch(
        _high, "How far they do: the lowest level that one of them agreed to.", needs=("granted",)
    )
    members: list[TrustMembership] = batch(
        reading.members, "Who is in it or was asked, longest there first.", needs=("id",), bound=100
    )
    history: list[TrustEvent] = many(
        "What happened to it, first happened first.", by="group_id", order=("id", False), bound=100
    )
    created_at: datetime = column("When it was made.")
    updated_at: datetime = column("When it last changed.")


@face(trust_metrics.Outcomes)
class OutcomeCounts:
    """How evidence that rests on a source's indicators turned out in the viewer's own cases."""

    verified: int = column("Verified.")
    refuted: int = column("Found to be false positives.")


@face(trust_metrics.TrustMetrics)
class TrustMetrics:
    """What the viewer's organisation learnt of another. Made of what it may see itself; it changes nobody's access."""

    organization: ties.Organization | None = one("About whom.", by="id")
    trust_score: Score = column("0.5 of reliability, 0.3 of reputation and 0.2 of historical performance.")
    confidence_level: Score = column("How settled it is: n / (n + 10) after n outcomes.")
    reliability: Score = column("How likely its indicators are to prove right: (2 + verified) / (4 + outcomes).")
    reputation: Score = column(
        "The mean level that others grant it, weighted by their own reliability: as far as the viewer knows of them."
    )
    historical_performance: Score = column(
        "Share of its newest indicators that another source has too; one that came after theirs counts half."
    )
    outcomes: OutcomeCounts = column("What reliability rests on.")
    last_updated: datetime = column("When the newest outcome was decided; without one, now.")


@strawberry.input(description="Which relationships. What is left out or null is no condition; all must hold.")
class TrustFilter:
    trustor_id: strawberry.ID | None = condition("That this organisation grants.")
    trustee_id: strawberry.ID | None = condition("That are granted to this organisation.")
    level: list[TrustLevelName] | None = condition("Of one of these levels.")
    type: list[RelationshipType] | None = condition("Of one of these types.")
    status: list[RelationshipStatus] | None = condition("That stand at one of these.")
    updated_since: datetime | None = condition("Only those that changed at this time or after it.")


@strawberry.input(description="Which groups. What is left out or null is no condition; all must hold.")
class TrustGroupFilter:
    search: str | None = condition("Whose name or description contains this text, in upper or lower case.")
    level: list[TrustLevelName] | None = condition("That ask for one of these levels.")
    updated_since: datetime | None = condition("Only those that changed at this time or after it.")


def _organization(column: str) -> Filter:
    return equals(column).read(lambda text: str(key_of("Organization", text)))


TRUST_FILTERS = {
    "trustor_id": _organization("trustor_id"),
    "trustee_id": _organization("trustee_id"),
    "level": among("level"),
    "type": among("type"),
    "status": among("status"),
    "updated_since": at_least("updated_at"),
}
TRUST_GROUP_FILTERS = {
    "search": contains("name", "description"),
    "level": among("level"),
    "updated_since": at_least("updated_at"),
}


def locate_relationship(id: strawberry.ID) -> Spot | None:
    """Where a relationship is, by its global id."""
    found = locate(id)
    return found if found is not None and found[0] == "TrustRelationship" else None


def locate_group(id: strawberry.ID) -> Spot | None:
    """Where a group is, by its global id."""
    found = locate(id)
    return found if found is not None and found[0] == "TrustGroup" else None


@face(None)
class TrustQueries:
    """Reading what trust is made of."""

    trust_levels: list[TrustLevel] | None = batch(
        _levels,
        "The levels of trust that one organisation may grant another, lowest first.",
        needs=(),
        bound=3,
        action=Action.GRAPH_READ,
    )
    trust_relationship: TrustRelationship | None = one_of(
        locate_relationship,
        "One relationship; null when there is none, or the viewer's organisation is no side of it.",
        argument=True,
        action=Action.GRAPH_READ,
        arguments={"id": "Its global id."},
    )
    trust_relationships: Connection[TrustRelationship] | None = connection(
        "The relationships of the viewer's organisation: what it grants and what it is granted. Last proposed first.",
        default=("created_at", True),
        filter=TrustFilter,
        filters=TRUST_FILTERS,
        action=Action.GRAPH_READ,
    )
    trust_group: TrustGroup | None = one_of(
        locate_group,
        "One group; null when there is none, or the viewer's organisation is neither in it nor asked to join.",
        argument=True,
        action=Action.GRAPH_READ,
        arguments={"id": "Its global id."},
    )
    trust_groups: Connection[TrustGroup] | None = connection(
        "The groups that the viewer's organisation is in, or was asked to join. Last made first.",
        default=("created_at", True),
        filter=TrustGroupFilter,
        filters=TRUST_GROUP_FILTERS,
        action=Action.GRAPH_READ,
    )
