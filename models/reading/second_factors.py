"""What is counted of a viewer's second factor."""

from collections.abc import Generator, Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from models import tables as rows
from models.reading.lookup import Lookup, Question

UNUSED = Lookup(
    lambda given: select(col(rows.RecoveryCode.user_id)).where(
        given.among(col(rows.RecoveryCode.user_id), "users"), col(rows.RecoveryCode.used_at).is_(None)
    )
)


def recovery_codes_left(parents: Sequence[tuple[str]]) -> Generator[Question, list[tuple[Any, ...]], list[int]]:
    """(user id) -> how many recovery codes the person has left. At most ten rows are counted."""
    found = yield UNUSED.of(users=[user for (user,) in parents])
    left = [user for (user,) in found]
    return [left.count(user) for (user,) in parents]
