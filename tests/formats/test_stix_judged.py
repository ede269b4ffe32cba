"""What is taken for STIX 2.1, held against the OASIS validator: sound objects of every type, broken in one place.

`CASEGRAPH_MUTATIONS=1` breaks them in every way there is (about 12,000); otherwise each in a few, always the same.
"""

import copy
import os
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
import stix2validator
from stix2validator.v21 import enums

from formats.stix.from_stix import InvalidStixObject, read_object
from tests.formats.stix_samples import SAMPLES, T, U

ALL = "CASEGRAPH_MUTATIONS" in os.environ
FEW = 12
JUDGE = stix2validator.ValidationOptions(version="2.1", disabled=["all"])
MARKING = f"marking-definition--{U}"
VALUES: list[Any] = [
    None, "", [], {}, 5, -1, True, "x", 1.5, ["x"], [5], [{}], {"x": 1}, "2026-13-01T00:00:00Z",
    "2026-01-01T00:00:00+01:00", f"malware--{U}", [f"malware--{U}"],
]  # fmt: skip
ADDED: list[tuple[str, Any]] = [
    ("ab", 1), ("Upper", 1), ("a-b", 1), ("x_list", []), ("x_null", None), ("x_fine", {"a": None}), ("labels", []),
    ("labels", ["a"]), ("lang", "de"), ("lang", "d"), ("confidence", 101), ("spec_version", "2.0"), ("defanged", "x"),
    ("extensions", {}), ("extensions", {"bad": {}}), ("object_marking_refs", [MARKING]),
    ("extensions", {f"extension-definition--{U}": {"extension_type": "property-extension", "a": 1}}),
    ("granular_markings", [{"marking_ref": MARKING, "selectors": ["type"]}]),
    ("granular_markings", [{"marking_ref": MARKING}]), ("kill_chain_phases", [{"kill_chain_name": "x"}]),
    ("external_references", [{"source_name": "x", "description": "y"}]), ("external_references", ["x"]),
    ("created", "2027-01-01T00:00:00Z"), ("modified", "2025-01-01T00:00:00Z"), ("first_seen", "2027-01-01T00:00:00Z"),
    ("id", f"x--{U}"), ("id", "x"), ("id", U), ("type", "X"),
]  # fmt: skip

KINDER = re.compile(
    "is not a 'uri'|is not a 'idn-hostname'"  # what people write there is written in many ways
    "|not a valid RFC 5646"  # by its form, not by the register
    "|external reference is a CVE"  # in upper case, in what is published
    "|hashes: .* does not match"  # of hashes nobody has heard of
    "|is not valid under any of the given schemas"  # a certificate with extensions that nobody has heard of
)
"""What the validator refuses and is taken, by what it says."""

STRICTER = re.compile(
    r"confidence is no whole|must name|type-specifying prefix|not a valid STIX identifier|spec_version 2\.1"
    r"|minimum value|no created_by_ref|no statement|labels is no list|pattern type is no|relationship_type is no type"
    r"|lang is no language|a definition of a marking|null or an empty list|A member has 3|Leave it out"
    r"|selectors is no list|granular_markings is not acceptable|cannot mark itself|a list of objects|no list of"
    r"|UUID in lower case|No values for required|no mail address|no address or network"
    r"|does not have the shape|id of a STIX object|language without members|is no object"
)
"""What is refused and the validator takes, by what we say: types of references, members it looks at on few types."""


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would ask IANA for its registers."""
    for register in ("media_types", "char_sets", "protocols"):
        monkeypatch.setattr(enums, register, list)


def broken(sample: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for member in sample:
        yield member, {name: value for name, value in sample.items() if name != member}
        for value in VALUES:
            yield member, {**sample, member: value}
        inner = sample[member][0] if isinstance(sample[member], list) else sample[member]
        for name in inner if isinstance(inner, dict) else ():
            for value in (*VALUES[:8], "-"):
                made = copy.deepcopy(sample)
                within = made[member][0] if isinstance(made[member], list) else made[member]
                if value == "-":
                    del within[name]
                else:
                    within[name] = value
                yield member, made
    for member, value in ADDED:
        yield member, {**sample, member: value}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["type"])
def test_the_validator_is_of_one_mind_with_us(sample: dict[str, Any]) -> None:
    assert read_object(sample).content == sample
    assert judged(sample) == ""
    cases, apart = list(broken(sample)), []
    for member, value in cases if ALL else random.Random(1).sample(cases, FEW):
        theirs, ours = judged(value), ""
        try:
            read_object(value)
        except InvalidStixObject as refusal:
            ours = refusal.text
            assert refusal.field is not None or "shape" in ours, (member, ours)
        if bool(theirs) != bool(ours) and not (KINDER if theirs else STRICTER).search(theirs or ours):
            apart.append((member, value.get(member), theirs, ours))
    assert apart == []


def judged(value: dict[str, Any]) -> str:
    """What the validator has against it, if anything."""
    try:
        found = stix2validator.validate_instance(value, JUDGE)
    except Exception as error:  # It trips over what is no text where it looks for text.
        return f"{type(error).__name__} inside"
    return "" if found.is_valid else "; ".join(str(error.message) for error in found.errors)


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"type": "malware", "is_family": True, "id": f"malware--{U}", "name": None}, "name"),
        ({"type": "network-traffic", "id": f"network-traffic--{U}", "protocols": ["tcp"], "src_port": "5"}, "src_port"),
        ({"type": "process", "id": "process--00000000-0000-5000-8000-000000000001", "pid": 1}, "id"),
        ({"type": "campaign", "id": f"campaign--{U}", "name": "n", "Größe" * 60: 1}, None),
        ({"type": "tool", "id": f"tool--{U}", "name": "n", "kill_chain_phases": [5]}, "kill_chain_phases.0"),
    ],
)  # fmt: skip
def test_the_member_is_named(changes: dict[str, Any], member: str | None) -> None:
    made = {"spec_version": "2.1", "created": T, "modified": T, **changes}
    with pytest.raises(InvalidStixObject) as refused:
        read_object({name: value for name, value in made.items() if value is not None})
    assert (refused.value.field or "").startswith(member or "")
    assert member is not None or refused.value.field is None


def test_what_the_library_refuses_and_the_standard_allows() -> None:
    """A connection that ended need not say that it is not active; markings may be of a kind of somebody's own."""
    sample = {one["type"]: one for one in SAMPLES}
    ended = {name: value for name, value in sample["network-traffic"].items() if name != "is_active"}
    own = {**sample["marking-definition"], "definition_type": "x-own", "definition": {"level": {"rank": 3}}}
    for value in (ended, own):
        assert read_object(value).content == value
