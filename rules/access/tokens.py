"""Access and refresh tokens: JWT, HS256, signed with our own ring (SECURITY R2).

What a stranger may send is unbounded, so reading fails in one way only, BadToken, whatever was wrong.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import jwt

from foundation.errors import Unauthenticated
from foundation.ids import new_id
from rules.access.keyring import KeyRing, Use
from rules.access.names import is_storable

ALGORITHM = "HS256"
ISSUER = "casegraph"
MAX_LENGTH = 2048  # ours have under 600 characters; what is longer is not looked into
_CLAIMS = ["exp", "iat", "sub", "jti", "aud", "iss", "sid", "typ"]
_LAST_SECOND = 253_402_300_799  # the end of the year 9999: later moments cannot be written


class TokenKind(StrEnum):
    ACCESS = "access"
    REFRESH = "refresh"


class BadToken(Unauthenticated):
    """Expired, forged, of another kind, or no token at all: one answer for all of them."""

    message = "The token is not valid, or no longer. Sign in again."


@dataclass(frozen=True)
class Claims:
    """What a genuine token says. Everything else about its bearer is read from the database, each time."""

    kind: TokenKind
    user_id: str
    session_id: str
    token_id: str
    issued_at: datetime
    expires_at: datetime


def issue(
    ring: KeyRing, kind: TokenKind, *, user_id: str, session_id: str, now: datetime, expires_at: datetime
) -> tuple[str, Claims]:
    """A token and what it says. Times are cut to whole seconds, as JWT writes them: none lives longer than asked."""
    claims = Claims(
        kind=kind,
        user_id=user_id,
        session_id=session_id,
        token_id=new_id(),
        issued_at=now.replace(microsecond=0),
        expires_at=expires_at.replace(microsecond=0),
    )
    payload = {
        "iss": ISSUER,
        "aud": _audience(kind),
        "typ": str(kind),
        "sub": user_id,
        "sid": session_id,
        "jti": claims.token_id,
        "iat": int(claims.issued_at.timestamp()),
        "exp": int(claims.expires_at.timestamp()),
    }
    token = jwt.encode(payload, ring.key(Use.TOKENS), algorithm=ALGORITHM, headers={"kid": ring.current})
    return token, claims


def read(ring: KeyRing, token: str, kind: TokenKind, *, now: datetime) -> Claims:
    """The claims of a genuine token of this kind that has not expired. Raises BadToken for everything else."""
    try:
        return _read(ring, token, kind, now)
    except BadToken:
        raise
    # Not only PyJWTError: a lone surrogate, deep nesting and huge numbers come out of the parsers as other exceptions.
    except Exception:
        raise BadToken from None


def digest(secret: str) -> str:
    """SHA-256 in hex: how refresh tokens and API keys are kept. They are random enough to need no salt."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _audience(kind: TokenKind) -> str:
    return f"{ISSUER}:{kind}"


def _read(ring: KeyRing, token: str, kind: TokenKind, now: datetime) -> Claims:
    if len(token) > MAX_LENGTH:
        raise BadToken
    header = jwt.get_unverified_header(token)
    kid = header.get("kid")
    # The key is found among our own by its name; where a token says its key lies (jku, jwk, x5u) is never followed.
    if not isinstance(kid, str) or kid not in ring.masters or "crit" in header:
        raise BadToken
    payload: dict[str, Any] = jwt.decode(
        token,
        ring.key(Use.TOKENS, kid),
        algorithms=[ALGORITHM],
        audience=_audience(kind),
        issuer=ISSUER,
        # Times are compared below, with the clock that was handed in; PyJWT would ask the machine's own.
        options={
            "require": _CLAIMS,
            "verify_exp": False,
            "verify_iat": False,
            "enforce_minimum_key_length": True,
        },
    )
    if payload["typ"] != kind:
        raise BadToken
    claims = Claims(
        kind=kind,
        user_id=_text(payload["sub"]),
        session_id=_text(payload["sid"]),
        token_id=_text(payload["jti"]),
        issued_at=_moment(payload["iat"]),
        expires_at=_moment(payload["exp"]),
    )
    if now >= claims.expires_at:
        raise BadToken
    return claims


def _text(value: object) -> str:
    """What a token says goes into look-ups: text that no database takes is no token's, whoever signed it."""
    if not isinstance(value, str) or not is_storable(value):
        raise BadToken
    return value


def _moment(value: object) -> datetime:
    if type(value) is not int or not 0 <= value <= _LAST_SECOND:
        raise BadToken
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value)
