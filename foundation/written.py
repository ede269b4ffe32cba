"""JSON objects that remember how they were written.

To read and write JSON again loses the spelling: blanks, escapes, 1e2 for 100.0. What must be kept byte for byte, as
the objects of a STIX bundle, is cut out of the body it came in.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

# Everything that structure hangs on; a key and the list it holds are one token.
_TOKEN = re.compile(rb'("[^"\\]*+(?:\\.[^"\\]*+)*+")(\s*+:\s*+\[)?+|[][{}]', re.DOTALL)


class Written(dict[str, Any]):
    """A JSON object, and its own text as it was sent."""

    __slots__ = ("text",)

    def __init__(self, members: dict[str, Any], text: str) -> None:
        super().__init__(members)
        self.text = text


def text_of(value: dict[str, Any]) -> str:
    """How the object was written; written out now where it came as values."""
    return value.text if isinstance(value, Written) else orjson.dumps(value).decode()


def remember(value: Any, data: bytes, name: str) -> Any:
    """The value that was read from `data`, where the objects in each list that is a member `name` are Written."""
    lists = list(_lists(value, name))
    if lists:
        for found, spans in zip(lists, _spans(data, name), strict=True):
            places = [at for at, item in enumerate(found) if isinstance(item, dict | list)]
            for at, (start, end) in zip(places, spans, strict=True):
                if isinstance(found[at], dict):
                    found[at] = Written(found[at], data[start:end].decode())
    return value


def _lists(value: Any, name: str) -> Iterator[list[Any]]:
    """In the order of the text; none inside another."""
    if isinstance(value, dict):
        for key, member in value.items():
            if key == name and isinstance(member, list):
                yield member
            else:
                yield from _lists(member, name)
    elif isinstance(value, list):
        for item in value:
            yield from _lists(item, name)


def _spans(data: bytes, name: str) -> Iterator[list[tuple[int, int]]]:
    """Where the objects and lists in each of those lists begin and end, in JSON that was read before."""
    depth = inside = start = 0  # inside: the depth of the elements of such a list, 0 outside
    spans: list[tuple[int, int]] = []
    for token in _TOKEN.finditer(data):
        if token[1] and not token[2]:
            continue
        if token[1] or token[0] in b"[{":
            if inside and depth == inside:
                start = token.start()
            depth += 1
            if token[1] and not inside and json.loads(token[1]) == name:
                inside, spans = depth, []
        else:
            depth -= 1
            if inside and depth == inside:
                spans.append((start, token.end()))
            elif depth < inside:
                yield spans
                inside = 0
