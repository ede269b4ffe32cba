"""R23: what reading hostile documents takes is the time of whoever sends them, not everybody's."""

import asyncio
from dataclasses import dataclass, field

import pytest

from foundation.errors import TooMany
from foundation.settings import Settings
from schema.pacing import ALLOWANCE_S, HELD, MOST_WAIT_S, Pacing
from tests.security.callers import caller
from tests.security.test_hostile_inputs import ONCE
from tests.security.test_r40_headers import asking
from tests.world import World


@dataclass
class Time:
    """A clock that only sleepers and workers move."""

    at: float = 1000.0
    worked: float = 0.0
    slept: list[float] = field(default_factory=list)

    def pacing(self, percent: int = 10) -> Pacing:
        return Pacing(percent, now=lambda: self.at, used=lambda: self.worked, sleep=self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    def work(self, seconds: float) -> None:
        self.worked += seconds
        self.at += seconds


async def reads(pacing: Pacing, time: Time, caller: str, seconds: float, *, refused: bool = False) -> None:
    await pacing.turn(caller)
    pacing.read(caller, lambda: time.work(seconds), lambda _: refused)


async def test_a_caller_gets_his_share_beyond_the_allowance_and_nobody_else_waits() -> None:
    time = Time()
    pacing = time.pacing()
    for _ in range(110):
        await reads(pacing, time, "busy", 0.025)
    # 110 * 0.025 s of work, of which half a second came at once and the rest at a tenth of the time.
    assert time.worked == pytest.approx(2.75)
    assert time.at - 1000 == pytest.approx((2.725 - ALLOWANCE_S) / 0.1, abs=0.1)
    slept = len(time.slept)
    assert slept > 50
    await reads(pacing, time, "neighbour", 0.025)
    assert len(time.slept) == slept


async def test_what_is_not_used_is_saved_up_to_the_allowance_and_no_further() -> None:
    time = Time()
    pacing = time.pacing()
    await reads(pacing, time, "one", ALLOWANCE_S)
    time.at += 3600
    await reads(pacing, time, "one", ALLOWANCE_S)
    await reads(pacing, time, "one", 0.01)
    assert time.slept == []
    await reads(pacing, time, "one", 0.01)
    assert time.slept == [pytest.approx(0.09)]  # a tenth of a second, of which the work itself took some


async def test_who_would_wait_too_long_is_told_when_to_come_back() -> None:
    time = Time()
    pacing = time.pacing()
    await reads(pacing, time, "hostile", ALLOWANCE_S + 1)
    with pytest.raises(TooMany) as refused:
        await pacing.turn("hostile")
    assert refused.value.details["retry_after_s"] == 10 and time.slept == []
    time.at += 10 - MOST_WAIT_S
    await reads(pacing, time, "hostile", 0.0)
    assert 0 < sum(time.slept) <= MOST_WAIT_S


async def test_what_is_refused_counts_ten_times() -> None:
    time = Time()
    pacing = time.pacing()
    for _ in range(2):
        await reads(pacing, time, "hostile", 0.1, refused=True)
        await reads(pacing, time, "erring", 0.01, refused=True)
    assert time.slept == [pytest.approx(4.99)]  # (10 * 0.1 - 0.5) / 0.1, less what the other took


async def test_waiting_requests_of_one_caller_do_not_wake_all_at_once() -> None:
    time = Time()
    pacing, begun, wake = time.pacing(), list[int](), asyncio.Event()

    async def sleep(seconds: float) -> None:
        await wake.wait()
        time.at = 1000 + 2.0

    def work() -> None:
        begun.append(len(begun))
        time.work(ALLOWANCE_S + 0.1)

    async def one() -> None:
        await pacing.turn("hostile")
        pacing.read("hostile", work, lambda _: False)

    pacing._sleep = sleep
    waiting = asyncio.gather(*(one() for _ in range(3)))
    await asyncio.sleep(0)
    assert begun == [0]  # the others wait, although all of them came together
    wake.set()
    with pytest.raises(TooMany):
        await waiting
    assert begun == [0, 1]  # and the third finds that the second was before him


async def test_callers_who_owe_nothing_are_forgotten() -> None:
    time = Time()
    pacing = time.pacing()
    for number in range(HELD):
        await reads(pacing, time, f"c{number}", 0.0)
    time.at += 3600
    await reads(pacing, time, "last", 0.001)
    assert len(pacing._ready) == 1


@ONCE
async def test_the_door_answers_others_and_what_it_knows_meanwhile(world: World) -> None:
    hostile, neighbour = (await caller(world, "viewer")).headers, (await caller(world, "admin")).headers
    known = {"query": "{ viewer { user { name } } }"}
    async with asking(world.house, rate_limits=True, graphql_reading_percent=1) as client:
        assert (await client.post("/graphql", json=known, headers=hostile)).status_code == 200
        for number in range(100):
            unknown = " ".join(f"u{number}x{n}" for n in range(400))
            answer = await client.post("/graphql", json={"query": f"{{ viewer {{ {unknown} }} }}"}, headers=hostile)
            if answer.status_code == 429:
                break
            assert "errors" in answer.json() and not answer.json().get("data")
        assert answer.status_code == 429 and int(answer.headers["retry-after"]) > MOST_WAIT_S
        assert answer.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
        assert (await client.post("/graphql", json=known, headers=hostile)).status_code == 200
        fresh = {"query": "{ viewer { role } }"}
        assert (await client.post("/graphql", json=fresh, headers=hostile)).status_code == 429
        assert (await client.post("/graphql", json=fresh, headers=neighbour)).json()["data"] is not None


def test_operators_set_it() -> None:
    assert Pacing.of(Settings(_env_file=None)) is not None
    assert Pacing.of(Settings(_env_file=None, graphql_reading_percent=100)) is None
    assert Pacing.of(Settings(_env_file=None, rate_limits=False)) is None
