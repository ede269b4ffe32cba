"""Signing in and the keys of agents, through the graph."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from foundation.ids import to_global
from models import tables as rows
from resolvers.operation import Operation
from resolvers.people import OPERATOR, NameTaken, create_person
from rules.access.viewer import ANONYMOUS, Viewer
from tests.graph.asking import SCHEMA, Context, Graph, Told
from tests.identity.conftest import PASSWORD, Identity
from tests.world import World, at

LOGIN = """mutation($input: LoginInput!) { login(input: $input) {
  tokens { access accessExpiresAt refresh refreshExpiresAt }
  user { id name email role mustChangePassword organization { id name } }
  userErrors { field message code } } }"""
REFRESH = """mutation($token: String!) { refreshTokens(input: {refreshToken: $token}) {
  tokens { access refresh } userErrors { code } } }"""
CREATE = """mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  apiKey { id name scopes prefix expiresAt revokedAt user { name kind } createdBy { name } }
  secret userErrors { field message code } } }"""
REVOKE = """mutation($id: ID!) { revokeApiKey(input: {id: $id}) {
  apiKey { id revokedAt } userErrors { field message code } } }"""
LOGOUT = "mutation { logout { signedOut userErrors { code } } }"


async def tell(world: World, viewer: Viewer | None, document: str, **variables: Any) -> Told:
    return await Graph(world.house, "planned").tell(viewer, document, **variables)


def asked(name: str = "Per", password: str = PASSWORD) -> dict[str, str]:
    return {"username": name, "password": password}


async def test_login_gives_tokens_and_who_it_is(identity: Identity) -> None:
    world, per = identity.world, identity.world.publisher
    told = await tell(world, None, LOGIN, input=asked("PER@example.org"))
    assert told.codes == {}
    payload = told.data["login"]
    tokens = payload.pop("tokens")
    assert payload == {
        "user": {
            "id": to_global("User", per.user_id),
            "name": "Per",
            "email": "per@example.org",
            "role": "PUBLISHER",
            "mustChangePassword": False,
            "organization": {"id": to_global("Organization", per.organization_id), "name": "Operator"},
        },
        "userErrors": [],
    }
    assert (tokens["accessExpiresAt"], tokens["refreshExpiresAt"]) == (
        "2026-11-21T12:15:00.000000Z", "2026-11-28T12:00:00.000000Z",
    )  # fmt: skip
    viewer = await identity.admit(tokens["access"])
    told = await tell(world, viewer, "{ viewer { user { name } sessions { edges { node { isCurrent } } } } }")
    assert told.data == {
        "viewer": {"user": {"name": "Per"}, "sessions": {"edges": [{"node": {"isCurrent": True}}]}}
    }  # fmt: skip


async def test_a_refused_login_is_a_user_error_and_a_lock_an_error(identity: Identity) -> None:
    wrong = {"field": None, "message": "The name or the password is not right.", "code": "INVALID_CREDENTIALS"}
    for name in ("Per", "nobody"):
        for _ in range(5):
            told = await tell(identity.world, None, LOGIN, input=asked(name, "Wrong-password-1"))
            assert (told.data, told.codes) == (
                {"login": {"tokens": None, "user": None, "userErrors": [wrong]}}, {},
            )  # fmt: skip
        told = await tell(identity.world, None, LOGIN, input=asked(name))
        assert (told.data, told.codes) == ({"login": None}, {"login": "RATE_LIMITED"})


async def test_aliases_are_counted_one_by_one(identity: Identity) -> None:
    tries = " ".join(
        f'a{n}: login(input: {{username: "Per", password: "Wrong-password-{n}"}}) {{ userErrors {{ code }} }}'
        for n in range(8)
    )
    told = await tell(identity.world, None, f"mutation {{ {tries} }}")
    answered = [name for name, payload in told.data.items() if payload]
    assert answered == ["a0", "a1", "a2", "a3", "a4"]
    assert set(told.codes.values()) == {"RATE_LIMITED"}


async def test_refresh_and_logout(identity: Identity) -> None:
    first = await identity.login()
    told = await tell(identity.world, None, REFRESH, token=first.refresh_token)
    fresh = told.data["refreshTokens"]["tokens"]
    viewer = await identity.admit(fresh["access"])
    assert (await tell(identity.world, viewer, LOGOUT)).data == {"logout": {"signedOut": True, "userErrors": []}}
    for token in (fresh["refresh"], first.refresh_token, "x", "\ud800"):
        told = await tell(identity.world, None, REFRESH, token=token)
        assert (told.data, told.codes) == ({"refreshTokens": None}, {"refreshTokens": "UNAUTHENTICATED"})
    told = await tell(identity.world, None, LOGOUT)
    assert (told.data, told.codes) == ({"logout": None}, {"logout": "UNAUTHENTICATED"})


async def test_a_key_is_made_shown_once_and_revoked(world: World) -> None:
    wanted = {"name": "agent", "scopes": ["READ"], "expiresInDays": 1, "clientMutationKey": "k-1"}
    first, again = [await tell(world, world.admin, CREATE, input=wanted) for _ in range(2)]
    assert (first.codes, again.codes) == ({}, {})
    secret = first.data["createApiKey"].pop("secret")
    assert again.data["createApiKey"].pop("secret") is None
    assert first.data == again.data
    key = first.data["createApiKey"]["apiKey"]
    assert key == {
        "id": key["id"],
        "name": "agent",
        "scopes": ["READ"],
        "prefix": secret[:11],
        "expiresAt": "2026-11-22T12:00:00.000000Z",
        "revokedAt": None,
        "user": {"name": "agent", "kind": "SERVICE"},
        "createdBy": {"name": "Ada"},
    }
    assert len(await world.all(rows.ApiKey)) == 1
    other = await tell(world, world.admin, CREATE, input=wanted | {"name": "other"})
    assert other.data["createApiKey"]["userErrors"][0]["field"] == "clientMutationKey"
    for _ in range(2):
        told = await tell(world, world.admin, REVOKE, id=key["id"])
        assert told.data["revokeApiKey"] == {
            "apiKey": {"id": key["id"], "revokedAt": "2026-11-21T12:00:00.000000Z"}, "userErrors": [],
        }  # fmt: skip


async def test_keys_are_for_administrators_of_the_own_organisation(world: World) -> None:
    made = await tell(world, world.admin, CREATE, input={"name": "agent", "scopes": ["READ"]})
    key_id = made.data["createApiKey"]["apiKey"]["id"]
    before = await world.counts()
    for viewer, code in ((world.publisher, "FORBIDDEN"), (world.viewer, "FORBIDDEN"), (None, "UNAUTHENTICATED")):
        told = await tell(world, viewer, CREATE, input={"name": "x", "scopes": ["READ"]})
        assert (told.data, told.codes) == ({"createApiKey": None}, {"createApiKey": code})
        told = await tell(world, viewer, REVOKE, id=key_id)
        assert (told.data, told.codes) == ({"revokeApiKey": None}, {"revokeApiKey": code})
    stranger = at(world.stranger, role=world.admin.role)
    for wrong in (key_id, to_global("ApiKey", "none"), to_global("User", world.admin.user_id), "nonsense", "", "\0"):
        told = await tell(world, stranger, REVOKE, id=wrong)
        (error,) = told.data["revokeApiKey"]["userErrors"]
        assert (error["code"], error["message"]) == ("API_KEY_NOT_FOUND", "There is no such API key.")
    after = await world.counts()
    assert {name: count for name, count in after.items() if name != "audit"} == {
        name: count for name, count in before.items() if name != "audit"
    }


async def test_what_a_key_cannot_be_is_told_by_field(world: World) -> None:
    for wanted, field in (
        ({"name": "", "scopes": ["READ"]}, "name"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["READ"], "expiresInDays": 366}, "expiresInDays"),
        ({"name": "x", "scopes": ["READ"], "clientMutationKey": "no spaces"}, "clientMutationKey"),
    ):
        told = await tell(world, world.admin, CREATE, input=wanted)
        payload = told.data["createApiKey"]
        assert ([e["field"] for e in payload["userErrors"]], payload["apiKey"], payload["secret"]) == (
            [field],
            None,
            None,
        )
    assert await world.all(rows.ApiKey) == []


async def test_twins_under_one_key_make_one(world: World) -> None:
    wanted = {"name": "agent", "scopes": ["READ"], "clientMutationKey": "k-1"}
    told = await asyncio.gather(*(tell(world, world.admin, CREATE, input=wanted) for _ in range(4)))
    assert len({t.data["createApiKey"]["apiKey"]["id"] for t in told}) == 1
    assert sum(t.data["createApiKey"]["secret"] is not None for t in told) == 1


async def test_only_marked_mutations_answer_strangers(world: World) -> None:
    """The mark is in the schema; what is not marked must refuse before it looks at its input."""
    fields = SCHEMA.get_type_by_name("Mutation").fields  # type: ignore[union-attr]
    assert {field.name for field in fields if field.metadata.get("public")} == {
        "login", "refresh_tokens", "register_user", "request_password_reset", "check_password_reset_token",
        "reset_password",
    }  # fmt: skip
    context = Context(Operation(world.house, replace(ANONYMOUS)), "planned")
    result = await SCHEMA.execute(LOGOUT, {}, context_value=context)
    assert result.errors is not None


async def test_no_service_bears_a_persons_name_and_no_person_a_services(identity: Identity) -> None:
    world = identity.world
    sven_s_admin = at(world.stranger, role=world.admin.role)
    for by, name in ((world.admin, "Per"), (world.admin, " PER "), (world.admin, "sven"), (sven_s_admin, "Ada")):
        before = await world.counts()
        told = await tell(world, by, CREATE, input={"name": name, "scopes": ["READ"]})
        taken = {"field": "name", "code": "NAME_TAKEN"}
        assert [{key: error[key] for key in taken} for error in told.data["createApiKey"]["userErrors"]] == [taken]
        assert await world.counts() == {**before, "audit": before["audit"] + 1}
    told = await tell(world, sven_s_admin, CREATE, input={"name": "Scout", "scopes": ["READ"]})
    assert told.data["createApiKey"]["userErrors"] == []
    operator = Operation(world.house, OPERATOR, request_id="test-request")
    with pytest.raises(NameTaken) as refused:
        await create_person(operator, name="scout", organization="Operator")
    assert refused.value.field == "name"
    assert await world.all(rows.User, rows.User.name_key == "scout") == []
    assert (await create_person(operator, name="cout", organization="Operator")).user.name == "cout"
