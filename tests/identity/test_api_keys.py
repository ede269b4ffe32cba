"""Keys of agents: shown once, kept as a digest, good for what their scopes name."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from foundation.errors import Forbidden, InvalidInput, Unauthenticated
from foundation.ids import to_global
from models import tables as rows
from models.unit import KeyReused
from resolvers import api_keys
from resolvers.api_keys import ApiKeyNotFound, NewKey, TooManyKeys
from resolvers.identities import still_valid
from resolvers.operation import Operation
from rules.access.actions import Action, Scope, may
from rules.access.api_keys import LENGTH
from rules.access.tokens import BadToken, digest
from rules.access.viewer import Viewer, ViewerKind
from tests.identity.conftest import Identity
from tests.world import World, at
from web.identify import Identify


async def made(world: World, name: str = "agent", by: Viewer | None = None, **more: object) -> NewKey:
    given = {"scopes": ["read"], **more}
    return await api_keys.create_api_key(world.op(by or world.admin), name=name, **given)  # type: ignore[arg-type]


async def bearer(world: World, key: str) -> Viewer:
    return await Identify(world.house).admit({"authorization": f"Bearer {key}"})


async def test_a_key_is_its_service(world: World) -> None:
    now = world.house.clock.now()
    key = await made(world, scopes=["read", "investigation:write", "read"])
    assert key.secret is not None
    assert (key.secret[:3], len(key.secret)) == ("cg_", LENGTH)
    (row,) = await world.all(rows.ApiKey)
    assert (row.id, row.name, row.prefix, row.digest, row.scopes, row.created_by, row.expires_at, row.last_used_at) == (
        key.key_id, "agent", key.secret[:11], digest(key.secret), ["investigation:write", "read"],
        world.admin.user_id, now + timedelta(days=90), None,
    )  # fmt: skip
    (service,) = await world.all(rows.User, rows.User.kind == "service")
    assert (service.name, service.password_hash, service.email_key, service.organization_id) == (
        "agent", None, None, world.operator.id,
    )  # fmt: skip
    viewer = await bearer(world, key.secret)
    assert viewer == await Identify(world.house).admit({"x-api-key": key.secret})
    assert (viewer.kind, viewer.user_id, viewer.organization_id, viewer.name, viewer.api_key_id, viewer.session_id) == (
        ViewerKind.SERVICE, service.id, world.operator.id, "agent", key.key_id, None,
    )  # fmt: skip
    assert (viewer.scopes, viewer.is_platform_admin, viewer.expires_at) == (
        frozenset({"read", "investigation:write"}), False, row.expires_at,
    )  # fmt: skip
    allowed = {action for action in Action if may(viewer, action)}
    assert Action.GRAPH_READ in allowed
    assert Action.INVESTIGATION_CREATE in allowed
    refused = (Action.ACTIVITY_INGEST, Action.INVESTIGATION_ARCHIVE, Action.API_KEY_CREATE, Action.SESSION_END)
    assert not allowed & set(refused)


async def test_use_is_noted_now_and_then(world: World) -> None:
    key = await made(world)
    assert key.secret
    for minutes, noted in ((0, 0), (9, 0), (1, 10), (3, 10)):
        world.house.clock.forward(minutes=minutes)  # type: ignore[attr-defined]
        world.house.standings.clear()
        await bearer(world, key.secret)
        (row,) = await world.all(rows.ApiKey)
        assert row.last_used_at == row.created_at + timedelta(minutes=noted)


async def test_the_secret_is_kept_nowhere(world: World) -> None:
    key = await api_keys.create_api_key(world.op(world.admin), name="agent", scopes=["read"])
    again = await world.op(world.admin).once(
        "k", "f", lambda op: api_keys.create_api_key(op, name="other", scopes=["read"])
    )
    for model in (rows.ApiKey, rows.Audit, rows.Answer, rows.User):
        for row in await world.all(model):
            for secret in (key.secret, again.secret):
                assert secret is not None
                assert secret not in str(row.model_dump())
    lines = [(e.action, e.outcome, e.target, e.details) for e in await world.all(rows.Audit)]
    assert lines[0] == (
        "api_key.create", "done", to_global("ApiKey", key.key_id), {"name": "agent", "scopes": ["read"]},
    )  # fmt: skip


async def test_a_repetition_tells_the_key_without_its_secret(world: World) -> None:
    op = world.op(world.admin)

    async def create(name: str) -> NewKey:
        answer = await op.once("user:a:k", name, lambda op: api_keys.create_api_key(op, name=name, scopes=["read"]))
        return api_keys.as_new_key(answer)

    first, *others = await asyncio.gather(create("agent"), create("agent"), create("agent"))
    told = [first, *others]
    assert len({key.key_id for key in told}) == 1
    assert sum(key.secret is not None for key in told) == 1
    assert len(await world.all(rows.ApiKey)) == 1
    with pytest.raises(KeyReused):
        await create("another")


async def test_keys_of_one_name_belong_to_one_service_of_one_organisation(world: World) -> None:
    partner = at(world.stranger, role=world.admin.role)
    for name, by in (("Agent", None), ("agent ", None), ("Agent", partner)):
        await made(world, name, by=by)
    services = await world.all(rows.User, rows.User.kind == "service")
    assert sorted(s.organization_id for s in services) == sorted([world.operator.id, world.partner.id])
    keys = await world.all(rows.ApiKey)
    assert sorted([k.user_id for k in keys].count(s.id) for s in services) == [1, 2]


async def test_a_service_does_not_sign_in(identity: Identity) -> None:
    await made(identity.world, "agent")
    (service,) = await identity.world.all(rows.User, rows.User.kind == "service")
    for name in ("agent", service.name_key):
        with pytest.raises(Exception, match="is not right"):
            await identity.login(name)


@pytest.mark.parametrize("who", ["publisher", "viewer"])
async def test_only_administrators_make_keys(world: World, who: str) -> None:
    before = await world.counts()
    with pytest.raises(Forbidden):
        await made(world, by=getattr(world, who))
    with pytest.raises(Unauthenticated):
        await api_keys.create_api_key(
            Operation(world.house, replace(world.admin, kind=ViewerKind.ANONYMOUS)), name="x", scopes=["read"]
        )
    key = at(world.admin, scopes=frozenset(str(scope) for scope in Scope), api_key_id="k")
    with pytest.raises(Forbidden):
        await made(world, by=key)
    assert await world.counts() == before | {"audit": before["audit"] + 2}


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("name", {"name": ""}),
        ("name", {"name": " "}),
        ("name", {"name": "x" * 101}),
        ("name", {"name": "a\0b"}),
        ("name", {"name": "a\ud800b"}),
        ("name", {"name": "line\nbreak"}),
        ("scopes", {"scopes": []}),
        ("scopes", {"scopes": ["read", "admin"]}),
        ("expiresInDays", {"expires_in_days": 0}),
        ("expiresInDays", {"expires_in_days": 366}),
        ("expiresInDays", {"expires_in_days": -1}),
    ],
)
async def test_what_a_key_cannot_be(world: World, field: str, given: dict[str, object]) -> None:
    before = await world.counts()
    with pytest.raises(InvalidInput) as refused:
        await made(world, **given)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert await world.counts() == before


async def test_an_organisation_has_so_many_keys_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_keys, "MAX_LIVE_KEYS", 2)
    first, _ = await made(world), await made(world)
    with pytest.raises(TooManyKeys):
        await made(world)
    await api_keys.revoke_api_key(world.op(world.admin), key_id=first.key_id)
    await made(world)


async def test_a_revoked_key_is_dead_at_once(world: World) -> None:
    key, other = await made(world), await made(world)
    assert key.secret
    assert other.secret
    op = Operation(world.house, await bearer(world, key.secret))
    assert await still_valid(op)
    for _ in range(2):
        assert await api_keys.revoke_api_key(world.op(world.admin), key_id=key.key_id) == key.key_id
    with pytest.raises(BadToken):
        await bearer(world, key.secret)
    assert not await still_valid(op)
    await bearer(world, other.secret)


async def test_a_key_ends_by_itself(world: World) -> None:
    key = await made(world, expires_in_days=1)
    assert key.secret
    op = Operation(world.house, await bearer(world, key.secret))
    world.house.clock.forward(hours=23, minutes=59)  # type: ignore[attr-defined]
    await bearer(world, key.secret)
    world.house.clock.forward(minutes=1)  # type: ignore[attr-defined]
    with pytest.raises(BadToken):
        await bearer(world, key.secret)
    assert not await still_valid(op)


@pytest.mark.parametrize("model", [rows.User, rows.Organization])
async def test_a_key_dies_with_its_owner(identity: Identity, model: type) -> None:
    key = await made(identity.world)
    assert key.secret
    viewer = await bearer(identity.world, key.secret)
    await identity.change(model, viewer.user_id if model is rows.User else viewer.organization_id, is_active=False)
    identity.house.standings.clear()
    with pytest.raises(BadToken):
        await bearer(identity.world, key.secret)


async def test_foreign_and_absent_keys_are_refused_alike(world: World) -> None:
    key = await made(world)
    stranger = at(world.stranger, role=world.admin.role)
    said = set()
    for key_id in (key.key_id, "none", "", "no\0ne", "\ud800"):
        with pytest.raises(ApiKeyNotFound) as refused:
            await api_keys.revoke_api_key(world.op(stranger), key_id=key_id)
        said.add((refused.value.code, refused.value.text, str(refused.value.details)))
    assert len(said) == 1
    (row,) = await world.all(rows.ApiKey)
    assert row.revoked_at is None
