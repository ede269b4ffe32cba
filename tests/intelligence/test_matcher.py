"""Patterns matched as a whole, by a worker process: it agrees with the standard's cases, and nothing holds it up."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from formats.stix.observed import observed_data
from formats.stix.pattern import read_pattern
from foundation.errors import InvalidInput, Unavailable
from foundation.observables import lookup_keys
from gateways import patterns as module
from gateways.patterns import MOST_LOST, PatternMatcher
from gateways.ports import Matched, Verdict
from rules.investigation.findings import ActivityFact
from rules.investigation.words import ActivityKind
from tests.rules.judging import START

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("CASEGRAPH_TEST_DATA", REPOSITORY / ".." / "shared" / "data")) / "patterns"
labelled = pytest.mark.skipif(
    not (FOLDER / "match_vectors.json").exists(),
    reason="the pattern cases are not at hand: set CASEGRAPH_TEST_DATA to the folder that holds patterns/",
)


def record(number: int, kind: ActivityKind = ActivityKind.LOGIN, **more: Any) -> ActivityFact:
    return ActivityFact(id=number, time=START + timedelta(minutes=number), kind=kind, source="test", **more)


ENDLESS = "[user-account:account_login MATCHES '^(a+)+$']"
EASY = "[user-account:account_login LIKE 'a%b']"
SEEN = [observed_data(record(1, user="a" * 40 + "b")), observed_data(record(2, user="eve"))]


@pytest.fixture
async def matcher() -> AsyncIterator[PatternMatcher]:
    made = PatternMatcher(1.0)
    yield made
    await made.close()


def met(*places: int) -> Matched:
    return Matched(Verdict.DECIDED, places)


def vectors(name: str) -> Any:
    return json.loads((FOLDER / name).read_text())


@labelled
async def test_every_case_of_the_standard_is_matched_as_it_says(matcher: PatternMatcher) -> None:
    cases, sets = vectors("match_vectors.json"), vectors("observation_sets.json")
    assert len(cases) == 214
    wrong = []
    for number, observations in enumerate(sets):
        asked = [case for case in cases if case["observations"] == number]
        valid = [case for case in asked if is_valid(case["pattern"])]
        wrong += [case for case in asked if case not in valid and case["error"] is None]
        for case, answer in zip(valid, await matcher.match([c["pattern"] for c in valid], observations), strict=True):
            if case["error"] is not None:
                agrees = answer.verdict is Verdict.UNDECIDED
            else:
                agrees = answer.verdict is Verdict.DECIDED and bool(answer.met) is case["match"]
            if not agrees:
                wrong.append(case)
    assert wrong == []


@labelled
def test_every_case_of_the_standard_is_valid_or_not_as_it_says() -> None:
    cases = vectors("validate_vectors.json")
    assert len(cases) == 50
    assert [case for case in cases if is_valid(case["pattern"]) is not case["valid"]] == []


def is_valid(pattern: str) -> bool:
    try:
        read_pattern(pattern)
    except InvalidInput:
        return False
    return True


async def test_a_pattern_without_end_is_ended_and_the_others_are_answered(matcher: PatternMatcher) -> None:
    quick = PatternMatcher(0.1)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    answers = await quick.match([EASY, ENDLESS, EASY, "[user-account:account_login > 5]"], SEEN)
    ticking.cancel()
    await quick.close()
    assert [answer.verdict for answer in answers] == [
        Verdict.DECIDED, Verdict.OVERRUN, Verdict.DECIDED, Verdict.DECIDED,
    ]  # fmt: skip
    assert [answer.met for answer in answers] == [(0,), (), (0,), ()]
    assert ticks >= 5  # the loop went on meanwhile


async def test_too_many_of_them_and_the_rest_is_left_out() -> None:
    quick = PatternMatcher(0.05)
    answers = await quick.match([*[ENDLESS] * (MOST_LOST + 1), EASY], SEEN)
    await quick.close()
    assert [answer.verdict for answer in answers] == [*[Verdict.OVERRUN] * MOST_LOST, *[Verdict.LEFT_OUT] * 2]


async def test_one_that_takes_too_much_room_is_an_overrun(matcher: PatternMatcher) -> None:
    wide = "[user-account:account_login LIKE '%'] REPEATS 100000000 TIMES"
    (answer,) = await matcher.match([wide], [observed_data(record(n, user="eve", count=100)) for n in range(1, 50)])
    assert answer.verdict in (Verdict.OVERRUN, Verdict.DECIDED) and answer.met == ()


async def test_a_worker_that_is_killed_is_replaced(matcher: PatternMatcher) -> None:
    assert await matcher.match([EASY], SEEN) == [met(0)]
    first = matcher._process
    assert first is not None
    first.send_signal(signal.SIGKILL)
    assert await matcher.match([EASY, EASY], SEEN) == [met(0), met(0)]
    assert matcher._process is not None and matcher._process.pid != first.pid


async def test_a_worker_that_is_silent_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST_PATIENCE_S", 0.05)
    hasty = PatternMatcher(0.05)
    hasty._patience_s = 0.01  # no interpreter starts in that time
    assert await hasty.match([EASY, EASY], SEEN) == [Matched(Verdict.LEFT_OUT)] * 2
    assert hasty._process is None


async def test_a_worker_that_does_not_start_leaves_everything_out(tmp_path: Path) -> None:
    broken = PatternMatcher(1.0, worker=tmp_path / "none.py")
    assert await broken.match([EASY, EASY], SEEN) == [Matched(Verdict.LEFT_OUT)] * 2
    await broken.close()


async def test_who_goes_away_leaves_no_answer_behind_for_the_next(matcher: PatternMatcher) -> None:
    await matcher.match([EASY], SEEN)
    asking = asyncio.create_task(matcher.match([ENDLESS], SEEN))
    await asyncio.sleep(0.1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert matcher._process is None
    assert await matcher.match([EASY], SEEN) == [met(0)]


async def test_the_queue_has_an_end(matcher: PatternMatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 1)
    first, second, third = await asyncio.gather(
        *(matcher.match([EASY], SEEN) for _ in range(3)), return_exceptions=True
    )
    assert [first, second] == [[met(0)], [met(0)]]
    assert isinstance(third, Unavailable)


async def test_nothing_to_ask_starts_nothing(matcher: PatternMatcher) -> None:
    assert await matcher.match([], SEEN) == []
    assert await matcher.match([EASY], []) == [met()]
    assert matcher._process is None


async def test_the_worker_is_given_nothing(matcher: PatternMatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEGRAPH_DATABASE_URL", "postgresql://somebody:secret@db.example/casegraph")
    await matcher.match([EASY], SEEN)
    assert matcher._process is not None
    environment = Path(f"/proc/{matcher._process.pid}/environ")
    if not environment.exists():
        pytest.skip("this system does not show the environment of a process")
    assert b"secret" not in environment.read_bytes()


HOSTS = ("evil.example", "www.evil.example", "good.example")
ADDRESSES = ("203.0.113.7", "203.0.113.8", "198.51.100.1")
MAILS, USERS = ("eve@evil.example", "ada@good.example"), ("eve", "o'hara")
COLUMNS = {
    "ip": ("ipv4-addr:value", ADDRESSES),
    "domain": ("domain-name:value", HOSTS),
    "email": ("email-addr:value", MAILS),
    "user": ("user-account:account_login", USERS),
}


def quoted(text: str) -> str:
    return "'" + text.replace("'", "\\'") + "'"


def comparisons() -> st.SearchStrategy[str]:
    def of(path: str, values: tuple[str, ...]) -> st.SearchStrategy[str]:
        some = st.lists(st.sampled_from(values), min_size=1, max_size=3).map(lambda v: ", ".join(map(quoted, v)))
        return st.one_of(
            st.sampled_from(values).map(lambda value: f"{path} = {quoted(value)}"),
            some.map(lambda listed: f"{path} IN ({listed})"),
        )

    network = st.sampled_from(("203.0.113.0/24", "203.0.113.8/30", "198.51.0.0/16", "192.0.2.0/24"))
    return st.one_of(
        *(of(path, values) for path, values in COLUMNS.values()),
        network.map(lambda text: f"ipv4-addr:value ISSUBSET '{text}'"),
    )


def covered() -> st.SearchStrategy[str]:
    inside = st.lists(comparisons(), min_size=1, max_size=3).map(" OR ".join)
    return st.lists(inside, min_size=1, max_size=2).map(lambda parts: " OR ".join(f"[{part}]" for part in parts))


def seen() -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(of) for name, (_, of) in COLUMNS.items()})


def test_what_the_index_covers_is_matched_alike() -> None:
    """In the spelling of the index: the standard compares letter by letter."""
    matcher = PatternMatcher(5.0)
    with asyncio.Runner() as runner:

        @examples(max_examples=40)
        @given(st.lists(covered(), min_size=1, max_size=6), st.lists(seen(), min_size=1, max_size=3))
        def alike(patterns: list[str], told: list[dict[str, str]]) -> None:
            observations = [observed_data(record(n, ActivityKind.LOGIN, **one)) for n, one in enumerate(told)]
            met_by = [{key for name, value in one.items() for key in lookup_keys(name, value)} for one in told]
            for pattern, answer in zip(patterns, runner.run(matcher.match(patterns, observations)), strict=True):
                keys = set(read_pattern(pattern).keys)
                assert keys
                assert answer == met(*(place for place, found in enumerate(met_by) if keys & found)), pattern

        try:
            alike()
        finally:
            runner.run(matcher.close())
