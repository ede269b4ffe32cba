"""Decay: what is left of an indicator at a time, whatever was seen of it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.investigation.decay import UNSEEN, Standing, decay
from rules.investigation.freshness import KIND_OF, LIFETIMES, OTHERWISE
from rules.sightings import SightingKind, after, seen_by_masked

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = st.floats(0, 4_000, allow_nan=False)
TYPES = st.sampled_from(["ip", "domain", "url", "file_hash", "email", "mutex", None])
COUNTS = st.integers(0, 50)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def left(type_: str | None, confidence: int | None, standing: Standing, at: datetime, **more: object) -> int:
    said = {"valid_until": None, "revoked": False, **more}
    return decay(type_, confidence, START, said["valid_until"], said["revoked"], standing, at=at).left  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("type_", "days", "standing", "expected"),
    [
        ("ip", 0, UNSEEN, 80),
        ("ip", 15, UNSEEN, 40),
        ("ip", 30, UNSEEN, 0),
        ("ip", 31, UNSEEN, 0),
        ("ip", 30, Standing(last_seen=day(15), vouched=1), 40),
        ("ip", 15, Standing(refuted=1), 20),
        ("ip", 15, Standing(last_seen=day(15), vouched=1, refuted=1), 53),
        ("domain", 912.5, UNSEEN, 60),  # 1 - 0.5^2
        ("url", 182.5, UNSEEN, 60),
        ("mutex", 182.5, UNSEEN, 40),
        (None, 365, UNSEEN, 0),
        ("ip", 10, Standing(over_at=day(5)), 0),
        ("ip", 4, Standing(over_at=day(5)), 69),
        ("ip", 10, Standing(over_at=day(5), last_seen=day(7), vouched=1), 72),
    ],
)
def test_what_is_left_in_figures(type_: str | None, days: float, standing: Standing, expected: int) -> None:
    assert left(type_, 80, standing, day(days)) == expected


def test_what_ended_it_is_told_and_nothing_is_left_of_it() -> None:
    over = Standing(over_at=day(1))
    for said, because in (
        ({"revoked": True}, "Its producer took it back."),
        ({"valid_until": day(2)}, "Its validity has ended."),
        ({}, "Its holder declared it over."),
    ):
        told = decay("ip", None, START, said.get("valid_until"), bool(said.get("revoked")), over, at=day(2))  # type: ignore[arg-type]
        assert (told.left, told.ended_because, told.stated, told.is_assumed) == (0, because, 50, True)


@given(TYPES, st.integers(0, 100), DAYS, DAYS, DAYS, COUNTS, COUNTS)
def test_confidence_only_falls_until_it_is_seen_again(
    type_: str | None, stated: int, one: float, two: float, seen: float, vouched: int, refuted: int
) -> None:
    """Never above what was stated, never rising with time, whole again when seen, and nothing after its lifetime."""
    standing = Standing(last_seen=day(seen), vouched=vouched, refuted=refuted)
    early, late = sorted((max(one, seen), max(two, seen)))
    assert 0 <= left(type_, stated, standing, day(late)) <= left(type_, stated, standing, day(early)) <= stated
    again = Standing(last_seen=day(late), vouched=vouched, refuted=refuted)
    assert left(type_, stated, again, day(late)) == round(stated * standing.share)
    assert left(type_, stated, again, day(late)) >= left(type_, stated, standing, day(late))
    days = LIFETIMES.get(KIND_OF.get(type_, ""), OTHERWISE).days
    assert left(type_, stated, standing, day(seen + days)) == 0


WORDS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(SightingKind), st.integers(0, 20)), min_size=1, max_size=25
)


@given(WORDS)
def test_words_come_to_the_same_in_whatever_order_they_are_brought(words: list[tuple[int, SightingKind, int]]) -> None:
    """Kept up word by word, against counting all of them at once. Organisation 0 is the holder."""
    standing, newest = UNSEEN, dict[int, tuple[int, SightingKind]]()
    for who, kind, at in words:
        known = newest.get(who)
        is_newest = known is None or known[0] <= at
        standing = after(standing, kind, day(at), by_holder=who == 0, before=known and known[1], is_newest=is_newest)
        if is_newest:
            newest[who] = at, kind
    sights = [day(at) for _, kind, at in words if kind is SightingKind.SIGHTING]
    ends = [day(at) for who, kind, at in words if kind is SightingKind.EXPIRY and who == 0]
    vouched = sum(kind is SightingKind.SIGHTING for _, kind in newest.values())
    assert standing == Standing(
        last_seen=max(sights, default=None),
        over_at=max(ends, default=None),
        vouched=vouched,
        refuted=len(newest) - vouched,
    )


def test_who_may_not_have_it_as_it_is_learns_the_day_only() -> None:
    noon = START + timedelta(hours=12, minutes=3, seconds=4, microseconds=5)
    assert seen_by_masked(Standing(last_seen=noon, vouched=2)) == Standing(last_seen=START, vouched=2)
