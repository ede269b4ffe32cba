"""The CRISP contract, section 1.1: its examples word for word, each at both prefixes, and its shapes of answers."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from gateways.memory import MemoryJobs, MemoryMailer
from models import tables as rows
from resolvers.hashing import Hashing
from resolvers.letters import Kind
from resolvers.operation import House, Operation
from resolvers.people import OPERATOR, create_person
from rules.access.viewer import Role
from tests.identity.conftest import CHEAP, Identity, identity, rest
from tests.rest.shapes import answer_shape, conforms, is_refusal, request_shape
from workers.mail import write_and_send

__all__ = ["identity", "rest"]

LOGIN: dict[str, Any] = {
    "username": "john.doe@example.com",
    "password": "SecurePassword123",
    "remember_device": False,
    "totp_code": None,
}
REGISTER = {
    "username": "jane.smith",
    "password": "SecurePassword456",
    "password_confirm": "SecurePassword456",
    "email": "jane.smith@healthcare.com",
    "first_name": "Jane",
    "last_name": "Smith",
    "organization": "Healthcare Alliance",
    "role": "viewer",
}
CHANGE = {
    "current_password": "OldPassword123",
    "new_password": "NewSecurePassword456",
    "new_password_confirm": "NewSecurePassword456",
}
FORGOT = {"email": "john.doe@example.com"}


@pytest.fixture
async def house(house: House) -> House:
    return replace(house, hashing=Hashing(CHEAP), jobs=MemoryJobs(), mailer=MemoryMailer())


@pytest.fixture(params=["/api/auth", "/api/v1/auth"])
def prefix(request: pytest.FixtureRequest) -> str:
    made: str = request.param
    return made


async def john(identity: Identity, password: str) -> None:
    await create_person(
        Operation(identity.house, OPERATOR),
        name="john.doe",
        email="john.doe@example.com",
        role=Role.PUBLISHER,
        organization="TechCorp Industries",
        first_name="John",
        last_name="Doe",
        password=password,
    )
    (home,) = await identity.world.all(rows.Organization, rows.Organization.name == "TechCorp Industries")
    await identity.change(rows.Organization, home.id, domain="techcorp.com")


async def sent(rest: httpx.AsyncClient, method: str, path: str, body: Any = None, token: str = "") -> Any:
    """The body of a good answer, held against what openapi.json says of it; so is what was asked."""
    answer = await rest.request(method, path, json=body, headers={"authorization": f"Bearer {token}"} if token else {})
    assert answer.status_code in (200, 201), answer.text
    if body is not None:
        assert conforms(request_shape(method, path), body) == []
    told = answer.json()
    assert conforms(answer_shape(method, path, answer.status_code), told) == []
    assert told["success"] is True
    return told


async def test_login_refresh_verify_sessions_logout(identity: Identity, rest: httpx.AsyncClient, prefix: str) -> None:
    await john(identity, "SecurePassword123")
    told = await sent(rest, "POST", f"{prefix}/login/", LOGIN)
    assert {**told["user"], "id": None, "organization": {**told["user"]["organization"], "id": None}} == {
        "id": None,
        "username": "john.doe",
        "email": "john.doe@example.com",
        "role": "publisher",
        "first_name": "John",
        "last_name": "Doe",
        "organization": {"id": None, "name": "TechCorp Industries", "domain": "techcorp.com"},
    }
    assert set(told) == {"success", "tokens", "user"}
    access, refreshing = told["tokens"]["access"], told["tokens"]["refresh"]
    fresh = await sent(rest, "POST", f"{prefix}/refresh/", {"refresh_token": refreshing}, access)
    assert fresh["tokens"] == fresh["data"]["tokens"]
    access = fresh["tokens"]["access"]
    known = await sent(rest, "GET", f"{prefix}/verify/", token=access)
    assert known["user"] == known["data"]["user"] == told["user"]
    assert known["data"]["expires_at"] == "2026-11-21T12:15:00.000000Z"
    listed = await sent(rest, "GET", f"{prefix}/sessions/", token=access)
    (session,) = listed["data"]["sessions"]
    assert (session["current"], session["created_at"]) == (True, "2026-11-21T12:00:00.000000Z")
    other = (await sent(rest, "POST", f"{prefix}/login/", LOGIN))["tokens"]["access"]
    await sent(rest, "POST", f"{prefix}/revoke_session/", {"session_id": session["id"]}, other)
    ended = await rest.get(f"{prefix}/verify/", headers={"authorization": f"Bearer {access}"})
    assert (ended.status_code, ended.json()["code"]) == (401, "AUTHENTICATION_FAILED")
    assert is_refusal(f"{prefix}/verify/", ended.json())
    await sent(rest, "POST", f"{prefix}/logout/", token=other)
    assert (await rest.get(f"{prefix}/verify/", headers={"authorization": f"Bearer {other}"})).status_code == 401


async def test_registration(identity: Identity, rest: httpx.AsyncClient, prefix: str) -> None:
    told = await sent(rest, "POST", f"{prefix}/register/", REGISTER)
    assert set(told) == {"success", "message", "user"}
    assert (told["user"]["username"], told["user"]["role"], told["user"]["organization"]["name"]) == (
        "jane.smith", "viewer", "Healthcare Alliance",
    )  # fmt: skip
    asked = {"username": "jane.smith@healthcare.com", "password": "SecurePassword456"}
    assert (await sent(rest, "POST", f"{prefix}/login/", asked))["user"] == told["user"]


async def test_a_password_is_changed(identity: Identity, rest: httpx.AsyncClient, prefix: str) -> None:
    await john(identity, "OldPassword123")
    asked = {**LOGIN, "password": "OldPassword123"}
    token = (await sent(rest, "POST", f"{prefix}/login/", asked))["tokens"]["access"]
    await sent(rest, "POST", f"{prefix}/change_password/", CHANGE, token)
    old = await rest.post(f"{prefix}/login/", json=asked)
    assert (old.status_code, old.json()["code"], is_refusal(f"{prefix}/login/", old.json())) == (
        400, "INVALID_CREDENTIALS", True,
    )  # fmt: skip
    await sent(rest, "POST", f"{prefix}/login/", {**asked, "password": "NewSecurePassword456"})


async def test_a_forgotten_password_is_reset(identity: Identity, rest: httpx.AsyncClient, prefix: str) -> None:
    await john(identity, "SecurePassword123")
    await sent(rest, "POST", f"{prefix}/forgot_password/", FORGOT)
    jobs: Any = identity.house.jobs
    (job,) = jobs.enqueued
    assert await write_and_send(identity.house, Kind(job.arguments[0]), job.arguments[1], job.id) == "sent"
    mailer: Any = identity.house.mailer
    token = mailer.sent[0].text.split("#token=")[1].split()[0]
    told = await sent(rest, "POST", f"{prefix}/validate_reset_token/", {"token": token})
    assert told["data"]["valid"] is True
    wanted = {"token": token, "new_password": "NewSecurePassword456", "new_password_confirm": "NewSecurePassword456"}
    told = await sent(rest, "POST", f"{prefix}/reset_password/", wanted)
    assert "tokens" not in told
    used = await rest.post(f"{prefix}/validate_reset_token/", json={"token": token})
    assert (used.status_code, is_refusal(f"{prefix}/validate_reset_token/", used.json())) == (400, True)
    await sent(rest, "POST", f"{prefix}/login/", {**LOGIN, "password": "NewSecurePassword456"})


async def test_the_dashboard_counts_the_cases_one_may_see(
    identity: Identity, rest: httpx.AsyncClient, prefix: str
) -> None:
    world = identity.world
    await world.case(status="running")
    await world.case(status="complete", entity_value="203.0.113.10")
    await world.case(status="complete", entity_value="203.0.113.8")
    await world.case(status="complete", phase="archived", entity_value="203.0.113.9")
    await world.case(world.stranger, status="running")
    token = (await identity.login()).access_token
    data = (await sent(rest, "GET", f"{prefix}/dashboard/", token=token))["data"]
    assert {status: count for status, count in data["investigations"].items() if count} == {"running": 1, "complete": 2}
    assert (data["user"]["username"], data["organization"]["name"], data["alerts"]) == ("Per", "Operator", [])
    assert data["rateLimit"]["limit"] == 300
