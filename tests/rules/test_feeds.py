"""How a feed is walked through, whatever the other server says."""

import pytest

from rules.feeds import MOST_EMPTY, FeedStatus, Place, Step, Told, after, status_of

ONE, TWO = "2026-11-21T12:00:00.000001Z", "2026-11-21T12:00:00.5Z"
BEFORE_TWO = "2026-11-21T12:00:00.499000Z"


@pytest.mark.parametrize(
    ("place", "told", "then", "step"),
    [
        (Place(), Told(2, False, None, ONE), Place(ONE), Step.DONE),
        (Place(ONE), Told(0, False, None, None), Place(ONE), Step.DONE),
        (Place(ONE), Told(0, False, "5", None), Place(ONE), Step.DONE),  # next without more is no more
        (Place(ONE), Told(2, True, "5", TWO), Place(ONE, "5", TWO), Step.GO_ON),
        (Place(ONE, "5", TWO), Told(2, False, None, ONE), Place(TWO), Step.DONE),  # dates that go back
        (Place(ONE, "5", TWO), Told(1, False, None, None), Place(TWO), Step.DONE),
        (Place(ONE, "5", TWO), Told(1, False, None, "undefined"), Place(TWO), Step.DONE),
        (Place(), Told(3, False, None, None), Place(), Step.DONE),  # no dates: all of it once more the next time
        (Place(ONE, "5", TWO), Told(0, True, "6", None), Place(ONE, "6", TWO, 1), Step.GO_ON),
        (Place(ONE, "5", TWO, 1), Told(1, True, "6", None), Place(ONE, "6", TWO), Step.GO_ON),
        (Place(ONE, "5", TWO, MOST_EMPTY), Told(0, True, "6", None), Place(ONE), Step.STUCK),
        (Place(ONE, "5", TWO), Told(2, True, "5", TWO), Place(ONE), Step.STUCK),  # it spins
        (Place(ONE), Told(2, True, None, TWO), Place(BEFORE_TWO), Step.GO_ON),  # more, and no word where
        (Place(BEFORE_TWO), Told(2, True, None, TWO), Place(BEFORE_TWO), Step.STUCK),
        (Place(ONE), Told(2, True, None, None), Place(ONE), Step.STUCK),
        (Place(ONE), Told(0, True, None, TWO), Place(ONE), Step.STUCK),
    ],
)
def test_where_a_walk_stands_after_a_page(place: Place, told: Told, then: Place, step: Step) -> None:
    assert after(place, told) == (then, step)


def test_how_a_feed_stands() -> None:
    cases = [(True, "t", "e"), (False, "t", "e"), (False, None, "e"), (False, None, None)]
    assert [status_of(*case) for case in cases] == [
        FeedStatus.PAUSED, FeedStatus.POLLING, FeedStatus.FAILING, FeedStatus.WAITING,
    ]  # fmt: skip
