"""How far an object may be passed on, by its markings. What is not understood counts as the strictest."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from foundation.words import Tlp

MARKINGS: Final[Mapping[str, Tlp]] = {
    # TLP 2.0; the STIX library knows none of these.
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": Tlp.CLEAR,
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": Tlp.GREEN,
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": Tlp.AMBER,
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": Tlp.AMBER_STRICT,
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": Tlp.RED,
    # TLP 1, as STIX 2.1 itself defines it.
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": Tlp.CLEAR,
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": Tlp.GREEN,
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": Tlp.AMBER,
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": Tlp.RED,
}
"""The definitions that both editions of the protocol fix by id."""

MARKING_OF: Final[Mapping[Tlp, str]] = {tlp: ref for ref, tlp in reversed(list(MARKINGS.items()))}
"""The id that says so today: of both editions the newer one, which stands first."""

_STRICTNESS: Final = {tlp: rank for rank, tlp in enumerate(Tlp)}


def markings_of(value: Mapping[str, Any]) -> Iterator[str]:
    """The ids of all markings of an object whose shape was checked: of the whole, and of parts of it."""
    yield from value.get("object_marking_refs", ())
    for marking in value.get("granular_markings", ()):
        if "marking_ref" in marking:
            yield marking["marking_ref"]


def tlp_of(value: Mapping[str, Any], statements: Collection[str] = ()) -> Tlp:
    """The strictest of an object's markings; clear where it has none, red where one is unknown.

    `statements` are the ids of marking definitions that are known to state something else than TLP, such as a licence.
    """
    found = [MARKINGS.get(ref, Tlp.RED) for ref in markings_of(value) if ref in MARKINGS or ref not in statements]
    # A definition of TLP is itself for everybody: it says what a colour means.
    return max(found, key=_STRICTNESS.__getitem__, default=Tlp.CLEAR)


def marked(value: Mapping[str, Any], tlp: Tlp) -> dict[str, Any]:
    """The object with this mark in place of those of the protocol that it has as a whole; all others stay."""
    others = [ref for ref in value.get("object_marking_refs", ()) if ref not in MARKINGS]
    return {**value, "object_marking_refs": [*others, MARKING_OF[tlp]]}


def is_statement(value: Mapping[str, Any]) -> bool:
    """Whether a marking definition states something in words, and so is no colour of a protocol we might not know."""
    return value.get("type") == "marking-definition" and value.get("definition_type") == "statement"
