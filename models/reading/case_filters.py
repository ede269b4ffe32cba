"""Conditions that only lists of cases and of their parts know."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, Text, and_, cast, collate, exists, func, literal, not_, or_, select

from foundation.entities import canonical
from foundation.errors import InvalidInput
from foundation.words import EntityType
from models import tables as rows
from models.base import UtcTime
from models.reading.filters import (
    Bind,
    Filter,
    among,
    at_least,
    before,
    equals,
    folded,
    only_equal,
    only_if,
    unless_null,
)
from models.reading.stored import Dialect, sql_table
from models.reading.visibility import viewer_organization
from rules.access.names import normalised
from rules.investigation.words import VerificationStatus


def found_by_text() -> Filter:
    """The entity's value or the case's ref (`INV-7`) contains the text, whatever the case of its ASCII letters."""

    def sql(table: Any, bind: Bind, dialect: Dialect) -> ColumnElement[bool]:
        c, text = sql_table(table).c, bind(Text())
        ref = literal("inv-") + cast(c.id, Text)
        if dialect == "postgresql":
            value = func.lower(collate(c.entity_value, "C"))
            return or_(func.strpos(value, text) > 0, func.strpos(ref, text) > 0)
        return or_(func.instr(func.lower(c.entity_value), text) > 0, func.instr(ref, text) > 0)

    def twin(row: Any, value: Any, _loaded: Any, _viewer: Any) -> bool:
        return value in folded(row.entity_value) or value in f"inv-{row.id}"

    return Filter(sql, twin, ("id", "entity_value"), convert=folded)


def entity_is() -> Filter:
    """The case is about this entity, in whatever spelling creation takes: each type's own form, for cases of that type.

    So no type need be named; and an account `2001:DB8::1` is not found by what the same text is as an address.
    """

    def forms(value: str) -> dict[str, str]:
        return {str(kind): _form(kind, value) for kind in EntityType}

    def sql(table: Any, bind: Bind, dialect: Dialect) -> ColumnElement[bool]:
        c = sql_table(table).c
        return or_(
            *(
                and_(c.entity_type == str(kind), c.entity_value == bind(c.entity_value.type, kind))
                for kind in EntityType
            )
        )

    def twin(row: Any, value: Any, _loaded: Any, _viewer: Any) -> bool:
        return bool(row.entity_value == value[row.entity_type])

    return Filter(sql, twin, ("entity_type", "entity_value"), convert=forms)


def _form(kind: EntityType, value: str) -> str:
    """The value as a case of this type has it; an empty text, which no case has, where it can be none."""
    try:
        return canonical(kind, value, field="filter.entityValue")
    except InvalidInput:
        if kind is EntityType.USER:  # which takes every text that can be one at all
            raise
        return ""


def worked_on_by() -> Filter:
    """Somebody works on the case whom `convert` gave as {"id": ...} or {"name": ...}: names of people, and of the
    agents of the viewer's own organisation, as assigning takes them."""

    def sql(table: Any, bind: Bind, dialect: Dialect) -> ColumnElement[bool]:
        assignee, person = sql_table(rows.InvestigationAssignee).alias(), sql_table(rows.User).alias()
        service = viewer_organization() + ":" + bind(Text(), "name")
        named = select(person.c.id).where(
            or_(
                person.c.id == bind(person.c.id.type, "id"),
                person.c.name_key == bind(person.c.name_key.type, "name"),
                person.c.name_key == service,
            )
        )
        mine = select(assignee.c.investigation_id).where(assignee.c.user_id.in_(named))
        found: ColumnElement[bool] = sql_table(table).c.id.in_(mine)
        return found

    def twin(row: Any, value: Any, loaded: Any, viewer: Any) -> bool:
        assignees, people = loaded
        keys = {value["name"], f"{viewer.organization_id}:{value['name']}"}
        named = {person.id for person in people if person.id == value["id"] or person.name_key in keys}
        return any(tie.investigation_id == row.id and tie.user_id in named for tie in assignees)

    def parts(word: str) -> dict[str, str]:
        return {"id": word.strip(), "name": normalised(word)}

    return Filter(sql, twin, ("id",), convert=parts, loads=(rows.InvestigationAssignee, rows.User))


def unless_set(column: str) -> Filter:
    """With false (applied when nothing is given): only rows whose Boolean column is false. With true: all."""

    def sql(table: Any, bind: Bind, dialect: Dialect) -> ColumnElement[bool]:
        return or_(bind(Boolean()), not_(sql_table(table).c[column]))

    def twin(row: Any, value: Any, _loaded: Any, _viewer: Any) -> bool:
        return bool(value) or not getattr(row, column)

    return Filter(sql, twin, (column,), default=False)


def changed_since() -> Filter:
    """Evidence found, or judged by somebody, at this time or after it."""

    def sql(table: Any, bind: Bind, dialect: Dialect) -> ColumnElement[bool]:
        evidence, said = sql_table(table), sql_table(rows.Verification).alias("said")
        since = bind(UtcTime())
        judged = exists().where(said.c.evidence_id == evidence.c.id, said.c.at >= since)
        return or_(evidence.c.discovered_at >= since, judged)

    def twin(row: Any, value: Any, loaded: Any, _viewer: Any) -> bool:
        return row.discovered_at >= value or any(v.evidence_id == row.id and v.at >= value for v in loaded)

    return Filter(sql, twin, ("discovered_at",), loads=rows.Verification)


CASE_FILTERS = {
    "status": among("status"),
    "priority": among("priority"),
    "assigned_to": worked_on_by(),
    "entity_type": equals("entity_type"),
    "entity_value": entity_is(),
    "created_after": at_least("created_at"),
    "created_before": before("created_at"),
    "minimum_risk": at_least("risk_score"),
    "search": found_by_text(),
    "include_archived": unless_null("archived_at"),
    "updated_since": at_least("updated_at"),
}
"""Of a list of cases, through whichever door."""

EVIDENCE_FILTERS = {
    "domain": among("domain"),
    "type": among("type"),
    "strength_min": at_least("strength"),
    "verified_only": only_equal("verification_status", VerificationStatus.VERIFIED.value),
    "supports": equals("supports"),
    "include_superseded": unless_set("superseded"),
    "updated_since": changed_since(),
}
"""Of a list of evidence."""

TIMELINE_FILTERS = {
    "actor_type": among("actor_type"),
    "actor_name": equals("actor_name"),
    "action": among("action"),
    "success_only": only_if("success"),
    "since": at_least("timestamp"),
    "updated_since": at_least("timestamp"),
}
"""Of a timeline, whose events never change."""
