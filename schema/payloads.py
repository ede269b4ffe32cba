"""What every mutation shares: user errors, and acting once under the client's key.

A refusal that the caller can mend (`Refusal.in_payload`) is told in the payload's `userErrors`; one about who he is, or
how much he asks for, goes to `errors`, as for queries.
"""

import dataclasses
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

import strawberry

from foundation.errors import Refusal
from foundation.times import to_text
from resolvers.operation import Operation
from resolvers.repetition import once

T = TypeVar("T")

KEY_SAYS = (
    "1 to 128 letters, digits, dots, colons, underscores or minus signs, chosen by the client. For 24 hours the same "
    "key with the same input tells the first answer again and does nothing; with another input it is refused."
)
_UNDERSCORE = re.compile(r"_([a-z0-9])")


@strawberry.type(description="Why a mutation did nothing, in words and as a code.")
class UserError:
    field: str | None = strawberry.field(
        description="The input field that is to be mended, as a path such as `timeWindow.start`; null when it is none."
    )
    message: str = strawberry.field(description="A sentence for a reader.")
    code: str = strawberry.field(description="The stable code of the documented contracts, for programs.")


@dataclasses.dataclass(frozen=True)
class Done(Generic[T]):
    """How it ended: what the act returned (at a repetition, what it answered), or why it did nothing."""

    result: T | None
    user_errors: list[UserError]


async def attempt(
    op: Operation,
    act: Callable[[Operation], Awaitable[T]],
    *,
    mutation: str = "",
    asked: Any = None,
    key: str | None = None,
) -> Done[T]:
    """Acts, and turns business refusals into user errors.

    With a `key` it acts once: `mutation` and `asked` (the input object) say what the key stands for.
    """
    try:
        stands_for = [mutation, _plain(asked)]
        return Done(await once(op, act, key=key, field="clientMutationKey", asked=stands_for), [])
    except Refusal as refusal:
        if op.asked.action is not None:
            await op.note_refusal(op.asked.action, refusal)
        if not refusal.in_payload:
            raise
        return Done(None, [shown(refusal)])


def shown(refusal: Refusal) -> UserError:
    """Fields are named as the graph names them, wherever the refusal came from."""
    field = refusal.field and _UNDERSCORE.sub(lambda match: match[1].upper(), refusal.field)
    return UserError(field=field, message=refusal.text, code=refusal.code)


def _plain(value: Any) -> Any:
    """The input as JSON, less the key itself. What was left out differs from what is null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        members = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return {
            name: _plain(member)
            for name, member in members.items()
            if member is not strawberry.UNSET and name != "client_mutation_key"
        }
    if isinstance(value, dict):
        return {str(name): _plain(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(member) for member in value]
    if isinstance(value, datetime):
        return to_text(value)
    return value
