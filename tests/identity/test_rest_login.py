"""/api/auth/login and its neighbours: status, code and envelope as documented."""

from typing import Any

import httpx
import pytest

from foundation.clock import FixedClock
from models import tables as rows
from rules.access.tokens import TokenKind, read
from tests.identity.conftest import PASSWORD, Identity

LOGIN = ("/api/auth/login/", "/api/auth/login", "/api/v1/auth/login/", "/api/v1/auth/login")


def envelope(code: str, message: str) -> dict[str, Any]:
    return {
        "success": False,
        "message": message,
        "timestamp": "2026-11-21T12:00:00Z",
        "request_id": "req-7",
        "code": code,
    }


@pytest.mark.parametrize("path", LOGIN)
async def test_login_answers_as_documented(identity: Identity, rest: httpx.AsyncClient, path: str) -> None:
    asked = {"username": "per@example.org", "password": PASSWORD, "remember_device": False, "totp_code": None}
    answer = await rest.post(path, json=asked, headers={"user-agent": "curl/8"})
    per, home = identity.world.publisher, identity.world.operator
    told = answer.json()
    tokens = told.pop("tokens")
    assert (answer.status_code, answer.headers["content-type"], answer.headers["cache-control"]) == (
        200, "application/json", "no-store",
    )  # fmt: skip
    assert told == {
        "success": True,
        "user": {
            "id": per.user_id,
            "username": "Per",
            "email": "per@example.org",
            "role": "publisher",
            "first_name": "First",
            "last_name": "Last",
            "organization": {"id": home.id, "name": "Operator", "domain": ""},
        },
    }
    assert set(tokens) == {"access", "refresh"}
    assert (await identity.admit(tokens["access"])).user_id == per.user_id
    read(identity.house.keys, tokens["refresh"], TokenKind.REFRESH, now=identity.house.clock.now())
    (session,) = await identity.world.all(rows.LoginSession)
    assert session.user_agent == "curl/8"
    assert (await identity.world.all(rows.Audit))[-1].details["client"] == "192.0.2.9"


async def test_a_stale_token_does_not_keep_anyone_from_signing_in(identity: Identity, rest: httpx.AsyncClient) -> None:
    asked = {"username": "Per", "password": PASSWORD}
    answer = await rest.post("/api/auth/login/", json=asked, headers={"authorization": "Bearer stale"})
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["Per", "nobody", "Vera", "per@example.org", "no-one@example.org"])
async def test_wrong_is_400_for_every_name(identity: Identity, rest: httpx.AsyncClient, name: str) -> None:
    answer = await rest.post("/api/auth/login/", json={"username": name, "password": "Wrong-password-1"})
    assert answer.status_code == 400
    assert answer.json() == envelope("INVALID_CREDENTIALS", "The name or the password is not right.")
    assert "www-authenticate" not in answer.headers
    assert answer.headers["x-request-id"] == "req-7"


async def test_disabled_is_403(identity: Identity, rest: httpx.AsyncClient) -> None:
    await identity.change(rows.User, identity.world.publisher.user_id, is_active=False)
    answer = await rest.post("/api/auth/login", json={"username": "Per", "password": PASSWORD})
    assert (answer.status_code, answer.json()) == (403, envelope("ACCOUNT_DISABLED", "This account is disabled."))


async def test_too_many_is_429_with_the_time_to_wait(
    identity: Identity, rest: httpx.AsyncClient, clock: FixedClock
) -> None:
    for _ in range(5):
        assert (await rest.post(LOGIN[0], json={"username": "x", "password": "Wrong-password-1"})).status_code == 400
    answer = await rest.post(LOGIN[1], json={"username": "x", "password": "Wrong-password-1"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")
    assert answer.json() == envelope("RATE_LIMITED", "Too many sign-in attempts. Try again in 900 s.")


JSON = {"content-type": "application/json"}
MALFORMED: dict[str, tuple[bytes, dict[str, str], int, str]] = {
    "nothing": (b"", JSON, 400, "VALIDATION_ERROR"),
    "no JSON": (b"username=x", JSON, 400, "VALIDATION_ERROR"),
    "null": (b"null", JSON, 400, "VALIDATION_ERROR"),
    "a number": (b"5", JSON, 400, "VALIDATION_ERROR"),
    "a list": (b"[]", JSON, 400, "VALIDATION_ERROR"),
    "nothing in it": (b"{}", JSON, 400, "VALIDATION_ERROR"),
    "no password": (b'{"username":"Per"}', JSON, 400, "VALIDATION_ERROR"),
    "name is null": (b'{"username":null,"password":"abcdefgh"}', JSON, 400, "VALIDATION_ERROR"),
    "name is a number": (b'{"username":1,"password":"abcdefgh"}', JSON, 400, "VALIDATION_ERROR"),
    "name is an object": (b'{"username":{"$ne":1},"password":"abcdefgh"}', JSON, 400, "VALIDATION_ERROR"),
    "password is a list": (b'{"username":"Per","password":["a"]}', JSON, 400, "VALIDATION_ERROR"),
    "remember is text": (b'{"username":"a","password":"b","remember_device":"yes"}', JSON, 400, "VALIDATION_ERROR"),
    "code is a number": (b'{"username":"a","password":"b","totp_code":123456}', JSON, 400, "VALIDATION_ERROR"),
    "name twice": (b'{"username":"a","username":"b","password":"c"}', JSON, 400, "VALIDATION_ERROR"),
    "NUL in the name": (b'{"username":"a\\u0000","password":"abcdefgh"}', JSON, 400, "VALIDATION_ERROR"),
    "surrogate in the name": (b'{"username":"a\\ud800","password":"abcdefgh"}', JSON, 400, "VALIDATION_ERROR"),
    "surrogate in the password": (b'{"username":"a","password":"abc\\udfffdefgh"}', JSON, 400, "VALIDATION_ERROR"),
    "bad UTF-8": (b'{"username":"\xff","password":"abcdefgh"}', JSON, 400, "VALIDATION_ERROR"),
    "UTF-16": ('{"username":"a"}'.encode("utf-16"), JSON, 400, "VALIDATION_ERROR"),
    "deep": (b"[" * 2000, JSON, 400, "VALIDATION_ERROR"),
    "NaN": (b'{"username":NaN}', JSON, 400, "VALIDATION_ERROR"),
    "long name": (b'{"username":"' + b"a" * 300 + b'","password":"abcdefgh"}', JSON, 400, "VALIDATION_ERROR"),
    "long password": (b'{"username":"a","password":"' + b"p" * 2000 + b'"}', JSON, 400, "INVALID_CREDENTIALS"),
    "over 8 kB": (b'{"username":"' + b"a" * 9000 + b'"}', JSON, 413, "PAYLOAD_TOO_LARGE"),
    "a form": (b"username=a", {"content-type": "application/x-www-form-urlencoded"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    "plain text": (b"{}", {"content-type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    "nearly JSON": (b"{}", {"content-type": "application/jsonx"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    "no type": (b"{}", {}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    "Latin-1": (b"{}", {"content-type": "application/json; charset=latin-1"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    "compressed": (b"{}", {**JSON, "content-encoding": "gzip"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
}


@pytest.mark.parametrize(("body", "headers", "status", "code"), MALFORMED.values(), ids=MALFORMED.keys())
async def test_malformed_is_4xx_in_the_same_envelope(
    identity: Identity, rest: httpx.AsyncClient, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = await rest.post("/api/auth/login/", content=body, headers=headers)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code)
    assert set(told) == {"success", "message", "timestamp", "request_id", "code"}
    assert told["success"] is False


async def test_refresh_needs_only_its_token(identity: Identity, rest: httpx.AsyncClient) -> None:
    first = await identity.login()
    stale = {"authorization": "Bearer expired"}
    answer = await rest.post("/api/auth/refresh/", json={"refresh_token": first.refresh_token}, headers=stale)
    told = answer.json()
    assert (answer.status_code, set(told)) == (200, {"success", "tokens", "data"})
    assert told["data"] == {"tokens": told["tokens"]}
    assert (await identity.admit(told["tokens"]["access"])).session_id == first.session_id
    again = await rest.post("/api/auth/refresh", json={"refresh_token": first.refresh_token})
    assert again.json() == envelope("AUTHENTICATION_FAILED", "The token is not valid, or no longer. Sign in again.")
    assert (again.status_code, again.headers["www-authenticate"]) == (401, "Bearer")


async def test_logout_needs_an_identity(identity: Identity, rest: httpx.AsyncClient) -> None:
    first = await identity.login()
    nobody = await rest.post("/api/auth/logout/")
    assert (nobody.status_code, nobody.json()) == (401, envelope("AUTHENTICATION_FAILED", "Sign in first."))
    assert (await rest.post("/api/auth/logout/", headers={"authorization": "Basic cGVyOnB3"})).status_code == 401
    mine = {"authorization": f"Bearer {first.access_token}"}
    answer = await rest.post("/api/auth/logout/", headers=mine)
    assert (answer.status_code, answer.json()) == (200, {"success": True, "message": "Signed out.", "data": {}})
    assert (await rest.post("/api/auth/logout", headers=mine)).status_code == 401


@pytest.mark.parametrize("path", LOGIN)
async def test_no_path_is_answered_with_a_redirect(rest: httpx.AsyncClient, path: str) -> None:
    answer = await rest.post(path, content=b"", headers={"host": "evil.example"})
    assert answer.status_code == 415
    assert "location" not in answer.headers
