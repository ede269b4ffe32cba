"""What a viewer sees of an object of shared intelligence: its STIX as far as it may be shown, who is behind it, and how
far that one is trusted."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from foundation.words import Tlp
from models.reading.parts import Call
from models.reading.stix import CITED, CONTENTS, RIGHTS, STANDINGS, Asking
from resolvers.showing import Changing, changed, surroundings
from rules.pseudonyms import Pseudonyms
from rules.trust import LEVEL_OF_FORM, AnonymizationLevel, Form, TrustLevelName, level_name


@dataclass(frozen=True, slots=True)
class TrustMetadata:
    """`score` is 0 to 1."""

    level: TrustLevelName | None
    score: float
    source: str


UNSAID = 0.5  # of those about whom the own organisation has said nothing (ENGINE.md, section 8)


def shown_stix_id(stix_id: str, original_id: str, form_from: int, *, pseudonyms: Pseudonyms) -> str:
    """The id under which the viewer knows an object."""
    return pseudonyms.of(stix_id.partition("--")[0], original_id) if form_from else stix_id


def producer_name(organization_id: str, pseudonyms: Pseudonyms) -> str:
    """What a producer is called that the viewer may not know."""
    return f"Organisation {pseudonyms.of_stranger(f'identity--{organization_id}').rpartition('-')[2]}"


def read_stix(rows: Sequence[tuple[str]], *, pseudonyms: Pseudonyms) -> Asking:
    """(id) of objects -> each as the viewer may have it, None where nothing of it can be shown."""
    shown: dict[str, Any] = {}
    to_change: dict[str, Changing] = {}
    found = yield CONTENTS.of(objects=list(dict.fromkeys(key for (key,) in rows)))
    for key, original, owner, kind, form_from, tlp, form, text in found:
        content = orjson.loads(text)
        if form_from == 0:
            shown[key] = content
        elif form is not None:
            to_change[key] = Changing(original, owner, kind, tlp, form, content)
    around = yield from surroundings(list(to_change.values()))

    async def change(objects: Sequence[tuple[Any, ...]]) -> list[Any]:
        def each() -> list[Any]:
            return [changed(one, around, pseudonyms) for (one,) in objects]

        return await asyncio.to_thread(each)

    if to_change:
        made = yield Call(change, [(one,) for one in to_change.values()], {})
        shown.update(zip(to_change, made, strict=True))
    return [shown.get(key) for (key,) in rows]


def created_by(rows: Sequence[tuple[str, str | None, int]], *, pseudonyms: Pseudonyms) -> Asking:
    """(id, created_by_ref, form_from) of indicators -> the STIX id of whoever made each, as the viewer knows it."""
    changed_ones = [(key,) for key, _, form in rows if form]
    shown = (yield from read_stix(changed_ones, pseudonyms=pseudonyms)) if changed_ones else []
    known = {key: (one or {}).get("created_by_ref") for (key,), one in zip(changed_ones, shown, strict=True)}
    return [known.get(key) if form else ref for key, ref, form in rows]


def _rights(owners: Sequence[str], pseudonyms: Pseudonyms) -> Asking:
    """The viewer's right to what each other producer shares: level and form."""
    if not (others := list(dict.fromkeys(owner for owner in owners if owner != pseudonyms.reader_id))):
        return {}
    found = yield RIGHTS.of(producers=others)
    return {producer: (level, form) for producer, level, form in found}


def _is_named(owner: str, tlp: str, form: int | None, pseudonyms: Pseudonyms) -> bool:
    """Whether the viewer may know who is behind an object: see DOMAIN.md, names of producers."""
    if owner == pseudonyms.reader_id:
        return True
    return form is not None and (form <= Form.LOW_NAMED or tlp == Tlp.CLEAR)


def producers(rows: Sequence[tuple[str, str]], *, pseudonyms: Pseudonyms) -> Asking:
    """(organization_id, tlp) of objects -> the key of the organisation, None where the viewer may not know it."""
    rights = yield from _rights([owner for owner, _ in rows], pseudonyms)
    return [
        owner if _is_named(owner, tlp, rights.get(owner, (0, None))[1], pseudonyms) else None for owner, tlp in rows
    ]


def anonymizations(rows: Sequence[tuple[str, int]], *, pseudonyms: Pseudonyms) -> Asking:
    """(organization_id, form_from) of objects -> what was done to them for the viewer."""
    rights = yield from _rights([owner for owner, _ in rows], pseudonyms)
    return [
        LEVEL_OF_FORM[Form(max(form_from, rights.get(owner, (0, 0))[1]))] if form_from else AnonymizationLevel.NONE
        for owner, form_from in rows
    ]


def trusts(rows: Sequence[tuple[str, str, int]], *, pseudonyms: Pseudonyms) -> Asking:
    """(organization_id, tlp, required) of objects -> how far they and those behind them are trusted."""
    owners = list(dict.fromkeys(owner for owner, *_ in rows))
    rights = yield from _rights(owners, pseudonyms)
    standings = {owner: (name, granted) for owner, name, granted in (yield STANDINGS.of(owners=owners))}
    out = []
    for owner, tlp, required in rows:
        level = level_name(required)
        if not _is_named(owner, tlp, rights.get(owner, (0, None))[1], pseudonyms):
            # A score of its own would tell one producer from all others.
            out.append(TrustMetadata(level, UNSAID, producer_name(owner, pseudonyms)))
            continue
        name, granted = standings[owner]
        score = 1.0 if owner == pseudonyms.reader_id else UNSAID if granted is None else granted / 100
        out.append(TrustMetadata(level, score, name))
    return out


def trusts_of_evidence(rows: Sequence[tuple[int]], *, pseudonyms: Pseudonyms) -> Asking:
    """(id) of evidence -> the trust in what it rests on; None where that is nothing the viewer may see. One piece of
    evidence is one source's word."""
    cited = yield CITED.of(evidence=[key for (key,) in rows])
    told = yield from trusts([(owner, tlp, required) for _, owner, tlp, required in cited], pseudonyms=pseudonyms)
    found: dict[int, TrustMetadata] = {}
    for (key, *_), trust in zip(cited, told, strict=True):
        found.setdefault(key, trust)
    return [found.get(key) for (key,) in rows]
