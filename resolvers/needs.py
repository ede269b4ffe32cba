"""What an object asks of its readers: found out once, when it is shared, by trying each form on it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from formats.stix.from_stix import StixDraft
from formats.stix.indicator import read_indicator
from formats.stix.masked import Mask, masked
from formats.stix.members import member_text
from formats.stix.references import references_of
from foundation.telemetry import logger
from foundation.words import Tlp
from models.queries.renditions import Rendition, Share
from rules.masking import Assets, Detail, Side, detail
from rules.relationships import kind_bit
from rules.trust import PAIR_TLP, TLP_RANK, Form, Need

log = logger("casegraph.needs")

FORMS: Final = tuple(form for form in Form if form is not Form.WITHHELD)
_HOST: Final = re.compile(r"://(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)")
_NEVER_CHANGED: Final = frozenset({"file"})  # a digest with a digit changed is another file's


@dataclass(frozen=True, slots=True)
class Showing:
    """How the objects of one producer are shown in one form. `id_of`, `pseudonym_of`: see `Mask`."""

    form: Form
    tlp: Tlp
    assets: Assets
    id_of: Callable[[str], str]
    pseudonym_of: Callable[[str], str]

    def mask(self) -> Mask:
        is_clear = self.tlp is Tlp.CLEAR

        def grade(kind: str, value: str, otherwise: Side) -> int:
            side = Side.VICTIM if self._is_ours(kind, value) else otherwise
            how = detail(self.form, side, is_clear=is_clear)
            if how is Detail.NEAR and kind == "url" and side is Side.VICTIM:
                how = Detail.WIDE  # near a URL is its host, and that is what is ours of it
            return int(Detail.EXACT if kind in _NEVER_CHANGED and how is Detail.NEAR else how)

        return Mask(
            # What a pattern looks for is the adversary's, until it turns out to be one of ours.
            of_pattern=lambda kind, value: grade(kind, value, Side.ADVERSARY),
            of_observable=lambda kind, value: grade(kind, value, Side.UNKNOWN),
            is_telling=self.assets.appear_in if self.form > Form.NONE else lambda _: False,
            id_of=self.id_of,
            pseudonym_of=self.pseudonym_of,
            shows_names=is_clear or self.form <= Form.LOW_NAMED,
        )

    def _is_ours(self, kind: str, value: str) -> bool:
        match kind:
            case "ipv4-addr" | "ipv6-addr":
                return self.assets.hold_address(value)
            case "domain-name":
                return self.assets.hold_name(value)
            case "email-addr":
                return self.assets.hold_name(value.rpartition("@")[2])
            case "url" if (host := _HOST.search(value)) is not None and self.assets.hold_address(host[1].strip("[]")):
                return True
            case _:
                return self.assets.appear_in(value)


def share_of(
    draft: StixDraft, *, required: int, age_days: int, assets: Assets, exact_forms: Mapping[str, int]
) -> Share:
    """What the object asks of its readers, and what those get who do not get it as it was sent.

    `exact_forms`: of objects it refers to, the strictest form in which each keeps its id; one that is not among them is
    nobody's secret. Slow for patterns: call it in a thread.
    """
    references = tuple(references_of(draft.content))
    leans_on = {ref: exact_forms[ref] for _, ref in references if ref in exact_forms}
    exact, hidden, renditions = _tries(draft, assets, leans_on)
    need = Need(
        required,
        TLP_RANK[draft.tlp],
        exact,
        hidden,
        kind_bit(
            draft.type,
            draft.indicator.type if draft.indicator else None,
            is_observable=draft.modified is None and draft.type != "marking-definition",
        ),
        age_days,
    )
    return Share(need, tuple(renditions), references, leans_on)


def _tries(draft: StixDraft, assets: Assets, leans_on: Mapping[str, int]) -> tuple[int, int, list[Rendition]]:
    """The strictest form in which it is as it was sent, the first that withholds it, and what lies between."""
    if TLP_RANK[draft.tlp] > PAIR_TLP:
        return Form.FULL, Form.WITHHELD, []  # it never leaves its organisation: nobody has to be shown less of it
    if _tried(draft.content, Form.FULL, draft.tlp, assets, leans_on) == draft.content:
        return Form.FULL, Form.WITHHELD, []  # the stricter the form, the less is shown
    exact, hidden = Form.NONE, Form.WITHHELD
    renditions: list[Rendition] = []
    last: dict[str, Any] | None = None
    for form in FORMS[1:]:
        shown = _tried(draft.content, form, draft.tlp, assets, leans_on)
        if shown is None:
            hidden = form
            break
        if shown == draft.content and exact == form - 1:
            exact = form
        elif renditions and last == shown:
            renditions[-1] = replace(renditions[-1], form_to=form)
        else:
            renditions.append(_rendition(draft, form, shown))
        last = shown
    return exact, hidden, renditions


def _rendition(draft: StixDraft, form: Form, shown: Mapping[str, Any]) -> Rendition:
    indicator = draft.indicator
    if indicator is not None:
        if shown["pattern"] != indicator.pattern:
            indicator = read_indicator(shown)
        else:
            indicator = replace(
                indicator,
                name=shown.get("name"),
                description=shown.get("description"),
                labels=list(shown.get("labels", ())),
                indicator_types=list(shown.get("indicator_types", ())),
            )
    # An organisation without its name is called by the end of an id that is another for each reader.
    name = None if draft.type == "identity" and shown.get("name") != draft.name else member_text(shown, "name")
    return Rendition(form, form, name, indicator)


def _tried(
    content: Mapping[str, Any], form: Form, tlp: Tlp, assets: Assets, exact_forms: Mapping[str, int]
) -> dict[str, Any] | None:
    def pseudonym_of(stix_id: str) -> str:
        return f"{stix_id}#"  # another one: which does not matter here

    def id_of(stix_id: str) -> str:
        kept = exact_forms.get(stix_id)
        return stix_id if stix_id == content["id"] or kept is None or form <= kept else pseudonym_of(stix_id)

    try:
        return masked(content, Showing(form, tlp, assets, id_of, pseudonym_of).mask())
    except Exception as error:  # An object of a type of its own may have any shape: then it is shown as it is or not.
        log.info("an object has no other form than its own", object=content["id"], exc_info=error)
        return None
