"""Acting once under a key of the caller's, whichever door he comes through (CONTRACTS 1, row 54)."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import orjson

from foundation.errors import InvalidInput
from resolvers.operation import Operation

T = TypeVar("T")

_KEY = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)


async def once(
    op: Operation, act: Callable[[Operation], Awaitable[T]], *, key: str | None, field: str, asked: Any
) -> T | Any:
    """Acts; under a key once, and a repetition is told what the first one answered.

    `asked`, as JSON, is what the key stands for: under the same key with something else the door refuses. `field` is
    the place where the key stands. Keys are the caller's own: those of two people never meet.
    """
    if key is None:
        return await act(op)
    if not _KEY.fullmatch(key):
        raise InvalidInput("A key has 1 to 128 of A-Z a-z 0-9 . _ : -", field=field)
    owner = op.viewer.api_key_id or op.viewer.user_id
    stands_for = hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return await op.once(f"user:{owner}:{key}", stands_for, act)
