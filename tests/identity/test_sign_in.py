"""Signing in: what is answered, what is counted, what is written down."""

import asyncio
from datetime import timedelta

import pytest

from foundation.errors import InvalidInput, Refusal
from foundation.ids import to_global
from models import tables as rows
from resolvers.attempts import InvalidCredentials
from resolvers.sign_in import AccountDisabled, SignedIn
from rules.access.lockout import SignInLimited
from tests.identity.conftest import PASSWORD, Identity

WRONG = "Not-the-password-1"


async def outcome(identity: Identity, name: str, password: str) -> str:
    try:
        await identity.login(name, password)
    except Refusal as refusal:
        return refusal.code
    return "in"


async def test_a_right_password_opens_a_session(identity: Identity) -> None:
    signed_in = await identity.login("Per", user_agent="Browser\n1")
    now, per = identity.house.clock.now(), identity.world.publisher
    assert signed_in.account.user.id == per.user_id
    assert signed_in.access_expires_at == now + timedelta(minutes=15)
    assert signed_in.refresh_expires_at == now + timedelta(days=7)
    (session,) = await identity.world.all(rows.LoginSession)
    assert (session.id, session.user_id, session.organization_id, session.user_agent, session.ended_at) == (
        signed_in.session_id, per.user_id, per.organization_id, "Browser1", None,
    )  # fmt: skip
    assert session.expires_at == now + timedelta(days=7)
    viewer = await identity.admit(signed_in.access_token)
    assert (viewer.user_id, viewer.role, viewer.session_id, viewer.scopes) == (
        per.user_id, per.role, signed_in.session_id, None,
    )  # fmt: skip
    assert viewer.expires_at == signed_in.access_expires_at


@pytest.mark.parametrize("name", ["Per", "per", " PER ", "per@example.org", "Per@Example.ORG", "\uff30er"])
async def test_name_and_address_in_any_spelling_are_one_account(identity: Identity, name: str) -> None:
    assert (await identity.login(name)).account.user.id == identity.world.publisher.user_id


async def test_success_and_failure_stand_in_the_audit_trail(identity: Identity) -> None:
    per = identity.world.publisher
    signed_in = await identity.login("Per")
    for name in ("Per", "nobody"):
        with pytest.raises(InvalidCredentials):
            await identity.login(name, WRONG)
    lines = await identity.world.all(rows.Audit)
    assert [(e.organization_id, e.actor_id, e.action, e.outcome, e.target, e.request_id, e.details) for e in lines] == [
        (per.organization_id, per.user_id, "session.sign_in", "done", to_global("User", per.user_id), "r-1",
         {"client": "192.0.2.1", "session": signed_in.session_id}),
        (per.organization_id, "", "session.sign_in", "refused", to_global("User", per.user_id), "r-1",
         {"client": "192.0.2.1", "code": "INVALID_CREDENTIALS"}),
        ("", "", "session.sign_in", "refused", None, "r-1", {"client": "192.0.2.1", "code": "INVALID_CREDENTIALS"}),
    ]  # fmt: skip


async def test_unknown_names_and_wrong_passwords_are_refused_alike(identity: Identity) -> None:
    """Also for an account that is disabled, has no password, or belongs to a service."""
    for disabled in (identity.world.admin,):
        await identity.change(rows.User, disabled.user_id, is_active=False)
    said = set()
    for name in ("Per", "Ada", "Vera", "nobody", "", "no\0body", "\ud800"):
        with pytest.raises(InvalidCredentials) as refused:
            await identity.login(name, WRONG)
        said.add((refused.value.code, refused.value.status, refused.value.text, refused.value.field))
    assert said == {("INVALID_CREDENTIALS", 400, "The name or the password is not right.", None)}
    assert await identity.world.all(rows.LoginSession) == []


@pytest.mark.parametrize("password", ["", "short", "x" * 129, "x" * 100_000, "Correct\0horse", "Correct\ud800horse"])
async def test_impossible_passwords_are_wrong_passwords(identity: Identity, password: str) -> None:
    assert await outcome(identity, "Per", password) == "INVALID_CREDENTIALS"


async def test_a_name_longer_than_any_is_refused_unread(identity: Identity) -> None:
    with pytest.raises(InvalidInput):
        await identity.login("x" * 255)


async def test_disabled_is_told_to_the_owner_alone(identity: Identity) -> None:
    world = identity.world
    await identity.change(rows.User, world.publisher.user_id, is_active=False)
    with pytest.raises(AccountDisabled) as refused:
        await identity.login("Per")
    assert (refused.value.code, refused.value.status) == ("ACCOUNT_DISABLED", 403)
    await identity.change(rows.Organization, world.admin.organization_id, is_active=False)
    assert await outcome(identity, "Ada", PASSWORD) == "ACCOUNT_DISABLED"
    assert await outcome(identity, "Ada", WRONG) == "INVALID_CREDENTIALS"
    assert await world.all(rows.LoginSession) == []


@pytest.mark.parametrize("name", ["Per", "nobody"])
async def test_the_sixth_try_is_not_looked_at(identity: Identity, name: str) -> None:
    """Five wrong passwords lock the name for fifteen minutes, whether or not somebody has it."""
    assert [await outcome(identity, name, WRONG) for _ in range(6)] == ["INVALID_CREDENTIALS"] * 5 + ["RATE_LIMITED"]
    before = await identity.world.counts()
    identity.house.clock.forward(minutes=14)  # type: ignore[attr-defined]
    with pytest.raises(SignInLimited) as refused:
        await identity.login(name, PASSWORD)
    assert (refused.value.status, refused.value.details) == (429, {"retry_after_s": 60})
    assert await identity.world.counts() == before
    identity.house.clock.forward(minutes=1)  # type: ignore[attr-defined]
    assert await outcome(identity, name, PASSWORD) == ("in" if name == "Per" else "INVALID_CREDENTIALS")


async def test_both_names_of_an_account_share_one_count(identity: Identity) -> None:
    tries = ["Per", "per@example.org", "PER", "Per@example.org", "per"]
    assert [await outcome(identity, name, WRONG) for name in tries] == ["INVALID_CREDENTIALS"] * 5
    assert await outcome(identity, "per@example.org", PASSWORD) == "RATE_LIMITED"
    assert await outcome(identity, "Ada", PASSWORD) == "in"


async def test_success_and_time_begin_a_new_count(identity: Identity) -> None:
    for _ in range(2):
        assert [await outcome(identity, "Per", WRONG) for _ in range(4)] == ["INVALID_CREDENTIALS"] * 4
        assert await outcome(identity, "Per", PASSWORD) == "in"
    assert await identity.world.all(rows.FailedSignIn) == []
    for _ in range(2):
        assert [await outcome(identity, "Per", WRONG) for _ in range(4)] == ["INVALID_CREDENTIALS"] * 4
        identity.house.clock.forward(minutes=15)  # type: ignore[attr-defined]
    (count,) = await identity.world.all(rows.FailedSignIn)
    assert (count.failures, count.locked_until) == (4, None)


async def test_of_sixty_guesses_at_once_five_are_answered(identity: Identity) -> None:
    """The right password among them is told only while fewer than five wrong ones were."""
    answers = await asyncio.gather(*(outcome(identity, "Per", WRONG) for _ in range(60)))
    assert sorted(answers) == ["INVALID_CREDENTIALS"] * 5 + ["RATE_LIMITED"] * 55
    assert await outcome(identity, "Per", PASSWORD) == "RATE_LIMITED"


async def test_sixty_right_passwords_at_once_all_get_in(identity: Identity) -> None:
    answers = await asyncio.gather(*(outcome(identity, "Per", PASSWORD) for _ in range(60)))
    assert answers == ["in"] * 60


async def test_the_count_survives_a_restart_and_keeps_no_names(identity: Identity) -> None:
    """It lies in the database; and what was typed may have been a password in the wrong field."""
    await outcome(identity, "my-secret-typed-in-the-wrong-field", WRONG)
    (count,) = await identity.world.all(rows.FailedSignIn)
    assert count.key.startswith("name:")
    assert "secret" not in count.key


async def test_no_secret_is_kept_or_written_down(identity: Identity) -> None:
    signed_in: SignedIn = await identity.login("Per")
    await outcome(identity, "Per", WRONG)
    kept = [
        value
        for model in (rows.Audit, rows.RefreshToken, rows.LoginSession, rows.FailedSignIn, rows.User)
        for row in await identity.world.all(model)
        for value in row.model_dump().values()
    ]
    for secret in (PASSWORD, WRONG, signed_in.access_token, signed_in.refresh_token):
        assert not any(secret in str(value) for value in kept)
