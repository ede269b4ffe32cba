"""Tokens that are nearly ours, each with one fault: they are for a session that exists, so nothing else is wrong."""

import base64
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from rules.access.keyring import KeyRing, Use
from rules.access.tokens import TokenKind, issue

CLAIMS = ("exp", "iat", "sub", "jti", "aud", "iss", "sid", "typ")


def signed(header: Any, payload: bytes, key: bytes, digest: str = "sha256") -> str:
    """Signed by hand: a library would refuse to write most of what is refused."""
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in (json.dumps(header).encode(), payload)]
    signature = hmac.new(key, b".".join(parts), digest).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


@dataclass(frozen=True)
class Forger:
    """Whoever has a genuine token of his own, and tries what can be made of it."""

    ring: KeyRing
    kind: TokenKind
    user_id: str
    session_id: str
    now: datetime

    @property
    def key(self) -> bytes:
        return self.ring.key(Use.TOKENS)

    @property
    def genuine(self) -> str:
        ends = self.now + timedelta(minutes=15)
        who = {"user_id": self.user_id, "session_id": self.session_id}
        return issue(self.ring, self.kind, now=self.now, expires_at=ends, **who)[0]

    @property
    def header(self) -> dict[str, Any]:
        return {"alg": "HS256", "typ": "JWT", "kid": self.ring.current}

    def claims(self, **claims: Any) -> dict[str, Any]:
        """What a genuine token says, but for what is named; None leaves a claim out."""
        stamp = int(self.now.timestamp())
        said = {
            "iss": "casegraph", "aud": f"casegraph:{self.kind}", "typ": str(self.kind), "sub": self.user_id,
            "sid": self.session_id, "jti": "j", "iat": stamp, "exp": stamp + 900, **claims,
        }  # fmt: skip
        return {name: value for name, value in said.items() if value is not None}

    def made(
        self, headers: dict[str, Any] | None = None, *, key: bytes = b"", body: bytes | None = None, **claims: Any
    ) -> str:
        """Like a genuine token, but for what is named."""
        written = json.dumps(self.claims(**claims)).encode() if body is None else body
        return signed({**self.header, **(headers or {})}, written, key or self.key)

    def without(self, claim: str) -> str:
        return self.made(body=json.dumps(self.claims(**{claim: None})).encode())

    def unsigned(self, header: Any, signature: str = "c2ln") -> str:
        parts = [json.dumps(part).encode() for part in (header, self.claims())]
        return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), signature])

    def forgeries(self) -> dict[str, str]:
        """What is wrong with it -> the token."""
        genuine, ring, key = self.genuine, self.ring, self.key
        other = TokenKind.REFRESH if self.kind is TokenKind.ACCESS else TokenKind.ACCESS
        stamp = int(self.now.timestamp())
        rsa_key, ec_key = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
        kid = {"kid": ring.current}
        return {
            "no token": "abc",
            "two parts": "a.b",
            "five parts": "a.b.c.d.e",
            "dots": "..",
            "too long": genuine + "A" * 2000,
            "cut": genuine[:-1],
            "signature of another": genuine.rpartition(".")[0] + "." + self.made().rpartition(".")[2],
            "alg none": self.unsigned({"alg": "none", "typ": "JWT", **kid}),
            "alg none, no signature": self.unsigned({"alg": "none", **kid}, ""),
            "alg None, no signature": self.unsigned({"alg": "None", **kid}, ""),
            "alg none under our signature": self.made({"alg": "none"}),
            "no alg": signed({"typ": "JWT", **kid}, json.dumps(self.claims()).encode(), key),
            "alg HS512": signed({"alg": "HS512", **kid}, json.dumps(self.claims()).encode(), key, "sha512"),
            "alg HS384": signed({"alg": "HS384", **kid}, json.dumps(self.claims()).encode(), key, "sha384"),
            "alg RS256 under our signature": self.made({"alg": "RS256"}),
            "alg RS256 with a key of its own": jwt.encode(self.claims(), rsa_key, "RS256", headers=kid),
            "alg ES256 with a key of its own": jwt.encode(self.claims(), ec_key, "ES256", headers=kid),
            "alg PS256 with a key of its own": jwt.encode(self.claims(), rsa_key, "PS256", headers=kid),
            "alg is a list": self.made({"alg": ["HS256"]}),
            "alg is null": self.made({"alg": None}),
            "master instead of derived key": self.made(key=ring.masters[ring.current]),
            "key of another use": self.made(key=ring.key(Use.CURSORS)),
            "strange key": self.made(key=b"x" * 32),
            "empty key": self.made({"kid": ""}, key=b"\0"),
            "unknown kid": self.made({"kid": "mine"}),
            "kid is a path": self.made({"kid": "../../../dev/null"}, key=b"\0"),
            "kid is a query": self.made({"kid": "' UNION SELECT 'x"}, key=b"x" * 32),
            "kid is a number": self.made({"kid": 1}),
            "kid is a list": self.made({"kid": [ring.current]}),
            "kid is an object": self.made({"kid": {ring.current: 1}}),
            "no kid": signed({"alg": "HS256"}, json.dumps(self.claims()).encode(), key),
            "key sent along": self.made({"jwk": {"kty": "oct", "k": "eHh4"}}, key=b"xxx" * 11),
            "key fetched": self.made({"jku": "https://evil.example/keys"}, key=b"x" * 32),
            "certificate fetched": self.made({"x5u": "https://evil.example/cert"}, key=b"x" * 32),
            "critical extension": self.made({"crit": ["b64"], "b64": False}),
            "header is a list": self.unsigned([1]),
            "header is a number": self.unsigned(5),
            "deep header": base64.urlsafe_b64encode(b"[" * 900).decode() + ".e30.c2ln",
            "payload is a list": self.made(body=b"[]"),
            "payload is no JSON": self.made(body=b"\xff"),
            "deep payload": self.made(body=b"[" * 1000),
            "audience of the other kind": self.made(aud=f"casegraph:{other}"),
            "audience of another": self.made(aud="other"),
            "audience list of others": self.made(aud=["other"]),
            "wrong issuer": self.made(iss="other"),
            "issuer is a list": self.made(iss=["casegraph"]),
            "wrong typ": self.made(typ=str(other)),
            "typ is a list": self.made(typ=[str(self.kind)]),
            "subject is no text": self.made(sub=5),
            "subject is somebody else": self.made(sub="00000000-0000-4000-8000-000000000000"),
            "session is no text": self.made(sid=7),
            "session of nobody": self.made(sid="00000000-0000-4000-8000-000000000000"),
            "session is half a character": self.made(sid="\ud800"),
            "session holds NUL": self.made(sid="\0"),
            "expired": self.made(exp=stamp - 1),
            "expires now": self.made(exp=stamp),
            "expiry beyond all time": self.made(exp=10**400),
            "expiry beyond the calendar": self.made(exp=10**13),
            "expiry is negative": self.made(exp=-1),
            "expiry is a fraction": self.made(exp=stamp + 900.5),
            "expiry is infinite": self.made(exp=float("inf")),
            "expiry is text": self.made(exp=str(stamp + 900)),
            "expiry is true": self.made(exp=True),
            "issued is text": self.made(iat="yesterday"),
            **{f"no {claim}": self.without(claim) for claim in CLAIMS},
        }

    def unprintable(self) -> dict[str, str]:
        """What no header carries, but a JSON text may."""
        return {
            "empty": "",
            "lone surrogate": "\ud800.\ud800.\ud800",
            "surrogate inside": self.genuine[:-3] + "\udfff",
            "NUL": "\0",
            "not ASCII": self.genuine + "é",
        }
