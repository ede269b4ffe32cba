"""Members of STIX objects: what their values may be, beyond what the library looks at."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final

from foundation.errors import InvalidInput
from foundation.times import from_text

Check = Callable[[Any, str], None]

MOST_ITEMS: Final = 1_000
"""Of a list of labels or markings: far beyond any in use, and short enough to be looked through."""
MOST_WORD: Final = 1_024
"""Characters of one label or one word of a vocabulary."""


class InvalidStixObject(InvalidInput):
    """An object that is not STIX 2.1; `field` is the member that is wrong or missing."""

    code = "INVALID_STIX_OBJECT"
    message = "This is no STIX 2.1 object."


# RFC 3339 in UTC with a Z: the standard allows no other offset and no blank in place of the T.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)
_ID = re.compile(r"[a-z0-9-]+--[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
_FRACTION = re.compile(r"(\.\d{6})\d+")


def moment(value: Any, member: str) -> datetime:
    """A time of the standard, cut to microseconds. Raises InvalidStixObject."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise InvalidStixObject(f"The value of {member} is no time such as 2026-01-02T03:04:05.678Z.", field=member)
    try:
        return from_text(cut_time(value))
    except InvalidInput as refusal:
        raise InvalidStixObject(f"The value of {member} is no time: there is none such.", field=member) from refusal


def cut_time(value: Any) -> Any:
    """A time to microseconds, which is all that is compared and all the library reads; anything else as it is."""
    return _FRACTION.sub(r"\1", value) if isinstance(value, str) and _TIME.fullmatch(value) else value


def member_text(content: Mapping[str, Any], member: str) -> str | None:
    """A member that is text; None where it is absent or, on a type of somebody's own, something else."""
    value = content.get(member)
    return value if isinstance(value, str) else None


def is_time(value: Any, member: str) -> None:
    moment(value, member)


def is_flag(value: Any, member: str) -> None:
    if not isinstance(value, bool):
        raise InvalidStixObject(f"The value of {member} is neither true nor false.", field=member)


def is_text(value: Any, member: str) -> None:
    if not isinstance(value, str):
        raise InvalidStixObject(f"The value of {member} is no text.", field=member)


def is_words(value: Any, member: str) -> None:
    """A list of text, with one item at least: the standard knows no empty lists."""
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_ITEMS:
        raise InvalidStixObject(f"The value of {member} is no list of 1 to {MOST_ITEMS} words.", field=member)
    if not all(isinstance(word, str) and 1 <= len(word) <= MOST_WORD for word in value):
        raise InvalidStixObject(f"{member} holds something that is no word.", field=member)


def is_number(least: int, most: int) -> Check:
    def check(value: Any, member: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise InvalidStixObject(f"The value of {member} is no whole number from {least} to {most}.", field=member)

    return check


def is_reference(*types: str) -> Check:
    def check(value: Any, member: str) -> None:
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise InvalidStixObject(f"The value of {member} is no id of a STIX object.", field=member)
        if types and value.partition("--")[0] not in types:
            raise InvalidStixObject(f"The value of {member} must name {' or '.join(types)}.", field=member)

    return check


def is_references(*types: str) -> Check:
    one = is_reference(*types)

    def check(value: Any, member: str) -> None:
        if not isinstance(value, list) or not 1 <= len(value) <= MOST_ITEMS:
            raise InvalidStixObject(f"The value of {member} is no list of 1 to {MOST_ITEMS} ids.", field=member)
        for item in value:
            one(item, member)

    return check


def is_objects(value: Any, member: str) -> None:
    if not isinstance(value, list) or not value or not all(isinstance(item, Mapping) for item in value):
        raise InvalidStixObject(f"The value of {member} is no list of objects.", field=member)


def is_word_of(pattern: str, what: str) -> Check:
    """`what` completes "is no"."""
    expected = re.compile(pattern, re.ASCII)

    def check(value: Any, member: str) -> None:
        if not isinstance(value, str) or not expected.fullmatch(value):
            raise InvalidStixObject(f"The value of {member} is no {what}.", field=member)

    return check


def is_list_of(one: Check) -> Check:
    def check(value: Any, member: str) -> None:
        is_words(value, member)
        for item in value:
            one(item, member)

    return check


def is_granular(value: Any, member: str) -> None:
    is_objects(value, member)
    for marking in value:
        is_words(marking.get("selectors"), f"{member}.selectors")
        if "marking_ref" in marking:
            is_reference("marking-definition")(marking["marking_ref"], member)
        elif "lang" not in marking:
            raise InvalidStixObject("A granular marking has a marking_ref or a lang.", field=member)


def is_definition(value: Any, member: str) -> None:
    """What it states in words or by a colour is text; what another kind of marking says is its own affair."""
    if not isinstance(value, Mapping) or not all(isinstance(value.get(one, ""), str) for one in ("statement", "tlp")):
        raise InvalidStixObject(f"The value of {member} is no definition of a marking.", field=member)


def is_contents(value: Any, member: str) -> None:
    """Members in other languages, by language."""
    if not isinstance(value, Mapping) or not value:
        raise InvalidStixObject(f"The value of {member} is no object, or an empty one.", field=member)
    for language, members in value.items():
        is_language(language, member)
        if not isinstance(members, Mapping) or not members:
            raise InvalidStixObject(f"{member} holds a language without members.", field=member)


is_language = is_word_of("[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", "language such as en or en-GB")


def is_network(of: type[IPv4Network] | type[IPv6Network]) -> Check:
    def check(value: Any, member: str) -> None:
        try:
            of(value if isinstance(value, str) else "", strict=False)
        except ValueError as error:
            raise InvalidStixObject(f"The value of {member} is no address or network.", field=member) from error

    return check


COMMON: Final[Mapping[str, Check]] = {
    "created": is_time,
    "modified": is_time,
    "created_by_ref": is_reference("identity"),
    "revoked": is_flag,
    "labels": is_words,
    "confidence": is_number(0, 100),
    "lang": is_language,
    "external_references": is_objects,
    "object_marking_refs": is_references("marking-definition"),
    "granular_markings": is_granular,
}
"""Members that mean the same on every object."""

OWN: Final[Mapping[str, Mapping[str, Check]]] = {
    "indicator": {"indicator_types": is_words, "pattern": is_text, "name": is_text, "description": is_text},
    "sighting": {"count": is_number(0, 999_999_999), "summary": is_flag},
    "relationship": {
        "source_ref": is_reference(),
        "target_ref": is_reference(),
        "relationship_type": is_word_of("[a-z0-9]+(-[a-z0-9]+)*", "type of a relationship, such as related-to"),
    },
    "marking-definition": {"definition": is_definition},
    "language-content": {"contents": is_contents},
    "ipv4-addr": {"value": is_network(IPv4Network)},
    "ipv6-addr": {"value": is_network(IPv6Network)},
    "mac-addr": {"value": is_word_of("[0-9a-f]{2}(:[0-9a-f]{2}){5}", "MAC address in lower case with colons")},
    "email-addr": {"value": is_word_of(r"[^@\s]+@[^@\s]+", "mail address")},
    "artifact": {"mime_type": is_word_of("[a-z]+/[A-Za-z0-9.+_-]+", "media type")},
    "software": {
        "cpe": is_word_of(r"cpe:2\.3:[aho*-](:[^:\s]+)+", "name of CPE 2.3"),
        "languages": is_list_of(is_word_of("[a-z]{3}", "language of ISO 639-2")),
    },
}
"""Members of single types that the library reads too kindly."""
