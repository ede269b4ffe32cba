"""The words are the contracts' own, and every one explains itself."""

import inspect

import pytest

from foundation.words import Word
from rules import events
from rules.investigation import words

ENUMERATIONS = [getattr(words, name) for name in words.__all__ if name != "Word"] + [events.EventKind]


@pytest.mark.parametrize("enumeration", ENUMERATIONS, ids=lambda found: found.__name__)
def test_every_word_is_lower_case_named_alike_and_described(enumeration: type[Word]) -> None:
    assert inspect.getdoc(enumeration)
    for member in enumeration:
        assert member.value == member.name.lower()
        assert member.description.endswith(".")
        assert enumeration(member.value) is member
        assert f"{member}" == member.value


def test_the_words_of_the_contract_are_all_there() -> None:
    assert " ".join(words.EntityType) == "ip user transaction device email domain"
    assert " ".join(words.InvestigationPhase) == "initiation data_collection analysis review summary complete archived"
    assert " ".join(words.InvestigationStatus) == "running paused waiting review_needed complete failed cancelled"
    assert " ".join(words.DomainName) == (
        "authentication device network logs location behavioral financial temporal intelligence"
    )
