"""R18: who registers gets no more than a new organisation of his own, or has to wait until one agrees."""

import asyncio
from typing import Any

import httpx
import pytest

from foundation.ids import to_global
from models import tables as rows
from rules.access.viewer import Role
from tests.graph.asking import Graph
from tests.identity.conftest import Identity
from tests.world import World, at

JANE = {
    "username": "jane.smith",
    "password": "SecurePassword456",
    "password_confirm": "SecurePassword456",
    "email": "jane.smith@healthcare.com",
    "first_name": "Jane",
    "last_name": "Smith",
    "organization": "Healthcare Alliance",
    "role": "viewer",
}
REGISTER = """mutation($input: RegisterUserInput!) { registerUser(input: $input) {
  user { id name email role organization { name } } userErrors { field code } } }"""
ANSWER = """mutation($id: ID!, $accept: Boolean!) { answerMembership(input: {userId: $id, accept: $accept}) {
  user { name isActive isPending } userErrors { field code } } }"""
PENDING = (
    """{ viewer { organization { users(filter: {isPending: true}) { edges { node { id name isPending } } } } } }"""
)


async def register(rest: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await rest.post("/api/auth/register/", json=JANE | changes)


async def user(world: World, name: str = "jane.smith") -> rows.User:
    (found,) = await world.all(rows.User, rows.User.name_key == name)
    row: rows.User = found
    return row


def alike(answer: httpx.Response) -> dict[str, Any]:
    """What is told, without ids and what was sent."""
    told = answer.json()
    told["user"] = {key: value for key, value in told["user"].items() if key not in ("id", "username", "email")}
    told["user"]["organization"] = set(told["user"]["organization"])
    return {"status": answer.status_code, "headers": {*answer.headers}, **told}


async def test_a_new_organisation_is_made_unverified_and_its_person_is_no_admin(
    identity: Identity, rest: httpx.AsyncClient
) -> None:
    answer = await register(rest, role="publisher")
    made = await user(identity.world)
    (home,) = await identity.world.all(rows.Organization, rows.Organization.name == "Healthcare Alliance")
    assert (home.is_verified, made.organization_id, made.role, made.is_platform_admin) == (
        False, home.id, "publisher", False,
    )  # fmt: skip
    assert answer.json()["user"] == {
        "id": made.id,
        "username": "jane.smith",
        "email": "jane.smith@healthcare.com",
        "role": "publisher",
        "first_name": "Jane",
        "last_name": "Smith",
        "organization": {"id": home.id, "name": "Healthcare Alliance", "domain": ""},
    }
    signed_in = await identity.login("jane.smith@healthcare.com", "SecurePassword456")
    assert (await identity.admit(signed_in.access_token)).role is Role.PUBLISHER
    line = (await identity.world.all(rows.Audit))[0]
    assert (line.action, line.organization_id, line.target, line.details["pending"]) == (
        "user.register", home.id, to_global("User", made.id), False,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["Operator", "OPERATOR", " operator "])
async def test_a_known_organisation_has_to_agree_first(identity: Identity, rest: httpx.AsyncClient, name: str) -> None:
    world = identity.world
    new, known = await register(rest), await register(rest, username="joe", email="joe@x.org", organization=name)
    assert (new.status_code, known.status_code) == (201, 201)
    assert alike(new) == alike(known)
    made = await user(world, "joe")
    assert (made.organization_id, made.is_active, made.is_pending) == (world.operator.id, False, True)
    asked = {"username": "joe", "password": "SecurePassword456"}
    refused = await rest.post("/api/auth/login/", json=asked)
    assert (refused.status_code, refused.json()["code"]) == (403, "ACCOUNT_DISABLED")
    graph = Graph(world.house, "planned")
    listed = {"viewer": {"organization": {"users": {"edges": [
        {"node": {"id": to_global("User", made.id), "name": "joe", "isPending": True}}
    ]}}}}  # fmt: skip
    assert await graph.ask(world.admin, PENDING) == listed
    assert await graph.ask(world.publisher, PENDING) == {"viewer": {"organization": {"users": {"edges": []}}}}
    assert [e.name for e in await world.all(rows.Organization, rows.Organization.id == made.organization_id)] == [
        "Operator"
    ]
    answered = await graph.ask(world.admin, ANSWER, id=to_global("User", made.id), accept=True)
    assert answered["answerMembership"] == {
        "user": {"name": "joe", "isActive": True, "isPending": False}, "userErrors": [],
    }  # fmt: skip
    assert (await rest.post("/api/auth/login/", json=asked)).status_code == 200
    again = await graph.ask(world.admin, ANSWER, id=to_global("User", made.id), accept=False)
    assert again["answerMembership"]["userErrors"] == [{"field": None, "code": "NOT_PENDING"}]


async def test_who_is_rejected_leaves_no_account(identity: Identity, rest: httpx.AsyncClient) -> None:
    world = identity.world
    before = await world.counts()
    await register(rest, organization="Operator")
    graph, whom = Graph(world.house, "planned"), to_global("User", (await user(world)).id)
    stranger = at(world.stranger, role=Role.ADMIN)
    told = await graph.ask(stranger, ANSWER, id=whom, accept=True)
    assert told["answerMembership"] == {"user": None, "userErrors": [{"field": "userId", "code": "USER_NOT_FOUND"}]}
    told = await graph.tell(world.publisher, ANSWER, id=whom, accept=True)
    assert told.codes == {"answerMembership": "FORBIDDEN"}
    told = await graph.ask(world.admin, ANSWER, id=whom, accept=False)
    assert told["answerMembership"] == {"user": None, "userErrors": []}
    assert await world.counts() == before | {"audit": before["audit"] + 4}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": "admin"}, "role"),
        ({"role": "ADMIN"}, "role"),
        ({"role": "root"}, "role"),
        ({"password_confirm": "another"}, None),
        ({"password": "password123", "password_confirm": "password123"}, None),
        ({"password": "x" * 129, "password_confirm": "x" * 129}, None),
        ({"email": "no address"}, None),
        ({"username": "a b"}, None),
        ({"username": "Operator"}, None),
        ({"username": "engine"}, None),
        ({"organization": "\u0007"}, None),
        ({"first_name": "x" * 101}, None),
        ({"username": None}, "username"),
    ],
)
async def test_what_is_refused_leaves_nothing(
    identity: Identity, rest: httpx.AsyncClient, changes: dict[str, Any], field: str | None
) -> None:
    before = await identity.world.counts()
    answer = await register(rest, **changes)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert answer.json()["code"] in ("VALIDATION_ERROR", "WEAK_PASSWORD")
    assert await identity.world.counts() == before


async def test_what_one_may_not_say_of_oneself_is_ignored(identity: Identity, rest: httpx.AsyncClient) -> None:
    more = {"is_platform_admin": True, "is_verified": True, "is_active": True, "organization_id": "x", "id": "y"}
    assert (await register(rest, organization="Operator", **more)).status_code == 201
    made = await user(identity.world)
    assert (made.is_platform_admin, made.is_active, made.role) == (False, False, "viewer")


async def test_a_name_is_told_to_be_taken_and_an_address_is_not(identity: Identity, rest: httpx.AsyncClient) -> None:
    world = identity.world
    for name in ("Per", "PER"):
        before = await world.counts()
        taken = await register(rest, username=name)
        assert (taken.status_code, taken.json()["code"]) == (409, "NAME_TAKEN")
        assert await world.counts() == before
    new, known = await register(rest), await register(
        rest, username="other", email="PER@example.org", organization="Elsewhere"
    )  # fmt: skip
    assert alike(new) == alike(known)
    made = await user(world, "other")
    assert (made.email, made.is_active, made.is_pending) == (None, False, True)
    assert (await identity.login("per@example.org")).account.user.name == "Per"


async def test_of_twins_one_is_made_and_one_asks_to_join(identity: Identity) -> None:
    graph = Graph(identity.house, "planned")

    def wanted(name: str, email: str) -> dict[str, str]:
        return {
            "username": name, "password": "SecurePassword456", "passwordConfirm": "SecurePassword456",
            "email": email, "organization": "Twins",
        }  # fmt: skip

    told = await asyncio.gather(*(graph.ask(None, REGISTER, input=wanted("twin", "a@b.org")) for _ in range(3)))
    codes = sorted(str(t["registerUser"]["userErrors"]) for t in told)
    taken = "[{'field': 'username', 'code': 'NAME_TAKEN'}]"
    assert codes == sorted(["[]", taken, taken])
    told = await asyncio.gather(*(graph.ask(None, REGISTER, input=wanted(f"t{n}", f"t{n}@b.org")) for n in range(2)))
    assert [t["registerUser"]["userErrors"] for t in told] == [[], []]
    assert len(await identity.world.all(rows.Organization, rows.Organization.name == "Twins")) == 1
    made = await identity.world.all(rows.User, rows.User.name_key.in_(["t0", "t1"]))  # type: ignore[attr-defined]
    assert [m.is_pending for m in made] == [True, True]


async def test_registration_can_be_closed(identity: Identity, rest: httpx.AsyncClient) -> None:
    object.__setattr__(identity.house.settings, "__dict__", {**identity.house.settings.__dict__, "registration": False})
    before = await identity.world.counts()
    answer = await register(rest)
    assert (answer.status_code, answer.json()["code"]) == (403, "REGISTRATION_CLOSED")
    assert await identity.world.counts() == before


async def test_one_client_registers_so_often_and_no_more(identity: Identity, rest: httpx.AsyncClient) -> None:
    for n in range(5):
        assert (await register(rest, username=f"u{n}", email=f"u{n}@x.org")).status_code == 201
    before = await identity.world.counts()
    refused = await register(rest, username="u6", email="u6@x.org")
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (
        429,
        "RATE_LIMITED",
        "3600",
    )
    assert {**await identity.world.counts(), "rate_window": 0} == {**before, "rate_window": 0}
