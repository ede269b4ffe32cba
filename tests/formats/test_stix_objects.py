"""STIX objects: taken as they are or refused with the member named; never mended."""

import json
from typing import Any

import pytest

from formats.stix.bundles import Objects, objects_of
from formats.stix.from_stix import InvalidStixObject, read_object
from formats.stix.markings import MARKINGS
from foundation.errors import InvalidInput, Malformed
from foundation.words import IndicatorType, Tlp
from tests.intelligence.objects import MADE, bundle, indicator, malware, number, statement

RED, AMBER, GREEN = (
    next(ref for ref, tlp in MARKINGS.items() if tlp is wanted) for wanted in (Tlp.RED, Tlp.AMBER, Tlp.GREEN)
)


def test_an_indicator_is_read_as_it_is() -> None:
    sent = indicator(labels=["apt"], indicator_types=["malicious-activity"], confidence=80, x_own=1.0, revoked=True)
    draft = read_object(sent)
    assert (draft.stix_id, draft.type, draft.name) == (sent["id"], "indicator", "Indicator 1")
    assert draft.content == sent and list(draft.content) == list(sent)
    assert (draft.revoked, draft.tlp) == (True, Tlp.CLEAR)
    found = draft.indicator
    assert found is not None
    assert (found.type, found.value, found.uncovered) == (IndicatorType.DOMAIN, "evil.example", None)
    assert (found.labels, found.indicator_types, found.confidence) == (["apt"], ["malicious-activity"], 80)
    assert draft.modified == found.created == found.valid_from and found.valid_until is None


def test_the_digest_knows_no_order_of_members() -> None:
    sent = indicator()
    turned = dict(reversed(sent.items()))
    assert read_object(sent).digest == read_object(turned).digest
    assert read_object(sent).digest != read_object(indicator(name="Another")).digest


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"type": None}, "type"),
        ({"type": "bundle"}, "type"),
        ({"type": [1]}, "type"),
        ({"id": None}, "id"),
        ({"id": f"malware--{number(1)}"}, "id"),
        ({"id": "indicator--1"}, "id"),
        ({"id": f"indicator--{number(1).replace('8', 'A')}"}, "id"),
        ({"spec_version": None}, "spec_version"),
        ({"spec_version": "2.0"}, "spec_version"),
        ({"created": None}, "created"),
        ({"modified": None}, "modified"),
        ({"created": "2026-01-03T00:00:00Z"}, "modified"),
        ({"created": "2026-01-02T03:04:05+01:00"}, "created"),
        ({"created": "2026-02-30T03:04:05Z"}, "created"),
        ({"created": 5}, "created"),
        ({"pattern_type": None}, "pattern_type"),
        ({"pattern_type": ""}, "pattern_type"),
        ({"pattern": None}, "pattern"),
        ({"pattern": " "}, "pattern"),
        ({"pattern": 5}, "pattern"),
        ({"pattern": "[a:b = ]"}, "pattern"),
        ({"valid_from": None}, "valid_from"),
        ({"valid_until": MADE}, "valid_until"),
        ({"confidence": 500}, "confidence"),
        ({"confidence": 10**9}, "confidence"),
        ({"confidence": True}, "confidence"),
        ({"confidence": 50.0}, "confidence"),
        ({"labels": "apt"}, "labels"),
        ({"labels": []}, "labels"),
        ({"labels": [1]}, "labels"),
        ({"indicator_types": [""]}, "indicator_types"),
        ({"revoked": "yes"}, "revoked"),
        ({"revoked": 1}, "revoked"),
        ({"created_by_ref": f"malware--{number(1)}"}, "created_by_ref"),
        ({"object_marking_refs": ["red"]}, "object_marking_refs"),
        ({"granular_markings": [{"selectors": ["name"]}]}, "granular_markings"),
        ({"external_references": ["x"]}, "external_references"),
        ({"kill_chain_phases": 5}, "kill_chain_phases"),
        ({"name": 5}, "name"),
    ],
)
def test_the_member_that_is_wrong_is_named(changes: dict[str, Any], member: str) -> None:
    with pytest.raises(InvalidStixObject) as caught:
        read_object(indicator(**changes))
    assert (caught.value.field, caught.value.code) == (member, "INVALID_STIX_OBJECT")


@pytest.mark.parametrize("value", [None, 5, "text", [], {}, {"a\0": 1}, {"type": "\ud800"}, {"a": float("nan")}])
def test_what_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(InvalidStixObject):
        read_object(value)


def test_missing_members_of_other_types_are_named() -> None:
    with pytest.raises(InvalidStixObject) as caught:
        read_object(malware(is_family=None))
    assert (caught.value.field, caught.value.text) == ("is_family", "The object has no is_family.")


def test_observables_need_neither_version_nor_times() -> None:
    draft = read_object({"type": "domain-name", "id": f"domain-name--{number(1)}", "value": "evil.example"})
    assert (draft.modified, draft.indicator) == (None, None)


def test_patterns_of_other_languages_are_kept() -> None:
    draft = read_object(indicator(pattern="rule x {}", pattern_type="yara"))
    assert draft.indicator is not None
    assert (draft.indicator.keys, draft.indicator.uncovered) == ((), "It is no STIX pattern.")


@pytest.mark.parametrize(
    ("changes", "tlp"),
    [
        ({}, Tlp.CLEAR),
        ({"object_marking_refs": [GREEN]}, Tlp.GREEN),
        ({"object_marking_refs": [GREEN, AMBER]}, Tlp.AMBER),
        ({"object_marking_refs": [GREEN], "granular_markings": [{"marking_ref": RED, "selectors": ["name"]}]}, Tlp.RED),
        ({"object_marking_refs": [f"marking-definition--{number(1)}"]}, Tlp.CLEAR),
        ({"object_marking_refs": [f"marking-definition--{number(2)}"]}, Tlp.RED),
        ({"object_marking_refs": [f"marking-definition--{number(1)}", GREEN]}, Tlp.GREEN),
    ],
)
def test_the_strictest_marking_counts_and_an_unknown_one_is_red(changes: dict[str, Any], tlp: Tlp) -> None:
    assert read_object(indicator(**changes), statements={f"marking-definition--{number(1)}"}).tlp is tlp


def test_a_definition_of_the_protocol_is_for_everybody() -> None:
    assert read_object(statement()).tlp is Tlp.CLEAR


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (None, "bundle.type"),
        ([], "bundle.type"),
        (indicator(), "bundle.type"),
        ({"type": "bundle"}, "bundle.id"),
        ({"type": "bundle", "id": "bundle--1"}, "bundle.id"),
        ({"type": "bundle", "id": bundle()["id"]}, "bundle.objects"),
    ],
)
def test_what_is_no_bundle(value: Any, field: str) -> None:
    refusal = objects_of(value)
    assert isinstance(refusal, InvalidInput) and refusal.field == field


def cut(raw: bytes, size: int) -> list[bytes]:
    return [raw[at : at + size] for at in range(0, len(raw), size)]


@pytest.mark.parametrize("size", [1, 2, 7, 100, 10_000])
def test_objects_are_found_however_the_file_is_cut(size: int) -> None:
    objects = [indicator(n, name='"]}\\" {[,: ä') for n in range(5)] + [{"a": [1, {"b": [[]]}]}]
    whole = {"x": {"objects": [1]}, "y": "objects", **bundle(*objects), "z": [{}]}
    for raw in (json.dumps(whole).encode(), json.dumps(objects, indent=2).encode()):
        assert [json.loads(one) for one in Objects(cut(raw, size))] == objects


@pytest.mark.parametrize("size", [1, 100])
def test_nothing_in_the_list_is_lost(size: int) -> None:
    assert list(Objects(cut(b'{"objects": [1, "x", null, {}, [2], true]}', size))) == [
        b"1", b'"x"', b"null", b"{}", b"[2]", b"true",
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1, 100])
@pytest.mark.parametrize(
    "raw", [b"", b"{}", b'"x', b'{"objects": "x"}', b"[{}", b'{"objects": [{}]', b"[{}] []", b"[{}] x", b"5"]
)
def test_what_is_no_whole_file_says_so(raw: bytes, size: int) -> None:
    with pytest.raises(Malformed):
        list(Objects(cut(raw, size)))


def test_an_object_without_end_does_not_fill_memory() -> None:
    def endless() -> Any:
        yield b'{"objects": [{"a": "'
        for _ in range(1_000):
            yield b"x" * 65_536

    reading = Objects(endless())
    with pytest.raises(Malformed, match="more than 1048576 bytes"):
        list(reading)
    assert reading.place < 2_000_000
