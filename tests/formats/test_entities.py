"""One spelling for each entity."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.entities import canonical
from foundation.errors import InvalidInput
from foundation.words import EntityType


@pytest.mark.parametrize(
    ("entity_type", "written", "expected"),
    [
        ("ip", " 192.0.2.7 ", "192.0.2.7"),
        ("ip", "2001:DB8:0:0::1", "2001:db8::1"),
        ("ip", "::ffff:192.0.2.7", "192.0.2.7"),
        ("domain", "WWW.Example.COM.", "www.example.com"),
        ("domain", "bücher.example", "xn--bcher-kva.example"),
        ("domain", "_dmarc.example.com", "_dmarc.example.com"),
        ("email", "Ada@Example.COM", "ada@example.com"),
        ("email", '"a@b"@example.com', '"a@b"@example.com'),
        ("user", " Root ", "Root"),
        ("user", "e\u0301ve", "éve"),
        ("device", "AB:cd", "AB:cd"),
        ("transaction", "tx 1", "tx 1"),
    ],
)
def test_one_spelling(entity_type: str, written: str, expected: str) -> None:
    assert canonical(EntityType(entity_type), written, field="value") == expected
    assert canonical(EntityType(entity_type), expected, field="value") == expected


@pytest.mark.parametrize(
    ("entity_type", "written"),
    [
        ("ip", "192.0.2.256"),
        ("ip", "192.0.2.07"),
        ("ip", "example.com"),
        ("ip", "fe80::1%eth0"),
        ("ip", ""),
        ("domain", "exa mple.com"),
        ("domain", "a..b"),
        ("domain", "x" * 64 + ".example"),
        ("email", "ada"),
        ("email", "@example.com"),
        ("email", "a b@example.com"),
        ("user", "   "),
        ("user", "a\0b"),
        ("user", "\ud800"),
        ("user", "u" * 2_049),
    ],
)
def test_what_is_none_of_its_type_is_refused_by_field(entity_type: str, written: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        canonical(EntityType(entity_type), written, field="entity.value")
    assert (refused.value.field, refused.value.code) == ("entity.value", "VALIDATION_ERROR")


@settings(deadline=None)
@given(st.sampled_from(EntityType), st.text(max_size=40))
def test_the_spelling_is_settled_at_once(entity_type: EntityType, text: str) -> None:
    try:
        once = canonical(entity_type, text, field="value")
    except InvalidInput:
        return
    assert canonical(entity_type, once, field="value") == once
