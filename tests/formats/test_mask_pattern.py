"""Patterns with something left out stay patterns that match, or are not shown at all."""

import pytest

from formats.stix.mask_pattern import kind_of, mask_pattern
from formats.stix.pattern import read_pattern

NEAR = {
    "[ipv4-addr:value = '198.51.100.7']": "[ipv4-addr:value ISSUBSET '198.51.100.0/24']",
    "[ipv4-addr:value ISSUBSET '198.51.100.0/28']": "[ipv4-addr:value ISSUBSET '198.51.100.0/24']",
    "[ipv4-addr:value ISSUBSET '198.51.0.0/16']": "[ipv4-addr:value ISSUBSET '198.51.0.0/16']",
    "[ipv6-addr:value = '2001:db8:1:2::3']": "[ipv6-addr:value ISSUBSET '2001:db8:1::/48']",
    "[domain-name:value = 'a.bank.co.uk']": (
        "[(domain-name:value LIKE '%.bank.co.uk' OR domain-name:value = 'bank.co.uk')]"
    ),
    "[email-addr:value = 'eve@evil.example']": "[email-addr:value LIKE '%@evil.example']",
    "[url:value = 'http://evil.example/a?b']": "[url:value LIKE 'http://evil.example/%']",
    "[url:value = 'http://evil.example']": "[url:value = 'http://evil.example']",
    "[url:value = 'http://eve:secret@evil.example/']": None,
    "[network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:dst_port = 22]": None,
    "[mutex:name = 'Global\\\\x']": None,
    "[domain-name:value = 'co.uk']": None,
    "[domain-name:value != 'a.example']": None,
    "[domain-name:value NOT IN ('a.example')]": None,
    "[domain-name:value LIKE 'a%']": None,
    "[url:value MATCHES '^http']": None,
}


@pytest.mark.parametrize(("pattern", "near"), NEAR.items())
def test_what_is_near_stands_where_the_value_stood(pattern: str, near: str | None) -> None:
    shown = mask_pattern(pattern, lambda kind, value: 1)
    assert shown == near
    if shown is not None:
        read_pattern(shown)  # still one that everybody takes


def test_what_is_wide_is_a_network_or_nothing() -> None:
    wide = {
        "[ipv4-addr:value = '198.51.100.7']": "[ipv4-addr:value ISSUBSET '198.51.0.0/16']",
        "[ipv6-addr:value = '2001:db8:1:2::3']": "[ipv6-addr:value ISSUBSET '2001:db8::/32']",
        "[domain-name:value = 'a.example.org']": None,
        "[email-addr:value = 'eve@evil.example']": None,
    }
    assert {pattern: mask_pattern(pattern, lambda kind, value: 2) for pattern in wide} == wide


def test_only_what_must_is_changed_and_the_rest_stays_as_it_was_written() -> None:
    pattern = (
        "[ipv4-addr:value  =  '198.51.100.7' AND domain-name:value IN ('mail.victim.example', 'evil.test')] "
        "FOLLOWEDBY [file:hashes.'SHA-256' = 'aec070645fe53ee3b3763059376134f058cc337247c978add178b6ccdfb0019f']"
    )
    shown = mask_pattern(pattern, lambda kind, value: int("victim" in value))
    assert shown == pattern.replace(
        "domain-name:value IN ('mail.victim.example', 'evil.test')",
        "(domain-name:value LIKE '%.victim.example' OR domain-name:value = 'victim.example' "
        "OR domain-name:value = 'evil.test')",
    )


def test_nothing_is_changed_where_everything_may_be_shown() -> None:
    pattern = "[url:value MATCHES '^http' OR domain-name:value != 'a.example']"
    assert mask_pattern(pattern, lambda kind, value: 0) == pattern


def test_one_value_that_may_not_be_shown_hides_the_whole_pattern() -> None:
    pattern = "[ipv4-addr:value = '198.51.100.7' OR ipv4-addr:value = '10.1.2.3']"
    assert mask_pattern(pattern, lambda kind, value: 3 if value.startswith("10.") else 0) is None


def test_a_comparison_says_what_kind_of_value_it_has() -> None:
    assert kind_of("network-traffic", "src_ref.value", "10.1.2.3") == "ipv4-addr"
    assert kind_of("network-traffic", "dst_ref.value", "2001:db8::1") == "ipv6-addr"
    assert kind_of("network-traffic", "dst_ref.value", "a.example") == "domain-name"
    assert kind_of("email-message", "from_ref.value", "a@b.example") == "email-addr"
    assert kind_of("file", "hashes.'SHA-256'", "aa") == "file"
    assert kind_of("file", "name", "x.exe") == "file:name"
