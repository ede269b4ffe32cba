"""Reading STIX objects beside the event loop: a pattern may take half a second, and a request holds a thousand."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from formats.stix.from_stix import InvalidStixObject, StixDraft, read_object
from formats.stix.markings import is_statement
from foundation.errors import Unavailable

Result = TypeVar("Result")
Read = StixDraft | InvalidStixObject

AT_ONCE = 1
"""Parsing holds the interpreter's lock: a second thread would add nothing but harm to the loop's share."""

WAITING = 50
"""Requests. Usual ones take 0.2 to 1 s; who comes after that is better told to come back than left to time out."""

LONG_PATTERN, MOST_IN_LONG_PATTERNS = 200, 100_000
"""Characters: from which on a pattern is long, and of all the long ones in a request. The worst patterns take 50 µs a
character to parse, so a request takes 15 s at the very most, and one of a usual feed takes one."""

_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="stix")
_inside = 0


async def read_beside(objects: Sequence[Any], statements: Collection[str], *, is_bounded: bool) -> list[Read]:
    """A draft or a refusal for each object. Raises Unavailable when too many requests wait.

    `is_bounded`: what comes after too many long patterns is refused unread, since a request must come to an end.
    """
    return await beside(lambda: list(_all(objects, statements, MOST_IN_LONG_PATTERNS if is_bounded else None)))


def statements_in(objects: Sequence[Any]) -> set[str]:
    """The ids of marking definitions among the objects that state something in words."""
    return {str(value.get("id")) for value in objects if isinstance(value, dict) and is_statement(value)}


def _all(objects: Sequence[Any], statements: Collection[str], room: int | None) -> Iterator[Read]:
    for value in objects:
        pattern = value.get("pattern") if isinstance(value, dict) else None
        if room is not None and isinstance(pattern, str) and len(pattern) > LONG_PATTERN:
            room -= len(pattern)
            if room < 0:
                yield InvalidStixObject("There are too many long patterns in one request. Send fewer.", field="pattern")
                continue
        yield _read(value, statements)


def _read(value: Any, statements: Collection[str]) -> Read:
    try:
        return read_object(value, statements=statements)
    except InvalidStixObject as refusal:
        return refusal


async def beside(work: Callable[[], Result]) -> Result:
    """What is done with patterns, in the one thread that they get. Raises Unavailable when too many requests wait."""
    global _inside
    if _inside >= AT_ONCE + WAITING:
        raise Unavailable("Too many imports at once. Try again in a moment.")
    _inside += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        _inside -= 1
