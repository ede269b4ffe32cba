"""Ties between rows that no table of their own holds: selects over the tables, used where a link table would be.

What is tied still carries its own visibility; a tie only says what belongs together.
"""

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, exists, false, literal, or_, select, true, type_coerce
from sqlalchemy.sql.expression import Subquery
from sqlalchemy.sql.util import ClauseAdapter

from models import tables as rows
from models.reading.origins import Link
from models.reading.stored import sql_table
from models.reading.visibility import visible


def _case_pairs(name: str, *, others_only: bool) -> Subquery:
    here, there = sql_table(rows.Investigation).alias("here"), sql_table(rows.Investigation).alias("there")
    same = and_(here.c.entity_type == there.c.entity_type, here.c.entity_value == there.c.entity_value)
    pairs = select(here.c.id.label("case_id"), there.c.id.label("same_id")).select_from(here.join(there, same))
    return (pairs.where(here.c.id != there.c.id) if others_only else pairs).subquery(name)


def _related_evidence() -> Subquery:
    """Evidence of one case that sees the same thing: one group of one domain, or a common record.

    What an older run left behind is related to nothing that counts now.
    """
    here, there = sql_table(rows.Evidence).alias("here"), sql_table(rows.Evidence).alias("there")
    mine, theirs = sql_table(rows.EvidenceActivity).alias("mine"), sql_table(rows.EvidenceActivity).alias("theirs")
    common = exists(
        select(mine.c.record_id)
        .join(theirs, theirs.c.record_id == mine.c.record_id)
        .where(mine.c.evidence_id == here.c.id, theirs.c.evidence_id == there.c.id)
    )
    alike = and_(here.c.correlated_group == there.c.correlated_group, here.c.domain == there.c.domain)
    return (
        select(here.c.id.label("evidence_id"), there.c.id.label("related_id"))
        .select_from(here.join(there, here.c.investigation_id == there.c.investigation_id))
        .where(here.c.id != there.c.id, there.c.superseded == false(), or_(alike, common))
        .subquery("related_evidence")
    )


def _evidence_of_events() -> Subquery:
    """The evidence whose refs stand in a timeline event. Only of the event's own case, whatever its refs say."""
    told, found = sql_table(rows.TimelineEvent).alias("told"), sql_table(rows.Evidence).alias("found")
    refs: Any = type_coerce(told.c.evidence_refs, Text)
    named = refs.like(literal('%"EV-') + cast(found.c.id, Text) + literal('"%'))
    return (
        select(told.c.id.label("event_id"), found.c.id.label("evidence_id"))
        .select_from(told.join(found, found.c.investigation_id == told.c.investigation_id))
        .where(refs != "[]", named)
        .subquery("evidence_of_event")
    )


def _cited_indicators() -> Subquery:
    """What evidence rests on, in whatever form it is held: which of the rows a viewer sees is not said here."""
    cited, shown = sql_table(rows.EvidenceIndicator).alias("cited"), sql_table(rows.Indicator).alias("shown")
    return (
        select(cited.c.evidence_id, shown.c.id.label("indicator_id"))
        .select_from(cited.join(shown, shown.c.original_id == cited.c.indicator_id))
        .subquery("cited_indicator")
    )


def _related_objects(name: str, *conditions: ColumnElement[bool]) -> Subquery:
    """Objects that an edge joins, in whatever form each is held; only where its sayer's words may be seen.

    An end that is a STIX id means all objects as they were sent that have it: the `stix_id` of a masked row is a name
    that nothing refers to.
    """
    edge, objects = sql_table(rows.StixEdge), sql_table(rows.StixObject)
    here, there, via = objects.alias("here"), objects.alias("there"), objects.alias("via")

    def is_end(one: Any, end: ColumnElement[str]) -> ColumnElement[bool]:
        return or_(one.c.original_id == end, one.c.stix_id == end)

    said = exists(
        select(via.c.id).where(
            via.c.original_id == edge.c.via_id, ClauseAdapter(via).traverse(visible(rows.StixObject))
        )
    )
    return (
        select(here.c.id.label("source_id"), there.c.id.label("target_id"), edge.c.relationship)
        .select_from(here.join(edge, is_end(here, edge.c.near)).join(there, is_end(there, edge.c.far)))
        .where(said, *conditions)
        .subquery(name)
    )


def _collected() -> Subquery:
    """Which objects lie in which collections now, by the keys of the objects as they were sent."""
    entry = sql_table(rows.CollectionEntry)
    return select(entry.c.object_id, entry.c.collection_id).where(entry.c.is_live).subquery("collected")


class Collected:
    __table__ = _collected()


class SameEntity:
    __table__ = _case_pairs("same_entity", others_only=False)


class OtherCasesOfEntity:
    __table__ = _case_pairs("other_case", others_only=True)


class RelatedEvidence:
    __table__ = _related_evidence()


class EvidenceOfEvent:
    __table__ = _evidence_of_events()


class CitedIndicator:
    __table__ = _cited_indicators()


_INDICATES = sql_table(rows.StixEdge).c.relationship == "indicates"


class RelatedObjects:
    __table__ = _related_objects("related_object")


class Indicated:
    __table__ = _related_objects("indicated", sql_table(rows.StixEdge).c.outward == true(), _INDICATES)


class Indicating:
    __table__ = _related_objects("indicating", sql_table(rows.StixEdge).c.outward == false(), _INDICATES)


COLLECTED = Link(Collected, "object_id", "collection_id")
SAME_ENTITY = Link(SameEntity, "case_id", "same_id")
OTHER_CASES_OF_ENTITY = Link(OtherCasesOfEntity, "case_id", "same_id")
RELATED_EVIDENCE = Link(RelatedEvidence, "evidence_id", "related_id")
EVIDENCE_OF_EVENT = Link(EvidenceOfEvent, "event_id", "evidence_id")
CITED_INDICATORS = Link(CitedIndicator, "evidence_id", "indicator_id")
CITING_EVIDENCE = Link(CitedIndicator, "indicator_id", "evidence_id")
RELATED_OBJECTS = Link(RelatedObjects, "source_id", "target_id", several=True)
INDICATED = Link(Indicated, "source_id", "target_id", several=True)
INDICATING = Link(Indicating, "source_id", "target_id", several=True)
