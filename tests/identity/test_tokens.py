"""What a token says, and for how long. What does not pass for one: tests/security/test_r02_tokens.py."""

from datetime import UTC, datetime, timedelta

import pytest

from rules.access.keyring import KeyRing
from rules.access.tokens import BadToken, TokenKind, issue, read

NOW = datetime(2026, 11, 21, 12, 0, 0, 500_000, tzinfo=UTC)
RING = KeyRing("new", {"new": b"n" * 32, "old": b"o" * 32})


def made(kind: TokenKind = TokenKind.ACCESS, ring: KeyRing = RING, minutes: float = 15) -> str:
    return issue(ring, kind, user_id="u", session_id="s", now=NOW, expires_at=NOW + timedelta(minutes=minutes))[0]


def test_a_token_says_what_was_put_in() -> None:
    claims = read(RING, made(), TokenKind.ACCESS, now=NOW)
    assert (claims.kind, claims.user_id, claims.session_id) == (TokenKind.ACCESS, "u", "s")
    assert claims.expires_at == datetime(2026, 11, 21, 12, 15, tzinfo=UTC)


def test_an_old_key_of_the_ring_still_reads() -> None:
    before = KeyRing("old", {"old": b"o" * 32})
    assert read(RING, made(ring=before), TokenKind.ACCESS, now=NOW).user_id == "u"
    with pytest.raises(BadToken):
        read(before, made(), TokenKind.ACCESS, now=NOW)


def test_it_ends_to_the_second() -> None:
    token = made()
    end = datetime(2026, 11, 21, 12, 15, tzinfo=UTC)
    read(RING, token, TokenKind.ACCESS, now=end - timedelta(microseconds=1))
    with pytest.raises(BadToken):
        read(RING, token, TokenKind.ACCESS, now=end)


def test_access_and_refresh_are_not_taken_for_each_other() -> None:
    for kind, other in ((TokenKind.ACCESS, TokenKind.REFRESH), (TokenKind.REFRESH, TokenKind.ACCESS)):
        with pytest.raises(BadToken):
            read(RING, made(kind), other, now=NOW)
