"""Bundles: the objects of one that was read, and those of a file of any size, one after the other."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from formats.stix.from_stix import MOST_BYTES
from foundation.errors import InvalidInput, Malformed

_ID = re.compile(r"bundle--[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)


def objects_of(bundle: Any) -> list[Any] | InvalidInput:
    """What stands in a bundle, or why it is none."""
    if not isinstance(bundle, dict) or bundle.get("type") != "bundle":
        return InvalidInput("Send a STIX bundle: an object of type bundle.", field="bundle.type")
    if not isinstance(bundle.get("id"), str) or not _ID.fullmatch(bundle["id"]):
        return InvalidInput("The id of a bundle is bundle-- and a UUID in lower case.", field="bundle.id")
    objects = bundle.get("objects")
    if not isinstance(objects, list):
        return InvalidInput("The objects of a bundle are a list.", field="bundle.objects")
    return objects


# Everything that structure hangs on. Strings are passed over whole; one that goes on in the next chunk is met again.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[][{}:,"]|[^][{}:,"\s]+', re.DOTALL)
_LARGEST: Final = MOST_BYTES + 65_536
"""Bytes that are held of one object before it is given up: a little more than any that is taken."""


class Objects:
    """The objects of a JSON file, as bytes: the elements of its list, or of its member `objects`.

    Holds one object at a time. Raises Malformed for what is neither. `place` is the byte the reading has come to.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self.place = 0

    def __iter__(self) -> Iterator[bytes]:
        held = bytearray()  # from `base` of the file on
        depth, listed = 0, 0  # how deep we are; at which depth the elements stand, 0 before the list
        start: int | None = None  # of the element that is being read, within `held`
        at, key, is_key, ended = 0, b"", True, False
        for chunk in self._chunks:
            held += chunk
            self.place += len(chunk)
            while (found := _TOKEN.search(held, at)) is not None:
                token = found[0]
                if token == b'"' or (found.end() == len(held) and token[:1] not in b'][{}:,"'):
                    at = found.start()  # It goes on in the next chunk.
                    break
                at = found.end()
                opening = token[:1] in (b"{", b"[")
                if ended:
                    raise Malformed("Something follows after the end of the bundle.")
                if opening:
                    if listed == 0 and token == b"[" and (depth == 0 or (depth == 1 and key == b'"objects"')):
                        listed = depth + 1
                    elif listed and depth == listed and start is None:
                        start = found.start()
                    depth += 1
                elif token in (b"}", b"]"):
                    depth -= 1
                    if listed and depth == listed and start is not None:
                        yield bytes(held[start:at])
                        start = None
                    elif listed and depth == listed - 1:
                        listed = -1
                    ended = depth == 0
                elif depth == 1 and listed == 0:
                    if token == b",":
                        is_key = True
                    elif token == b":":
                        is_key = False
                    elif is_key:
                        key = token
                elif listed > 0 and depth == listed and token not in (b",", b":"):
                    yield token  # No object, and so one that will be refused.
                if start is None:
                    del held[:at]
                    at = 0
            else:
                at = len(held)  # Blanks, at most.
            if start is not None and len(held) - start > _LARGEST:
                raise Malformed(f"An object has more than {MOST_BYTES} bytes.")
            if start is None:
                del held[:at]
                at = 0
                if len(held) > _LARGEST:
                    raise Malformed("A text in the file has no end.")
        if depth != 0 or not ended or listed == 0 or held[at:]:
            raise Malformed("This is no whole STIX bundle.")
