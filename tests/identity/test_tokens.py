"""What passes for a token, and what does not."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rules.access.keyring import KeyRing, Use
from rules.access.tokens import BadToken, TokenKind, issue, read

NOW = datetime(2026, 11, 21, 12, 0, 0, 500_000, tzinfo=UTC)
STAMP = int(NOW.timestamp())
RING = KeyRing("new", {"new": b"n" * 32, "old": b"o" * 32})


def made(kind: TokenKind = TokenKind.ACCESS, ring: KeyRing = RING, minutes: float = 15) -> str:
    return issue(ring, kind, user_id="u", session_id="s", now=NOW, expires_at=NOW + timedelta(minutes=minutes))[0]


def signed(header: dict[str, Any], payload: bytes, key: bytes, digest: str = "sha256") -> str:
    """Signed by hand: a library would refuse to write most of what is refused below."""
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in (json.dumps(header).encode(), payload)]
    signature = hmac.new(key, b".".join(parts), digest).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def forged(
    *, key: bytes | None = None, headers: dict[str, Any] | None = None, body: bytes | None = None, **claims: Any
) -> str:
    """A token like ours but for what is named; None leaves a claim out."""
    payload = {
        "iss": "casegraph", "aud": "casegraph:access", "typ": "access", "sub": "u", "sid": "s", "jti": "j",
        "iat": STAMP, "exp": STAMP + 900, **claims,
    }  # fmt: skip
    kept = {name: value for name, value in payload.items() if value is not None}
    header = {"alg": "HS256", "typ": "JWT", "kid": "new", **(headers or {})}
    written = json.dumps(kept).encode() if body is None else body
    return signed(header, written, RING.key(Use.TOKENS) if key is None else key)


def raw(header: object, payload: object = None) -> str:
    parts = [json.dumps(part).encode() for part in (header, payload or {})]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + ".c2ln"


def test_a_token_says_what_was_put_in() -> None:
    claims = read(RING, made(), TokenKind.ACCESS, now=NOW)
    assert (claims.kind, claims.user_id, claims.session_id) == (TokenKind.ACCESS, "u", "s")
    assert claims.expires_at == datetime(2026, 11, 21, 12, 15, tzinfo=UTC)
    assert read(RING, forged(), TokenKind.ACCESS, now=NOW).token_id == "j"


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


FORGERIES: dict[str, Any] = {
    "empty": "",
    "no token": "abc",
    "two parts": "a.b",
    "five parts": "a.b.c.d.e",
    "dots": "..",
    "lone surrogate": "\ud800.\ud800.\ud800",
    "surrogate inside": made()[:-3] + "\udfff",
    "NUL": "\0",
    "not ASCII": made() + "é",
    "line break": made() + "\n",
    "too long": made() + "A" * 3000,
    "cut": made()[:-1],
    "signature of another": made().rpartition(".")[0] + "." + forged().rpartition(".")[2],
    "alg none": raw({"alg": "none", "typ": "JWT", "kid": "new"}, {"sub": "u"}),
    "alg none, no signature": raw({"alg": "none", "kid": "new"}, {"sub": "u"}).removesuffix("c2ln"),
    "alg none under our signature": forged(headers={"alg": "none"}),
    "alg HS512": signed({"alg": "HS512", "kid": "new"}, b"{}", RING.key(Use.TOKENS), "sha512"),
    "alg is a list": forged(headers={"alg": ["HS256"]}),
    "master instead of derived key": forged(key=b"n" * 32),
    "key of another use": forged(key=RING.key(Use.CURSORS)),
    "key of another kid": forged(key=RING.key(Use.TOKENS, "old")),
    "strange key": forged(key=b"x" * 32),
    "unknown kid": forged(headers={"kid": "mine"}),
    "empty kid": forged(headers={"kid": ""}),
    "kid is a path": forged(headers={"kid": "../../../dev/null"}),
    "kid is a number": raw({"alg": "HS256", "kid": 1}),
    "kid is a list": raw({"alg": "HS256", "kid": ["new"]}),
    "kid is an object": raw({"alg": "HS256", "kid": {"new": 1}}),
    "no kid": raw({"alg": "HS256"}),
    "key sent along": forged(key=b"x" * 32, headers={"jwk": {"kty": "oct", "k": "eHh4"}}),
    "key fetched": forged(key=b"x" * 32, headers={"jku": "https://evil.example/keys"}),
    "critical extension": forged(headers={"crit": ["b64"], "b64": False}),
    "header is a list": raw([1]),
    "header is a number": raw(5),
    "deep header": base64.urlsafe_b64encode(b"[" * 900).decode() + ".e30.c2ln",
    "payload is a list": forged(body=b"[]"),
    "payload is no JSON": forged(body=b"\xff"),
    "deep payload": forged(body=b"[" * 1200),
    "wrong audience": forged(aud="casegraph:refresh"),
    "audience of another": forged(aud="other"),
    "audience list of others": forged(aud=["other"]),
    "wrong issuer": forged(iss="other"),
    "wrong typ": forged(typ="refresh"),
    "typ is a list": forged(typ=["access"]),
    "subject is no text": forged(sub=5),
    "session is no text": forged(sid=7),
    "expired": forged(exp=STAMP - 1),
    "expiry beyond all time": forged(exp=10**400),
    "expiry beyond the calendar": forged(exp=10**13),
    "expiry is negative": forged(exp=-1),
    "expiry is a fraction": forged(exp=STAMP + 900.5),
    "expiry is infinite": forged(exp=float("inf")),
    "expiry is text": forged(exp=str(STAMP + 900)),
    "expiry is true": forged(exp=True),
    "issued is text": forged(iat="yesterday"),
    **{f"no {claim}": forged(**{claim: None}) for claim in ("exp", "iat", "sub", "jti", "aud", "iss", "sid", "typ")},
}  # fmt: skip


@pytest.mark.parametrize("token", FORGERIES.values(), ids=FORGERIES.keys())
def test_nothing_else_is_read(token: str) -> None:
    with pytest.raises(BadToken) as refused:
        read(RING, token, TokenKind.ACCESS, now=NOW)
    assert (refused.value.code, refused.value.status) == ("UNAUTHORIZED", 401)
    assert refused.value.text == "The token is not valid, or no longer. Sign in again."
