"""Personal data is sealed at rest, bound to its place, and found by a blind index (SECURITY R39)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.access.keyring import KeyRing
from rules.access.personal_data import CannotOpen, blind_index, blind_indexes, key_id, seal, unseal

OLD = KeyRing("old", {"old": b"o" * 32})
RING = KeyRing("new", {"new": b"n" * 32, "old": b"o" * 32})
PLACE = {"table": "user_account", "row_id": "u-1", "column": "email"}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_opens_where_it_was_sealed(text: str) -> None:
    sealed = seal(RING, text, **PLACE)
    assert sealed.startswith("v1.new.") and key_id(sealed) == "new"
    assert unseal(RING, sealed, **PLACE) == text
    assert seal(RING, text, **PLACE) != sealed, "two sealings never look alike"


@pytest.mark.parametrize(
    "moved",
    [
        {"table": "other"},
        {"row_id": "u-2"},
        {"column": "first_name"},
        {"table": "user_accountu-1", "row_id": ""},  # the same letters, parted elsewhere
    ],
    ids=str,
)
def test_a_value_copied_elsewhere_does_not_open(moved: dict[str, str]) -> None:
    with pytest.raises(CannotOpen):
        unseal(RING, seal(RING, "ada@example.org", **PLACE), **{**PLACE, **moved})


def test_every_changed_character_is_noticed() -> None:
    sealed = seal(RING, "ada@example.org", **PLACE)
    for at, letter in enumerate(sealed):
        for other in "AB":
            if other != letter:
                with pytest.raises(CannotOpen):
                    unseal(RING, sealed[:at] + other + sealed[at + 1 :], **PLACE)


@pytest.mark.parametrize(
    "nonsense", ["", "ada@example.org", "v1.new.", "v1.new.AAAA", "v1.gone.AAAA", "v1..AA", "...."]
)
def test_what_is_not_sealed_is_never_handed_on(nonsense: str) -> None:
    with pytest.raises(CannotOpen) as told:
        unseal(RING, nonsense, **PLACE)
    assert "ada@example.org" not in str(told.value)


def test_old_keys_open_and_the_current_one_seals() -> None:
    assert unseal(RING, seal(OLD, "Ada", **PLACE), **PLACE) == "Ada"
    with pytest.raises(CannotOpen, match="new"):
        unseal(OLD, seal(RING, "Ada", **PLACE), **PLACE)


def test_the_index_of_a_text_is_one_under_each_key() -> None:
    assert blind_indexes(RING, "ada@example.org") == (
        blind_index(RING, "ada@example.org"),
        blind_index(OLD, "ada@example.org"),
    )
    assert len({*blind_indexes(RING, "ada@example.org"), *blind_indexes(RING, "per@example.org")}) == 4
    assert key_id(blind_index(OLD, "x")) == "old"
