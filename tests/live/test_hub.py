"""The tail that followers share: what it may hand out, and when it has to say "look in the table"."""

from datetime import UTC, datetime

from resolvers.hub import BATCH, TAIL, Follower, Watched
from resolvers.stream_items import Delivered


def events(first: int, last: int) -> list[Delivered]:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return [Delivered("inv:1", number, f"cursor {number}", at, None) for number in range(first, last + 1)]


def watched(head: int) -> tuple[Watched, Follower]:
    made = Watched()
    made.head = head
    return made, Follower("inv:1", made)


def handed(follower: Follower, after: int) -> list[int] | None:
    found = follower.after(after)
    return None if found is None else [item.sequence for item in found]


def test_a_stream_nobody_has_looked_at_has_nothing_to_say() -> None:
    assert handed(Follower("inv:1", Watched()), 0) == []


def test_what_is_in_the_tail_is_handed_out_and_what_was_before_it_is_not() -> None:
    made, follower = watched(10)
    made.extend(11, 13, events(11, 13))
    assert handed(follower, 13) == handed(follower, 20) == []
    assert handed(follower, 12) == [13]
    assert handed(follower, 10) == [11, 12, 13]
    assert handed(follower, 9) is None  # 10 would be missed
    assert handed(follower, 0) is None


def test_a_batch_is_bounded_and_so_is_the_tail() -> None:
    made, follower = watched(0)
    made.extend(1, 200, events(1, 200))
    assert handed(follower, 5) == list(range(6, 6 + BATCH))
    made.extend(201, 400, events(201, 400))
    assert len(made.tail) == TAIL
    assert handed(follower, 400 - TAIL - 1) is None
    assert handed(follower, 400 - TAIL) == list(range(401 - TAIL, 401 - TAIL + BATCH))


def test_events_that_were_skipped_leave_no_hole_in_the_tail() -> None:
    made, follower = watched(3)
    made.extend(4, 5, events(4, 5))
    made.extend(8, 9, events(8, 9))
    assert handed(follower, 5) is None
    assert handed(follower, 7) == [8, 9]


def test_a_reading_with_a_hole_is_not_kept() -> None:
    made, follower = watched(3)
    made.extend(4, 5, events(4, 5))
    made.extend(6, 8, [*events(6, 6), *events(8, 8)])
    assert made.head == 8
    assert handed(follower, 4) is None
    assert handed(follower, 7) is None
    made.extend(9, 9, events(9, 9))
    assert handed(follower, 8) == [9]
