"""Files of warning lists: MISP's JSON, and plain lists of a value a line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from foundation.errors import CommandRefused, InvalidInput
from foundation.texts import check_text

MOST_NAME = 200


@dataclass(frozen=True)
class ListFile:
    """`type`: as the file says it, where it does. `values`: not checked yet."""

    name: str
    description: str
    version: str
    type: str | None
    values: Iterable[str]


def read_misp(value: Any) -> ListFile:
    """A list in the JSON of MISP's warning lists. Raises CommandRefused."""
    if not isinstance(value, dict) or not isinstance(value.get("list"), list):
        raise CommandRefused("The file is no warning list: it has no `list`.")
    if not all(isinstance(one, str) for one in value["list"]):
        raise CommandRefused("The file is no warning list: an entry of its `list` is no text.")
    return ListFile(
        _line(value.get("name"), "name"),
        _line(value.get("description", ""), "description", most=4_000),
        str(value.get("version", "")),
        value.get("type") if isinstance(value.get("type"), str) else None,
        value["list"],
    )


def read_plain(lines: Iterable[str], *, name: str) -> ListFile:
    """A value a line; what follows a # is a comment."""
    return ListFile(_line(name, "name"), "", "", None, _values(lines))


def _values(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if text := line.partition("#")[0].strip():
            yield text


def _line(value: Any, member: str, *, most: int = MOST_NAME) -> str:
    try:
        text = check_text(value if isinstance(value, str) else "", field=member, least=0, most=most)
    except InvalidInput as refusal:
        raise CommandRefused(f"The {member} of the list cannot be used: {refusal.text}") from refusal
    if member == "name" and not text:
        raise CommandRefused("The list has no name. Give it one: --name.")
    return text
