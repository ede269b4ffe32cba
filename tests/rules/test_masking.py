"""How much is shown: less with each stricter form, and less of a victim's than of an adversary's."""

from ipaddress import ip_network

import pytest

from foundation.words import Tlp
from rules.masking import TABLE, Assets, Detail, Side, detail
from rules.trust import FORMS, OWN, TLP_RANK, Form, Need, Right, is_masked, natural_form, visible


def test_the_table_only_ever_shows_less() -> None:
    assert list(TABLE) == [form for form in Form if form is not Form.WITHHELD]
    rows = list(TABLE.values())
    assert all(list(row) == sorted(row) for row in rows)
    assert all(list(column) == sorted(column) for column in zip(*rows, strict=True))


def test_what_is_for_everybody_is_changed_for_the_victims_sake_alone() -> None:
    assert [detail(Form.FULL, side, is_clear=True) for side in Side] == [Detail.EXACT, Detail.EXACT, Detail.WITHHELD]
    assert [detail(Form.FULL, side, is_clear=False) for side in Side] == [
        Detail.WIDE,
        Detail.WITHHELD,
        Detail.WITHHELD,
    ]


def test_an_organisation_owns_what_lies_in_its_networks_and_below_its_names() -> None:
    assets = Assets((ip_network("203.0.112.0/20"),), frozenset({"bank.example"}))
    assert assets.hold_address("203.0.113.7")
    assert assets.hold_address("203.0.113.0/24")
    assert assets.hold_address("10.1.2.3")  # private: nobody else's
    assert not assets.hold_address("203.0.0.0/16")
    assert not assets.hold_address("8.8.8.8")
    assert not assets.hold_address("no address")
    assert assets.hold_name("www.Bank.example.")
    assert not assets.hold_name("notbank.example")
    assert assets.appear_in("Seen at WWW.BANK.EXAMPLE")


@pytest.mark.parametrize(("level", "form"), [(100, 0), (90, 0), (89, 2), (70, 2), (50, 3), (30, 4), (29, 5), (0, 5)])
def test_a_level_comes_with_a_form(level: int, form: int) -> None:
    assert natural_form(level) == form
    assert [least for least, _ in FORMS] == sorted((least for least, _ in FORMS), reverse=True)


def test_a_right_must_reach_everything_that_an_object_asks_for() -> None:
    need = Need(50, TLP_RANK[Tlp.AMBER], Form.MEDIUM, Form.FULL, kind=2, age=10)
    right = Right(50, TLP_RANK[Tlp.AMBER], Form.HIGH, kinds=3, max_age=10)
    assert visible(need, right)
    assert is_masked(need, right)
    assert not visible(need, Right(49, right.tlp, right.form, right.kinds, right.max_age))
    assert not visible(need, Right(50, TLP_RANK[Tlp.GREEN], right.form, right.kinds, right.max_age))
    assert not visible(need, Right(50, right.tlp, Form.FULL, right.kinds, right.max_age))
    assert not visible(need, Right(50, right.tlp, right.form, 1, right.max_age))
    assert not visible(need, Right(50, right.tlp, right.form, right.kinds, 9))
    assert visible(need, OWN)
    assert not is_masked(need, OWN)
    assert not visible(Need(0, 0, 0, Form.WITHHELD), Right(0, 4, 0))
