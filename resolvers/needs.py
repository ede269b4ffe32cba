"""What an object asks of its readers: found out once, when it is shared, by trying each form on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from formats.stix.from_stix import StixDraft
from formats.stix.masked import Mask, masked
from foundation.words import Tlp
from rules.masking import Assets, Detail, Side, detail
from rules.relationships import kind_bit
from rules.trust import TLP_RANK, Form, Need

FORMS: Final = tuple(form for form in Form if form is not Form.WITHHELD)
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
            case _:
                return self.assets.appear_in(value)


def need_of(draft: StixDraft, *, required: int, age_days: int, assets: Assets, exact_forms: Mapping[str, int]) -> Need:
    """What the object asks. `exact_forms`: of objects it refers to, the strictest form in which each keeps its id;
    one that is not among them is nobody's secret. Slow for patterns: call it in a thread."""
    exact, hidden = Form.NONE, Form.WITHHELD
    for form in FORMS[1:]:
        shown = _tried(draft.content, form, draft.tlp, assets, exact_forms)
        if shown is None:
            hidden = form
            break
        if shown == draft.content and exact == form - 1:
            exact = form
    return Need(
        required,
        TLP_RANK[draft.tlp],
        int(exact),
        int(hidden),
        kind_bit(
            draft.type,
            draft.indicator.type if draft.indicator else None,
            is_observable=draft.modified is None and draft.type != "marking-definition",
        ),
        age_days,
    )


def _tried(
    content: Mapping[str, Any], form: Form, tlp: Tlp, assets: Assets, exact_forms: Mapping[str, int]
) -> dict[str, Any] | None:
    def pseudonym_of(stix_id: str) -> str:
        return f"{stix_id}#"  # another one: which does not matter here

    def id_of(stix_id: str) -> str:
        kept = exact_forms.get(stix_id)
        return stix_id if stix_id == content["id"] or kept is None or form <= kept else pseudonym_of(stix_id)

    return masked(content, Showing(form, tlp, assets, id_of, pseudonym_of).mask())
