"""STIX 2.1 objects as they are sent: checked, never mended.

The library's own parser fills in what is missing and lets pass what the standard forbids (created after modified, a
confidence of 500, flags that are text), so the checks here come first and name the member that is wrong. An object that
passes is kept as it was sent; nothing is filled in, or two parties would hold different objects of one id and version.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
import stix2
from stix2 import exceptions as library

from formats.stix.declared import check_members
from formats.stix.indicator import IndicatorDraft, read_indicator
from formats.stix.markings import markings_of, tlp_of
from formats.stix.members import COMMON, OWN, InvalidStixObject, cut_time, member_text, moment
from foundation.errors import InvalidInput
from foundation.texts import check_json
from foundation.words import Tlp
from foundation.written import text_of

MOST_BYTES: Final = 1_048_576
"""Of one object, as JSON. The largest published reports stay below a tenth of it."""

_TYPE = re.compile(r"[a-z0-9][a-z0-9-]{1,248}[a-z0-9]", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
_OBSERVABLES: Final = frozenset(
    {
        "artifact", "autonomous-system", "directory", "domain-name", "email-addr", "email-message", "file",
        "ipv4-addr", "ipv6-addr", "mac-addr", "mutex", "network-traffic", "process", "software", "url",
        "user-account", "windows-registry-key", "x509-certificate",
    }
)  # fmt: skip
_NEVER_REVISED: Final = frozenset({"marking-definition"})
_MADE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "process": (),
    "artifact": ("hashes", "payload_bin"),
    "email-message": ("from_ref", "subject", "body"),
    "user-account": ("account_type", "user_id", "account_login"),
    "windows-registry-key": ("key", "values"),
    "x509-certificate": ("hashes", "serial_number"),
}
"""Members an observable's id may be made of; where it has none of them, the id is random."""
_KNOWN_MARKINGS: Final = frozenset({"statement", "tlp"})
_PLACEHOLDER: Final = "[file:name = 'checked already']"


@dataclass(frozen=True, slots=True, kw_only=True)
class StixDraft:
    """An object to be stored. `modified` is its version; none for what STIX does not version.

    `content` is the object as it was sent and `text` how it was written, byte for byte; `digest` is of its members and
    values, in whatever order and spelling they came.
    """

    stix_id: str
    type: str
    modified: datetime | None
    revoked: bool
    tlp: Tlp
    name: str | None
    content: Mapping[str, Any]
    text: str
    digest: str
    indicator: IndicatorDraft | None = None


def read_object(value: Any, *, statements: Collection[str] = ()) -> StixDraft:
    """A draft of one object. Raises InvalidStixObject naming the member. Slow for long patterns: call it in a thread.

    `statements`: see `markings.tlp_of`.
    """
    try:
        content = check_json(value, field="", most_bytes=MOST_BYTES)
    except InvalidInput as refusal:
        raise InvalidStixObject(refusal.text) from refusal
    if len(text := text_of(value)) > MOST_BYTES:
        raise InvalidStixObject(f"An object has at most {MOST_BYTES} characters.")
    kind, stix_id = _identity(content)
    is_observable = _is_observable(content, kind)
    _check_version(content, is_observable)
    for member, check in {**COMMON, **OWN.get(kind, {})}.items():
        if member in content:
            check(content[member], member)
    check_members(content, kind)
    _check_ids(content, kind)
    if kind == "malware" and content.get("is_family") is True and "name" not in content:
        raise InvalidStixObject("A family of malware has a name.", field="name")
    modified = _times(content, kind, is_observable)
    indicator = read_indicator(content) if kind == "indicator" else None
    _check_by_library(content, kind)
    return StixDraft(
        stix_id=stix_id,
        type=kind,
        modified=modified,
        revoked=content.get("revoked", False),
        tlp=tlp_of(content, statements),
        name=member_text(content, "name"),
        content=content,
        text=text,
        digest=hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest(),
        indicator=indicator,
    )


def _identity(content: Mapping[str, Any]) -> tuple[str, str]:
    kind, stix_id = content.get("type"), content.get("id")
    if kind is None:
        raise InvalidStixObject("The object has no type.", field="type")
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind) or kind == "bundle":
        raise InvalidStixObject("This is no type of a STIX object.", field="type")
    if stix_id is None:
        raise InvalidStixObject("The object has no id.", field="id")
    head, dashes, tail = stix_id.partition("--") if isinstance(stix_id, str) else ("", "", "")
    if not dashes or head != kind or not _UUID.fullmatch(tail):
        raise InvalidStixObject(f"The id must be {kind}-- and a UUID in lower case.", field="id")
    return kind, stix_id


def _check_ids(content: Mapping[str, Any], kind: str) -> None:
    """Ids that the standard does not let be made of the content, and markings of themselves."""
    made_of = _MADE_OF.get(kind)
    if made_of is not None and content["id"][-22] != "4" and not any(member in content for member in made_of):
        raise InvalidStixObject("The id must be a random one, a UUID of version 4.", field="id")
    if kind == "marking-definition" and content["id"] in markings_of(content):
        raise InvalidStixObject("A marking cannot mark itself.", field="object_marking_refs")


def _is_observable(content: Mapping[str, Any], kind: str) -> bool:
    """Of the standard's own observables, or of a type that an extension says is one."""
    extensions = content.get("extensions")
    if kind in _OBSERVABLES or not isinstance(extensions, Mapping):
        return kind in _OBSERVABLES
    return any(isinstance(one, Mapping) and one.get("extension_type") == "new-sco" for one in extensions.values())


def _check_version(content: Mapping[str, Any], is_observable: bool) -> None:
    """By what the object says, not by whether it happens to parse: STIX 2.0 objects say nothing, and often parse."""
    if "spec_version" not in content:
        if not is_observable:
            raise InvalidStixObject("Without a spec_version this is STIX 2.0. Send STIX 2.1.", field="spec_version")
    elif content["spec_version"] != "2.1":
        raise InvalidStixObject("Only spec_version 2.1 is taken.", field="spec_version")


def _times(content: Mapping[str, Any], kind: str, is_observable: bool) -> datetime | None:
    """`modified`, once both times are there and in order."""
    needed = () if is_observable else ("created",) if kind in _NEVER_REVISED else ("created", "modified")
    for member in needed:
        if member not in content:
            raise InvalidStixObject(f"The object has no {member}.", field=member)
    if "created" not in content or "modified" not in content:
        return None
    created, modified = moment(content["created"], "created"), moment(content["modified"], "modified")
    if modified < created:
        raise InvalidStixObject("The object was modified before it was created.", field="modified")
    return modified


def _first(error: Any) -> str | None:
    return min(error.properties, default=None)


_NAMED: Final[tuple[tuple[type[Exception], Callable[[Any], str | None]], ...]] = (
    (library.InvalidValueError, lambda error: error.prop_name),
    (library.MissingPropertiesError, _first),
    (library.ExtraPropertiesError, _first),
    (library.MutuallyExclusivePropertiesError, _first),
    (library.AtLeastOnePropertyError, _first),
    (library.InvalidObjRefError, lambda error: error.prop_name),
    (library.DictionaryKeyError, lambda error: error.key),
)


def _check_by_library(content: Mapping[str, Any], kind: str) -> None:
    """What the library knows of each type beyond that. Unknown types it lets pass: the standard allows them."""
    plain = {member: cut_time(value) for member, value in content.items()}
    if kind == "marking-definition" and plain.get("definition_type", "tlp") not in _KNOWN_MARKINGS:
        return  # It knows no others, and the standard allows them.
    if kind == "network-traffic" and "end" in plain:
        plain.setdefault("is_active", False)  # It asks for it, and the standard does not.
    if kind == "indicator":
        plain["pattern"] = _PLACEHOLDER  # Its own look at the pattern would cost as much as ours, and find nothing new.
    try:
        stix2.parse(plain, allow_custom=True, version="2.1")
    except Exception as error:  # Not only its own: a number where a list belongs is a TypeError somewhere inside.
        member = next((name(error) for known, name in _NAMED if isinstance(error, known)), None)
        raise InvalidStixObject(_reason(error, member), field=member) from error


def _reason(error: Exception, member: str | None) -> str:
    if isinstance(error, library.MissingPropertiesError):
        return f"The object has no {', '.join(sorted(error.properties))}."
    if member is None:
        return "The object does not have the shape that its type asks for."
    why = getattr(error, "reason", "")
    shown = "".join(letter for letter in str(why)[:200] if letter.isprintable())
    return f"The value of {member} is not acceptable{f': {shown}' if shown else ''}."


__all__ = ["MOST_BYTES", "InvalidStixObject", "StixDraft", "read_object"]
