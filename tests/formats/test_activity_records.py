"""The one shape of an activity record."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.activity.lines import Ordinals, head_of
from formats.activity.records import NAMES, from_mapping, to_mapping
from foundation.errors import InvalidInput
from foundation.words import EntityType

WHOLE: dict[str, Any] = {
    "kind": "transaction",
    "time": "2026-01-02T03:04:05.678901Z",
    "source": "shop",
    "externalId": "order-1",
    "outcome": "success",
    "user": "Ada",
    "ip": "192.0.2.7",
    "device": "d-1",
    "email": "ada@example.com",
    "domain": "example.com",
    "transaction": "t-1",
    "country": "DE",
    "latitude": 52.5,
    "longitude": 13.4,
    "userAgent": "Browser/1",
    "amount": 12.5,
    "currency": "EUR",
    "bytesIn": 1,
    "bytesOut": 2,
    "durationMs": 3,
    "count": 4,
    "details": {"shop": ["a", 1, None]},
}
LEAST: dict[str, Any] = {"kind": "login", "time": "2026-01-02T03:04:05Z", "source": "sshd"}


def test_every_name_is_read_and_written_back() -> None:
    draft = from_mapping(WHOLE)
    assert list(NAMES) == list(WHOLE)
    assert to_mapping(draft) == WHOLE
    assert draft.time == datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    assert draft.identity == "id:order-1"
    assert dict(draft.entities()) == {
        EntityType.IP: "192.0.2.7",
        EntityType.USER: "Ada",
        EntityType.TRANSACTION: "t-1",
        EntityType.DEVICE: "d-1",
        EntityType.EMAIL: "ada@example.com",
        EntityType.DOMAIN: "example.com",
    }


def test_the_least_record_and_its_defaults() -> None:
    draft = from_mapping({**LEAST, "user": "", "ip": None, "country": ""})
    assert to_mapping(draft) == {
        "kind": "login",
        "time": "2026-01-02T03:04:05.000000Z",
        "source": "sshd",
        "outcome": "unknown",
        "count": 1,
    }
    assert list(draft.entities()) == []
    assert len(draft.digest) == 32
    assert draft.identity == f"{draft.digest}:0"


def test_entities_are_brought_into_one_spelling() -> None:
    given_so = {**LEAST, "ip": "::ffff:192.0.2.7", "domain": "EXAMPLE.com.", "email": "A@B.Example", "currency": "eur"}
    draft = from_mapping(given_so)
    assert (draft.ip, draft.domain, draft.email, draft.currency) == ("192.0.2.7", "example.com", "a@b.example", "EUR")
    assert from_mapping({**given_so, "ip": "192.0.2.7"}).digest == draft.digest


@pytest.mark.parametrize("name", ["kind", "time", "source"])
def test_what_is_needed(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        from_mapping({key: value for key, value in LEAST.items() if key != name})
    assert refused.value.field == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "sign_in"),
        ("kind", 7),
        ("time", "2026-01-02 03:04"),
        ("time", "2026-02-30T00:00:00Z"),
        ("time", datetime(2026, 1, 1)),  # noqa: DTZ001
        ("source", ""),
        ("source", "a\nb"),
        ("source", "x" * 65),
        ("externalId", ""),
        ("outcome", "ok"),
        ("user", 7),
        ("user", "a\0b"),
        ("ip", "192.0.2.300"),
        ("domain", "a b"),
        ("email", "ada"),
        ("country", "DEU"),
        ("latitude", 90.1),
        ("latitude", True),
        ("longitude", "13"),
        ("userAgent", "x" * 1_025),
        ("amount", float("nan")),
        ("amount", float("inf")),
        ("currency", "E1R"),
        ("bytesIn", -1),
        ("bytesOut", 2**63),
        ("durationMs", 1.5),
        ("count", 0),
        ("count", True),
        ("details", ["a"]),
        ("details", {"a": "x" * 8_192}),
        ("details", {"a": object()}),
        ("details", {"a": 2**70}),
        ("details", {"a": "\ud800"}),
        ("details", {1: "a"}),
        ("unheardOf", 1),
        ("user_agent", "snake"),
    ],
)
def test_what_is_refused_names_its_field(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        from_mapping({**LEAST, name: value})
    assert refused.value.field == name


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(NAMES)) | st.text(max_size=5),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.lists(st.integers()),
    )
)
def test_whatever_comes_in_is_a_record_or_a_refusal(data: dict[str, Any]) -> None:
    try:
        draft = from_mapping({**LEAST, **data})
    except InvalidInput as refused:
        assert refused.field is not None
        return
    written = json.loads(json.dumps(to_mapping(draft)))
    assert to_mapping(from_mapping(written)) == written
    assert from_mapping(written).digest == draft.digest


def test_equal_lines_are_counted_in_bounded_memory() -> None:
    ordinals = Ordinals()
    assert [ordinals.next("a"), ordinals.next("b"), ordinals.next("a"), ordinals.next("a")] == [0, 0, 1, 2]
    for n in range(Ordinals._GENERATION):
        ordinals.next(str(n))
    assert ordinals.next("a") == 3
    for n in range(3 * Ordinals._GENERATION):
        ordinals.next(str(n))
    assert len(ordinals._young) + len(ordinals._old) <= 2 * Ordinals._GENERATION


def test_the_head_of_a_line_is_short_and_printable() -> None:
    assert head_of(b"\x1b[31mred\xff" + b"x" * 200) == "?[31mred\ufffd" + "x" * 71
