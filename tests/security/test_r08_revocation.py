"""R8: what is taken away is gone on the next request. Roles, people, passwords and sessions, over the doors."""

import asyncio
from typing import Any

import httpx
import pytest

from foundation.ids import to_global
from models import tables as rows
from resolvers.operation import Operation
from rules.access.viewer import Role
from tests.graph.asking import Graph
from tests.identity.conftest import PASSWORD, Identity
from tests.world import World, at

UPDATE = """mutation($input: UpdateUserInput!) { updateUser(input: $input) {
  user { name role email firstName lastName } userErrors { field code } } }"""
DEACTIVATE = """mutation($id: ID!) { deactivateUser(input: {userId: $id}) {
  user { name isActive } userErrors { field code } } }"""
REACTIVATE = """mutation($id: ID!) { reactivateUser(input: {userId: $id}) {
  user { name isActive } userErrors { field code } } }"""
CREATE = """mutation($input: CreateUserInput!) { createUser(input: $input) {
  user { id name role email } oneTimePassword userErrors { field code } } }"""
REVOKE = """mutation($id: ID!) { revokeSession(input: {sessionId: $id}) {
  session { endedAt endReason } userErrors { field code } } }"""


async def tell(identity: Identity, viewer: Any, document: str, **variables: Any) -> dict[str, Any]:
    told = await Graph(identity.house, "planned").tell(viewer, document, **variables)
    assert told.codes == {}, told.codes
    (payload,) = told.data.values()
    found: dict[str, Any] = payload
    return found


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def test_a_disabled_person_is_out_at_once_and_stays_out(identity: Identity, rest: httpx.AsyncClient) -> None:
    world, per = identity.world, identity.world.publisher
    first = await identity.login()
    headers = bearer(first.access_token)
    assert (await rest.get("/api/auth/verify/", headers=headers)).status_code == 200
    whom = to_global("User", per.user_id)
    for _ in range(2):
        told = await tell(identity, world.admin, DEACTIVATE, id=whom)
        assert told == {"user": {"name": "Per", "isActive": False}, "userErrors": []}
    refused = await rest.get("/api/auth/verify", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (401, "AUTHENTICATION_FAILED")
    again = await rest.post("/api/auth/refresh/", json={"refresh_token": first.refresh_token})
    assert again.status_code == 401
    told = await tell(identity, world.admin, REACTIVATE, id=whom)
    assert told == {"user": {"name": "Per", "isActive": True}, "userErrors": []}
    assert (await rest.get("/api/auth/verify", headers=headers)).status_code == 401, "the session ended for good"
    await identity.login()


async def test_another_role_acts_on_the_next_request(identity: Identity) -> None:
    first = await identity.login()
    assert (await identity.admit(first.access_token)).role is Role.PUBLISHER
    change = {"userId": to_global("User", identity.world.publisher.user_id), "role": "VIEWER"}
    told = await tell(identity, identity.world.admin, UPDATE, input=change)
    assert (told["user"]["role"], told["userErrors"]) == ("VIEWER", [])
    assert (await identity.admit(first.access_token)).role is Role.VIEWER
    assert ["standings"] in identity.house.wake.called, "other processes are told"  # type: ignore[attr-defined]


async def test_a_change_by_another_process_is_looked_at_again(identity: Identity) -> None:
    first = await identity.login()
    await identity.admit(first.access_token)
    await identity.change(rows.User, identity.world.publisher.user_id, role="viewer")
    assert (await identity.admit(first.access_token)).role is Role.PUBLISHER, "believed for two seconds"
    identity.house.look({"inv:1"})
    assert (await identity.admit(first.access_token)).role is Role.PUBLISHER
    identity.house.look({"standings"})
    assert (await identity.admit(first.access_token)).role is Role.VIEWER


async def test_a_person_is_made_and_changed(identity: Identity) -> None:
    world = identity.world
    wanted = {"username": "Nia", "email": "nia@example.org", "role": "PUBLISHER", "clientMutationKey": "k"}
    first, again = [await tell(identity, world.admin, CREATE, input=wanted) for _ in range(2)]
    password = first.pop("oneTimePassword")
    assert again.pop("oneTimePassword") is None
    assert first == again
    assert first["user"]["email"] == "nia@example.org"
    assert (await identity.login("nia", password)).account.user.must_change_password
    change = {"userId": first["user"]["id"], "email": "nia@other.org", "firstName": "Nia", "lastName": "New"}
    told = await tell(identity, world.admin, UPDATE, input=change)
    assert told["user"] == {
        "name": "Nia", "role": "PUBLISHER", "email": "nia@other.org", "firstName": "Nia", "lastName": "New",
    }  # fmt: skip
    for address, code in (("PER@example.org", "EMAIL_TAKEN"), ("no address", "VALIDATION_ERROR")):
        told = await tell(identity, world.admin, UPDATE, input={"userId": first["user"]["id"], "email": address})
        assert told["userErrors"] == [{"field": "email", "code": code}]
    (row,) = await world.all(rows.User, rows.User.name_key == "nia")
    assert (row.organization_id, row.role) == (world.operator.id, "publisher")


async def test_an_organisation_keeps_an_administrator(identity: Identity) -> None:
    world = identity.world
    ada = to_global("User", world.admin.user_id)
    for document, variables in (
        (UPDATE, {"input": {"userId": ada, "role": "PUBLISHER"}}),
        (DEACTIVATE, {"id": ada}),
    ):
        told = await tell(identity, world.admin, document, **variables)
        assert told == {"user": None, "userErrors": [{"field": None, "code": "LAST_ADMIN"}]}
    per = to_global("User", world.publisher.user_id)
    await tell(identity, world.admin, UPDATE, input={"userId": per, "role": "ADMIN"})
    second = at(world.publisher, role=Role.ADMIN)
    both = await asyncio.gather(
        tell(identity, world.admin, DEACTIVATE, id=per), tell(identity, second, DEACTIVATE, id=ada)
    )
    assert sorted(len(told["userErrors"]) for told in both) == [0, 1]
    active = [u.role for u in await world.all(rows.User, rows.User.is_active, rows.User.role == "admin")]
    assert active == ["admin"]


async def test_administrators_stay_at_home(world: World, identity: Identity) -> None:
    """Foreign, absent and nonsense are one answer; who looks after the whole installation is above them."""
    stranger = at(world.stranger, role=Role.ADMIN)
    absent = to_global("User", "00000000-0000-4000-8000-00000000dead")
    before = await world.all(rows.User)
    for whom in (to_global("User", world.publisher.user_id), absent, "nonsense", to_global("User", "\0")):
        for document, variables in (
            (UPDATE, {"input": {"userId": whom, "role": "VIEWER"}}), (DEACTIVATE, {"id": whom}),
            (REACTIVATE, {"id": whom}),
        ):  # fmt: skip
            told = await tell(identity, stranger, document, **variables)
            assert told == {"user": None, "userErrors": [{"field": "userId", "code": "USER_NOT_FOUND"}]}
    assert await world.all(rows.User) == before
    platform = at(stranger, is_platform_admin=True)
    change = {"userId": to_global("User", world.publisher.user_id), "role": "ADMIN"}
    assert (await tell(identity, platform, UPDATE, input=change))["user"]["role"] == "ADMIN"
    await identity.change(rows.User, world.publisher.user_id, is_platform_admin=True)
    refused = await Graph(identity.house, "planned").tell(world.admin, UPDATE, input=change)
    assert refused.codes == {"updateUser": "FORBIDDEN"}


async def test_a_service_is_put_out_with_its_keys(identity: Identity) -> None:
    world = identity.world
    made = await Graph(identity.house, "planned").ask(
        world.admin,
        'mutation { createApiKey(input: {name: "agent", scopes: [READ]}) { secret apiKey { user { id } } } }',
    )
    secret, whom = made["createApiKey"]["secret"], made["createApiKey"]["apiKey"]["user"]["id"]
    await identity.admit(secret)
    told = await tell(identity, world.admin, UPDATE, input={"userId": whom, "role": "ADMIN"})
    assert told["userErrors"] == [{"field": "userId", "code": "VALIDATION_ERROR"}]
    assert (await tell(identity, world.admin, DEACTIVATE, id=whom))["user"]["isActive"] is False
    with pytest.raises(Exception, match="not valid"):
        await identity.admit(secret)
    await tell(identity, world.admin, REACTIVATE, id=whom)
    await identity.admit(secret)


async def test_sessions_are_listed_and_ended_one_by_one(identity: Identity, rest: httpx.AsyncClient) -> None:
    here, there = await identity.login(user_agent="here"), await identity.login(user_agent="there")
    listed = (await rest.get("/api/v1/auth/sessions", headers=bearer(here.access_token))).json()["data"]["sessions"]
    assert {(s["id"], s["user_agent"], s["current"]) for s in listed} == {
        (here.session_id, "here", True), (there.session_id, "there", False),
    }  # fmt: skip
    ada = await identity.login("Ada")
    for session_id in (ada.session_id, "none", "\ud800", "a\0b"):
        sent = b'{"session_id": "%s"}' % session_id.encode("unicode_escape")
        headers = {**bearer(here.access_token), "content-type": "application/json"}
        refused = await rest.post("/api/auth/revoke_session/", content=sent, headers=headers)
        assert refused.status_code in (400, 404)
        assert refused.json()["code"] in ("SESSION_NOT_FOUND", "VALIDATION_ERROR")
    for _ in range(2):
        answer = await rest.post(
            "/api/auth/revoke_session/", json={"session_id": there.session_id}, headers=bearer(here.access_token)
        )
        assert (answer.status_code, answer.json()["success"]) == (200, True)
    assert (await rest.get("/api/auth/verify/", headers=bearer(there.access_token))).status_code == 401
    await identity.admit(ada.access_token)
    op = Operation(identity.house, await identity.admit(here.access_token))
    told = await tell(identity, op.viewer, REVOKE, id=to_global("Session", ada.session_id))
    assert told == {"session": None, "userErrors": [{"field": "sessionId", "code": "SESSION_NOT_FOUND"}]}
    told = await tell(identity, op.viewer, REVOKE, id=to_global("Session", here.session_id))
    assert told["session"]["endReason"] == "revoked"
    assert (await rest.get("/api/auth/verify/", headers=bearer(here.access_token))).status_code == 401


async def test_a_new_password_ends_every_other_session(identity: Identity, rest: httpx.AsyncClient) -> None:
    here, there, ada = await identity.login(), await identity.login(), await identity.login("Ada")
    change = {"current_password": PASSWORD, "new_password": "NewSecure456", "new_password_confirm": "NewSecure456"}
    answer = await rest.post("/api/auth/change_password/", json=change, headers=bearer(here.access_token))
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    await identity.admit(here.access_token)
    await identity.admit(ada.access_token)
    assert (await rest.get("/api/auth/verify/", headers=bearer(there.access_token))).status_code == 401
    with pytest.raises(Exception, match="not right"):
        await identity.login()
    await identity.login("Per", "NewSecure456")
