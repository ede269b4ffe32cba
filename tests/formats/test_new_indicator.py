"""A value becomes an indicator that our own reader finds it by again."""

import pytest

from formats.stix.from_stix import read_object
from formats.stix.new_indicator import look_for, new_indicator
from foundation.errors import InvalidInput
from foundation.words import IndicatorType, Tlp
from tests.conftest import NOON
from tests.intelligence.objects import number


@pytest.mark.parametrize(
    ("kind", "value", "pattern", "held"),
    [
        ("ip", "198[.]51[.]100[.]7", "[ipv4-addr:value = '198.51.100.7']", "198.51.100.7"),
        ("ip", "::ffff:198.51.100.7", "[ipv4-addr:value = '198.51.100.7']", "198.51.100.7"),
        ("ip", "198.51.100.9/24", "[ipv4-addr:value ISSUBSET '198.51.100.0/24']", "198.51.100.0/24"),
        ("ip", "2001:DB8::/32", "[ipv6-addr:value ISSUBSET '2001:db8::/32']", "2001:db8::/32"),
        ("domain", "Evil[.]Example.", "[domain-name:value = 'evil.example']", "evil.example"),
        ("email", "A[at]evil[.]example", "[email-addr:value = 'a@evil.example']", "a@evil.example"),
        ("url", "hxxps[://]Evil[.]example/a'b\\c", r"[url:value = 'https://evil.example/a\'b\\c']", "https://evil.example/a'b\\c"),
        ("file_hash", "A" * 32, f"[file:hashes.MD5 = '{'a' * 32}']", "a" * 32),
        ("file_hash", "a" * 40, f"[file:hashes.'SHA-1' = '{'a' * 40}']", "a" * 40),
        ("file_hash", "a" * 64, f"[file:hashes.'SHA-256' = '{'a' * 64}']", "a" * 64),
        ("file_hash", "a" * 128, f"[file:hashes.'SHA-512' = '{'a' * 128}']", "a" * 128),
        ("mutex", "Local\\x", r"[mutex:name = 'Local\\x']", "Local\\x"),
    ],
)  # fmt: skip
def test_a_value_is_found_again(kind: str, value: str, pattern: str, held: str) -> None:
    looked = look_for(IndicatorType(kind), value)
    assert (looked.pattern, looked.value) == (pattern, held)
    draft = read_object(new_indicator(looked, stix_id=f"indicator--{number(1)}", now=NOON))
    assert draft.indicator is not None and draft.tlp is Tlp.AMBER
    assert (draft.indicator.type, draft.indicator.value, len(draft.indicator.keys)) == (kind, held, 1)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("ip", "198.51.100.256"), ("ip", "10.0.0.0/7"), ("ip", "fe80::1%eth0"), ("ip", ""), ("domain", "evil example"),
        ("domain", "x" * 64 + ".example"), ("email", "evil.example"), ("url", "evil.example/a"), ("url", "https://a b"),
        ("file_hash", "g" * 32), ("file_hash", "a" * 33), ("mutex", "x" * 2049), ("process", "a\nb"),
    ],
)  # fmt: skip
def test_what_is_none_of_its_kind_is_refused_by_name(kind: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        look_for(IndicatorType(kind), value, field="input.value")
    assert refused.value.field == "input.value"
