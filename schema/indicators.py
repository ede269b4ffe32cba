"""Shared intelligence: indicators, and the STIX objects they came as."""

from datetime import datetime

import strawberry

from foundation.words import IndicatorType, Tlp
from models import tables as rows
from models.reading.assertions import list_assertions
from models.reading.case_filters import EVIDENCE_FILTERS
from models.reading.filters import among, at_least, tied_by
from models.reading.indicator_filters import INDICATOR_FILTERS
from models.reading.links import CITING_EVIDENCE, COLLECTED, INDICATED, INDICATING, RELATED_OBJECTS
from models.reading.origins import Spot
from models.reading.standings import DECAYS, confidence_at, explain_decay, last_seen
from models.reading.stix import list_versions
from models.reading.warnings import NAMED, warnings_of
from resolvers import seen
from resolvers.seen import (
    anonymizations,
    created_by,
    producers,
    read_stix,
    shown_stix_id,
    trusts,
)
from rules.access.actions import Action
from rules.nodes import key_of, locate
from rules.trust import AnonymizationLevel, TrustLevelName
from schema import ties
from schema.conditions import condition
from schema.evidence_filter import EvidenceFilter
from schema.faces import (
    Connection,
    Node,
    batch,
    column,
    connection,
    face,
    many,
    one_found,
    one_of,
    rule,
    seen_by,
)
from schema.identity import global_id
from schema.orders import EvidenceOrder, IndicatorOrder, SightingOrder
from schema.scalars import JSON, Confidence, Score
from schema.sightings import (
    SIGHTING_FILTERS,
    DecayExplanation,
    IndicatorAssertion,
    Sighting,
    SightingFilter,
    level_of,
)

STIX_ID_SAYS = (
    "The id its producer gave it; of an object that the viewer may not have as it was sent, a pseudonym, which stays "
    "the same and is another one for each organisation. Accepted wherever its id is."
)
STIX_SAYS = (
    "The STIX object, member by member as it was sent, or as far as the viewer may have it; null where nothing of it "
    "can be shown."
)
PRODUCER_SAYS = "Who shared it: the organisation whose object it is; null where the viewer may not know."
ANONYMIZATION_SAYS = "What was done to it before the viewer was shown it."
TRUST_SAYS = "How much trust it asks for, and how far its source is trusted."
OWNER = ("organization_id", "tlp")
VIEW_AS_SAYS = (
    "What another organisation gets of it; null where that one gets nothing, or where it is not the viewer's own "
    "organisation's."
)


def partner(*, organization_id: strawberry.ID) -> str | None:
    """The key of the organisation of this id."""
    key = key_of("Organization", organization_id)
    return None if key is None else str(key)


@face(seen.TrustMetadata)
class TrustMetadata:
    """How far an object and its source are trusted, as the viewer's organisation sees it."""

    level: TrustLevelName | None = column(
        "How much trust it asks of those it is shared with; null where it is shared with nobody."
    )
    score: Score = column(
        "How far the viewer's organisation trusts its source, 0 to 1: 1 for its own, half for a source it has said "
        "nothing about or may not know."
    )
    source: str = column("Its source by name; a pseudonym where the viewer may not know who it is.")


RELATED_SAYS = (
    "What a relationship, a sighting or another reference ties it to, in either direction: as far as the viewer may "
    "see both that and who says so."
)


@strawberry.input(description="Which related objects. What is left out or null is no condition; all must hold.")
class RelationFilter:
    relationship: list[str] | None = condition(
        "That are tied to it in one of these ways: the type of a relationship (`uses`), or the member of a reference "
        "(`object_refs`)."
    )
    type: list[str] | None = condition("Of one of these types: `malware`, `attack-pattern`.")
    updated_since: datetime | None = condition("Only those of which a version came in at this time or after it.")


RELATION_FILTERS = {
    "relationship": tied_by("relationship"),
    "type": among("type"),
    "updated_since": at_least("updated_at"),
}


@strawberry.input(description="Which indicators. What is left out or null is no condition; all must hold.")
class IndicatorFilter:
    type: list[IndicatorType] | None = condition("That look for one of these kinds of things.")
    value: str | None = condition(
        "That look for exactly this value, in whatever spelling: upper case, defanged, with a trailing dot."
    )
    labels: list[str] | None = condition("That carry one of these labels.")
    confidence_min: Confidence | None = condition("Whose source is at least this sure.")
    valid_at: datetime | None = condition("That are valid at this time.")
    source: strawberry.ID | None = condition("That this organisation shares, as far as the viewer may know.")
    level: TrustLevelName | None = condition("That ask for this much trust.")
    tlp: list[Tlp] | None = condition("That may be passed on this far.")
    search: str | None = condition("Whose name or pattern contains this text, in upper or lower case.")
    include_revoked: bool | None = condition("True: also what was taken back. Left out: only what was not.")
    updated_since: datetime | None = condition("Only those of which a version came in at this time or after it.")


@face(rows.Indicator)
class Indicator(Node):
    """A pattern that, seen in what happened, suggests malice. It is told as its source states it, or less exactly where
    the source trusts the viewer's organisation less."""

    id: strawberry.ID = global_id("Indicator")
    stix_id: str = rule(shown_stix_id, STIX_ID_SAYS)
    name: str | None = column("What its source calls it.")
    description: str | None = column("What its source says about it.")
    type: IndicatorType | None = column(
        "What kind of thing it looks for; null where that is none of these, or more than one."
    )
    value: str | None = column(
        "The value it looks for, in its normal form; null where it looks for several, or not for a value."
    )
    pattern: str = column("What it looks for, in the language that the pattern type names.")
    pattern_type: str = column("The language of the pattern: `stix`, `sigma`, `yara` and others.")
    is_indexed: bool = column(
        "Whether observed values are looked up in it. False: cases ask its pattern of their records, as a whole."
    )
    not_indexed_because: str | None = column("Why its pattern cannot be looked up; null where it can.")
    not_matched_because: str | None = column(
        "Why nothing is matched with it: its language is not spoken here, or it took more time than a pattern gets. "
        "Null where it is matched. A new version is tried again."
    )
    labels: list[str] = column("Words its source filed it under.")
    indicator_types: list[str] = column(
        "What its source says it points to: `malicious-activity`, `anomalous-activity`."
    )
    confidence: Confidence | None = column("How sure its source is, 0 to 100; null where the source does not say.")
    confidence_at: Confidence = batch(
        confidence_at,
        "What is left of that at a time: computed when it is read, begun anew by sightings.",
        needs=DECAYS,
    )
    decay: DecayExplanation = batch(explain_decay, "What is left of it now, and why.", needs=DECAYS)
    last_seen: datetime | None = batch(
        last_seen,
        "When anybody last met it; null where nobody said so. Of one that is changed for the viewer, the day.",
        needs=("id",),
    )
    valid_from: datetime = column("From when on it is worth looking for.")
    valid_until: datetime | None = column(
        "From when on it no longer is; null while there is no end. An expired indicator never scores."
    )
    revoked: bool = column("Whether its producer took it back. A revoked indicator never scores.")
    tlp: Tlp = column(
        "How far it may be passed on: the strictest of its markings. Without any it is clear; an unknown one counts as "
        "red."
    )
    level: TrustLevelName | None = rule(
        level_of, "How much trust it asks of its readers; null where it is shared with nobody."
    )
    created_by_ref: str | None = batch(
        created_by,
        "The STIX id of its producer's identity, where it names one; a pseudonym where the viewer may not know it.",
        needs=("id", "created_by_ref", "form_from"),
    )
    created: datetime = column("When its producer made it.")
    modified: datetime = column("When its producer last changed it: its version.")
    warnings: list[str] = batch(
        warnings_of,
        "The operator's warning lists that its value stands on, by name: known-good values, such as public resolvers. "
        "It is probably no sign of malice then; nothing else changes.",
        needs=NAMED,
        bound=100,
    )
    stix: JSON | None = batch(read_stix, STIX_SAYS, needs=("id",))
    trust: TrustMetadata = batch(trusts, TRUST_SAYS, needs=(*OWNER, "required"))
    anonymization: AnonymizationLevel = batch(
        anonymizations, ANONYMIZATION_SAYS, needs=("organization_id", "form_from")
    )
    producer: ties.Organization | None = one_found(producers, PRODUCER_SAYS, needs=OWNER)
    assertions: list[IndicatorAssertion] = batch(
        list_assertions,
        "Who reports the same, as far as the viewer may see their indicators: one for each source, first reported "
        "first. What was taken back is not among them.",
        needs=("fingerprint",),
        bound=20,
    )
    sightings: Connection[Sighting] = connection(
        "What the viewer's organisation said of it; of its own indicators, what everybody said. Newest first.",
        by="indicator_id",
        of="original_id",
        order=SightingOrder,
        filter=SightingFilter,
        filters=SIGHTING_FILTERS,
    )
    matching_evidence: Connection[ties.Evidence] = connection(
        "The evidence that rests on it, as far as the viewer may see it.",
        link=CITING_EVIDENCE,
        order=EvidenceOrder,
        filter=EvidenceFilter,
        filters=EVIDENCE_FILTERS,
    )
    indicates: list[ties.StixObject] = many(
        "What it points to by relationships: malware, campaigns, techniques; as far as the viewer may see both that "
        "and who says so.",
        link=INDICATED,
    )
    related_objects: Connection[ties.StixObject] = connection(
        RELATED_SAYS, link=RELATED_OBJECTS, filter=RelationFilter, filters=RELATION_FILTERS
    )
    organization: ties.Organization | None = one_found(producers, PRODUCER_SAYS, needs=OWNER)
    collections: Connection[ties.Collection] = connection(
        "The collections it lies in, of those that the viewer may read.",
        link=COLLECTED,
        of="original_id",
        default=("title", False),
    )
    view_as: "Indicator | None" = seen_by(partner, VIEW_AS_SAYS, arguments={"organization_id": "Whose view."})
    created_at: datetime = column("When it first came in.")
    updated_at: datetime = column("When its newest version came in.")


@face(rows.StixObject)
class StixObject(Node):
    """An object of shared intelligence: a campaign, a piece of malware, a relationship. Its newest version, as far as
    the viewer may have it."""

    id: strawberry.ID = global_id("StixObject")
    stix_id: str = rule(shown_stix_id, STIX_ID_SAYS)
    type: str = column("What it is: `malware`, `campaign`, `relationship`.")
    name: str | None = column("What its producer calls it, where it has a name.")
    modified: datetime | None = column(
        "When its producer last changed it: its version; null for what STIX does not version."
    )
    versions: list[datetime] = batch(
        list_versions,
        "The versions that are held, oldest first; of what another organisation shares, the newest.",
        needs=("id", "form_from", "modified", "updated_at"),
        bound=100,
    )
    revoked: bool = column("Whether its producer took it back.")
    tlp: Tlp = column("How far it may be passed on: the strictest of its markings.")
    related_objects: Connection[ties.StixObject] = connection(
        RELATED_SAYS, link=RELATED_OBJECTS, filter=RelationFilter, filters=RELATION_FILTERS
    )
    indicated_by: Connection[ties.Indicator] = connection(
        "The indicators that point to it by relationships.",
        link=INDICATING,
        order=IndicatorOrder,
        filter=IndicatorFilter,
        filters=INDICATOR_FILTERS,
    )
    stix: JSON | None = batch(read_stix, STIX_SAYS, needs=("id",))
    trust: TrustMetadata = batch(trusts, TRUST_SAYS, needs=(*OWNER, "required"))
    anonymization: AnonymizationLevel = batch(
        anonymizations, ANONYMIZATION_SAYS, needs=("organization_id", "form_from")
    )
    producer: ties.Organization | None = one_found(producers, PRODUCER_SAYS, needs=OWNER)
    organization: ties.Organization | None = one_found(producers, PRODUCER_SAYS, needs=OWNER)
    collections: Connection[ties.Collection] = connection(
        "The collections it lies in, of those that the viewer may read.",
        link=COLLECTED,
        of="original_id",
        default=("title", False),
    )
    view_as: "StixObject | None" = seen_by(partner, VIEW_AS_SAYS, arguments={"organization_id": "Whose view."})
    created_at: datetime = column("When it first came in.")
    updated_at: datetime = column("When its newest version came in.")


def locate_indicator(id: strawberry.ID) -> Spot | None:
    """Where an indicator is, by its global id or STIX id."""
    found = locate(id)
    return found if found is not None and found[0] == "Indicator" else None


def locate_stix_object(id: strawberry.ID) -> Spot | None:
    """Where a STIX object is, by its global id or STIX id."""
    found = locate(id)
    return found if found is not None and found[0] == "StixObject" else None


@face(None)
class IndicatorQueries:
    """Reading shared intelligence."""

    indicator: Indicator | None = one_of(
        locate_indicator,
        "One indicator; null when there is none, or none that the viewer may see.",
        argument=True,
        action=Action.GRAPH_READ,
        arguments={"id": "Its global id or its STIX id."},
    )
    indicators: Connection[Indicator] | None = connection(
        "The indicators that the viewer's organisation holds, and those that others share with it.",
        order=IndicatorOrder,
        filter=IndicatorFilter,
        filters=INDICATOR_FILTERS,
        action=Action.GRAPH_READ,
    )
    stix_object: StixObject | None = one_of(
        locate_stix_object,
        "One object of shared intelligence that is no indicator; null when there is none, or none that the viewer may "
        "see.",
        argument=True,
        action=Action.GRAPH_READ,
        arguments={"id": "Its global id or its STIX id."},
    )
