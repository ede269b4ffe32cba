"""What things are called."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.ids import new_id, to_global
from rules.nodes import NAMED, NUMBERED, global_id_of, key_of, locate, number_of, ref_of

UUID = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"


@pytest.mark.parametrize("kind", sorted(NUMBERED))
def test_numbered_kinds_are_found_by_their_global_id(kind):
    assert locate(global_id_of(kind)(7)) == (kind, 7)


@pytest.mark.parametrize("kind", sorted(NAMED))
def test_named_kinds_are_found_by_their_global_id(kind):
    key = new_id()
    assert locate(global_id_of(kind)(key)) == (kind, key)


@pytest.mark.parametrize(
    ("ref", "found"),
    [
        ("INV-7", ("Investigation", 7)),
        ("INV-007", ("Investigation", 7)),
        ("EV-3", ("Evidence", 3)),
        ("EVT-9", ("TimelineEvent", 9)),
        ("EXP-2", None),
        ("INV-0", None),
        ("inv-7", None),
        ("INV-7 ", None),
        ("INV-99999999999999999999", None),
    ],
)
def test_refs(ref, found):
    assert locate(ref) == found


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "=",
        "Investigation:7",
        to_global("Nonsense", 7),
        to_global("Investigation", "07"),
        to_global("Investigation", "-7"),
        to_global("Investigation", "+7"),
        to_global("Investigation", "7.0"),
        to_global("Investigation", 2**63),
        to_global("User", "7"),
        to_global("User", UUID + "\0"),
        to_global("User", UUID.upper()),
        "\ud800",
        "\u0664" * 8,
        "A" * 1000,
    ],
)
def test_what_names_nothing_is_none(forged):
    assert locate(forged) is None


@given(st.text())
def test_no_text_raises(text: Any):
    found = locate(text)
    assert found is None or found[0] in NUMBERED | NAMED


def test_a_key_is_told_only_for_its_own_kind():
    assert key_of("Evidence", "EV-3") == 3
    assert key_of("Investigation", "EV-3") is None
    assert number_of("Investigation", "INV-12") == 12
    assert ref_of("TimelineEvent")(9) == "EVT-9"
