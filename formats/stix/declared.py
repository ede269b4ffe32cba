"""Members against what the library declares of each type, without its kindness.

It writes 5 as text, takes a word for a list of one, and forgets what is null or empty. The standard allows none of it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import stix2
from stix2 import properties as declared
from stix2.registry import STIX2_OBJ_MAPS

from formats.stix.members import InvalidStixObject, is_flag, is_text, moment

_KNOWN: Final[Mapping[str, Mapping[str, Any]]] = STIX2_OBJ_MAPS["2.1"]
_COMMON: Final[Mapping[str, Any]] = {
    name: stix2.v21.Campaign._properties[name]
    for name in ("external_references", "extensions")
}  # fmt: skip
_NAME = re.compile(r"[a-z][a-z0-9_]{2,249}|id", re.ASCII)
_EXTENSION = re.compile(
    r"[a-z0-9]+(-[a-z0-9]+)*-ext|extension-definition--[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII
)
_TEXT: Final = (
    declared.StringProperty, declared.ReferenceProperty, declared.EnumProperty, declared.HexProperty,
    declared.BinaryProperty, declared.SelectorProperty,
)  # fmt: skip


def check_members(content: Mapping[str, Any], kind: str) -> None:
    """Raises InvalidStixObject naming the first member that is not what its type has there."""
    _check_names(content)
    made = _KNOWN["objects"].get(kind) or _KNOWN["observables"].get(kind)
    _check_all(content, {**_COMMON, **({} if made is None else made._properties)}, "")


def _check_names(content: Mapping[str, Any]) -> None:
    for member, value in content.items():
        if not _NAME.fullmatch(member):
            field = member if len(member) <= 60 and member.isascii() and member.isprintable() else None
            raise InvalidStixObject("A member has 3 to 250 of a-z, 0-9 and _, and begins with a letter.", field=field)
        if value is None or value == []:
            raise InvalidStixObject(f"The value of {member} is null or an empty list. Leave it out.", field=member)


def _check_all(content: Mapping[str, Any], properties: Mapping[str, Any], path: str) -> None:
    for member, value in content.items():
        if member in properties:
            _check(value, properties[member], f"{path}{member}")


def _check(value: Any, expected: Any, path: str) -> None:
    match expected:
        case declared.ListProperty():
            if not isinstance(value, list) or not value:
                raise InvalidStixObject(f"The value of {path} is no list, or an empty one.", field=path)
            for at, item in enumerate(value):
                _check(item, expected.contained, f"{path}.{at}")
        case declared.EmbeddedObjectProperty():
            _check_all(_filled(value, path), expected.type._properties, f"{path}.")
        case type() if hasattr(expected, "_properties"):
            _check_all(_filled(value, path), expected._properties, f"{path}.")
        case declared.ExtensionsProperty():
            for name, extension in _filled(value, path).items():
                if not _EXTENSION.fullmatch(name) or not isinstance(extension, Mapping):
                    raise InvalidStixObject(f"{path} holds what is no extension.", field=path)
                _check_names(extension)
                if name in _KNOWN["extensions"]:
                    _check_all(extension, _KNOWN["extensions"][name]._properties, f"{path}.{name}.")
        case declared.DictionaryProperty():
            for item in _filled(value, path).values():
                if item is None or item == []:
                    raise InvalidStixObject(f"{path} holds null or an empty list.", field=path)
        case _:
            for known, check in _PLAIN:
                if isinstance(expected, known):
                    check(value, path)
                    return


def _filled(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not value:
        raise InvalidStixObject(f"The value of {path} is no object, or an empty one.", field=path)
    return value


def _is_whole(value: Any, path: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidStixObject(f"The value of {path} is no whole number.", field=path)


def _is_number(value: Any, path: str) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InvalidStixObject(f"The value of {path} is no number.", field=path)


_PLAIN: Final[tuple[tuple[Any, Callable[[Any, str], Any]], ...]] = (
    (declared.TimestampProperty, moment),
    (declared.BooleanProperty, is_flag),
    (declared.IntegerProperty, _is_whole),
    (declared.FloatProperty, _is_number),
    (_TEXT, is_text),
)
