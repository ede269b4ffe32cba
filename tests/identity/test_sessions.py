"""Staying signed in and signing out: tokens that work once, sessions that end when they are told to."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from foundation.errors import Forbidden, Unauthenticated
from models import tables as rows
from resolvers import sign_in
from resolvers.identities import recheck, still_valid
from resolvers.operation import Operation
from resolvers.sign_in import ReusedToken, SignedIn
from rules.access.keyring import KeyRing
from rules.access.tokens import BadToken
from rules.access.viewer import Role, engine_of
from tests.identity.conftest import Identity


async def refreshed(identity: Identity, token: str) -> SignedIn:
    return await sign_in.refresh(identity.anonymous, refresh_token=token)


async def test_a_refresh_gives_a_new_pair_and_keeps_the_end(identity: Identity) -> None:
    first = await identity.login()
    identity.house.clock.forward(days=6, hours=23, minutes=50)  # type: ignore[attr-defined]
    second = await refreshed(identity, first.refresh_token)
    assert second.session_id == first.session_id
    assert second.refresh_token != first.refresh_token
    assert second.refresh_expires_at == first.refresh_expires_at
    assert second.access_expires_at == first.refresh_expires_at, "an access token does not outlive its session"
    assert (await identity.admit(second.access_token)).user_id == identity.world.publisher.user_id
    (session,) = await identity.world.all(rows.LoginSession)
    assert session.last_used_at == identity.house.clock.now()
    identity.house.clock.forward(minutes=10)  # type: ignore[attr-defined]
    with pytest.raises(BadToken):
        await refreshed(identity, second.refresh_token)


async def test_a_refresh_token_used_again_ends_its_session(identity: Identity) -> None:
    other = await identity.login()
    first = await identity.login()
    second = await refreshed(identity, first.refresh_token)
    with pytest.raises(ReusedToken) as refused:
        await refreshed(identity, first.refresh_token)
    assert (refused.value.status, refused.value.text) == (401, BadToken.message)
    for token in (first.access_token, second.access_token):
        with pytest.raises(BadToken):
            await identity.admit(token)
    with pytest.raises(BadToken):
        await refreshed(identity, second.refresh_token)
    await identity.admit(other.access_token)
    ended = {s.id: s.end_reason for s in await identity.world.all(rows.LoginSession)}
    assert ended == {first.session_id: "refresh_token_reused", other.session_id: None}
    lines = [e for e in await identity.world.all(rows.Audit) if e.action == "session.refresh"]
    assert [(e.outcome, e.actor_id, e.details.get("code")) for e in lines] == [
        ("done", identity.world.publisher.user_id, None),
        ("refused", identity.world.publisher.user_id, "REFRESH_TOKEN_REUSED"),
    ]


async def test_ten_refreshes_at_once_give_at_most_one_pair(identity: Identity) -> None:
    first = await identity.login()
    answers = await asyncio.gather(
        *(refreshed(identity, first.refresh_token) for _ in range(10)), return_exceptions=True
    )
    pairs = [a for a in answers if isinstance(a, SignedIn)]
    assert len(pairs) <= 1
    assert all(isinstance(a, (SignedIn, BadToken)) for a in answers)
    assert len(await identity.world.all(rows.RefreshToken)) == 1 + len(pairs)
    (session,) = await identity.world.all(rows.LoginSession)
    assert session.end_reason == "refresh_token_reused"


async def test_a_genuine_token_that_was_never_given_out_ends_the_session_too(identity: Identity) -> None:
    """Whoever holds the keys and not the database."""
    first = await identity.login()
    await identity.change(rows.RefreshToken, (await identity.world.all(rows.RefreshToken))[0].id, digest="other")
    with pytest.raises(BadToken):
        await refreshed(identity, first.refresh_token)
    with pytest.raises(BadToken):
        await identity.admit(first.access_token)


@pytest.mark.parametrize("what", ["user", "organization", "session"])
async def test_nothing_is_refreshed_for_who_was_put_out(identity: Identity, what: str) -> None:
    first, per = await identity.login(), identity.world.publisher
    if what == "user":
        await identity.change(rows.User, per.user_id, is_active=False)
    elif what == "organization":
        await identity.change(rows.Organization, per.organization_id, is_active=False)
    else:
        await identity.change(rows.LoginSession, first.session_id, ended_at=identity.house.clock.now())
    with pytest.raises(BadToken):
        await refreshed(identity, first.refresh_token)
    assert [t.used_at for t in await identity.world.all(rows.RefreshToken)] == [None]


async def test_access_and_refresh_tokens_do_not_stand_in_for_each_other(identity: Identity) -> None:
    first = await identity.login()
    with pytest.raises(BadToken):
        await refreshed(identity, first.access_token)
    with pytest.raises(BadToken):
        await identity.admit(first.refresh_token)
    await refreshed(identity, first.refresh_token)


async def test_a_logout_acts_at_once(identity: Identity) -> None:
    first, other = await identity.login(), await identity.login()
    op = Operation(identity.house, await identity.admit(first.access_token))
    await sign_in.logout(op)
    await sign_in.logout(op)
    with pytest.raises(BadToken):
        await identity.admit(first.access_token)
    with pytest.raises(BadToken):
        await refreshed(identity, first.refresh_token)
    assert not await still_valid(op)
    await identity.admit(other.access_token)
    ended = {s.id: (s.ended_at, s.end_reason) for s in await identity.world.all(rows.LoginSession)}
    assert ended == {
        first.session_id: (identity.house.clock.now(), "signed_out"), other.session_id: (None, None)
    }  # fmt: skip


async def test_nobody_cannot_sign_out(identity: Identity) -> None:
    with pytest.raises(Unauthenticated):
        await sign_in.logout(identity.anonymous)
    with pytest.raises(Forbidden):
        key = replace(identity.world.publisher, scopes=frozenset({"read"}), api_key_id="k")
        await sign_in.logout(Operation(identity.house, key))


async def test_the_role_is_the_rows(identity: Identity) -> None:
    first = await identity.login()
    op = Operation(identity.house, await identity.admit(first.access_token))
    assert await still_valid(op)
    await identity.change(rows.User, op.viewer.user_id, role="viewer")
    identity.house.standings.clear()
    assert (await identity.admit(first.access_token)).role is Role.VIEWER
    assert (await recheck(identity.house, op.viewer)).role is Role.VIEWER
    assert not await still_valid(op), "what he opened as a publisher ends"


@pytest.mark.parametrize("model", [rows.User, rows.Organization])
async def test_who_is_disabled_is_out(identity: Identity, model: type) -> None:
    first = await identity.login()
    op = Operation(identity.house, await identity.admit(first.access_token))
    key = op.viewer.user_id if model is rows.User else op.viewer.organization_id
    await identity.change(model, key, is_active=False)
    identity.house.standings.clear()
    assert not await still_valid(op)
    with pytest.raises(BadToken):
        await identity.admit(first.access_token)


async def test_a_stream_ends_with_its_token(identity: Identity) -> None:
    op = await identity.signed_in_op()
    identity.house.clock.forward(minutes=15)  # type: ignore[attr-defined]
    assert not await still_valid(op)
    with pytest.raises(BadToken):
        await recheck(identity.house, op.viewer)


async def test_nobody_and_the_engine_stay_what_they_are(identity: Identity) -> None:
    assert await still_valid(identity.anonymous)
    assert await still_valid(Operation(identity.house, engine_of("o")))
    assert not await still_valid(Operation(identity.house, identity.world.publisher)), "no session, no key"


async def test_tokens_outlive_a_change_of_keys(identity: Identity) -> None:
    first = await identity.login()
    ring = KeyRing("k2", {**identity.house.keys.masters, "k2": b"2" * 32})
    rotated = replace(identity.house, key_source=ring)
    signed_in = await sign_in.refresh(Operation(rotated, identity.anonymous.viewer), refresh_token=first.refresh_token)
    assert signed_in.refresh_expires_at - identity.house.clock.now() == timedelta(days=7)
    with pytest.raises(BadToken):
        await identity.admit(signed_in.access_token)
