"""Which passwords are good enough, and what checking one costs."""

import asyncio
import threading

import pytest

from foundation.errors import Unavailable
from resolvers.hashing import Hashing
from rules.access.passwords import COMMON, Hasher, WeakPassword, check_new_password, one_time_password
from tests.identity.conftest import CHEAP


@pytest.mark.parametrize(
    "password",
    [
        "", "1234567", "x" * 129, "password", "PassWord1", "QWERTY123", "changeme123", "aaaaaaaaaaaa", "abababababab",
        "per.hansen", "PER.HANSEN", "per@example.org", "good-enough\0", "good-enough\ud800",
    ],
)  # fmt: skip
def test_weak_ones_are_refused(password: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        check_new_password(password, known=("per.hansen", "per@example.org"))
    assert (refused.value.code, refused.value.status, refused.value.field) == ("WEAK_PASSWORD", 400, "password")


@pytest.mark.parametrize(
    "password", ["abcdefg8", "x y z w v", "пароль-длинный", "🐟🐠🐡🦈🐙🦑🦐🦀", "ab" * 30 + "c" * 60]
)
def test_others_are_good(password: str) -> None:
    check_new_password(password, known=("per", "per@example.org"))


def test_the_list_holds_what_the_length_lets_through() -> None:
    assert len(COMMON) > 1000
    assert all(len(word) >= 8 and word == word.casefold() for word in COMMON)


def test_a_one_time_password_is_good_and_new() -> None:
    made = {one_time_password() for _ in range(100)}
    assert len(made) == 100
    for password in made:
        check_new_password(password)


def test_a_password_is_taken_exactly_as_given() -> None:
    stored = CHEAP.hash(" Päss wörd ")
    assert CHEAP.matches(" Päss wörd ", stored)
    for near in ("Päss wörd", " päss wörd ", " Pa\u0308ss wörd ", " Päss wörd"):
        assert not CHEAP.matches(near, stored)
    assert CHEAP.hash(" Päss wörd ") != stored


def test_nobodys_hash_is_as_dear_as_a_real_one_and_matches_nothing() -> None:
    hasher = Hasher(memory_kib=96, passes=2, lanes=3)
    real = hasher.hash("some-password-1")
    assert hasher._nobodys.split("$")[:4] == real.split("$")[:4] == ["", "argon2id", "v=19", "m=96,t=2,p=3"]
    assert [len(part) for part in hasher._nobodys.split("$")] == [len(part) for part in real.split("$")]
    assert not hasher.matches("some-password-1", None)


def test_the_product_hashes_at_full_price() -> None:
    assert Hasher()._nobodys.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize("stored", ["", "plain text", "$argon2id$broken", "$2b$12$abcdefghijklmnopqrstuv"])
def test_a_broken_hash_matches_nothing(stored: str) -> None:
    assert not CHEAP.matches("some-password-1", stored)


class Slow(Hasher):
    """Works until it is told to stop, and counts how many do so at once."""

    def __init__(self) -> None:
        super().__init__(memory_kib=64, passes=1, lanes=1)
        self.go, self.lock, self.now, self.most = threading.Event(), threading.Lock(), 0, 0

    def matches(self, password: str, stored: str | None) -> bool:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.go.wait(10)
        with self.lock:
            self.now -= 1
        return True


async def test_two_hash_at_once_and_the_queue_has_an_end() -> None:
    slow = Slow()
    hashing = Hashing(slow, at_once=2, waiting=3)
    inside = [asyncio.create_task(hashing.matches("x", None)) for _ in range(5)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await hashing.matches("x", None)
    slow.go.set()
    assert await asyncio.gather(*inside) == [True] * 5
    assert slow.most == 2
    assert await hashing.matches("x", None)
