"""Indicators made here: created, changed and withdrawn by the people of their organisation, as whole STIX objects."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from formats.stix.from_stix import StixDraft
from formats.stix.indicator import fingerprint
from formats.stix.markings import marked
from formats.stix.members import moment
from formats.stix.new_indicator import Looked, look_for, new_indicator
from formats.stix.pattern import read_pattern
from foundation.errors import InvalidInput
from foundation.ids import OtherKey, new_id, to_global
from foundation.observables import indicator_type
from foundation.texts import check_text
from foundation.times import to_text
from foundation.words import IndicatorType, Tlp
from models.database import Session
from models.queries import own_indicators, stix_objects
from models.queries.own_indicators import Found
from resolvers import sharing
from resolvers.operation import Operation
from resolvers.sightings import named
from resolvers.stix_reading import beside, read_beside
from rules.access.actions import Action
from rules.indicator_refusals import (
    IndicatorExists,
    IndicatorMoved,
    IndicatorNotFound,
    IndicatorWithdrawn,
    NotYourIndicator,
)
from rules.trust import TRUST_LEVELS, TrustLevelName

MOST_NAME, MOST_DESCRIPTION, MOST_WORDS, MOST_WORD, MOST_REASON = 500, 10_000, 50, 200, 2_000
_LEVEL_OF: Final = {level.level: level.name for level in TRUST_LEVELS}


@dataclass(frozen=True, kw_only=True)
class Told:
    """What somebody says of an indicator. What is None is not said; an empty text or list says that there is none."""

    type: IndicatorType | None = None
    value: str | None = None
    pattern: str | None = None
    name: str | None = None
    description: str | None = None
    labels: Sequence[str] | None = None
    indicator_types: Sequence[str] | None = None
    confidence: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    tlp: Tlp | None = None
    level: TrustLevelName | None = None
    without: frozenset[str] = frozenset()  # members to be taken away: confidence, valid_until

    def checked(self) -> "Told":
        """Tidied up. Raises InvalidInput naming the field."""
        return replace(
            self,
            name=_line(self.name, "name", MOST_NAME),
            description=None
            if self.description is None
            else check_text(self.description, field="description", most=MOST_DESCRIPTION),
            labels=_words(self.labels, "labels"),
            indicator_types=_words(self.indicator_types, "indicatorTypes"),
        )


async def create_indicator(op: Operation, *, told: Told) -> str:
    """Makes an indicator of a pattern, or of a value and its type; its key.

    Pattern and value must agree where both are given. Without more it is valid from now on, TLP amber, and asks for
    trusted partners. Raises IndicatorExists where the own organisation reports the same.
    """
    action = Action.INDICATOR_CREATE
    op.check(action)
    said = told.checked()
    looked = await beside(lambda: _looked(said))
    if looked is None:
        raise InvalidInput("Say what it looks for: a pattern, or a type and a value.", field="value")
    made = new_indicator(
        looked,
        stix_id=f"indicator--{new_id()}",
        now=op.clock.now(),
        name=said.name,
        description=said.description or None,
        indicator_types=said.indicator_types or (),
        labels=said.labels or (),
        confidence=said.confidence,
        valid_from=said.valid_from,
        valid_until=said.valid_until,
        tlp=said.tlp or Tlp.AMBER,
    )
    draft = await _read(made)
    sending = await sharing.prepare(op, [draft], level=said.level, action=action)
    async with op.write(action, target=draft.stix_id) as door:
        await stix_objects.take_turn(door.session, op.viewer.organization_id)
        assert draft.indicator is not None
        if (held := await own_indicators.reported(door.session, op.viewer, draft.indicator.fingerprint)) is not None:
            field = "value" if said.pattern is None else "pattern"
            raise IndicatorExists(field=field, indicator_id=to_global("Indicator", held))
        (kept,) = await sharing.keep(door, op.viewer, sending)
        door.answer(kept.object_id)
    return kept.object_id


async def update_indicator(op: Operation, *, indicator_id: str | OtherKey, told: Told) -> str:
    """Adds a version, in which what is said is changed and all else is as it was; the indicator's key.

    Only its own organisation may. What is shared of it from now on is the new version.
    """
    said = told.checked()
    return await _revise(op, Action.INDICATOR_UPDATE, indicator_id, lambda held: _changed(held, said), said.level)


async def withdraw_indicator(op: Operation, *, indicator_id: str | OtherKey, reason: str = "") -> str:
    """Takes an indicator back: a revoked version, which reaches everybody who had it. Its key.

    `reason`, at most 2,000 characters, stays in the audit trail of the own organisation.
    """
    why = check_text(reason, field="reason", most=MOST_REASON)
    return await _revise(
        op, Action.INDICATOR_WITHDRAW, indicator_id, lambda held: {**held, "revoked": True}, None, reason=why
    )


async def _revise(
    op: Operation,
    action: Action,
    key: str | OtherKey,
    change: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    level: TrustLevelName | None,
    **details: Any,
) -> str:
    async with op.read(action) as session:
        found = await _own(session, op, key)
        held = await own_indicators.content_of(session, found.version_id)
        known = await stix_objects.statements_among(session, op.viewer, held.get("object_marking_refs", ()))
    changed = dict(await beside(lambda: change(held)))
    before = moment(held["modified"], "modified")
    # A version is told from the one before by a millisecond, which is all that some consumers keep.
    changed["modified"] = to_text(max(op.clock.now(), before + timedelta(milliseconds=1)))
    draft = await _read(changed, known)
    sending = await sharing.prepare(op, [draft], level=level or _LEVEL_OF.get(found.required), action=action)
    async with op.write(action, target=found.stix_id, **details) as door:
        await stix_objects.take_turn(door.session, op.viewer.organization_id)
        if (await _own(door.session, op, found.indicator_id)).version_id != found.version_id:
            raise IndicatorMoved
        await sharing.keep(door, op.viewer, sending)
        door.answer(found.indicator_id)
    return found.indicator_id


async def _own(session: Session, op: Operation, key: str | OtherKey) -> Found:
    found = await own_indicators.find(session, op.viewer, key, op.pseudonyms)
    if found is None:
        raise IndicatorNotFound(field="indicatorId", indicator_id=named(key))
    if found.holder_id != op.viewer.organization_id:
        raise NotYourIndicator
    if found.revoked:
        raise IndicatorWithdrawn(field="indicatorId")
    return found


async def _read(content: Mapping[str, Any], statements: Collection[str] = ()) -> StixDraft:
    (draft,) = await read_beside([content], statements, is_bounded=False)
    if not isinstance(draft, StixDraft):
        raise InvalidInput(draft.text, field=draft.field)
    return draft


def _looked(told: Told) -> Looked | None:
    """What it looks for; None where nothing is said of that. Slow for long patterns."""
    if told.pattern is None:
        if told.value is None:
            if told.type is not None:
                raise InvalidInput("A type needs a value or a pattern.", field="value")
            return None
        if told.type is None:
            raise InvalidInput("Say what kind of thing the value is.", field="type")
        return look_for(told.type, told.value)
    keys = read_pattern(told.pattern).keys
    types = {indicator_type(key) for key in keys}
    kind = types.pop() if len(types) == 1 else None
    if told.type is not None and told.type is not kind:
        raise InvalidInput("The pattern looks for another kind of thing.", field="type")
    if told.value is not None:
        if (wanted := told.type or kind) is None:
            raise InvalidInput("The pattern looks for no single value.", field="value")
        if fingerprint(read_pattern(look_for(wanted, told.value).pattern).keys, "") != fingerprint(keys, told.pattern):
            raise InvalidInput("The pattern looks for something else than the value.", field="pattern")
    return Looked(kind, keys[0].value if len(keys) == 1 else told.pattern[:MOST_NAME], told.pattern)


def _changed(held: Mapping[str, Any], told: Told) -> dict[str, Any]:
    """The members of the next version."""
    content = dict(held)
    looked = _looked(told)
    if looked is not None:
        content |= {"pattern": looked.pattern, "pattern_type": "stix"}
        content.pop("pattern_version", None)
    said = {
        "name": told.name,
        "description": told.description,
        "labels": told.labels,
        "indicator_types": told.indicator_types,
        "confidence": told.confidence,
        "valid_from": None if told.valid_from is None else to_text(told.valid_from),
        "valid_until": None if told.valid_until is None else to_text(told.valid_until),
    }
    content |= {member: value for member, value in said.items() if value is not None}
    if told.tlp is not None:
        content = marked(content, told.tlp)
    gone = {member for member in said if content.get(member) in ("", [])} | told.without
    return {member: value for member, value in content.items() if member not in gone}


def _line(text: str | None, field: str, most: int) -> str | None:
    return None if text is None else check_text(text, field=field, most=most, one_line=True)


def _words(words: Sequence[str] | None, field: str) -> list[str] | None:
    if words is None:
        return None
    if len(words) > MOST_WORDS:
        raise InvalidInput(f"At most {MOST_WORDS} words.", field=field, most=MOST_WORDS)
    return list(dict.fromkeys(check_text(word, field=field, least=1, most=MOST_WORD, one_line=True) for word in words))
