"""Pseudonyms: a permutation of keys, one for each reader."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.pseudonyms import Pseudonyms

SECRET = bytes(range(32))
KEYS = st.integers(0, 2**128 - 1).map(lambda n: str(UUID(int=n, version=4)))
A, B = Pseudonyms(SECRET, "reader a"), Pseudonyms(SECRET, "reader b")


@given(KEYS, KEYS)
def test_a_permutation_of_keys_for_each_reader(key: str, other: str) -> None:
    shown = A.of("malware", key)
    kind, _, text = shown.partition("--")
    assert (kind, UUID(text).version, str(UUID(text))) == ("malware", 4, text)
    assert A.key_of(shown) == key and shown == Pseudonyms(SECRET, "reader a").of("malware", key)
    assert (A.of("malware", other) == shown) == (other == key)
    # Every uuid4 is the pseudonym of some key: what is nobody's cannot be told from what is somebody's.
    assert A.of("x", A.key_of(f"x--{key}") or "") == f"x--{key}"
    assert shown not in (
        f"malware--{key}",
        B.of("malware", key),
        Pseudonyms(SECRET[::-1], "reader a").of("malware", key),
    )
    assert A.of_stranger(shown) == A.of_stranger(shown) != B.of_stranger(shown)
    assert UUID(A.of_stranger(shown).partition("--")[2]).version == 4


def test_what_is_no_uuid4_is_nobodys() -> None:
    for text in ("", "x", "malware--", "malware--0", f"malware--{UUID(int=1)}", "INDICATOR--A"):
        assert A.key_of(text) is None
    with pytest.raises(ValueError, match="no uuid4"):
        A.of("malware", "organization-0")
    with pytest.raises(ValueError, match="at least 32"):
        Pseudonyms(b"short", "reader")


def test_threads_share_the_cipher_of_a_reader() -> None:
    keys = [str(UUID(int=n, version=4)) for n in range(2_000)]
    with ThreadPoolExecutor(4) as threads:
        shown = list(threads.map(lambda key: A.of("malware", key), keys))
    assert [A.key_of(one) for one in shown] == keys
